//! A call's way through the gate: provider there, a place in every window, breaker closed.

use super::{Batch, Phase, call::Leg};
use crate::{
    engine::{
        event::Now,
        gates::{GateIx, Gates, Pass},
        governor::Slot,
    },
    http::{FailureCause, HttpFailure},
    plan::{OnLimit, OnLost, OpIx},
    provider::{Outcome, OutcomeKind, Shape},
};
use std::time::Duration;

/// How soon a call that may not leave for want of a fresh lease asks again.
const SOON: Duration = Duration::from_millis(50);

impl Batch {
    pub(super) fn gate(&self, op: OpIx) -> Option<GateIx> {
        self.gates[usize::from(op.0)]
    }

    /// A call wants attention: it is new, or its time has come.
    pub(super) fn attend(&mut self, gates: &mut Gates, now: Now, at: usize) {
        let Some(leg) = self.flying.get(at).map(|it| it.leg) else { return };
        match leg {
            Leg::New | Leg::Held(_) | Leg::Backoff(_) | Leg::Slot(_) if self.is_barred(at) => {
                self.bar(gates, now, at);
            }
            Leg::New => self.knock(gates, now, at),
            Leg::Held(due) | Leg::Backoff(due) if now.mono >= due => self.knock(gates, now, at),
            Leg::Slot(due) if now.mono >= due => self.leave(gates, now, at),
            Leg::Polling(due) if now.mono >= due => self.poll(gates, now, at),
            _ => {}
        }
    }

    /// Ask for a place.
    fn knock(&mut self, gates: &mut Gates, now: Now, at: usize) {
        let Some((op, marked)) = self.flying.get(at).map(|it| (it.op, it.marked)) else { return };
        if self.phase > Phase::Running {
            // It stays where it is; closing says what becomes of it.
            if let Some(flying) = self.flying.get_mut(at) {
                flying.leg = Leg::Held(now.mono);
            }
            if !marked && self.phase >= Phase::Cancelling {
                self.drop_unsent(gates);
            }
            return;
        }
        if self.is_pointless(at) {
            return self.give_up(gates, now, at);
        }
        if !self.watch.may_dispatch(now.mono) {
            return self.hold_until(at, now.mono + SOON, Leg::Held);
        }
        if self.is_crowded() || self.is_full(op) {
            return self.queue(gates, at);
        }
        let Some(gate) = self.gate(op) else {
            return self.lost(gates, now, at, OutcomeKind::AuthFailed);
        };
        if let Some(cause) = self.still_lost(op).or_else(|| gates.lost(gate)) {
            return self.lost(gates, now, at, cause);
        }
        let name = self.program.op(op).operation.name.clone();
        self.give_place_back(gates, at);
        match gates.slot(gate, &name, now.mono) {
            Slot::At(due) => {
                if let Some(flying) = self.flying.get_mut(at) {
                    flying.place = Some(due);
                }
                match due <= now.mono {
                    true => self.leave(gates, now, at),
                    false => self.hold_until(at, due, Leg::Slot),
                }
            }
            Slot::NotBefore(until) => match self.program.on_limit {
                OnLimit::Wait => self.hold_until(at, until, Leg::Held),
                OnLimit::Next => {
                    let outcome = Outcome::RateLimited { retry_after: None };
                    self.conclude(gates, now, at, outcome.into());
                }
            },
        }
    }

    /// Whether as many calls are under way as may be: the fields of one record may ask several
    /// vendors, so that there are more calls than there is room for.
    fn is_crowded(&self) -> bool {
        let most = self.tuning.in_flight;
        let under_way =
            |it: &(usize, &super::call::Flying)| matches!(it.1.leg, Leg::Marking | Leg::Sending);
        let last = most.saturating_sub(1);
        self.flying.len() > most && self.flying.iter().filter(under_way).nth(last).is_some()
    }

    /// Whether as many calls by one operation are under way, or about to be, as may be. A place in
    /// a window is for a call that leaves then: where one is kept by a call that finds no room, the
    /// window passes unused.
    fn is_full(&self, op: OpIx) -> bool {
        let most = self.tuning.in_flight;
        let has_place =
            |leg: &Leg| matches!(leg, Leg::Slot(_) | Leg::Permit | Leg::Marking | Leg::Sending);
        let counts = |it: &(usize, &super::call::Flying)| it.1.op == op && has_place(&it.1.leg);
        let last = most.saturating_sub(1);
        self.flying.len() > most && self.flying.iter().filter(counts).nth(last).is_some()
    }

    /// Its turn comes when another one has landed.
    fn queue(&mut self, gates: &mut Gates, at: usize) {
        self.give_place_back(gates, at);
        if let Some(flying) = self.flying.get_mut(at) {
            flying.leg = Leg::New;
            self.crowd.push_back(at);
        }
    }

    /// Calls that waited for others to land, as far as there is room now.
    pub(super) fn admit(&mut self, gates: &mut Gates, now: Now) {
        while !self.is_crowded() {
            let Some(at) = self.crowd.pop_front() else { break };
            self.attend(gates, now, at);
            // There is no room for it after all: it is the first again.
            if self.crowd.back() == Some(&at) {
                self.crowd.rotate_right(1);
                break;
            }
        }
    }

    /// Whether everything a call is for has ended without it, as when its holder died with two
    /// calls for one cell under way.
    fn is_pointless(&self, at: usize) -> bool {
        let Some(flying) = self.flying.get(at) else { return false };
        let mut asks = flying.asks.iter().filter_map(|it| self.asks.get(*it));
        asks.all(|ask| ask.cells.iter().all(|it| !self.rows[ask.row].cells[*it].is_open()))
    }

    /// Nobody needs the answer any more.
    pub(super) fn give_up(&mut self, gates: &mut Gates, now: Now, at: usize) {
        match self.flying.get(at).is_some_and(|it| it.unbilled) {
            true => self.stop_call(gates, now, at),
            false => self.conclude(gates, now, at, Outcome::Unknown.into()),
        }
    }

    /// The provider is lost: found out once, told to all.
    fn lost(&mut self, gates: &mut Gates, now: Now, at: usize, cause: OutcomeKind) {
        let given_up = self.flying.get(at).is_some_and(|it| self.is_given_up(now, it.op));
        if self.program.on_lost != OnLost::Next && !given_up {
            if let Some(flying) = self.flying.get_mut(at) {
                flying.leg = Leg::Lost(cause);
            }
            return;
        }
        let outcome = match cause {
            OutcomeKind::OutOfCredits => Outcome::OutOfCredits,
            OutcomeKind::PlanLacks => Outcome::PlanLacks,
            _ => Outcome::AuthFailed,
        };
        self.conclude(gates, now, at, outcome.into());
    }

    /// Whether a call may not leave now: for want of a fresh lease, or because nothing is begun
    /// any more. Its place may have come, or its mark been written, after that was so.
    pub(super) fn must_wait(&mut self, now: Now, at: usize) -> bool {
        let late = self.phase > Phase::Running || !self.watch.may_dispatch(now.mono);
        let wait = late || self.is_barred(at);
        if wait {
            self.hold_until(at, now.mono + SOON, Leg::Held);
        }
        wait
    }

    /// Its place has come: past the breaker, over the mark, onto the wire.
    fn leave(&mut self, gates: &mut Gates, now: Now, at: usize) {
        let Some((op, marked)) = self.flying.get(at).map(|it| (it.op, it.marked)) else { return };
        // Much may have happened while it waited for its place.
        if self.phase > Phase::Running {
            return;
        }
        if !self.watch.may_dispatch(now.mono) {
            return self.hold_until(at, now.mono + SOON, Leg::Held);
        }
        let Some(gate) = self.gate(op) else { return };
        if self.must_wait(now, at) {
            return;
        }
        if self.is_crowded() {
            return self.queue(gates, at);
        }
        if self.lacks_permit(gates, now, at, op) {
            return;
        }
        match gates.pass(gate, now.mono) {
            Pass::Open(until) => match self.program.on_lost {
                OnLost::Next => self.give_up_unsent(gates, now, at, "provider_down"),
                _ => self.hold_until(at, until, Leg::Held),
            },
            Pass::Go(permit) => {
                if let Some(flying) = self.flying.get_mut(at) {
                    flying.permit = Some(permit);
                }
                self.take_permit(gates, now, at, op);
                match !marked && self.needs_mark(op) {
                    true => self.ask_for_mark(at),
                    false => self.send(now, at),
                }
            }
        }
    }

    /// Only what is free, single, synchronous and safe to repeat may leave unwritten.
    pub(super) fn needs_mark(&self, op: OpIx) -> bool {
        let operation = &self.program.op(op).operation;
        let light = operation.free
            && operation.bulk == 1
            && operation.shape == Shape::Sync
            && operation.retry_on_ambiguous;
        !light || self.program.op(op).adapter.manifest().keyed
    }

    fn ask_for_mark(&mut self, at: usize) {
        match self.new_call(at) {
            Ok(Some(call)) => {
                if let Some(flying) = self.flying.get_mut(at) {
                    flying.leg = Leg::Marking;
                }
                self.to_mark.push(call);
            }
            Ok(None) => {}
            Err(error) => self.fail(error),
        }
    }

    /// Ask how a task stands. Polls are not starts: they go on while the batch winds down.
    fn poll(&mut self, gates: &mut Gates, now: Now, at: usize) {
        let Some(op) = self.flying.get(at).map(|it| it.op) else { return };
        if self.is_crowded() {
            return self.hold_until(at, now.mono + SOON, Leg::Polling);
        }
        match self.gate(op) {
            Some(gate) => match gates.pass(gate, now.mono) {
                Pass::Open(until) => self.hold_until(at, until, Leg::Polling),
                Pass::Go(permit) => {
                    if let Some(flying) = self.flying.get_mut(at) {
                        flying.permit = Some(permit);
                    }
                    self.send(now, at);
                }
            },
            None => self.hold_until(at, now.mono + Duration::from_secs(30), Leg::Polling),
        }
    }

    /// Whether a call came to nothing for want of a network, and the run is one that bears it.
    pub(super) fn is_offline(&self, op: OpIx, failure: &HttpFailure) -> bool {
        let causes = [
            FailureCause::Refused,
            FailureCause::Unreachable,
            FailureCause::Timeout,
            FailureCause::Broken,
        ];
        self.program.pass_over_unreachable
            && self.program.op(op).operation.free
            && causes.contains(&failure.cause)
    }
}
