//! The ledger once more, written as plainly as it can be: it shares no code with the rules that
//! the stores run on, so that a mistake would have to be made twice to go unseen.

use morket_core::{
    Error, ErrorKind, HoldId,
    ledger::{EntryKind, HoldState, Key, Op, Receipt},
};
use std::collections::BTreeMap;

/// What a movement came to, without times and hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Credits moved, with the sign seen from the workspace.
    Moved(EntryKind, Key, i64),
    /// A hold: set aside, spent, and whether it is open.
    Held(HoldId, i64, i64, bool),
    /// It was refused.
    Refused(ErrorKind),
}

impl From<Result<Receipt, Error>> for Told {
    fn from(result: Result<Receipt, Error>) -> Self {
        match result {
            Ok(Receipt::Entry(it)) => Self::Moved(it.kind, it.key, it.amount.0),
            Ok(Receipt::Hold(it)) => {
                Self::Held(it.id, it.amount.0, it.captured.0, it.state == HoldState::Open)
            }
            Err(error) => Self::Refused(error.kind()),
        }
    }
}

/// A hold of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Held {
    amount: i64,
    captured: i64,
    open: bool,
}

/// An entry of the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Moved {
    kind: EntryKind,
    key: Key,
    amount: i64,
    of: Option<Key>,
}

/// A prepaid account as lists that are searched from the front.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Model {
    entries: Vec<Moved>,
    holds: BTreeMap<HoldId, Held>,
}

type Outcome = Result<Told, ErrorKind>;

impl Model {
    /// The sum of all entries.
    pub fn balance(&self) -> i64 {
        self.entries.iter().map(|it| it.amount).sum()
    }

    /// What open holds still set aside.
    pub fn held(&self) -> i64 {
        self.holds.values().filter(|it| it.open).map(|it| it.amount - it.captured).sum()
    }

    /// Every entry, oldest first.
    pub fn entries(&self) -> Vec<Told> {
        let told = |it: &Moved| Told::Moved(it.kind, it.key.clone(), it.amount);
        self.entries.iter().map(told).collect()
    }

    fn available(&self) -> i64 {
        self.balance() - self.held()
    }

    /// One call: what each movement comes to, in order.
    pub fn post(&mut self, ops: &[Op]) -> Vec<Told> {
        let mut short = false;
        let mut told = Vec::new();
        for op in ops {
            let outcome = match op {
                Op::Hold { id, .. } if short && !self.holds.contains_key(id) => {
                    Err(ErrorKind::InsufficientCredits)
                }
                Op::Expire { key, .. } if short && self.find(EntryKind::Expire, key).is_none() => {
                    Err(ErrorKind::InsufficientCredits)
                }
                _ => self.one(op),
            };
            short |= outcome == Err(ErrorKind::InsufficientCredits);
            told.push(outcome.unwrap_or_else(Told::Refused));
        }
        told
    }

    fn one(&mut self, op: &Op) -> Outcome {
        match op {
            Op::Credit { amount, .. }
            | Op::Hold { amount, .. }
            | Op::Capture { amount, .. }
            | Op::Expire { amount, .. }
                if amount.0 <= 0 =>
            {
                Err(ErrorKind::Validation)
            }
            Op::Credit { kind, key, amount } => self.write((*kind).into(), key, amount.0, None),
            Op::Hold { id, amount, .. } => self.hold(*id, amount.0),
            Op::Capture { hold, key, amount } => self.capture(*hold, key, amount.0),
            Op::Void { hold } => self.void(*hold),
            Op::Refund { key, of } => self.refund(key, of),
            Op::Expire { key, of, amount } => self.expire(key, of, amount.0),
        }
    }

    fn find(&self, kind: EntryKind, key: &Key) -> Option<&Moved> {
        self.entries.iter().find(|it| it.kind == kind && it.key == *key)
    }

    /// What a movement under a key that was there already comes to.
    fn again(&self, kind: EntryKind, key: &Key, amount: i64, of: Option<&Key>) -> Option<Outcome> {
        let first = self.find(kind, key)?;
        let same = first.amount == amount && first.of.as_ref() == of;
        let told = Told::Moved(kind, key.clone(), amount);
        Some(if same { Ok(told) } else { Err(ErrorKind::Conflict) })
    }

    fn write(&mut self, kind: EntryKind, key: &Key, amount: i64, of: Option<&Key>) -> Outcome {
        if let Some(outcome) = self.again(kind, key, amount, of) {
            return outcome;
        }
        if i128::from(self.balance()) + i128::from(amount) > i128::from(i64::MAX) {
            return Err(ErrorKind::Validation);
        }
        self.entries.push(Moved { kind, key: key.clone(), amount, of: of.cloned() });
        Ok(Told::Moved(kind, key.clone(), amount))
    }

    fn hold(&mut self, id: HoldId, amount: i64) -> Outcome {
        if let Some(it) = self.holds.get(&id) {
            let told = Told::Held(id, it.amount, it.captured, it.open);
            return if it.amount == amount { Ok(told) } else { Err(ErrorKind::Conflict) };
        }
        if amount > self.available() {
            return Err(ErrorKind::InsufficientCredits);
        }
        self.holds.insert(id, Held { amount, captured: 0, open: true });
        Ok(Told::Held(id, amount, 0, true))
    }

    fn capture(&mut self, id: HoldId, key: &Key, amount: i64) -> Outcome {
        if let Some(outcome) = self.again(EntryKind::Capture, key, -amount, None) {
            return outcome;
        }
        let hold = self.holds.get_mut(&id).ok_or(ErrorKind::NotFound)?;
        if !hold.open {
            return Err(ErrorKind::Conflict);
        }
        if amount > hold.amount - hold.captured {
            return Err(ErrorKind::Validation);
        }
        hold.captured += amount;
        self.write(EntryKind::Capture, key, -amount, None)
    }

    fn void(&mut self, id: HoldId) -> Outcome {
        let hold = self.holds.get_mut(&id).ok_or(ErrorKind::NotFound)?;
        hold.open = false;
        Ok(Told::Held(id, hold.amount, hold.captured, false))
    }

    fn refund(&mut self, key: &Key, of: &Key) -> Outcome {
        if let Some(first) = self.find(EntryKind::Refund, key) {
            let told = Told::Moved(EntryKind::Refund, key.clone(), first.amount);
            return if first.of.as_ref() == Some(of) { Ok(told) } else { Err(ErrorKind::Conflict) };
        }
        let amount = -self.find(EntryKind::Capture, of).ok_or(ErrorKind::NotFound)?.amount;
        let is_refund = |it: &&Moved| it.kind == EntryKind::Refund && it.of.as_ref() == Some(of);
        if self.entries.iter().any(|it| is_refund(&it)) {
            return Err(ErrorKind::Conflict);
        }
        self.write(EntryKind::Refund, key, amount, Some(of))
    }

    fn expire(&mut self, key: &Key, of: &Key, amount: i64) -> Outcome {
        if let Some(outcome) = self.again(EntryKind::Expire, key, -amount, Some(of)) {
            return outcome;
        }
        let granted = self.find(EntryKind::Grant, of).ok_or(ErrorKind::NotFound)?.amount;
        let expired = self.entries.iter().filter(|it| it.kind == EntryKind::Expire);
        let before: i128 =
            expired.filter(|it| it.of.as_ref() == Some(of)).map(|it| -i128::from(it.amount)).sum();
        if before + i128::from(amount) > i128::from(granted) {
            return Err(ErrorKind::Validation);
        }
        if amount > self.available() {
            return Err(ErrorKind::InsufficientCredits);
        }
        self.write(EntryKind::Expire, key, -amount, Some(of))
    }
}
