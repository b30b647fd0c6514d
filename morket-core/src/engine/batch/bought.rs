//! What was bought for one field of a record may be what another field comes to later. A successor
//! knows it all the same: it asks nobody again, and it charges what was not charged yet.

use super::{Batch, row::Result as OpResult};
use crate::{
    engine::cell::Bought,
    job::{LookupRow, StepOutcome, StepRow},
    plan::{Chain, OpIx},
    provider::{Inputs, Outcome},
};
use std::sync::Arc;

impl Batch {
    /// Fields that have yet to look at an answer that was bought for their record note it.
    pub(super) fn keep_bought(&mut self, row: usize, result: &OpResult, inputs: &Inputs) {
        if result.free || !matches!(*result.outcome, Outcome::Answer(_)) {
            return;
        }
        let program = self.program.clone();
        let operation = program.op(result.op).name();
        for (cell, chain) in program.chains.iter().enumerate() {
            let it = &mut self.rows[row].cells[cell];
            if it.is_open() && it.is_ahead(chain, result.op) {
                let (operation, inputs) = (operation.clone(), inputs.0.clone());
                it.detail.bought.push(Bought { operation, call: result.call, inputs });
                self.note_cell(row, cell);
            }
        }
    }

    /// The question to which the answer was bought, as far as this operation is concerned.
    pub(super) fn bought_by(&self, row: usize, op: OpIx) -> Option<Inputs> {
        let operation = self.program.op(op).name();
        let all = self.rows[row].cells.iter().flat_map(|it| &it.detail.bought);
        all.into_iter().find(|it| it.operation == operation).map(|it| Inputs(it.inputs.clone()))
    }

    /// Whether a stored answer is one that this record paid for.
    pub(super) fn is_own(&self, row: usize, found: &LookupRow) -> bool {
        let mut all = self.rows[row].cells.iter().flat_map(|it| &it.detail.bought);
        all.any(|it| it.call == found.lookup.call)
    }

    /// What an operation came to that had no answer, it came to for all fields of the record.
    pub(super) fn recall_result(&mut self, row: usize, chain: &Chain, stored: &StepRow) {
        let step = &stored.step;
        let (Some(outcome), Some(call)) = (without_answer(step.outcome), step.call) else { return };
        let named = |it: &&OpIx| self.program.op(**it).provider == step.provider;
        let Some(op) = chain.steps.iter().find(named).copied() else { return };
        let (outcome, at) = (Arc::new(outcome), stored.at);
        let result = OpResult { op, outcome, call, free: true, at, twin: None };
        self.rows[row].results.push(result);
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
