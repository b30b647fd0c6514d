//! Claiming batches, keeping them, and setting credits aside for them.

use super::{
    load::held_batch,
    rows::{BatchRow, BatchState},
};
use crate::{
    Lock, Record, Scope, Session, SqlStore, args,
    ledger::book,
    query::{find, save},
};
use morket_core::{
    Credits, Error, ErrorKind, HoldId, JobId, Result, WorkspaceId,
    job::{BatchId, ClaimFilter, Claimed, Funded, Lease},
    ledger::{Hold, Metering, Needs},
};
use std::{sync::Arc, time::Duration};

/// Claimable batches: ready, left by a dead worker, or parked until now. Those of the workspace
/// with the fewest live leases come first, so that a small job starts beside a huge one.
const CLAIMABLE: &str = "cancelled = 0 \
    AND (state = 1 OR (state = 2 AND lease_until <= $1) OR (state = 3 AND wake_at <= $1)) \
    AND EXISTS (SELECT 1 FROM jobs j WHERE j.no = batches.job_no AND j.state < 3 \
                AND j.sealed_at IS NOT NULL";

/// Jobs that nobody has begun, of workspaces for which nothing that was begun waits or is leased.
const NEW_QUEUED: &str = " AND j.state = 1 AND j.dispatch = 1) AND NOT EXISTS \
    (SELECT 1 FROM batches l WHERE l.workspace_id = batches.workspace_id \
        AND (l.state = 2 OR (l.state = 1 AND l.fence > 0)))";
const NEW_OF_ALL: &str = " AND j.state = 1) AND NOT EXISTS \
    (SELECT 1 FROM batches l WHERE l.workspace_id = batches.workspace_id \
        AND (l.state = 2 OR (l.state = 1 AND l.fence > 0)))";

const FAIREST: &str = "ORDER BY \
    (SELECT COUNT(*) FROM batches l WHERE l.workspace_id = batches.workspace_id \
        AND l.state = 2 AND l.lease_until > $1), \
    (SELECT j.sealed_at FROM jobs j WHERE j.no = batches.job_no), \
    (SELECT j.id FROM jobs j WHERE j.no = batches.job_no), number LIMIT 1";

pub(super) async fn claim(
    store: &SqlStore,
    worker: &str,
    ttl: Duration,
    filter: ClaimFilter,
) -> Result<Option<Claimed>> {
    if ttl.is_zero() {
        return Err(Error::invalid("job.claim", "ttl", "must be above zero"));
    }
    let worker: Arc<str> = worker.into();
    store
        .write(Scope::System, move |session| {
            let worker = worker.clone();
            Box::pin(async move {
                let Some(mut batch) = pick(session, filter).await? else { return Ok(None) };
                let now = session.now();
                let until = now + ttl;
                batch.state = BatchState::Leased;
                batch.fence += 1;
                batch.worker = Some(worker.to_string());
                (batch.lease_until, batch.wake_at) = (Some(until), None);
                batch.vacant_since = until;
                save(session, BatchRow::CHANGE, std::slice::from_ref(&batch)).await?;
                let sql = "UPDATE jobs SET state = 2, started_at = COALESCE(started_at, $2) \
                           WHERE no = $1 AND state = 1";
                session.run(sql.into(), args![batch.job_no, now]).await?;
                claimed(session, batch).await.map(Some)
            })
        })
        .await
}

async fn pick(session: &mut dyn Session, filter: ClaimFilter) -> Result<Option<BatchRow>> {
    let now = session.now();
    let (whose, values) = match filter {
        ClaimFilter::Queued => (" AND j.dispatch = 1)", args![now]),
        ClaimFilter::Job(job) => (" AND j.id = $2)", args![now, job]),
        ClaimFilter::All => (")", args![now]),
        ClaimFilter::Newcomers { attended: false } => (NEW_QUEUED, args![now]),
        ClaimFilter::Newcomers { attended: true } => (NEW_OF_ALL, args![now]),
    };
    let columns = BatchRow::TABLE.column_list();
    let sql = format!("SELECT {columns} FROM batches WHERE {CLAIMABLE}{whose} {FAIREST}");
    let mut rows = session.lock(sql.into(), values, Lock::Skip).await?;
    rows.first_mut().map(BatchRow::read).transpose()
}

async fn claimed(session: &mut dyn Session, batch: BatchRow) -> Result<Claimed> {
    let sql = "SELECT id FROM jobs WHERE no = $1";
    let mut rows = session.rows(sql.into(), args![batch.job_no]).await?;
    let id = rows.first_mut().ok_or_else(|| Error::internal("job.claim", "a batch has no job"))?;
    let batch_id = BatchId { job: JobId(id.uuid()?), number: batch.number };
    let hold = open_hold(session, batch.workspace, batch.hold).await?;
    let until = batch.lease_until.unwrap_or(batch.vacant_since);
    let lease = Lease { workspace: batch.workspace, batch: batch_id, fence: batch.fence, until };
    let waited = batch.waits;
    Ok(Claimed { lease, first: batch.first, size: batch.size, hold, waited })
}

/// The hold a batch remembers, if it is still open.
async fn open_hold(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    hold: Option<HoldId>,
) -> Result<Option<Hold>> {
    let Some(hold) = hold else { return Ok(None) };
    let keys = vec![args![workspace, hold]];
    let found: Vec<Hold> = find(session, &["workspace_id", "id"], keys).await?;
    Ok(found.into_iter().find(Hold::is_open))
}

pub(super) async fn renew(session: &mut dyn Session, lease: Lease, ttl: Duration) -> Result<Lease> {
    if ttl.is_zero() {
        return Err(Error::invalid("job.renew", "ttl", "must be above zero"));
    }
    let mut batch = held_batch(session, &lease, "job.renew").await?;
    let until = session.now() + ttl;
    batch.lease_until = Some(until);
    batch.vacant_since = until;
    save(session, BatchRow::CHANGE, &[batch]).await?;
    Ok(Lease { until, ..lease })
}

/// Refuse to start anything for a job that is being cancelled.
pub(super) fn not_cancelled(batch: &BatchRow, operation: &'static str) -> Result<()> {
    if batch.cancelled {
        let message = "job: it is being cancelled";
        return Err(Error::new(ErrorKind::Conflict, operation, message));
    }
    Ok(())
}

pub(super) async fn fund(
    session: &mut dyn Session,
    lease: Lease,
    id: HoldId,
    prices: Arc<Vec<Credits>>,
) -> Result<Funded> {
    let mut batch = held_batch(session, &lease, "job.fund").await?;
    let mut needs = Needs::default();
    needs.holds.insert(id);
    needs.holds.extend(batch.hold);
    let mut book = book::open(session, lease.workspace, &needs).await?;
    if book.account().metering == Metering::Unmetered {
        let message = "workspace: it is unmetered and has no credits";
        return Err(Error::new(ErrorKind::Conflict, "job.fund", message));
    }
    let current = batch.hold.and_then(|it| book.hold(it)).filter(|it| it.is_open());
    if let Some(open) = current.filter(|open| open.id == id) {
        return Funded::again(open, &prices);
    }
    not_cancelled(&batch, "job.fund")?;
    let current = current.map(|it| it.id);
    let funded = Funded::refill(&mut book, current, lease.batch, id, &prices)?;
    if funded.hold.is_none() {
        return Ok(funded);
    }
    book::close(session, book).await?;
    batch.hold = Some(id);
    save(session, &["hold_id"], &[batch]).await?;
    Ok(funded)
}
