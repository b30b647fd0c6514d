//! Stopping jobs, waking parked batches, and holds that nobody comes back for.

use super::{
    close::{cancel_open_records, finish_if_last},
    load::{find_job, sealed_job, shown},
    rows::{BatchRow, BatchState},
};
use crate::{
    Record, Scope, Session, SqlStore, args,
    audit::missing,
    ledger::book,
    query::{save, select, select_locked},
    store::live,
};
use morket_core::{
    Error, HoldId, JobId, Result, WorkspaceId,
    job::{Cancelling, Job, Wake},
    ledger::{Hold, Needs, Op},
};
use std::time::Duration;

/// How long a batch may be vacant before its hold lapses.
const VACANCY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn cancel(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: JobId,
) -> Result<Cancelling> {
    live(session, workspace).await?;
    let row = sealed_job(session, workspace, id).await?;
    if row.job.state.is_terminal() {
        return Ok(Cancelling { job: row.job, leased: 0 });
    }
    let (ended, leased) = stop_batches(session, row.no).await?;
    void_holds(session, workspace, &ended).await?;
    for batch in &ended {
        cancel_open_records(session, batch).await?;
    }
    let now = session.now();
    let sql = "UPDATE jobs SET cancel_requested_at = COALESCE(cancel_requested_at, $2) \
               WHERE no = $1";
    session.run(sql.into(), args![row.no, now]).await?;
    let finished = finish_if_last(session, workspace, id).await?;
    session.notify("morket_jobs").await?;
    let job = match finished {
        Some(job) => job,
        None => again(session, workspace, id).await?,
    };
    Ok(Cancelling { job, leased })
}

async fn again(session: &mut dyn Session, workspace: WorkspaceId, id: JobId) -> Result<Job> {
    let row = find_job(session, workspace, id, false).await?;
    let row = row.ok_or_else(|| missing("job.cancel", "job"))?;
    shown(session, row).await
}

/// Fence and end the batches nobody works on; mark the others. Those ended, and how many others.
async fn stop_batches(session: &mut dyn Session, job_no: i64) -> Result<(Vec<BatchRow>, u32)> {
    let tail = "WHERE job_no = $1 AND state <> 4 ORDER BY number";
    let mut open: Vec<BatchRow> = select_locked(session, tail, args![job_no]).await?;
    let now = session.now();
    let mut leased = 0;
    let mut ended = Vec::new();
    for batch in &mut open {
        batch.cancelled = true;
        if batch.is_leased(now) {
            leased += 1;
            continue;
        }
        ended.push(batch.clone());
        batch.fence += 1;
        batch.hold = None;
        batch.leave(BatchState::Done, now);
    }
    save(session, BatchRow::CHANGE, &open).await?;
    Ok((ended, leased))
}

async fn void_holds(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    batches: &[BatchRow],
) -> Result<()> {
    let holds: Vec<HoldId> = batches.iter().filter_map(|it| it.hold).collect();
    if holds.is_empty() {
        return Ok(());
    }
    let mut needs = Needs::default();
    needs.holds.extend(holds.iter().copied());
    let mut book = book::open(session, workspace, &needs).await?;
    for hold in holds {
        if book.hold(hold).is_some_and(Hold::is_open) {
            book.apply(&Op::Void { hold })?;
        }
    }
    book::close(session, book).await
}

pub(super) async fn wake(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    which: &Wake,
) -> Result<u32> {
    live(session, workspace).await?;
    let mut parked: Vec<BatchRow> = match which {
        Wake::Job(job) => {
            let row = sealed_job(session, workspace, *job).await?;
            let tail = "WHERE job_no = $1 AND state = 3 ORDER BY number";
            select_locked(session, tail, args![row.no]).await?
        }
        Wake::Cause(_) => {
            let tail = "WHERE workspace_id = $1 AND state = 3 ORDER BY job_no, number";
            select_locked(session, tail, args![workspace]).await?
        }
    };
    if let Wake::Cause(cause) = which {
        parked.retain(|batch| batch.waits.iter().any(|it| it.on == *cause));
    }
    let now = session.now();
    parked.iter_mut().for_each(|batch| batch.leave(BatchState::Ready, now));
    save(session, BatchRow::CHANGE, &parked).await?;
    session.notify("morket_jobs").await?;
    Ok(u32::try_from(parked.len()).unwrap_or(u32::MAX))
}

/// Open holds whose time has come: past their own, of an ended job, or of a batch that was vacant
/// for too long.
const FORGOTTEN: &str = "state = 1 AND ((job_id IS NULL AND lapses_at <= $1) \
    OR (job_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM jobs j JOIN batches b ON b.job_no = j.no \
        WHERE j.workspace_id = holds.workspace_id AND j.id = holds.job_id \
        AND b.number = holds.batch AND j.state < 3 AND b.vacant_since > $2)))";

pub(super) async fn lapse(store: &SqlStore, limit: u32) -> Result<u32> {
    let forgotten: Vec<Hold> = store
        .read(Scope::System, move |session| {
            Box::pin(async move {
                let now = session.now();
                let tail = format!("WHERE {FORGOTTEN} ORDER BY opened_at, id LIMIT $3");
                select(session, &tail, args![now, now.before(VACANCY), limit]).await
            })
        })
        .await?;
    let mut lapsed = 0;
    for hold in forgotten {
        let (workspace, id) = (hold.workspace, hold.id);
        let closed = store
            .write(Scope::System, move |session| {
                let hold = hold.clone();
                Box::pin(async move { lapse_one(session, &hold).await })
            })
            .await
            .map_err(|error: Error| error.with("workspace", workspace).with("hold", id))?;
        lapsed += u32::from(closed);
    }
    Ok(lapsed)
}

/// Close one, if it is still forgotten once its batch and account are locked.
async fn lapse_one(session: &mut dyn Session, hold: &Hold) -> Result<bool> {
    let batch = match hold.batch {
        Some(id) => {
            let tail = "WHERE job_no IN (SELECT no FROM jobs WHERE workspace_id = $1 AND id = $2) \
                        AND number = $3";
            let values = args![hold.workspace, id.job, id.number];
            select_locked::<BatchRow>(session, tail, values).await?.pop()
        }
        None => None,
    };
    let now = session.now();
    let sql = format!(
        "SELECT {} FROM holds WHERE workspace_id = $3 AND id = $4 AND {FORGOTTEN}",
        Hold::TABLE.column_list()
    );
    let values = args![now, now.before(VACANCY), hold.workspace, hold.id];
    if session.rows(sql.into(), values).await?.is_empty() {
        return Ok(false);
    }
    let mut needs = Needs::default();
    needs.holds.insert(hold.id);
    let mut book = book::open(session, hold.workspace, &needs).await?;
    if !book.hold(hold.id).is_some_and(Hold::is_open) {
        return Ok(false);
    }
    book.lapse(hold.id)?;
    book::close(session, book).await?;
    if let Some(mut batch) = batch
        && batch.hold == Some(hold.id)
    {
        batch.hold = None;
        save(session, &["hold_id"], &[batch]).await?;
    }
    Ok(true)
}
