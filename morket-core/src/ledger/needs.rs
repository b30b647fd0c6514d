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
            needs.entries.extend(op.name().map(|(kind, key)| (kind, key.clone())));
            needs.add_others(op);
        }
        needs
    }

    /// The same without the entries that `ops` would write: enough for a store that trusts its
    /// unique keys to tell it of a repeat.
    pub fn of_new<'a>(ops: impl IntoIterator<Item = &'a Op>) -> Self {
        let mut needs = Self::default();
        for op in ops {
            needs.add_others(op);
        }
        needs
    }

    fn add_others(&mut self, op: &Op) {
        match op {
            Op::Credit { .. } => {}
            Op::Hold { id: hold, .. } | Op::Void { hold } | Op::Capture { hold, .. } => {
                self.holds.insert(*hold);
            }
            Op::Refund { of, .. } => {
                self.entries.insert((EntryKind::Capture, of.clone()));
                self.taken_back.insert(of.clone());
            }
            Op::Expire { of, .. } => {
                self.entries.insert((EntryKind::Grant, of.clone()));
                self.taken_back.insert(of.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credits, ledger::Credit};
    use uuid::Uuid;

    const HOLD: HoldId = HoldId(Uuid::nil());

    fn key(name: &str) -> Key {
        Key::new(name).expect("visible ASCII")
    }

    /// `own` is the entry a movement writes, `other` the one it refers to.
    fn check(op: Op, own: Option<EntryKind>, other: Option<EntryKind>, holds: usize) {
        let named = |kind: Option<EntryKind>, name| kind.map(|kind| (kind, key(name)));
        let new = Needs::of_new([&op]);
        assert_eq!(new.entries, named(other, "of").into_iter().collect(), "{op:?}");
        assert_eq!((new.taken_back.len(), new.holds.len()), (new.entries.len(), holds), "{op:?}");
        let all = named(own, "own").into_iter().chain(new.entries.clone()).collect();
        assert_eq!(Needs::of([&op]), Needs { entries: all, ..new }, "{op:?}");
    }

    #[test]
    fn a_new_movement_needs_what_it_refers_to_but_not_its_own_entry() {
        use EntryKind::{Capture, Expire, Grant, Recharge, Refund};
        let (own, of, amount) = (key("own"), key("of"), Credits(1));
        let credit = |kind| Op::Credit { kind, key: own.clone(), amount };
        check(credit(Credit::Grant), Some(Grant), None, 0);
        check(credit(Credit::Recharge), Some(Recharge), None, 0);
        check(Op::Hold { id: HOLD, amount, batch: None, lapses_at: None }, None, None, 1);
        check(Op::Capture { hold: HOLD, key: own.clone(), amount }, Some(Capture), None, 1);
        check(Op::Void { hold: HOLD }, None, None, 1);
        check(Op::Refund { key: own.clone(), of: of.clone() }, Some(Refund), Some(Capture), 0);
        check(Op::Expire { key: own, of, amount }, Some(Expire), Some(Grant), 0);
    }
}
