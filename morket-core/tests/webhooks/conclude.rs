//! What becomes of a delivery after each outcome: every status, and random lives.

use super::support::{delivery, webhook};
use morket_core::{
    Timestamp,
    webhook::{
        DISABLE_AFTER, DeathCause, DeliveryState, DisabledCause, Jitter, Outcome, Report, Schedule,
        conclude,
    },
};
use proptest::{collection::vec, prelude::*};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

#[test]
fn p186_only_a_2xx_is_a_success() {
    // method: exhaustive
    for status in 100..1_000_u16 {
        let (mut hook, mut sent) = (webhook(Schedule::Standard), delivery());
        let report = Report {
            retry_after: Some(Duration::from_secs(8)),
            jitter: Jitter(0),
            ..Report::of(Outcome::Status(status))
        };
        let told = conclude(&mut hook, &mut sent, 1, &report, NOW);
        let wait = sent.next_at.since(NOW);
        let base = Schedule::Standard.waits()[0];
        match status {
            200..=299 => {
                assert_eq!((sent.state, told), (DeliveryState::Delivered, None));
                assert_eq!(hook.failing_since, None);
            }
            410 => {
                let cause = (sent.state, sent.cause);
                assert_eq!(cause, (DeliveryState::Dead, Some(DeathCause::Gone)));
                assert_eq!(hook.disabled, Some((NOW, DisabledCause::Gone)));
                assert_eq!(told.unwrap().payload["cause"], "gone");
            }
            429 | 503 => assert_eq!(wait, Duration::from_secs(8), "it asked for that"),
            _ => assert_eq!(wait, base * 8 / 10, "{status} has no say"),
        }
        if !(200..=299).contains(&status) {
            assert_eq!(hook.failing_since, Some(NOW));
        }
    }
    for outcome in [Outcome::Refused, Outcome::Unreachable, Outcome::Timeout, Outcome::Broken] {
        let (mut hook, mut sent) = (webhook(Schedule::Short), delivery());
        conclude(&mut hook, &mut sent, 1, &Report::of(outcome), NOW);
        assert_eq!((sent.state, sent.made), (DeliveryState::Waiting, 1));
    }
}

/// One endpoint through a random life: it is off exactly when it answered 410 or had failed for 120
/// hours, counted from the first failure after the last success.
#[test]
fn p187_failures_count_from_the_last_success() {
    // method: model
    let step = (prop_oneof![3 => Just(500_u16), 2 => Just(200), 1 => Just(404)], 0..50_u64);
    proptest!(ProptestConfig::with_cases(1_000), |(life in vec(step, 1..40))| {
        let mut hook = webhook(Schedule::Standard);
        let (mut now, mut failing): (Timestamp, Option<Timestamp>) = (NOW, None);
        for (status, hours) in life {
            now = now.after(Duration::from_secs(hours * 3_600));
            let mut sent = delivery();
            let told = conclude(&mut hook, &mut sent, 1, &Report::of(Outcome::Status(status)), now);
            let was = hook.disabled.is_some();
            failing = if status == 200 { None } else { failing.or(Some(now)) };
            prop_assert_eq!(hook.failing_since, failing);
            let due = failing.is_some_and(|since| now.since(since) >= DISABLE_AFTER);
            prop_assert_eq!((told.is_some(), was), (due, due));
            if was {
                prop_assert_eq!(sent.cause, Some(DeathCause::Disabled));
                return Ok(());
            }
        }
    });
}

/// A schedule of failures ends in the list of the dead, with every attempt in it.
#[test]
fn p184_a_life_of_failures_ends_among_the_dead() {
    // method: property
    for schedule in Schedule::ALL {
        proptest!(|(throws in vec(any::<u16>(), 10))| {
            let (mut hook, mut sent, mut now) = (webhook(schedule), delivery(), NOW);
            for (made, throw) in (1..=schedule.attempts()).zip(&throws) {
                prop_assert_eq!(sent.state, DeliveryState::Waiting);
                let report = Report { jitter: Jitter(*throw), ..Report::of(Outcome::Timeout) };
                conclude(&mut hook, &mut sent, 1, &report, now);
                prop_assert_eq!(sent.attempts.len(), made);
                now = now.max(sent.next_at);
            }
            let dead = (DeliveryState::Dead, Some(DeathCause::Exhausted));
            prop_assert_eq!((sent.state, sent.cause), dead);
        });
    }
}
