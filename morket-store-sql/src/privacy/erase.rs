//! Erasing a person: first everything is found, then all of it goes, in one transaction.

use super::{
    add, answers, keep, receipt,
    search::{self, CallFind, Finds, JobPlace},
};
use crate::{Lock, Session, args, webhook, workspace::lock};
use morket_core::{
    CallId, Result, WorkspaceId,
    audit::NewAudit,
    job::CellStatus,
    privacy::{Added, Cause, Erased, Erasure, Receipt, Search, erased_payload},
};
use std::collections::BTreeSet;

pub(super) async fn forget(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    erasure: &Erasure,
    audit: NewAudit,
) -> Result<Receipt> {
    let leased = hold_still(session, workspace).await?;
    lock(session, workspace).await?;
    if let Some(receipt) = receipt(session, workspace, erasure.id).await? {
        return Ok(receipt);
    }
    let (search, jobs) = (Search::new(&erasure.names), search::jobs(session, workspace).await?);
    let mut finds = Finds::default();
    for job in &jobs {
        finds.look(session, job.no, &search).await?;
    }
    let naming = search::calls(session, workspace, &search, &finds.about).await?;
    let records = |it: &CallFind| it.records.iter().map(|at| (it.job, *at)).collect::<Vec<_>>();
    finds.about.extend(naming.iter().flat_map(records));
    refuse_running(&finds, &jobs, leased)?;
    let mut erased = Erased::default();
    let calls = search::calls(session, workspace, &search, &finds.about).await?;
    let mut gone: BTreeSet<CallId> = calls.iter().map(|it| it.id).collect();
    let own = answers::own_answers(session, workspace, &search, &finds.about, &gone).await?;
    erase_calls(session, workspace, &calls, &mut erased).await?;
    erase_records(session, &finds, &mut gone, &mut erased).await?;
    for key in answers::lookups(session, workspace, &search, &own).await? {
        let sql = "DELETE FROM lookups WHERE workspace_id = $1 AND key = $2";
        erased.lookups += run(session, sql, args![workspace, key.as_slice()]).await?;
        let sql = "DELETE FROM lookup_entities WHERE workspace_id = $1 AND key = $2";
        run(session, sql, args![workspace, key]).await?;
    }
    for call in &gone {
        // Its key is a hash of what was asked.
        let sql = "DELETE FROM flights WHERE workspace_id = $1 AND call_id = $2";
        run(session, sql, args![workspace, *call]).await?;
    }
    erase_events(session, workspace, &search, &mut erased).await?;
    erased.events += webhook::forget(session, workspace, &search).await?;
    let added = add(session, workspace, &erasure.suppress).await?;
    let added = added.iter().filter(|it| **it == Added::Added).count();
    erased.suppressed = u32::try_from(added).unwrap_or(u32::MAX);
    let (cause, subject) = (Cause::Forgotten, Some(erasure.subject));
    let receipt = Receipt { id: erasure.id, cause, subject, erased, at: session.now() };
    keep(session, workspace, receipt, audit).await
}

/// Nobody claims a batch or seals a job of the workspace until this is over; the number of a job
/// that somebody works on already.
async fn hold_still(session: &mut dyn Session, workspace: WorkspaceId) -> Result<Option<i64>> {
    let sql = "SELECT job_no, lease_until FROM batches WHERE state < 4 AND job_no IN \
               (SELECT no FROM jobs WHERE workspace_id = $1 AND state < 3) ORDER BY job_no, number";
    let now = session.now();
    let mut leased = None;
    for mut row in session.lock(sql.into(), args![workspace], Lock::Wait).await? {
        let job = row.int()?;
        if row.maybe_time()?.is_some_and(|until| until > now) {
            leased = Some(job);
        }
    }
    let sql = "SELECT no FROM jobs WHERE workspace_id = $1 AND sealed_at IS NULL ORDER BY no";
    session.lock(sql.into(), args![workspace], Lock::Wait).await?;
    Ok(leased)
}

fn refuse_running(finds: &Finds, jobs: &[JobPlace], leased: Option<i64>) -> Result<()> {
    let found = finds.jobs();
    match jobs.iter().find(|it| it.open && found.contains(&it.no)) {
        Some(job) => Err(Erasure::still_running(job.id)),
        None => match jobs.iter().find(|it| Some(it.no) == leased) {
            Some(job) => Err(Erasure::still_leased(job.id)),
            None => Ok(()),
        },
    }
}

async fn run(
    session: &mut dyn Session,
    sql: &'static str,
    values: Vec<crate::Value>,
) -> Result<u32> {
    let touched = session.run(sql.into(), values).await?;
    Ok(u32::try_from(touched).unwrap_or(u32::MAX))
}

/// What calls were made of goes, and the task by which a vendor would tell it again.
async fn erase_calls(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    calls: &[CallFind],
    erased: &mut Erased,
) -> Result<()> {
    for call in calls {
        let Some(left) = &call.left else { continue };
        let sql = "UPDATE calls SET composition = $3, task = NULL \
                   WHERE workspace_id = $1 AND id = $2";
        erased.calls += run(session, sql, args![workspace, call.id, left.to_string()]).await?;
    }
    Ok(())
}

/// Inputs, values and candidates go; the calls that brought them are added to `calls`.
async fn erase_records(
    session: &mut dyn Session,
    finds: &Finds,
    calls: &mut BTreeSet<CallId>,
    erased: &mut Erased,
) -> Result<()> {
    for (job, index) in &finds.about {
        let sql = "SELECT call_id FROM steps WHERE job_no = $1 AND idx = $2";
        for mut row in session.rows(sql.into(), args![*job, *index]).await? {
            calls.extend(row.maybe_uuid()?.map(CallId));
        }
        let (inputs, cells) = erase_range(session, *job, (*index, *index)).await?;
        erased.records += inputs;
        erased.cells += cells;
    }
    for ((job, index, field), left) in &finds.mistakes {
        if finds.about.contains(&(*job, *index)) {
            continue;
        }
        let sql = "UPDATE cells SET detail = $4 WHERE job_no = $1 AND idx = $2 AND field = $3";
        let left = left.as_ref().map(ToString::to_string);
        erased.cells += run(session, sql, args![*job, *index, *field, left]).await?;
    }
    Ok(())
}

/// Inputs and cells of a job's records from one to another; how many of each held something.
pub(super) async fn erase_range(
    session: &mut dyn Session,
    job: i64,
    (first, last): (u32, u32),
) -> Result<(u32, u32)> {
    let sql = "UPDATE job_records SET input = 'null' \
               WHERE job_no = $1 AND idx >= $2 AND idx <= $3 AND input <> 'null'";
    let inputs = run(session, sql, args![job, first, last]).await?;
    let sql = "UPDATE cells SET status = $4, reason = 'erased', source = NULL, provider = NULL, \
               call_id = NULL, value = NULL, detail = NULL \
               WHERE job_no = $1 AND idx >= $2 AND idx <= $3 \
               AND (value IS NOT NULL OR detail IS NOT NULL)";
    let cells = run(session, sql, args![job, first, last, CellStatus::Skipped as u8]).await?;
    Ok((inputs, cells))
}

async fn erase_events(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    search: &Search,
    erased: &mut Erased,
) -> Result<()> {
    let nothing = erased_payload().to_string();
    for id in search::events(session, workspace, search).await? {
        let sql = "UPDATE outbox SET payload = $3 WHERE workspace_id = $1 AND id = $2";
        erased.events += run(session, sql, args![workspace, id, nothing.as_str()]).await?;
    }
    for seq in search::lines(session, workspace, search).await? {
        let sql = "UPDATE activity SET detail = $3 WHERE workspace_id = $1 AND seq = $2";
        erased.events += run(session, sql, args![workspace, seq, nothing.as_str()]).await?;
    }
    Ok(())
}
