//! Jobs, batches, records and calls as rows.

use crate::{Record, Row, Value, args, names::Book as Names, table};
use morket_core::{
    CallId, Credits, Error, HoldId, JobId, MicroUsd, Result, Timestamp, UserId, VendorUnits,
    WorkspaceId,
    job::{
        Call, CallState, Counts, Dispatch, Job, JobState, Lease, NewJob, RecordStatus, Spend,
        Waited,
    },
    name::ProviderSlug,
};

/// A job with its number, the natural key of everything below it.
#[derive(Clone)]
pub(super) struct JobRow {
    pub(super) no: i64,
    pub(super) job: Job,
}

const QUEUED: i64 = 1;
pub(super) const ATTENDED: i64 = 2;

impl JobRow {
    /// The columns of [`JobRow::read`], in order.
    pub(super) const COLUMNS: &'static str = "no, workspace_id, id, name, plan, dispatch, \
        worst_case, created_by, retry_of, state, total, success, failed, skipped, cancelled, \
        created_at, sealed_at, started_at, cancel_requested_at, finished_at, base";

    pub(super) fn read(row: &mut Row) -> Result<Self> {
        let no = row.int()?;
        let (workspace, id) = (WorkspaceId(row.uuid()?), JobId(row.uuid()?));
        let (name, plan) = (row.maybe_text()?, row.json()?);
        let dispatch = if row.int()? == ATTENDED { Dispatch::Attended } else { Dispatch::Queued };
        let worst_case = Credits(row.int()?);
        let (created_by, retry_of) = (row.maybe_uuid()?.map(UserId), row.maybe_uuid()?.map(JobId));
        let state = row.one_of(JobState::from_number)?;
        let counts = Counts {
            total: row.small()?,
            success: row.small()?,
            failed: row.small()?,
            skipped: row.small()?,
            cancelled: row.small()?,
        };
        let (created_at, sealed_at, started_at) =
            (row.time()?, row.maybe_time()?, row.maybe_time()?);
        let (cancel_requested_at, finished_at) = (row.maybe_time()?, row.maybe_time()?);
        let base = row.maybe_uuid()?.map(JobId);
        let job = Job {
            id,
            workspace,
            name,
            plan,
            dispatch,
            state,
            counts,
            worst_case,
            created_by,
            retry_of,
            base,
            created_at,
            sealed_at,
            started_at,
            cancel_requested_at,
            finished_at,
            waiting: Vec::new(),
        };
        Ok(Self { no, job })
    }

    /// Whether it was opened from exactly this.
    pub(super) fn same_as(&self, new: &NewJob) -> bool {
        let it = &self.job;
        let what = (it.id, &it.name, &it.plan, it.dispatch, it.worst_case);
        let whence = (it.created_by, it.retry_of, it.base);
        what == (new.id, &new.name, &new.plan, new.dispatch, new.worst_case)
            && whence == (new.created_by, new.retry_of, new.base)
    }
}

/// The row of a job that was just opened; its number is the database's.
pub(super) struct OpenedJob<'a>(
    pub(super) WorkspaceId,
    pub(super) &'a NewJob,
    pub(super) Timestamp,
);

impl OpenedJob<'_> {
    pub(super) const TABLE: &'static crate::Table = table!("jobs", key ["workspace_id", "id"], {
        workspace_id: Uuid, id: Uuid, name: Text, plan: Text, dispatch: Int, worst_case: Int,
        created_by: Uuid, retry_of: Uuid, state: Int, total: Int, success: Int, failed: Int,
        skipped: Int, cancelled: Int, created_at: Int, base: Uuid,
    });

    pub(super) fn values(&self) -> Vec<Value> {
        let Self(workspace, new, now) = self;
        let dispatch = if new.dispatch == Dispatch::Attended { ATTENDED } else { QUEUED };
        args![
            *workspace,
            new.id,
            new.name.as_deref(),
            new.plan.to_string(),
            dispatch,
            new.worst_case,
            new.created_by,
            new.retry_of,
            JobState::Pending as u8,
            0_i64,
            0_i64,
            0_i64,
            0_i64,
            0_i64,
            *now,
            new.base,
        ]
    }
}

/// Where a batch stands. The number is what is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum BatchState {
    Ready = 1,
    Leased = 2,
    Parked = 3,
    Done = 4,
}

impl BatchState {
    fn from_number(number: i64) -> Option<Self> {
        [Self::Ready, Self::Leased, Self::Parked, Self::Done]
            .into_iter()
            .find(|it| *it as i64 == number)
    }
}

/// A batch.
#[derive(Clone)]
pub(super) struct BatchRow {
    pub(super) workspace: WorkspaceId,
    pub(super) job_no: i64,
    pub(super) number: u32,
    pub(super) first: u32,
    pub(super) size: u32,
    pub(super) state: BatchState,
    pub(super) worker: Option<String>,
    pub(super) lease_until: Option<Timestamp>,
    pub(super) wake_at: Option<Timestamp>,
    /// What it sleeps for, or slept for before it was claimed.
    pub(super) waits: Vec<Waited>,
    pub(super) fence: i64,
    pub(super) hold: Option<HoldId>,
    /// Since when nobody works on it, or until when somebody does.
    pub(super) vacant_since: Timestamp,
    pub(super) cancelled: bool,
}

impl BatchRow {
    /// What a change of a batch writes.
    pub(super) const CHANGE: &'static [&'static str] = &[
        "state",
        "worker",
        "lease_until",
        "wake_at",
        "waits",
        "fence",
        "hold_id",
        "vacant_since",
        "cancelled",
    ];

    /// Whether somebody may work on it at this instant.
    pub(super) fn is_leased(&self, now: Timestamp) -> bool {
        self.state == BatchState::Leased && self.lease_until.is_some_and(|until| until > now)
    }

    /// Whether this lease still counts at this instant.
    pub(super) fn is_held_by(&self, lease: &Lease, now: Timestamp) -> bool {
        self.is_leased(now) && self.fence == lease.fence
    }

    /// Nobody works on it from now on.
    pub(super) fn leave(&mut self, state: BatchState, vacant_since: Timestamp) {
        self.state = state;
        (self.worker, self.lease_until, self.wake_at) = (None, None, None);
        self.waits.clear();
        self.vacant_since = vacant_since;
    }
}

impl Record for BatchRow {
    const TABLE: &'static crate::Table = table!("batches", key ["job_no", "number"], {
        workspace_id: Uuid, job_no: Int, number: Int, first_index: Int, size: Int, state: Int,
        worker: Text, lease_until: Int, wake_at: Int, waits: Text, fence: Int, hold_id: Uuid,
        vacant_since: Int, cancelled: Int,
    });

    fn values(&self) -> Vec<Value> {
        let waits = (!self.waits.is_empty()).then(|| serde_json::json!(self.waits).to_string());
        args![
            self.workspace,
            self.job_no,
            self.number,
            self.first,
            self.size,
            self.state as u8,
            self.worker.as_deref(),
            self.lease_until,
            self.wake_at,
            waits,
            self.fence,
            self.hold,
            self.vacant_since,
            self.cancelled,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, job_no, number) = (WorkspaceId(row.uuid()?), row.int()?, row.small()?);
        let (first, size) = (row.small()?, row.small()?);
        let state = row.one_of(BatchState::from_number)?;
        let worker = row.maybe_text()?;
        let (lease_until, wake_at) = (row.maybe_time()?, row.maybe_time()?);
        let waits = waited(row.maybe_json()?)?;
        let (fence, hold) = (row.int()?, row.maybe_uuid()?.map(HoldId));
        let (vacant_since, cancelled) = (row.time()?, row.flag()?);
        Ok(Self {
            workspace,
            job_no,
            number,
            first,
            size,
            state,
            worker,
            lease_until,
            wake_at,
            waits,
            fence,
            hold,
            vacant_since,
            cancelled,
        })
    }
}

/// What a batch waits for, out of a column. Earlier releases wrote words alone.
pub(super) fn waited(list: Option<serde_json::Value>) -> Result<Vec<Waited>> {
    let Some(serde_json::Value::Array(list)) = list else { return Ok(Vec::new()) };
    let read = |it: serde_json::Value| match it {
        serde_json::Value::String(on) => Ok(Waited::from(on)),
        it => serde_json::from_value(it)
            .map_err(|error| Error::internal("store.row", "what is waited for").caused_by(error)),
    };
    list.into_iter().map(read).collect()
}

/// A record's place and status, without its input.
#[derive(Clone, Copy)]
pub(super) struct StatusRow {
    pub(super) job_no: i64,
    pub(super) index: u32,
    pub(super) status: RecordStatus,
}

impl Record for StatusRow {
    const TABLE: &'static crate::Table = table!("job_records", key ["job_no", "idx"], {
        job_no: Int, idx: Int, status: Int,
    });

    fn values(&self) -> Vec<Value> {
        args![self.job_no, self.index, self.status as u8]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (job_no, index) = (row.int()?, row.small()?);
        Ok(Self { job_no, index, status: row.one_of(RecordStatus::from_number)? })
    }
}

/// A call with the numbers that its table keeps instead of names.
#[derive(Clone)]
pub(super) struct CallRow {
    pub(super) workspace: WorkspaceId,
    pub(super) job_no: i64,
    pub(super) batch: u32,
    pub(super) provider: i64,
    /// The call; its provider's name is filled in by [`CallRow::named`].
    pub(super) call: Call,
}

/// What stands for a provider until its name is filled in.
const UNNAMED: &str = "unnamed";

impl CallRow {
    /// What a settlement or a second sending changes.
    pub(super) const CHANGE: &'static [&'static str] =
        &["state", "attempts", "units", "usd", "fence", "sent_at", "day", "counters", "task"];

    /// The same with its provider's name.
    pub(super) fn named(mut self, names: &Names) -> Result<Self> {
        self.call.provider = ProviderSlug::new(names.text(self.provider)?)?;
        Ok(self)
    }
}

impl Record for CallRow {
    const TABLE: &'static crate::Table = table!("calls", key ["workspace_id", "id"], {
        workspace_id: Uuid, id: Uuid, job_no: Int, batch: Int, provider: Int, operation: Text,
        composition: Text, state: Int, attempts: Int, units: Int, usd: Int, fence: Int,
        sent_at: Int, day: Int, counters: Text, task: Text,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.call;
        let counters = serde_json::json!(it.counters).to_string();
        args![
            self.workspace,
            it.id,
            self.job_no,
            self.batch,
            self.provider,
            it.operation.as_str(),
            &*it.composition,
            it.state as u8,
            it.attempts,
            it.spend.units.0,
            it.spend.usd.map(|usd| usd.0),
            it.fence,
            it.sent_at,
            it.day,
            counters,
            it.task.as_deref(),
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, id) = (WorkspaceId(row.uuid()?), CallId(row.uuid()?));
        let (job_no, batch, provider) = (row.int()?, row.small()?, row.int()?);
        let (operation, composition) = (row.text()?, row.text()?.into());
        let (state, attempts) = (row.one_of(CallState::from_number)?, row.small()?);
        let spend = Spend { units: VendorUnits(row.int()?), usd: row.maybe_int()?.map(MicroUsd) };
        let (fence, sent_at, day) = (row.int()?, row.time()?, row.int()?);
        let counters = serde_json::from_value(row.json()?)
            .map_err(|error| Error::internal("store.row", "counters").caused_by(error))?;
        let task = row.maybe_text()?;
        let provider_name = ProviderSlug::new(UNNAMED)?;
        let call = Call {
            id,
            provider: provider_name,
            operation,
            composition,
            state,
            attempts,
            spend,
            fence,
            sent_at,
            day,
            counters,
            task,
        };
        Ok(Self { workspace, job_no, batch, provider, call })
    }
}
