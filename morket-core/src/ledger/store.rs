//! The port that keeps accounts, holds and entries.

use super::{Account, Credit, Entry, Hold, Key, Op, Receipt, Recharge};
use crate::{
    Credits, Error, HoldId, Result, WorkspaceId,
    page::{Cursor, Limit, Page},
};
use async_trait::async_trait;
use std::fmt;

/// A page of a workspace's entries, oldest first.
pub type StatementPage = Page<Entry>;

/// Where credits live. Each method is one atomic step; the tenant comes first.
///
/// Accounts are opened by creating their workspace. To spend from many tasks at once, just call it
/// from many tasks: an adapter puts what waits into one transaction.
#[async_trait]
pub trait LedgerStore: fmt::Debug + Send + Sync + 'static {
    /// Apply movements in order; one result each, in input order.
    ///
    /// # Behavior
    /// - Of an unknown or deleted workspace it is `NotFound`, and nothing is applied.
    /// - A repeat with the same meaning changes nothing and gets the first one's receipt.
    /// - A key that already names another movement is `Conflict`.
    /// - An amount of zero or less is `Validation`.
    /// - A hold or expiry above what is available is `InsufficientCredits`; so are later ones of
    ///   the same call: what starts is the longest affordable prefix.
    /// - Of one account and key there is at most one capture, whatever the hold.
    /// - A capture above the rest of its hold is `Validation`; of a closed hold it is `Conflict`.
    /// - A hold closes once, and then what was not captured is available again.
    /// - A refund gives the whole capture back, once.
    /// - One bad item changes nothing and does not touch its neighbours.
    /// - Another workspace's holds and entries are `NotFound`.
    /// - In an unmetered workspace credits and holds are `Conflict`.
    /// - Crossing the recharge threshold puts one event in the outbox in the same step.
    async fn post(&self, workspace: WorkspaceId, ops: Vec<Op>) -> Result<Vec<Result<Receipt>>>;

    /// The account as it stands.
    ///
    /// # Behavior
    /// - Of an unknown or deleted workspace it is `NotFound`.
    async fn account(&self, workspace: WorkspaceId) -> Result<Account>;

    /// One hold.
    ///
    /// # Behavior
    /// - An unknown or another workspace's hold is `NotFound`.
    async fn hold(&self, workspace: WorkspaceId, hold: HoldId) -> Result<Hold>;

    /// A page of entries, oldest first.
    ///
    /// # Behavior
    /// - The pages together are the whole ledger, each entry once, and sum to the balance.
    /// - A cursor that was changed, or is another workspace's, is `Validation`.
    async fn statement(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<StatementPage>;

    /// Ask for more credits when little is left; `None` switches it off.
    ///
    /// # Behavior
    /// - A threshold below zero or an amount of zero or less is `Validation`.
    /// - The account says what was set.
    async fn set_recharge(&self, workspace: WorkspaceId, recharge: Option<Recharge>) -> Result<()>;

    /// Re-derive the whole chain from what is stored; how many entries it has.
    ///
    /// # Behavior
    /// - An untouched ledger verifies.
    /// - A changed byte, a missing entry or a cut tail is `Tampered`.
    async fn verify_chain(&self, workspace: WorkspaceId) -> Result<u64>;
}

const _: Option<&dyn LedgerStore> = None;

/// The movements one at a time. Nobody implements it: it is there for every [`LedgerStore`].
///
/// ```
/// # async fn example(ledger: &dyn morket_core::ledger::LedgerStore,
/// #     workspace: morket_core::WorkspaceId, hold: morket_core::HoldId)
/// #     -> morket_core::Result<()> {
/// use morket_core::{Credits, ledger::LedgerExt};
///
/// ledger.grant(workspace, "welcome".parse()?, Credits::whole(100)).await?;
/// ledger.set_aside(workspace, hold, Credits::whole(40)).await?;
/// ledger.capture(workspace, hold, "job-1:0:email:hunter".parse()?, Credits::whole(3)).await?;
/// ledger.void(workspace, hold).await?;
/// # Ok(()) }
/// ```
#[async_trait]
pub trait LedgerExt: LedgerStore {
    /// One movement.
    async fn post_one(&self, workspace: WorkspaceId, op: Op) -> Result<Receipt> {
        let mut results = self.post(workspace, vec![op]).await?;
        match (results.pop(), results.is_empty()) {
            (Some(result), true) => result,
            _ => Err(Error::internal("ledger.post", "one movement did not give one result")),
        }
    }

    /// Credits given by the operator.
    async fn grant(&self, workspace: WorkspaceId, key: Key, amount: Credits) -> Result<Entry> {
        let op = Op::Credit { kind: Credit::Grant, key, amount };
        entry(self.post_one(workspace, op).await?)
    }

    /// Set credits aside, for no batch and without an end.
    async fn set_aside(&self, workspace: WorkspaceId, id: HoldId, amount: Credits) -> Result<Hold> {
        let op = Op::Hold { id, amount, batch: None, lapses_at: None };
        hold(self.post_one(workspace, op).await?)
    }

    /// Spend part of an open hold.
    async fn capture(
        &self,
        workspace: WorkspaceId,
        hold: HoldId,
        key: Key,
        amount: Credits,
    ) -> Result<Entry> {
        entry(self.post_one(workspace, Op::Capture { hold, key, amount }).await?)
    }

    /// Close a hold.
    async fn void(&self, workspace: WorkspaceId, id: HoldId) -> Result<Hold> {
        hold(self.post_one(workspace, Op::Void { hold: id }).await?)
    }

    /// Give a capture back.
    async fn refund(&self, workspace: WorkspaceId, key: Key, of: Key) -> Result<Entry> {
        entry(self.post_one(workspace, Op::Refund { key, of }).await?)
    }
}

impl<T: LedgerStore + ?Sized> LedgerExt for T {}

fn entry(receipt: Receipt) -> Result<Entry> {
    match receipt {
        Receipt::Entry(entry) => Ok(entry),
        Receipt::Hold(_) => Err(Error::internal("ledger.post", "a hold where credits moved")),
    }
}

fn hold(receipt: Receipt) -> Result<Hold> {
    match receipt {
        Receipt::Hold(hold) => Ok(hold),
        Receipt::Entry(_) => Err(Error::internal("ledger.post", "an entry where a hold was due")),
    }
}
