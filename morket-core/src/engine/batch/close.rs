//! When a batch is finished with, for now or for good, and what it leaves behind.

use super::{
    Batch, Phase,
    call::{Flying, Leg},
    lost,
};
use crate::{
    Credits,
    engine::{
        cell::Fate,
        event::{Command, Ended, Now},
        gates::Gates,
    },
    job::{Answered, CallResult, CallState, CellStatus, Closing, Settlement, Spend, lost_events},
    plan::OnLost,
    provider::Outcome,
};
use std::time::Duration;

impl Batch {
    /// Close the batch when nothing more can be done in it now.
    pub(super) fn close(&mut self, gates: &mut Gates, now: Now) {
        // Its last row may have ended before anything was set aside for it.
        self.wants_funds &= self.open_rows > 0;
        if matches!(self.phase, Phase::Closing | Phase::Over | Phase::Funding) || self.is_busy() {
            return;
        }
        match self.phase {
            Phase::Cancelling => self.close_cancelled(gates, now),
            Phase::Draining => self.release(gates, now),
            _ if self.open_rows == 0 => self.settle_and(now, Closing::Done),
            _ => self.park(gates, now),
        }
    }

    /// Something is on its way that will come back by itself.
    fn is_busy(&self) -> bool {
        let running = self.phase == Phase::Running;
        let under_way = |it: &Flying| match it.leg {
            Leg::Marking | Leg::Sending | Leg::Storing(_) => true,
            Leg::New => running,
            _ => false,
        };
        self.marking > 0
            || self.funding
            || (self.wants_funds && self.phase == Phase::Running)
            || self.looking > 0
            || self.twins.is_watching()
            || self.purses.is_waiting()
            || self.screen.is_busy()
            || !self.to_mark.is_empty()
            || !self.to_look.is_empty()
            || self.settler.is_busy()
            || self.flying.iter().any(|(_, it)| under_way(it))
    }

    /// What waits, and until when; `None` when it is not known.
    fn waits(&self) -> impl Iterator<Item = Option<Duration>> {
        self.flying.iter().map(|(_, it)| match it.leg {
            Leg::Held(at) | Leg::Slot(at) | Leg::Backoff(at) | Leg::Polling(at) => Some(at),
            _ => None,
        })
    }

    fn park(&mut self, gates: &mut Gates, now: Now) {
        let waits_for_others =
            self.asks.iter().any(|(_, it)| it.flying.is_none() && !self.waits_elsewhere(it));
        let gathering = !self.gathering.is_empty();
        // Rows that wait for room in which nothing moves wait as long as what fills it.
        let can_start = self.next_row < self.covered && self.has_room();
        let soon = now.mono + self.tuning.park_beyond;
        let short = self.waits().flatten().chain(self.twins.due_at()).any(|at| at <= soon);
        if waits_for_others || gathering || can_start || short {
            return;
        }
        let idle = self.flying.len() == 0 && self.asks.len() == 0;
        if idle && self.covered < self.rows.len() && !self.refused {
            self.wants_funds = true;
            return;
        }
        let mut on: Vec<String> = self.flying.iter().map(|(_, it)| self.cause(it)).collect();
        let twins = self.asks.iter().filter(|(_, it)| it.twin.is_some());
        on.extend(twins.map(|(_, it)| format!("{}:asked", self.program.op(it.op).provider)));
        if self.covered < self.rows.len() {
            on.push("credits".to_owned());
        }
        on.sort();
        on.dedup();
        let known = self.waits().flatten().chain(self.twins.due_at());
        let wake_in = known.chain(self.look_again(now, &on)).min();
        let wake_in = wake_in.map(|at| at.saturating_sub(now.mono));
        let amount = self.undecided();
        let next_hold = (self.metered && amount.is_positive()).then(|| {
            let id = self.ids.hold(now.wall);
            (id, amount)
        });
        self.let_all_go(gates, now);
        let told = if self.program.on_lost == OnLost::Pause { on.as_slice() } else { &[] };
        let events = lost_events(self.lease.batch.job, told);
        if !events.is_empty() {
            self.settler.push(Answered { events, ..Answered::default() }, now.mono);
        }
        let waited = on.iter().map(|it| self.waited(it)).collect();
        self.parked = Some((wake_in, on));
        self.settle_and(now, Closing::Park { wake_in, on: waited, next_hold });
    }

    /// What a waiting call waits for, in a word.
    fn cause(&self, flying: &Flying) -> String {
        let provider = &self.program.op(flying.op).provider;
        let word = match flying.leg {
            Leg::Lost(cause) => lost::word(cause),
            Leg::Polling(_) => "task",
            _ => "limit",
        };
        format!("{provider}:{word}")
    }

    /// What stays set aside while it waits: the price of every call that is not decided.
    fn undecided(&self) -> Credits {
        let mut amount = 0_i64;
        for (_, flying) in self.flying.iter().filter(|(_, it)| it.marked || it.task.is_some()) {
            let records = i64::try_from(flying.asks.len()).unwrap_or(0);
            amount += self.program.op(flying.op).price.0.saturating_mul(records);
        }
        for (at, row) in self.rows.iter().enumerate() {
            amount += self.charge_for_bought(at).0;
            for (cell, chain) in row.cells.iter().zip(&self.program.chains) {
                let open = |it: &&crate::engine::cell::Candidate| {
                    matches!(it.fate, Fate::Open | Fate::LastResort(_)) && !it.free
                };
                for candidate in cell.detail.candidates.iter().filter(open) {
                    let op = self.program.op_named(&candidate.provider, &candidate.operation);
                    amount += op.map_or(0, |it| self.program.op(it).price.0);
                    amount += chain.verifier.map_or(0, |it| self.program.op(it).price.0);
                }
            }
        }
        Credits(amount)
    }

    /// Whoever comes next finds each call as it stands: unbilled ones ready to be sent again.
    fn let_go(&mut self, gates: &mut Gates, now: Now) {
        let all: Vec<usize> = self.flying.iter().map(|(at, _)| at).collect();
        for at in all {
            self.release_permit(gates, now, at);
            let Some(flying) = self.flying.take(at) else { continue };
            self.by_call.remove(&flying.id);
            // One that may have been billed stays sent; how often it left is kept with it.
            if flying.marked && flying.task.is_none() && (flying.unbilled || flying.attempts > 0) {
                let state = if flying.unbilled { CallState::Ready } else { CallState::Sent };
                let call = result(&flying, state);
                self.settler.push(Answered { call: Some(call), ..Answered::default() }, now.mono);
            }
            for ask in flying.asks {
                self.drop_ask(gates, ask);
            }
        }
    }

    /// The same, and whoever waits for others waits no more.
    fn let_all_go(&mut self, gates: &mut Gates, now: Now) {
        let waiting: Vec<usize> = self.asks.iter().map(|(at, _)| at).collect();
        self.let_go(gates, now);
        for ask in waiting {
            self.drop_ask(gates, ask);
        }
    }

    fn release(&mut self, gates: &mut Gates, now: Now) {
        if self.open_rows == 0 {
            return self.settle_and(now, Closing::Done);
        }
        self.drop_unsent(gates);
        self.let_all_go(gates, now);
        self.settle_and(now, Closing::Release);
    }

    /// Tasks are asked about for a while after a cancel; then what is open is stopped.
    fn close_cancelled(&mut self, gates: &mut Gates, now: Now) {
        let until = self.cancelled_at.map_or(now.mono, |at| at + self.tuning.polls_after_cancel);
        let polling = |it: &Flying| it.task.is_some();
        if now.mono < until && self.flying.iter().any(|(_, it)| polling(it)) {
            return;
        }
        let left: Vec<usize> = self.flying.iter().map(|(at, _)| at).collect();
        for at in left {
            let unbilled = self.flying.get(at).is_some_and(|it| it.unbilled && it.task.is_none());
            match unbilled {
                true => self.stop_call(gates, now, at),
                false => self.conclude(gates, now, at, Outcome::Unknown.into()),
            }
        }
        for row in 0..self.rows.len() {
            for cell in 0..self.rows[row].cells.len() {
                if self.rows[row].cells[cell].is_open() {
                    self.end_cell(row, cell, CellStatus::Cancelled, None);
                }
            }
            self.finish_row(row);
        }
        self.flush_draft(now);
        self.settle_and(now, Closing::Done);
    }

    /// A call that was surely not billed is over without a result.
    pub(super) fn stop_call(&mut self, gates: &mut Gates, now: Now, at: usize) {
        self.release_permit(gates, now, at);
        let Some(flying) = self.flying.take(at) else { return };
        self.by_call.remove(&flying.id);
        if flying.marked {
            let call = result(&flying, CallState::Settled);
            let item = Answered { call: Some(call), ..Answered::default() };
            let number = self.settler.push(item, now.mono);
            // Whoever asks again does so once this is written.
            for ask in flying.asks.iter().filter_map(|it| self.asks.get(*it)) {
                self.rows[ask.row].item = number;
            }
        }
        for ask in flying.asks {
            self.drop_ask(gates, ask);
        }
    }

    fn settle_and(&mut self, now: Now, closing: Closing) {
        self.flush_draft(now);
        self.phase = Phase::Closing;
        self.return_permits(now);
        self.released = closing == Closing::Release;
        self.settler.occupy();
        let items = self.settler.take_all();
        let items = self.bind(items);
        let settlement = Settlement { lease: self.lease, items, closing: Some(closing) };
        self.commands.push(Command::Settle(Box::new(settlement)));
    }

    /// Whatever the batch still holds of what all share is given back.
    pub(super) fn abandon(&mut self, gates: &mut Gates, now: Now) {
        let flying: Vec<usize> = self.flying.iter().map(|(at, _)| at).collect();
        for at in flying {
            self.release_permit(gates, now, at);
        }
        let asks: Vec<usize> = self.asks.iter().map(|(at, _)| at).collect();
        for ask in asks {
            self.drop_ask(gates, ask);
        }
    }

    /// The closing was written.
    pub(super) fn closed(&mut self, finished: bool) {
        let ended = match self.parked.take() {
            Some((wake_in, on)) => Ended::Parked { wake_in, on },
            None if self.released => Ended::Released,
            None => Ended::Done { finished },
        };
        self.end_when_returned(ended);
    }
}

pub(super) fn result(flying: &Flying, state: CallState) -> CallResult {
    let (spend, counters) = (Spend::default(), Vec::new());
    let attempts = flying.attempts;
    CallResult { id: flying.id, state, spend, counters, task: None, attempts }
}
