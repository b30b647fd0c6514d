//! Calls under way: from the gate over the mark and the wire to an outcome for each record.

use super::Batch;
use crate::{
    CallId, Result,
    engine::{
        breaker::{Permit, Signal},
        event::{Command, Now},
        gates::Gates,
        retry,
    },
    http::{FailureCause, HttpFailure},
    plan::{OnLimit, OnLost, OpIx},
    provider::{Inputs, Outcome, OutcomeKind, Parsed, Shape, Unfinished, Verdicts},
};
use std::{sync::Arc, time::Duration};

/// Where a call is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leg {
    /// It has not asked for its turn.
    New,
    /// It may ask again at that instant.
    Held(Duration),
    /// Its turn comes at that instant.
    Slot(Duration),
    /// Its place has come, and it waits for a permit.
    Permit,
    /// Its provider is lost.
    Lost(OutcomeKind),
    /// It is being written down.
    Marking,
    /// Its bytes are on the way.
    Sending,
    /// It is sent again at that instant.
    Backoff(Duration),
    /// Its task is being written down.
    Storing(Duration),
    /// Its task is asked about at that instant.
    Polling(Duration),
}

/// A call under way.
#[derive(Debug)]
pub(super) struct Flying {
    pub(super) id: CallId,
    pub(super) op: OpIx,
    pub(super) asks: Vec<usize>,
    pub(super) records: Arc<[Inputs]>,
    pub(super) leg: Leg,
    /// It is written down as sent.
    pub(super) marked: bool,
    /// How it was composed by who left it to be sent again: its row stands, and never changes.
    pub(super) composition: Option<Arc<str>>,
    /// How often its bytes left, throttled answers aside.
    pub(super) attempts: u32,
    /// Its last attempt was surely not billed.
    pub(super) unbilled: bool,
    /// Some attempt may have been served and billed though nobody heard the answer.
    pub(super) doubtful: bool,
    /// What the breaker let it through with.
    pub(super) permit: Option<Permit>,
    /// When it may leave, as the process keeps the vendor's windows.
    pub(super) place: Option<Duration>,
    /// What it leaves with where its vendor has limits.
    pub(super) ticket: Option<super::permit::Held>,
    pub(super) task: Option<String>,
    /// When its task was submitted.
    pub(super) submitted: Option<Duration>,
}

impl Batch {
    /// A new call for these asks.
    pub(super) fn launch(&mut self, now: Now, op: OpIx, asks: Vec<usize>) {
        let id = self.ids.call(now.wall);
        let records: Vec<Inputs> =
            asks.iter().filter_map(|it| self.asks.get(*it)).map(|it| it.inputs.clone()).collect();
        let flying = Flying {
            id,
            op,
            asks,
            records: records.into(),
            leg: Leg::New,
            marked: false,
            composition: None,
            attempts: 0,
            unbilled: true,
            doubtful: false,
            permit: None,
            place: None,
            ticket: None,
            task: None,
            submitted: None,
        };
        self.fly(flying);
    }

    /// A call takes its place; it is attended to in this turn.
    pub(super) fn fly(&mut self, flying: Flying) -> usize {
        let (id, asks) = (flying.id, flying.asks.clone());
        let at = self.flying.put(flying);
        self.by_call.insert(id, at);
        for ask in asks {
            if let Some(ask) = self.asks.get_mut(ask) {
                ask.flying = Some(at);
            }
        }
        self.agenda.push_back(at);
        at
    }

    pub(super) fn release_permit(&mut self, gates: &mut Gates, now: Now, at: usize) {
        self.put_permit_back(at);
        self.give_place_back(gates, at);
        let Some(flying) = self.flying.get_mut(at) else { return };
        let (permit, op) = (flying.permit.take(), flying.op);
        if let (Some(permit), Some(gate)) = (permit, self.gate(op)) {
            gates.record(gate, permit, Signal::Cancelled, now.mono);
        }
    }

    pub(super) fn hold_until(&mut self, at: usize, until: Duration, leg: fn(Duration) -> Leg) {
        if let Some(flying) = self.flying.get_mut(at) {
            flying.leg = leg(until);
            self.timers.insert((until, at));
        }
    }

    /// Its bytes leave.
    pub(super) fn send(&mut self, now: Now, at: usize) {
        self.spend_permit(now, at);
        let Some(flying) = self.flying.get_mut(at) else { return };
        if flying.task.is_none() {
            flying.attempts += 1;
        }
        (flying.leg, flying.unbilled, flying.place) = (Leg::Sending, false, None);
        self.commands.push(Command::Send {
            call: flying.id,
            op: flying.op,
            records: flying.records.clone(),
            task: flying.task.clone(),
        });
    }

    pub(super) fn on_answered(
        &mut self,
        gates: &mut Gates,
        now: Now,
        call: CallId,
        result: Result<Parsed, HttpFailure>,
    ) {
        let Some(at) = self.by_call.get(&call).copied() else { return };
        let Some(flying) = self.flying.get(at) else { return };
        let (op, records) = (flying.op, flying.asks.len());
        let polled = flying.task.is_some();
        if result.as_ref().is_err_and(|it| self.is_offline(op, it)) {
            self.release_permit(gates, now, at);
            self.give_up_unsent(gates, now, at, "offline");
            return self.work(gates, now);
        }
        let (parsed, hopeless) = match result {
            Ok(parsed) => (parsed, false),
            Err(failure) => (read_failure(&failure), is_hopeless(&failure)),
        };
        let parsed = fitting(parsed, records);
        let (kind, retry_after) = match &parsed.verdicts {
            Verdicts::Each(_) => (OutcomeKind::Answer, None),
            Verdicts::All(Outcome::RateLimited { retry_after }) => {
                (OutcomeKind::RateLimited, *retry_after)
            }
            Verdicts::All(outcome) => (outcome.kind(), None),
        };
        let signal = if hopeless { Signal::Neutral } else { Signal::of(kind) };
        self.report(gates, now, at, (kind, signal), &parsed);
        match kind {
            OutcomeKind::RateLimited if polled => {
                let wait = self.throttled(gates, now, op, retry_after).saturating_sub(now.mono);
                let wait = wait.max(self.poll_every(op));
                self.poll_again(gates, now, at, wait, Outcome::Unknown);
            }
            OutcomeKind::RateLimited => self.wait_for_limit(gates, now, at, retry_after),
            OutcomeKind::AuthFailed | OutcomeKind::PlanLacks | OutcomeKind::OutOfCredits
                if self.program.on_lost != OnLost::Next =>
            {
                if let Some(gate) = self.gate(op) {
                    gates.lose(gate, kind, now.mono);
                }
                match self.is_given_up(now, op) {
                    true => self.conclude(gates, now, at, parsed),
                    false => self.lose(at, kind),
                }
            }
            OutcomeKind::Pending => self.pending(gates, now, at, parsed),
            // A poll that was lost is asked again: the task is what matters, and it is known.
            OutcomeKind::Transient | OutcomeKind::Unknown if polled => {
                let every = self.poll_every(op);
                self.poll_again(gates, now, at, every, Outcome::Unknown);
            }
            OutcomeKind::Transient | OutcomeKind::Unknown if !hopeless => {
                self.retry(gates, now, at, kind, parsed);
            }
            _ => self.conclude(gates, now, at, parsed),
        }
        self.work(gates, now);
    }

    fn lose(&mut self, at: usize, cause: OutcomeKind) {
        if let Some(flying) = self.flying.get_mut(at) {
            flying.leg = Leg::Lost(cause);
        }
    }

    /// Tell the gate how the vendor does.
    fn report(
        &mut self,
        gates: &mut Gates,
        now: Now,
        at: usize,
        (kind, signal): (OutcomeKind, Signal),
        it: &Parsed,
    ) {
        let Some(flying) = self.flying.get_mut(at) else { return };
        let (permit, op) = (flying.permit.take(), flying.op);
        flying.doubtful |= kind == OutcomeKind::Unknown;
        flying.unbilled = kind.is_unbilled() && !flying.doubtful;
        let Some(gate) = self.gate(op) else { return };
        if let Some(permit) = permit {
            gates.record(gate, permit, signal, now.mono);
        }
        if kind != OutcomeKind::RateLimited {
            let name = &self.program.op(op).operation.name;
            if gates.served(gate, name, now.mono, &it.limits) {
                self.make_use_of_room(now, gate);
            }
        }
    }

    /// The vendor said that it was asked too often: until when nobody asks.
    fn throttled(
        &mut self,
        gates: &mut Gates,
        now: Now,
        op: OpIx,
        retry_after: Option<Duration>,
    ) -> Duration {
        let Some(gate) = self.gate(op) else { return now.mono };
        let name = &self.program.op(op).operation.name;
        let until = gates.throttled(gate, name, now.mono, retry_after);
        if retry_after.is_some() {
            self.cool_down(gates, op, until);
        }
        until
    }

    fn wait_for_limit(
        &mut self,
        gates: &mut Gates,
        now: Now,
        at: usize,
        retry_after: Option<Duration>,
    ) {
        let Some(op) = self.flying.get(at).map(|it| it.op) else { return };
        let until = self.throttled(gates, now, op, retry_after);
        if let Some(flying) = self.flying.get_mut(at) {
            // Not an attempt.
            flying.attempts = flying.attempts.saturating_sub(1);
        }
        match self.program.on_limit {
            OnLimit::Wait => self.hold_until(at, until, Leg::Held),
            OnLimit::Next => {
                let outcome = Outcome::RateLimited { retry_after };
                self.conclude(gates, now, at, outcome.into());
            }
        }
    }

    fn retry(&mut self, gates: &mut Gates, now: Now, at: usize, kind: OutcomeKind, it: Parsed) {
        let Some(flying) = self.flying.get(at) else { return };
        let ambiguous = self.program.op(flying.op).operation.retry_on_ambiguous;
        let attempts = flying.attempts;
        let dice = self.ids.dice();
        // While it drains it is not sent again, but left for whoever comes next.
        let may = self.phase <= super::Phase::Draining;
        match retry::again_after(kind, attempts, ambiguous, dice).filter(|_| may) {
            Some(wait) => self.hold_until(at, now.mono + wait, Leg::Backoff),
            None => self.conclude(gates, now, at, it),
        }
    }

    fn poll_every(&self, op: OpIx) -> Duration {
        match self.program.op(op).operation.shape {
            Shape::Poll { every, .. } => every,
            Shape::Sync => Duration::from_secs(1),
        }
    }

    /// The vendor works on it. The task is durable before it is asked about.
    fn pending(&mut self, gates: &mut Gates, now: Now, at: usize, parsed: Parsed) {
        let Verdicts::All(Outcome::Pending { task, after }) = parsed.verdicts else { return };
        let Some(flying) = self.flying.get_mut(at) else { return };
        let new = task.filter(|_| flying.task.is_none());
        match new {
            Some(task) => {
                flying.task = Some(task);
                flying.submitted = Some(now.mono);
                flying.leg = Leg::Storing(now.mono.saturating_add(after));
                self.store_task(now, at);
            }
            None => {
                let unfinished = match self.program.op(flying.op).operation.shape {
                    // What an unreadable poll said may have been a bill.
                    Shape::Poll { unfinished: Unfinished::Miss, .. } if !flying.doubtful => {
                        Outcome::Miss
                    }
                    _ => Outcome::Unknown,
                };
                self.poll_again(gates, now, at, after, unfinished);
            }
        }
    }

    /// Ask again, unless it is too late: then this is what it comes to.
    fn poll_again(
        &mut self,
        gates: &mut Gates,
        now: Now,
        at: usize,
        after: Duration,
        unfinished: Outcome,
    ) {
        let Some(flying) = self.flying.get_mut(at) else { return };
        let since = *flying.submitted.get_or_insert(now.mono);
        let deadline = match self.program.op(flying.op).operation.shape {
            Shape::Poll { deadline, .. } => since + deadline,
            Shape::Sync => since + Duration::from_secs(60),
        };
        let next = now.mono.saturating_add(after);
        match next > deadline {
            true => self.conclude(gates, now, at, unfinished.into()),
            false => self.hold_until(at, next, Leg::Polling),
        }
    }
}

/// What an exchange without an answer comes to.
fn read_failure(failure: &HttpFailure) -> Parsed {
    match failure.sent {
        true => Outcome::Unknown.into(),
        false => Outcome::Transient.into(),
    }
}

/// Whether trying again cannot help.
fn is_hopeless(failure: &HttpFailure) -> bool {
    let causes = [FailureCause::Refused, FailureCause::Forbidden, FailureCause::Invalid];
    !failure.sent && causes.contains(&failure.cause)
}

/// An answer that does not fit what was asked is unreadable.
pub(super) fn fitting(parsed: Parsed, records: usize) -> Parsed {
    match &parsed.verdicts {
        Verdicts::Each(outcomes) if outcomes.len() != records => Outcome::Unknown.into(),
        Verdicts::All(Outcome::Answer(_)) if records != 1 => Outcome::Unknown.into(),
        _ => parsed,
    }
}
