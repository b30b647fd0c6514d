//! What movements refer to: what a store must load before a [`Book`](super::Book) can decide.

use super::{EntryKind, Key, Op};
use crate::HoldId;
use std::collections::BTreeSet;

/// What a store must load before a book can decide about some movements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Entries that may already exist, or that others refer to.
    pub entries: BTreeSet<(EntryKind, Key)>,
    /// Entries whose refunds and expiries matter.
    pub taken_back: BTreeSet<Key>,
    /// Holds, by id.
    pub holds: BTreeSet<HoldId>,
}

impl Needs {
    /// What `ops` refer to.
    pub fn of<'a>(ops: impl IntoIterator<Item = &'a Op>) -> Self {
        let mut needs = Self::default();
        for op in ops {
            needs.add(op);
        }
        needs
    }

    fn add(&mut self, op: &Op) {
        match op {
            Op::Credit { kind, key, .. } => {
                self.entries.insert(((*kind).into(), key.clone()));
            }
            Op::Hold { id, .. } | Op::Void { hold: id } => {
                self.holds.insert(*id);
            }
            Op::Capture { hold, key, .. } => {
                self.holds.insert(*hold);
                self.entries.insert((EntryKind::Capture, key.clone()));
            }
            Op::Refund { key, of } => {
                self.entries.insert((EntryKind::Refund, key.clone()));
                self.entries.insert((EntryKind::Capture, of.clone()));
                self.taken_back.insert(of.clone());
            }
            Op::Expire { key, of, .. } => {
                self.entries.insert((EntryKind::Expire, key.clone()));
                self.entries.insert((EntryKind::Grant, of.clone()));
                self.taken_back.insert(of.clone());
            }
        }
    }
}
