//! Erasing what was kept for as long as it was to be, so much at a time.

use super::{erase::erase_range, keep};
use crate::{Session, args, workspace::lock};
use morket_core::{
    Result, WorkspaceId,
    audit::NewAudit,
    privacy::{Cause, Erased, Expiry, Receipt},
};
use std::collections::BTreeMap;

pub(super) async fn expire(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    expiry: Expiry,
    audit: NewAudit,
) -> Result<Receipt> {
    lock(session, workspace).await?;
    let mut erased = Erased::default();
    for (job, range) in due_records(session, workspace, expiry).await? {
        let (records, cells) = erase_range(session, job, range).await?;
        erased.records += records;
        erased.cells += cells;
    }
    let Expiry { id, before, limit } = expiry;
    let sql = "UPDATE calls SET composition = '[]', task = NULL \
               WHERE workspace_id = $1 AND id IN (SELECT id FROM calls WHERE workspace_id = $1 \
               AND composition <> '[]' AND job_no IN (SELECT no FROM jobs \
               WHERE workspace_id = $1 AND finished_at < $2) ORDER BY id LIMIT $3)";
    let calls = session.run(sql.into(), args![workspace, before, limit]).await?;
    erased.calls = u32::try_from(calls).unwrap_or(u32::MAX);
    let sql = "DELETE FROM flights WHERE workspace_id = $1 AND call_id IN (SELECT id FROM calls \
               WHERE workspace_id = $1 AND composition = '[]' AND job_no IN (SELECT no FROM jobs \
               WHERE workspace_id = $1 AND finished_at < $2))";
    session.run(sql.into(), args![workspace, before]).await?;
    let sql = "DELETE FROM lookup_entities WHERE workspace_id = $1 AND key IN \
               (SELECT key FROM lookups WHERE workspace_id = $1 AND fetched_at < $2 \
               ORDER BY key LIMIT $3)";
    session.run(sql.into(), args![workspace, before, limit]).await?;
    let sql = "DELETE FROM lookups WHERE workspace_id = $1 AND key IN (SELECT key FROM lookups \
               WHERE workspace_id = $1 AND fetched_at < $2 ORDER BY key LIMIT $3)";
    let lookups = session.run(sql.into(), args![workspace, before, limit]).await?;
    erased.lookups = u32::try_from(lookups).unwrap_or(u32::MAX);
    let receipt = Receipt { id, cause: Cause::Expired, subject: None, erased, at: session.now() };
    match erased.is_nothing() {
        true => Ok(receipt),
        false => keep(session, workspace, receipt, audit).await,
    }
}

/// Records of ended jobs that still hold something, as one range for each job.
async fn due_records(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    Expiry { before, limit, .. }: Expiry,
) -> Result<BTreeMap<i64, (u32, u32)>> {
    let sql = "SELECT no FROM jobs WHERE workspace_id = $1 AND finished_at < $2 ORDER BY id";
    let mut ranges = BTreeMap::new();
    let mut left = i64::from(limit);
    for mut job in session.rows(sql.into(), args![workspace, before]).await? {
        let job = job.int()?;
        let sql = "SELECT idx FROM job_records WHERE job_no = $1 AND input <> 'null' \
                   ORDER BY idx LIMIT $2";
        for mut row in session.rows(sql.into(), args![job, left]).await? {
            let index = row.small()?;
            left -= 1;
            ranges
                .entry(job)
                .and_modify(|it: &mut (u32, u32)| it.1 = index)
                .or_insert((index, index));
        }
        if left == 0 {
            break;
        }
    }
    Ok(ranges)
}
