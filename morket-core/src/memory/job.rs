//! The port of jobs: each method one step of what the modules beside this one decide.

use super::{MemoryStore, batch::Batch, build::place_of};
use crate::{
    Credits, HoldId, JobId, Result, Timestamp, WorkspaceId,
    job::{
        Call, Cancelling, CellRow, ClaimFilter, Claimed, Flight, Funded, Job, JobStore, Lease,
        LookupAge, LookupRow, Marked, NewCall, NewJob, PermitClaim, Permits, Record, Settled,
        Settlement, Sought, SpendTotal, StepRow, Wake, left_for,
    },
    page::{Cursor, Limit, Page},
};
use async_trait::async_trait;
use serde_json::Value;
use std::{ops::Range, time::Duration};

#[async_trait]
impl JobStore for MemoryStore {
    async fn open_job(&self, workspace: WorkspaceId, job: NewJob) -> Result<()> {
        self.step(|state, now| state.open_job(workspace, job, now))
    }

    async fn append_records(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        first: u32,
        records: Vec<Value>,
    ) -> Result<u32> {
        self.step(|state, _| state.append_records(workspace, job, first, records))
    }

    async fn seal_job(&self, workspace: WorkspaceId, job: JobId, total: u32) -> Result<Job> {
        self.step(|state, now| state.seal_job(workspace, job, total, now))
    }

    async fn job(&self, workspace: WorkspaceId, job: JobId) -> Result<Job> {
        self.step(|state, _| Ok(state.sealed("job.job", workspace, job)?.view()))
    }

    async fn jobs(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Job>> {
        let after = after.map(|cursor| place_of(&cursor, workspace)).transpose()?;
        self.step(|state, _| state.jobs_page(workspace, after, limit))
    }

    async fn records(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<Record>> {
        self.step(|state, _| {
            state.of_records(("job.records", workspace, job), range, |index, row| {
                vec![Record { index, input: row.input.clone(), status: row.status }]
            })
        })
    }

    async fn cells(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<CellRow>> {
        self.step(|state, _| {
            state.of_records(("job.cells", workspace, job), range, |_, row| {
                row.cells.values().cloned().collect()
            })
        })
    }

    async fn steps(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<StepRow>> {
        self.step(|state, _| {
            state.of_records(("job.steps", workspace, job), range, |_, row| {
                row.steps.values().cloned().collect()
            })
        })
    }

    async fn claim_batch(
        &self,
        _worker: &str,
        ttl: Duration,
        filter: ClaimFilter,
    ) -> Result<Option<Claimed>> {
        self.step(|state, now| state.claim_batch(ttl, filter, now))
    }

    async fn renew_lease(&self, lease: Lease, ttl: Duration) -> Result<Lease> {
        self.step(|state, now| state.renew_lease(lease, ttl, now))
    }

    async fn fund_batch(&self, lease: Lease, hold: HoldId, prices: Vec<Credits>) -> Result<Funded> {
        self.step(|state, now| state.fund_batch(lease, hold, &prices, now))
    }

    async fn mark_sent(&self, lease: Lease, calls: Vec<NewCall>) -> Result<Vec<Result<Marked>>> {
        self.step(|state, now| state.mark_sent(lease, calls, now))
    }

    async fn open_calls(&self, lease: Lease) -> Result<Vec<Call>> {
        self.step(|state, now| state.open_calls(&lease, now))
    }

    async fn settle(&self, settlement: Settlement) -> Result<Settled> {
        self.step(|state, now| state.settle(&settlement, now))
    }

    async fn cancel_job(&self, workspace: WorkspaceId, job: JobId) -> Result<Cancelling> {
        self.step(|state, now| state.cancel_job(workspace, job, now))
    }

    async fn wake(&self, workspace: WorkspaceId, which: Wake) -> Result<u32> {
        self.step(|state, now| state.wake(workspace, &which, now))
    }

    async fn lookups(&self, workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<LookupRow>> {
        self.step(|state, now| {
            let kept = &state.tenant("job.lookups", workspace)?.lookups;
            let found = keys.iter().filter_map(|key| kept.get(key));
            Ok(found.filter(|row| row.lookup.expires_at > now).cloned().collect())
        })
    }

    async fn lookup_ages(
        &self,
        workspace: WorkspaceId,
        keys: Vec<[u8; 32]>,
    ) -> Result<Vec<LookupAge>> {
        self.step(|state, now| {
            let kept = &state.tenant("job.lookups", workspace)?.lookups;
            let found = keys.iter().filter_map(|key| kept.get(key));
            Ok(found.map(|row| LookupAge::of(row, row.lookup.expires_at <= now)).collect())
        })
    }

    async fn recall(
        &self,
        workspace: WorkspaceId,
        sought: Vec<Sought>,
    ) -> Result<Vec<Option<LookupRow>>> {
        self.recalled(workspace, &sought)
    }

    async fn left_for(
        &self,
        workspace: WorkspaceId,
        jobs: Vec<JobId>,
    ) -> Result<Vec<Option<Duration>>> {
        self.step(|state, now| {
            state.tenant("job.left_for", workspace)?;
            let left = |id: &JobId| {
                let row = state.jobs.get(&(workspace, *id))?;
                left_for(row.job.state, row.batches.iter().map(Batch::is_vacant_from), now)
            };
            Ok(jobs.iter().map(left).collect())
        })
    }

    async fn flights(&self, workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<Flight>> {
        self.step(|state, now| state.flights(workspace, &keys, now))
    }

    async fn claim_permits(&self, claim: PermitClaim) -> Result<Permits> {
        claim.validate()?;
        self.step(|state, now| {
            let permits = claim.decide(&mut state.permits, now);
            state.permits.retain(|_, slices| {
                slices.retain(|it| it.lapses_at > now);
                !slices.is_empty()
            });
            Ok(permits)
        })
    }

    async fn spent(&self, workspace: WorkspaceId, counter: SpendTotal) -> Result<i64> {
        self.step(|state, _| state.spent(workspace, &counter))
    }

    async fn lapse_holds(&self, limit: u32) -> Result<u32> {
        self.step(|state, now| state.lapse_holds(limit, now))
    }

    async fn collect_unsealed(&self, before: Timestamp) -> Result<u32> {
        self.step(|state, _| Ok(state.collect_unsealed(before)))
    }
}
