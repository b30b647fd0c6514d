//! Steps, cells and lookups: what was decided, what came out, what need not be bought again.

use super::state::numbered;
use crate::{
    CallId, Credits, Timestamp,
    name::{FieldName, ProviderSlug},
};
use serde_json::Value;

numbered! {
    /// What a step came to. The number is what stores keep.
    StepOutcome {
        /// Its answer was accepted.
        Accepted = 1,
        /// It answered, and nothing was accepted.
        Rejected = 2,
        /// The vendor has nothing.
        Miss = 3,
        /// The vendor refused the input.
        InvalidInput = 4,
        /// The key was refused.
        AuthFailed = 5,
        /// The plan lacks the operation.
        PlanLacks = 6,
        /// The account is empty.
        OutOfCredits = 7,
        /// The vendor's limit held until the deadline.
        RateLimited = 8,
        /// The vendor must not answer about this person.
        LegalBlock = 9,
        /// It failed, and was surely not billed.
        Transient = 10,
        /// Nobody knows whether it was billed.
        Ambiguous = 11,
        /// It was stopped.
        Cancelled = 12,
        /// It was not tried.
        Skipped = 13,
    }
    /// How a cell came out. The number is what stores keep.
    CellStatus {
        /// Not decided yet.
        Pending = 1,
        /// A value was accepted.
        Found = 2,
        /// Asked, and nothing acceptable came.
        NoResult = 3,
        /// Nobody was asked; the reason says why.
        Skipped = 4,
        /// A step failed; the reason says how.
        Failed = 5,
        /// It was stopped.
        Cancelled = 6,
    }
    /// Where a cell's value came from. The number is what stores keep.
    CellSource {
        /// A call of this job.
        Call = 1,
        /// A stored lookup.
        Cache = 2,
        /// A twin row of the same job.
        Row = 3,
        /// The user's own input.
        Input = 4,
        /// A sample run.
        Sample = 5,
    }
}

/// A decided step: (job, record, field, provider) happens once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepWrite {
    /// Which record.
    pub index: u32,
    /// Which field.
    pub field: FieldName,
    /// Which provider.
    pub provider: ProviderSlug,
    /// The call that served it, this job's or an earlier one's.
    pub call: Option<CallId>,
    /// What it came to.
    pub outcome: StepOutcome,
    /// What the workspace is charged for it: the price on the primary step, else zero.
    pub charge: Credits,
}

/// A step as it was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// The step.
    pub step: StepWrite,
    /// When it was settled, by the store's clock.
    pub at: Timestamp,
}

/// One field of one record, as decided.
#[derive(Clone, Debug, PartialEq)]
pub struct CellWrite {
    /// Which record.
    pub index: u32,
    /// Which field.
    pub field: FieldName,
    /// How it came out.
    pub status: CellStatus,
    /// Where the value came from.
    pub source: Option<CellSource>,
    /// Who supplied it.
    pub provider: Option<ProviderSlug>,
    /// The call that supplied it.
    pub call: Option<CallId>,
    /// The value, for a found one.
    pub value: Option<Value>,
    /// A short code that says why, e.g. `over_budget`.
    pub reason: Option<String>,
    /// What else a `why` needs: losers, identity, verification. Never read by the store.
    pub detail: Option<Value>,
}

/// A cell as it was stored.
#[derive(Clone, Debug, PartialEq)]
pub struct CellRow {
    /// The cell.
    pub cell: CellWrite,
    /// When it was last written, by the store's clock.
    pub at: Timestamp,
}

/// An answer or a miss to keep, under the hash of everything that shaped it.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupWrite {
    /// The hash of workspace, environment, provider, origin, operation, input and options.
    pub key: [u8; 32],
    /// Who answered.
    pub provider: ProviderSlug,
    /// The call that was paid for it.
    pub call: CallId,
    /// The answer; `None` is a miss.
    pub answer: Option<Value>,
    /// When it is too old to use.
    pub expires_at: Timestamp,
}

/// A kept answer or miss.
#[derive(Clone, Debug, PartialEq)]
pub struct LookupRow {
    /// What was kept.
    pub lookup: LookupWrite,
    /// When it was fetched, by the store's clock.
    pub fetched_at: Timestamp,
}

/// How old a kept answer or miss is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookupAge {
    /// What it is kept under.
    pub key: [u8; 32],
    /// Whether it is an answer, not a miss.
    pub answered: bool,
    /// When it was fetched, by the store's clock.
    pub fetched_at: Timestamp,
    /// Whether it may not be used any more, whatever a plan allows.
    pub expired: bool,
}

impl LookupAge {
    /// Of what is kept.
    pub fn of(row: &LookupRow, expired: bool) -> Self {
        let (key, answered) = (row.lookup.key, row.lookup.answer.is_some());
        Self { key, answered, fetched_at: row.fetched_at, expired }
    }
}
