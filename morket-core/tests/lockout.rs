//! Lockout, against a model that remembers everything.

#![cfg(feature = "identity")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Timestamp,
    identity::{
        Admission, Attempts,
        lockout::{MAX_FAILURES, WINDOW},
    },
};
use proptest::{collection::vec, prelude::*};
use std::{sync::Mutex, time::Duration};

fn at(seconds: u64) -> Timestamp {
    Timestamp::default().after(Duration::from_secs(seconds))
}

fn allowed(admission: Admission) -> bool {
    admission == Admission::Allowed
}

/// Every failure since the last success.
#[derive(Default)]
struct Model(Vec<u64>);

impl Model {
    fn admits(&self, now: u64) -> bool {
        self.0.iter().filter(|then| now - **then < WINDOW.as_secs()).count() < MAX_FAILURES
    }
}

proptest! {
    #[test]
    fn p120_p121_p122_one_attempt_after_another_follows_the_model(
        steps in vec((0..600_u64, prop::bool::weighted(0.1)), 0..60),
    ) {
        // method: model
        let (mut attempts, mut model, mut now) = (Attempts::default(), Model::default(), 0);
        for (wait, right) in steps {
            now += wait;
            prop_assert_eq!(allowed(attempts.decide(at(now))), model.admits(now));
            let admitted = allowed(attempts.begin(at(now)));
            prop_assert_eq!(admitted, model.admits(now));
            prop_assert!(attempts.failures().len() <= MAX_FAILURES);
            match (admitted, right) {
                (true, true) => {
                    attempts.succeed();
                    model.0.clear();
                }
                (true, false) => model.0.push(now),
                (false, _) => {}
            }
            let stored = Attempts::from_failures(attempts.failures().to_vec());
            prop_assert_eq!(&stored, &attempts);
        }
    }

    #[test]
    fn p120_the_sixth_is_refused_until_the_lock_ends(
        gaps in vec(0..224_u64, 4),
        late in 0..900_u64,
    ) {
        // method: property
        let mut attempts = Attempts::default();
        let mut now = 0;
        prop_assert!(allowed(attempts.begin(at(0))));
        for gap in gaps {
            now += gap;
            prop_assert!(allowed(attempts.begin(at(now))));
        }
        let until = at(0).after(WINDOW);
        let then = (now + late).min(899);
        prop_assert_eq!(attempts.begin(at(then)), Admission::Locked { until });
        let just_before = until.before(Duration::from_micros(1));
        prop_assert_eq!(attempts.begin(just_before), Admission::Locked { until });
        prop_assert!(allowed(attempts.begin(until)));
    }

    #[test]
    fn p121_old_failures_do_not_count(
        failures in vec(0..100_u64, 0..5),
        later in 1_000..5_000_u64,
    ) {
        // method: property
        let mut attempts = Attempts::from_failures(failures.into_iter().map(at).collect());
        for _ in 0..MAX_FAILURES {
            prop_assert!(allowed(attempts.begin(at(later))));
        }
        prop_assert!(!allowed(attempts.begin(at(later))));
    }

    #[test]
    fn p122_a_success_starts_again_from_none(failures in 0..5_usize, seconds in 0..100_u64) {
        // method: property
        let mut attempts = Attempts::default();
        for _ in 0..failures {
            attempts.begin(at(seconds));
        }
        attempts.begin(at(seconds));
        attempts.succeed();
        prop_assert_eq!(attempts, Attempts::default());
    }

    #[test]
    fn p123_any_window_admits_five_guesses(instants in vec(0..4_000_u64, 0..200)) {
        // method: property
        let mut instants = instants;
        instants.sort_unstable();
        let mut attempts = Attempts::default();
        let admitted: Vec<u64> =
            instants.into_iter().filter(|now| allowed(attempts.begin(at(*now)))).collect();
        for six in admitted.windows(MAX_FAILURES + 1) {
            prop_assert!(six[MAX_FAILURES] - six[0] >= WINDOW.as_secs());
        }
    }

    #[test]
    fn p125_no_lock_outlasts_the_window(failures in vec(any::<i64>(), 0..10), now: i64) {
        // method: property
        let failures = failures.into_iter().map(Timestamp::from_micros).collect();
        let mut attempts = Attempts::from_failures(failures);
        let now = Timestamp::from_micros(now);
        if let Admission::Locked { until } = attempts.begin(now) {
            prop_assert!(now < until && until <= now.after(WINDOW));
            let later = now.after(WINDOW);
            prop_assert!(later == now || allowed(attempts.begin(later)));
        }
    }
}

#[test]
fn p123_guesses_at_once_are_five() {
    // method: exhaustive
    let attempts = Mutex::new(Attempts::default());
    let guess = || allowed(attempts.lock().unwrap().begin(at(7)));
    let admitted = std::thread::scope(|scope| {
        let guesses: Vec<_> = (0..64).map(|_| scope.spawn(guess)).collect();
        guesses.into_iter().filter_map(|guess| guess.join().ok()).filter(|ok| *ok).count()
    });
    assert_eq!(admitted, MAX_FAILURES);
}
