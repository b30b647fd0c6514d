//! How long a worker may go on dispatching under a lease it has not renewed. Pure.

use crate::Timestamp;
use std::time::Duration;

/// A lease as its holder sees it, on the monotonic clock of its own process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watch {
    asked_at: Duration,
    ttl: Duration,
}

impl Watch {
    /// A lease that was asked for at this instant; it began no earlier.
    pub const fn new(asked_at: Duration, ttl: Duration) -> Self {
        Self { asked_at, ttl }
    }

    /// Whether a call may still be dispatched: two thirds of the lease have not passed. The last
    /// third is for what is in flight, and for clocks that differ.
    pub fn may_dispatch(&self, now: Duration) -> bool {
        now < self.asked_at + self.ttl * 2 / 3
    }

    /// What time it is by the store's clock, from a lease that ends at `until` unless renewed: the
    /// wall clock of this process may say anything. Ahead by no more than a round trip.
    pub fn store_time(&self, until: Timestamp, now: Duration) -> Timestamp {
        until.before(self.ttl).after(now.saturating_sub(self.asked_at))
    }

    /// When to renew.
    pub fn renew_at(&self) -> Duration {
        self.asked_at + self.ttl / 3
    }

    /// It was renewed; the renewal was asked for at this instant.
    pub fn renewed(&mut self, asked_at: Duration) {
        self.asked_at = self.asked_at.max(asked_at);
    }
}
