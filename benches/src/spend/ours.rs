//! Our side: a job of the real engine.

use super::stage::Stage;
use anyhow::{Result, ensure};
use morket::{
    Clock, JobId, OsRng, Store, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{Runner, Stop, Tuning, Worker, WorkerOptions, submit},
    job::{CellStatus, Dispatch, Job, NewJob},
    memory::MemoryStore,
    plan::Plan,
    rbac::Principal,
    workspace::{Environment, NewWorkspace},
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What was accepted: by row and field.
pub(super) type Found = BTreeMap<(usize, String), Value>;

/// Longer than any job here takes, in virtual time.
const PATIENCE: Duration = Duration::from_secs(7 * 86_400);

/// A worker, and a job that it is to run.
pub(super) struct Side {
    store: Arc<dyn Store>,
    workspace: WorkspaceId,
    job: Job,
    runner: Runner,
}

impl Side {
    pub(super) async fn new(stage: &Stage, plan: &Plan, rows: Vec<Value>) -> Result<Self> {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(stage.clock.clone()));
        let workspace = WorkspaceId::new(stage.clock.now(), &OsRng);
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        let mut new = NewWorkspace::embedded(workspace, "Spend");
        new.environment = Environment::Sandbox;
        store.create_workspace(new, audit).await?;
        let new = NewJob {
            id: JobId::new(stage.clock.now(), &OsRng),
            name: None,
            plan: serde_json::to_value(plan)?,
            dispatch: Dispatch::Attended,
            worst_case: morket::Credits::ZERO,
            created_by: None,
            retry_of: None,
            base: None,
        };
        let job = submit(&*store, workspace, new, rows).await?;
        let worker = Worker::new(WorkerOptions {
            store: store.clone(),
            http: Arc::new(stage.vendors.clone()),
            clock: stage.clock.clone(),
            rng: Arc::new(OsRng),
            keys: stage.keys.clone(),
            settings: stage.settings.clone(),
            ttl: WorkerOptions::TTL,
            tuning: Tuning::default(),
        });
        let runner = Runner::new(Arc::new(worker), "spend");
        Ok(Self { store, workspace, job, runner })
    }

    /// Run it to its end.
    pub(super) async fn run(&self) -> Result<Found> {
        let (job, stop) = (self.job.id, Stop::default());
        let ran = self.runner.run_job(self.workspace, job, PATIENCE, &stop).await?;
        ensure!(ran.job.state.is_terminal(), "the job waits for {:?}", ran.job.waiting);
        let cells = self.store.cells(self.workspace, job, 0..self.job.counts.total).await?;
        let found = cells.into_iter().map(|it| it.cell).filter_map(|it| {
            let value = it.value.filter(|_| it.status == CellStatus::Found)?;
            Some(((it.index as usize, it.field.to_string()), value))
        });
        Ok(found.collect())
    }
}
