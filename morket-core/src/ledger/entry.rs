//! What a ledger entry is, and the key that names it.

use super::Hash;
use crate::{Credits, Error, HoldId, Result, Timestamp, WorkspaceId};
use std::{fmt, str::FromStr, sync::Arc};

/// The name of a movement: 1 to 200 visible ASCII characters, unique per account and kind.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(Arc<str>);

impl Key {
    /// The longest key in characters.
    pub const MAX: usize = 200;

    /// A key, or an error that says what is wrong with it.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self> {
        let text = text.into();
        if text.is_empty() || text.len() > Self::MAX {
            return Err(Error::invalid("ledger.key", "key", "must have 1 to 200 characters"));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid("ledger.key", "key", "must be visible ASCII, no spaces"));
        }
        Ok(Self(text))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::new(text)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why credits come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credit {
    /// Given by the operator.
    Grant,
    /// Bought once.
    Purchase,
    /// Bought because a threshold was crossed.
    Recharge,
}

/// What moved the credits. The number is what stores keep; it never changes its meaning.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum EntryKind {
    /// Given by the operator.
    Grant = 1,
    /// Bought once.
    Purchase = 2,
    /// Bought because a threshold was crossed.
    Recharge = 3,
    /// Spent on an accepted result; people see it as *debit*.
    Capture = 4,
    /// A capture given back, whole.
    Refund = 5,
    /// Granted credits that ran out of time.
    Expire = 6,
}

impl EntryKind {
    /// Every kind.
    pub const ALL: [Self; 6] =
        [Self::Grant, Self::Purchase, Self::Recharge, Self::Capture, Self::Refund, Self::Expire];

    /// The kind with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as i64 == number)
    }

    /// The other side of the entry, so that all postings sum to zero.
    pub const fn contra(self) -> Contra {
        match self {
            Self::Grant | Self::Purchase | Self::Recharge => Contra::Grant,
            Self::Capture | Self::Refund => Contra::Revenue,
            Self::Expire => Contra::Expired,
        }
    }
}

impl From<Credit> for EntryKind {
    fn from(credit: Credit) -> Self {
        match credit {
            Credit::Grant => Self::Grant,
            Credit::Purchase => Self::Purchase,
            Credit::Recharge => Self::Recharge,
        }
    }
}

/// The other side of an entry. Its balance is a sum over entries, never a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Contra {
    /// Where credits come from.
    Grant = 1,
    /// Where spent credits go.
    Revenue = 2,
    /// Where expired credits go.
    Expired = 3,
}

/// A movement that happened. Never updated, never deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Whose account.
    pub workspace: WorkspaceId,
    /// Its number in the account, from 1.
    pub seq: i64,
    /// What moved the credits.
    pub kind: EntryKind,
    /// Its name, unique per account and kind.
    pub key: Key,
    /// How many, with the sign seen from the workspace.
    pub amount: Credits,
    /// The balance after it.
    pub balance_after: Credits,
    /// The hold that paid, for a capture.
    pub hold: Option<HoldId>,
    /// The entry it takes back: a refund's capture, an expiry's grant.
    pub of: Option<Key>,
    /// When, by the store's clock.
    pub at: Timestamp,
    /// The hash of the entry before it.
    pub prev: Hash,
    /// The hash of this one.
    pub hash: Hash,
}
