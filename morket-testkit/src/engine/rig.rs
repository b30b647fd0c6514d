//! A workspace, a few fake vendors and a worker: put a job on it and see what comes out.

use super::{FakeHttp, FakeVendor, OneKey, TokioClock};
use crate::SeededRng;
use morket_core::{
    Clock, Credits, JobId, Rng, Store, Timestamp, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{
        Forecast, Guard, Keys, Preview, Reuse, Runner, Stop, Tuning, Worker, WorkerOptions, submit,
    },
    field::Kind,
    job::{CellRow, CellStatus, Dispatch, Job, NewJob, StepRow},
    ledger::LedgerExt,
    memory::MemoryStore,
    name::FieldName,
    plan::{Plan, Settings, Waterfall, compile},
    provider::Registry,
    rbac::Principal,
    workspace::NewWorkspace,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// A workspace, a few fake vendors and a worker.
#[derive(Debug)]
pub struct Rig {
    /// Where jobs are kept.
    pub store: Arc<dyn Store>,
    /// The network.
    pub http: Arc<FakeHttp>,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// What runs batches.
    pub worker: Arc<Worker>,
    clock: Arc<dyn Clock>,
    rng: Arc<SeededRng>,
    settings: Settings,
}

/// A plan that asks these vendors for an e-mail address, one after another.
pub fn email_by(vendors: &[&str]) -> Plan {
    let email = FieldName::new("email").unwrap();
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let steps = vendors.iter().map(|it| (*it).to_owned()).collect();
    plan.waterfalls.insert(email, Waterfall { steps, verify: None, email: None });
    plan
}

impl Rig {
    /// A rig on a store in memory, under the runtime's clock. `credits` makes it prepaid.
    pub async fn new(vendors: Vec<FakeVendor>, http: FakeHttp, credits: Option<Credits>) -> Self {
        let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        Self::on(store, clock, vendors, http, credits, Arc::new(OneKey)).await
    }

    /// A rig on this store, clock and keys.
    pub async fn on(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        vendors: Vec<FakeVendor>,
        http: FakeHttp,
        credits: Option<Credits>,
        keys: Arc<dyn Keys>,
    ) -> Self {
        let rng = Arc::new(SeededRng::new(7));
        let workspace = WorkspaceId::new(clock.now(), &*rng);
        let new = NewWorkspace::embedded(workspace, "Rig");
        let new = if credits.is_some() { new.prepaid() } else { new };
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        store.create_workspace(new, audit).await.unwrap();
        if let Some(credits) = credits {
            store.grant(workspace, "all".parse().unwrap(), credits).await.unwrap();
        }
        let mut registry = Registry::new();
        for vendor in vendors {
            registry.register(Arc::new(vendor)).unwrap();
        }
        let mut settings = Settings::new(Arc::new(registry));
        settings.keys = settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
        settings.metered = credits.is_some();
        let http = Arc::new(http);
        let worker = Worker::new(WorkerOptions {
            store: store.clone(),
            http: http.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            keys,
            settings: settings.clone(),
            ttl: WorkerOptions::TTL,
            tuning: Tuning::default(),
        });
        Self { store, http, workspace, worker: Arc::new(worker), clock, rng, settings }
    }

    /// Another process beside this one, on the same store and network: nothing else is shared.
    #[must_use]
    pub fn beside(&self) -> Self {
        self.beside_on(self.store.clone())
    }

    /// The same, which has opened the store for itself.
    #[must_use]
    pub fn beside_on(&self, store: Arc<dyn Store>) -> Self {
        self.beside_with(store, self.settings.clone(), Arc::new(OneKey))
    }

    /// The same process started anew, of another release or with other keys.
    #[must_use]
    pub fn again(&self, vendors: Vec<FakeVendor>, keys: Arc<dyn Keys>) -> Self {
        let mut registry = Registry::new();
        for vendor in vendors {
            registry.register(Arc::new(vendor)).unwrap();
        }
        let settings = Settings { registry: Arc::new(registry), ..self.settings.clone() };
        self.beside_with(self.store.clone(), settings, keys)
    }

    /// The same with leases of this length.
    #[must_use]
    pub fn leasing(&self, ttl: Duration) -> Self {
        self.made(self.store.clone(), self.settings.clone(), Arc::new(OneKey), ttl)
    }

    fn beside_with(&self, store: Arc<dyn Store>, settings: Settings, keys: Arc<dyn Keys>) -> Self {
        self.made(store, settings, keys, WorkerOptions::TTL)
    }

    fn made(
        &self,
        store: Arc<dyn Store>,
        settings: Settings,
        keys: Arc<dyn Keys>,
        ttl: Duration,
    ) -> Self {
        let rng = Arc::new(SeededRng::new(8));
        let (http, clock) = (self.http.clone(), self.clock.clone());
        let worker = Worker::new(WorkerOptions {
            store: store.clone(),
            http: http.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            keys,
            settings: settings.clone(),
            ttl,
            tuning: Tuning::default(),
        });
        let workspace = self.workspace;
        Self { store, http, workspace, worker: Arc::new(worker), clock, rng, settings }
    }

    /// What a plan would take from what is kept.
    pub async fn reuse(&self, plan: &Plan, rows: &[Value]) -> Reuse {
        self.look_ahead(plan, rows).await.0
    }

    /// What a plan may be expected to come to.
    pub async fn forecast(&self, plan: &Plan, rows: &[Value]) -> Forecast {
        self.look_ahead(plan, rows).await.1
    }

    async fn look_ahead(&self, plan: &Plan, rows: &[Value]) -> (Reuse, Forecast) {
        let program = compile(plan, &self.settings).unwrap();
        let (store, rng): (_, &dyn Rng) = (&*self.store, &*self.rng);
        let guard = Guard::ask(store, self.workspace, rng, &program.catalogue, rows).await.unwrap();
        let mut preview = Preview::open(store, self.workspace, &program).await.unwrap();
        preview.add(self.clock.now(), &guard, rows).await.unwrap();
        (preview.told(), preview.forecast().unwrap())
    }

    /// Put these rows on it.
    pub async fn submit(&self, plan: &Plan, rows: Vec<Value>) -> Job {
        self.submit_on(None, plan, rows).await
    }

    /// The same, on a base.
    pub async fn submit_on(&self, base: Option<JobId>, plan: &Plan, rows: Vec<Value>) -> Job {
        let program = compile(plan, &self.settings).unwrap();
        let worst = program.estimate(&rows).unwrap().worst_charge;
        let rng: &dyn Rng = &*self.rng;
        let new = NewJob {
            id: JobId::new(self.clock.now(), rng),
            name: None,
            plan: serde_json::to_value(plan).unwrap(),
            dispatch: Dispatch::Attended,
            worst_case: worst,
            created_by: None,
            retry_of: None,
            base,
        };
        submit(&*self.store, self.workspace, new, rows).await.unwrap()
    }

    /// Run a job as far as it goes without waiting longer than `patience`.
    pub async fn run(&self, job: JobId, patience: Duration) -> Job {
        let runner = Runner::new(self.worker.clone(), "rig");
        runner.run_job(self.workspace, job, patience, &Stop::default()).await.unwrap().job
    }

    /// Submit and run.
    pub async fn finish(&self, plan: &Plan, rows: Vec<Value>) -> Job {
        let job = self.submit(plan, rows).await;
        self.run(job.id, Duration::from_secs(3_600)).await
    }

    /// All cells of a job.
    pub async fn cells(&self, job: &Job) -> Vec<CellRow> {
        self.store.cells(self.workspace, job.id, 0..job.counts.total).await.unwrap()
    }

    /// A cell in a word: `found ada@example.com`, `failed ambiguous`.
    pub async fn cell(&self, job: &Job, index: u32, field: &str) -> String {
        let field = FieldName::new(field).unwrap();
        let cells = self.cells(job).await;
        let found = cells.into_iter().find(|it| it.cell.index == index && it.cell.field == field);
        let Some(CellRow { cell, .. }) = found else { return "absent".to_owned() };
        let status = serde_json::to_value(cell.status).unwrap();
        let mut words = vec![status.as_str().unwrap_or("?").to_owned()];
        match cell.status {
            CellStatus::Found => words.extend(cell.value.map(|it| match it {
                Value::String(text) => text,
                other => other.to_string(),
            })),
            _ => words.extend(cell.reason),
        }
        words.join(" ")
    }

    /// All steps of a job.
    pub async fn steps(&self, job: &Job) -> Vec<StepRow> {
        self.store.steps(self.workspace, job.id, 0..job.counts.total).await.unwrap()
    }

    /// Balance and what is held.
    pub async fn money(&self) -> (Credits, Credits) {
        let account = self.store.account(self.workspace).await.unwrap();
        (account.balance, account.held)
    }
}
