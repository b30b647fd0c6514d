//! What a job is made of: its records with their cells and steps, and its batches.

use super::{State, conflict, not_found};
use crate::{
    Error, HoldId, JobId, Result, Timestamp, WorkspaceId,
    job::{
        BATCH, BatchId, CellRow, CellStatus, Job, JobState, Lease, NewJob, RecordStatus, StepRow,
        Waited, terminal_event,
    },
    name::{FieldName, ProviderSlug},
    outbox::NewEvent,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A job with everything that belongs to it but its calls.
#[cfg_attr(test, derive(Debug))]
pub(super) struct JobRow {
    /// As it stands; what it waits for is told by its batches.
    pub(super) job: Job,
    pub(super) records: Vec<RecordRow>,
    /// None before it is sealed.
    pub(super) batches: Vec<Batch>,
}

/// A record with what came of it.
#[cfg_attr(test, derive(Debug))]
pub(super) struct RecordRow {
    pub(super) input: Value,
    pub(super) status: RecordStatus,
    pub(super) cells: BTreeMap<FieldName, CellRow>,
    pub(super) steps: BTreeMap<(FieldName, ProviderSlug), StepRow>,
}

/// Records that one worker works on at a time.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Batch {
    pub(super) first: u32,
    pub(super) size: u32,
    pub(super) state: BatchState,
    /// How often it was claimed or fenced off.
    pub(super) fence: i64,
    /// The hold that pays for it, as long as nobody closed it.
    pub(super) hold: Option<HoldId>,
    /// What it sleeps for, or slept for before it was claimed.
    pub(super) waited: Vec<Waited>,
    /// From when on nobody works on it: in the future while it is leased or asleep.
    pub(super) vacant_since: Timestamp,
}

/// Who may work on a batch.
#[cfg_attr(test, derive(Debug))]
pub(super) enum BatchState {
    /// Anybody.
    Ready,
    /// Its holder, until then.
    Leased { until: Timestamp },
    /// Nobody before it wakes.
    Parked { wake_at: Option<Timestamp> },
    /// Nobody any more.
    Done,
}

impl Batch {
    fn new(first: u32, total: u32, now: Timestamp) -> Self {
        let size = BATCH.min(total - first);
        let state = BatchState::Ready;
        Self { first, size, state, fence: 0, hold: None, waited: Vec::new(), vacant_since: now }
    }

    /// Whether a worker holds it at this instant.
    pub(super) fn is_leased(&self, now: Timestamp) -> bool {
        matches!(self.state, BatchState::Leased { until } if until > now)
    }

    /// When it wakes, if it sleeps.
    pub(super) fn wake_at(&self) -> Option<Timestamp> {
        match self.state {
            BatchState::Parked { wake_at } => wake_at,
            _ => None,
        }
    }

    /// From when on nobody works on it and somebody may: never where it waits to be woken.
    pub(super) fn is_vacant_from(&self) -> Timestamp {
        match self.state {
            BatchState::Parked { wake_at: None } => Timestamp::from_micros(i64::MAX),
            _ => self.vacant_since,
        }
    }

    /// Whether somebody began it, and it neither sleeps nor is done.
    pub(super) fn is_begun(&self) -> bool {
        match self.state {
            BatchState::Ready => self.fence > 0,
            BatchState::Leased { .. } => true,
            BatchState::Parked { .. } | BatchState::Done => false,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.state, BatchState::Done)
    }

    /// Whether a worker may take it at this instant.
    pub(super) fn is_claimable(&self, now: Timestamp) -> bool {
        match self.state {
            BatchState::Ready => true,
            BatchState::Leased { until } => until <= now,
            BatchState::Parked { wake_at } => wake_at.is_some_and(|at| at <= now),
            BatchState::Done => false,
        }
    }

    /// Nobody works on it any more: close it, its hold is closed by the caller.
    pub(super) fn end(&mut self, now: Timestamp) {
        (self.state, self.hold, self.vacant_since) = (BatchState::Done, None, now);
        self.waited.clear();
    }

    /// Its records' places in the job.
    pub(super) fn places(&self) -> std::ops::Range<usize> {
        self.first as usize..(self.first + self.size) as usize
    }
}

impl RecordRow {
    fn new(input: Value) -> Self {
        let (cells, steps) = (BTreeMap::new(), BTreeMap::new());
        Self { input, status: RecordStatus::Pending, cells, steps }
    }
}

impl JobRow {
    pub(super) fn open(workspace: WorkspaceId, new: NewJob, now: Timestamp) -> Self {
        let job = Job {
            id: new.id,
            workspace,
            name: new.name,
            plan: new.plan,
            dispatch: new.dispatch,
            state: JobState::Pending,
            counts: crate::job::Counts::default(),
            worst_case: new.worst_case,
            created_by: new.created_by,
            retry_of: new.retry_of,
            base: new.base,
            created_at: now,
            sealed_at: None,
            started_at: None,
            cancel_requested_at: None,
            finished_at: None,
            waiting: Vec::new(),
        };
        Self { job, records: Vec::new(), batches: Vec::new() }
    }

    /// What it was opened with, to tell a repeat from another.
    pub(super) fn asked(&self) -> NewJob {
        let job = self.job.clone();
        NewJob {
            id: job.id,
            name: job.name,
            plan: job.plan,
            dispatch: job.dispatch,
            worst_case: job.worst_case,
            created_by: job.created_by,
            retry_of: job.retry_of,
            base: job.base,
        }
    }

    /// How many records it has.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.records.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.job.sealed_at.is_some()
    }

    pub(super) fn is_cancelling(&self) -> bool {
        self.job.cancel_requested_at.is_some()
    }

    /// Refuse to start anything in a job that is asked to stop.
    pub(super) fn may_start(&self, operation: &'static str) -> Result<()> {
        if self.is_cancelling() {
            return Err(conflict(operation, "job: it is being cancelled"));
        }
        Ok(())
    }

    pub(super) fn append(&mut self, records: Vec<Value>) {
        self.records.extend(records.into_iter().map(RecordRow::new));
    }

    /// Make it visible, in batches.
    pub(super) fn seal(&mut self, now: Timestamp) {
        let total = self.len();
        self.job.sealed_at = Some(now);
        self.job.counts.total = total;
        let firsts = (0..total).step_by(BATCH as usize);
        self.batches = firsts.map(|first| Batch::new(first, total, now)).collect();
    }

    /// The job as callers see it.
    pub(super) fn view(&self) -> Job {
        let asleep = |it: &&Batch| matches!(it.state, BatchState::Parked { .. });
        let waited = self.batches.iter().filter(asleep).flat_map(|it| &it.waited);
        let waiting: BTreeSet<_> = waited.map(|it| it.on.clone()).collect();
        Job { waiting: waiting.into_iter().collect(), ..self.job.clone() }
    }

    pub(super) fn batch(&self, number: u32) -> Option<&Batch> {
        self.batches.get(number as usize)
    }

    /// A record comes to another status, and the job's counts with it.
    pub(super) fn set_status(&mut self, place: usize, status: RecordStatus) {
        let record = &mut self.records[place];
        self.job.counts.moved(record.status, status);
        record.status = status;
    }

    /// Cancel a batch's open records, and their open cells with them.
    pub(super) fn cancel_records(&mut self, number: usize) {
        for place in self.batches[number].places() {
            if self.records[place].status == RecordStatus::Pending {
                self.set_status(place, RecordStatus::Cancelled);
                for row in self.records[place].cells.values_mut() {
                    if row.cell.status == CellStatus::Pending {
                        row.cell.status = CellStatus::Cancelled;
                    }
                }
            }
        }
    }

    /// Once every batch is done: write the job's end, and get what others must be told of it.
    pub(super) fn finish(&mut self, now: Timestamp) -> Option<NewEvent> {
        if !self.batches.iter().all(Batch::is_done) {
            return None;
        }
        let state = self.job.counts.terminal(self.is_cancelling())?;
        self.job.state = state;
        self.job.finished_at = Some(now);
        Some(terminal_event(self.job.id, state, &self.job.counts))
    }
}

impl State {
    /// A job of this workspace that anybody may see.
    pub(super) fn sealed(
        &self,
        operation: &'static str,
        workspace: WorkspaceId,
        id: JobId,
    ) -> Result<&JobRow> {
        self.job_of(operation, workspace, id)
            .and_then(|row| row.is_sealed().then_some(row).ok_or_else(|| no_job(operation)))
    }

    /// A job of this workspace, sealed or not.
    pub(super) fn job_of(
        &self,
        operation: &'static str,
        workspace: WorkspaceId,
        id: JobId,
    ) -> Result<&JobRow> {
        self.tenant(operation, workspace)?;
        self.jobs.get(&(workspace, id)).ok_or_else(|| no_job(operation))
    }

    /// The batch this lease still gives the right to, with its job.
    pub(super) fn leased(
        &self,
        operation: &'static str,
        lease: &Lease,
        now: Timestamp,
    ) -> Result<(&JobRow, &Batch)> {
        let row = self.jobs.get(&(lease.workspace, lease.batch.job));
        let batch = row.and_then(|row| row.batch(lease.batch.number));
        let batch = batch.filter(|it| it.fence == lease.fence && it.is_leased(now));
        row.zip(batch).ok_or_else(|| Lease::stale(operation))
    }

    /// A batch whose existence was seen before in the same step, to be changed.
    pub(super) fn batch_mut(&mut self, workspace: WorkspaceId, id: BatchId) -> Result<&mut Batch> {
        let row = self.jobs.get_mut(&(workspace, id.job));
        let batch = row.and_then(|row| row.batches.get_mut(id.number as usize));
        batch.ok_or_else(|| Error::internal("memory.batch", "it was there a moment ago"))
    }
}

fn no_job(operation: &'static str) -> Error {
    not_found(operation, "job: not found")
}
