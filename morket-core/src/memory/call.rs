//! Calls to vendors, and the counters they move.

use super::State;
use crate::{
    Error, JobId, Result, Timestamp, WorkspaceId,
    job::{
        Answered, Asker, BatchId, Call, CallState, CounterKey, Dispatch, Flight, Lease, Marked,
        NewCall, SpendTotal,
    },
    name::ProviderSlug,
};

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
    ) -> Result<Vec<Result<Marked>>> {
        let (row, _) = self.leased("job.mark_sent", &lease, now)?;
        row.may_start("job.mark_sent")?;
        Ok(calls.iter().map(|new| self.mark_one(&lease, new, now)).collect())
    }

    fn mark_one(&mut self, lease: &Lease, new: &NewCall, now: Timestamp) -> Result<Marked> {
        let id = (lease.workspace, new.id);
        let before = self.calls.get(&id);
        if before.is_some_and(|row| row.batch != lease.batch) {
            return Err(NewCall::taken(new.id));
        }
        let before = before.map(|row| &row.call);
        let Some(call) = Call::mark_sent(before, new, lease.fence, now)? else {
            return Ok(Marked::Sent);
        };
        let taken = self.in_the_way(lease, new, now);
        if !taken.is_empty() {
            return Ok(Marked::Taken(taken));
        }
        let moves = call.moved_since(before, lease.batch.job);
        let tenant = self.tenants.get_mut(&lease.workspace);
        let tenant = tenant.ok_or_else(|| Error::internal("job.mark_sent", "no tenant"))?;
        new.within_limits(lease.batch.job, now.day(), |key| tenant.shown(key))?;
        tenant.count(moves);
        tenant.flights.extend(new.wanted.iter().map(|it| (it.key, new.id)));
        self.calls.insert(id, CallRow { batch: lease.batch, call });
        Ok(Marked::Sent)
    }

    /// What of a call others ask, or have asked since it looked.
    fn in_the_way(&self, lease: &Lease, new: &NewCall, now: Timestamp) -> Vec<Flight> {
        let Some(tenant) = self.tenants.get(&lease.workspace) else { return Vec::new() };
        let flight = |key: &[u8; 32]| {
            let (batch, flight) = self.flight(lease.workspace, key, now)?;
            Some(if batch == lease.batch { flight.of_ours() } else { flight })
        };
        let stored = |key: &[u8; 32]| {
            let kept = tenant.lookups.get(key).filter(|it| it.lookup.expires_at > now);
            kept.map(|it| it.lookup.call)
        };
        new.in_the_way(flight, stored)
    }

    /// What has become of what was asked last under a key, and by which batch.
    fn flight(
        &self,
        workspace: WorkspaceId,
        key: &[u8; 32],
        now: Timestamp,
    ) -> Option<(BatchId, Flight)> {
        let tenant = self.tenants.get(&workspace)?;
        let call = *tenant.flights.get(key)?;
        let row = self.calls.get(&(workspace, call))?;
        let job = self.jobs.get(&(workspace, row.batch.job))?;
        let batch = job.batch(row.batch.number)?;
        let asker = Asker {
            call,
            state: row.call.state,
            lost: row.call.spend.units.0 > 0
                && tenant.lookups.get(key).is_none_or(|it| it.lookup.call != call),
            open: !batch.is_done(),
            attended: job.job.dispatch == Dispatch::Attended,
            wake_at: batch.wake_at(),
            vacant_since: batch.vacant_since,
        };
        Some((row.batch, asker.flight(*key, now)))
    }

    pub(super) fn flights(
        &self,
        workspace: WorkspaceId,
        keys: &[[u8; 32]],
        now: Timestamp,
    ) -> Result<Vec<Flight>> {
        self.tenant("job.flights", workspace)?;
        let found = keys.iter().filter_map(|key| self.flight(workspace, key, now));
        Ok(found.map(|(_, flight)| flight).collect())
    }

    /// The calls of a batch that are not settled, oldest first.
    pub(super) fn open_calls(&self, lease: &Lease, now: Timestamp) -> Result<Vec<Call>> {
        self.leased("job.open_calls", lease, now)?;
        let mine = self.calls.iter().filter(|((workspace, _), row)| {
            *workspace == lease.workspace && row.batch == lease.batch
        });
        let open = mine.filter(|(_, row)| row.call.state != CallState::Settled);
        let mut open: Vec<_> = open.map(|(_, row)| row.call.clone()).collect();
        open.sort_by_key(|call| (call.sent_at, call.id));
        Ok(open)
    }

    /// Of a settlement that does not count, keep what it says about the spend of its job's calls
    /// whose fate is open; how many calls.
    pub(super) fn keep_spend(&mut self, lease: &Lease, items: &[Answered], held: bool) -> u32 {
        let job = lease.batch.job;
        let mut kept = 0;
        let results = items.iter().filter_map(|item| item.call.as_ref());
        for result in results.filter(|it| it.state == CallState::Settled) {
            let row = self.calls.get_mut(&(lease.workspace, result.id));
            let open = row.filter(|row| row.batch.job == job && row.call.state.owes_spend(held));
            let Some(row) = open else { continue };
            let judged = match held {
                true => row.call.apply(job, result),
                false => row.call.apply_late(job, result),
            };
            let Ok((after, moves)) = judged else { continue };
            row.call = after;
            if let Some(tenant) = self.tenants.get_mut(&lease.workspace) {
                tenant.count(moves);
            }
            kept += 1;
        }
        kept
    }

    /// What a counter shows.
    pub(super) fn spent(&self, workspace: WorkspaceId, of: &SpendTotal) -> Result<i64> {
        let tenant = self.tenant("job.spent", workspace)?;
        let provider = match &of.provider {
            Some(provider) => provider.clone(),
            None => ProviderSlug::new("none")?,
        };
        let job = of.job.unwrap_or(JobId(uuid::Uuid::nil()));
        let key = CounterKey::new(job, &provider, of.day.unwrap_or(0), &of.scope, of.unit);
        Ok(tenant.shown(&key))
    }
}
