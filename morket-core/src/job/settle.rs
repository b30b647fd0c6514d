//! A settlement: everything a worker learned since the last one, to be written in one step.

use super::{
    CallResult, CallState, CellWrite, EntityWrite, Job, Lease, LookupWrite, RecordStatus,
    StepWrite, Waited,
};
use crate::{
    Credits, Error, HoldId, Result,
    ledger::{Op, Receipt},
    outbox::NewEvent,
    privacy::NewSuppression,
};
use std::{collections::HashSet, sync::Arc, time::Duration};

/// What a worker learned, and what it does with its batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// Under which right.
    pub lease: Lease,
    /// The answers, each written whole or not at all; shared, so that a step that must be repeated
    /// is cheap to keep.
    pub items: Arc<[Answered]>,
    /// What becomes of the batch, if the worker is finished with it.
    pub closing: Option<Closing>,
}

/// One answer with all that follows from it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answered {
    /// What became of its call; a cached or copied answer has none.
    pub call: Option<CallResult>,
    /// The steps it decides.
    pub steps: Vec<StepWrite>,
    /// The cells it writes.
    pub cells: Vec<CellWrite>,
    /// The records that change their status by it.
    pub records: Vec<(u32, RecordStatus)>,
    /// Captures and refunds.
    pub money: Vec<Op>,
    /// What need not be bought again.
    pub lookups: Vec<LookupWrite>,
    /// Whom that was asked about.
    pub entities: Vec<EntityWrite>,
    /// What others must be told.
    pub events: Vec<NewEvent>,
    /// Who is not to be asked about any more: a vendor said that it must not answer.
    pub suppress: Vec<NewSuppression>,
}

/// What becomes of a batch whose worker is finished with it. Its hold closes in the same step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closing {
    /// Every record has come to an end.
    Done,
    /// Others may take it at once.
    Release,
    /// It waits.
    Park {
        /// For so long by the store's clock, or until woken.
        wake_in: Option<Duration>,
        /// For what, and since when.
        on: Vec<Waited>,
        /// What stays set aside for its undecided calls.
        next_hold: Option<(HoldId, Credits)>,
    },
}

/// What came of one item: the receipts of its money, in order.
pub type ItemResult = Result<Vec<Receipt>>;

/// What came of a settlement.
#[derive(Debug)]
pub enum Settled {
    /// The lease still held: one result per item, in order, with the receipts of its money.
    Applied {
        /// One per item.
        items: Vec<ItemResult>,
        /// What became of the batch.
        closed: Option<Closed>,
    },
    /// Somebody else holds the batch: cells and ledger were refused, vendor spend was kept.
    Stale {
        /// How many calls' spend was recorded.
        spend_recorded: u32,
    },
}

impl Settled {
    /// The items' results; a stale settlement is an error.
    pub fn applied(self) -> Result<(Vec<ItemResult>, Option<Closed>)> {
        match self {
            Self::Applied { items, closed } => Ok((items, closed)),
            Self::Stale { .. } => Err(Lease::stale("job.settle")),
        }
    }
}

/// A batch that was closed.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    /// The job, if this was the last thing it waited for.
    pub finished: Option<Box<Job>>,
}

/// Refuse an item that contradicts itself, whatever the store holds. Every adapter calls this.
pub fn validate(item: &Answered, first: u32, size: u32) -> Result<()> {
    let inside = |index: u32| index >= first && index - first < size;
    let indexes = item.steps.iter().map(|it| it.index);
    let indexes = indexes.chain(item.cells.iter().map(|it| it.index));
    for index in indexes.chain(item.records.iter().map(|it| it.0)) {
        if !inside(index) {
            let problem = "the record is not in this batch";
            return Err(Error::invalid("job.settle", "index", problem).with("index", index));
        }
    }
    let mut steps = HashSet::new();
    if !item.steps.iter().all(|it| steps.insert((it.index, &it.field, &it.provider))) {
        return Err(Error::invalid("job.settle", "steps", "a step stands twice in one answer"));
    }
    if !item.money.iter().all(|op| matches!(op, Op::Capture { .. } | Op::Refund { .. })) {
        return Err(Error::invalid("job.settle", "money", "only captures and refunds settle"));
    }
    NewSuppression::validate_all(&item.suppress)?;
    let charged = Credits::sum(item.steps.iter().map(|it| it.charge))?;
    let captures = item.money.iter().filter_map(|op| match op {
        Op::Capture { amount, .. } => Some(*amount),
        _ => None,
    });
    if charged != Credits::sum(captures)? {
        return Err(Error::invalid("job.settle", "money", "steps and captures differ in amount"));
    }
    match &item.call {
        Some(call)
            if call.state == CallState::Sent && call.task.is_none() && call.attempts == 0 =>
        {
            let problem = "a call that stays sent has a task, or left so many times";
            Err(Error::invalid("job.settle", "call", problem))
        }
        _ => Ok(()),
    }
}
