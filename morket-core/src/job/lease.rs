//! Who works on a batch, until when, and under which fence.

use super::BatchId;
use crate::{
    Credits, Error, ErrorKind, HoldId, JobId, Result, Timestamp, WorkspaceId,
    ledger::{Book, Hold, Op},
};

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

impl Lease {
    /// The error of a write under an old fence.
    pub fn stale(operation: &'static str) -> Error {
        let message = "another worker holds this batch now; what this one decided counts no more";
        Error::new(ErrorKind::StaleLease, operation, message)
    }
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
    /// Those of jobs that nobody has begun, of workspaces for which nobody has begun anything that
    /// is to be gone on with now: what sleeps does not count.
    Newcomers {
        /// Attended jobs of others too.
        attended: bool,
    },
}

impl ClaimFilter {
    /// The newcomers among these; none where one job is meant.
    pub const fn newcomers(self) -> Option<Self> {
        match self {
            Self::Queued => Some(Self::Newcomers { attended: false }),
            Self::All => Some(Self::Newcomers { attended: true }),
            Self::Job(_) | Self::Newcomers { .. } => None,
        }
    }
}

/// What a parked batch waits for.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waited {
    /// For what, in a word, e.g. `hunter:out_of_credits`.
    pub on: String,
    /// Since when, by the store's clock; none when that is now.
    pub since: Option<Timestamp>,
}

impl<T: Into<String>> From<T> for Waited {
    fn from(on: T) -> Self {
        Self { on: on.into(), since: None }
    }
}

impl Waited {
    /// The same, as it is kept: what begins to wait does so at this instant.
    pub fn from_now(each: &[Self], now: Timestamp) -> Vec<Self> {
        let since = |it: &Self| Some(it.since.unwrap_or(now));
        each.iter().map(|it| Self { on: it.on.clone(), since: since(it) }).collect()
    }
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
    /// What it waited for when it slept, unless somebody woke it.
    pub waited: Vec<Waited>,
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

impl Funded {
    /// Refuse prices that could not be held.
    pub fn validate(prices: &[Credits]) -> Result<()> {
        if prices.is_empty() || prices.len() > super::BATCH as usize {
            return Err(Error::invalid("job.fund", "prices", "must be 1 to 1,000"));
        }
        match prices.iter().position(|price| !price.is_positive()) {
            Some(at) => {
                Err(Error::invalid("job.fund", &format!("prices[{at}]"), "must be above zero"))
            }
            None => Ok(()),
        }
    }

    /// How many of the prices, from the first on, `available` covers, and what they come to.
    pub fn prefix(prices: &[Credits], available: Credits) -> Result<(u32, Credits)> {
        let (mut covered, mut amount) = (0, Credits::ZERO);
        for price in prices {
            let next = amount.plus(*price)?;
            if next > available {
                break;
            }
            (covered, amount) = (covered + 1, next);
        }
        Ok((covered, amount))
    }

    /// What a repeat is told of the hold that is open already.
    pub fn again(open: &Hold, prices: &[Credits]) -> Result<Self> {
        let (covered, amount) = Self::prefix(prices, open.amount)?;
        let missing = Credits::sum(prices.iter().copied())?.minus(amount)?;
        Ok(Self { hold: Some(open.clone()), covered, missing })
    }

    /// Open the hold `id` in the place of `current`, for as many prices as can be paid once
    /// `current` is closed. When that is none, no hold is named and the book is to be thrown away.
    pub fn refill(
        book: &mut Book,
        current: Option<HoldId>,
        batch: BatchId,
        id: HoldId,
        prices: &[Credits],
    ) -> Result<Self> {
        if book.hold(id).is_some() {
            let message = "hold: this id names a hold that was closed, or another batch's";
            return Err(Error::new(ErrorKind::Conflict, "job.fund", message).with("hold", id));
        }
        if let Some(hold) = current {
            book.apply(&Op::Void { hold })?;
        }
        let (covered, amount) = Self::prefix(prices, book.account().available())?;
        let missing = Credits::sum(prices.iter().copied())?.minus(amount)?;
        if covered == 0 {
            return Ok(Self { hold: None, covered, missing });
        }
        let op = Op::Hold { id, amount, batch: Some(batch), lapses_at: None };
        let hold = book.apply(&op)?.hold().cloned();
        Ok(Self { hold, covered, missing })
    }
}
