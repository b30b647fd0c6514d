//! A vendor's rate is kept by all processes together.

use crate::{
    Subject,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind,
    job::{
        COOLEST, Cool, PermitClaim, Permits, REMEMBERED, Rate, RateLimit, Returned, SPAN, TOLD,
        Told,
    },
};
use std::time::Duration;

const KEY: [u8; 32] = [7; 32];

const MINUTE: Duration = Duration::from_secs(60);

/// A minute as it is kept.
const KEPT: Duration = Duration::from_millis(60_250);

/// The least that a clock shows.
const TICK: Duration = Duration::from_micros(1);

const fn rate(max: u32, per: Duration) -> Rate {
    Rate { max, per }
}

/// What a holder wants of ten a minute, as its slice of this number.
fn claim(holder: u64, slice: u64, want: u32) -> PermitClaim {
    let limits = vec![RateLimit { key: KEY, rates: vec![rate(10, MINUTE)] }];
    let (span, returned, cool, told) = (SPAN, Vec::new(), None, Vec::new());
    PermitClaim { limits, holder, slice, want, span, returned, cool, told }
}

/// That so many of a slice were used, the last one so long ago.
fn returning(mut claim: PermitClaim, slice: u64, used: u32, ago: Duration) -> PermitClaim {
    claim.returned.push(Returned { slice, used, last_used_ago: ago });
    claim
}

async fn ask(subject: &Subject, claim: PermitClaim) -> Permits {
    subject.store.claim_permits(claim).await.unwrap()
}

/// Asks, and is given this many.
async fn gets(subject: &Subject, claim: PermitClaim, count: u32) {
    let asked = claim.clone();
    assert_eq!(ask(subject, claim).await, Permits::Granted(count), "{asked:?}");
}

/// Asks, and is refused for so long.
async fn waits(subject: &Subject, claim: PermitClaim, wait: Duration) {
    let asked = claim.clone();
    assert_eq!(ask(subject, claim).await, Permits::NotBefore(wait), "{asked:?}");
}

/// What a vendor told one process counts for all, the latest word of several: more or less than
/// either thought.
pub(super) async fn what_a_vendor_told_counts_for_all(subject: Subject) {
    subject.clock.hold_still().await;
    let word = |max, ago| Told { key: KEY, rate: rate(max, MINUTE), ago };
    let telling =
        |claim: PermitClaim, max, ago| PermitClaim { told: vec![word(max, ago)], ..claim };
    gets(&subject, telling(claim(1, 1, 20), 30, Duration::ZERO), 20).await;
    // The other thinks of ten, and is given what is left of thirty: nobody more than that.
    gets(&subject, claim(2, 1, 20), 10).await;
    waits(&subject, claim(2, 2, 2), SPAN + KEPT).await;
    waits(&subject, claim(1, 2, 2), SPAN + KEPT).await;
    subject.clock.advance(SPAN + KEPT + REMEMBERED).await;
    // A vendor that has thought better of it, as the other was told since.
    gets(&subject, telling(claim(2, 3, 9), 4, SPAN), 4).await;
    waits(&subject, telling(claim(1, 3, 9), 30, SPAN * 2), SPAN + KEPT).await;
    waits(&subject, claim(3, 1, 9), SPAN + KEPT).await;
    // Of what nobody hears again for long nobody knows whether it is so still.
    subject.clock.advance(TOLD).await;
    gets(&subject, claim(3, 2, 20), 10).await;
}

/// A vendor's word is about a window under one of the claim's keys.
pub(super) async fn an_odd_word_is_refused(subject: Subject) {
    let odd = [
        Told { key: [8; 32], rate: rate(9, MINUTE), ago: SPAN },
        Told { key: KEY, rate: rate(0, MINUTE), ago: SPAN },
        Told { key: KEY, rate: rate(9, Duration::from_millis(1)), ago: SPAN },
        Told { key: KEY, rate: rate(9, MINUTE + TICK), ago: SPAN },
    ];
    for told in odd {
        let claim = PermitClaim { told: vec![told], ..claim(1, 1, 1) };
        refused(subject.store.claim_permits(claim).await, ErrorKind::Validation);
    }
}

/// Whoever says nothing of a slice may have used it at its end; from then on a window goes by.
pub(super) async fn a_slice_counts_until_its_window_has_passed(subject: Subject) {
    subject.clock.hold_still().await;
    gets(&subject, claim(1, 1, 4), 4).await;
    subject.clock.advance(Duration::from_secs(1)).await;
    gets(&subject, claim(1, 2, 20), 6).await;
    let wait = SPAN + KEPT;
    waits(&subject, claim(1, 3, 5), wait - Duration::from_secs(1)).await;
    subject.clock.advance(wait - Duration::from_secs(1) - TICK).await;
    waits(&subject, claim(1, 4, 5), TICK).await;
    subject.clock.advance(TICK).await;
    gets(&subject, claim(1, 5, 5), 4).await;
}

/// Of one key there is one window, whoever asks.
pub(super) async fn what_others_were_given_counts(subject: Subject) {
    subject.clock.hold_still().await;
    gets(&subject, claim(1, 1, 10), 10).await;
    waits(&subject, claim(2, 1, 1), SPAN + KEPT).await;
    // One that was never heard of again.
    subject.clock.advance(SPAN + KEPT).await;
    gets(&subject, claim(2, 2, 1), 1).await;
}

/// It is believed that less was used, and sooner, and nothing else.
pub(super) async fn what_was_used_counts_from_when_it_was(subject: Subject) {
    subject.clock.hold_still().await;
    gets(&subject, claim(1, 1, 10), 10).await;
    subject.clock.advance(Duration::from_secs(4)).await;
    let told = returning(claim(1, 2, 10), 1, 3, Duration::from_secs(2));
    gets(&subject, told.clone(), 7).await;
    let more = returning(claim(1, 3, 10), 1, 8, Duration::ZERO);
    waits(&subject, more, KEPT - Duration::from_secs(2)).await;
    subject.clock.advance(KEPT - Duration::from_secs(2)).await;
    gets(&subject, claim(1, 4, 10), 3).await;
}

/// As if it had never been given.
pub(super) async fn what_was_not_used_is_free_at_once(subject: Subject) {
    subject.clock.hold_still().await;
    gets(&subject, claim(1, 1, 10), 10).await;
    gets(&subject, returning(claim(1, 2, 0), 1, 0, Duration::ZERO), 0).await;
    gets(&subject, claim(1, 3, 10), 10).await;
}

/// The answer was lost: nobody gets more by asking for it again.
pub(super) async fn asking_again_gets_the_same_slice(subject: Subject) {
    subject.clock.hold_still().await;
    gets(&subject, claim(1, 1, 6), 6).await;
    for _ in 0..3 {
        gets(&subject, claim(1, 1, 6), 6).await;
    }
    gets(&subject, claim(1, 2, 6), 4).await;
}

/// The narrowest of all windows tells how many there are, and the latest of all when.
pub(super) async fn every_window_of_a_limit_is_kept(subject: Subject) {
    subject.clock.hold_still().await;
    let second = Duration::from_secs(1);
    let of = |slice| {
        let mut claim = claim(1, slice, 20);
        (claim.limits[0].rates, claim.span) = (vec![rate(10, MINUTE), rate(6, second)], second);
        claim
    };
    gets(&subject, of(1), 6).await;
    waits(&subject, of(2), Duration::from_millis(2_020)).await;
    subject.clock.advance(Duration::from_millis(2_020)).await;
    gets(&subject, of(3), 4).await;
    waits(&subject, of(4), second + KEPT - Duration::from_millis(2_020)).await;
}

/// Under both or under neither.
pub(super) async fn every_limit_of_a_claim_is_kept(subject: Subject) {
    subject.clock.hold_still().await;
    let both = |slice, endpoint: u8, want| {
        let mut claim = claim(1, slice, want);
        let rates = vec![rate(5, MINUTE)];
        claim.limits.push(RateLimit { key: [endpoint; 32], rates });
        claim
    };
    gets(&subject, both(1, 8, 9), 5).await;
    waits(&subject, both(2, 8, 1), SPAN + KEPT).await;
    // Another endpoint, of what the first has left of the key's.
    gets(&subject, both(3, 9, 3), 3).await;
    gets(&subject, claim(1, 4, 9), 2).await;
    waits(&subject, both(5, 9, 1), SPAN + KEPT).await;
}

/// Two keys have two windows.
pub(super) async fn keys_do_not_share(subject: Subject) {
    for key in [3, 4] {
        let mut claim = claim(u64::from(key), 1, 10);
        claim.limits[0].key = [key; 32];
        gets(&subject, claim, 10).await;
    }
}

/// Nobody waits for somebody who takes everything again and again.
pub(super) async fn whoever_waits_gets_a_share(subject: Subject) {
    subject.clock.hold_still().await;
    gets(&subject, claim(1, 1, 10), 10).await;
    for holder in [2, 3] {
        waits(&subject, claim(holder, 1, 10), SPAN + KEPT).await;
    }
    subject.clock.advance(SPAN + KEPT).await;
    // The first one is as quick as before: of three each has its third.
    gets(&subject, claim(1, 2, 10), 3).await;
    // What is nobody's share is there for whoever asks first, and theirs for the others.
    gets(&subject, claim(1, 3, 10), 1).await;
    waits(&subject, claim(1, 4, 10), REMEMBERED).await;
    gets(&subject, claim(2, 2, 10), 3).await;
    gets(&subject, claim(3, 2, 10), 3).await;
}

/// Its share is not kept for somebody who does not come back.
pub(super) async fn whoever_stays_away_is_forgotten(subject: Subject) {
    subject.clock.hold_still().await;
    gets(&subject, claim(1, 1, 10), 10).await;
    waits(&subject, claim(2, 1, 10), SPAN + KEPT).await;
    subject.clock.advance(SPAN + KEPT + REMEMBERED).await;
    gets(&subject, claim(1, 2, 10), 10).await;
}

/// Nothing is kept of it.
pub(super) async fn a_claim_that_makes_no_sense_is_refused(subject: Subject) {
    let of = |change: fn(&mut PermitClaim)| {
        let mut claim = claim(1, 1, 10);
        change(&mut claim);
        claim
    };
    let rows: [fn(&mut PermitClaim); 8] = [
        |it| it.limits.clear(),
        |it| it.limits[0].rates.clear(),
        |it| it.limits.push(it.limits[0].clone()),
        |it| it.limits[0].rates[0].max = 0,
        |it| it.limits[0].rates[0].per = SPAN - TICK,
        |it| it.span = Duration::ZERO,
        |it| it.span = SPAN + TICK,
        |it| it.slice = 0,
    ];
    for change in rows {
        refused(subject.store.claim_permits(of(change)).await, ErrorKind::Validation);
    }
    gets(&subject, claim(1, 1, 10), 10).await;
}

/// However many ask at the same instant, all of the window is given out, and no more.
pub(super) async fn claims_at_once_share_one_window(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let key = [u8::try_from(round + 100).unwrap(); 32];
        let given = at_once(8, |holder| {
            let (store, holder) = (subject.store.clone(), holder as u64 + 1);
            let mut claim = claim(holder, 1, 3);
            claim.limits[0].key = key;
            async move { store.claim_permits(claim).await.unwrap() }
        });
        let given = given.await.into_iter().map(|it| match it {
            Permits::Granted(count) => count,
            Permits::NotBefore(_) => 0,
        });
        assert_eq!(given.sum::<u32>(), 10, "round {round}");
    }
}

/// That the vendor wants to be left alone for so long.
fn cooling(holder: u64, slice: u64, lasts: Duration) -> PermitClaim {
    PermitClaim { cool: Some(Cool { key: KEY, lasts }), ..claim(holder, slice, 0) }
}

/// One is told by the vendor, and nobody asks it.
pub(super) async fn a_vendor_that_wants_to_be_left_alone_is_by_all(subject: Subject) {
    subject.clock.hold_still().await;
    let seconds = Duration::from_secs;
    gets(&subject, claim(1, 1, 2), 2).await;
    gets(&subject, cooling(1, 2, seconds(30)), 0).await;
    waits(&subject, claim(2, 1, 2), seconds(30)).await;
    waits(&subject, claim(1, 3, 2), seconds(30)).await;
    // What it lets through under another key it lets through.
    let mut elsewhere = claim(2, 2, 2);
    elsewhere.limits[0].key = [8; 32];
    gets(&subject, elsewhere, 2).await;
    // A shorter time does not shorten it, a longer one does not end it sooner.
    subject.clock.advance(seconds(10)).await;
    gets(&subject, cooling(3, 1, seconds(5)), 0).await;
    waits(&subject, claim(2, 4, 2), seconds(20)).await;
    gets(&subject, cooling(3, 2, seconds(40)), 0).await;
    waits(&subject, claim(2, 5, 2), seconds(40)).await;
    subject.clock.advance(seconds(40) - TICK).await;
    waits(&subject, claim(2, 6, 2), TICK).await;
    subject.clock.advance(TICK).await;
    gets(&subject, claim(2, 7, 2), 2).await;
    // Whatever a vendor says, somebody looks again.
    gets(&subject, cooling(1, 4, COOLEST * 100), 0).await;
    waits(&subject, claim(2, 8, 2), COOLEST).await;
    subject.clock.advance(COOLEST).await;
    gets(&subject, claim(2, 9, 10), 10).await;
    for cool in [Cool { key: [9; 32], lasts: MINUTE }, Cool { key: KEY, lasts: Duration::ZERO }] {
        let odd = PermitClaim { cool: Some(cool), ..claim(1, 9, 0) };
        refused(subject.store.claim_permits(odd).await, ErrorKind::Validation);
    }
}
