//! Building a job: open, append, seal; and collecting what was never sealed.

use super::{
    load::{find_job, shown},
    rows::{BatchRow, BatchState, OpenedJob},
};
use crate::{
    OnConflict, Rows, Scope, Session, SqlStore, args, audit::missing, ledger::book, query::insert,
    store::live, table,
};
use morket_core::{
    Credits, Error, ErrorKind, JobId, Result, Timestamp, WorkspaceId,
    job::{BATCH, Job, NewJob, RecordStatus},
    ledger::Metering,
};
use serde_json::Value as Json;
use std::sync::Arc;

pub(super) static RECORDS: &crate::Table = table!("job_records", key ["job_no", "idx"], {
    workspace_id: Uuid, job_no: Int, idx: Int, input: Text, status: Int,
});

fn conflict(operation: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::Conflict, operation, message)
}

pub(super) async fn open(store: &SqlStore, workspace: WorkspaceId, job: NewJob) -> Result<()> {
    job.validate()?;
    let job = Arc::new(job);
    store
        .write(Scope::Tenant(workspace), move |session| {
            let job = job.clone();
            Box::pin(async move {
                live(session, workspace).await?;
                let base = match job.base {
                    Some(base) => find_job(session, workspace, base, false).await?,
                    None => None,
                };
                job.check_base(base.as_ref().map(|it| &it.job))?;
                let row = OpenedJob(workspace, &job, session.now()).values();
                if session.insert(OpenedJob::TABLE, Rows::new([row]), OnConflict::Keep).await? == 1
                {
                    return Ok(());
                }
                match find_job(session, workspace, job.id, false).await? {
                    Some(found) if found.same_as(&job) => Ok(()),
                    _ => Err(conflict("job.open", "id: it names another job")),
                }
            })
        })
        .await
}

pub(super) async fn append(
    store: &SqlStore,
    workspace: WorkspaceId,
    job: JobId,
    first: u32,
    records: Vec<Json>,
) -> Result<u32> {
    if records.is_empty() || records.len() > BATCH as usize {
        return Err(Error::invalid("job.append", "records", "must be 1 to 1,000"));
    }
    let records = Arc::new(records);
    store
        .write(Scope::Tenant(workspace), move |session| {
            let records = records.clone();
            Box::pin(append_in(session, workspace, job, first, records))
        })
        .await
}

async fn append_in(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    job: JobId,
    first: u32,
    records: Arc<Vec<Json>>,
) -> Result<u32> {
    live(session, workspace).await?;
    let found = find_job(session, workspace, job, true).await?;
    let found = found.ok_or_else(|| missing("job.append", "job"))?;
    if found.job.sealed_at.is_some() {
        return Err(conflict("job.append", "job: it is sealed"));
    }
    let there = found.job.counts.total;
    if first > there {
        let problem = format!("there is a gap: the next record is {there}");
        return Err(Error::invalid("job.append", "first", problem));
    }
    if first < there {
        let same = stored(session, found.no, first, &records).await?;
        return if same {
            Ok(there)
        } else {
            Err(conflict("job.append", "first: other records stand there"))
        };
    }
    let more = u32::try_from(records.len()).ok();
    let total = more.and_then(|more| there.checked_add(more));
    let total =
        total.ok_or_else(|| Error::invalid("job.append", "records", "too many to count"))?;
    let row = |(index, input): (u32, &Json)| {
        args![workspace, found.no, index, input.to_string(), RecordStatus::Pending as u8]
    };
    let rows: Vec<_> = (first..).zip(records.iter()).map(row).collect();
    session.insert(RECORDS, Rows::new(rows), OnConflict::Fail).await?;
    let sql = "UPDATE jobs SET total = $2 WHERE no = $1";
    session.run(sql.into(), args![found.no, total]).await?;
    Ok(total)
}

/// Whether exactly these records stand from `first` on.
async fn stored(session: &mut dyn Session, no: i64, first: u32, records: &[Json]) -> Result<bool> {
    let sql = "SELECT input FROM job_records WHERE job_no = $1 AND idx >= $2 ORDER BY idx LIMIT $3";
    let rows = session.rows(sql.into(), args![no, first, records.len() as i64]).await?;
    if rows.len() != records.len() {
        return Ok(false);
    }
    for (mut row, record) in rows.into_iter().zip(records) {
        if row.json()? != *record {
            return Ok(false);
        }
    }
    Ok(true)
}

pub(super) async fn seal(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    job: JobId,
    total: u32,
) -> Result<Job> {
    if total == 0 {
        return Err(Error::invalid("job.seal", "total", "must be above zero"));
    }
    live(session, workspace).await?;
    let found = find_job(session, workspace, job, true).await?;
    let mut found = found.ok_or_else(|| missing("job.seal", "job"))?;
    let (there, worst_case) = (found.job.counts.total, found.job.worst_case);
    if found.job.sealed_at.is_some() {
        if total == there {
            return shown(session, found).await;
        }
        return Err(conflict("job.seal", "job: it was sealed with another total"));
    }
    let account = book::account(session, workspace).await?;
    if worst_case.is_positive() && account.metering == Metering::Unmetered {
        return Err(conflict("job.seal", "workspace: it is unmetered and has no credits"));
    }
    if total != there {
        let problem = format!("{there} records were appended, {total} are claimed");
        return Err(Error::invalid("job.seal", "total", problem));
    }
    afford(worst_case, account.available())?;
    let now = session.now();
    insert(session, &batches(workspace, found.no, total, now), OnConflict::Fail).await?;
    let sql = "UPDATE jobs SET sealed_at = $2 WHERE no = $1";
    session.run(sql.into(), args![found.no, now]).await?;
    session.notify("morket_jobs").await?;
    found.job.sealed_at = Some(now);
    shown(session, found).await
}

fn afford(worst_case: Credits, available: Credits) -> Result<()> {
    if worst_case <= available {
        return Ok(());
    }
    let message = format!("the job may cost {worst_case} credits, {available} are available");
    Err(Error::new(ErrorKind::InsufficientCredits, "job.seal", message)
        .with("required", worst_case)
        .with("available", available))
}

/// Batches of at most 1,000 records, in input order.
fn batches(workspace: WorkspaceId, job_no: i64, total: u32, now: Timestamp) -> Vec<BatchRow> {
    let batch = |number: u32| BatchRow {
        workspace,
        job_no,
        number,
        first: number * BATCH,
        size: BATCH.min(total - number * BATCH),
        state: BatchState::Ready,
        worker: None,
        lease_until: None,
        wake_at: None,
        waits: Vec::new(),
        fence: 0,
        hold: None,
        vacant_since: now,
        cancelled: false,
    };
    (0..total.div_ceil(BATCH)).map(batch).collect()
}

pub(super) async fn collect(session: &mut dyn Session, before: Timestamp) -> Result<u32> {
    let sql = "DELETE FROM job_records WHERE job_no IN \
               (SELECT no FROM jobs WHERE sealed_at IS NULL AND created_at < $1)";
    session.run(sql.into(), args![before]).await?;
    let sql = "DELETE FROM jobs WHERE sealed_at IS NULL AND created_at < $1";
    let gone = session.run(sql.into(), args![before]).await?;
    Ok(u32::try_from(gone).unwrap_or(u32::MAX))
}
