//! The rate governor: whatever is asked for and whenever, no window ever holds more than it may.

use morket_core::{
    engine::governor::{Governor, HORIZON, Slot, reserve},
    provider::{LimitHint, LimitScope, Window},
};
use proptest::prelude::*;
use std::time::Duration;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn window(max: u32, per: Duration) -> Window {
    Window { max, per, scope: LimitScope::Credential }
}

/// By how much calls may be late on their way without a window running over.
fn margin(per: Duration) -> Duration {
    (per / 50).min(ms(250))
}

fn windows() -> impl Strategy<Value = Vec<Window>> {
    let window = (1_u32..20, 100_u64..60_000).prop_map(|(max, per)| window(max, ms(per)));
    prop::collection::vec(window, 1..4)
}

/// Callers that come after these waits.
fn waits() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(prop_oneof![3 => Just(0_u64), 2 => 0..50_u64, 1 => 0..5_000_u64], 1..200)
}

/// Ask after each of these waits, again when told to; the instants that were given.
fn permits(governor: &mut Governor, waits: &[u64]) -> Vec<Duration> {
    let (mut now, mut given) = (ms(0), Vec::new());
    for wait in waits {
        now += ms(*wait);
        loop {
            match reserve(&mut [&mut *governor], now) {
                Slot::At(at) => {
                    assert!(at >= now && at <= now + HORIZON, "{at:?} at {now:?}");
                    given.push(at);
                    break;
                }
                Slot::NotBefore(at) => {
                    assert!(at > now + HORIZON, "{at:?} at {now:?}");
                    now = at;
                }
            }
        }
    }
    given
}

/// The most instants that any half-open interval of this length holds.
fn fullest(mut instants: Vec<Duration>, per: Duration) -> usize {
    instants.sort();
    let ends = |from: &Duration| instants.partition_point(|at| *at < *from + per);
    instants.iter().enumerate().map(|(at, from)| ends(from) - at).max().unwrap_or(0)
}

proptest! {
    #[test]
    fn no_interval_holds_more_than_its_window(windows in windows(), waits in waits()) {
        // method: property
        let mut governor = Governor::new(windows.iter().copied());
        let given = permits(&mut governor, &waits);
        for window in windows {
            prop_assert!(fullest(given.clone(), window.per) <= window.max as usize, "{window:?}");
        }
    }
}

proptest! {
    #[test]
    fn late_arrivals_do_not_overrun_a_window(
        windows in windows(), waits in waits(), late in prop::collection::vec(0_u32..1000, 200),
    ) {
        // method: property
        let bound = windows.iter().map(|it| margin(it.per)).min().unwrap_or_default();
        let mut governor = Governor::new(windows.iter().copied());
        let given = permits(&mut governor, &waits);
        let arrived: Vec<Duration> =
            given.iter().zip(late).map(|(at, late)| *at + bound * late / 1000).collect();
        for window in windows {
            prop_assert!(fullest(arrived.clone(), window.per) <= window.max as usize, "{window:?}");
        }
    }

    #[test]
    fn permits_never_go_back_in_time(windows in windows(), waits in waits()) {
        // method: property
        let given = permits(&mut Governor::new(windows), &waits);
        prop_assert!(given.is_sorted(), "{given:?}");
    }

    #[test]
    fn whoever_always_asks_gets_nineteen_in_twenty(max in 1_u32..50, per in 100_u64..60_000) {
        // method: property
        let mut governor = Governor::new([window(max, ms(per))]);
        let rounds = 40;
        let given = permits(&mut governor, &vec![0; max as usize * rounds]);
        let span = *given.last().unwrap();
        // That many calls need this long at the vendor's own limit.
        let ideal = ms(per) * u32::try_from(rounds - 1).unwrap();
        prop_assert!(ideal * 100 >= span * 95, "{span:?} instead of {ideal:?}");
    }

    #[test]
    fn two_governors_are_kept_at_once(
        shared in windows(), one in windows(), two in windows(), waits in waits(),
        which in prop::collection::vec(any::<bool>(), 200), retry in prop::option::of(0_u64..20),
    ) {
        // method: property
        let mut all = [shared.clone(), one.clone(), two.clone()].map(Governor::new);
        let (mut now, mut given) = (ms(0), [Vec::new(), Vec::new(), Vec::new()]);
        for (at, (wait, first)) in waits.iter().zip(which).enumerate() {
            now += ms(*wait);
            let endpoint = if first { 1 } else { 2 };
            if at == 10 && let Some(retry) = retry {
                all[1].throttled(now, Some(Duration::from_secs(retry)));
            }
            let [shared, one, two] = &mut all;
            let own = if first { one } else { two };
            loop {
                match reserve(&mut [shared, own], now) {
                    Slot::NotBefore(at) => now = at,
                    Slot::At(at) => {
                        given[0].push(at);
                        given[endpoint].push(at);
                        break;
                    }
                }
            }
        }
        for (given, windows) in given.iter().zip([shared, one, two]) {
            for window in windows {
                prop_assert!(fullest(given.clone(), window.per) <= window.max as usize);
            }
        }
    }
}

#[test]
fn a_place_that_is_not_near_is_not_given() {
    // method: exhaustive
    let mut governor = Governor::new([window(1, Duration::from_secs(10))]);
    assert_eq!(reserve(&mut [&mut governor], ms(0)), Slot::At(ms(0)));
    let next = Duration::from_secs(10) + margin(Duration::from_secs(10));
    // However often it is asked for, nothing is taken.
    for _ in 0..10 {
        assert_eq!(reserve(&mut [&mut governor], ms(0)), Slot::NotBefore(next));
    }
    assert_eq!(reserve(&mut [&mut governor], next - HORIZON), Slot::At(next));
}

#[test]
fn who_is_throttled_waits_as_long_as_it_is_told() {
    // method: exhaustive
    let second = Duration::from_secs(1);
    let mut governor = Governor::default();
    for (now, told, until) in [
        (0, Some(30), 30),
        // A shorter wait does not shorten a longer one.
        (10, Some(5), 30),
        (40, Some(0), 40),
        (100, Some(7), 107),
    ] {
        let at = governor.throttled(second * now, told.map(|it| second * it));
        assert_eq!(at, second * until, "{now}");
        assert_eq!(governor.free_at(second * now), at, "{now}");
    }
}

#[test]
fn who_is_throttled_without_a_word_waits_ever_longer_but_not_for_ever() {
    // method: exhaustive
    let mut governor = Governor::default();
    let mut now = ms(0);
    for expected in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
        let until = governor.throttled(now, None);
        assert_eq!((until - now).as_secs(), expected);
        now = until;
    }
    governor.served();
    assert_eq!((governor.throttled(now, None) - now).as_secs(), 1);
}

#[test]
fn no_wait_a_vendor_can_name_is_too_long_to_add() {
    // method: exhaustive
    let now = Duration::from_secs(1_000);
    for told in [Duration::MAX, Duration::from_secs(u64::MAX), Duration::from_secs(u64::MAX - 999)]
    {
        let mut governor = Governor::default();
        assert!(governor.throttled(now, Some(told)) > now);
        assert!(matches!(reserve(&mut [&mut governor], now), Slot::NotBefore(_)));
        let mut governor = Governor::default();
        let empty = LimitHint { per: told, max: Some(1), left: Some(0), resets_in: Some(told) };
        governor.learn(now, empty);
        assert!(matches!(reserve(&mut [&mut governor], now), Slot::NotBefore(_)));
        let mut governor = Governor::default();
        governor.learn(now, LimitHint { left: None, ..empty });
        assert_eq!(reserve(&mut [&mut governor], now), Slot::At(now));
        assert!(matches!(reserve(&mut [&mut governor], now), Slot::NotBefore(_)));
    }
}

#[test]
fn what_headers_tell_is_learned() {
    // method: exhaustive
    let minute = Duration::from_secs(60);
    let hint = LimitHint { per: minute, max: None, left: None, resets_in: None };
    let left = |left, resets: u64| LimitHint {
        left: Some(left),
        resets_in: Some(Duration::from_secs(resets)),
        ..hint
    };
    for (hint, expected) in [
        (hint, 10),
        (LimitHint { max: Some(3), ..hint }, 3),
        // The vendor knows better than whoever wrote its manifest.
        (LimitHint { max: Some(15), ..hint }, 15),
        (LimitHint { max: Some(0), ..hint }, 10),
        (left(5, 30), 10),
        (left(0, 30), 0),
    ] {
        let mut governor = Governor::new([window(10, minute)]);
        governor.learn(ms(0), hint);
        let now = (0..20).filter(|_| reserve(&mut [&mut governor], ms(0)) == Slot::At(ms(0)));
        assert_eq!(now.count(), expected, "{hint:?}");
    }
    let mut governor = Governor::default();
    governor.learn(ms(0), left(0, 30));
    assert_eq!(governor.free_at(ms(0)), Duration::from_secs(30));
}

proptest! {
    /// However often the vendor changes its mind: no interval holds more than the most it said of
    /// late, and as long as it had said nothing, none more than the manifest has.
    #[test]
    fn a_window_holds_what_the_vendor_says(
        waits in waits(), per in 200_u64..20_000, stated in 1_u32..10, told in 1_u32..40,
        when in 0_usize..100, again in 1_u32..40,
    ) {
        // method: property
        let per = ms(per);
        let mut governor = Governor::new([window(stated, per)]);
        let first = permits(&mut governor, &waits[..when.min(waits.len())]);
        let now = first.last().copied().unwrap_or_default();
        prop_assert!(fullest(first.clone(), per) <= stated as usize);
        let hint = LimitHint { per, max: Some(told), left: None, resets_in: None };
        governor.learn(now, hint);
        governor.add([window(stated, per)]);
        let later = |at: &mut Governor| {
            let waits: Vec<u64> = waits.iter().copied().chain([0; 80]).collect();
            let from = u64::try_from(now.as_millis()).unwrap() + 1;
            permits(at, &[&[from], &waits[..]].concat())
        };
        let second = later(&mut governor);
        let all = [first, second.clone()].concat();
        prop_assert!(all.is_sorted(), "nobody overtakes");
        prop_assert!(fullest(all, per) <= stated.max(told) as usize);
        // Whoever asks all the time gets what the vendor says, not what the manifest does.
        prop_assert!(fullest(second, per) >= told.min(40) as usize);
        governor.learn(now, LimitHint { max: Some(again), ..hint });
        let rates: Vec<u32> = governor.rates().map(|it| it.max).collect();
        prop_assert_eq!(rates, [again]);
    }
}

#[test]
fn a_window_learned_late_counts_what_has_left_already() {
    // method: exhaustive
    let minute = Duration::from_secs(60);
    let mut governor = Governor::new([window(10, Duration::from_secs(1))]);
    for at in 0..5 {
        assert_eq!(reserve(&mut [&mut governor], ms(at)), Slot::At(ms(at)));
    }
    let told = LimitHint { per: minute, max: Some(5), left: None, resets_in: None };
    governor.learn(ms(10), told);
    assert!(governor.free_at(ms(10)) >= minute, "{:?}", governor.free_at(ms(10)));
}
