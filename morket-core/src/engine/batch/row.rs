//! A record on its way: what is known of it, and the asks that follow.

use super::{Batch, ask::Purpose};
use crate::{
    CallId, Timestamp,
    engine::{
        cell::{Busy, Cell, Turn},
        event::Now,
        gates::Gates,
        lookup,
    },
    job::{CellStatus, RecordStatus},
    name::{FieldName, ProviderSlug},
    plan::OpIx,
    privacy::Identifier,
    provider::{Inputs, Outcome},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What an operation came to for a record, for its other fields to use.
#[derive(Clone, Debug)]
pub(super) struct Result {
    pub(super) op: OpIx,
    pub(super) outcome: Arc<Outcome>,
    pub(super) call: CallId,
    /// Not paid for here: from the cache, or from a twin's call.
    pub(super) free: bool,
    /// It answers another question about the same one.
    pub(super) akin: bool,
    pub(super) at: Timestamp,
    pub(super) twin: Option<u32>,
}

/// One record.
#[derive(Debug)]
pub(super) struct Row {
    /// What is known, by field.
    pub(super) known: Vec<Option<Value>>,
    /// One for each chain of the program.
    pub(super) cells: Vec<Cell>,
    pub(super) results: Vec<Result>,
    /// Calls whose price was captured already.
    pub(super) charged: BTreeSet<CallId>,
    /// The provider whose step carries a capture, by cell.
    pub(super) captured: BTreeMap<usize, ProviderSlug>,
    /// Those it names, as it came.
    pub(super) names: BTreeSet<Identifier>,
    /// Somebody in it is to be left alone: nothing is asked for or kept.
    pub(super) withheld: bool,
    pub(super) ended: bool,
    /// The number of the last thing to be written about it.
    pub(super) item: u64,
}

impl Row {
    /// How its cells add up.
    pub(super) fn status(&self) -> RecordStatus {
        let any = |status| self.cells.iter().any(|it| it.ended == Some(status));
        if self.cells.iter().any(Cell::is_open) {
            RecordStatus::Pending
        } else if any(CellStatus::Cancelled) {
            RecordStatus::Cancelled
        } else if any(CellStatus::Failed) {
            RecordStatus::Failed
        } else if self.cells.iter().all(|it| it.ended == Some(CellStatus::Skipped)) {
            RecordStatus::Skipped
        } else {
            RecordStatus::Success
        }
    }

    fn result(&self, op: OpIx) -> Option<&Result> {
        self.results.iter().find(|it| it.op == op)
    }
}

/// What became of one turn of a cell.
enum Moved {
    /// It waits for something that will come.
    Waits,
    /// It waits for a field that another cell may still find.
    Blocked,
    /// It went on.
    On,
}

impl Batch {
    /// Start rows while there is room, in input order.
    pub(super) fn start_rows(&mut self, gates: &mut Gates, now: Now) {
        while self.may_begin(now) && self.has_room() && self.next_row < self.covered {
            let row = self.next_row;
            self.next_row += 1;
            self.leave_alone_now(row);
            if !self.rows[row].ended {
                self.advance(gates, now, row);
                self.flush_draft(now);
            }
        }
    }

    /// Let every cell of a row go on as far as it can.
    pub(super) fn advance(&mut self, gates: &mut Gates, now: Now, row: usize) {
        loop {
            let (mut moved, mut blocked) = (false, None);
            for cell in 0..self.rows[row].cells.len() {
                if !self.rows[row].cells[cell].is_idle() {
                    continue;
                }
                match self.advance_cell(gates, now, row, cell) {
                    Moved::On => moved = true,
                    Moved::Blocked => blocked = blocked.or(Some(cell)),
                    Moved::Waits => {}
                }
            }
            if moved {
                continue;
            }
            // Cells that wait for each other wait for ever: the first gives up its step.
            let busy = self.rows[row].cells.iter().any(|it| it.is_open() && !it.is_idle());
            match blocked {
                Some(cell) if !busy && self.phase == super::Phase::Running => {
                    self.skip_step(row, cell);
                }
                _ => break,
            }
        }
        self.finish_row(row);
    }

    fn advance_cell(&mut self, gates: &mut Gates, now: Now, row: usize, cell: usize) -> Moved {
        let program = self.program.clone();
        let chain = &program.chains[cell];
        match self.rows[row].cells[cell].turn(chain) {
            Turn::Decide => {
                self.decide(row, cell);
                Moved::On
            }
            _ if !matches!(self.phase, super::Phase::Running) => Moved::Waits,
            Turn::Verify(candidate) => {
                self.verify(gates, now, row, cell, candidate);
                Moved::Waits
            }
            Turn::Ask(op) => self.ask_next(gates, now, (row, cell), op),
        }
    }

    fn ask_next(
        &mut self,
        gates: &mut Gates,
        now: Now,
        (row, cell): (usize, usize),
        op: OpIx,
    ) -> Moved {
        if let Some(result) = self.rows[row].result(op).cloned() {
            self.apply(row, cell, &result);
            return Moved::On;
        }
        if let Some(ask) = self.live_ask(row, op) {
            self.join(ask, row, cell);
            return Moved::Waits;
        }
        match self.inputs(row, op) {
            Some(inputs) => {
                let ask = self.new_ask(row, op, Purpose::Fill, inputs);
                self.join(ask, row, cell);
                self.begin_ask(gates, now, ask);
                Moved::Waits
            }
            None if self.may_come(row, cell, op) => Moved::Blocked,
            None => {
                self.skip_step(row, cell);
                Moved::On
            }
        }
    }

    /// The step that comes next cannot be tried: what it needs is not known.
    fn skip_step(&mut self, row: usize, cell: usize) {
        let program = self.program.clone();
        let chain = &program.chains[cell];
        let Turn::Ask(op) = self.rows[row].cells[cell].turn(chain) else { return };
        let missing = self.missing(row, op);
        let cell = &mut self.rows[row].cells[cell];
        cell.pass(chain, op);
        cell.skipped(&program.op(op).provider, format!("missing_input:{missing}"));
    }

    fn inputs(&self, row: usize, op: OpIx) -> Option<Inputs> {
        lookup::inputs(self.program.op(op), &|name| self.known(row, name))
    }

    pub(super) fn known(&self, row: usize, name: &str) -> Option<&Value> {
        self.program.value_of(&self.rows[row].known, name)
    }

    /// Whether another open cell of the row may still find what an operation lacks.
    fn may_come(&self, row: usize, cell: usize, op: OpIx) -> bool {
        let operation = &self.program.op(op).operation;
        let open = |name: &FieldName| {
            let chains = self.program.chains.iter().enumerate();
            chains.filter(|(at, _)| *at != cell).any(|(at, chain)| {
                self.program.field(chain.field).name == *name && self.rows[row].cells[at].is_open()
            })
        };
        operation.inputs.iter().any(|needed| {
            needed.iter().all(|name| self.known(row, name.as_str()).is_some() || open(name))
        })
    }

    /// The inputs that are missing in the alternative that lacks least, for people.
    fn missing(&self, row: usize, op: OpIx) -> String {
        let lacks = |needed: &Vec<FieldName>| -> Vec<String> {
            let unknown = needed.iter().filter(|name| self.known(row, name.as_str()).is_none());
            unknown.map(ToString::to_string).collect()
        };
        let all = self.program.op(op).operation.inputs.iter().map(lacks);
        all.min_by_key(Vec::len).unwrap_or_default().join("+")
    }

    /// A live ask of this row for this operation that is no verification.
    fn live_ask(&self, row: usize, op: OpIx) -> Option<usize> {
        let mut asking = self.rows[row].cells.iter().filter_map(|it| match it.busy {
            Busy::Asking(ask) => Some(ask),
            Busy::Idle => None,
        });
        asking.find(|ask| {
            self.asks.get(*ask).is_some_and(|it| it.op == op && matches!(it.purpose, Purpose::Fill))
        })
    }

    fn join(&mut self, ask: usize, row: usize, cell: usize) {
        self.rows[row].cells[cell].busy = Busy::Asking(ask);
        if let Some(ask) = self.asks.get_mut(ask) {
            ask.cells.push(cell);
        }
    }
}
