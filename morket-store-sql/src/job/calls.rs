//! Calls: written down before their bytes leave, with their part in every counter.

use super::{
    flight::{FlightRow, Flights},
    lease::not_cancelled,
    load::held_batch,
    results::CounterRow,
    rows::{BatchRow, CallRow},
};
use crate::{
    OnConflict, Scope, Session, SqlStore, args,
    ledger::book,
    names::Book as Names,
    query::{Writes, find, select},
};
use morket_core::{
    CallId, Result, WorkspaceId,
    job::{Call, CounterKey, Lease, Marked, Moves, NewCall},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Spend counters as this transaction finds and leaves them. The account's row is their lock.
pub(super) struct Counters {
    workspace: WorkspaceId,
    amounts: Moves,
    moved: BTreeSet<CounterKey>,
}

impl Counters {
    /// Those with these keys; the caller holds the account's lock.
    pub(super) async fn load(
        session: &mut dyn Session,
        workspace: WorkspaceId,
        keys: BTreeSet<CounterKey>,
    ) -> Result<Self> {
        let mut texts: BTreeMap<_, _> = keys.into_iter().map(|it| (it.to_string(), it)).collect();
        let wanted = texts.keys().map(|text| args![workspace, text.as_str()]).collect();
        let found: Vec<CounterRow> = find(session, &["workspace_id", "key"], wanted).await?;
        let amount = |it: CounterRow| Some((texts.remove(&it.key)?, it.amount));
        let amounts = found.into_iter().filter_map(amount).collect();
        Ok(Self { workspace, amounts, moved: BTreeSet::new() })
    }

    /// What a counter shows; nobody's shows zero.
    pub(super) fn amount(&self, key: &CounterKey) -> i64 {
        self.amounts.get(key).copied().unwrap_or(0)
    }

    /// Move counters; never below zero, whatever was lost before.
    pub(super) fn shift(&mut self, by: &Moves) {
        for (key, by) in by {
            let amount = self.amount(key).saturating_add(*by).max(0);
            self.amounts.insert(key.clone(), amount);
            self.moved.insert(key.clone());
        }
    }

    /// The writes of what moved.
    pub(super) fn collect(&self, writes: &mut Writes) {
        let workspace = self.workspace;
        let row = |key: &CounterKey| CounterRow {
            workspace,
            key: key.to_string(),
            amount: self.amount(key),
        };
        let rows: Vec<_> = self.moved.iter().map(row).collect();
        writes.insert(rows, OnConflict::Replace);
    }
}

pub(super) async fn mark(
    store: &SqlStore,
    lease: Lease,
    calls: Vec<NewCall>,
) -> Result<Vec<Result<Marked>>> {
    let names = calls.iter().map(|it| it.provider.as_str().to_owned()).collect();
    let names = store.intern(names).await?;
    let inputs = Arc::new((calls, names));
    store
        .write(Scope::Tenant(lease.workspace), move |session| {
            let inputs = inputs.clone();
            Box::pin(async move { mark_in(session, lease, &inputs.0, &inputs.1).await })
        })
        .await
}

async fn mark_in(
    session: &mut dyn Session,
    lease: Lease,
    calls: &[NewCall],
    names: &Names,
) -> Result<Vec<Result<Marked>>> {
    let batch = held_batch(session, &lease, "job.mark_sent").await?;
    not_cancelled(&batch, "job.mark_sent")?;
    let mut desk = Desk::open(session, lease, batch, calls, names).await?;
    let results = calls.iter().map(|call| desk.mark(call)).collect();
    desk.close(session).await?;
    Ok(results)
}

/// The state that marking calls changes, in memory until it is written.
struct Desk<'a> {
    lease: Lease,
    batch: BatchRow,
    now: morket_core::Timestamp,
    names: &'a Names,
    flights: Flights,
    known: BTreeMap<CallId, CallRow>,
    fresh: Vec<CallId>,
    changed: BTreeSet<CallId>,
    /// What is asked from now on, by which call.
    taken: BTreeMap<[u8; 32], CallId>,
    counters: Counters,
}

impl<'a> Desk<'a> {
    async fn open(
        session: &mut dyn Session,
        lease: Lease,
        batch: BatchRow,
        calls: &[NewCall],
        names: &'a Names,
    ) -> Result<Self> {
        let workspace = lease.workspace;
        book::lock_account(session, workspace).await?;
        let wanted = calls.iter().flat_map(|it| &it.wanted).map(|it| it.key);
        let mut flights = Flights::load(session, workspace, wanted.collect()).await?;
        flights.load_answers(session, workspace).await?;
        let keys = calls.iter().map(|it| args![workspace, it.id]).collect();
        let found: Vec<CallRow> = find(session, &["workspace_id", "id"], keys).await?;
        let found = named(session, found, names).await?;
        let known = found.into_iter().map(|row| (row.call.id, row)).collect();
        let now = session.now();
        let keys = calls.iter().flat_map(|it| it.counter_keys(lease.batch.job, now.day()));
        let counters = Counters::load(session, workspace, keys.collect()).await?;
        let (fresh, changed) = (Vec::new(), BTreeSet::new());
        let taken = BTreeMap::new();
        Ok(Self { lease, batch, now, names, flights, known, fresh, changed, taken, counters })
    }

    /// Decide one call; core says what its row becomes.
    fn mark(&mut self, new: &NewCall) -> Result<Marked> {
        let job = self.lease.batch.job;
        let before = self.known.get(&new.id);
        let here = (self.batch.job_no, self.batch.number);
        if before.is_some_and(|it| (it.job_no, it.batch) != here) {
            return Err(NewCall::taken(new.id));
        }
        let call = before.map(|it| &it.call);
        let Some(after) = Call::mark_sent(call, new, self.lease.fence, self.now)? else {
            return Ok(Marked::Sent);
        };
        let in_the_way = self.flights.in_the_way(new, here);
        if !in_the_way.is_empty() {
            return Ok(Marked::Taken(in_the_way));
        }
        let moved = after.moved_since(call, job);
        new.within_limits(job, self.now.day(), |key| self.counters.amount(key))?;
        self.counters.shift(&moved);
        let provider = match before {
            Some(row) => row.provider,
            None => self.names.number(new.provider.as_str())?,
        };
        if before.is_none() {
            self.fresh.push(new.id);
        } else if !self.fresh.contains(&new.id) {
            self.changed.insert(new.id);
        }
        let (workspace, (job_no, batch)) = (self.lease.workspace, here);
        let row = CallRow { workspace, job_no, batch, provider, call: after };
        self.known.insert(new.id, row);
        self.taken.extend(new.wanted.iter().map(|it| (it.key, new.id)));
        Ok(Marked::Sent)
    }

    async fn close(mut self, session: &mut dyn Session) -> Result<()> {
        let mut take = |ids: Vec<CallId>| -> Vec<CallRow> {
            ids.into_iter().filter_map(|id| self.known.remove(&id)).collect()
        };
        let fresh = take(self.fresh);
        let changed = take(self.changed.into_iter().collect());
        let mut writes = Writes::default();
        writes.insert(fresh, OnConflict::Fail);
        writes.save(CallRow::CHANGE, &changed);
        let workspace = self.lease.workspace;
        let flight = |(key, call)| FlightRow { workspace, key, call };
        let flights: Vec<FlightRow> = self.taken.into_iter().map(flight).collect();
        writes.insert(flights, OnConflict::Replace);
        self.counters.collect(&mut writes);
        writes.send(session).await
    }
}

/// Rows with their providers' names, also those that another process wrote.
pub(super) async fn named(
    session: &mut dyn Session,
    rows: Vec<CallRow>,
    names: &Names,
) -> Result<Vec<CallRow>> {
    let all_known = rows.iter().all(|row| names.text(row.provider).is_ok());
    let names = if all_known { names.clone() } else { crate::names::load(session).await? };
    rows.into_iter().map(|row| row.named(&names)).collect()
}

/// The calls of a batch that are not settled, oldest first.
pub(super) async fn open_calls(store: &SqlStore, lease: Lease) -> Result<Vec<Call>> {
    let rows: Vec<CallRow> = store
        .write(Scope::Tenant(lease.workspace), move |session| {
            Box::pin(async move {
                let batch = held_batch(session, &lease, "job.open_calls").await?;
                let tail = "WHERE job_no = $1 AND batch = $2 AND state <> 3 ORDER BY sent_at, id";
                select(session, tail, args![batch.job_no, batch.number]).await
            })
        })
        .await?;
    let names = store.names_for(rows.iter().map(|it| it.provider)).await?;
    rows.into_iter().map(|row| row.named(&names).map(|it| it.call)).collect()
}
