//! A batch of a job on its way through its plan: `step(event)` in, commands out. No clock, no dice,
//! no task of its own, so that any run can be replayed and explained.

mod answer;
mod ask;
mod base;
mod begin;
mod bought;
mod call;
mod close;
mod gate;
mod judge;
mod lost;
mod mark;
mod open;
mod permit;
mod row;
mod screen;
mod twin;
mod write;

pub use ask::Landed;
pub(super) use lost::lost_word;
pub use lost::waits_for;

use super::{
    event::{Command, Ended, Event, Now, Opening, Tuning, Waiting},
    gates::{GateIx, Gates, Waiter},
    ids::Ids,
    lease::Watch,
    settler::Settler,
    slab::Slab,
};
use crate::{
    CallId, ErrorKind, HoldId, Result,
    job::{Answered, Call, Lease, NewCall},
    plan::Program,
};
use ask::Ask;
use call::{Flying, Leg};
use row::Row;
use screen::Screen;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
    time::Duration,
};

/// What a batch is doing as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// Waiting for its hold.
    Funding,
    /// Going on.
    Running,
    /// Nothing more is begun; what is in flight is finished, then it is given back.
    Draining,
    /// Nothing more is begun; what is in flight is finished, the rest is stopped.
    Cancelling,
    /// The closing settlement is under way.
    Closing,
    /// Over.
    Over,
}

/// A batch and everything this process knows about it.
#[derive(Debug)]
pub struct Batch {
    program: Arc<Program>,
    gates: Vec<Option<GateIx>>,
    number: u64,
    realm: Vec<u8>,
    metered: bool,
    tuning: Tuning,
    lease: Lease,
    ttl: Duration,
    watch: Watch,
    renewing: bool,
    ids: Ids,
    phase: Phase,
    /// What it goes on to when its hold is there: nobody's wish is lost while it waits for that.
    after_funding: Phase,
    cancelled_at: Option<Duration>,
    first: u32,
    rows: Vec<Row>,
    open_rows: usize,
    /// The next row to start.
    next_row: usize,
    /// Rows from here on are not covered by the hold.
    covered: usize,
    /// Nothing could be set aside when it was last asked for.
    refused: bool,
    /// Rows wait for credits to be set aside.
    wants_funds: bool,
    /// The store was asked to set them aside and has not answered.
    funding: bool,
    hold: Option<HoldId>,
    /// The most asks at once.
    room: usize,
    asks: Slab<Ask>,
    flying: Slab<Flying>,
    by_call: BTreeMap<CallId, usize>,
    /// Answers that may not be in the store yet: a twin that looks there would not find them.
    fresh: BTreeMap<[u8; 32], Landed>,
    /// Calls that were answered, and of which earlier holders wrote that down.
    known_calls: BTreeSet<CallId>,
    /// Asks about to look for a stored answer.
    to_look: Vec<usize>,
    /// Calls about to be marked, and those that must wait for their mark.
    to_mark: Vec<NewCall>,
    marking: usize,
    looking: usize,
    /// What may leave by vendors' limits, in all processes together.
    purses: permit::Purses,
    /// What other batches ask, and this one would.
    twins: twin::Twins,
    /// Asks that wait for more of their kind, per operation.
    gathering: BTreeMap<u16, Vec<usize>>,
    /// When flying calls want attention.
    timers: BTreeSet<(Duration, usize)>,
    /// Calls whose state changed and that want attention at once.
    agenda: VecDeque<usize>,
    /// Calls that wait until fewer are under way.
    crowd: VecDeque<usize>,
    /// Verifications that left before the candidate they are of was written down.
    early: Vec<Call>,
    /// Some resumed call is under way without leading a flight: another batch led it then.
    unled: bool,
    /// Some cell had two calls under way when its holder went: what the first came to was not
    /// written before the second left.
    doubles: bool,
    /// Calls whose sender is gone, until the batch begins.
    orphans: Vec<usize>,
    /// What it waited for before, of lost providers.
    waiting: Waiting,
    /// What is known of the suppression list.
    screen: Screen,
    settler: Settler,
    /// What the item under construction says.
    draft: Answered,
    /// The item under construction is a call's: it is finished when all its records are.
    in_call: bool,
    parked: Option<(Option<Duration>, Vec<String>)>,
    released: bool,
    commands: Vec<Command>,
}

impl Batch {
    /// Take up a batch as it is stored.
    pub fn open(opening: Opening, gates: &mut Gates, now: Now) -> (Self, Vec<Command>) {
        let watch = Watch::new(opening.claimed_at, opening.ttl);
        let wall = watch.store_time(opening.claimed.lease.until, now.mono);
        let now = Now { wall, ..now };
        let mut batch = Self::restore(opening, gates, now);
        batch.begin(gates, now);
        batch.turn(gates, now);
        batch.recall_awaited();
        let commands = std::mem::take(&mut batch.commands);
        (batch, commands)
    }

    /// Something happened. What is to be done follows from what is known and from nothing else.
    pub fn step(&mut self, gates: &mut Gates, now: Now, event: Event) -> Vec<Command> {
        if self.phase == Phase::Over {
            return Vec::new();
        }
        // What is young enough, and which day it is, the store says: a wall clock that jumps must
        // not change what is bought.
        let wall = self.watch.store_time(self.lease.until, now.mono);
        let now = Now { wall, ..now };
        self.on(gates, now, event);
        if self.phase == Phase::Over {
            self.abandon(gates, now);
            // Whoever waited for this batch must be told before it is gone.
            self.commands.sort_by_key(|it| matches!(it, Command::End(_)));
        }
        std::mem::take(&mut self.commands)
    }

    fn on(&mut self, gates: &mut Gates, now: Now, event: Event) {
        match event {
            Event::Tick => self.turn(gates, now),
            Event::Funded(result) => self.on_funded(gates, now, result),
            Event::Looked(asks, result) => self.on_looked(gates, now, &asks, result),
            Event::Marked(calls, result) => self.on_marked(gates, now, &calls, result),
            Event::Watched(asks, result) => self.on_watched(gates, now, &asks, result),
            Event::Permitted(purse, result) => self.on_permitted(gates, now, purse, result),
            Event::Answered(call, result) => self.on_answered(gates, now, call, *result),
            Event::Settled(result) => self.on_settled(now, result),
            Event::Screened(asked, result) => self.on_screened(gates, now, asked, result),
            Event::Renewed(asked_at, result) => self.on_renewed(asked_at, result),
            Event::Told(ask, told) => self.on_told(gates, now, ask, told),
            Event::Recovered => self.ask_again(gates, now),
            Event::Cancel => self.cancel(gates, now),
            Event::Drain => self.drain(),
        }
    }

    /// When it wants to be told that time has passed, if nothing happens before.
    pub fn wake_at(&self) -> Option<Duration> {
        if self.phase == Phase::Over || self.purses.has_ended() {
            return None;
        }
        let timer = self.timers.first().map(|(at, _)| *at);
        let renew = (!self.renewing).then(|| self.watch.renew_at());
        let stop = self.cancelled_at.map(|at| at + self.tuning.polls_after_cancel);
        [timer, renew, self.settler.due_at(), stop, self.twins.due_at()].into_iter().flatten().min()
    }

    /// Whether it has ended for this worker.
    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// How many asks are under way.
    pub fn in_flight(&self) -> usize {
        self.asks.len()
    }

    /// The lease it works under.
    pub fn lease(&self) -> Lease {
        self.lease
    }

    /// Everything that can be done now is done, and what was gathered leaves.
    fn turn(&mut self, gates: &mut Gates, now: Now) {
        if self.phase == Phase::Over || self.purses.has_ended() {
            return;
        }
        self.renew(now);
        self.ring(now);
        self.work(gates, now);
        self.admit(gates, now);
        self.start_rows(gates, now);
        self.work(gates, now);
        self.gathered(now);
        self.work(gates, now);
        self.adopt(gates, now);
        self.watch_twins(now);
        self.look();
        self.ask_the_list();
        self.claim_permits(gates, now);
        self.mark();
        self.close(gates, now);
        self.write(now);
        self.fund(now);
    }

    /// Calls whose time has come.
    fn ring(&mut self, now: Now) {
        while let Some((at, flying)) = self.timers.first().copied() {
            if at > now.mono {
                break;
            }
            self.timers.pop_first();
            self.agenda.push_back(flying);
        }
    }

    /// Calls that wait ask at once: a vendor that was down is there again.
    fn ask_again(&mut self, gates: &mut Gates, now: Now) {
        let held = |it: &Flying| matches!(it.leg, Leg::Held(due) if due > now.mono);
        let held: Vec<usize> =
            self.flying.iter().filter(|(_, it)| held(it)).map(|(at, _)| at).collect();
        for at in held {
            self.hold_until(at, now.mono, Leg::Held);
        }
        self.turn(gates, now);
    }

    fn work(&mut self, gates: &mut Gates, now: Now) {
        while let Some(flying) = self.agenda.pop_front() {
            self.attend(gates, now, flying);
        }
    }

    /// Whether something new may leave.
    fn may_begin(&self, now: Now) -> bool {
        self.phase == Phase::Running && self.watch.may_dispatch(now.mono)
    }

    fn renew(&mut self, now: Now) {
        if !self.renewing && now.mono >= self.watch.renew_at() {
            self.renewing = true;
            self.commands.push(Command::Renew(self.lease, self.ttl));
        }
    }

    fn on_renewed(&mut self, asked_at: Duration, result: Result<Lease>) {
        self.renewing = false;
        match result {
            // Both or neither: they tell the store's time together.
            Ok(lease) if lease.until >= self.lease.until => {
                self.lease = lease;
                self.watch.renewed(asked_at);
            }
            Ok(_) => {}
            Err(error) => self.fail(error),
        }
    }

    /// A step of the store was refused for good.
    fn fail(&mut self, error: crate::Error) {
        if self.end_anyway() {
            return;
        }
        let ended = match error.kind() {
            ErrorKind::StaleLease => Ended::Lost,
            _ => Ended::Broken(error),
        };
        self.end(ended);
    }

    fn end(&mut self, ended: Ended) {
        self.phase = Phase::Over;
        self.commands.push(Command::End(ended));
    }

    fn waiter(&self, ask: usize) -> Waiter {
        Waiter { batch: self.number, ask }
    }

    /// Stop beginning anything: the job is being cancelled.
    fn cancel(&mut self, gates: &mut Gates, now: Now) {
        if self.phase >= Phase::Cancelling {
            return;
        }
        if self.phase == Phase::Funding {
            // What is charged meanwhile must know which hold it is charged to.
            self.after_funding = Phase::Cancelling;
            return;
        }
        self.phase = Phase::Cancelling;
        self.cancelled_at = Some(now.mono);
        self.drop_unsent(gates);
        self.turn(gates, now);
    }

    /// Stop beginning anything: this process lets go.
    fn drain(&mut self) {
        match self.phase {
            Phase::Funding => self.after_funding = self.after_funding.max(Phase::Draining),
            Phase::Running => self.phase = Phase::Draining,
            _ => {}
        }
    }
}
