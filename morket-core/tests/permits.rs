//! What a store answers who asks for permits: pure, so that every instant can be tried.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Timestamp,
    job::{PermitClaim, Permits, Rate, RateLimit, SPAN, Slices, Told},
};
use proptest::{collection::vec, prelude::*};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_micros(1_795_269_831_000_000);

const TICK: Duration = Duration::from_micros(1);

fn claim(holder: u64, slice: u64, want: u32) -> PermitClaim {
    let rates = [(4, 5), (9, 20), (20, 600)];
    let rate = |(max, seconds)| Rate { max, per: Duration::from_secs(seconds) };
    let limits = vec![RateLimit { key: [1; 32], rates: rates.map(rate).to_vec() }];
    let (span, returned, cool, told) = (SPAN, Vec::new(), None, Vec::new());
    PermitClaim { limits, holder, slice, want, span, returned, cool, told }
}

proptest! {
    /// The wait is as long as it must be, and no longer.
    #[test]
    fn whoever_is_refused_is_told_the_first_instant_with_room(
        before in vec((1..5_u64, 1..8_u32, 0..9_000_u64), 1..40),
    ) {
        // method: property
        let (mut kept, mut now) = (Slices::new(), NOW);
        for (slice, (holder, want, pass)) in (1..).zip(before) {
            now = now.after(Duration::from_millis(pass));
            let mut beside = kept.clone();
            let asked = claim(holder, slice, want);
            let Permits::NotBefore(wait) = asked.decide(&mut kept, now) else { continue };
            prop_assert!(!wait.is_zero());
            let early = asked.decide(&mut beside.clone(), now.after(wait - TICK));
            prop_assert_eq!(early, Permits::NotBefore(TICK));
            let due = asked.decide(&mut beside, now.after(wait));
            prop_assert!(matches!(due, Permits::Granted(1..)), "{:?}", due);
        }
    }
}

proptest! {
    /// Whoever was told of more than others thought shares it with them: nobody exceeds it.
    #[test]
    fn a_window_that_a_vendor_widened_is_one_window_still(
        before in vec((1..4_u64, 1..30_u32, 0..20_000_u64), 1..60), heard in 1..4_u64,
    ) {
        // method: property
        let (mut kept, mut now, mut given) = (Slices::new(), NOW, Vec::new());
        let rate = Rate { max: 17, per: Duration::from_secs(5) };
        for (slice, (holder, want, pass)) in (1..).zip(before) {
            now = now.after(Duration::from_millis(pass));
            let mut asked = claim(holder, slice, want);
            asked.limits[0].rates.truncate(1);
            if holder == heard {
                let ago = Duration::from_millis(5);
                asked.told = vec![Told { key: [1; 32], rate, ago }];
            }
            if let Permits::Granted(count) = asked.decide(&mut kept, now) {
                // All of it may be used at its first instant, or at its last.
                given.push((now, now.after(SPAN), count));
            }
        }
        for (_, last, _) in &given {
            let within = given.iter().filter(|(from, to, _)| {
                from <= last && to.after(rate.per) > *last
            });
            let sum: u32 = within.map(|it| it.2).sum();
            prop_assert!(sum <= rate.max, "{sum} until {last:?}");
        }
    }
}

/// It cannot be told from a slice that lasts for long; there are none.
#[test]
fn a_clock_that_goes_back_holds_nobody_up_for_long() {
    let mut kept = Slices::new();
    assert_eq!(claim(1, 1, 9).decide(&mut kept, NOW), Permits::Granted(4));
    let day = Duration::from_secs(86_400);
    let mut now = NOW.before(day);
    let mut waited = Duration::ZERO;
    for slice in 2..10 {
        match claim(1, slice, 9).decide(&mut kept, now) {
            Permits::Granted(_) => break,
            Permits::NotBefore(wait) => (now, waited) = (now.after(wait), waited + wait),
        }
    }
    assert!(waited < Duration::from_secs(120), "{waited:?}");
    assert_eq!(claim(1, 20, 9).decide(&mut kept, now.after(day)), Permits::Granted(4));
}
