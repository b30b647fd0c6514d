//! Taking up a batch: from what is stored to where it stands.

use super::{
    Batch, Phase,
    ask::{Ask, Purpose},
    call::{Flying, Leg},
    permit::Purses,
    row::Row,
    screen::Screen,
};
use crate::{
    engine::{
        cell::{Cell, Detail},
        event::{Now, Opening},
        flight::Joined,
        gates::Gates,
        ids::Ids,
        lease::Watch,
        settler::Settler,
        slab::Slab,
    },
    job::{Call, CallState, CellStatus, RecordStatus, StepOutcome},
    plan::OpIx,
    privacy::Identifier,
    provider::Inputs,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How a call was composed, in this order: record, fields, inputs, the candidate that is verified,
/// and what the answer is kept under, which earlier releases left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    index: u32,
    fields: Vec<String>,
    inputs: BTreeMap<crate::name::FieldName, Value>,
    candidate: Option<usize>,
    #[serde(default, rename = "key")]
    _key: Option<String>,
}

impl Batch {
    pub(super) fn restore(opening: Opening, gates: &mut Gates, now: Now) -> Self {
        let Opening { claimed, program, tuning, .. } = opening;
        let bulk = program.ops.iter().map(|it| it.operation.bulk as usize).max().unwrap_or(1);
        let mut batch = Self {
            gates: opening.gates,
            number: opening.number,
            realm: opening.realm,
            metered: opening.metered,
            lease: claimed.lease,
            ttl: opening.ttl,
            watch: Watch::new(opening.claimed_at, opening.ttl),
            renewing: false,
            ids: Ids::new(opening.seed),
            phase: if opening.cancelled { Phase::Cancelling } else { Phase::Running },
            after_funding: Phase::Running,
            cancelled_at: opening.cancelled.then_some(now.mono),
            first: claimed.first,
            rows: Vec::with_capacity(opening.records.len()),
            open_rows: 0,
            next_row: 0,
            covered: 0,
            refused: false,
            wants_funds: false,
            funding: false,
            hold: claimed.hold.map(|it| it.id),
            room: tuning.in_flight.saturating_mul(bulk),
            asks: Slab::default(),
            flying: Slab::default(),
            by_call: BTreeMap::new(),
            fresh: BTreeMap::new(),
            known_calls: BTreeSet::new(),
            to_look: Vec::new(),
            to_mark: Vec::new(),
            marking: 0,
            looking: 0,
            purses: Purses::of(gates.holder(opening.number)),
            twins: Default::default(),
            gathering: BTreeMap::new(),
            timers: BTreeSet::new(),
            agenda: VecDeque::new(),
            crowd: VecDeque::new(),
            early: Vec::new(),
            unled: false,
            doubles: false,
            orphans: Vec::new(),
            waiting: opening.waiting,
            screen: Screen::new(opening.guard),
            settler: Settler::new(tuning.settle_at, tuning.settle_after),
            draft: Default::default(),
            in_call: false,
            parked: None,
            released: false,
            commands: Vec::new(),
            program,
            tuning,
        };
        for record in &opening.records {
            let row = Row::new(&batch.program, record);
            batch.open_rows += usize::from(!row.ended);
            batch.rows.push(row);
        }
        batch.recall(&opening.cells, &opening.steps);
        batch.take_over(now, opening.base.as_ref());
        for gate in batch.gates.iter().flatten() {
            gates.try_again(*gate, now.mono);
        }
        opening.calls.into_iter().for_each(|it| batch.resume_call(gates, now, it));
        batch
    }

    /// What earlier holders of the batch found out.
    pub(super) fn recall(&mut self, cells: &[crate::job::CellRow], steps: &[crate::job::StepRow]) {
        let program = self.program.clone();
        for stored in cells {
            let Some((row, cell)) = self.place(stored.cell.index, &stored.cell.field) else {
                continue;
            };
            let it = &mut self.rows[row].cells[cell];
            if let Some(detail) = &stored.cell.detail {
                it.detail = serde_json::from_value::<Detail>(detail.clone()).unwrap_or_default();
            }
            if stored.cell.status != CellStatus::Pending {
                it.ended = Some(stored.cell.status);
            }
            for candidate in it.detail.candidates.clone() {
                it.missed = true;
                self.known_calls.insert(candidate.call);
                it.verifications += u16::try_from(candidate.verified.len()).unwrap_or(u16::MAX);
                if let Some(op) = program.op_named(&candidate.provider, &candidate.operation) {
                    it.pass(&program.chains[cell], op);
                }
            }
            let field = usize::from(program.chains[cell].field.0);
            if stored.cell.status == CellStatus::Found {
                self.rows[row].known[field] = stored.cell.value.clone();
            }
        }
        for stored in steps {
            let step = &stored.step;
            self.known_calls.extend(step.call);
            if let Some(row) = self.row_at(step.index).filter(|_| step.charge.is_positive()) {
                self.rows[row].charged.extend(step.call);
            }
            let Some((row, cell)) = self.place(step.index, &step.field) else { continue };
            let chain = &program.chains[cell];
            let ops = chain.steps.iter().filter(|it| program.op(**it).provider == step.provider);
            let ops: Vec<OpIx> = ops.copied().collect();
            self.recall_result(row, chain, stored);
            let it = &mut self.rows[row].cells[cell];
            for op in ops {
                it.pass(chain, op);
            }
            it.remember(step.outcome);
            if step.charge.is_positive() {
                self.rows[row].captured.insert(cell, step.provider.clone());
            }
        }
    }

    pub(super) fn row_at(&self, index: u32) -> Option<usize> {
        let row = usize::try_from(index.checked_sub(self.first)?).ok()?;
        (row < self.rows.len()).then_some(row)
    }

    /// The row and the cell of a stored field.
    fn place(&self, index: u32, field: &crate::name::FieldName) -> Option<(usize, usize)> {
        let row = self.row_at(index)?;
        let ix = self.program.field_named(field.as_str())?;
        let cell = self.program.chains.iter().position(|it| it.field == ix)?;
        Some((row, cell))
    }

    /// A call that an earlier holder left: ready ones are sent again, tasks are asked about, and
    /// of a sent one nobody knows.
    fn resume_call(&mut self, gates: &mut Gates, now: Now, call: Call) {
        if call.state == CallState::Unknown || call.state == CallState::Settled {
            return;
        }
        let Some(op) = self.program.op_named(&call.provider, &call.operation) else { return };
        let parts: Vec<Part> = serde_json::from_str(&call.composition).unwrap_or_default();
        let asks: Vec<usize> = parts.iter().filter_map(|it| self.resume_ask(op, it)).collect();
        if asks.is_empty() || asks.len() != parts.len() {
            // Its record is not here, or not readable: nothing that is known can be said of it.
            asks.into_iter().for_each(|ask| self.forget_ask(ask));
            if parts.iter().all(|it| it.candidate.is_some()) {
                self.early.push(call);
            }
            return;
        }
        for ask in &asks {
            self.rejoin(gates, *ask);
        }
        let records: Vec<Inputs> = parts.into_iter().map(|it| Inputs(it.inputs)).collect();
        let sent = call.state == CallState::Sent;
        let leg = match (sent, &call.task) {
            (true, Some(_)) => Leg::Polling(now.mono),
            (true, None) => Leg::Sending,
            (false, _) => Leg::New,
        };
        let since = now.wall.since(call.sent_at);
        let flying = Flying {
            id: call.id,
            op,
            asks,
            records: records.into(),
            leg,
            marked: sent,
            composition: Some(call.composition),
            attempts: call.attempts,
            unbilled: !sent,
            doubtful: sent && call.task.is_none(),
            permit: None,
            place: None,
            ticket: None,
            submitted: call.task.is_some().then(|| now.mono.saturating_sub(since)),
            task: call.task,
        };
        let at = self.fly(flying);
        if leg == Leg::Sending {
            self.orphans.push(at);
        }
    }

    /// A twin waits for a resumed call as for any other, and does not buy the same again.
    fn rejoin(&mut self, gates: &mut Gates, ask: usize) {
        let (waiter, Some(it)) = (self.waiter(ask), self.asks.get(ask)) else { return };
        if gates.flights.join(it.key, waiter) == Joined::Wait {
            // Another batch asks the same: both calls are under way already.
            gates.flights.leave(&it.key, waiter);
            self.unled = true;
        }
    }

    fn forget_ask(&mut self, ask: usize) {
        let number = ask;
        let Some(ask) = self.asks.take(ask) else { return };
        self.idle(number, &ask);
    }

    /// A candidate has come back that was being verified when its holder died: the same call goes
    /// on, and no other one is bought.
    pub(super) fn resume_early(
        &mut self,
        gates: &mut Gates,
        now: Now,
        (row, candidate): (usize, usize),
        inputs: &Inputs,
    ) -> bool {
        let index = self.index(row);
        let same = |it: &Call| {
            let parts: Vec<Part> = serde_json::from_str(&it.composition).unwrap_or_default();
            let same = |it: &Part| {
                it.index == index && it.candidate == Some(candidate) && it.inputs == inputs.0
            };
            parts.iter().all(same)
        };
        let Some(at) = self.early.iter().position(same) else { return false };
        let call = self.early.swap_remove(at);
        self.resume_call(gates, now, call);
        true
    }

    fn resume_ask(&mut self, op: OpIx, part: &Part) -> Option<usize> {
        let Part { index, fields, inputs, candidate, .. } = part;
        let row = self.row_at(*index)?;
        let mut cells = Vec::with_capacity(fields.len());
        for field in fields {
            let (_, cell) =
                self.place(*index, &crate::name::FieldName::new(field.as_str()).ok()?)?;
            cells.push(cell);
        }
        let purpose = match candidate {
            Some(candidate) => {
                let cell = *cells.first()?;
                self.rows[row].cells[cell].detail.candidates.get(*candidate)?;
                self.rows[row].cells[cell].verifications += 1;
                Purpose::Verify { cell, candidate: *candidate }
            }
            None => Purpose::Fill,
        };
        let ask = self.new_ask(row, op, purpose, Inputs(inputs.clone()));
        for cell in cells {
            self.doubles |= !self.rows[row].cells[cell].is_idle();
            self.rows[row].cells[cell].busy = crate::engine::cell::Busy::Asking(ask);
            let it: &mut Ask = self.asks.get_mut(ask)?;
            it.cells.push(cell);
        }
        Some(ask)
    }
}

impl Row {
    fn new(program: &crate::plan::Program, record: &crate::job::Record) -> Self {
        let ended = record.status != RecordStatus::Pending;
        Self {
            known: program.read(&record.input),
            cells: program.chains.iter().map(|_| Cell::new()).collect(),
            results: Vec::new(),
            charged: BTreeSet::new(),
            captured: BTreeMap::new(),
            names: Identifier::of_record(&program.catalogue, &record.input),
            withheld: false,
            ended,
            item: 0,
        }
    }
}

impl Cell {
    /// What an earlier step of this cell came to.
    fn remember(&mut self, outcome: StepOutcome) {
        let failure = match outcome {
            StepOutcome::Accepted => return,
            StepOutcome::Rejected | StepOutcome::Miss => {
                self.missed = true;
                return;
            }
            StepOutcome::InvalidInput => {
                self.skip.get_or_insert("invalid_input".to_owned());
                return;
            }
            StepOutcome::Skipped | StepOutcome::Cancelled | StepOutcome::LegalBlock => return,
            StepOutcome::AuthFailed => "auth",
            StepOutcome::PlanLacks => "plan",
            StepOutcome::OutOfCredits => "out_of_credits",
            StepOutcome::RateLimited => "rate_limited",
            StepOutcome::Transient => "transient",
            StepOutcome::Ambiguous => "ambiguous",
        };
        self.failure.get_or_insert(failure);
    }
}
