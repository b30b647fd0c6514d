//! A clock that goes with the runtime's: under paused time, waiting takes no time.

use morket_core::{Clock, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// The runtime's clock. Needs a runtime; under paused time every wait is over at once.
#[derive(Debug)]
pub struct TokioClock {
    origin: Instant,
    wall: Timestamp,
}

impl TokioClock {
    /// A clock that begins now, which it calls this instant.
    pub fn at(wall: Timestamp) -> Self {
        Self { origin: Instant::now(), wall }
    }
}

impl Clock for TokioClock {
    fn now(&self) -> Timestamp {
        self.wall.after(self.origin.elapsed())
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }
}
