//! Five failures in fifteen minutes lock an account, and the lock ends by itself.
//!
//! An attempt counts as failed from the moment it is admitted; a right password takes that back.
//! So a hundred guesses at once are five verifications and ninety-five refusals, whatever order
//! they run in, as long as the store makes [`Attempts::begin`] one atomic step.

use crate::Timestamp;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Failures that lock.
pub const MAX_FAILURES: usize = 5;

/// How long a failure counts.
pub const WINDOW: Duration = Duration::from_secs(15 * 60);

/// What a database counts attempts under: a hash, so that it keeps no strangers' addresses.
pub fn account(key: &str) -> [u8; 32] {
    Sha256::digest(key).into()
}

/// Whether a password may be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Yes.
    Allowed,
    /// No, however right it is. A client must not be told so.
    Locked {
        /// When the oldest failure stops counting.
        until: Timestamp,
    },
}

/// The failures of one account that may still count: at most five instants, oldest first.
///
/// ```
/// use morket_core::{Timestamp, identity::{Admission, Attempts}};
///
/// let (mut attempts, now) = (Attempts::default(), Timestamp::from_micros(0));
/// for _ in 0..5 {
///     assert_eq!(attempts.begin(now), Admission::Allowed);
/// }
/// assert!(matches!(attempts.begin(now), Admission::Locked { .. }));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempts {
    failures: Vec<Timestamp>,
}

impl Attempts {
    /// Attempts read back from a store, in any order; only the latest five are kept.
    pub fn from_failures(mut failures: Vec<Timestamp>) -> Self {
        failures.sort_unstable();
        failures.drain(..failures.len().saturating_sub(MAX_FAILURES));
        Self { failures }
    }

    /// The failures that may still count, oldest first.
    pub fn failures(&self) -> &[Timestamp] {
        &self.failures
    }

    /// Whether an attempt at `now` would be admitted. Changes nothing.
    pub fn decide(&self, now: Timestamp) -> Admission {
        let mut copy = self.clone();
        copy.settle(now);
        copy.admission()
    }

    /// Ask for an attempt at `now`, counted as failed until [`succeed`](Self::succeed).
    ///
    /// A refused attempt is not counted: a lock is never prolonged by knocking.
    pub fn begin(&mut self, now: Timestamp) -> Admission {
        self.settle(now);
        let admission = self.admission();
        if admission == Admission::Allowed {
            self.failures.push(now);
        }
        admission
    }

    /// The admitted attempt had the right password: start again from none.
    pub fn succeed(&mut self) {
        self.failures.clear();
    }

    /// Forget what is past its window. A failure from the future (the wall clock was moved back)
    /// is taken for one of now, so that no lock outlasts the window.
    fn settle(&mut self, now: Timestamp) {
        self.failures.iter_mut().for_each(|failure| *failure = (*failure).min(now));
        self.failures.retain(|failure| now < failure.after(WINDOW));
    }

    fn admission(&self) -> Admission {
        match self.failures.len().checked_sub(MAX_FAILURES) {
            Some(first) => Admission::Locked { until: self.failures[first].after(WINDOW) },
            None => Admission::Allowed,
        }
    }
}
