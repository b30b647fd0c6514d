//! What happens between taking up a batch and its first row: orphans, rows that need nothing, and
//! credits to be set aside.

use super::{Batch, Phase, call::Leg};
use crate::{
    Result,
    engine::{
        cell::Cell,
        event::{Command, Now},
        gates::Gates,
    },
    job::{CellStatus, Funded},
    plan::Existing,
    provider::Outcome,
};

impl Batch {
    /// What happens before the first row starts.
    pub(super) fn begin(&mut self, gates: &mut Gates, now: Now) {
        (0..self.rows.len()).for_each(|row| self.leave_alone(row));
        self.adopt(gates, now);
        for row in 0..self.rows.len() {
            self.leave_out(row);
            self.keep_existing(now, row);
            self.advance_started(gates, now, row);
        }
        self.flush_draft(now);
        match self.metered && self.phase == Phase::Running && self.open_rows > 0 {
            true => self.wants_funds = true,
            false => self.covered = self.rows.len(),
        }
    }

    /// Set credits aside once everything that is charged to the hold before is written.
    pub(super) fn fund(&mut self, now: Now) {
        if self.wants_funds && self.phase == Phase::Running && self.settler.is_idle() {
            self.wants_funds = false;
            self.refill(now);
        }
    }

    /// A row that was on its way goes on before others start.
    fn advance_started(&mut self, gates: &mut Gates, now: Now, row: usize) {
        let started = self.rows[row].cells.iter().any(|it| !it.is_idle() && it.is_open());
        if started && !self.metered {
            self.advance(gates, now, row);
        }
        self.finish_row(row);
    }

    /// Calls whose sender is gone.
    pub(super) fn adopt(&mut self, gates: &mut Gates, now: Now) {
        for at in std::mem::take(&mut self.orphans) {
            self.orphan(gates, now, at);
        }
    }

    /// A call was sent, and who sent it is gone.
    fn orphan(&mut self, gates: &mut Gates, now: Now, at: usize) {
        let Some(flying) = self.flying.get(at) else { return };
        let again = self.program.op(flying.op).operation.retry_on_ambiguous
            && flying.attempts < crate::engine::retry::ATTEMPTS
            && self.phase == Phase::Running
            && !self.is_barred(at);
        match again {
            true => {
                self.hold_until(at, now.mono, Leg::Backoff);
            }
            false => self.conclude(gates, now, at, Outcome::Unknown.into()),
        }
    }

    /// A row the plan is not for.
    fn leave_out(&mut self, row: usize) {
        let program = self.program.clone();
        let Some(condition) = &program.run_if else { return };
        let begun = |it: &Cell| !it.is_idle() || it.done != 0 || !it.detail.candidates.is_empty();
        if self.rows[row].ended || self.rows[row].cells.iter().any(begun) {
            return;
        }
        if condition.holds(&|name| self.known(row, name.as_str())) {
            return;
        }
        for cell in 0..self.rows[row].cells.len() {
            if self.rows[row].cells[cell].is_open() {
                self.end_cell(row, cell, CellStatus::Skipped, Some("run_if".to_owned()));
            }
        }
    }

    /// Values that are there already stay, or become the first candidate to verify.
    fn keep_existing(&mut self, now: Now, row: usize) {
        let program = self.program.clone();
        if self.rows[row].ended {
            return;
        }
        for (cell, chain) in program.chains.iter().enumerate() {
            let Some(value) = self.rows[row].known[usize::from(chain.field.0)].clone() else {
                continue;
            };
            let it = &self.rows[row].cells[cell];
            if !it.is_idle() || !it.detail.candidates.is_empty() {
                continue;
            }
            match chain.existing {
                Existing::Keep => self.keep_input(row, cell),
                Existing::Verify => self.weigh_input(now, row, cell, value),
                Existing::Refresh => {}
            }
        }
    }

    /// Set credits aside for every row that is still open: what is undecided first.
    pub(super) fn refill(&mut self, now: Now) {
        let worst = match self.program.worst_charge() {
            Ok(worst) => worst,
            Err(error) => return self.fail(error),
        };
        let open = self.rows.iter().filter(|it| !it.ended).count();
        if !worst.is_positive() || open == 0 {
            self.covered = self.rows.len();
            return;
        }
        (self.phase, self.funding) = (Phase::Funding, true);
        let hold = self.ids.hold(now.wall);
        self.commands.push(Command::Fund(hold, vec![worst; open]));
    }

    pub(super) fn on_funded(&mut self, gates: &mut Gates, now: Now, result: Result<Funded>) {
        self.funding = false;
        // Whoever was told to stop meanwhile does not go on because of it.
        if self.phase == Phase::Funding {
            self.phase = Phase::Running;
        }
        let funded = match result {
            Ok(funded) => funded,
            Err(error) if error.kind() == crate::ErrorKind::Conflict => {
                return self.cancel(gates, now);
            }
            Err(error) => return self.fail(error),
        };
        self.refused = funded.covered == 0;
        if let Some(hold) = funded.hold {
            self.hold = Some(hold.id);
        }
        let mut left = funded.covered as usize;
        self.covered = self.rows.len();
        for (at, row) in self.rows.iter().enumerate() {
            if row.ended {
                continue;
            }
            if left == 0 {
                self.covered = at;
                break;
            }
            left -= 1;
        }
        self.next_row = 0;
        match std::mem::replace(&mut self.after_funding, Phase::Running) {
            Phase::Cancelling => self.cancel(gates, now),
            Phase::Draining => self.phase = Phase::Draining,
            _ => {}
        }
    }
}
