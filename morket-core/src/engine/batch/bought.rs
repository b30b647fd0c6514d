//! What was bought for one field of a record may be what another field comes to later. A successor
//! knows it all the same: it asks nobody again, and it charges what was not charged yet.

use super::{Batch, ask::Landed, row::Result as OpResult};
use crate::{
    Credits,
    engine::cell::Bought,
    job::{StepOutcome, StepRow},
    plan::{Chain, OpIx},
    provider::Outcome,
};
use std::{collections::BTreeMap, sync::Arc};

impl Batch {
    /// Fields that have yet to look at an answer that was bought for their record keep it.
    pub(super) fn keep_bought(&mut self, row: usize, result: &OpResult) {
        let Outcome::Answer(answer) = &*result.outcome else { return };
        if result.free {
            return;
        }
        let program = self.program.clone();
        let op = program.op(result.op);
        // Nothing of whoever is on the list is kept: to the others it is as if nobody was found.
        let withheld = self.is_withheld(row, &result.outcome);
        for (cell, chain) in program.chains.iter().enumerate() {
            let it = &mut self.rows[row].cells[cell];
            if it.is_open() && it.is_ahead(chain, result.op) {
                it.detail.bought.push(Bought {
                    provider: op.provider.clone(),
                    operation: op.operation.name.clone(),
                    call: result.call,
                    at: result.at,
                    answer: (!withheld).then(|| answer.clone()),
                });
                self.note_cell(row, cell);
            }
        }
    }

    /// What an earlier holder of the batch bought from this operation for a record.
    pub(super) fn bought(&self, row: usize, op: OpIx) -> Option<Landed> {
        let (provider, operation) = {
            let op = self.program.op(op);
            (&op.provider, &op.operation.name)
        };
        let mut all = self.rows[row].cells.iter().flat_map(|it| &it.detail.bought);
        let it = all.find(|it| it.provider == *provider && it.operation == *operation)?;
        let outcome = Arc::new(it.answer.clone().map_or(Outcome::Miss, Outcome::Answer));
        let (call, at, job) = (it.call, it.at, self.lease.batch.job);
        Some(Landed { outcome, call, free: false, akin: false, at, twin: None, job })
    }

    /// What an operation came to that had no answer, it came to for all fields of the record.
    pub(super) fn recall_result(&mut self, row: usize, chain: &Chain, stored: &StepRow) {
        let step = &stored.step;
        let (Some(outcome), Some(call)) = (without_answer(step.outcome), step.call) else { return };
        let named = |it: &&OpIx| self.program.op(**it).provider == step.provider;
        let Some(op) = chain.steps.iter().find(named).copied() else { return };
        let (outcome, at) = (Arc::new(outcome), stored.at);
        let result = OpResult { op, outcome, call, free: true, akin: false, at, twin: None };
        self.rows[row].results.push(result);
    }

    /// What a record may still be charged for answers that were bought for it.
    pub(super) fn charge_for_bought(&self, row: usize) -> Credits {
        let row = &self.rows[row];
        let all = row.cells.iter().filter(|it| it.is_open()).flat_map(|it| &it.detail.bought);
        let due = all.filter(|it| !row.charged.contains(&it.call));
        let price = |it: &Bought| {
            let op = self.program.op_named(&it.provider, &it.operation)?;
            Some(self.program.op(op).price.0)
        };
        let by_call: BTreeMap<_, _> = due.map(|it| (it.call, price(it).unwrap_or(0))).collect();
        Credits(by_call.values().sum())
    }
}

/// The outcome behind a step, where the step tells all there is to know.
fn without_answer(step: StepOutcome) -> Option<Outcome> {
    match step {
        StepOutcome::Miss => Some(Outcome::Miss),
        StepOutcome::InvalidInput => Some(Outcome::InvalidInput),
        StepOutcome::Ambiguous => Some(Outcome::Unknown),
        StepOutcome::Transient => Some(Outcome::Transient),
        _ => None,
    }
}
