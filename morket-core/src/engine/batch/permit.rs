//! Permits: a vendor's windows belong to all processes, so that a call whose place has come needs a
//! permit of the store too. Many leave with one slice, and many wait behind one claim.

use super::{Batch, Phase, call::Leg};
use crate::{
    ErrorKind, Result,
    engine::{
        event::{Command, Ended, Now},
        gates::{GateIx, Gates},
        governor::HORIZON,
        purse::{Purse, Ticket},
    },
    job::Permits,
    plan::{OnLimit, OpIx},
    provider::Outcome,
};
use std::{collections::BTreeMap, time::Duration};

/// The limits that a purse is for: a gate's, and those of an endpoint where that has some.
type Limits = (GateIx, Option<OpIx>);

/// A permit, and the purse that it is from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    purse: usize,
    ticket: Ticket,
}

/// The permits of a batch.
#[derive(Debug, Default)]
pub(super) struct Purses {
    /// Whose they are: the process's, which keeps turns among its batches by itself.
    holder: u64,
    all: Vec<(Limits, Purse)>,
    /// Slices are numbered.
    asked: u64,
    /// Some call has found its purse empty.
    wanted: bool,
    /// Some call has left with a permit.
    spent: bool,
    /// The store does not share permits: the process keeps to the limits by itself.
    alone: bool,
    /// How the batch has ended, while what is left of its permits is given back.
    ended: Option<Ended>,
}

impl Purses {
    /// None yet, for this holder.
    pub(super) fn of(holder: u64) -> Self {
        Self { holder, ..Self::default() }
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.all.iter().any(|(_, it)| it.is_waiting())
    }

    /// Nothing is left to do but to hear that what is left was given back.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    fn place(&mut self, limits: Limits) -> usize {
        let known = self.all.iter().position(|it| it.0 == limits);
        known.unwrap_or_else(|| {
            self.all.push((limits, Purse::default()));
            self.all.len() - 1
        })
    }

    /// Whose the next slice is, and its number: batches of one holder do not use the same.
    fn next(&mut self, batch: u64) -> (u64, u64) {
        self.asked += 1;
        (self.holder, batch.wrapping_shl(24) | (self.asked & 0xff_ffff).max(1))
    }
}

impl Batch {
    /// The purse that calls by this operation are paid from; none where there is no limit.
    fn purse(&mut self, gates: &Gates, op: OpIx) -> Option<usize> {
        let gate = self.gate(op).filter(|_| !self.purses.alone)?;
        let (of_all, of_this) = gates.has_limits(gate, &self.program.op(op).operation.name);
        let limits = (gate, of_this.then_some(op));
        (of_all || of_this).then(|| self.purses.place(limits))
    }

    /// Whether a call must wait for a permit: then it does.
    pub(super) fn lacks_permit(
        &mut self,
        gates: &mut Gates,
        now: Now,
        at: usize,
        op: OpIx,
    ) -> bool {
        let Some(place) = self.purse(gates, op) else { return false };
        let purse = &self.purses.all[place].1;
        if purse.has(now.mono) {
            return false;
        }
        match purse.is_shut(now.mono) {
            Some(until) => self.wait_for_room(gates, now, at, until),
            None => {
                if let Some(flying) = self.flying.get_mut(at) {
                    flying.leg = Leg::Permit;
                    self.purses.wanted = true;
                }
            }
        }
        true
    }

    /// A call takes the permit that is there for it.
    pub(super) fn take_permit(&mut self, gates: &Gates, now: Now, at: usize, op: OpIx) {
        let Some(purse) = self.purse(gates, op) else { return };
        let ticket = self.purses.all[purse].1.take(now.mono);
        if let Some(flying) = self.flying.get_mut(at) {
            flying.ticket = ticket.map(|ticket| Held { purse, ticket });
        }
    }

    /// A call does not leave now: another may use its permit.
    pub(super) fn put_permit_back(&mut self, at: usize) {
        if let Some(held) = self.flying.get_mut(at).and_then(|it| it.ticket.take()) {
            self.purses.all[held.purse].1.put_back(held.ticket);
        }
    }

    /// A call does not leave at its place, and asks for another when its time comes: one that kept
    /// both would fill the window with calls that nobody made.
    pub(super) fn give_place_back(&mut self, gates: &mut Gates, at: usize) {
        let Some(flying) = self.flying.get_mut(at) else { return };
        let (op, place) = (flying.op, flying.place.take());
        if let (Some(place), Some(gate)) = (place, self.gate(op)) {
            gates.give_back(gate, &self.program.op(op).operation.name, place);
        }
    }

    /// A call leaves.
    pub(super) fn spend_permit(&mut self, now: Now, at: usize) {
        if let Some(held) = self.flying.get_mut(at).and_then(|it| it.ticket.take()) {
            self.purses.all[held.purse].1.spend(held.ticket, now.mono);
            self.purses.spent = true;
        }
    }

    /// The vendor throttled a call: other processes are told how long it wants to be left alone,
    /// once for all calls that hear it.
    pub(super) fn cool_down(&mut self, gates: &Gates, op: OpIx, until: Duration) {
        if let Some(purse) = self.purse(gates, op) {
            self.purses.all[purse].1.cool(until);
        }
    }

    /// Whether a call's permit has lapsed while it was written down: then it asks for another.
    pub(super) fn is_late(&mut self, now: Now, at: usize) -> bool {
        let held = self.flying.get(at).and_then(|it| it.ticket);
        let late = held.is_some_and(|it| it.ticket.until < now.mono);
        if late {
            self.hold_until(at, now.mono, Leg::Slot);
        }
        late
    }

    /// The calls that wait for a permit, by their purse.
    fn waiting(&mut self, gates: &Gates) -> BTreeMap<usize, Vec<usize>> {
        let waiting = self.flying.iter().filter(|(_, it)| it.leg == Leg::Permit);
        let waiting: Vec<(usize, OpIx)> = waiting.map(|(at, it)| (at, it.op)).collect();
        let mut by_purse: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, op) in waiting {
            if let Some(purse) = self.purse(gates, op) {
                by_purse.entry(purse).or_default().push(at);
            }
        }
        by_purse
    }

    /// Ask for the permits that calls wait for, for all of them at once.
    pub(super) fn claim_permits(&mut self, gates: &Gates, now: Now) {
        if self.phase > Phase::Running {
            return;
        }
        if std::mem::take(&mut self.purses.wanted) {
            self.claim_wanted(gates, now);
        }
        let news = self.purses.all.iter().any(|(_, it)| it.has_news(now.mono));
        if !std::mem::take(&mut self.purses.spent) && !news {
            return;
        }
        for place in 0..self.purses.all.len() {
            let slice = self.purses.next(self.number);
            if let Some(claim) = self.purses.all[place].1.tell(slice, now.mono) {
                self.commands.push(Command::Permits(place, claim));
            }
        }
    }

    fn claim_wanted(&mut self, gates: &Gates, now: Now) {
        for (place, calls) in self.waiting(gates) {
            let (limits, purse) = &self.purses.all[place];
            if purse.is_waiting() {
                continue;
            }
            let endpoint = limits.1.map(|op| self.program.op(op).operation.name.clone());
            let told = gates.told(limits.0, endpoint.as_deref(), now.mono);
            let limits = (gates.limits(limits.0, endpoint.as_deref()), told);
            let wanted = u32::try_from(calls.len()).unwrap_or(u32::MAX);
            let slice = self.purses.next(self.number);
            let claim = self.purses.all[place].1.claim(limits, slice, wanted, now.mono);
            self.commands.push(Command::Permits(place, claim));
        }
    }

    /// What is left is there for others at once.
    pub(super) fn return_permits(&mut self, now: Now) {
        for place in 0..self.purses.all.len() {
            let slice = self.purses.next(self.number);
            if let Some(claim) = self.purses.all[place].1.close(slice, now.mono) {
                self.commands.push(Command::Permits(place, claim));
            }
        }
    }

    pub(super) fn on_permitted(
        &mut self,
        gates: &mut Gates,
        now: Now,
        place: usize,
        result: Result<Permits>,
    ) {
        let wait = match result {
            Ok(Permits::Granted(count)) => {
                self.purses.all[place].1.granted(count);
                None
            }
            Ok(Permits::NotBefore(wait)) => Some(self.purses.all[place].1.refused(wait, now.mono)),
            Err(error) => {
                self.purses.all[place].1.failed();
                let closing = self.phase >= Phase::Closing;
                match error.kind() {
                    ErrorKind::Unsupported => self.purses.alone = true,
                    // What was not given back lapses.
                    _ if closing => {}
                    _ => return self.fail(error),
                }
                None
            }
        };
        if self.purses.has_ended() {
            return self.end_returned();
        }
        self.go_on(gates, now, place, wait);
        self.work(gates, now);
    }

    /// Those who waited for these permits try again: now, or when there is room.
    fn go_on(&mut self, gates: &mut Gates, now: Now, place: usize, wait: Option<Duration>) {
        let all: Vec<usize> = match self.purses.alone {
            true => {
                let waiting = self.flying.iter().filter(|(_, it)| it.leg == Leg::Permit);
                waiting.map(|(at, _)| at).collect()
            }
            false => self.waiting(gates).remove(&place).unwrap_or_default(),
        };
        let Some(until) = wait else {
            for at in all {
                if let Some(flying) = self.flying.get_mut(at) {
                    flying.leg = Leg::Slot(now.mono);
                    self.agenda.push_back(at);
                }
            }
            return;
        };
        for at in all {
            self.wait_for_room(gates, now, at, until);
        }
    }

    /// The vendor lets more through than was known: what waits for room looks again.
    pub(super) fn make_use_of_room(&mut self, now: Now, gate: GateIx) {
        let purses = self.purses.all.iter_mut().filter(|((of, _), _)| *of == gate);
        purses.for_each(|(_, purse)| purse.open());
        let waits = |leg: &Leg| matches!(leg, Leg::Held(_) | Leg::Slot(_));
        let all = self.flying.iter().filter(|(_, it)| waits(&it.leg));
        let all = all.filter(|(_, it)| self.gate(it.op) == Some(gate));
        let all: Vec<_> = all.map(|(at, it)| (at, it.leg, it.place)).collect();
        for (at, leg, place) in all {
            // Its place stays its place.
            let due = place.unwrap_or_default().max(now.mono);
            match leg {
                Leg::Slot(_) => self.hold_until(at, due, Leg::Slot),
                _ => self.hold_until(at, now.mono, Leg::Held),
            }
        }
    }

    /// There is no room under a vendor's limits until then.
    fn wait_for_room(&mut self, gates: &mut Gates, now: Now, at: usize, until: Duration) {
        let far = until > now.mono.saturating_add(HORIZON);
        match self.program.on_limit {
            OnLimit::Next if far && self.phase == Phase::Running => {
                let outcome = Outcome::RateLimited { retry_after: None };
                self.conclude(gates, now, at, outcome.into());
            }
            _ if far => {
                self.give_place_back(gates, at);
                self.hold_until(at, until, Leg::Held);
            }
            _ => self.hold_until(at, until, Leg::Slot),
        }
    }

    /// The batch has ended: for its worker, when what it held was given back.
    pub(super) fn end_when_returned(&mut self, ended: Ended) {
        self.purses.ended = Some(ended);
        self.end_returned();
    }

    fn end_returned(&mut self) {
        if !self.purses.is_waiting()
            && let Some(ended) = self.purses.ended.take()
        {
            self.end(ended);
        }
    }

    /// The batch has ended as it should, whatever went wrong since.
    pub(super) fn end_anyway(&mut self) -> bool {
        let ended = self.purses.ended.take();
        ended.map(|it| self.end(it)).is_some()
    }
}
