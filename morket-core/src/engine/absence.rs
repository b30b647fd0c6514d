//! A store that does not answer: how soon it is asked again, and for how long nobody counts as gone
//! once it does. Pure: instants are arguments.

use super::worker::Worker;
use std::{sync::PoisonError, time::Duration};

/// How soon it is asked again: at first, and at the latest.
const WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// How long a store has been away.
#[derive(Debug, Default)]
pub(super) struct Absence {
    wait: Option<Duration>,
}

impl Absence {
    /// It does not answer: how long to wait before it is asked again.
    pub(super) fn goes_on(&mut self) -> Duration {
        let wait = self.wait.map_or(WAIT.0, |it| (it * 2).min(WAIT.1));
        self.wait = Some(wait);
        wait
    }

    /// Whether it is away.
    pub(super) fn is_on(&self) -> bool {
        self.wait.is_some()
    }

    /// It has answered: whether it had been away.
    pub(super) fn ends(&mut self) -> bool {
        self.wait.take().is_some()
    }
}

/// What is short for an absence: leases outlast it, and so do those who hold them.
const SHORT: Duration = Duration::from_secs(30);

/// How long whoever was cut off from the store, too, is waited for: as long as it takes for a job
/// to count as left.
const GRACE: Duration = Duration::from_secs(60);

/// What a process knows of the last long absence of its store.
#[derive(Debug, Default)]
pub(super) struct Outage {
    since: Option<Duration>,
    patient_until: Option<Duration>,
}

impl Outage {
    fn failed(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }

    fn answered(&mut self, now: Duration) {
        let was = self.since.take().filter(|since| now.saturating_sub(*since) > SHORT);
        self.patient_until = was.map(|_| now.saturating_add(GRACE)).or(self.patient_until);
    }
}

impl Worker {
    /// The store was asked for work: whether it answered.
    pub(super) fn has_asked(&self, answered: bool) {
        let now = self.options.clock.monotonic();
        let mut outage = self.outage.lock().unwrap_or_else(PoisonError::into_inner);
        match answered {
            true => outage.answered(now),
            false => outage.failed(now),
        }
    }

    /// Until when nobody counts as gone, as far as this process can tell.
    pub(super) fn patient_until(&self) -> Option<Duration> {
        self.outage.lock().unwrap_or_else(PoisonError::into_inner).patient_until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_counts_as_gone_for_a_while_after_a_long_absence() {
        let at = Duration::from_secs;
        for (away, patient) in [(0, None), (30, None), (31, Some(191)), (500, Some(660))] {
            let mut outage = Outage::default();
            outage.answered(at(50));
            // The first failure counts, not the last.
            [100, 100 + away / 2].into_iter().for_each(|it| outage.failed(at(it)));
            outage.answered(at(100 + away));
            assert_eq!(outage.patient_until, patient.map(at), "{away}");
            outage.failed(at(1_000));
            outage.answered(at(1_001));
            assert_eq!(outage.patient_until, patient.map(at), "{away}: a short one is none");
        }
    }

    #[test]
    fn a_store_that_is_away_is_asked_ever_less_often_up_to_a_bound() {
        let mut absence = Absence::default();
        for _ in 0..2 {
            let waits: Vec<u128> = (0..8).map(|_| absence.goes_on().as_millis()).collect();
            assert_eq!(waits, [200, 400, 800, 1_600, 3_200, 5_000, 5_000, 5_000]);
            assert!(absence.ends() && !absence.ends());
        }
    }
}
