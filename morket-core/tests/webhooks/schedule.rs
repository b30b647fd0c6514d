//! When the next attempt is made.

use morket_core::webhook::{Jitter, Schedule};
use proptest::prelude::*;
use std::time::Duration;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// As people were told: a second writing of the tables, to be compared.
fn told(schedule: Schedule) -> Vec<u64> {
    match schedule {
        Schedule::Standard => {
            vec![5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
        }
        Schedule::Short => vec![5, 10, 20],
    }
}

#[test]
fn p183_waits_are_those_of_the_schedule_within_a_fifth() {
    // method: property
    for schedule in Schedule::ALL {
        for (made, wait) in (1..).zip(told(schedule).into_iter().map(seconds)) {
            proptest!(|(throw in any::<u16>())| {
                let drawn = schedule.wait(made, Jitter(throw), None).unwrap();
                prop_assert!(drawn >= wait * 8 / 10 && drawn <= wait * 12 / 10, "{:?}", drawn);
            });
            assert_eq!(schedule.wait(made, Jitter(0), None), Some(wait * 8 / 10));
            assert_eq!(schedule.wait(made, Jitter(u16::MAX), None), Some(wait * 12 / 10));
        }
        let last = u32::try_from(schedule.attempts()).unwrap();
        assert_eq!(schedule.wait(last, Jitter::NONE, None), None);
        assert_eq!(schedule.wait(0, Jitter::NONE, None), None);
        assert_eq!(schedule.wait(u32::MAX, Jitter::NONE, None), None);
    }
}

#[test]
fn p186_what_a_receiver_asks_for_is_clamped() {
    // method: property
    for schedule in Schedule::ALL {
        for (made, base) in (1..).zip(told(schedule).into_iter().map(seconds)) {
            proptest!(|(asked in any::<u64>(), throw in any::<u16>())| {
                let wait = schedule.wait(made, Jitter(throw), Some(seconds(asked))).unwrap();
                prop_assert_eq!(wait, seconds(asked).clamp(base, base * 2));
            });
            let billion = Some(seconds(1_000_000_000));
            assert_eq!(schedule.wait(made, Jitter::NONE, billion), Some(base * 2));
        }
    }
}

#[test]
fn p189_an_attempt_has_a_limit() {
    assert_eq!(Schedule::Standard.timeout(), seconds(30));
    assert_eq!(Schedule::Short.timeout(), seconds(10));
}
