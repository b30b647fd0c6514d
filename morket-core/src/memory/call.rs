//! Calls to vendors, and the counters they move.

use super::{State, Tenant, conflict};
use crate::{
    Error, ErrorKind, JobId, Result, Timestamp, WorkspaceId,
    job::{Answered, BatchId, Call, CallState, Lease, NewCall, SpendTotal, counter_key},
    name::ProviderSlug,
};
use std::collections::BTreeMap;

/// A call and whose it is.
#[cfg_attr(test, derive(Debug))]
pub(super) struct CallRow {
    pub(super) batch: BatchId,
    pub(super) call: Call,
}

impl State {
    pub(super) fn mark_sent(
        &mut self,
        lease: Lease,
        calls: Vec<NewCall>,
        now: Timestamp,
    ) -> Result<Vec<Result<()>>> {
        let (row, _) = self.leased("job.mark_sent", &lease, now)?;
        row.may_start("job.mark_sent")?;
        Ok(calls.into_iter().map(|new| self.mark_one(&lease, new, now)).collect())
    }

    fn mark_one(&mut self, lease: &Lease, new: NewCall, now: Timestamp) -> Result<()> {
        countable(&new)?;
        let tenant = self.tenants.get_mut(&lease.workspace);
        let tenant = tenant.ok_or_else(|| Error::internal("job.mark_sent", "no tenant"))?;
        let before = match self.calls.get(&new.id) {
            None => None,
            Some(row) => match repeats(row, lease.batch, &new)? {
                CallState::Ready => Some(&row.call),
                _ => return Ok(()),
            },
        };
        let (call, moves) = marked(lease, new, before, now);
        within_limits(tenant, lease.batch.job, &call, &moves)?;
        tenant.count(moves);
        self.calls.insert(call.id, CallRow { batch: lease.batch, call });
        Ok(())
    }

    /// The calls of a batch that are not settled, oldest first.
    pub(super) fn open_calls(&self, lease: &Lease, now: Timestamp) -> Result<Vec<Call>> {
        self.leased("job.open_calls", lease, now)?;
        let mine = self.calls.values().filter(|row| row.batch == lease.batch);
        let open = mine.filter(|row| row.call.state != CallState::Settled);
        let mut open: Vec<_> = open.map(|row| row.call.clone()).collect();
        open.sort_by_key(|call| (call.sent_at, call.id));
        Ok(open)
    }

    /// Keep what answers say about spend, though nothing else of them counts; how many calls.
    pub(super) fn keep_spend(
        &mut self,
        workspace: WorkspaceId,
        items: &[Answered],
        counts: impl Fn(&CallRow) -> bool,
    ) -> u32 {
        let mut kept = 0;
        for result in items.iter().filter_map(|item| item.call.as_ref()) {
            let row = self.calls.get(&result.id).filter(|row| counts(row));
            let applied = row.and_then(|row| row.call.apply(row.batch.job, result).ok());
            if let Some((after, moves)) = applied.filter(|_| result.state == CallState::Settled) {
                self.write_call(workspace, after, moves);
                kept += 1;
            }
        }
        kept
    }

    /// Write what became of a call that is there, and move its counters.
    pub(super) fn write_call(
        &mut self,
        workspace: WorkspaceId,
        after: Call,
        moves: BTreeMap<String, i64>,
    ) {
        if let Some(tenant) = self.tenants.get_mut(&workspace) {
            tenant.count(moves);
        }
        if let Some(row) = self.calls.get_mut(&after.id) {
            row.call = after;
        }
    }

    /// What a counter shows.
    pub(super) fn spent(&self, workspace: WorkspaceId, of: &SpendTotal) -> Result<i64> {
        let tenant = self.tenant("job.spent", workspace)?;
        let provider = match &of.provider {
            Some(provider) => provider.clone(),
            None => ProviderSlug::new("none")?,
        };
        let job = of.job.unwrap_or(JobId(uuid::Uuid::nil()));
        let key = counter_key(job, &provider, of.day.unwrap_or(0), &of.scope, of.unit);
        Ok(tenant.counters.get(&key).copied().unwrap_or(0))
    }
}

/// Whether marking a call that is there may go on: its state, if it is the same call.
fn repeats(row: &CallRow, batch: BatchId, new: &NewCall) -> Result<CallState> {
    let there = &row.call;
    let same = row.batch == batch
        && there.provider == new.provider
        && there.operation == new.operation
        && there.composition == new.composition;
    if same && matches!(there.state, CallState::Ready | CallState::Sent) {
        return Ok(there.state);
    }
    let message = if same { "call: it has ended" } else { "call: this id names another call" };
    Err(conflict("job.mark_sent", message).with("call", new.id))
}

/// The call as it stands once its bytes may leave.
fn marked(
    lease: &Lease,
    new: NewCall,
    before: Option<&Call>,
    now: Timestamp,
) -> (Call, BTreeMap<String, i64>) {
    let mut call = Call {
        id: new.id,
        provider: new.provider,
        operation: new.operation,
        composition: new.composition,
        state: CallState::Sent,
        attempts: before.map_or(0, |call| call.attempts).saturating_add(1),
        spend: new.worst,
        fence: lease.fence,
        sent_at: now,
        day: now.day(),
        counters: Vec::new(),
        task: before.and_then(|call| call.task.clone()),
    };
    let moves = call.moves_to(lease.batch.job, &new.counters);
    call.counters = new.counters;
    (call, moves)
}

/// Refuse a call that would pass a ceiling.
fn within_limits(
    tenant: &Tenant,
    job: JobId,
    call: &Call,
    moves: &BTreeMap<String, i64>,
) -> Result<()> {
    for counter in &call.counters {
        let key = counter_key(job, &call.provider, call.day, &counter.scope, counter.unit);
        let now = tenant.counters.get(&key).copied().unwrap_or(0);
        let needed = now.saturating_add(moves.get(&key).copied().unwrap_or(0));
        if let Some(limit) = counter.limit.filter(|limit| needed > *limit) {
            let scope = &counter.scope;
            let message = format!("{scope}: {needed} would pass the ceiling of {limit}");
            let error = Error::new(ErrorKind::OverBudget, "job.mark_sent", message);
            return Err(error.with("call", call.id));
        }
    }
    Ok(())
}

/// Refuse amounts below zero: they would make room under a ceiling.
fn countable(new: &NewCall) -> Result<()> {
    if new.counters.iter().any(|counter| counter.amount < 0) {
        return Err(Error::invalid("job.mark_sent", "counters", "must not be below zero"));
    }
    Ok(())
}
