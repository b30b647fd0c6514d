//! A clock that goes with the runtime's: under paused time, waiting takes no time.

use morket_core::{Clock, Timestamp};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// The runtime's clock. Needs a runtime; under paused time every wait is over at once.
#[derive(Debug)]
pub struct TokioClock {
    origin: Instant,
    wall: Timestamp,
    skipped: Mutex<Duration>,
}

impl TokioClock {
    /// A clock that begins now, which it calls this instant.
    pub fn at(wall: Timestamp) -> Self {
        Self { origin: Instant::now(), wall, skipped: Mutex::default() }
    }

    /// Let this much pass at once. Timers of the runtime do not hear of it.
    pub fn skip(&self, by: Duration) {
        let mut skipped = self.skipped.lock().unwrap_or_else(PoisonError::into_inner);
        *skipped = skipped.saturating_add(by);
    }

    fn skipped(&self) -> Duration {
        *self.skipped.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.wall.after(self.monotonic())
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed().saturating_add(self.skipped())
    }
}
