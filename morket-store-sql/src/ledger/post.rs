//! Several callers' movements in one transaction.
//!
//! Nearly every movement is new, so its key is not looked up beforehand: the unique key of the
//! entries, under the account's lock, tells of a repeat for nothing. Only when it does, or when a
//! movement is refused that may be a repeat of one that was not, is everything decided again with
//! the earlier entries at hand.

use super::book;
use crate::{Scope, Session, SqlStore};
use morket_core::{
    Error, ErrorKind, Result, WorkspaceId,
    ledger::{Account, Book, Needs, Op, Receipt},
};
use std::sync::Arc;

/// A list per caller: its movements, and what they came to.
type Callers = Vec<Vec<Op>>;
type Results = Vec<Vec<Result<Receipt>>>;

/// Takes the callers; asked again, the same ones.
pub(super) type Board = Arc<dyn Fn() -> Arc<Callers> + Send + Sync>;

/// For how many transactions keys are looked up after one met a repeat: repeats seldom come alone,
/// and one that is met by its write costs a transaction.
const WARY: u32 = 16;

/// Whether keys are looked up before anything is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    Trusted,
    LookedUp,
}

/// Posts for one account, transaction after transaction.
#[derive(Default)]
pub(super) struct Poster {
    wary: u32,
}

impl Poster {
    /// Post what `board` takes; results per caller, in order. It is asked once the account is
    /// locked: who comes while the lock is waited for goes along.
    pub(super) async fn post(
        &mut self,
        store: &SqlStore,
        workspace: WorkspaceId,
        board: Board,
    ) -> Result<Results> {
        if self.wary == 0 {
            let posted = attempt(store, workspace, board.clone(), Keys::Trusted).await;
            if !matches!(&posted, Err(error) if error.kind() == ErrorKind::Conflict) {
                return posted;
            }
            self.wary = WARY;
        }
        self.wary -= 1;
        attempt(store, workspace, board, Keys::LookedUp).await
    }
}

async fn attempt(
    store: &SqlStore,
    workspace: WorkspaceId,
    board: Board,
    keys: Keys,
) -> Result<Results> {
    store
        .write(Scope::Ledger(workspace), move |session| {
            let board = board.clone();
            Box::pin(async move {
                let account = book::lock_account(session, workspace).await?;
                let (book, results) = decide(session, account, &board(), keys).await?;
                let mut refused = results.iter().flatten().filter_map(|it| it.as_ref().err());
                if let Some(defect) = refused.find(|it| it.kind() == ErrorKind::Internal) {
                    return Err(Error::internal("ledger.post", defect.to_string()));
                }
                book::close(session, book).await?;
                Ok(results)
            })
        })
        .await
}

async fn decide(
    session: &mut dyn Session,
    account: Account,
    callers: &Callers,
    keys: Keys,
) -> Result<(Book, Results)> {
    let apply = |book: &mut Book| {
        book.reserve(callers.iter().map(Vec::len).sum());
        callers.iter().map(|ops| book.apply_each(ops)).collect()
    };
    if keys == Keys::Trusted {
        let needs = Needs::of_new(callers.iter().flatten());
        let mut book = book::load(session, account.clone(), &needs).await?;
        let results = apply(&mut book);
        if !may_repeat(callers, &results) {
            return Ok((book, results));
        }
    }
    let needs = Needs::of(callers.iter().flatten());
    let mut book = book::load(session, account, &needs).await?;
    let results = apply(&mut book);
    Ok((book, results))
}

/// Whether a movement was refused that is fine if it is a repeat. One that was not refused writes
/// its key, and learns by that.
fn may_repeat(callers: &Callers, results: &Results) -> bool {
    let mut outcomes = callers.iter().flatten().zip(results.iter().flatten());
    outcomes.any(|(op, result)| result.is_err() && op.name().is_some())
}
