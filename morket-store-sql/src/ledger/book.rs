//! A book out of the database and back into it, in the middle of some transaction.

use crate::{
    OnConflict, Session, args, outbox,
    query::{find, insert, save, select, select_locked},
    store::no_workspace,
};
use morket_core::{
    Result, WorkspaceId,
    ledger::{Account, Book, Entry, Hold, Needs},
};

/// What a write changes of an account, and of a hold.
const ACCOUNT: &[&str] = &["balance", "held", "seq", "head", "recharges"];
const HOLD: &[&str] = &["captured", "state", "closed_at"];

/// The account, locked until the transaction ends: the first lock of every movement.
pub(crate) async fn lock_account(
    session: &mut dyn Session,
    workspace: WorkspaceId,
) -> Result<Account> {
    let tail = "WHERE workspace_id = $1 AND closed = 0";
    let found = select_locked(session, tail, args![workspace]).await?;
    found.into_iter().next().ok_or_else(|| no_workspace("ledger"))
}

/// The account as it stands.
pub(crate) async fn account(session: &mut dyn Session, workspace: WorkspaceId) -> Result<Account> {
    let tail = "WHERE workspace_id = $1 AND closed = 0";
    let found = select(session, tail, args![workspace]).await?;
    found.into_iter().next().ok_or_else(|| no_workspace("ledger"))
}

/// Lock the account and load what `needs` asks for.
pub(crate) async fn open(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    needs: &Needs,
) -> Result<Book> {
    let account = lock_account(session, workspace).await?;
    let keys = needs.entries.iter();
    let keys = keys.map(|(kind, key)| args![workspace, *kind as u8, key.as_str()]).collect();
    let mut entries: Vec<Entry> = find(session, &["workspace_id", "kind", "key"], keys).await?;
    let keys = needs.taken_back.iter().map(|key| args![workspace, key.as_str()]).collect();
    entries.extend(find::<Entry>(session, &["workspace_id", "of_key"], keys).await?);
    let keys = needs.holds.iter().map(|id| args![workspace, *id]).collect();
    let holds: Vec<Hold> = find(session, &["workspace_id", "id"], keys).await?;
    let now = session.now();
    Ok(Book::new(account, entries, holds, now))
}

/// Write what a book decided.
pub(crate) async fn close(session: &mut dyn Session, book: Book) -> Result<()> {
    let changes = book.into_changes();
    let workspace = changes.account.workspace;
    if changes.is_empty() {
        return Ok(());
    }
    insert(session, &changes.opened, OnConflict::Fail).await?;
    save(session, HOLD, &changes.updated).await?;
    insert(session, &changes.entries, OnConflict::Fail).await?;
    save(session, ACCOUNT, std::slice::from_ref(&changes.account)).await?;
    outbox::publish(session, workspace, &changes.events).await
}
