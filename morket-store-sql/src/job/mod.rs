//! The job port.

mod build;
mod calls;
mod cancel;
mod close;
mod flight;
mod gather;
mod lease;
mod load;
mod permit;
mod read;
mod recall;
mod results;
mod rows;
mod settle;

use crate::{Record as _, Scope, SqlStore, Table};
use async_trait::async_trait;
use morket_core::{
    Credits, HoldId, JobId, Result, Timestamp, WorkspaceId,
    job::{
        Call, Cancelling, CellRow, ClaimFilter, Claimed, Flight, Funded, Job, JobStore, Lease,
        LookupAge, LookupRow, Marked, NewCall, NewJob, PermitClaim, Permits, Record, Settled,
        Settlement, Sought, SpendTotal, StepRow, Wake,
    },
    page::{Cursor, Limit, Page},
};
use serde_json::Value;
use std::{ops::Range, sync::Arc, time::Duration};

/// Tables that are declared whole.
pub(crate) static TABLES: &[&Table] = &[
    rows::BatchRow::TABLE,
    build::RECORDS,
    results::StoredCell::TABLE,
    results::StoredStep::TABLE,
    rows::CallRow::TABLE,
    results::SpendRow::TABLE,
    results::CounterRow::TABLE,
    results::StoredLookup::TABLE,
    flight::FlightRow::TABLE,
    permit::PermitRow::TABLE,
    recall::EntityRow::TABLE,
];

#[async_trait]
impl JobStore for SqlStore {
    async fn open_job(&self, workspace: WorkspaceId, job: NewJob) -> Result<()> {
        build::open(self, workspace, job).await
    }

    async fn append_records(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        first: u32,
        records: Vec<Value>,
    ) -> Result<u32> {
        build::append(self, workspace, job, first, records).await
    }

    #[tracing::instrument(level = "debug", skip_all, fields(job = %job, total))]
    async fn seal_job(&self, workspace: WorkspaceId, job: JobId, total: u32) -> Result<Job> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(build::seal(session, workspace, job, total))
        })
        .await
    }

    async fn job(&self, workspace: WorkspaceId, job: JobId) -> Result<Job> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(read::job(session, workspace, job))
        })
        .await
    }

    async fn jobs(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Job>> {
        read::jobs(self, workspace, after, limit).await
    }

    async fn records(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<Record>> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(read::records(session, workspace, job, range.clone()))
        })
        .await
    }

    async fn cells(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<CellRow>> {
        read::cells(self, workspace, job, range).await
    }

    async fn steps(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<StepRow>> {
        read::steps(self, workspace, job, range).await
    }

    #[tracing::instrument(level = "debug", skip_all, fields(worker))]
    async fn claim_batch(
        &self,
        worker: &str,
        ttl: Duration,
        filter: ClaimFilter,
    ) -> Result<Option<Claimed>> {
        lease::claim(self, worker, ttl, filter).await
    }

    async fn renew_lease(&self, lease: Lease, ttl: Duration) -> Result<Lease> {
        self.write(Scope::Tenant(lease.workspace), move |session| {
            Box::pin(lease::renew(session, lease, ttl))
        })
        .await
    }

    async fn fund_batch(&self, lease: Lease, hold: HoldId, prices: Vec<Credits>) -> Result<Funded> {
        Funded::validate(&prices)?;
        let prices = Arc::new(prices);
        self.write(Scope::Tenant(lease.workspace), move |session| {
            Box::pin(lease::fund(session, lease, hold, prices.clone()))
        })
        .await
    }

    #[tracing::instrument(level = "debug", skip_all, fields(
        job = %lease.batch.job, batch = lease.batch.number, calls = calls.len()))]
    async fn mark_sent(&self, lease: Lease, calls: Vec<NewCall>) -> Result<Vec<Result<Marked>>> {
        calls::mark(self, lease, calls).await
    }

    async fn open_calls(&self, lease: Lease) -> Result<Vec<Call>> {
        calls::open_calls(self, lease).await
    }

    #[tracing::instrument(level = "debug", skip_all, fields(
        job = %settlement.lease.batch.job, batch = settlement.lease.batch.number,
        fence = settlement.lease.fence, items = settlement.items.len()))]
    async fn settle(&self, settlement: Settlement) -> Result<Settled> {
        settle::settle(self, settlement).await
    }

    #[tracing::instrument(level = "debug", skip_all, fields(job = %job))]
    async fn cancel_job(&self, workspace: WorkspaceId, job: JobId) -> Result<Cancelling> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(cancel::cancel(session, workspace, job))
        })
        .await
    }

    async fn wake(&self, workspace: WorkspaceId, which: Wake) -> Result<u32> {
        let which = Arc::new(which);
        self.write(Scope::Tenant(workspace), move |session| {
            let which = which.clone();
            Box::pin(async move { cancel::wake(session, workspace, &which).await })
        })
        .await
    }

    async fn lookups(&self, workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<LookupRow>> {
        read::lookups(self, workspace, keys).await
    }

    async fn lookup_ages(
        &self,
        workspace: WorkspaceId,
        keys: Vec<[u8; 32]>,
    ) -> Result<Vec<LookupAge>> {
        read::lookup_ages(self, workspace, keys).await
    }

    async fn recall(
        &self,
        workspace: WorkspaceId,
        sought: Vec<Sought>,
    ) -> Result<Vec<Option<LookupRow>>> {
        recall::recall(self, workspace, sought).await
    }

    async fn left_for(
        &self,
        workspace: WorkspaceId,
        jobs: Vec<JobId>,
    ) -> Result<Vec<Option<Duration>>> {
        read::left_for(self, workspace, jobs).await
    }

    async fn flights(&self, workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<Flight>> {
        flight::read(self, workspace, keys).await
    }

    async fn claim_permits(&self, claim: PermitClaim) -> Result<Permits> {
        permit::claim(self, claim).await
    }

    async fn spent(&self, workspace: WorkspaceId, counter: SpendTotal) -> Result<i64> {
        let counter = Arc::new(counter);
        self.read(Scope::Tenant(workspace), move |session| {
            let counter = counter.clone();
            Box::pin(async move { read::spent(session, workspace, &counter).await })
        })
        .await
    }

    async fn lapse_holds(&self, limit: u32) -> Result<u32> {
        cancel::lapse(self, limit).await
    }

    async fn collect_unsealed(&self, before: Timestamp) -> Result<u32> {
        self.write(Scope::System, move |session| Box::pin(build::collect(session, before))).await
    }
}
