//! Taking over what the base of the job found out, before anything is asked.

use super::{Batch, Phase};
use crate::{
    Credits,
    accept::Identity,
    engine::{
        base::{Base, BaseRecord, Taken, take},
        cell::{Candidate, Cell},
        event::Now,
    },
    job::{CellRow, CellSource, CellStatus, CellWrite, StepRow},
    privacy::Identifier,
};

impl Batch {
    /// Records that the base of the job holds take over what is decided of them: it costs nothing,
    /// and nobody is asked again. What a holder before this one has begun stays as it is: this
    /// comes before calls are resumed, while that can be told.
    pub(super) fn take_over(&mut self, now: Now, base: Option<&Base>) {
        let Some(base) = base.filter(|_| self.phase == Phase::Running) else { return };
        for (index, held) in &base.records {
            let Some(row) = self.row_at(*index) else { continue };
            if self.is_left_out(row, held) {
                continue;
            }
            for cell in 0..self.rows[row].cells.len() {
                self.take_cell(now, row, cell, (base, held));
            }
            self.finish_row(row);
            self.flush_draft(now);
        }
    }

    /// Whether a record is to be left alone, by what the base found out too, or the plan is not for
    /// it: then it is nothing to take over for.
    fn is_left_out(&mut self, row: usize, held: &BaseRecord) -> bool {
        let program = self.program.clone();
        self.rows[row].names.extend(held.names(&program));
        let runs = |it: &crate::plan::Condition| it.holds(&|name| self.known(row, name.as_str()));
        self.rows[row].ended
            || self.screen.lists(&self.rows[row].names)
            || !program.run_if.as_ref().is_none_or(runs)
    }

    fn take_cell(&mut self, now: Now, row: usize, cell: usize, (base, held): (&Base, &BaseRecord)) {
        let program = self.program.clone();
        let begun = |it: &Cell| !it.is_idle() || it.done != 0 || !it.detail.candidates.is_empty();
        if begun(&self.rows[row].cells[cell]) {
            return;
        }
        let chain = &program.chains[cell];
        let ty = program.field(chain.field).ty;
        // Somebody who was returned by mistake may stand on the list by now.
        let kept = |it: &Candidate| {
            let name = Identifier::of_value(ty, &it.value);
            let listed = || self.screen.lists(&name.into_iter().collect());
            it.identity != Identity::Mismatch || !listed()
        };
        if let Some(taken) = take(base, held, (&program, chain), &kept) {
            self.put(now, (row, cell), taken);
        }
    }

    /// A cell stands where the base's came to.
    fn put(&mut self, now: Now, (row, cell): (usize, usize), taken: Taken) {
        let Taken { detail, mut steps, open, ended } = taken;
        let index = self.index(row);
        let free = |StepRow { step, .. }: &mut StepRow| {
            (step.index, step.charge) = (index, Credits::ZERO);
        };
        steps.iter_mut().for_each(free);
        let field = self.program.field(self.program.chains[cell].field).name.clone();
        let (status, value, reason) = match ended {
            Some(it) => (it.status, it.value, it.reason),
            None => (CellStatus::Pending, None, None),
        };
        let stands = CellWrite {
            index,
            field,
            status,
            source: None,
            provider: None,
            call: None,
            value,
            reason: None,
            detail: serde_json::to_value(detail).ok(),
        };
        self.recall(&[CellRow { cell: stands, at: now.wall }], &steps);
        self.draft.steps.extend(steps.into_iter().map(|it| it.step));
        if status == CellStatus::Pending {
            self.note_cell(row, cell);
            return self.judge_again(row, cell, &open);
        }
        self.end_cell(row, cell, status, reason);
        if let Some(written) = self.draft.cells.last_mut().filter(|_| status != CellStatus::Found) {
            written.source = Some(CellSource::Sample);
        }
    }

    fn judge_again(&mut self, row: usize, cell: usize, open: &[usize]) {
        for at in open {
            if self.rows[row].cells[cell].is_open() {
                self.weigh(row, cell, *at);
            }
        }
    }
}
