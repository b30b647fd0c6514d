//! Jobs as the store keeps them: what is asked, in batches under leases, and what came of it.
//!
//! The engine decides; this module says what a decision looks like when it is written down. A
//! [`Settlement`] carries answers with their steps, cells, charges and spend; the store judges the
//! fence, uniqueness and money, and nothing else.

mod call;
mod cell;
mod counter;
mod entity;
mod flight;
mod lease;
mod permit;
mod settle;
mod state;
mod store;

pub use call::{Call, CallResult, CallState, Counter, Moves, NewCall, Scope, Spend, SpendUnit};
pub use cell::{
    CellRow, CellSource, CellStatus, CellWrite, LookupAge, LookupRow, LookupWrite, StepOutcome,
    StepRow, StepWrite,
};
pub use counter::CounterKey;
pub use entity::{Entity, EntityKind, EntityWrite, Sought};
pub use flight::{ABANDONED, Asker, Flight, FlightState, LEFT, Marked, Wanted};
pub use lease::{ClaimFilter, Claimed, Funded, Lease, Waited};
pub(crate) use permit::kept;
pub use permit::{
    COOLEST, Cool, PermitClaim, Permits, REMEMBERED, Rate, RateLimit, Returned, SPAN, Slice,
    Slices, TOLD, Told,
};
pub use settle::{Answered, Closed, Closing, ItemResult, Settled, Settlement, validate};
pub(crate) use state::numbered;
pub use state::{Counts, JobState, RecordStatus, left_for, lost_events, terminal_event};
pub use store::{Cancelling, JobStore, SpendTotal, Wake};

use crate::{CallId, Credits, Error, ErrorKind, JobId, Result, Timestamp, UserId, WorkspaceId};
use serde_json::Value;
use std::time::Duration;

/// The most records of one batch, and of one append.
pub const BATCH: u32 = 1_000;

/// The most records of a job that another one names as its base: each batch of that one reads them.
pub const BASE: u32 = 5_000;

/// A batch of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchId {
    /// The job.
    pub job: JobId,
    /// The batch's number in the job, from 0.
    pub number: u32,
}

/// Who may run a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dispatch {
    /// Any worker.
    Queued,
    /// Its creator, or whoever names it.
    Attended,
}

/// A job to open.
#[derive(Clone, Debug, PartialEq)]
pub struct NewJob {
    /// Its id, made by the caller, so that a repeat opens nothing twice.
    pub id: JobId,
    /// What people call it.
    pub name: Option<String>,
    /// The plan: the store keeps it and never reads it.
    pub plan: Value,
    /// Who may run it.
    pub dispatch: Dispatch,
    /// The most the workspace can be charged: refused at sealing when it is not available.
    pub worst_case: Credits,
    /// Who asked for it.
    pub created_by: Option<UserId>,
    /// The job this one tries again.
    pub retry_of: Option<JobId>,
    /// The job whose results this one takes over, e.g. its sample's: one of the same workspace that
    /// has come to its end, of at most [`BASE`] records.
    pub base: Option<JobId>,
}

impl NewJob {
    /// Refuse what no store should see.
    pub fn validate(&self) -> Result<()> {
        if self.worst_case < Credits::ZERO {
            return Err(Error::invalid("job.open", "worst_case", "must not be negative"));
        }
        self.name.as_deref().map_or(Ok(()), crate::workspace::check_name)
    }

    /// Refuse a base that gives nothing to go by, from what stands under its id in this workspace.
    /// Every adapter calls this in the step that opens the job.
    pub fn check_base(&self, base: Option<&Job>) -> Result<()> {
        let (operation, Some(id)) = ("job.open", self.base) else { return Ok(()) };
        let Some(base) = base.filter(|it| it.sealed_at.is_some()) else {
            let message = "base: there is no such job in this workspace";
            return Err(Error::new(ErrorKind::NotFound, operation, message).with("base", id));
        };
        if !base.state.is_terminal() {
            let message = "base: it has not come to its end; let it end, or cancel it, first";
            return Err(Error::new(ErrorKind::Conflict, operation, message).with("base", id));
        }
        if base.counts.total > BASE {
            let problem = "it has more than 5,000 records; a base is a sample";
            return Err(Error::invalid(operation, "base", problem).with("base", id));
        }
        Ok(())
    }
}

/// A job as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// What people call it.
    pub name: Option<String>,
    /// The plan, as it was given.
    pub plan: Value,
    /// Who may run it.
    pub dispatch: Dispatch,
    /// Where it stands.
    pub state: JobState,
    /// How its records came out so far.
    pub counts: Counts,
    /// The most the workspace can be charged.
    pub worst_case: Credits,
    /// Who asked for it.
    pub created_by: Option<UserId>,
    /// The job this one tries again.
    pub retry_of: Option<JobId>,
    /// The job whose results it takes over.
    pub base: Option<JobId>,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was sealed; before that nobody sees it.
    pub sealed_at: Option<Timestamp>,
    /// When its first batch was claimed.
    pub started_at: Option<Timestamp>,
    /// When somebody asked for it to stop.
    pub cancel_requested_at: Option<Timestamp>,
    /// When it came to an end.
    pub finished_at: Option<Timestamp>,
    /// What its parked batches wait for, each cause once, in order.
    pub waiting: Vec<String>,
}

impl Job {
    /// Whether a call was made for this job, by the instant in its id: one that is older was paid
    /// for before.
    pub fn made(&self, call: CallId) -> bool {
        let (seconds, nanos) = call.0.get_timestamp().map_or((0, 0), |it| it.to_unix());
        // The id holds milliseconds, the job microseconds.
        let at = Timestamp::default().after(Duration::new(seconds, nanos));
        at.after(Duration::from_millis(1)) >= self.created_at
    }
}

/// A record of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its place in the job, from 0.
    pub index: u32,
    /// What was known about it.
    pub input: Value,
    /// How it came out.
    pub status: RecordStatus,
}
