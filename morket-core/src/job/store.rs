//! The port that keeps jobs, leases, calls and their results.

use super::{
    Call, CellRow, ClaimFilter, Claimed, Flight, Funded, Job, Lease, LookupAge, LookupRow, Marked,
    NewCall, NewJob, PermitClaim, Permits, Record, Scope, Settled, Settlement, Sought, SpendUnit,
    StepRow,
};
use crate::{
    Credits, Error, ErrorKind, HoldId, JobId, Result, Timestamp, WorkspaceId,
    name::ProviderSlug,
    page::{Cursor, Limit, Page},
};
use async_trait::async_trait;
use serde_json::Value;
use std::{fmt, ops::Range, time::Duration};

/// How far a cancellation has come.
#[derive(Clone, Debug, PartialEq)]
pub struct Cancelling {
    /// The job as it stands.
    pub job: Job,
    /// How many batches still have a worker that must let go.
    pub leased: u32,
}

/// Which parked batches to wake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Those of one job.
    Job(JobId),
    /// Those that wait for this, in the word they parked with.
    Cause(String),
}

/// What a spend counter shows: settled, in flight and unknown together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendTotal {
    /// What is counted over.
    pub scope: Scope,
    /// The job, for rows and jobs.
    pub job: Option<JobId>,
    /// The provider, for a provider's counter and for everything in its units.
    pub provider: Option<ProviderSlug>,
    /// The day, in days since 1970, for a day's counter.
    pub day: Option<i64>,
    /// In which unit.
    pub unit: SpendUnit,
}

/// Where jobs live. Each method is one atomic step; the tenant comes first.
#[async_trait]
pub trait JobStore: fmt::Debug + Send + Sync + 'static {
    /// Begin a job. Nobody sees it before it is sealed.
    ///
    /// # Behavior
    /// - A repeat with the same content changes nothing; with other content it is `Conflict`.
    /// - Of an unknown or deleted workspace it is `NotFound`.
    /// - A base is a sealed job of the same workspace, else `NotFound`, that has come to its end,
    ///   else `Conflict`, with at most 5,000 records, else `Validation`; nothing is opened then.
    async fn open_job(&self, workspace: WorkspaceId, job: NewJob) -> Result<()>;

    /// Add up to 1,000 records, the first of which gets index `first`; how many there are now.
    ///
    /// # Behavior
    /// - A repeat of the same records changes nothing; other records there are `Conflict`.
    /// - A gap is `Validation`; so are no records, and more than 1,000.
    /// - A sealed job is `Conflict`; an unknown one, or another workspace's, is `NotFound`.
    async fn append_records(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        first: u32,
        records: Vec<Value>,
    ) -> Result<u32>;

    /// Make a job visible and runnable, in batches of at most 1,000 in input order.
    ///
    /// # Behavior
    /// - A total other than what was appended, or zero, is `Validation`.
    /// - A worst case above what is available is `InsufficientCredits`; the job stays unseen.
    /// - A worst case above zero in an unmetered workspace is `Conflict`.
    /// - A repeat changes nothing.
    async fn seal_job(&self, workspace: WorkspaceId, job: JobId, total: u32) -> Result<Job>;

    /// One job.
    ///
    /// # Behavior
    /// - An unsealed one, an unknown one and another workspace's are all `NotFound`.
    async fn job(&self, workspace: WorkspaceId, job: JobId) -> Result<Job>;

    /// A page of sealed jobs, newest first.
    ///
    /// # Behavior
    /// - The pages together are all of them, each once, also while new ones are sealed.
    async fn jobs(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Job>>;

    /// For how long nobody has worked on these jobs, in their order: they were interrupted.
    ///
    /// # Behavior
    /// - `None` as long as a worker holds a batch of it, or one sleeps: until its time has come, or
    ///   until it is woken.
    /// - `None` before anybody has begun it, and once it has ended.
    /// - `None` for an unsealed one, an unknown one and another workspace's.
    /// - A store that does not override this is `Unsupported`.
    async fn left_for(
        &self,
        _workspace: WorkspaceId,
        _jobs: Vec<JobId>,
    ) -> Result<Vec<Option<Duration>>> {
        let message = "this store does not tell which jobs were interrupted";
        Err(Error::new(ErrorKind::Unsupported, "job.left_for", message))
    }

    /// Records of a job, in input order.
    ///
    /// # Behavior
    /// - An index beyond the end gives nothing; another workspace's job is `NotFound`.
    async fn records(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<Record>>;

    /// Cells of those records, by record, then by field name.
    ///
    /// # Behavior
    /// - What was settled last stands there.
    async fn cells(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<CellRow>>;

    /// Steps of those records, by record, field name, provider.
    ///
    /// # Behavior
    /// - Each step stands there once, however often its settlement was repeated.
    async fn steps(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        range: Range<u32>,
    ) -> Result<Vec<StepRow>>;

    /// Claim a batch to work on, across workspaces; `None` when there is nothing to do.
    ///
    /// # Behavior
    /// - A batch has at most one lease at any instant of the store's clock.
    /// - A batch whose lease has ended is given again, under a higher fence.
    /// - A parked batch is given when its time has come, not before.
    /// - An attended job's batches are given only to who names it or asks for all.
    /// - A job of a workspace with fewer leased batches comes first.
    /// - A newcomer is a job that nobody has begun, of a workspace no batch of which is leased, was
    ///   left by its worker, or was given back or woken and not taken since.
    /// - A cancelled job's batches are never given.
    /// - A batch that another step is changing at this instant may be passed over.
    /// - The first claim makes the job `Running`.
    /// - The hold its last holder left open comes with it.
    /// - What it slept for comes with it, and since when, unless it was woken or given back since.
    async fn claim_batch(
        &self,
        worker: &str,
        ttl: Duration,
        filter: ClaimFilter,
    ) -> Result<Option<Claimed>>;

    /// Keep a lease for `ttl` from now.
    ///
    /// # Behavior
    /// - Under an old fence, or when the lease has ended, it is `StaleLease`.
    async fn renew_lease(&self, lease: Lease, ttl: Duration) -> Result<Lease>;

    /// Set credits aside for the next dispatches, in input order: as many prices as can be paid.
    ///
    /// # Behavior
    /// - It covers the longest affordable prefix; none at all opens no hold.
    /// - A batch has at most one open hold: a refill takes the place of the one before, which
    ///   returns what was not captured, in the same step. One that covers nothing changes nothing.
    /// - A repeat with the same id gets the same hold, also beside a cancel that came since; the id
    ///   of a closed one is `Conflict`.
    /// - Under an old fence it is `StaleLease`, and nothing is held.
    async fn fund_batch(&self, lease: Lease, hold: HoldId, prices: Vec<Credits>) -> Result<Funded>;

    /// Write calls down before their bytes leave; one result each, in order.
    ///
    /// # Behavior
    /// - A call above a ceiling is `OverBudget`, is not written, and moves no counter.
    /// - Counters show settled, in flight and unknown spend at every committed state.
    /// - A repeat of the same call changes nothing.
    /// - A `Ready` call is sent again: same row, same composition, counters at their worst again.
    /// - A settled or unknown call, and the same id with another composition, is `Conflict`.
    /// - A call that asks what another batch's call is asking is `Taken`: nothing of it is written.
    ///   So is one that asks what an attended job has left asked.
    /// - So is one that asks what was answered since it looked.
    /// - What a call asks is free once the call is over, ready again, or left by everybody.
    /// - A call knows how often it left before.
    /// - Under an old fence it is `StaleLease`, and nothing is written.
    async fn mark_sent(&self, lease: Lease, calls: Vec<NewCall>) -> Result<Vec<Result<Marked>>>;

    /// The calls of a batch that are not settled: what a takeover must decide about.
    ///
    /// # Behavior
    /// - `Ready`, `Sent` and `Unknown` ones are there, oldest first; settled ones are not.
    async fn open_calls(&self, lease: Lease) -> Result<Vec<Call>>;

    /// Write down what a worker learned, in one step.
    ///
    /// # Behavior
    /// - Calls, steps, cells, records, lookups and whom they were asked about, charges, spend,
    ///   counters, suppressions and events of an item are written together or not at all; a bad
    ///   item does not touch its neighbours.
    /// - A repeat of a whole settlement changes nothing and gives the same receipts.
    /// - A step that is there with another call or outcome makes its item `Conflict`.
    /// - Under an old fence nothing is written but vendor spend, which replaces what was counted; a
    ///   sent call stays open, for its answer is lost and the new holder must know that it left.
    /// - The spend of a refused item is kept all the same.
    /// - An unknown call keeps its worst price counted until its spend is known.
    /// - Job counts are those of the records' states.
    /// - `Done` with an open record is `Conflict`; otherwise it closes the batch and its hold.
    /// - `Park` leaves a hold of exactly what it names, in the same step.
    /// - The job's last batch writes the job's end and its one event, in the same step.
    async fn settle(&self, settlement: Settlement) -> Result<Settled>;

    /// Ask a job to stop. Batches without a lease end now, the others when their worker lets go.
    ///
    /// # Behavior
    /// - After it returns with no leased batch, nothing of the job can be claimed, funded or sent.
    /// - A batch whose lease has ended is fenced.
    /// - A repeat, and a job that has ended, change nothing and give the same answer.
    /// - Open records become `Cancelled`, their open cells too, and open holds return what was not
    ///   captured.
    async fn cancel_job(&self, workspace: WorkspaceId, job: JobId) -> Result<Cancelling>;

    /// Let parked batches go on now; how many there were.
    ///
    /// # Behavior
    /// - Only parked ones of this workspace are woken.
    async fn wake(&self, workspace: WorkspaceId, which: Wake) -> Result<u32>;

    /// Kept answers and misses that are not too old, in the order of the keys that have one.
    ///
    /// # Behavior
    /// - An expired one is not there, and neither is another workspace's.
    async fn lookups(&self, workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<LookupRow>>;

    /// How old what is kept under these keys is, in the order of the keys that have something.
    ///
    /// # Behavior
    /// - An expired one is there and says so, for as long as it is not erased.
    /// - Another workspace's is not there.
    /// - A store that does not override this knows of none that has expired.
    async fn lookup_ages(
        &self,
        workspace: WorkspaceId,
        keys: Vec<[u8; 32]>,
    ) -> Result<Vec<LookupAge>> {
        let kept = self.lookups(workspace, keys).await?;
        Ok(kept.iter().map(|row| LookupAge::of(row, false)).collect())
    }

    /// What need not be asked: for each that is sought, in order, what is kept under its key, or
    /// else an answer to another question about the same one.
    ///
    /// # Behavior
    /// - What is kept under its own key, a miss too, comes before anything else.
    /// - Two questions are about the same one as [`Entity::same`](super::Entity::same) says; of
    ///   several answers the newest serves, as [`Entity::newest`](super::Entity::newest) says.
    /// - A miss, what has expired, and another workspace's serve no other question.
    /// - Once an answer is erased, or its workspace is, nothing tells whom it was about.
    /// - A store that does not override this knows only what is kept under the very key.
    async fn recall(
        &self,
        workspace: WorkspaceId,
        sought: Vec<Sought>,
    ) -> Result<Vec<Option<LookupRow>>> {
        let keys = sought.iter().map(|it| it.key).collect();
        let kept = self.lookups(workspace, keys).await?;
        let under = |key| kept.iter().find(|row| row.lookup.key == key).cloned();
        Ok(sought.iter().map(|it| under(it.key)).collect())
    }

    /// What has become of what was asked last under these keys, in the order of the keys that were
    /// ever asked.
    ///
    /// # Behavior
    /// - A call under way is `Asked`, for as long as its batch has a worker, sleeps, or has been
    ///   without a worker for a short time only; after a minute of that it is `Left` where its job
    ///   is attended.
    /// - A call whose fate nobody knows is `Unknown`, and so is one that was billed for something
    ///   that is not kept; any other that has ended is `Over`.
    /// - Another workspace's are not there.
    async fn flights(&self, workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<Flight>>;

    /// Ask for permits to send requests to a vendor, for all workspaces and processes together.
    ///
    /// # Behavior
    /// - In no window under a key does more count than its most, whoever claims at once.
    /// - A slice counts from when it is given until its window has passed since its end, which is
    ///   `span` after that; one that was returned, since the last of it was used, and only for what
    ///   was used.
    /// - Permits are given under all limits of a claim or under none.
    /// - With no room in some window nothing is given, and the wait is until there is room.
    /// - Beside others nobody is given more at once than its share, nor holds more than that while
    ///   one of them waits for room.
    /// - A repeat gets the same slice.
    /// - While a vendor is to be left alone under a key, nothing is given under it to anybody; a
    ///   shorter time does not shorten a longer one, and none is longer than an hour.
    /// - A store that does not override this is `Unsupported`: each process keeps to the limits for
    ///   itself.
    async fn claim_permits(&self, _claim: PermitClaim) -> Result<Permits> {
        let message = "this store does not share permits between processes";
        Err(Error::new(ErrorKind::Unsupported, "job.claim_permits", message))
    }

    /// What a spend counter shows.
    ///
    /// # Behavior
    /// - A counter nobody moved shows zero.
    async fn spent(&self, workspace: WorkspaceId, counter: SpendTotal) -> Result<i64>;

    /// Close holds that nobody will come back for; how many.
    ///
    /// # Behavior
    /// - A hold of an ended job lapses; so does one whose batch had no lease for 24 h, counted
    ///   from when it would wake if it is parked; so does one past its own time.
    /// - A lapsed hold returns what was not captured, once; a later capture is `Conflict`.
    async fn lapse_holds(&self, limit: u32) -> Result<u32>;

    /// Remove jobs that were opened before `before` and never sealed; how many.
    ///
    /// # Behavior
    /// - A sealed job stays; no record of a removed one remains.
    async fn collect_unsealed(&self, before: Timestamp) -> Result<u32>;
}

const _: Option<&dyn JobStore> = None;
