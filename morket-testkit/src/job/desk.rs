//! A job and what a worker does with it, so that a case reads as what is learned.

use crate::{Subject, fresh};
use morket_core::{
    CallId, Credits, HoldId, JobId, MicroUsd, Result, VendorUnits, WorkspaceId,
    job::{
        Answered, CallResult, CallState, CellSource, CellStatus, CellWrite, ClaimFilter, Claimed,
        Closed, Closing, Counter, Dispatch, Funded, ItemResult, Job, Lease, Marked, NewCall,
        NewJob, RecordStatus, Scope, Settled, Settlement, Spend, SpendTotal, SpendUnit,
        StepOutcome, StepWrite,
    },
    ledger::Op,
    name::{FieldName, ProviderSlug, step_key},
    outbox::Event,
    page::Limit,
};
use serde_json::json;
use std::time::Duration;

/// How long a lease runs: long enough for any machine, short beside a day.
pub(crate) const TTL: Duration = Duration::from_secs(600);

pub(crate) fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

pub(crate) fn provider(slug: &str) -> ProviderSlug {
    ProviderSlug::new(slug).unwrap()
}

/// A call to `hunter` of 10 at worst, counted over its job.
pub(crate) fn call() -> NewCall {
    limited(Scope::Job, 10, None)
}

/// A call to `hunter` that counts `amount` in `scope`.
pub(crate) fn limited(scope: Scope, amount: i64, limit: Option<i64>) -> NewCall {
    NewCall {
        id: fresh(),
        provider: provider("hunter"),
        operation: "find".into(),
        composition: json!({"rows": [0]}).to_string().into(),
        worst: Spend { units: VendorUnits(1_000), usd: Some(MicroUsd(amount)) },
        counters: vec![Counter { scope, unit: SpendUnit::Usd, amount, limit }],
        wanted: Vec::new(),
        attempts: 0,
    }
}

/// That a call came to `state`, and cost `usd` in its job.
pub(crate) fn result(id: CallId, state: CallState, usd: i64) -> CallResult {
    let counter = Counter { scope: Scope::Job, unit: SpendUnit::Usd, amount: usd, limit: None };
    CallResult {
        id,
        state,
        spend: Spend { units: VendorUnits(500), usd: Some(MicroUsd(usd)) },
        counters: vec![counter],
        task: None,
        attempts: 1,
    }
}

/// An accepted e-mail for one record, without money.
pub(crate) fn answer(index: u32, call: Option<CallId>) -> Answered {
    let (name, hunter) = (field("email"), provider("hunter"));
    let step = StepWrite {
        index,
        field: name.clone(),
        provider: hunter.clone(),
        call,
        outcome: StepOutcome::Accepted,
        charge: Credits::ZERO,
    };
    let cell = CellWrite {
        index,
        field: name,
        status: CellStatus::Found,
        source: Some(CellSource::Call),
        provider: Some(hunter),
        call,
        value: Some(json!(format!("{index}@example.com"))),
        reason: None,
        detail: Some(json!({"score": 0.5})),
    };
    Answered {
        steps: vec![step],
        cells: vec![cell],
        records: vec![(index, RecordStatus::Success)],
        ..Answered::default()
    }
}

/// That records come to an end, and nothing else.
pub(crate) fn answered(records: impl IntoIterator<Item = (u32, RecordStatus)>) -> Answered {
    Answered { records: records.into_iter().collect(), ..Answered::default() }
}

/// A page of a workspace's jobs.
pub(crate) async fn jobs_of(subject: &Subject, workspace: WorkspaceId) -> Vec<Job> {
    subject.store.jobs(workspace, None, Limit::new(100).unwrap()).await.unwrap().rows
}

/// A job of a prepaid workspace.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) subject: Subject,
    pub(crate) workspace: WorkspaceId,
    pub(crate) job: JobId,
}

impl Desk {
    /// A job of nobody and nothing, in a workspace with 1,000 thousandths.
    pub(crate) fn new_job() -> NewJob {
        NewJob {
            id: fresh(),
            name: Some("Leads".into()),
            plan: json!({"fields": ["email"], "budget": null}),
            dispatch: Dispatch::Queued,
            worst_case: Credits::ZERO,
            created_by: None,
            retry_of: None,
            base: None,
        }
    }

    /// An open job without records.
    pub(crate) async fn opened(subject: &Subject, workspace: WorkspaceId, new: NewJob) -> Self {
        subject.store.open_job(workspace, new.clone()).await.unwrap();
        Self { subject: subject.clone(), workspace, job: new.id }
    }

    /// A queued job of `n` records, in a workspace of its own.
    pub(crate) async fn sealed(subject: &Subject, n: u32) -> Self {
        let workspace = subject.workspace(1_000).await;
        Self::sealed_in(subject, workspace, Self::new_job(), n).await
    }

    /// A job of `n` records in this workspace.
    pub(crate) async fn sealed_in(
        subject: &Subject,
        workspace: WorkspaceId,
        new: NewJob,
        n: u32,
    ) -> Self {
        let desk = Self::opened(subject, workspace, new).await;
        desk.append_all(n).await;
        desk.seal(n).await.unwrap();
        desk
    }

    /// Append `n` records, a thousand at a time.
    pub(crate) async fn append_all(&self, n: u32) {
        for first in (0..n).step_by(1_000) {
            let many = 1_000.min(n - first);
            assert_eq!(self.append(first, many).await.unwrap(), first + many);
        }
    }

    pub(crate) async fn append(&self, first: u32, n: u32) -> Result<u32> {
        let records = (first..first + n).map(|index| json!({"n": index})).collect();
        self.subject.store.append_records(self.workspace, self.job, first, records).await
    }

    pub(crate) async fn seal(&self, total: u32) -> Result<Job> {
        self.subject.store.seal_job(self.workspace, self.job, total).await
    }

    pub(crate) async fn job(&self) -> Job {
        self.subject.store.job(self.workspace, self.job).await.unwrap()
    }

    pub(crate) async fn try_claim(&self) -> Option<Claimed> {
        let filter = ClaimFilter::Job(self.job);
        self.subject.store.claim_batch("suite", TTL, filter).await.unwrap()
    }

    /// Claim what must be there.
    pub(crate) async fn claim(&self) -> Claimed {
        self.try_claim().await.expect("a batch should be there to claim")
    }

    /// Claim what must be there once another step has let go of its row.
    pub(crate) async fn claim_beside(&self) -> Claimed {
        loop {
            match self.try_claim().await {
                Some(claimed) => return claimed,
                None => tokio::task::yield_now().await,
            }
        }
    }

    /// Let a lease end that nobody renews.
    pub(crate) async fn outlast(&self) {
        self.subject.clock.advance(TTL + Duration::from_secs(1)).await;
    }

    pub(crate) async fn fund(&self, lease: Lease, hold: HoldId, prices: &[i64]) -> Result<Funded> {
        let prices = prices.iter().copied().map(Credits).collect();
        self.subject.store.fund_batch(lease, hold, prices).await
    }

    /// A hold of `amount` for a batch.
    pub(crate) async fn funded(&self, lease: Lease, amount: i64) -> HoldId {
        let hold = fresh();
        assert_eq!(self.fund(lease, hold, &[amount]).await.unwrap().covered, 1);
        hold
    }

    /// Mark calls that must go.
    pub(crate) async fn mark(&self, lease: Lease, calls: &[NewCall]) {
        let results = self.subject.store.mark_sent(lease, calls.to_vec()).await.unwrap();
        assert_eq!(results.len(), calls.len());
        for result in results {
            assert_eq!(result.unwrap(), Marked::Sent);
        }
    }

    pub(crate) async fn try_mark(&self, lease: Lease, call: NewCall) -> Result<Marked> {
        self.subject.store.mark_sent(lease, vec![call]).await.unwrap().remove(0)
    }

    pub(crate) async fn settle(
        &self,
        lease: Lease,
        items: Vec<Answered>,
        closing: Option<Closing>,
    ) -> Result<Settled> {
        self.subject.store.settle(Settlement { lease, items: items.into(), closing }).await
    }

    /// Settle under a lease that must hold.
    pub(crate) async fn applied(
        &self,
        lease: Lease,
        items: Vec<Answered>,
        closing: Option<Closing>,
    ) -> (Vec<ItemResult>, Option<Closed>) {
        self.settle(lease, items, closing).await.unwrap().applied().unwrap()
    }

    /// Settle items that must all be written.
    pub(crate) async fn write(&self, lease: Lease, items: Vec<Answered>) {
        for item in self.applied(lease, items, None).await.0 {
            item.unwrap();
        }
    }

    /// End the records of a batch that stands at its first claim, and the batch with them.
    pub(crate) async fn finish(&self, lease: Lease) -> Closed {
        let total = self.job().await.counts.total;
        let first = lease.batch.number * 1_000;
        let all = (first..total.min(first + 1_000)).map(|index| (index, RecordStatus::Success));
        let (items, closed) = self.applied(lease, vec![answered(all)], Some(Closing::Done)).await;
        items.into_iter().for_each(|item| drop(item.unwrap()));
        closed.unwrap()
    }

    /// Park a batch for one cause.
    pub(crate) async fn park(&self, lease: Lease, after: Option<Duration>, cause: &str) {
        let closing = Closing::Park { wake_in: after, on: vec![cause.into()], next_hold: None };
        self.applied(lease, vec![], Some(closing)).await;
    }

    /// The same answer, charged to a hold.
    pub(crate) fn charge(&self, mut item: Answered, hold: HoldId, amount: i64) -> Answered {
        let step = &mut item.steps[0];
        step.charge = Credits(amount);
        let key = step_key(self.job, step.index, &step.field, &step.provider);
        item.money.push(Op::Capture { hold, key, amount: Credits(amount) });
        item
    }

    pub(crate) async fn statuses(&self) -> Vec<RecordStatus> {
        let records = self.subject.store.records(self.workspace, self.job, 0..u32::MAX).await;
        records.unwrap().iter().map(|record| record.status).collect()
    }

    /// Balance and what is held of it, in thousandths.
    pub(crate) async fn money(&self) -> (i64, i64) {
        let account = self.subject.store.account(self.workspace).await.unwrap();
        (account.balance.0, account.held.0)
    }

    /// What the job's dollar counter shows.
    pub(crate) async fn spent(&self) -> i64 {
        let counter = SpendTotal {
            scope: Scope::Job,
            job: Some(self.job),
            provider: None,
            day: None,
            unit: SpendUnit::Usd,
        };
        self.subject.store.spent(self.workspace, counter).await.unwrap()
    }

    /// The events of the job's end.
    pub(crate) async fn ends(&self) -> Vec<Event> {
        let mut events = self.subject.store.events(self.workspace).await.unwrap();
        events.retain(|event| event.kind.starts_with("job."));
        events
    }
}
