//! Asks: one record, one operation. Most are answered by a call; some by what is stored, or by
//! what another ask of the same thing found out.

use super::{Batch, call::Leg, row};
use crate::{
    CallId, JobId, Result, Timestamp,
    engine::{
        cell::Busy,
        entity,
        event::{Command, Now, Told},
        flight::Joined,
        gates::Gates,
        lookup,
    },
    job::{Entity, LookupRow, Sought},
    plan::OpIx,
    provider::{Inputs, Outcome},
};
use std::sync::Arc;

/// What an ask is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Filling fields.
    Fill,
    /// Judging a candidate of a cell.
    Verify { cell: usize, candidate: usize },
}

/// One record, one operation.
#[derive(Debug)]
pub(super) struct Ask {
    pub(super) row: usize,
    pub(super) op: OpIx,
    pub(super) purpose: Purpose,
    pub(super) inputs: Inputs,
    /// What it is stored under.
    pub(super) key: [u8; 32],
    /// The cells that wait for it.
    pub(super) cells: Vec<usize>,
    /// The call that serves it, once there is one.
    pub(super) flying: Option<usize>,
    /// Another ask finds it out.
    pub(super) waits: bool,
    /// It has looked for a stored answer, and this call's would not do.
    pub(super) looked: bool,
    pub(super) seen: Option<CallId>,
    /// Another batch's call finds it out.
    pub(super) twin: Option<CallId>,
}

/// What an ask came to.
#[derive(Clone, Debug)]
pub struct Landed {
    pub(super) outcome: Arc<Outcome>,
    pub(super) call: CallId,
    pub(super) free: bool,
    /// It answers another question about the same one.
    pub(super) akin: bool,
    pub(super) at: Timestamp,
    /// The record it was first asked for, when that is one of the same job.
    pub(super) twin: Option<u32>,
    pub(super) job: JobId,
}

impl Batch {
    pub(super) fn new_ask(
        &mut self,
        row: usize,
        op: OpIx,
        purpose: Purpose,
        inputs: Inputs,
    ) -> usize {
        let key = lookup::key(&self.realm, self.program.op(op), &inputs);
        let cells = Vec::with_capacity(1);
        self.asks.put(Ask {
            row,
            op,
            purpose,
            inputs,
            key,
            cells,
            flying: None,
            waits: false,
            looked: false,
            seen: None,
            twin: None,
        })
    }

    pub(super) fn keeps_answers(&self, op: OpIx) -> bool {
        lookup::is_kept(self.program.op(op))
    }

    pub(super) fn begin_ask(&mut self, gates: &mut Gates, now: Now, ask: usize) {
        let Some((op, row)) = self.asks.get(ask).map(|it| (it.op, it.row)) else { return };
        let filling = self.asks.get(ask).is_some_and(|it| it.purpose == Purpose::Fill);
        if let Some(landed) = self.bought(row, op).filter(|_| filling) {
            return self.land_screened(gates, now, ask, landed);
        }
        match self.keeps_answers(op) {
            true => self.to_look.push(ask),
            false => self.lead(gates, now, ask),
        }
    }

    /// Ask the store for all that was gathered.
    pub(super) fn look(&mut self) {
        if self.to_look.is_empty() || self.looking > 0 {
            return;
        }
        let asks = std::mem::take(&mut self.to_look);
        let live = asks.iter().filter_map(|it| self.asks.get(*it));
        let sought = live.map(|it| Sought { key: it.key, about: self.about(it) }).collect();
        self.looking += 1;
        self.commands.push(Command::Look(asks, sought));
    }

    /// Whom an ask is about, where an answer to another question would do.
    fn about(&self, ask: &Ask) -> Vec<Entity> {
        match self.program.use_cache && ask.purpose == Purpose::Fill {
            true => {
                let known = |name: &str| self.known(ask.row, name);
                let (op, secret) = (self.program.op(ask.op), &self.screen.key);
                entity::entities(&self.realm, secret, op, &ask.inputs, &known)
            }
            false => Vec::new(),
        }
    }

    pub(super) fn on_looked(
        &mut self,
        gates: &mut Gates,
        now: Now,
        asks: &[usize],
        result: Result<Vec<Option<LookupRow>>>,
    ) {
        self.looking -= 1;
        let found = match result {
            Ok(found) => found,
            Err(error) => return self.fail(error),
        };
        for (ask, found) in asks.iter().zip(found) {
            match found.and_then(|it| self.usable(now, *ask, &it)) {
                Some(landed) => self.land_screened(gates, now, *ask, landed),
                None => {
                    if let Some(it) = self.asks.get_mut(*ask) {
                        it.looked = true;
                    }
                    self.lead(gates, now, *ask);
                }
            }
        }
    }

    /// A stored answer, if it may be taken. Who wants no old ones takes what the batch asked
    /// itself, before it was taken over too, and what has come since it first looked: somebody
    /// asked the same at the same time.
    fn usable(&mut self, now: Now, ask: usize, found: &LookupRow) -> Option<Landed> {
        let use_cache = self.program.use_cache;
        let landed = self.stored(now, ask, found);
        let own = self.known_calls.contains(&found.lookup.call);
        let it = self.asks.get_mut(ask)?;
        if it.key != found.lookup.key {
            return landed.filter(|_| use_cache);
        }
        let came_since = it.looked && it.seen != Some(found.lookup.call);
        if landed.is_some() && (use_cache || own || came_since) {
            return landed;
        }
        it.seen = Some(found.lookup.call);
        None
    }

    /// A stored answer, if it is young enough for every field that is asked for. One to another
    /// question must be about the right one too, or this question is asked all the same.
    fn stored(&self, now: Now, ask: usize, found: &LookupRow) -> Option<Landed> {
        let ask = self.asks.get(ask)?;
        let age = now.wall.since(found.fetched_at);
        let fields = ask.cells.iter().map(|cell| self.program.chains[*cell].field);
        let (program, op) = (&self.program, self.program.op(ask.op));
        let akin = ask.key != found.lookup.key;
        if !lookup::is_young(program, op, fields.clone(), found.lookup.answer.is_some(), age) {
            return None;
        }
        let outcome = lookup::outcome(found)?;
        if akin && !entity::serves(program, op, fields, &outcome, &self.whom(ask.row)) {
            return None;
        }
        let (call, at) = (found.lookup.call, found.fetched_at);
        let (outcome, job) = (Arc::new(outcome), self.lease.batch.job);
        Some(Landed { outcome, call, free: true, akin, at, twin: None, job })
    }

    /// Ask, unless somebody of this process asks the same already.
    pub(super) fn lead(&mut self, gates: &mut Gates, now: Now, ask: usize) {
        let waiter = self.waiter(ask);
        let Some(it) = self.asks.get(ask) else { return };
        if let Some(landed) = self.fresh.get(&it.key).cloned() {
            return self.land(gates, now, ask, landed);
        }
        let (op, bulk) = (it.op, self.program.op(it.op).operation.bulk);
        if gates.flights.join(it.key, waiter) == Joined::Wait {
            if let Some(it) = self.asks.get_mut(ask) {
                it.waits = true;
            }
            return;
        }
        if self.waits_for_resumed(gates, ask) || self.awaited_before(now, ask) {
            return;
        }
        match bulk {
            1 => self.launch(now, op, vec![ask]),
            _ => self.gathering.entry(op.0).or_default().push(ask),
        }
    }

    /// Whether a resumed call of this batch asks the same: then that one leads.
    fn waits_for_resumed(&mut self, gates: &mut Gates, ask: usize) -> bool {
        let Some(key) = self.asks.get(ask).map(|it| it.key).filter(|_| self.unled) else {
            return false;
        };
        let same = |(at, it): &(usize, &Ask)| *at != ask && it.key == key && it.flying.is_some();
        let Some(other) = self.asks.iter().find(same).map(|(at, _)| at) else { return false };
        gates.flights.pass(&key, self.waiter(ask), self.waiter(other));
        if let Some(it) = self.asks.get_mut(ask) {
            it.waits = true;
        }
        true
    }

    /// Bulk calls leave when they are full, or when nothing more can join them.
    pub(super) fn gathered(&mut self, now: Now) {
        let more = self.looking > 0
            || !self.to_look.is_empty()
            || (self.may_begin(now) && self.next_row < self.covered && self.has_room());
        let ops: Vec<u16> = self.gathering.keys().copied().collect();
        for op in ops {
            let bulk = self.program.op(OpIx(op)).operation.bulk as usize;
            let Some(mut waiting) = self.gathering.remove(&op) else { continue };
            while waiting.len() >= bulk || (!more && !waiting.is_empty()) {
                let rest = waiting.split_off(waiting.len().min(bulk));
                self.launch(now, OpIx(op), std::mem::replace(&mut waiting, rest));
            }
            if !waiting.is_empty() {
                self.gathering.insert(op, waiting);
            }
        }
    }

    pub(super) fn on_told(&mut self, gates: &mut Gates, now: Now, ask: usize, told: Told) {
        match self.asks.get_mut(ask) {
            Some(it) if it.waits => it.waits = false,
            _ => return,
        }
        if matches!(told, Told::Lead) && self.phase > super::Phase::Running {
            return self.drop_ask(gates, ask);
        }
        match told {
            // What its own plan makes of a lost provider is for its own call to find out.
            Told::Found(landed) if self.ends_cell(landed.outcome.kind()) => {
                self.begin_ask(gates, now, ask);
            }
            Told::Found(landed) => {
                let same_job = landed.job == self.lease.batch.job;
                let twin = landed.twin.filter(|_| same_job);
                self.land_screened(gates, now, ask, Landed { twin, ..(*landed).clone() });
            }
            // Much may have been found out while it waited: it looks again.
            Told::Lead => self.begin_ask(gates, now, ask),
        }
    }

    /// An ask has its answer: whoever waited for it is told, and its cells go on.
    pub(super) fn land(&mut self, gates: &mut Gates, now: Now, ask: usize, landed: Landed) {
        self.tell(gates, ask, &landed);
        let number = ask;
        let Some(ask) = self.asks.take(ask) else { return };
        self.idle(number, &ask);
        let Landed { outcome, call, free, akin, at, twin, .. } = landed;
        let result = row::Result { op: ask.op, outcome, call, free, akin, at, twin };
        match ask.purpose {
            Purpose::Fill => {
                self.rows[ask.row].results.push(result.clone());
                for cell in &ask.cells {
                    if self.rows[ask.row].cells[*cell].is_open() {
                        self.apply(ask.row, *cell, &result);
                    }
                }
                self.keep_bought(ask.row, &result);
            }
            Purpose::Verify { cell, candidate } => {
                self.apply_verdict(ask.row, cell, candidate, &result);
            }
        }
        self.advance(gates, now, ask.row);
        self.flush_draft_unless_in_call(now);
    }

    /// Those who waited for the same thing get the answer, end as this ask did, or ask themselves.
    fn tell(&mut self, gates: &mut Gates, ask: usize, landed: &Landed) {
        let (waiter, Some(it)) = (self.waiter(ask), self.asks.get(ask)) else { return };
        let alone = matches!(
            &*landed.outcome,
            Outcome::InvalidInput
                | Outcome::Transient
                | Outcome::RateLimited { .. }
                | Outcome::Pending { .. }
        );
        if !alone {
            let twin = Some(self.first + u32::try_from(it.row).unwrap_or(0));
            let found = Arc::new(Landed { free: true, twin, ..landed.clone() });
            for other in gates.flights.land(&it.key, waiter) {
                self.commands.push(Command::Tell(other, Told::Found(found.clone())));
            }
        } else if let Some(next) = gates.flights.hand_over(&it.key, waiter) {
            self.commands.push(Command::Tell(next, Told::Lead));
        }
    }

    /// An ask is given up without an answer.
    pub(super) fn drop_ask(&mut self, gates: &mut Gates, ask: usize) {
        let waiter = self.waiter(ask);
        let Some(it) = self.asks.take(ask) else { return };
        if let Some(next) = gates.flights.leave(&it.key, waiter) {
            self.commands.push(Command::Tell(next, Told::Lead));
        }
        self.idle(ask, &it);
    }

    /// The cells of an ask that is over wait no more, unless they wait for another one.
    pub(super) fn idle(&mut self, number: usize, ask: &Ask) {
        for cell in &ask.cells {
            if self.rows[ask.row].cells[*cell].busy != Busy::Asking(number) {
                continue;
            }
            let other = match self.doubles {
                true => self.asks.iter().find(|(_, it)| {
                    it.row == ask.row && it.cells.contains(cell) && it.flying.is_some()
                }),
                false => None,
            };
            let other = other.map_or(Busy::Idle, |(at, _)| Busy::Asking(at));
            self.rows[ask.row].cells[*cell].busy = other;
        }
    }

    /// Everything that has not left yet stays where it is.
    pub(super) fn drop_unsent(&mut self, gates: &mut Gates) {
        self.to_look.clear();
        self.gathering.clear();
        let unsent = |it: &Ask| match it.flying {
            None => true,
            Some(at) => self.flying.get(at).is_some_and(|it| {
                matches!(it.leg, Leg::New | Leg::Held(_) | Leg::Slot(_) | Leg::Permit) && !it.marked
            }),
        };
        let gone: Vec<usize> =
            self.asks.iter().filter(|(_, it)| unsent(it)).map(|(at, _)| at).collect();
        for ask in gone {
            if let Some(at) = self.asks.get(ask).and_then(|it| it.flying)
                && let Some(flying) = self.flying.take(at)
            {
                self.by_call.remove(&flying.id);
            }
            self.drop_ask(gates, ask);
        }
    }

    pub(super) fn has_room(&self) -> bool {
        self.asks.len() < self.room
    }
}
