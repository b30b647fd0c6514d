//! Settling: answers are judged one by one in a draft, and what the draft comes to is written in
//! one go, or not at all when the batch cannot be closed as was asked.

use super::{
    State,
    batch::{Batch, BatchState, JobRow},
    conflict,
    ledger::is_defect,
    not_found,
};
use crate::{
    CallId, Error, HoldId, Result, Timestamp,
    job::{
        Answered, Call, CallResult, CallState, CellRow, CellWrite, Closed, Closing, CounterKey,
        EntityWrite, ItemResult, Lease, LookupRow, LookupWrite, Moves, RecordStatus, Settled,
        Settlement, StepRow, StepWrite, Waited, validate,
    },
    ledger::{Book, Needs, Op},
    name::{FieldName, ProviderSlug},
    outbox::NewEvent,
    privacy::NewSuppression,
};
use std::{collections::BTreeMap, time::Duration};

const OPERATION: &str = "job.settle";

/// What the answers of one settlement come to, before any of it is written.
struct Draft<'a> {
    state: &'a State,
    lease: &'a Lease,
    row: &'a JobRow,
    batch: &'a Batch,
    book: Book,
    written: Written,
}

/// All of a draft but its money, free of what it was made from.
#[derive(Default)]
struct Written {
    calls: BTreeMap<CallId, Call>,
    moves: Vec<(CounterKey, i64)>,
    steps: BTreeMap<(u32, FieldName, ProviderSlug), StepWrite>,
    cells: BTreeMap<(u32, FieldName), CellWrite>,
    records: BTreeMap<u32, RecordStatus>,
    lookups: BTreeMap<[u8; 32], LookupWrite>,
    entities: Vec<EntityWrite>,
    events: Vec<NewEvent>,
    suppress: Vec<NewSuppression>,
}

/// A call as it will stand, and by how much that moves each counter.
type Judged = (Call, Moves);

/// What becomes of the batch.
enum Next {
    /// Its worker goes on.
    Held,
    /// Nothing any more; `cancel` says that its open records end with it.
    Done { cancel: bool },
    /// Anybody may take it.
    Ready,
    /// It waits.
    Parked { wake_in: Option<Duration>, on: Vec<Waited>, hold: Option<HoldId> },
}

impl State {
    pub(super) fn settle(&mut self, settlement: &Settlement, now: Timestamp) -> Result<Settled> {
        let Settlement { lease, items, closing } = settlement;
        let Ok((row, batch)) = self.leased(OPERATION, lease, now) else {
            return Ok(Settled::Stale { spend_recorded: self.keep_spend(lease, items, false) });
        };
        let mut needs = Needs::of(items.iter().flat_map(|item| &item.money));
        needs.holds.extend(batch.hold);
        if let Some(Closing::Park { next_hold: Some((id, _)), .. }) = closing {
            needs.holds.insert(*id);
        }
        let book = self.tenant(OPERATION, lease.workspace)?.ledger.book(&needs, now);
        let written = Written::default();
        let mut draft = Draft { state: self, lease, row, batch, book, written };
        let mut results: Vec<_> = items.iter().map(|item| draft.answer(item)).collect();
        if let Some(defect) = results.iter().position(is_defect) {
            return Err(results.swap_remove(defect).expect_err("a defect is an error"));
        }
        match draft.close(closing.as_ref()) {
            Ok(next) => {
                let Draft { book, written, .. } = draft;
                let closed = self.write(lease, (book, written), next, now)?;
                Ok(Settled::Applied { items: results, closed })
            }
            Err(refusal) => {
                self.keep_spend(lease, items, true);
                Err(refusal)
            }
        }
    }

    /// Write a draft and what becomes of its batch.
    fn write(
        &mut self,
        lease: &Lease,
        (book, written): (Book, Written),
        next: Next,
        now: Timestamp,
    ) -> Result<Option<Closed>> {
        let Written { calls, moves, steps, cells, records, lookups, entities, events, suppress } =
            written;
        let Lease { workspace, batch: id, .. } = *lease;
        let gone = || Error::internal(OPERATION, "the batch was there a moment ago");
        for call in calls.into_values() {
            self.calls.entry((workspace, call.id)).and_modify(|row| row.call = call);
        }
        let tenant = self.tenants.get_mut(&workspace).ok_or_else(gone)?;
        tenant.count(moves);
        keep_lookups(&mut tenant.lookups, lookups.into_values(), now);
        entities.into_iter().for_each(|it| tenant.entities.put(it));
        tenant.privacy.add(suppress, now);
        let row = self.jobs.get_mut(&(workspace, id.job)).ok_or_else(gone)?;
        for step in steps.into_values() {
            let name = (step.field.clone(), step.provider.clone());
            row.records[step.index as usize].steps.insert(name, StepRow { step, at: now });
        }
        keep_cells(row, cells.into_values(), now);
        for (index, status) in records {
            row.set_status(index as usize, status);
        }
        let closed = row.close(id.number, next, now);
        self.outbox.put(workspace, events, now);
        self.commit(workspace, book, now);
        Ok(closed.map(|(closed, event)| {
            self.outbox.put(workspace, event, now);
            closed
        }))
    }
}

impl Draft<'_> {
    /// Judge one answer. Whatever is refused of it, the spend of its job's call is kept.
    fn answer(&mut self, item: &Answered) -> ItemResult {
        let judged = item.call.as_ref().and_then(|result| self.judge(result));
        let receipts = self.decide(item, judged.as_ref());
        let told = item.call.as_ref();
        let told = told.is_some_and(|it| receipts.is_ok() || it.state == CallState::Settled);
        if let Some(Ok((call, moves))) = judged.filter(|_| told) {
            self.written.moves.extend(moves);
            self.written.calls.insert(call.id, call);
        }
        if receipts.is_ok() {
            self.written.accept(item);
        }
        receipts
    }

    /// Whether all of an answer can be written; its money moves in the book.
    fn decide(&mut self, item: &Answered, judged: Option<&Result<Judged>>) -> ItemResult {
        validate(item, self.batch.first, self.batch.size)?;
        if let Some(result) = &item.call {
            let row = self.state.calls.get(&(self.lease.workspace, result.id));
            let ours = row.is_some_and(|row| row.batch == self.lease.batch);
            let missing = || not_found(OPERATION, "call: not found").with("call", result.id);
            let judged = judged.filter(|_| ours).ok_or_else(missing)?;
            judged.as_ref().map_err(Error::again)?;
        }
        self.check_steps(item)?;
        self.check_records(item)?;
        self.book.apply_all(&item.money)
    }

    /// What a result makes of its call, if the job has that call.
    fn judge(&self, result: &CallResult) -> Option<Result<Judged>> {
        let job = self.lease.batch.job;
        let stored = self.state.calls.get(&(self.lease.workspace, result.id));
        let stored = stored.filter(|row| row.batch.job == job)?;
        let call = self.written.calls.get(&result.id).unwrap_or(&stored.call);
        Some(call.apply(job, result))
    }

    /// A step is decided once: there it must be the same.
    fn check_steps(&self, item: &Answered) -> Result<()> {
        for step in &item.steps {
            let stored = &self.row.records[step.index as usize].steps;
            let stored = stored.get(&(step.field.clone(), step.provider.clone()));
            let name = (step.index, step.field.clone(), step.provider.clone());
            let drafted = self.written.steps.get(&name);
            if drafted.or(stored.map(|row| &row.step)).is_some_and(|first| first != step) {
                let error = conflict(OPERATION, "step: it was decided otherwise before");
                return Err(error
                    .with("index", step.index)
                    .with("field", &step.field)
                    .with("provider", &step.provider));
            }
        }
        Ok(())
    }

    /// A record that has come to an end stays ended.
    fn check_records(&self, item: &Answered) -> Result<()> {
        for (index, status) in &item.records {
            if *status == RecordStatus::Pending && self.status(*index) != RecordStatus::Pending {
                let problem = "a record that has ended does not open again";
                return Err(Error::invalid(OPERATION, "records", problem).with("index", index));
            }
        }
        Ok(())
    }

    fn status(&self, index: u32) -> RecordStatus {
        let drafted = self.written.records.get(&index).copied();
        drafted.unwrap_or_else(|| self.row.records[index as usize].status)
    }

    /// Close the batch as asked, its hold in the same step.
    fn close(&mut self, closing: Option<&Closing>) -> Result<Next> {
        let Some(closing) = closing else { return Ok(Next::Held) };
        let mut indexes = self.batch.first..self.batch.first + self.batch.size;
        let open = indexes.any(|index| self.status(index) == RecordStatus::Pending);
        if open && *closing == Closing::Done {
            return Err(conflict(OPERATION, "batch: a record of it is still open"));
        }
        if let Some(hold) = self.batch.hold
            && self.book.hold(hold).is_some_and(|hold| hold.is_open())
        {
            self.book.apply(&Op::Void { hold })?;
        }
        Ok(match closing {
            _ if self.row.is_cancelling() => Next::Done { cancel: true },
            Closing::Done => Next::Done { cancel: false },
            Closing::Release => Next::Ready,
            Closing::Park { wake_in, on, next_hold } => {
                let hold = next_hold.map(|(id, amount)| self.hold_on(id, amount)).transpose()?;
                Next::Parked { wake_in: *wake_in, on: on.clone(), hold }
            }
        })
    }

    /// Open the hold that a parked batch keeps.
    fn hold_on(&mut self, id: HoldId, amount: crate::Credits) -> Result<HoldId> {
        if self.book.hold(id).is_some() {
            return Err(conflict(OPERATION, "hold: this id names another hold").with("hold", id));
        }
        let batch = Some(self.lease.batch);
        self.book.apply(&Op::Hold { id, amount, batch, lapses_at: None })?;
        Ok(id)
    }
}

impl Written {
    /// Take over what an answer decides.
    fn accept(&mut self, item: &Answered) {
        let name = |it: &StepWrite| (it.index, it.field.clone(), it.provider.clone());
        self.steps.extend(item.steps.iter().map(|step| (name(step), step.clone())));
        let place = |it: &CellWrite| (it.index, it.field.clone());
        self.cells.extend(item.cells.iter().map(|cell| (place(cell), cell.clone())));
        self.records.extend(item.records.iter().copied());
        self.lookups.extend(item.lookups.iter().map(|lookup| (lookup.key, lookup.clone())));
        self.entities.extend(item.entities.iter().copied());
        self.events.extend(item.events.iter().cloned());
        self.suppress.extend(item.suppress.iter().cloned());
    }
}

impl JobRow {
    /// Write what becomes of a batch, and the job's end if this was the last thing it waited for.
    fn close(
        &mut self,
        number: u32,
        next: Next,
        now: Timestamp,
    ) -> Option<(Closed, Option<NewEvent>)> {
        let place = number as usize;
        match next {
            Next::Held => return None,
            Next::Done { cancel } => {
                if cancel {
                    self.cancel_records(place);
                }
                self.batches[place].end(now);
            }
            Next::Ready => {
                self.batches[place].rest(BatchState::Ready, None, now);
                self.batches[place].waited.clear();
            }
            Next::Parked { wake_in, on, hold } => {
                let wake_at = wake_in.map(|wait| now.after(wait));
                let vacant_since = wake_at.unwrap_or(now);
                self.batches[place].rest(BatchState::Parked { wake_at }, hold, vacant_since);
                self.batches[place].waited = Waited::from_now(&on, now);
            }
        }
        let event = self.finish(now);
        let finished = event.is_some().then(|| Box::new(self.view()));
        Some((Closed { finished }, event))
    }
}

impl Batch {
    fn rest(&mut self, state: BatchState, hold: Option<HoldId>, vacant_since: Timestamp) {
        (self.state, self.hold, self.vacant_since) = (state, hold, vacant_since);
    }
}

/// What stands there is what was settled last; the same again is no new writing.
fn keep_cells(row: &mut JobRow, cells: impl Iterator<Item = CellWrite>, now: Timestamp) {
    for cell in cells {
        let there = &mut row.records[cell.index as usize].cells;
        if there.get(&cell.field).is_none_or(|row| row.cell != cell) {
            there.insert(cell.field.clone(), CellRow { cell, at: now });
        }
    }
}

/// The last answer is kept; the same call's again is no new fetching.
fn keep_lookups(
    there: &mut BTreeMap<[u8; 32], LookupRow>,
    lookups: impl Iterator<Item = LookupWrite>,
    now: Timestamp,
) {
    for lookup in lookups {
        if there.get(&lookup.key).is_none_or(|row| row.lookup.call != lookup.call) {
            there.insert(lookup.key, LookupRow { lookup, fetched_at: now });
        }
    }
}
