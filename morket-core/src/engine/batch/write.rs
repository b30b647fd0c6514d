//! What is written down: steps, cells, records, counters; and what came of writing it.

use super::{
    Batch, Phase,
    call::{Flying, Leg},
    row::Result as OpResult,
};
use crate::{
    CallId, Credits, HoldId, Result,
    engine::{
        cell::Detail,
        event::{Command, Ended, Now},
    },
    job::{
        Answered, CellStatus, CellWrite, Counter, Scope, Settled, Settlement, Spend, SpendUnit,
        StepOutcome, StepWrite,
    },
    ledger::Op as Movement,
    name::{FieldName, step_key},
    plan::{Ceiling, OpIx, Program},
    privacy::key_text,
};
use std::sync::Arc;
use uuid::Uuid;

impl Batch {
    pub(super) fn index(&self, row: usize) -> u32 {
        self.first + u32::try_from(row).unwrap_or(0)
    }

    /// A step that costs nothing.
    pub(super) fn note_step(
        &mut self,
        row: usize,
        cell: usize,
        op: OpIx,
        call: Option<CallId>,
        outcome: StepOutcome,
    ) {
        self.priced_step(row, cell, op, call, outcome, Credits::ZERO);
    }

    /// A step and, when it is the call's primary one, its capture.
    pub(super) fn priced_step(
        &mut self,
        row: usize,
        cell: usize,
        op: OpIx,
        call: Option<CallId>,
        outcome: StepOutcome,
        charge: Credits,
    ) {
        let field = self.program.field(self.program.chains[cell].field).name.clone();
        if charge.is_positive() {
            let provider = self.program.op(op).provider.clone();
            self.rows[row].captured.insert(cell, provider);
        }
        self.write_step(row, field, op, call, outcome, charge);
    }

    /// A verifier's step stands under the candidate's ordinal.
    pub(super) fn verdict_step(
        &mut self,
        row: usize,
        cell: usize,
        result: &OpResult,
        outcome: StepOutcome,
        charge: Credits,
    ) {
        let field = self.verify_field(row, cell);
        self.write_step(row, field, result.op, Some(result.call), outcome, charge);
    }

    fn verify_field(&self, row: usize, cell: usize) -> FieldName {
        let field = &self.program.field(self.program.chains[cell].field).name;
        let ordinal = self.rows[row].cells[cell].verifications;
        FieldName::new(format!("{field}__verify_{ordinal}")).unwrap_or_else(|_| field.clone())
    }

    fn write_step(
        &mut self,
        row: usize,
        field: FieldName,
        op: OpIx,
        call: Option<CallId>,
        outcome: StepOutcome,
        charge: Credits,
    ) {
        let index = self.index(row);
        let provider = self.program.op(op).provider.clone();
        if charge.is_positive() {
            let key = step_key(self.lease.batch.job, index, &field, &provider);
            let hold = HoldId(Uuid::nil());
            self.draft.money.push(Movement::Capture { hold, key, amount: charge });
        }
        self.draft.steps.push(StepWrite { index, field, provider, call, outcome, charge });
    }

    /// A cell comes to its end.
    pub(super) fn end_cell(
        &mut self,
        row: usize,
        cell: usize,
        status: CellStatus,
        reason: Option<String>,
    ) {
        self.rows[row].cells[cell].ended = Some(status);
        let detail = &mut self.rows[row].cells[cell].detail;
        detail.bought.clear();
        detail.awaited.clear();
        self.write_cell(row, cell, status, reason);
    }

    /// A cell that goes on keeps what it has seen, so that a successor knows it too.
    pub(super) fn note_cell(&mut self, row: usize, cell: usize) {
        self.write_cell(row, cell, CellStatus::Pending, None);
    }

    /// A value that was there stays.
    pub(super) fn keep_input(&mut self, row: usize, cell: usize) {
        self.end_cell(row, cell, CellStatus::Found, None);
    }

    fn write_cell(&mut self, row: usize, cell: usize, status: CellStatus, reason: Option<String>) {
        let index = self.index(row);
        let chain = &self.program.chains[cell];
        let field = self.program.field(chain.field).name.clone();
        let detail = &self.rows[row].cells[cell].detail;
        let found = status == CellStatus::Found;
        let taken = detail.accepted().filter(|_| found);
        let bought = taken.filter(|it| !it.is_input());
        let known = &self.rows[row].known[usize::from(chain.field.0)];
        let write = CellWrite {
            index,
            field,
            status,
            source: found.then(|| self.source(row, cell)),
            provider: bought.map(|it| it.provider.clone()),
            call: bought.map(|it| it.call),
            value: known.clone().filter(|_| found),
            reason,
            detail: serde_json::to_value(detail).ok().filter(|_| *detail != Detail::default()),
        };
        let same = |it: &CellWrite| it.index == write.index && it.field == write.field;
        self.draft.cells.retain(|it| !same(it));
        self.draft.cells.push(write);
    }

    /// A record whose cells have all ended ends with them.
    pub(super) fn finish_row(&mut self, row: usize) {
        let status = self.rows[row].status();
        if self.rows[row].ended || status == crate::job::RecordStatus::Pending {
            return;
        }
        self.rows[row].ended = true;
        self.open_rows -= 1;
        let index = self.index(row);
        self.draft.records.push((index, status));
    }

    pub(super) fn flush_draft_unless_in_call(&mut self, now: Now) {
        if !self.in_call {
            self.flush_draft(now);
        }
    }

    /// What was gathered becomes one item of a settlement.
    pub(super) fn flush_draft(&mut self, now: Now) {
        if self.draft != Answered::default() {
            let item = std::mem::take(&mut self.draft);
            let cells = item.cells.iter().map(|it| it.index);
            let rows = cells.chain(item.steps.iter().map(|it| it.index));
            let rows: Vec<usize> = rows.filter_map(|index| self.row_at(index)).collect();
            let number = self.settler.push(item, now.mono);
            rows.into_iter().for_each(|row| self.rows[row].item = number);
        }
    }

    /// Captures are made against the hold that is open when they are written.
    pub(super) fn bind(&self, mut items: Vec<Answered>) -> Arc<[Answered]> {
        for movement in items.iter_mut().flat_map(|it| &mut it.money) {
            if let (Movement::Capture { hold, .. }, Some(open)) = (movement, self.hold) {
                *hold = open;
            }
        }
        items.into()
    }

    /// Write down what is due. While a hold is being replaced nothing is charged to it.
    pub(super) fn write(&mut self, now: Now) {
        if self.funding || matches!(self.phase, Phase::Closing | Phase::Over) {
            return;
        }
        let hurry = !self.flying.iter().any(|(_, it)| matches!(it.leg, Leg::Sending));
        if let Some(items) = self.settler.take(now.mono, hurry) {
            let (lease, closing) = (self.lease, None);
            let items = self.bind(items);
            self.commands.push(Command::Settle(Box::new(Settlement { lease, items, closing })));
        }
    }

    pub(super) fn on_settled(&mut self, now: Now, result: Result<Settled>) {
        self.settler.written();
        let applied = result.and_then(Settled::applied);
        let (items, closed) = match applied {
            Ok(applied) => applied,
            Err(error) => return self.fail(error),
        };
        if let Some(error) = items.into_iter().find_map(Result::err) {
            return self.end(Ended::Broken(error));
        }
        if self.phase == Phase::Closing {
            let finished = closed.is_some_and(|it| it.finished.is_some());
            return self.closed(finished);
        }
        // Tasks that are durable now may be asked about.
        let stored = self.flying.iter().filter_map(|(at, it)| match it.leg {
            Leg::Storing(due) => Some((at, due)),
            _ => None,
        });
        let stored: Vec<(usize, std::time::Duration)> = stored.collect();
        if self.settler.is_idle() {
            if self.looking == 0 && self.to_look.is_empty() {
                self.fresh.clear();
            }
            for (at, due) in stored {
                self.hold_until(at, due.max(now.mono), Leg::Polling);
            }
        }
    }

    /// What a successor must know to send the same call again, and what each answer is kept under.
    pub(super) fn composition(&self, flying: &Flying) -> Arc<str> {
        let keeps = self.keeps_answers(flying.op);
        let asks = flying.asks.iter().filter_map(|it| self.asks.get(*it));
        let parts = asks.map(|ask| {
            let fields = ask
                .cells
                .iter()
                .map(|cell| self.program.field(self.program.chains[*cell].field).name.as_str());
            let fields: Vec<&str> = fields.collect();
            let candidate = match ask.purpose {
                super::ask::Purpose::Verify { candidate, .. } => Some(candidate),
                super::ask::Purpose::Fill => None,
            };
            let key = keeps.then(|| key_text(&ask.key));
            (self.index(ask.row), fields, &ask.inputs.0, candidate, key)
        });
        let parts: Vec<_> = parts.collect();
        serde_json::to_string(&parts).expect("names, texts and values are JSON").into()
    }

    /// A call's part in the spend counters.
    pub(super) fn counters(&self, flying: &Flying, spend: Spend, each: &[Spend]) -> Vec<Counter> {
        let op = self.program.op(flying.op);
        let mut counters = Vec::with_capacity(8);
        for (unit, amount) in amounts(spend) {
            for scope in [Scope::Job, Scope::Day, Scope::Provider, Scope::Workspace] {
                let limit = limit(&self.program, &op.provider, &scope, unit);
                counters.push(Counter { scope, unit, amount, limit });
            }
            if limit(&self.program, &op.provider, &Scope::Row(0), unit).is_none() {
                continue;
            }
            for (ask, share) in flying.asks.iter().zip(each) {
                let Some(ask) = self.asks.get(*ask) else { continue };
                let scope = Scope::Row(self.index(ask.row));
                let limit = limit(&self.program, &op.provider, &scope, unit);
                let share = amounts(*share).find(|it| it.0 == unit).map_or(0, |it| it.1);
                counters.push(Counter { scope, unit, amount: share, limit });
            }
        }
        counters
    }
}

fn amounts(spend: Spend) -> impl Iterator<Item = (SpendUnit, i64)> {
    let usd = spend.usd.map(|usd| (SpendUnit::Usd, usd.0));
    usd.into_iter().chain([(SpendUnit::Units, spend.units.0)])
}

fn limit(
    program: &Program,
    provider: &crate::name::ProviderSlug,
    scope: &Scope,
    unit: SpendUnit,
) -> Option<i64> {
    let same = |it: &&Ceiling| {
        std::mem::discriminant(&it.scope) == std::mem::discriminant(scope)
            && it.unit == unit
            && it.provider.as_ref().is_none_or(|slug| slug == provider)
    };
    program.ceilings.iter().filter(same).map(|it| it.limit).min()
}
