//! Jobs and batches out of the database, in the middle of some transaction.

use super::rows::{BatchRow, JobRow, waited};
use crate::{Lock, Session, args, audit::missing, query::select_locked};
use morket_core::{
    JobId, Result, WorkspaceId,
    job::{Job, Lease},
};

/// The job, if it is there; sealed or not.
pub(super) async fn find_job(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    job: JobId,
    locked: bool,
) -> Result<Option<JobRow>> {
    let sql = format!("SELECT {} FROM jobs WHERE workspace_id = $1 AND id = $2", JobRow::COLUMNS);
    let values = args![workspace, job];
    let mut rows = match locked {
        true => session.lock(sql.into(), values, Lock::Wait).await?,
        false => session.rows(sql.into(), values).await?,
    };
    rows.first_mut().map(JobRow::read).transpose()
}

/// The sealed job.
pub(super) async fn sealed_job(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    job: JobId,
) -> Result<JobRow> {
    let found = find_job(session, workspace, job, false).await?;
    found.filter(|it| it.job.sealed_at.is_some()).ok_or_else(|| missing("job", "job"))
}

/// The job as ports show it: with what its parked batches wait for.
pub(super) async fn shown(session: &mut dyn Session, row: JobRow) -> Result<Job> {
    let mut job = row.job;
    if job.state.is_terminal() {
        return Ok(job);
    }
    let sql = "SELECT waits FROM batches WHERE job_no = $1 AND state = 3 AND waits IS NOT NULL";
    for mut waits in session.rows(sql.into(), args![row.no]).await? {
        job.waiting.extend(waited(waits.maybe_json()?)?.into_iter().map(|it| it.on));
    }
    job.waiting.sort();
    job.waiting.dedup();
    Ok(job)
}

/// The number of a job, sealed or not.
pub(super) async fn job_no(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    job: JobId,
) -> Result<Option<i64>> {
    let sql = "SELECT no FROM jobs WHERE workspace_id = $1 AND id = $2";
    let mut rows = session.rows(sql.into(), args![workspace, job]).await?;
    rows.first_mut().map(crate::Row::int).transpose()
}

/// The batch a lease speaks of, its row locked: the first lock of everything a worker does.
pub(super) async fn lock_batch(
    session: &mut dyn Session,
    lease: &Lease,
) -> Result<Option<BatchRow>> {
    let Some(no) = job_no(session, lease.workspace, lease.batch.job).await? else {
        return Ok(None);
    };
    let tail = "WHERE job_no = $1 AND number = $2";
    Ok(select_locked(session, tail, args![no, lease.batch.number]).await?.into_iter().next())
}

/// The same, refused unless the lease counts at this instant.
pub(super) async fn held_batch(
    session: &mut dyn Session,
    lease: &Lease,
    operation: &'static str,
) -> Result<BatchRow> {
    let now = session.now();
    let found = lock_batch(session, lease).await?;
    found.filter(|it| it.is_held_by(lease, now)).ok_or_else(|| Lease::stale(operation))
}
