//! A book out of the database and back into it, in the middle of some transaction.

use crate::{
    OnConflict, Record, Session, args, outbox,
    query::{Writes, find, select, select_locked},
    store::no_workspace,
};
use morket_core::{
    Result, WorkspaceId,
    ledger::{Account, Book, Entry, Hold, Needs},
    outbox::NewEvent,
};

/// The account of a workspace that is there.
const LIVE: &str = "WHERE workspace_id = $1 AND closed = 0";

/// The query for an account by its workspace's id as text: what [`Session::take_account`] brings.
pub(crate) fn account_query(workspace: WorkspaceId) -> String {
    let columns = Account::TABLE.column_list();
    format!("SELECT {columns} FROM accounts {}", LIVE.replace("$1", &format!("'{workspace}'")))
}

/// What a write changes of an account, and of a hold.
const ACCOUNT: &[&str] = &["balance", "held", "seq", "head", "recharges"];
const HOLD: &[&str] = &["captured", "state", "closed_at"];

/// The account, locked until the transaction ends: the first lock of every movement.
pub(crate) async fn lock_account(
    session: &mut dyn Session,
    workspace: WorkspaceId,
) -> Result<Account> {
    if let Some(mut row) = session.take_account() {
        return Account::read(&mut row);
    }
    let found = select_locked(session, LIVE, args![workspace]).await?;
    found.into_iter().next().ok_or_else(|| no_workspace("ledger"))
}

/// The account as it stands.
pub(crate) async fn account(session: &mut dyn Session, workspace: WorkspaceId) -> Result<Account> {
    let found = select(session, LIVE, args![workspace]).await?;
    found.into_iter().next().ok_or_else(|| no_workspace("ledger"))
}

/// Lock the account and load what `needs` asks for.
pub(crate) async fn open(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    needs: &Needs,
) -> Result<Book> {
    let account = lock_account(session, workspace).await?;
    load(session, account, needs).await
}

/// Load what `needs` asks for of an account that is locked already.
pub(crate) async fn load(
    session: &mut dyn Session,
    account: Account,
    needs: &Needs,
) -> Result<Book> {
    let workspace = account.workspace;
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
    let (mut writes, now) = (Writes::default(), session.now());
    let workspace = book.account().workspace;
    let events = collect(&mut writes, book);
    outbox::collect(&mut writes, workspace, &events, now);
    writes.send(session).await
}

/// The writes of what a book decided, to go out with others, and the events to publish with them.
pub(crate) fn collect(writes: &mut Writes, book: Book) -> Vec<NewEvent> {
    let changes = book.into_changes();
    if changes.is_empty() {
        return Vec::new();
    }
    writes.insert(changes.opened, OnConflict::Fail);
    writes.save(HOLD, &changes.updated);
    writes.insert(changes.entries, OnConflict::Fail);
    writes.save(ACCOUNT, std::slice::from_ref(&changes.account));
    changes.events
}
