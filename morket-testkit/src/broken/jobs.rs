//! Job stores with one thing wrong.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use crate::fresh;
use async_trait::async_trait;
use morket_core::{
    ErrorKind, JobId, Result, WorkspaceId,
    job::{
        Answered, BatchId, CallState, Cancelling, ClaimFilter, Claimed, Job, Lease, LookupAge,
        Marked, NewCall, NewJob, Scope, Settled, Settlement,
    },
    ledger::Op,
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "a job is read without its tenant",
        must_fail: "p130_a_foreign_job_is_not_found",
        walk: None,
        wrap: |subject| through(subject, ReadsForeignJobs::default()),
    },
    Broken {
        name: "an old fence settles",
        must_fail: "p072_an_old_fence_writes_nothing_but_spend",
        walk: None,
        wrap: |subject| through(subject, SettlesStale::default()),
    },
    Broken {
        name: "a lease that ended is renewed",
        must_fail: "p072_a_lease_that_ended_is_not_renewed",
        walk: None,
        wrap: |subject| through(subject, RenewsEnded),
    },
    Broken {
        name: "a job's ceiling is ignored",
        must_fail: "p027_a_call_above_a_ceiling_is_not_written",
        walk: None,
        wrap: |subject| through(subject, IgnoresCeilings),
    },
    Broken {
        name: "a provider's counter is forgotten",
        must_fail: "every_scope_counts_for_itself",
        walk: None,
        wrap: |subject| through(subject, ForgetsCounter),
    },
    Broken {
        name: "marking again counts again",
        must_fail: "marking_again_changes_nothing",
        walk: None,
        wrap: |subject| through(subject, CountsTwice),
    },
    Broken {
        name: "a settlement drops its events",
        must_fail: "an_item_is_written_whole",
        walk: None,
        wrap: |subject| through(subject, DropsEvents),
    },
    Broken {
        name: "a refused item writes its cells",
        must_fail: "a_refused_item_leaves_nothing_of_itself",
        walk: None,
        wrap: |subject| through(subject, WritesRefused),
    },
    Broken {
        name: "a cancelled job is claimed",
        must_fail: "p069_nothing_starts_after_a_cancel",
        walk: None,
        wrap: |subject| through(subject, ClaimsCancelled::default()),
    },
    Broken {
        name: "what has expired was never there",
        must_fail: "an_expired_lookup_tells_its_age",
        walk: None,
        wrap: |subject| through(subject, ForgetsExpired),
    },
    Broken {
        name: "a job is opened over whatever base it names",
        must_fail: "a_base_has_come_to_its_end",
        walk: None,
        wrap: |subject| through(subject, TakesAnyBase),
    },
];

/// What a base would be refused for does not matter to it.
struct TakesAnyBase;

#[async_trait]
impl Defect for TakesAnyBase {
    async fn open_job(&self, right: &Right, workspace: WorkspaceId, job: NewJob) -> Result<()> {
        match right.store.open_job(workspace, job.clone()).await {
            Err(error) if error.message().starts_with("base:") => {
                right.store.open_job(workspace, NewJob { base: None, ..job }).await
            }
            opened => opened,
        }
    }
}

struct ForgetsExpired;

#[async_trait]
impl Defect for ForgetsExpired {
    async fn lookup_ages(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        keys: Vec<[u8; 32]>,
    ) -> Result<Vec<LookupAge>> {
        let ages = right.store.lookup_ages(workspace, keys).await?;
        Ok(ages.into_iter().filter(|it| !it.expired).collect())
    }
}

#[derive(Default)]
struct ReadsForeignJobs(Mutex<BTreeMap<JobId, WorkspaceId>>);

#[async_trait]
impl Defect for ReadsForeignJobs {
    async fn open_job(&self, right: &Right, workspace: WorkspaceId, job: NewJob) -> Result<()> {
        self.0.lock().unwrap().entry(job.id).or_insert(workspace);
        right.store.open_job(workspace, job).await
    }

    async fn job(&self, right: &Right, workspace: WorkspaceId, job: JobId) -> Result<Job> {
        let owner = self.0.lock().unwrap().get(&job).copied().unwrap_or(workspace);
        right.store.job(owner, job).await
    }
}

/// The newest lease of each batch.
#[derive(Default)]
struct SettlesStale(Mutex<BTreeMap<BatchId, Lease>>);

#[async_trait]
impl Defect for SettlesStale {
    async fn claim_batch(
        &self,
        right: &Right,
        worker: &str,
        ttl: Duration,
        filter: ClaimFilter,
    ) -> Result<Option<Claimed>> {
        let claimed = right.store.claim_batch(worker, ttl, filter).await?;
        if let Some(Claimed { lease, .. }) = &claimed {
            self.0.lock().unwrap().insert(lease.batch, *lease);
        }
        Ok(claimed)
    }

    async fn settle(&self, right: &Right, mut settlement: Settlement) -> Result<Settled> {
        if settlement.lease.until <= right.clock.now().await
            && let Some(newest) = self.0.lock().unwrap().get(&settlement.lease.batch)
        {
            settlement.lease = *newest;
        }
        right.store.settle(settlement).await
    }
}

struct RenewsEnded;

#[async_trait]
impl Defect for RenewsEnded {
    async fn renew_lease(&self, right: &Right, lease: Lease, ttl: Duration) -> Result<Lease> {
        if lease.until <= right.clock.now().await {
            return Ok(Lease { until: right.clock.now().await + ttl, ..lease });
        }
        right.store.renew_lease(lease, ttl).await
    }
}

struct IgnoresCeilings;

#[async_trait]
impl Defect for IgnoresCeilings {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        mut calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        let counters = calls.iter_mut().flat_map(|call| &mut call.counters);
        counters.filter(|it| it.scope == Scope::Job).for_each(|it| it.limit = None);
        right.store.mark_sent(lease, calls).await
    }
}

struct ForgetsCounter;

#[async_trait]
impl Defect for ForgetsCounter {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        mut calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        calls.iter_mut().for_each(|call| call.counters.retain(|it| it.scope != Scope::Provider));
        right.store.mark_sent(lease, calls).await
    }
}

struct CountsTwice;

#[async_trait]
impl Defect for CountsTwice {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        let open = right.store.open_calls(lease).await.unwrap_or_default();
        let results = right.store.mark_sent(lease, calls.clone()).await?;
        for (call, result) in calls.into_iter().zip(&results) {
            let sent = open.iter().any(|it| it.id == call.id && it.state == CallState::Sent);
            if sent && result.is_ok() {
                let mut twice = NewCall { id: fresh(), ..call };
                twice.counters.iter_mut().for_each(|it| it.limit = None);
                right.store.mark_sent(lease, vec![twice]).await?;
            }
        }
        Ok(results)
    }
}

struct DropsEvents;

#[async_trait]
impl Defect for DropsEvents {
    async fn settle(&self, right: &Right, mut settlement: Settlement) -> Result<Settled> {
        Arc::make_mut(&mut settlement.items).iter_mut().for_each(|item| item.events.clear());
        right.store.settle(settlement).await
    }
}

struct WritesRefused;

#[async_trait]
impl Defect for WritesRefused {
    async fn settle(&self, right: &Right, settlement: Settlement) -> Result<Settled> {
        let settled = right.store.settle(settlement.clone()).await?;
        let Settled::Applied { items: results, .. } = &settled else { return Ok(settled) };
        for (item, result) in settlement.items.iter().zip(results) {
            let pays = item.money.iter().any(|op| matches!(op, Op::Capture { .. }));
            if pays && result.as_ref().is_err_and(|it| it.kind() == ErrorKind::Validation) {
                let cells = item.cells.clone();
                let items = [Answered { cells, ..Answered::default() }].into();
                let lease = settlement.lease;
                right.store.settle(Settlement { lease, items, closing: None }).await?;
            }
        }
        Ok(settled)
    }
}

/// The last claim of each job, and whether the job was cancelled since.
#[derive(Default)]
struct ClaimsCancelled(Mutex<BTreeMap<JobId, (Claimed, bool)>>);

#[async_trait]
impl Defect for ClaimsCancelled {
    async fn claim_batch(
        &self,
        right: &Right,
        worker: &str,
        ttl: Duration,
        filter: ClaimFilter,
    ) -> Result<Option<Claimed>> {
        let claimed = right.store.claim_batch(worker, ttl, filter).await?;
        let mut last = self.0.lock().unwrap();
        match (&claimed, filter) {
            (Some(it), _) => {
                last.insert(it.lease.batch.job, (it.clone(), false));
                Ok(claimed)
            }
            (None, ClaimFilter::Job(job)) => {
                Ok(last.get(&job).filter(|(_, cancelled)| *cancelled).map(|it| it.0.clone()))
            }
            _ => Ok(None),
        }
    }

    async fn cancel_job(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        job: JobId,
    ) -> Result<Cancelling> {
        let cancelling = right.store.cancel_job(workspace, job).await?;
        if let Some((_, cancelled)) = self.0.lock().unwrap().get_mut(&job) {
            *cancelled = true;
        }
        Ok(cancelling)
    }
}
