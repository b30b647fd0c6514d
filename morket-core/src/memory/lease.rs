//! Claiming batches, keeping them, and setting credits aside for them.

use super::{
    State,
    batch::{Batch, BatchState, JobRow},
    conflict,
};
use crate::{
    Credits, Error, HoldId, Result, Timestamp, WorkspaceId,
    job::{BatchId, ClaimFilter, Claimed, Dispatch, Funded, JobState, Lease},
    ledger::{Hold, Metering, Needs, Op},
};
use std::{collections::BTreeMap, time::Duration};

impl ClaimFilter {
    fn takes(self, row: &JobRow) -> bool {
        match self {
            Self::Queued => row.job.dispatch == Dispatch::Queued,
            Self::Job(id) => row.job.id == id,
            Self::All => true,
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
        let Some(id) = self.next_batch(filter, now) else { return Ok(None) };
        let until = now.after(ttl);
        let batch = self.batch_mut(id)?;
        batch.fence += 1;
        (batch.state, batch.vacant_since) = (BatchState::Leased { until }, until);
        let (first, size, fence, hold) = (batch.first, batch.size, batch.fence, batch.hold);
        let job = &mut self.jobs.get_mut(&id.job).expect("its batch was found above").job;
        if job.state == JobState::Pending {
            (job.state, job.started_at) = (JobState::Running, Some(now));
        }
        let workspace = job.workspace;
        let hold = self.tenants.get(&workspace).and_then(|it| it.ledger.open_hold(hold)).cloned();
        let lease = Lease { workspace, batch: id, fence, until };
        Ok(Some(Claimed { lease, first, size, hold }))
    }

    /// The batch whose turn it is.
    fn next_batch(&self, filter: ClaimFilter, now: Timestamp) -> Option<BatchId> {
        let busy = self.live_leases(now);
        let open = self.jobs.values().filter(|row| {
            filter.takes(row) && !row.job.state.is_terminal() && !row.is_cancelling()
        });
        let turns = open.filter_map(|row| {
            let sealed_at = row.job.sealed_at?;
            let number = row.batches.iter().position(|batch| batch.is_claimable(now))?;
            let leases = busy.get(&row.job.workspace).copied().unwrap_or(0);
            Some((leases, sealed_at, row.job.id, number))
        });
        let (_, _, job, number) = turns.min()?;
        Some(BatchId { job, number: u32::try_from(number).ok()? })
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
        let batch = self.batch_mut(lease.batch)?;
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
        let total = check_prices(operation, prices)?;
        let (row, batch) = self.leased(operation, &lease, now)?;
        row.may_start(operation)?;
        let ledger = &self.tenant(operation, lease.workspace)?.ledger;
        if ledger.account.metering == Metering::Unmetered {
            return Err(conflict(operation, "workspace: it is unmetered and has no credits"));
        }
        if let Some(open) = ledger.open_hold(batch.hold) {
            if open.id == id {
                return funded(Some(open.clone()), open.amount, prices, total);
            }
            return Err(conflict(operation, "hold: the batch has another one").with("hold", id));
        }
        if ledger.holds.contains_key(&id) {
            return Err(conflict(operation, "hold: this id names another hold").with("hold", id));
        }
        let (_, amount) = covered(prices, ledger.account.available());
        if !amount.is_positive() {
            return funded(None, amount, prices, total);
        }
        let batch = Some(lease.batch);
        let op = Op::Hold { id, amount, batch, lapses_at: None };
        let mut book = ledger.book(&Needs::of([&op]), now);
        let hold = book.apply(&op)?.hold().cloned();
        self.batch_mut(lease.batch)?.hold = Some(id);
        self.commit(lease.workspace, book, now);
        funded(hold, amount, prices, total)
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

fn check_prices(operation: &'static str, prices: &[Credits]) -> Result<Credits> {
    if prices.is_empty() {
        return Err(Error::invalid(operation, "prices", "must not be empty"));
    }
    if !prices.iter().all(|price| price.is_positive()) {
        return Err(Error::invalid(operation, "prices", "each must be above zero"));
    }
    Credits::sum(prices.iter().copied())
}

/// How many prices from the first on fit into `amount`, and their sum.
fn covered(prices: &[Credits], amount: Credits) -> (u32, Credits) {
    let (mut count, mut sum) = (0, Credits::ZERO);
    for price in prices {
        match sum.plus(*price) {
            Ok(more) if more <= amount => (count, sum) = (count + 1, more),
            _ => break,
        }
    }
    (count, sum)
}

fn funded(
    hold: Option<Hold>,
    amount: Credits,
    prices: &[Credits],
    total: Credits,
) -> Result<Funded> {
    let (covered, sum) = covered(prices, amount);
    Ok(Funded { hold, covered, missing: total.minus(sum)? })
}
