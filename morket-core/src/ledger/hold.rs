//! Credits set aside.

use crate::{Credits, HoldId, Timestamp, WorkspaceId, job::BatchId};

/// Whether a hold can still pay. The number is what stores keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum HoldState {
    /// It can.
    Open = 1,
    /// Closed by its owner; the rest is available again.
    Voided = 2,
    /// Closed because nobody came back for it; the rest is available again.
    Lapsed = 3,
}

impl HoldState {
    /// The state with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        [Self::Open, Self::Voided, Self::Lapsed].into_iter().find(|it| *it as i64 == number)
    }
}

/// Credits set aside for a batch (or by hand), of which captures take their part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its name.
    pub id: HoldId,
    /// Whose credits.
    pub workspace: WorkspaceId,
    /// How many were set aside.
    pub amount: Credits,
    /// How many of them were spent.
    pub captured: Credits,
    /// Whether it can still pay.
    pub state: HoldState,
    /// The batch it pays for.
    pub batch: Option<BatchId>,
    /// When it lapses by itself, if it belongs to no batch.
    pub lapses_at: Option<Timestamp>,
    /// When it was opened, by the store's clock.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Option<Timestamp>,
}

impl Hold {
    /// What can still be captured, or returns when it closes.
    pub fn rest(&self) -> Credits {
        Credits(self.amount.0 - self.captured.0)
    }

    /// Whether it can still pay.
    pub fn is_open(&self) -> bool {
        self.state == HoldState::Open
    }
}
