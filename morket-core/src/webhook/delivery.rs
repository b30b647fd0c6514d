//! One event on its way to one endpoint, and what came of each attempt.

use super::{Jitter, Schedule, SealedSecret};
use crate::{DeliveryId, EventId, Timestamp, WebhookId, WorkspaceId, page::Cursor};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How many characters of an answer are kept.
pub const ANSWER_KEPT: usize = 200;

/// How many attempts are remembered, the latest ones.
const ATTEMPTS_KEPT: usize = 20;

/// Where a delivery stands. The number is what stores keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DeliveryState {
    /// It will be attempted.
    Waiting = 1,
    /// The receiver answered with a 2xx.
    Delivered = 2,
    /// It is attempted no more, unless somebody asks for it.
    Dead = 3,
}

impl DeliveryState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Waiting, Self::Delivered, Self::Dead];

    /// The state with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|it| *it as i64 == number)
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
        }
    }
}

/// Why a delivery is a dead letter. The number is what stores keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum DeathCause {
    /// Every attempt of the schedule failed.
    Exhausted = 1,
    /// The receiver answered 410.
    Gone = 2,
    /// The endpoint is switched off.
    Disabled = 3,
}

impl DeathCause {
    /// The cause with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Exhausted, Self::Gone, Self::Disabled].into_iter().find(|it| *it as i64 == number)
    }

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::Gone => "gone",
            Self::Disabled => "disabled",
        }
    }
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The receiver answered with this status.
    Status(u16),
    /// The target may not be reached from here.
    Refused,
    /// Nobody answered: no name, no route, no listener. Which, is not told.
    Unreachable,
    /// The time was over.
    Timeout,
    /// The connection broke, or what came back was no answer.
    Broken,
    /// It could not be signed where it was to be sent from: nothing was sent.
    Unsigned,
}

impl Outcome {
    /// Whether the receiver has it: a 2xx, and nothing else.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Status(200..=299))
    }
}

/// One attempt, as it is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// When its outcome was recorded, by the store's clock.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub millis: u32,
    /// What came of it.
    pub outcome: Outcome,
    /// The beginning of the answer.
    pub answer: String,
}

/// What a courier has to say about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How long it took.
    pub took: Duration,
    /// What came of it.
    pub outcome: Outcome,
    /// How long the receiver asked for, with a 429 or 503.
    pub retry_after: Option<Duration>,
    /// The beginning of the answer.
    pub answer: String,
    /// What moves the next attempt.
    pub jitter: Jitter,
}

impl Report {
    /// An attempt of no length with this outcome: what most tests need.
    pub fn of(outcome: Outcome) -> Self {
        let (took, answer) = (Duration::ZERO, String::new());
        Self { took, outcome, retry_after: None, answer, jitter: Jitter::NONE }
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// To which endpoint.
    pub webhook: WebhookId,
    /// The event; its id is `webhook-id` in every attempt.
    pub event: EventId,
    /// What happened.
    pub kind: String,
    /// The body, byte for byte.
    pub body: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Why it is dead, if it is.
    pub cause: Option<DeathCause>,
    /// How many attempts were made since it was made or asked for again.
    pub made: u32,
    /// When it is due.
    pub next_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it came to its end.
    pub finished_at: Option<Timestamp>,
    /// What came of the latest attempts, the oldest first.
    pub attempts: Vec<Attempt>,
}

impl Delivery {
    /// One that is due at once.
    pub fn new(
        id: DeliveryId,
        webhook: WebhookId,
        event: EventId,
        kind: &str,
        body: String,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            webhook,
            event,
            kind: kind.to_owned(),
            body,
            state: DeliveryState::Waiting,
            cause: None,
            made: 0,
            next_at: now,
            created_at: now,
            finished_at: None,
            attempts: Vec::new(),
        }
    }

    /// Remember an attempt.
    pub(super) fn note(&mut self, report: &Report, now: Timestamp) {
        self.made = self.made.saturating_add(1);
        self.remember(report, now);
    }

    /// Remember that none could be made; of many in a row the latest, so that they crowd out no
    /// attempt.
    pub(super) fn note_unsigned(&mut self, report: &Report, now: Timestamp) {
        self.attempts.pop_if(|it| it.outcome == Outcome::Unsigned);
        self.remember(report, now);
    }

    fn remember(&mut self, report: &Report, now: Timestamp) {
        if self.attempts.len() >= ATTEMPTS_KEPT {
            self.attempts.remove(0);
        }
        self.attempts.push(Attempt {
            at: now,
            millis: u32::try_from(report.took.as_millis()).unwrap_or(u32::MAX),
            outcome: report.outcome.clone(),
            answer: report.answer.chars().filter(|it| !it.is_control()).take(ANSWER_KEPT).collect(),
        });
    }

    /// Its place in a listing: the newest first.
    pub fn place(&self) -> (Timestamp, DeliveryId) {
        (self.created_at, self.id)
    }

    /// The cursor after it.
    pub fn cursor(&self, workspace: WorkspaceId) -> Cursor {
        let mut key = self.created_at.micros().to_be_bytes().to_vec();
        key.extend_from_slice(self.id.0.as_bytes());
        Cursor::new(Self::LISTING, workspace, &key)
    }

    /// The place that a cursor speaks of.
    pub fn place_of(
        after: Option<&Cursor>,
        workspace: WorkspaceId,
    ) -> crate::Result<Option<(Timestamp, DeliveryId)>> {
        let Some(cursor) = after else { return Ok(None) };
        let key = cursor.key(Self::LISTING, workspace)?;
        let wrong = || crate::Error::invalid("page", "cursor", "it was not made by this listing");
        let (at, id) = key.split_first_chunk::<8>().ok_or_else(wrong)?;
        let id = uuid::Uuid::from_slice(id).map_err(|_| wrong())?;
        Ok(Some((Timestamp::from_micros(i64::from_be_bytes(*at)), DeliveryId(id))))
    }

    const LISTING: &str = "deliveries";
}

/// The right to say what came of one attempt. It ends when another courier claims the delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// Which delivery.
    pub delivery: DeliveryId,
    /// Which claim of it.
    pub number: u32,
}

/// A delivery to attempt, with all that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The right to report.
    pub ticket: Ticket,
    /// Where to send.
    pub url: String,
    /// Which schedule, for the time limit.
    pub schedule: Schedule,
    /// What to sign with, the oldest first.
    pub secrets: Vec<SealedSecret>,
    /// What to send.
    pub delivery: Delivery,
}
