//! Where jobs and records stand, and how records add up to a job's end. Pure.

use crate::{EventId, JobId, Timestamp, outbox::NewEvent};
use sha2::{Digest, Sha256};
use std::time::Duration;

macro_rules! numbered {
    ($($(#[$doc:meta])* $name:ident {
        $($(#[$vdoc:meta])* $variant:ident = $number:literal,)*
    })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[derive(serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant = $number,)* }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The one that stores keep under this number.
            pub fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }
        }
    )*};
}
pub(crate) use numbered;

numbered! {
    /// Where a job stands. The number is what stores keep.
    JobState {
        /// Sealed, and nobody has begun.
        Pending = 1,
        /// Somebody has begun.
        Running = 2,
        /// Every record is a success or was skipped.
        Completed = 3,
        /// Some records failed.
        PartiallyCompleted = 4,
        /// Every record failed.
        Failed = 5,
        /// Somebody stopped it.
        Cancelled = 6,
    }
    /// How a record came out. The number is what stores keep.
    RecordStatus {
        /// A cell is still open.
        Pending = 1,
        /// No cell failed; an empty one is no failure.
        Success = 2,
        /// A cell failed.
        Failed = 3,
        /// Every cell was skipped.
        Skipped = 4,
        /// A cell was stopped.
        Cancelled = 5,
    }
}

impl JobState {
    /// An end: nothing changes any more.
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// Whether a job may go from here to there.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Running | Self::Cancelled),
            Self::Running => next.is_terminal(),
            _ => false,
        }
    }

    /// The word for it, as events and clients read it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::PartiallyCompleted => "partially_completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// For how long nobody has worked on a job that was begun and has not ended: `vacant_since` tells
/// of each batch from when on nobody does, in the future while it is leased or asleep, and for ever
/// where it waits to be woken.
pub fn left_for(
    state: JobState,
    vacant_since: impl IntoIterator<Item = Timestamp>,
    now: Timestamp,
) -> Option<Duration> {
    let last = vacant_since.into_iter().max().filter(|_| state == JobState::Running)?;
    (last <= now).then(|| now.since(last))
}

/// How many records a job has and how they came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// All of them.
    pub total: u32,
    /// Successes.
    pub success: u32,
    /// Failures.
    pub failed: u32,
    /// Skipped ones.
    pub skipped: u32,
    /// Stopped ones.
    pub cancelled: u32,
}

impl Counts {
    /// How many have come to an end.
    pub fn done(&self) -> u32 {
        self.success + self.failed + self.skipped + self.cancelled
    }

    /// Count `n` more records that came out as `status`.
    pub fn add(&mut self, status: RecordStatus, n: u32) {
        match status {
            RecordStatus::Pending => {}
            RecordStatus::Success => self.success += n,
            RecordStatus::Failed => self.failed += n,
            RecordStatus::Skipped => self.skipped += n,
            RecordStatus::Cancelled => self.cancelled += n,
        }
    }

    /// One record changed from `old` to `new`.
    pub fn moved(&mut self, old: RecordStatus, new: RecordStatus) {
        let slot = match old {
            RecordStatus::Pending => None,
            RecordStatus::Success => Some(&mut self.success),
            RecordStatus::Failed => Some(&mut self.failed),
            RecordStatus::Skipped => Some(&mut self.skipped),
            RecordStatus::Cancelled => Some(&mut self.cancelled),
        };
        if let Some(slot) = slot {
            *slot -= 1;
        }
        self.add(new, 1);
    }

    /// The end these counts come to, or `None` while a record is open.
    pub fn terminal(&self, cancel_requested: bool) -> Option<JobState> {
        if self.done() < self.total {
            return None;
        }
        Some(if cancel_requested && self.cancelled > 0 {
            JobState::Cancelled
        } else if self.failed == self.total {
            JobState::Failed
        } else if self.failed + self.cancelled == 0 {
            JobState::Completed
        } else {
            JobState::PartiallyCompleted
        })
    }
}

/// The one event of a job's end; its id follows from the job, so that it can never be two.
pub fn terminal_event(job: JobId, state: JobState, counts: &Counts) -> NewEvent {
    let mut bytes = [0; 16];
    let digest = Sha256::new().chain_update(b"job_terminal").chain_update(job.0.as_bytes());
    bytes.copy_from_slice(&digest.finalize()[..16]);
    NewEvent {
        id: EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid()),
        kind: format!("job.{}", state.as_str()),
        payload: serde_json::json!({ "job": job, "counts": counts }),
    }
}

/// What others are told when a batch is parked for lost providers, from what it waits for: once for
/// each job, provider and cause, however many batches find it out.
pub fn lost_events(job: JobId, on: &[String]) -> Vec<NewEvent> {
    let mut events = Vec::new();
    for cause in on {
        let Some((provider, word)) = cause.split_once(':') else { continue };
        let kinds: &[&str] = match word {
            "auth" => &["provider.paused", "credential.invalid"],
            "plan" | "out_of_credits" => &["provider.paused"],
            _ => &[],
        };
        for kind in kinds {
            let parts = [kind.as_bytes(), b" ", job.0.as_bytes(), cause.as_bytes()];
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&Sha256::digest(parts.concat())[..16]);
            events.push(NewEvent {
                id: EventId(uuid::Builder::from_custom_bytes(bytes).into_uuid()),
                kind: (*kind).to_owned(),
                payload: serde_json::json!({ "job": job, "provider": provider, "cause": word }),
            });
        }
    }
    events
}
