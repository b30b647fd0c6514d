//! Settling: everything a worker learned, in one transaction.
//!
//! First everything the settlement refers to is loaded, with batch and account locked; then each
//! item is decided in memory, whole or not at all; then what changed is written. The vendor's
//! spend stands apart: it is a fact, and is kept even where the item that brought it is refused.

use super::{
    calls::Counters,
    close::{self, Ending},
    gather::{counter_keys, keep_first_calls, load_calls, load_statuses, load_steps},
    load::lock_batch,
    recall::EntityRow,
    results::{SpendRow, StoredCell, StoredLookup, StoredStep},
    rows::{BatchRow, CallRow, StatusRow},
};
use crate::{
    OnConflict, Rows, Scope, Session, SqlStore, args, audit::missing, ledger::book,
    names::Book as Names, outbox, privacy, query::Writes,
};
use morket_core::{
    CallId, ErrorKind, Result, Timestamp,
    job::{
        Answered, Call, CallResult, CallState, ItemResult, Lease, Moves, RecordStatus, Settled,
        Settlement, validate,
    },
    ledger::{Book, Needs},
    outbox::NewEvent,
    privacy::NewSuppression,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

pub(super) async fn settle(store: &SqlStore, settlement: Settlement) -> Result<Settled> {
    let names = store.intern(names_of(&settlement)).await?;
    let workspace = settlement.lease.workspace;
    let inputs = Arc::new((settlement, names));
    store
        .write(Scope::Tenant(workspace), move |session| {
            let inputs = inputs.clone();
            Box::pin(async move { settle_in(session, &inputs.0, &inputs.1).await })
        })
        .await?
}

fn names_of(settlement: &Settlement) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for item in settlement.items.iter() {
        for step in &item.steps {
            names.insert(step.field.as_str().to_owned());
            names.insert(step.provider.as_str().to_owned());
        }
        for cell in &item.cells {
            names.insert(cell.field.as_str().to_owned());
            names.extend(cell.provider.iter().map(|it| it.as_str().to_owned()));
        }
        names.extend(item.lookups.iter().map(|it| it.provider.as_str().to_owned()));
    }
    names
}

/// The inner result is the caller's, the outer one the transaction's: a refused settlement still
/// commits the spend it brought.
async fn settle_in(
    session: &mut dyn Session,
    settlement: &Settlement,
    names: &Names,
) -> Result<Result<Settled>> {
    let lease = settlement.lease;
    let Some(batch) = lock_batch(session, &lease).await? else {
        return Ok(Ok(Settled::Stale { spend_recorded: 0 }));
    };
    let held = batch.is_held_by(&lease, session.now());
    let mut desk = Desk::open(session, settlement, batch, names).await?;
    if !held {
        let spend_recorded = desk.spend_only(settlement, false)?;
        desk.store_spend(session).await?;
        return Ok(Ok(Settled::Stale { spend_recorded }));
    }
    let items: Vec<ItemResult> = settlement.items.iter().map(|item| desk.item(item)).collect();
    if let Some(Err(defect)) =
        items.iter().find(|it| matches!(it, Err(e) if e.kind() == ErrorKind::Internal))
    {
        return Err(defect.again());
    }
    let ending = match close::decide(session, settlement, &mut desk).await? {
        Ok(ending) => ending,
        Err(refused) => {
            let mut desk = Desk::open(session, settlement, desk.batch, names).await?;
            desk.spend_only(settlement, true)?;
            desk.store_spend(session).await?;
            return Ok(Err(refused));
        }
    };
    let closed = desk.store(session, ending).await?;
    Ok(Ok(Settled::Applied { items, closed }))
}

/// Everything a settlement touches, as it stands in memory until it is written.
pub(super) struct Desk<'a> {
    pub(super) lease: Lease,
    pub(super) batch: BatchRow,
    pub(super) book: Book,
    now: Timestamp,
    names: &'a Names,
    calls: BTreeMap<CallId, CallRow>,
    changed_calls: BTreeSet<CallId>,
    counters: Counters,
    known_steps: BTreeMap<(u32, i64, i64), StoredStep>,
    new_steps: Vec<StoredStep>,
    cells: BTreeMap<(u32, String), StoredCell>,
    statuses: BTreeMap<u32, RecordStatus>,
    before: BTreeMap<u32, RecordStatus>,
    lookups: BTreeMap<[u8; 32], StoredLookup>,
    entities: Vec<EntityRow>,
    events: Vec<NewEvent>,
    suppress: Vec<NewSuppression>,
}

impl<'a> Desk<'a> {
    async fn open(
        session: &mut dyn Session,
        settlement: &Settlement,
        batch: BatchRow,
        names: &'a Names,
    ) -> Result<Self> {
        let (lease, items) = (settlement.lease, &settlement.items);
        let mut needs = Needs::of(items.iter().flat_map(|it| &it.money));
        needs.holds.extend(batch.hold);
        needs.holds.extend(close::next_hold(settlement));
        let book = book::open(session, lease.workspace, &needs).await?;
        let calls = load_calls(session, &lease, items, names).await?;
        let keys = counter_keys(&lease, items, &calls);
        let counters = Counters::load(session, lease.workspace, keys).await?;
        let known_steps = load_steps(session, batch.job_no, items, names).await?;
        let before = load_statuses(session, batch.job_no, items).await?;
        Ok(Self {
            lease,
            batch,
            book,
            now: session.now(),
            names,
            calls,
            changed_calls: BTreeSet::new(),
            counters,
            known_steps,
            new_steps: Vec::new(),
            cells: BTreeMap::new(),
            statuses: before.clone(),
            before,
            lookups: BTreeMap::new(),
            entities: Vec::new(),
            events: Vec::new(),
            suppress: Vec::new(),
        })
    }

    /// Record what vendors billed, and nothing else; how many calls.
    fn spend_only(&mut self, settlement: &Settlement, held: bool) -> Result<u32> {
        let mut recorded = 0;
        for result in settlement.items.iter().filter_map(|it| it.call.as_ref()) {
            let row = self.calls.get(&result.id);
            let open = row.is_some_and(|row| row.call.state.owes_spend(held));
            if open && result.state == CallState::Settled {
                match held {
                    true => self.call(result)?,
                    false => self.call_late(result)?,
                }
                recorded += 1;
            }
        }
        Ok(recorded)
    }

    /// One item, whole or not at all; its spend is kept either way.
    fn item(&mut self, item: &Answered) -> ItemResult {
        let span = span_of(item, &self.lease);
        let _entered = span.enter();
        let decided = self.decide(item);
        if let Err(refused) = &decided {
            tracing::warn!(code = refused.code(), "an answer was refused");
        }
        let settled = item.call.as_ref().filter(|it| it.state == CallState::Settled);
        if decided.is_err()
            && let Some(call) = settled
            && self.calls.contains_key(&call.id)
        {
            let _no_such_change = self.call(call);
        }
        decided
    }

    fn decide(&mut self, item: &Answered) -> ItemResult {
        validate(item, self.batch.first, self.batch.size)?;
        let judged = item.call.as_ref().map(|result| {
            let row = self.calls.get(&result.id).filter(|it| it.batch == self.batch.number);
            let row = row.ok_or_else(|| missing("job.settle", "call"))?;
            row.call.apply(self.lease.batch.job, result)
        });
        let judged = judged.transpose()?;
        let steps = self.new_steps_of(item)?;
        for (index, status) in &item.records {
            if *status == RecordStatus::Pending && self.statuses.get(index) != Some(status) {
                let problem = "a decided record does not open again";
                return Err(morket_core::Error::invalid("job.settle", "records", problem));
            }
        }
        let receipts = self.book.apply_all(&item.money)?;
        if let Some(judged) = judged {
            self.keep_call(judged);
        }
        for step in steps {
            self.known_steps.insert(step.place(), step.clone());
            self.new_steps.push(step);
        }
        self.write_down(item)?;
        Ok(receipts)
    }

    /// The steps that are not there yet; one that is there must say the same.
    fn new_steps_of(&self, item: &Answered) -> Result<Vec<StoredStep>> {
        let mut fresh = Vec::new();
        for step in &item.steps {
            let (workspace, job_no) = (self.lease.workspace, self.batch.job_no);
            let step = StoredStep::new(workspace, job_no, step, self.names, self.now)?;
            match self.known_steps.get(&step.place()) {
                Some(known) if known.agrees_with(&step) => {}
                Some(_) => {
                    let message = "steps: this step was decided otherwise before";
                    return Err(morket_core::Error::new(
                        ErrorKind::Conflict,
                        "job.settle",
                        message,
                    ));
                }
                None => fresh.push(step),
            }
        }
        Ok(fresh)
    }

    fn write_down(&mut self, item: &Answered) -> Result<()> {
        let (workspace, job_no, now) = (self.lease.workspace, self.batch.job_no, self.now);
        for cell in &item.cells {
            let place = (cell.index, cell.field.as_str().to_owned());
            let stored = StoredCell::new(workspace, job_no, cell, self.names, now)?;
            self.cells.insert(place, stored);
        }
        self.statuses.extend(item.records.iter().copied());
        for lookup in &item.lookups {
            let stored = StoredLookup::new(workspace, lookup, self.names, now)?;
            self.lookups.insert(lookup.key, stored);
        }
        let about = item.entities.iter().map(|it| EntityRow::new(workspace, *it));
        self.entities.extend(about);
        self.events.extend(item.events.iter().cloned());
        self.suppress.extend(item.suppress.iter().cloned());
        Ok(())
    }

    fn call(&mut self, result: &CallResult) -> Result<()> {
        let Some(row) = self.calls.get(&result.id) else { return Ok(()) };
        let judged = row.call.apply(self.lease.batch.job, result)?;
        self.keep_call(judged);
        Ok(())
    }

    /// The same from somebody who lost the batch.
    fn call_late(&mut self, result: &CallResult) -> Result<()> {
        let Some(row) = self.calls.get(&result.id) else { return Ok(()) };
        let judged = row.call.apply_late(self.lease.batch.job, result)?;
        self.keep_call(judged);
        Ok(())
    }

    fn keep_call(&mut self, (after, moved): (Call, Moves)) {
        let id = after.id;
        let Some(row) = self.calls.get_mut(&id).filter(|row| row.call != after) else { return };
        row.call = after;
        self.changed_calls.insert(id);
        self.counters.shift(&moved);
    }

    /// The statuses of records that changed, and how many there are of each.
    fn changed_records(&self) -> Vec<StatusRow> {
        let changed =
            self.statuses.iter().filter(|(at, status)| self.before.get(*at) != Some(*status));
        let job_no = self.batch.job_no;
        changed
            .map(|(index, status)| StatusRow { job_no, index: *index, status: *status })
            .collect()
    }

    /// How many of this settlement's records were open before and are not any more.
    pub(super) fn newly_ended(&self) -> u32 {
        let ended = self.statuses.iter().filter(|(at, status)| {
            **status != RecordStatus::Pending
                && self.before.get(*at) == Some(&RecordStatus::Pending)
        });
        u32::try_from(ended.count()).unwrap_or(u32::MAX)
    }

    fn counts(&self) -> CountsChange {
        let mut change = CountsChange::default();
        for row in self.changed_records() {
            if let Some(before) = self.before.get(&row.index) {
                change.add(*before, -1);
            }
            change.add(row.status, 1);
        }
        change
    }

    /// The writes of calls, of what vendors billed for them, and of the counters they move.
    fn collect_spend(&self, writes: &mut Writes) {
        let changed = self.changed_calls.iter().filter_map(|id| self.calls.get(id)).cloned();
        let changed: Vec<CallRow> = changed.collect();
        let told = |it: &&CallRow| matches!(it.call.state, CallState::Settled | CallState::Unknown);
        let spend = changed.iter().filter(told).map(|row| SpendRow {
            workspace: row.workspace,
            call: row.call.id,
            job: self.lease.batch.job,
            provider: row.provider,
            operation: row.call.operation.clone(),
            spend: row.call.spend,
            state: row.call.state,
            at: self.now,
        });
        let spend: Vec<_> = spend.map(|row| row.values()).collect();
        writes.insert_rows(SpendRow::TABLE, Rows::new(spend), OnConflict::Replace);
        writes.save(CallRow::CHANGE, &changed);
        self.counters.collect(writes);
    }

    async fn store_spend(&self, session: &mut dyn Session) -> Result<()> {
        let mut writes = Writes::default();
        self.collect_spend(&mut writes);
        writes.send(session).await
    }

    async fn store(
        self,
        session: &mut dyn Session,
        ending: Option<Ending>,
    ) -> Result<Option<morket_core::job::Closed>> {
        let mut writes = Writes::default();
        self.collect_spend(&mut writes);
        let (changed, counts) = (self.changed_records(), self.counts());
        writes.insert(self.new_steps, OnConflict::Fail);
        writes.save(&["status"], &changed);
        let cells: Vec<_> = self.cells.into_values().collect();
        writes.insert(cells, OnConflict::ReplaceChanged);
        let lookups = keep_first_calls(session, self.lookups).await?;
        writes.insert(lookups, OnConflict::Replace);
        // Whom a question is about follows from its key.
        writes.insert(self.entities, OnConflict::Keep);
        let mut events = self.events;
        events.extend(book::collect(&mut writes, self.book));
        outbox::collect(&mut writes, self.lease.workspace, &events, self.now);
        privacy::collect(&mut writes, self.lease.workspace, self.suppress, self.now);
        writes.send(session).await?;
        counts.store(session, self.batch.job_no).await?;
        match ending {
            Some(ending) => close::store(session, &self.lease, self.batch, ending).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The span of one answer: its job, the first record it speaks of, and its call.
fn span_of(item: &Answered, lease: &Lease) -> tracing::Span {
    let record = item.steps.first().map(|it| it.index).or(item.records.first().map(|it| it.0));
    let call = item.call.as_ref().map(|it| tracing::field::display(it.id));
    tracing::debug_span!("answer", job = %lease.batch.job, record, call)
}

/// How a job's counts move.
#[derive(Default)]
pub(super) struct CountsChange([i64; 4]);

impl CountsChange {
    pub(super) fn add(&mut self, status: RecordStatus, by: i64) {
        let slot = match status {
            RecordStatus::Pending => return,
            RecordStatus::Success => 0,
            RecordStatus::Failed => 1,
            RecordStatus::Skipped => 2,
            RecordStatus::Cancelled => 3,
        };
        self.0[slot] += by;
    }

    pub(super) async fn store(self, session: &mut dyn Session, job_no: i64) -> Result<()> {
        if self.0 == [0; 4] {
            return Ok(());
        }
        let [success, failed, skipped, cancelled] = self.0;
        let sql = "UPDATE jobs SET success = success + $2, failed = failed + $3, \
                   skipped = skipped + $4, cancelled = cancelled + $5 WHERE no = $1";
        session.run(sql.into(), args![job_no, success, failed, skipped, cancelled]).await?;
        Ok(())
    }
}
