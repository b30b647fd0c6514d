//! Accounts, holds and entries.

use super::{MemoryStore, after_number, not_found, numbered_page};
use crate::{
    ErrorKind, HoldId, Result, Timestamp, WorkspaceId,
    ledger::{
        Account, Book, Changes, Entry, EntryKind, Hold, Key, LedgerStore, Metering, Needs, Op,
        Receipt, Recharge, StatementPage, verify_chain,
    },
    outbox::NewEvent,
    page::{Cursor, Limit},
};
use async_trait::async_trait;
use std::collections::BTreeMap;

/// One workspace's account with all that ever moved it.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Ledger {
    pub(super) account: Account,
    /// In order: the entry with number `n` stands at `n - 1`.
    entries: Vec<Entry>,
    named: BTreeMap<(EntryKind, Key), usize>,
    taken_back: BTreeMap<Key, Vec<usize>>,
    pub(super) holds: BTreeMap<HoldId, Hold>,
}

impl Ledger {
    pub(super) fn open(workspace: WorkspaceId, metering: Metering) -> Self {
        Self {
            account: Account::open(workspace, metering),
            entries: Vec::new(),
            named: BTreeMap::new(),
            taken_back: BTreeMap::new(),
            holds: BTreeMap::new(),
        }
    }

    /// A book over what is needed.
    pub(super) fn book(&self, needs: &Needs, now: Timestamp) -> Book {
        let named = needs.entries.iter().filter_map(|name| self.named.get(name));
        let taken = needs.taken_back.iter().filter_map(|of| self.taken_back.get(of)).flatten();
        let entries = named.chain(taken).map(|&place| self.entries[place].clone());
        let holds = needs.holds.iter().filter_map(|id| self.holds.get(id).cloned());
        Book::new(self.account.clone(), entries, holds, now)
    }

    /// A book over some holds alone.
    pub(super) fn book_of_holds(
        &self,
        holds: impl IntoIterator<Item = HoldId>,
        now: Timestamp,
    ) -> Book {
        self.book(&Needs { holds: holds.into_iter().collect(), ..Needs::default() }, now)
    }

    /// Write what a book decided; what is left is what others must be told.
    pub(super) fn write(&mut self, changes: Changes) -> Vec<NewEvent> {
        self.account = changes.account;
        for entry in changes.entries {
            let place = self.entries.len();
            self.named.insert((entry.kind, entry.key.clone()), place);
            if let Some(of) = &entry.of {
                self.taken_back.entry(of.clone()).or_default().push(place);
            }
            self.entries.push(entry);
        }
        let holds = changes.opened.into_iter().chain(changes.updated);
        self.holds.extend(holds.map(|hold| (hold.id, hold)));
        changes.events
    }

    /// The hold with this id, if it can still pay.
    pub(super) fn open_hold(&self, id: Option<HoldId>) -> Option<&Hold> {
        self.holds.get(&id?).filter(|hold| hold.is_open())
    }
}

#[async_trait]
impl LedgerStore for MemoryStore {
    async fn post(&self, workspace: WorkspaceId, ops: Vec<Op>) -> Result<Vec<Result<Receipt>>> {
        self.step(|state, now| {
            let tenant = state.tenant("ledger.post", workspace)?;
            let mut book = tenant.ledger.book(&Needs::of(&ops), now);
            let mut results = book.apply_each(&ops);
            if let Some(defect) = results.iter().position(is_defect) {
                return Err(results.swap_remove(defect).expect_err("a defect is an error"));
            }
            state.commit(workspace, book, now);
            Ok(results)
        })
    }

    async fn account(&self, workspace: WorkspaceId) -> Result<Account> {
        self.step(|state, _| Ok(state.tenant("ledger.account", workspace)?.ledger.account.clone()))
    }

    async fn hold(&self, workspace: WorkspaceId, hold: HoldId) -> Result<Hold> {
        self.step(|state, _| {
            let found = state.tenant("ledger.hold", workspace)?.ledger.holds.get(&hold).cloned();
            found.ok_or_else(|| not_found("ledger.hold", "hold: no such hold").with("hold", hold))
        })
    }

    async fn statement(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<StatementPage> {
        let after = after_number(after.as_ref(), "statement", workspace)?.unwrap_or(0);
        self.step(|state, _| {
            let entries = &state.tenant("ledger.statement", workspace)?.ledger.entries;
            let rows = entries.iter().filter(|entry| entry.seq > after).cloned();
            let of = ("statement", workspace);
            Ok(numbered_page(rows, limit, entries.len(), of, |entry| entry.seq))
        })
    }

    async fn set_recharge(&self, workspace: WorkspaceId, recharge: Option<Recharge>) -> Result<()> {
        Recharge::validate(recharge)?;
        self.step(|state, _| {
            let tenant = state.tenant_mut("ledger.set_recharge", workspace)?;
            tenant.ledger.account.recharge = recharge;
            Ok(())
        })
    }

    async fn verify_chain(&self, workspace: WorkspaceId) -> Result<u64> {
        self.step(|state, _| {
            let ledger = &state.tenant("ledger.verify_chain", workspace)?.ledger;
            verify_chain(&ledger.account, &ledger.entries)?;
            Ok(ledger.entries.len() as u64)
        })
    }
}

/// A book that refused itself must not be written.
pub(super) fn is_defect<T>(result: &Result<T>) -> bool {
    matches!(result, Err(error) if error.kind() == ErrorKind::Internal)
}
