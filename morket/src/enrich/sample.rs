//! Some rows first, for real; and all of them on top of that.

use super::Engine;
use morket_core::{
    Error, JobId, Result, WorkspaceId,
    engine::{Measured, Stop, Strata},
    job::{Dispatch, Job},
    plan::Plan,
};
use serde_json::Value;
use std::time::Duration;

/// A sample, and what it tells of all rows.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// The job that ran it. One that still waits for something has not come to its end: run it on
    /// before anything is [submitted on it](Engine::submit_on).
    pub job: Job,
    /// Which rows it took, in order.
    pub rows: Vec<u32>,
    /// What came of it.
    pub measured: Measured,
}

impl Engine {
    /// Run so many of these rows, at most 5,000, for real: of every kind its share, spread evenly.
    /// What it finds out and what it costs tells of all rows; [`submit_on`](Self::submit_on) runs
    /// those without asking, or paying, for anything of it again.
    pub async fn sample(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        rows: &[Value],
        count: u32,
    ) -> Result<Sampled> {
        let program = self.compile(workspace, plan).await?;
        let mut strata = Strata::of(&program);
        rows.iter().for_each(|row| strata.add(row));
        let chosen: Vec<u32> = strata.choose(count)?.into_iter().collect();
        let some = chosen.iter().map(|at| {
            let row = rows.get(*at as usize).cloned();
            row.ok_or_else(|| Error::internal("engine.sample", "a row that nobody added"))
        });
        let some = some.collect::<Result<Vec<Value>>>()?;
        let attended = Dispatch::Attended;
        let job = self.put(workspace, plan, attended, some, (Some("sample"), None)).await?;
        let patience = Duration::from_secs(900);
        let job = self.run(workspace, job.id, patience, &Stop::default()).await?.job;
        let sampled = (&job, &program);
        let measured = Measured::read(&*self.store, workspace, sampled, rows.len() as u64).await?;
        Ok(Sampled { job, rows: chosen, measured })
    }

    /// Make a job of these rows on a base: an earlier job of this workspace, as a sample, that has
    /// come to its end. Rows that are the same as one of the base's take over what that came to, at
    /// no cost, whether it was found or not; nobody is asked about it again. Where the plan has
    /// another waterfall for a field by now, that field is asked as usual.
    pub async fn submit_on(
        &self,
        workspace: WorkspaceId,
        base: JobId,
        plan: &Plan,
        dispatch: Dispatch,
        rows: Vec<Value>,
    ) -> Result<Job> {
        self.put(workspace, plan, dispatch, rows, (None, Some(base))).await
    }
}
