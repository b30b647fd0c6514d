//! Time that stands still until a test moves it.

use morket_core::{Clock, Timestamp};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A clock that a test holds the hands of.
///
/// Wall and monotonic time are apart, as on a real machine: [`set`](Self::set) is an operator (or
/// NTP) who moves the wall clock, [`advance`](Self::advance) is time that passes.
///
/// ```
/// use morket_core::{Clock, Timestamp};
/// use morket_testkit::ManualClock;
/// use std::time::Duration;
///
/// let clock = ManualClock::at(Timestamp::from_micros(5_000_000));
/// clock.advance(Duration::from_secs(2));
/// assert_eq!(clock.now(), Timestamp::from_micros(7_000_000));
///
/// clock.set(Timestamp::from_micros(0));
/// assert_eq!(clock.monotonic(), Duration::from_secs(2));
/// ```
#[derive(Debug)]
pub struct ManualClock {
    hands: Mutex<Hands>,
}

#[derive(Clone, Copy, Debug)]
struct Hands {
    wall: Timestamp,
    monotonic: Duration,
}

impl ManualClock {
    /// A clock that shows `wall`, in a process that has just started.
    pub fn at(wall: Timestamp) -> Self {
        Self { hands: Mutex::new(Hands { wall, monotonic: Duration::ZERO }) }
    }

    /// Let `span` pass on both.
    pub fn advance(&self, span: Duration) {
        self.change(|hands| {
            hands.wall = hands.wall.after(span);
            hands.monotonic = hands.monotonic.saturating_add(span);
        });
    }

    /// Move the wall clock alone, forwards or back.
    pub fn set(&self, wall: Timestamp) {
        self.change(|hands| hands.wall = wall);
    }

    fn change(&self, change: impl FnOnce(&mut Hands)) {
        change(&mut self.hands.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn hands(&self) -> Hands {
        *self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.hands().wall
    }

    fn monotonic(&self) -> Duration {
        self.hands().monotonic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wall_jumps_and_the_monotonic_clock_does_not() {
        let clock = ManualClock::at(Timestamp::from_micros(10));
        for wall in [1_000_000, 5, i64::MAX] {
            clock.set(Timestamp::from_micros(wall));
            assert_eq!(clock.now(), Timestamp::from_micros(wall));
            assert_eq!(clock.monotonic(), Duration::ZERO);
        }
    }
}
