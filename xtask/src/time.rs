//! The one place of this package that looks at a clock or waits.
//!
//! The ban on both is for code whose tests must move time; a task runner measures and waits for
//! real processes.

use std::time::{Duration, Instant};

/// How long something has taken so far.
#[derive(Clone, Copy)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts counting.
    #[allow(clippy::disallowed_methods, reason = "real processes take real time")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// What it has counted.
    pub(crate) fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// Asks `ready` every 50 ms until it says yes; `false` when `deadline` passed first.
pub(crate) fn wait_until(deadline: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let watch = Stopwatch::start();
    while !ready() {
        if watch.elapsed() > deadline {
            return false;
        }
        pause();
    }
    true
}

#[allow(clippy::disallowed_methods, reason = "another process offers nothing to wait on")]
fn pause() {
    std::thread::sleep(Duration::from_millis(50));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_ends_the_wait() {
        assert!(!wait_until(Duration::from_millis(1), || false));
        let mut left = 2;
        assert!(wait_until(Duration::from_secs(5), || {
            left -= 1;
            left == 0
        }));
    }
}
