//! Claiming batches, keeping them, and setting credits aside for them.

use super::{
    State,
    batch::{Batch, BatchState, JobRow},
    conflict,
};
use crate::{
    Credits, Error, HoldId, Result, Timestamp, WorkspaceId,
    job::{BatchId, ClaimFilter, Claimed, Dispatch, Funded, JobState, Lease},
    ledger::{Metering, Needs, Op},
};
use std::{collections::BTreeMap, time::Duration};

impl ClaimFilter {
    fn takes(self, row: &JobRow) -> bool {
        match self {
            Self::Queued => row.job.dispatch == Dispatch::Queued,
            Self::Job(id) => row.job.id == id,
            Self::All => true,
            Self::Newcomers { attended } => {
                let new = row.job.state == JobState::Pending;
                new && (attended || row.job.dispatch == Dispatch::Queued)
            }
        }
    }
}

impl State {
    pub(super) fn claim_batch(
        &mut self,
        ttl: Duration,
        filter: ClaimFilter,
        now: Timestamp,
    ) -> Result<Option<Claimed>> {
        check_ttl("job.claim_batch", ttl)?;
        let Some((workspace, id)) = self.next_batch(filter, now) else { return Ok(None) };
        let until = now.after(ttl);
        let batch = self.batch_mut(workspace, id)?;
        batch.fence += 1;
        (batch.state, batch.vacant_since) = (BatchState::Leased { until }, until);
        let (first, size, fence, hold) = (batch.first, batch.size, batch.fence, batch.hold);
        let waited = batch.waited.clone();
        let row = self.jobs.get_mut(&(workspace, id.job));
        let job = &mut row.expect("its batch was found above").job;
        if job.state == JobState::Pending {
            (job.state, job.started_at) = (JobState::Running, Some(now));
        }
        let hold = self.tenants.get(&workspace).and_then(|it| it.ledger.open_hold(hold)).cloned();
        let lease = Lease { workspace, batch: id, fence, until };
        Ok(Some(Claimed { lease, first, size, hold, waited }))
    }

    /// The batch whose turn it is.
    fn next_batch(&self, filter: ClaimFilter, now: Timestamp) -> Option<(WorkspaceId, BatchId)> {
        let busy = self.live_leases(now);
        let open = self.jobs.values().filter(|row| {
            filter.takes(row) && !row.job.state.is_terminal() && !row.is_cancelling()
        });
        let turns = open.filter_map(|row| {
            let sealed_at = row.job.sealed_at?;
            let number = row.batches.iter().position(|batch| batch.is_claimable(now))?;
            let leases = busy.get(&row.job.workspace).copied().unwrap_or(0);
            Some((leases, sealed_at, row.job.id, number, row.job.workspace))
        });
        let new = matches!(filter, ClaimFilter::Newcomers { .. });
        let turns = turns.filter(|it| !new || !self.is_begun(it.4));
        let (_, _, job, number, workspace) = turns.min()?;
        Some((workspace, BatchId { job, number: u32::try_from(number).ok()? }))
    }

    /// Whether anything was begun for a workspace that is to be gone on with now.
    fn is_begun(&self, workspace: WorkspaceId) -> bool {
        let mine = self.jobs.values().filter(|row| row.job.workspace == workspace);
        mine.flat_map(|row| &row.batches).any(Batch::is_begun)
    }

    /// How many batches of each workspace have a worker.
    fn live_leases(&self, now: Timestamp) -> BTreeMap<WorkspaceId, usize> {
        let mut leases = BTreeMap::new();
        for row in self.jobs.values() {
            let live = row.batches.iter().filter(|batch| batch.is_leased(now)).count();
            *leases.entry(row.job.workspace).or_insert(0) += live;
        }
        leases
    }

    pub(super) fn renew_lease(
        &mut self,
        lease: Lease,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Lease> {
        check_ttl("job.renew_lease", ttl)?;
        self.leased("job.renew_lease", &lease, now)?;
        let until = now.after(ttl);
        let batch = self.batch_mut(lease.workspace, lease.batch)?;
        (batch.state, batch.vacant_since) = (BatchState::Leased { until }, until);
        Ok(Lease { until, ..lease })
    }

    pub(super) fn fund_batch(
        &mut self,
        lease: Lease,
        id: HoldId,
        prices: &[Credits],
        now: Timestamp,
    ) -> Result<Funded> {
        let operation = "job.fund_batch";
        Funded::validate(prices)?;
        let (row, batch) = self.leased(operation, &lease, now)?;
        let may_start = row.may_start(operation);
        let ledger = &self.tenant(operation, lease.workspace)?.ledger;
        if ledger.account.metering == Metering::Unmetered {
            return Err(conflict(operation, "workspace: it is unmetered and has no credits"));
        }
        let current = ledger.open_hold(batch.hold).cloned();
        if let Some(open) = current.as_ref().filter(|open| open.id == id) {
            return Funded::again(open, prices);
        }
        may_start?;
        let op = Op::Hold { id, amount: Credits::ZERO, batch: None, lapses_at: None };
        let mut needs = Needs::of([&op]);
        needs.holds.extend(current.as_ref().map(|open| open.id));
        let mut book = ledger.book(&needs, now);
        let funded = Funded::refill(&mut book, current.map(|it| it.id), lease.batch, id, prices)?;
        if funded.hold.is_none() {
            return Ok(funded);
        }
        self.batch_mut(lease.workspace, lease.batch)?.hold = Some(id);
        self.commit(lease.workspace, book, now);
        Ok(funded)
    }
}

impl Batch {
    /// Its hold, if the ledger still has it open.
    pub(super) fn open_hold(&self, ledger: &super::ledger::Ledger) -> Option<HoldId> {
        ledger.open_hold(self.hold).map(|hold| hold.id)
    }
}

fn check_ttl(operation: &'static str, ttl: Duration) -> Result<()> {
    if ttl.is_zero() {
        return Err(Error::invalid(operation, "ttl", "must be above zero"));
    }
    Ok(())
}
