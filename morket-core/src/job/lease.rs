//! Who works on a batch, until when, and under which fence.

use super::BatchId;
use crate::{Credits, JobId, Timestamp, WorkspaceId, ledger::Hold};

/// The right to work on a batch. A later claim raises the fence, and this one counts no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Whose batch.
    pub workspace: WorkspaceId,
    /// Which batch.
    pub batch: BatchId,
    /// The claim's number: writes under an older one are refused.
    pub fence: i64,
    /// When it ends unless renewed, by the store's clock.
    pub until: Timestamp,
}

/// Which batches a worker takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClaimFilter {
    /// Those of queued jobs.
    #[default]
    Queued,
    /// Those of this job, queued or attended.
    Job(JobId),
    /// Any, attended jobs of others too.
    All,
}

/// A batch that was claimed, and what its last holder left.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    /// The right to work on it.
    pub lease: Lease,
    /// Its first record.
    pub first: u32,
    /// How many records.
    pub size: u32,
    /// The hold its last holder left open: it is adopted, not opened again.
    pub hold: Option<Hold>,
}

/// A batch's hold, and how many of the asked prices it covers, from the first on.
#[derive(Clone, Debug, PartialEq)]
pub struct Funded {
    /// The hold; `None` when not even the first price is covered.
    pub hold: Option<Hold>,
    /// How many prices it covers.
    pub covered: u32,
    /// Credits still missing for all of them.
    pub missing: Credits,
}
