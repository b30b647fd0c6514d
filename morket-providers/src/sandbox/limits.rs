//! Limits: so many calls in any span of so long.

use super::Limits;
use std::{collections::VecDeque, time::Duration};

/// One limit of a vendor.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limit {
    /// How many calls …
    pub(super) calls: usize,
    /// … in any span of this length.
    pub(super) per: Duration,
    /// How long the vendor turns everything away after the first call too many.
    pub(super) block: Duration,
}

impl Limit {
    pub(super) const fn new(calls: usize, seconds: u64) -> Self {
        Self::blocking(calls, seconds, 0)
    }

    /// A limit that is punished.
    pub(super) const fn blocking(calls: usize, seconds: u64, block: u64) -> Self {
        let (per, block) = (Duration::from_secs(seconds), Duration::from_secs(block));
        Self { calls, per, block }
    }

    fn allows(self, limits: Limits) -> usize {
        match limits {
            Limits::AsDocumented => self.calls,
            Limits::Times(factor) => self.calls.saturating_mul(factor as usize),
            Limits::Off => usize::MAX,
        }
    }
}

/// When the last calls were let in, so that any span can be counted exactly.
#[derive(Debug, Default)]
pub(super) struct Gate {
    admitted: VecDeque<Duration>,
    blocked_until: Duration,
}

impl Gate {
    /// Lets a call in, or not. One that is turned away counts towards no span.
    pub(super) fn admit(&mut self, limits: &[Limit], scale: Limits, now: Duration) -> bool {
        if self.is_blocked(now) {
            return false;
        }
        if limits.is_empty() || scale == Limits::Off {
            return true;
        }
        let longest = limits.iter().map(|limit| limit.per).max().unwrap_or_default();
        while self.admitted.front().is_some_and(|first| now.saturating_sub(*first) >= longest) {
            self.admitted.pop_front();
        }
        for limit in limits {
            if self.within(limit.per, now) >= limit.allows(scale) {
                self.blocked_until = now + limit.block;
                return false;
            }
        }
        self.admitted.push_back(now);
        true
    }

    /// Whether a punishment still lasts.
    pub(super) fn is_blocked(&self, now: Duration) -> bool {
        now < self.blocked_until
    }

    /// How long until each span has room again.
    pub(super) fn until_free(&self, limits: &[Limit], now: Duration) -> Duration {
        let wait = |limit: &Limit| {
            let over = self.within(limit.per, now).checked_sub(limit.calls)?;
            let first = self.admitted.len() - self.within(limit.per, now) + over;
            Some((*self.admitted.get(first)? + limit.per).saturating_sub(now))
        };
        limits.iter().filter_map(wait).max().unwrap_or_default()
    }

    /// How many calls the span that ends now has seen.
    pub(super) fn within(&self, span: Duration, now: Duration) -> usize {
        self.admitted.len()
            - self.admitted.partition_point(|then| now.saturating_sub(*then) >= span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HUNTER: &[Limit] = &[Limit::new(15, 1), Limit::new(20, 60)];

    fn check(limits: &[Limit], scale: Limits, rows: &[(u64, usize, usize)]) {
        let mut gate = Gate::default();
        for (millis, asked, expected) in rows {
            let now = Duration::from_millis(*millis);
            let admitted = (0..*asked).filter(|_| gate.admit(limits, scale, now)).count();
            assert_eq!(admitted, *expected, "at {millis} ms");
        }
    }

    #[test]
    fn any_span_is_counted_exactly() {
        check(HUNTER, Limits::AsDocumented, &[(0, 16, 15), (999, 1, 0), (1_000, 9, 5)]);
        check(HUNTER, Limits::AsDocumented, &[(500, 15, 15), (1_499, 1, 0), (1_500, 9, 5)]);
        let minute = [(0, 10, 10), (2_000, 15, 10), (59_999, 1, 0), (60_000, 15, 10)];
        check(HUNTER, Limits::AsDocumented, &minute);
        check(HUNTER, Limits::Times(2), &[(0, 50, 30), (1_000, 50, 10)]);
        check(HUNTER, Limits::Off, &[(0, 5_000, 5_000)]);
    }

    #[test]
    fn a_block_lasts_as_long_as_it_says() {
        let limits = &[Limit::blocking(2, 60, 600)];
        let rows = [(0, 2, 2), (60_000, 3, 2), (120_000, 1, 0), (659_999, 1, 0), (660_000, 1, 1)];
        check(limits, Limits::AsDocumented, &rows);
    }
}
