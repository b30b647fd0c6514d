//! A store that does not answer: how soon it is asked again. Pure: instants are arguments.

use std::time::Duration;

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

#[cfg(test)]
mod tests {
    use super::*;

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
