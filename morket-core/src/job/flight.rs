//! Who asks a vendor what: in all processes together, one thing is asked once at a time.
//!
//! A call that is marked sent holds the lookup key of each of its records until it is over. Nothing
//! is released by hand: a flight lives as long as its call is under way, so no store can forget it.

use super::{CallState, NewCall};
use crate::{CallId, Timestamp};
use std::time::Duration;

/// How long a batch may be without a worker, and not asleep, before others ask what it asks: any
/// worker there is would have taken it long since.
pub const ABANDONED: Duration = Duration::from_secs(600);

/// How long the batch of a job that somebody attends may be so before nobody waits for it any more.
/// No worker takes it: who was frozen or cut off is back by then, and who was killed comes back by
/// hand or not at all.
pub const LEFT: Duration = Duration::from_secs(60);

/// What a call asks for one of its records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What the answer is kept under.
    pub key: [u8; 32],
    /// The call whose stored answer was found there, and would not do.
    pub seen: Option<CallId>,
}

/// A question that another batch asked last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flight {
    /// What is asked.
    pub key: [u8; 32],
    /// By which call.
    pub call: CallId,
    /// What has become of it.
    pub state: FlightState,
}

impl Flight {
    /// The same for the batch that asks it: it knows its own calls, and never waits for itself.
    #[must_use]
    pub fn of_ours(self) -> Self {
        match self.state {
            FlightState::Asked { .. } | FlightState::Left => {
                Self { state: FlightState::Over, ..self }
            }
            _ => self,
        }
    }
}

/// What has become of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightState {
    /// It is under way; whoever asks it sleeps for so long.
    Asked {
        /// Zero while somebody works on it.
        wait: Duration,
    },
    /// Whoever attended it is gone, and may come back for it. Until then nobody knows, and nobody
    /// else asks.
    Left,
    /// Its answer, or that there is none, is stored.
    Answered,
    /// It was billed or may have been, and nobody knows what it found.
    Unknown,
    /// It is over, and nothing is stored.
    Over,
}

/// What came of marking a call as sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Marked {
    /// It is written down, and its bytes may leave.
    Sent,
    /// Nothing was written: others ask this already, or have asked it since.
    Taken(Vec<Flight>),
}

impl Marked {
    /// Whether the bytes may leave.
    pub const fn is_sent(&self) -> bool {
        matches!(self, Self::Sent)
    }
}

/// The call that asked a key last, and the batch behind it.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// Which call.
    pub call: CallId,
    /// Where that call stands.
    pub state: CallState,
    /// It was billed, and what it found is not kept: it came too late, or could not be read.
    pub lost: bool,
    /// Whether anybody will still work on its batch.
    pub open: bool,
    /// Whether only those who mean its job do, and no worker that comes along.
    pub attended: bool,
    /// When its batch wakes, if it sleeps.
    pub wake_at: Option<Timestamp>,
    /// From when on nobody works on its batch: in the future while it is leased or asleep.
    pub vacant_since: Timestamp,
}

impl Asker {
    /// What has become of the question. A call that is ready to be sent again holds nothing: it was
    /// surely not billed, and whoever comes first asks. One whose batch nobody takes up is given up
    /// for lost.
    pub fn flight(&self, key: [u8; 32], now: Timestamp) -> Flight {
        let state = match self.state {
            CallState::Unknown => FlightState::Unknown,
            CallState::Settled if self.lost => FlightState::Unknown,
            CallState::Sent if self.open => self.under_way(now),
            // Its job was ended without it: nobody will tell what became of it.
            CallState::Sent => FlightState::Unknown,
            CallState::Ready | CallState::Settled => FlightState::Over,
        };
        Flight { key, call: self.call, state }
    }

    /// A question that was sent, and that nobody has answered.
    fn under_way(&self, now: Timestamp) -> FlightState {
        let vacant_for = |span: Duration| self.vacant_since <= now.before(span);
        if vacant_for(ABANDONED) {
            return FlightState::Over;
        }
        if self.attended && vacant_for(LEFT) {
            return FlightState::Left;
        }
        let wait = self.wake_at.map_or(Duration::ZERO, |at| at.since(now));
        FlightState::Asked { wait }
    }
}

impl NewCall {
    /// What keeps this call from leaving: others' flights under its keys, and answers that came
    /// since it looked. `stored` tells whose answer is kept.
    pub fn in_the_way(
        &self,
        flights: impl Fn(&[u8; 32]) -> Option<Flight>,
        stored: impl Fn(&[u8; 32]) -> Option<CallId>,
    ) -> Vec<Flight> {
        let asked = self.wanted.iter().filter_map(|it| Some((it, flights(&it.key)?)));
        let held = asked.filter_map(|(wanted, flight)| match flight.state {
            FlightState::Asked { .. } | FlightState::Left => Some(flight),
            _ => {
                let call = stored(&wanted.key).filter(|call| wanted.seen != Some(*call))?;
                Some(Flight { key: wanted.key, call, state: FlightState::Answered })
            }
        });
        held.collect()
    }
}
