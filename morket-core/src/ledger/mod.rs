//! Credits: an account per prepaid workspace, holds against it, and entries that never change.
//!
//! The rules live in [`Book`], which is a function of data; a store loads what the book asks for,
//! lets it decide, and writes down what changed, all in one transaction. Verbs: **grant** credits
//! in, **hold** what a batch may cost, **capture** what was accepted, **void** the rest. Only what
//! moves credits is an [`Entry`]; opening and closing a [`Hold`] is not.

mod book;
mod chain;
mod entry;
mod hold;
mod needs;
mod store;

pub use book::{Book, Changes};
pub use chain::{Chain, ChainBreak, GENESIS, Hash, verify_chain};
pub use entry::{Contra, Credit, Entry, EntryKind, Key};
pub use hold::{Hold, HoldState};
pub use needs::Needs;
pub use store::{LedgerExt, LedgerStore, StatementPage};

use crate::{Credits, Error, HoldId, Result, Timestamp, WorkspaceId, job::BatchId};

/// Whether a workspace pays in credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metering {
    /// Credits are held before work and captured for what was accepted.
    Prepaid,
    /// No balance, no grants, no holds: cost means what vendors bill.
    Unmetered,
}

/// A workspace's account as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Whether it pays in credits.
    pub metering: Metering,
    /// The sum of all entries.
    pub balance: Credits,
    /// What open holds still set aside.
    pub held: Credits,
    /// How many entries there are; the last one's number.
    pub seq: i64,
    /// The last entry's hash, so that a cut tail is noticed.
    pub head: Hash,
    /// When to ask for more credits.
    pub recharge: Option<Recharge>,
    /// How often more credits were asked for: the key of the next request.
    pub recharges: i64,
}

impl Account {
    /// An account with nothing in it.
    pub fn open(workspace: WorkspaceId, metering: Metering) -> Self {
        Self {
            workspace,
            metering,
            balance: Credits::ZERO,
            held: Credits::ZERO,
            seq: 0,
            head: GENESIS,
            recharge: None,
            recharges: 0,
        }
    }

    /// What can still be held: never below zero at any committed state.
    pub fn available(&self) -> Credits {
        Credits(self.balance.0.saturating_sub(self.held.0))
    }
}

/// Ask for `amount` more whenever what is available falls below `threshold`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recharge {
    /// The level whose crossing asks for more.
    pub threshold: Credits,
    /// How much to ask for.
    pub amount: Credits,
}

impl Recharge {
    /// Refuse what could never be asked for.
    pub fn validate(recharge: Option<Self>) -> Result<()> {
        let Some(Self { threshold, amount }) = recharge else { return Ok(()) };
        if threshold < Credits::ZERO {
            return Err(Error::invalid("ledger.set_recharge", "threshold", "must not be negative"));
        }
        if !amount.is_positive() {
            return Err(Error::invalid("ledger.set_recharge", "amount", "must be above zero"));
        }
        Ok(())
    }
}

/// One movement, named by a key so that a repeat changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Credits come in.
    Credit {
        /// Why they came.
        kind: Credit,
        /// The movement's name, e.g. the payment's id.
        key: Key,
        /// How many.
        amount: Credits,
    },
    /// Set credits aside.
    Hold {
        /// The hold's name, made by the caller.
        id: HoldId,
        /// How many.
        amount: Credits,
        /// The batch it pays for; such a hold lapses with its job, not by the clock.
        batch: Option<BatchId>,
        /// When it lapses by itself, if it belongs to no batch.
        lapses_at: Option<Timestamp>,
    },
    /// Spend part of an open hold.
    Capture {
        /// The hold that pays.
        hold: HoldId,
        /// The charge's name: the step's key.
        key: Key,
        /// How many.
        amount: Credits,
    },
    /// Close a hold; what was not captured is available again.
    Void {
        /// The hold to close.
        hold: HoldId,
    },
    /// Give a capture back, whole.
    Refund {
        /// The refund's own name.
        key: Key,
        /// The capture it returns.
        of: Key,
    },
    /// Take back granted credits that ran out of time.
    Expire {
        /// The expiry's own name.
        key: Key,
        /// The grant they came from.
        of: Key,
        /// How many.
        amount: Credits,
    },
}

impl Op {
    /// Kind and key of the entry it writes, unique per account; holds are named by their ids.
    pub fn name(&self) -> Option<(EntryKind, &Key)> {
        match self {
            Self::Credit { kind, key, .. } => Some(((*kind).into(), key)),
            Self::Capture { key, .. } => Some((EntryKind::Capture, key)),
            Self::Refund { key, .. } => Some((EntryKind::Refund, key)),
            Self::Expire { key, .. } => Some((EntryKind::Expire, key)),
            Self::Hold { .. } | Self::Void { .. } => None,
        }
    }
}

/// What a movement came to. A repeat gets what the first one got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Credits moved.
    Entry(Entry),
    /// A hold was opened or closed.
    Hold(Hold),
}

impl Receipt {
    /// The entry, where credits moved.
    pub fn entry(&self) -> Option<&Entry> {
        match self {
            Self::Entry(entry) => Some(entry),
            Self::Hold(_) => None,
        }
    }

    /// The hold, where one was opened or closed.
    pub fn hold(&self) -> Option<&Hold> {
        match self {
            Self::Entry(_) => None,
            Self::Hold(hold) => Some(hold),
        }
    }
}
