//! What another batch asks already, in this process or in another: the call is not sent, and its
//! asks wait for what the other one finds out.

use super::{
    Batch, Phase,
    ask::Landed,
    call::{Flying, Leg},
};
use crate::{
    CallId, Result,
    engine::{
        cell::Awaited,
        event::{Command, Now},
        gates::Gates,
    },
    job::{Answered, CallState, Flight, FlightState, Wanted},
    provider::Outcome,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How soon somebody else's call is looked at again: at first, and at the latest.
const SPAN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// The longest that is waited for a batch that sleeps: it may be woken.
const NAP: Duration = Duration::from_secs(60);

/// When the others are looked at again, all of them at once.
#[derive(Debug, Default)]
pub(super) struct Twins {
    due: Option<Duration>,
    span: Duration,
    watching: bool,
    /// What holders before this one waited for, by what it is kept under.
    before: BTreeMap<String, CallId>,
}

impl Twins {
    pub(super) fn due_at(&self) -> Option<Duration> {
        self.due.filter(|_| !self.watching)
    }

    pub(super) fn is_watching(&self) -> bool {
        self.watching
    }

    /// Look again after a while, or when the other one wakes.
    fn wait(&mut self, now: Duration, sleeps: Duration) {
        self.span = self.span.max(SPAN.0);
        let at = now + self.span.max(sleeps.min(NAP));
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }
}

impl Batch {
    /// What a call asks, where answers may be kept for others.
    pub(super) fn wanted(&self, flying: &Flying) -> Vec<Wanted> {
        if !self.keeps_answers(flying.op) {
            return Vec::new();
        }
        let asks = flying.asks.iter().filter_map(|it| self.asks.get(*it));
        asks.map(|it| Wanted { key: it.key, seen: it.seen }).collect()
    }

    /// Others ask some of what a call asks: it is not sent. What they do not ask leaves in another
    /// call; the rest waits.
    pub(super) fn taken(&mut self, gates: &mut Gates, now: Now, at: usize, flights: &[Flight]) {
        self.release_permit(gates, now, at);
        if self.phase > Phase::Running {
            if let Some(flying) = self.flying.get_mut(at) {
                flying.leg = Leg::Held(now.mono);
            }
            if self.phase >= Phase::Cancelling {
                self.drop_unsent(gates);
            }
            return;
        }
        let Some(flying) = self.flying.take(at) else { return };
        self.by_call.remove(&flying.id);
        self.dissolve(now, &flying);
        let mut free = Vec::with_capacity(flying.asks.len());
        for ask in flying.asks {
            let Some(it) = self.asks.get_mut(ask) else { continue };
            it.flying = None;
            match flights.iter().find(|flight| flight.key == it.key) {
                None => free.push(ask),
                Some(Flight { call, state: FlightState::Asked { wait }, .. }) => {
                    it.twin = Some(*call);
                    self.twins.wait(now.mono, *wait);
                    self.remember(ask, *call);
                }
                // What that means it hears when it looks what has become of it.
                Some(Flight { call, state: FlightState::Left, .. }) => {
                    it.twin = Some(*call);
                    self.twins.wait(now.mono, Duration::ZERO);
                    self.remember(ask, *call);
                }
                Some(_) => self.to_look.push(ask),
            }
        }
        self.flush_draft(now);
        if !free.is_empty() {
            self.launch(now, flying.op, free);
        }
    }

    /// Who waits for a call keeps that in its cells: a successor hears what became of it, and does
    /// not take a question that nobody can answer any more for one that nobody has asked.
    fn remember(&mut self, ask: usize, call: CallId) {
        let Some(it) = self.asks.get(ask) else { return };
        let (row, cells, key) = (it.row, it.cells.clone(), hex(&it.key));
        // Its record may have ended while it was asked for.
        let open = |cell: &usize| self.rows[row].cells[*cell].is_open();
        for cell in cells.into_iter().filter(open).collect::<Vec<_>>() {
            let awaited = &mut self.rows[row].cells[cell].detail.awaited;
            awaited.retain(|it| it.key != key);
            awaited.push(Awaited { key: key.clone(), call });
            self.note_cell(row, cell);
        }
    }

    /// What holders before this one waited for.
    pub(super) fn recall_awaited(&mut self) {
        let cells = self.rows.iter().flat_map(|it| &it.cells).filter(|it| it.is_open());
        let all = cells.flat_map(|it| &it.detail.awaited);
        self.twins.before = all.map(|it| (it.key.clone(), it.call)).collect();
    }

    /// Whether a holder before this one waited for what an ask is about to ask: then what became of
    /// that is heard first.
    pub(super) fn awaited_before(&mut self, now: Now, ask: usize) -> bool {
        if self.twins.before.is_empty() {
            return false;
        }
        let key = self.asks.get(ask).map(|it| hex(&it.key));
        let call = key.and_then(|key| self.twins.before.remove(&key));
        self.awaits(ask, call);
        if call.is_some() {
            self.twins.wait(now.mono, Duration::ZERO);
        }
        call.is_some()
    }

    /// A call that was left to be sent again is over unsent. That is durable before what it asked
    /// leaves in another: a successor must not find both.
    fn dissolve(&mut self, now: Now, flying: &Flying) {
        if flying.composition.is_none() {
            return;
        }
        let call = Some(super::close::result(flying, CallState::Settled));
        let number = self.settler.push(Answered { call, ..Answered::default() }, now.mono);
        for ask in &flying.asks {
            if let Some(row) = self.asks.get(*ask).map(|it| it.row) {
                self.rows[row].item = number;
            }
        }
    }

    /// See what has become of everything that others ask.
    pub(super) fn watch_twins(&mut self, now: Now) {
        let due = self.twins.due_at().is_some_and(|at| now.mono >= at);
        if !due {
            return;
        }
        self.twins.due = None;
        if self.phase > Phase::Running {
            return;
        }
        self.twins.span = (self.twins.span * 2).clamp(SPAN.0, SPAN.1);
        let waiting = self.asks.iter().filter(|(_, it)| it.twin.is_some());
        let (asks, keys): (Vec<usize>, Vec<[u8; 32]>) =
            waiting.map(|(at, it)| (at, it.key)).unzip();
        if asks.is_empty() {
            self.twins.span = SPAN.0;
            return;
        }
        self.twins.watching = true;
        self.commands.push(Command::Watch(asks, keys));
    }

    pub(super) fn on_watched(
        &mut self,
        gates: &mut Gates,
        now: Now,
        asks: &[usize],
        result: Result<Vec<Flight>>,
    ) {
        self.twins.watching = false;
        let flights = match result {
            Ok(flights) => flights,
            Err(error) => return self.fail(error),
        };
        for ask in asks {
            let waits = self.asks.get(*ask).filter(|it| it.twin.is_some());
            let Some(key) = waits.map(|it| it.key) else { continue };
            match flights.iter().find(|it| it.key == key) {
                Some(Flight { call, state: FlightState::Asked { wait }, .. }) => {
                    self.twins.wait(now.mono, *wait);
                    self.awaits(*ask, Some(*call));
                }
                Some(Flight { call, state: FlightState::Left, .. }) if self.is_patient(now) => {
                    self.twins.wait(now.mono, Duration::ZERO);
                    self.awaits(*ask, Some(*call));
                }
                // Whether it is the call that was waited for, or one that came after it.
                Some(Flight { call, state: FlightState::Unknown | FlightState::Left, .. }) => {
                    self.awaits(*ask, None);
                    self.end_as_twin(gates, now, *ask, *call);
                }
                // It may be answered; if not, the call is this ask's to make.
                _ => {
                    self.awaits(*ask, None);
                    self.to_look.push(*ask);
                }
            }
        }
    }

    /// Whether who seems to be gone may have been cut off from the store as this process was.
    fn is_patient(&self, now: Now) -> bool {
        self.waiting.patient_until.is_some_and(|until| now.mono < until)
    }

    fn awaits(&mut self, ask: usize, twin: Option<CallId>) {
        if let Some(it) = self.asks.get_mut(ask) {
            it.twin = twin;
        }
    }

    /// Nobody knows whether the other call was billed: asking again could pay twice.
    fn end_as_twin(&mut self, gates: &mut Gates, now: Now, ask: usize, call: CallId) {
        let outcome = Arc::new(Outcome::Unknown);
        let (at, job) = (now.wall, self.lease.batch.job);
        let landed = Landed { outcome, call, free: true, akin: false, at, twin: None, job };
        self.land(gates, now, ask, landed);
    }

    /// Whether an ask waits for another batch: by itself, or behind an ask of this batch that does.
    pub(super) fn waits_elsewhere(&self, ask: &super::ask::Ask) -> bool {
        let behind = |it: &super::ask::Ask| it.twin.is_some() && it.key == ask.key;
        ask.twin.is_some() || (ask.waits && self.asks.iter().any(|(_, it)| behind(it)))
    }
}

fn hex(key: &[u8; 32]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}
