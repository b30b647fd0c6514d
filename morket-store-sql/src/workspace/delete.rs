//! Deleting a workspace: a tombstone stays, with the ledger and the audit log; all else goes.

use super::lock;
use crate::{
    Session, args, audit,
    ledger::book,
    query::{number, select},
};
use morket_core::{
    Error, ErrorKind, Result, WorkspaceId,
    audit::NewAudit,
    ledger::{Book, Hold, Op},
};

/// What goes with its workspace. Ledger entries, holds, accounts and audit rows stay.
const GONE: &[&str] = &[
    // With its keys gone, no credential opens again, in no copy of the database.
    "DELETE FROM workspace_keys WHERE workspace_id = $1",
    // Nor does a suppression name anybody to whoever tries.
    "DELETE FROM privacy_keys WHERE workspace_id = $1",
    "DELETE FROM suppressions WHERE workspace_id = $1",
    "DELETE FROM erasures WHERE workspace_id = $1",
    "DELETE FROM credentials WHERE workspace_id = $1",
    "DELETE FROM credential_uses WHERE workspace_id = $1",
    "DELETE FROM workspace_members WHERE workspace_id = $1",
    "DELETE FROM invitations WHERE workspace_id = $1",
    "DELETE FROM cells WHERE workspace_id = $1",
    "DELETE FROM steps WHERE workspace_id = $1",
    "DELETE FROM calls WHERE workspace_id = $1",
    "DELETE FROM job_records WHERE workspace_id = $1",
    "DELETE FROM batches WHERE workspace_id = $1",
    "DELETE FROM jobs WHERE workspace_id = $1",
    "DELETE FROM vendor_spend WHERE workspace_id = $1",
    "DELETE FROM spend_counters WHERE workspace_id = $1",
    "DELETE FROM lookups WHERE workspace_id = $1",
    "DELETE FROM lookup_entities WHERE workspace_id = $1",
    "DELETE FROM flights WHERE workspace_id = $1",
    "DELETE FROM outbox WHERE workspace_id = $1",
    "DELETE FROM deliveries WHERE workspace_id = $1",
    "DELETE FROM webhook_subscriptions WHERE workspace_id = $1",
    "DELETE FROM activity WHERE workspace_id = $1",
];

pub(super) async fn delete(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    audit: NewAudit,
) -> Result<()> {
    lock(session, workspace).await?;
    let sql = "SELECT COUNT(*) FROM jobs WHERE workspace_id = $1 AND state IN (1, 2) \
               AND sealed_at IS NOT NULL";
    if number(session, sql, args![workspace]).await? > 0 {
        let message = "a job is running; cancel it first";
        return Err(Error::new(ErrorKind::Conflict, "workspace.delete", message));
    }
    void_all(session, workspace).await?;
    for sql in GONE {
        session.run((*sql).into(), args![workspace]).await?;
    }
    audit::record(session, workspace, audit).await?;
    let now = session.now();
    let sql = "UPDATE workspaces SET name = '', settings = '{}', slug = NULL, updated_at = $2, \
               deleted_at = $2 WHERE id = $1";
    session.run(sql.into(), args![workspace, now]).await?;
    let sql = "UPDATE accounts SET closed = 1 WHERE workspace_id = $1";
    session.run(sql.into(), args![workspace]).await.map(drop)
}

async fn void_all(session: &mut dyn Session, workspace: WorkspaceId) -> Result<()> {
    let account = book::lock_account(session, workspace).await?;
    let tail = "WHERE workspace_id = $1 AND state = 1 ORDER BY id";
    let open: Vec<Hold> = select(session, tail, args![workspace]).await?;
    let ops: Vec<_> = open.iter().map(|hold| Op::Void { hold: hold.id }).collect();
    let now = session.now();
    let mut book = Book::new(account, [], open, now);
    book.apply_all(&ops)?;
    book::close(session, book).await
}
