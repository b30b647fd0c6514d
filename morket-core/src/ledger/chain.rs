//! The hash chain: each entry's hash covers its content and the hash before it, and the account
//! holds the head, so a changed byte, a missing entry and a cut tail are all found.

use super::{Account, Entry};
use crate::{Error, ErrorKind, Result, WorkspaceId};
use sha2::{Digest, Sha256};

/// A SHA-256 value.
pub type Hash = [u8; 32];

/// What the first entry follows.
pub const GENESIS: Hash = [0; 32];

/// The layout of what is hashed; a new layout gets a new number.
const VERSION: u8 = 1;

/// Where a chain stops being what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainBreak {
    /// The first entry that is wrong, or the one that should have come.
    pub seq: i64,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl From<ChainBreak> for Error {
    fn from(found: ChainBreak) -> Self {
        Self::new(ErrorKind::Tampered, "ledger.verify_chain", "the ledger is not what was written")
            .with("seq", found.seq)
            .with("problem", found.problem)
    }
}

impl Entry {
    /// The hash of this entry's content, `prev` included: fields length-prefixed, integers
    /// big-endian, time as microseconds.
    pub fn digest(&self) -> Hash {
        let mut hasher = Sha256::new();
        hasher.update([VERSION]);
        field(&mut hasher, self.workspace.0.as_bytes());
        hasher.update(self.seq.to_be_bytes());
        hasher.update([self.kind as u8, self.kind.contra() as u8]);
        field(&mut hasher, self.key.as_str().as_bytes());
        hasher.update(self.amount.0.to_be_bytes());
        hasher.update(self.balance_after.0.to_be_bytes());
        field(&mut hasher, self.hold.as_ref().map_or(&[][..], |hold| hold.0.as_bytes()));
        field(&mut hasher, self.of.as_ref().map_or(&[][..], |key| key.as_str().as_bytes()));
        hasher.update(self.at.micros().to_be_bytes());
        field(&mut hasher, &self.prev);
        hasher.finalize().into()
    }
}

fn field(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

/// A chain on its way from the first entry to the head, one entry at a time.
#[derive(Clone, Debug)]
pub struct Chain {
    workspace: WorkspaceId,
    prev: Hash,
    balance: i64,
    seq: i64,
}

impl Chain {
    /// Nothing was looked at yet.
    pub fn begin(workspace: WorkspaceId) -> Self {
        Self { workspace, prev: GENESIS, balance: 0, seq: 0 }
    }

    /// The number of the last entry that was looked at; zero before the first.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Check the next entry against the one before it.
    pub fn follow(&mut self, entry: &Entry) -> Result<(), ChainBreak> {
        let seq = self.seq + 1;
        let broken = |problem| Err(ChainBreak { seq, problem });
        if entry.seq != seq {
            return broken("an entry is missing");
        }
        if entry.workspace != self.workspace {
            return broken("it belongs to another account");
        }
        if entry.prev != self.prev {
            return broken("it does not follow the entry before it");
        }
        let balance = self.balance.wrapping_add(entry.amount.0);
        if entry.balance_after.0 != balance {
            return broken("its running balance is wrong");
        }
        if entry.digest() != entry.hash {
            return broken("its content was changed");
        }
        (self.prev, self.balance, self.seq) = (entry.hash, balance, seq);
        Ok(())
    }

    /// Check that the account ends where its entries do.
    pub fn end(&self, account: &Account) -> Result<(), ChainBreak> {
        if (account.seq, account.head, account.balance.0) == (self.seq, self.prev, self.balance) {
            return Ok(());
        }
        Err(ChainBreak { seq: self.seq + 1, problem: "the account does not end here" })
    }
}

/// Check entries in order against each other and against the account that owns them.
///
/// Feeding it everything an account has proves that nothing was changed, removed or added.
pub fn verify_chain<'a>(
    account: &Account,
    entries: impl IntoIterator<Item = &'a Entry>,
) -> Result<(), ChainBreak> {
    let mut chain = Chain::begin(account.workspace);
    entries.into_iter().try_for_each(|entry| chain.follow(entry))?;
    chain.end(account)
}
