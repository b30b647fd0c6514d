//! What becomes of a batch whose worker is finished with it, and of the job when it was the last.

use super::{
    load::find_job,
    rows::{BatchRow, BatchState, JobRow},
    settle::{CountsChange, Desk},
};
use crate::{
    Session, args, outbox,
    query::{number, save},
};
use morket_core::{
    Credits, Error, ErrorKind, HoldId, JobId, Result, WorkspaceId,
    job::{Closed, Closing, Job, Lease, RecordStatus, Settlement, Waited, terminal_event},
    ledger::Op,
};
use std::time::Duration;

/// A closing that was found possible.
pub(super) enum Ending {
    /// Every record has come to an end.
    Done,
    /// The job is being cancelled: what is open ends here.
    Cancelled,
    /// Others may take it at once.
    Released,
    /// It waits.
    Parked { wake_in: Option<Duration>, on: Vec<Waited>, hold: Option<HoldId> },
}

/// The hold that a settlement asks for, so that it is loaded with the rest.
pub(super) fn next_hold(settlement: &Settlement) -> Option<HoldId> {
    match &settlement.closing {
        Some(Closing::Park { next_hold, .. }) => next_hold.map(|(id, _)| id),
        _ => None,
    }
}

/// Whether the batch can end as asked, with its hold moved accordingly in the book. The outer
/// error is the transaction's; the inner one refuses the settlement.
pub(super) async fn decide(
    session: &mut dyn Session,
    settlement: &Settlement,
    desk: &mut Desk<'_>,
) -> Result<Result<Option<Ending>>> {
    let Some(closing) = &settlement.closing else { return Ok(Ok(None)) };
    if *closing == Closing::Done {
        let sql = "SELECT COUNT(*) FROM job_records \
                   WHERE job_no = $1 AND idx >= $2 AND idx < $3 AND status = 1";
        let batch = &desk.batch;
        let end = batch.first + batch.size;
        let open = number(session, sql, args![batch.job_no, batch.first, end]).await?;
        if open > i64::from(desk.newly_ended()) {
            let message = "closing: records of this batch are still open";
            return Ok(Err(Error::new(ErrorKind::Conflict, "job.settle", message)));
        }
    }
    Ok(end(closing, desk).map(Some))
}

fn end(closing: &Closing, desk: &mut Desk<'_>) -> Result<Ending> {
    if let Some(hold) = desk.batch.hold
        && desk.book.hold(hold).is_some_and(morket_core::ledger::Hold::is_open)
    {
        desk.book.apply(&Op::Void { hold })?;
    }
    match closing {
        Closing::Done => Ok(Ending::Done),
        _ if desk.batch.cancelled => Ok(Ending::Cancelled),
        Closing::Release => Ok(Ending::Released),
        Closing::Park { wake_in, on, next_hold } => {
            let hold = next_hold.map(|(id, amount)| set_aside(desk, id, amount)).transpose()?;
            Ok(Ending::Parked { wake_in: *wake_in, on: on.clone(), hold })
        }
    }
}

fn set_aside(desk: &mut Desk<'_>, id: HoldId, amount: Credits) -> Result<HoldId> {
    if desk.book.hold(id).is_some() {
        let message = "next_hold: this id names another hold";
        return Err(Error::new(ErrorKind::Conflict, "job.settle", message).with("hold", id));
    }
    let batch = Some(desk.lease.batch);
    desk.book.apply(&Op::Hold { id, amount, batch, lapses_at: None })?;
    Ok(id)
}

/// Write the batch's end, and the job's if this was its last batch.
pub(super) async fn store(
    session: &mut dyn Session,
    lease: &Lease,
    mut batch: BatchRow,
    ending: Ending,
) -> Result<Closed> {
    let now = session.now();
    batch.hold = None;
    let ends = matches!(ending, Ending::Done | Ending::Cancelled);
    match ending {
        Ending::Done => batch.leave(BatchState::Done, now),
        Ending::Released => batch.leave(BatchState::Ready, now),
        Ending::Cancelled => {
            cancel_open_records(session, &batch).await?;
            batch.leave(BatchState::Done, now);
        }
        Ending::Parked { wake_in, on, hold } => {
            let wake_at = wake_in.map(|wait| now.after(wait));
            batch.leave(BatchState::Parked, wake_at.unwrap_or(now));
            let waits = Waited::from_now(&on, now);
            (batch.wake_at, batch.waits, batch.hold) = (wake_at, waits, hold);
        }
    }
    save(session, BatchRow::CHANGE, &[batch]).await?;
    let finished = match ends {
        true => finish_if_last(session, lease.workspace, lease.batch.job).await?,
        false => None,
    };
    Ok(Closed { finished: finished.map(Box::new) })
}

/// Open records of a batch are cancelled, their open cells with them, and counted as such.
pub(super) async fn cancel_open_records(session: &mut dyn Session, batch: &BatchRow) -> Result<()> {
    let sql = "UPDATE job_records SET status = 5 \
               WHERE job_no = $1 AND idx >= $2 AND idx < $3 AND status = 1";
    let end = batch.first + batch.size;
    let touched = session.run(sql.into(), args![batch.job_no, batch.first, end]).await?;
    // A record with an open cell is open itself: no other cell of the batch is pending.
    let sql = "UPDATE cells SET status = 6 \
               WHERE job_no = $1 AND idx >= $2 AND idx < $3 AND status = 1";
    session.run(sql.into(), args![batch.job_no, batch.first, end]).await?;
    let mut counts = CountsChange::default();
    counts.add(RecordStatus::Cancelled, i64::try_from(touched).unwrap_or(0));
    counts.store(session, batch.job_no).await
}

/// The job's end and its one event, when no batch is left. The job's row is locked before batches
/// are counted, so that of two last batches one sees the other.
pub(super) async fn finish_if_last(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    job: JobId,
) -> Result<Option<Job>> {
    let found = find_job(session, workspace, job, true).await?;
    let Some(JobRow { no, mut job }) = found.filter(|it| !it.job.state.is_terminal()) else {
        return Ok(None);
    };
    let sql = "SELECT COUNT(*) FROM batches WHERE job_no = $1 AND state <> 4";
    if number(session, sql, args![no]).await? > 0 {
        return Ok(None);
    }
    let state = job.counts.terminal(job.cancel_requested_at.is_some());
    let state = state.filter(|state| job.state.may_become(*state)).ok_or_else(|| {
        Error::internal("job.finish", "all batches are done, and the counts do not add up")
            .with("job", job.id)
    })?;
    let now = session.now();
    let sql = "UPDATE jobs SET state = $2, finished_at = $3 WHERE no = $1";
    session.run(sql.into(), args![no, state as u8, now]).await?;
    outbox::publish(session, workspace, &[terminal_event(job.id, state, &job.counts)]).await?;
    (job.state, job.finished_at) = (state, Some(now));
    Ok(Some(job))
}
