//! The rules of the ledger, as a function of data.
//!
//! A store asks [`Needs`](super::Needs) what a list of movements refers to, loads it with the
//! account row locked, builds a [`Book`], applies the movements, and writes [`Changes`] in one
//! transaction.

use super::{
    Account, Credit, Entry, EntryKind, GENESIS, Hold, HoldState, Key, Metering, Op, Receipt,
};
use crate::{
    Credits, Error, ErrorKind, EventId, HoldId, Result, Timestamp, job::BatchId, outbox::NewEvent,
};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet, HashMap, hash_map::Entry as MapEntry};

/// What a book's decisions come to, for a store to write.
#[derive(Clone, Debug)]
pub struct Changes {
    /// The account as it must stand afterwards.
    pub account: Account,
    /// New entries, in order.
    pub entries: Vec<Entry>,
    /// New holds.
    pub opened: Vec<Hold>,
    /// Holds that were there and are different now.
    pub updated: Vec<Hold>,
    /// What others must be told, in the same transaction.
    pub events: Vec<NewEvent>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.opened.is_empty() && self.updated.is_empty()
    }
}

/// An account with what the next movements refer to.
#[derive(Clone, Debug)]
pub struct Book {
    account: Account,
    /// What was there, then what is new, in order; the maps below say where in it.
    entries: Vec<Entry>,
    there: usize,
    named: HashMap<(EntryKind, Key), usize>,
    taken_back: HashMap<Key, Vec<usize>>,
    holds: BTreeMap<HoldId, Hold>,
    now: Timestamp,
    opened: BTreeSet<HoldId>,
    touched: BTreeSet<HoldId>,
    events: Vec<NewEvent>,
}

impl Book {
    /// A book over what [`Needs`](super::Needs) asked for; `entries` may hold an entry more than
    /// once.
    pub fn new(
        account: Account,
        entries: impl IntoIterator<Item = Entry>,
        holds: impl IntoIterator<Item = Hold>,
        now: Timestamp,
    ) -> Self {
        let mut book = Self {
            account,
            entries: Vec::new(),
            there: 0,
            named: HashMap::new(),
            taken_back: HashMap::new(),
            holds: holds.into_iter().map(|hold| (hold.id, hold)).collect(),
            now,
            opened: BTreeSet::new(),
            touched: BTreeSet::new(),
            events: Vec::new(),
        };
        for entry in entries {
            book.remember(entry);
        }
        book.there = book.entries.len();
        book
    }

    /// Make room for so many movements at once.
    pub fn reserve(&mut self, movements: usize) {
        self.entries.reserve(movements);
        self.named.reserve(movements);
    }

    /// The account as it stands now.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// A hold this book knows.
    pub fn hold(&self, id: HoldId) -> Option<&Hold> {
        self.holds.get(&id)
    }

    /// Apply a caller's movements in order: one result each. From the first hold or expiry that
    /// cannot be covered, later ones of the same call are refused too, so that what starts is
    /// always the longest affordable prefix; other bad items do not touch their neighbours.
    pub fn apply_each(&mut self, ops: &[Op]) -> Vec<Result<Receipt>> {
        let mut short = false;
        ops.iter()
            .map(|op| {
                if short && matches!(op, Op::Hold { .. } | Op::Expire { .. }) && !self.repeats(op) {
                    return Err(self.not_covered(op, "an earlier one could not be covered"));
                }
                let result = self.apply(op);
                short |= matches!(&result, Err(e) if e.kind() == ErrorKind::InsufficientCredits);
                result
            })
            .collect()
    }

    /// Apply all of them or none: the money of one settled answer.
    pub fn apply_all(&mut self, ops: &[Op]) -> Result<Vec<Receipt>> {
        match ops {
            [] => return Ok(Vec::new()),
            [op] => return self.apply(op).map(|receipt| vec![receipt]),
            _ => {}
        }
        let before = self.clone();
        let applied: Result<Vec<_>> = ops.iter().map(|op| self.apply(op)).collect();
        if applied.is_err() {
            *self = before;
        }
        applied
    }

    /// Apply one movement; an error changes nothing.
    pub fn apply(&mut self, op: &Op) -> Result<Receipt> {
        let before = self.account.available();
        let receipt = match op {
            Op::Credit { kind, key, amount } => self.credit(*kind, key, *amount)?,
            Op::Hold { id, amount, batch, lapses_at } => {
                self.open_hold(*id, *amount, *batch, *lapses_at)?
            }
            Op::Capture { hold, key, amount } => self.capture(*hold, key, *amount)?,
            Op::Void { hold } => Receipt::Hold(self.close(*hold, HoldState::Voided)?),
            Op::Refund { key, of } => self.refund(key, of)?,
            Op::Expire { key, of, amount } => self.expire(key, of, *amount)?,
        };
        self.ask_for_recharge(before);
        self.assert_sound()?;
        Ok(receipt)
    }

    /// Close a hold because nobody came back for it.
    pub fn lapse(&mut self, hold: HoldId) -> Result<Hold> {
        let closed = self.close(hold, HoldState::Lapsed)?;
        self.assert_sound()?;
        Ok(closed)
    }

    /// What to write.
    pub fn into_changes(self) -> Changes {
        let Self { account, mut entries, there, mut holds, opened, touched, events, .. } = self;
        let mut take =
            |ids: BTreeSet<HoldId>| ids.iter().filter_map(|id| holds.remove(id)).collect();
        let updated = touched.difference(&opened).copied().collect();
        let (updated, opened) = (take(updated), take(opened));
        entries.drain(..there);
        Changes { account, entries, opened, updated, events }
    }

    fn credit(&mut self, kind: Credit, key: &Key, amount: Credits) -> Result<Receipt> {
        positive("ledger.grant", amount)?;
        self.metered("ledger.grant")?;
        if let Some(first) = self.entry(kind.into(), key) {
            return same_meaning("ledger.grant", first, amount, None);
        }
        self.write(kind.into(), key, amount, None, None)
    }

    fn open_hold(
        &mut self,
        id: HoldId,
        amount: Credits,
        batch: Option<BatchId>,
        lapses_at: Option<Timestamp>,
    ) -> Result<Receipt> {
        positive("ledger.hold", amount)?;
        self.metered("ledger.hold")?;
        if let Some(first) = self.holds.get(&id) {
            if (first.amount, first.batch) == (amount, batch) {
                return Ok(Receipt::Hold(first.clone()));
            }
            return Err(
                conflict("ledger.hold", "hold: this id names another hold").with("hold", id)
            );
        }
        if amount > self.account.available() {
            return Err(self.short("ledger.hold", amount));
        }
        self.account.held = self.account.held.plus(amount)?;
        let hold = Hold {
            id,
            workspace: self.account.workspace,
            amount,
            captured: Credits::ZERO,
            state: HoldState::Open,
            batch,
            lapses_at,
            opened_at: self.now,
            closed_at: None,
        };
        self.holds.insert(id, hold.clone());
        self.opened.insert(id);
        Ok(Receipt::Hold(hold))
    }

    fn capture(&mut self, hold: HoldId, key: &Key, amount: Credits) -> Result<Receipt> {
        positive("ledger.capture", amount)?;
        if let Some(first) = self.entry(EntryKind::Capture, key) {
            return same_meaning("ledger.capture", first, amount.negated()?, None);
        }
        let found = self.holds.get(&hold).ok_or_else(|| no_hold("ledger.capture", hold))?;
        if !found.is_open() {
            return Err(conflict("ledger.capture", "hold: it is closed").with("hold", hold));
        }
        if amount > found.rest() {
            let problem = format!("{amount} is more than the {} left on the hold", found.rest());
            return Err(Error::invalid("ledger.capture", "amount", problem).with("hold", hold));
        }
        let captured = found.captured.plus(amount)?;
        let receipt = self.write(EntryKind::Capture, key, amount.negated()?, Some(hold), None)?;
        self.account.held = self.account.held.minus(amount)?;
        self.change_hold(hold, |it| it.captured = captured);
        Ok(receipt)
    }

    fn close(&mut self, id: HoldId, state: HoldState) -> Result<Hold> {
        let hold = self.holds.get(&id).ok_or_else(|| no_hold("ledger.void", id))?;
        if hold.state == state {
            return Ok(hold.clone());
        }
        if !hold.is_open() {
            return Err(conflict("ledger.void", "hold: it was closed before").with("hold", id));
        }
        self.account.held = self.account.held.minus(hold.rest())?;
        let now = self.now;
        let closed = self.change_hold(id, |it| (it.state, it.closed_at) = (state, Some(now)));
        Ok(closed.clone())
    }

    fn refund(&mut self, key: &Key, of: &Key) -> Result<Receipt> {
        if let Some(first) = self.entry(EntryKind::Refund, key) {
            return same_meaning("ledger.refund", first, first.amount, Some(of));
        }
        let capture = self
            .entry(EntryKind::Capture, of)
            .ok_or_else(|| not_found("ledger.refund", "of: no such capture").with("of", of))?;
        let amount = capture.amount.negated()?;
        if self.taken(of, EntryKind::Refund).next().is_some() {
            return Err(conflict("ledger.refund", "of: it was refunded before").with("of", of));
        }
        self.write(EntryKind::Refund, key, amount, None, Some(of))
    }

    fn expire(&mut self, key: &Key, of: &Key, amount: Credits) -> Result<Receipt> {
        positive("ledger.expire", amount)?;
        if let Some(first) = self.entry(EntryKind::Expire, key) {
            return same_meaning("ledger.expire", first, amount.negated()?, Some(of));
        }
        let grant = self
            .entry(EntryKind::Grant, of)
            .ok_or_else(|| not_found("ledger.expire", "of: no such grant").with("of", of))?;
        let before = Credits::sum(self.taken(of, EntryKind::Expire).map(|it| it.amount))?;
        if before.minus(amount)?.plus(grant.amount)? < Credits::ZERO {
            let problem = "more would expire than was granted";
            return Err(Error::invalid("ledger.expire", "amount", problem).with("of", of));
        }
        if amount > self.account.available() {
            return Err(self.short("ledger.expire", amount));
        }
        self.write(EntryKind::Expire, key, amount.negated()?, None, Some(of))
    }

    fn write(
        &mut self,
        kind: EntryKind,
        key: &Key,
        amount: Credits,
        hold: Option<HoldId>,
        of: Option<&Key>,
    ) -> Result<Receipt> {
        let mut entry = Entry {
            workspace: self.account.workspace,
            seq: self.account.seq + 1,
            kind,
            key: key.clone(),
            amount,
            balance_after: self.account.balance.plus(amount)?,
            hold,
            of: of.cloned(),
            at: self.now,
            prev: self.account.head,
            hash: GENESIS,
        };
        entry.hash = entry.digest();
        self.account.balance = entry.balance_after;
        self.account.seq = entry.seq;
        self.account.head = entry.hash;
        self.remember(entry.clone());
        Ok(Receipt::Entry(entry))
    }

    fn remember(&mut self, entry: Entry) {
        let place = self.entries.len();
        let MapEntry::Vacant(name) = self.named.entry((entry.kind, entry.key.clone())) else {
            return;
        };
        name.insert(place);
        if let Some(of) = &entry.of {
            self.taken_back.entry(of.clone()).or_default().push(place);
        }
        self.entries.push(entry);
    }

    fn entry(&self, kind: EntryKind, key: &Key) -> Option<&Entry> {
        let place = self.named.get(&(kind, key.clone()))?;
        self.entries.get(*place)
    }

    fn taken(&self, of: &Key, kind: EntryKind) -> impl Iterator<Item = &Entry> {
        let places = self.taken_back.get(of).into_iter().flatten();
        places.filter_map(|place| self.entries.get(*place)).filter(move |it| it.kind == kind)
    }

    fn change_hold(&mut self, id: HoldId, change: impl FnOnce(&mut Hold)) -> &Hold {
        let hold = self.holds.get_mut(&id).expect("looked up by the caller");
        change(hold);
        self.touched.insert(id);
        hold
    }

    fn repeats(&self, op: &Op) -> bool {
        match op {
            Op::Hold { id, .. } => self.holds.contains_key(id),
            Op::Expire { key, .. } => self.entry(EntryKind::Expire, key).is_some(),
            _ => false,
        }
    }

    /// One request per crossing: the next needs what is available to have risen again first.
    fn ask_for_recharge(&mut self, before: Credits) {
        let Some(recharge) = self.account.recharge else { return };
        if before < recharge.threshold || self.account.available() >= recharge.threshold {
            return;
        }
        self.account.recharges += 1;
        let mut id = Sha256::new();
        id.update(b"recharge_due");
        id.update(self.account.workspace.0.as_bytes());
        id.update(self.account.recharges.to_be_bytes());
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&id.finalize()[..16]);
        self.events.push(NewEvent {
            id: EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid()),
            kind: "credits.recharge_due".into(),
            payload: serde_json::json!({
                "crossing": self.account.recharges,
                "threshold": recharge.threshold,
                "amount": recharge.amount,
            }),
        });
    }

    /// Stays on in release builds: a failed one aborts the transaction, not the process.
    fn assert_sound(&self) -> Result<()> {
        let Account { balance, held, .. } = self.account;
        if held < Credits::ZERO || balance < held {
            return Err(Error::internal("ledger.post", "available fell below zero")
                .with("workspace", self.account.workspace)
                .with("balance", balance)
                .with("held", held));
        }
        Ok(())
    }

    fn metered(&self, operation: &'static str) -> Result<()> {
        match self.account.metering {
            Metering::Prepaid => Ok(()),
            Metering::Unmetered => {
                Err(conflict(operation, "workspace: it is unmetered and has no credits"))
            }
        }
    }

    fn short(&self, operation: &'static str, required: Credits) -> Error {
        let available = self.account.available();
        let message = format!("{required} credits are needed, {available} are available");
        Error::new(ErrorKind::InsufficientCredits, operation, message)
            .with("required", required)
            .with("available", available)
    }

    fn not_covered(&self, op: &Op, why: &'static str) -> Error {
        let operation = match op {
            Op::Expire { .. } => "ledger.expire",
            _ => "ledger.hold",
        };
        Error::new(ErrorKind::InsufficientCredits, operation, why)
    }
}

fn positive(operation: &'static str, amount: Credits) -> Result<()> {
    if amount.is_positive() {
        return Ok(());
    }
    Err(Error::invalid(operation, "amount", "must be above zero"))
}

fn same_meaning(
    operation: &'static str,
    first: &Entry,
    amount: Credits,
    of: Option<&Key>,
) -> Result<Receipt> {
    if first.amount == amount && first.of.as_ref() == of {
        return Ok(Receipt::Entry(first.clone()));
    }
    Err(conflict(operation, "key: it names another movement").with("key", &first.key))
}

fn conflict(operation: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::Conflict, operation, message)
}

fn not_found(operation: &'static str, message: &str) -> Error {
    Error::new(ErrorKind::NotFound, operation, message)
}

fn no_hold(operation: &'static str, id: HoldId) -> Error {
    not_found(operation, "hold: no such hold").with("hold", id)
}
