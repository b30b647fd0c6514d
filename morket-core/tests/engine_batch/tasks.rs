//! A task that was submitted may be billed, whatever its polls come to.

use super::bench::{Bench, finders, found, plan, secs, task, throttled};
use morket_core::{
    VendorUnits,
    engine::Ended,
    plan::{OnLimit, OnLost},
    provider::{Outcome, Shape, Unfinished},
};

/// A task whose first poll comes to this; what becomes of the cell, whom is asked, and what is
/// counted at hunter.
fn check(poll: Outcome, then: &[Outcome], asked: &str, cell: &str, units: i64) {
    let mut vendors = finders();
    vendors[0] = vendors[0].clone().slow();
    let mut plan = plan();
    plan.on_limit = OnLimit::Next;
    plan.on_provider_lost = OnLost::Next;
    let bench = Bench::new(&plan, vendors, 1);
    let mut hand = bench.start(1);
    hand.reply(task("t1"));
    hand.wait(secs(1));
    assert_eq!(hand.asked(), "hunter hunter?");
    let name = format!("{poll:?}");
    hand.reply(poll);
    for outcome in then {
        hand.wait(secs(4));
        hand.reply(outcome.clone());
    }
    assert_eq!(hand.asked(), asked, "{name}");
    assert_eq!(bench.cell(), cell, "{name}");
    assert_eq!(bench.units("hunter"), VendorUnits::whole(units), "{name}");
    assert_eq!(hand.ended, Some(Ended::Done { finished: true }), "{name}");
}

#[test]
fn p027_a_poll_that_is_refused_does_not_free_what_its_task_may_cost() {
    // method: exhaustive
    let again = "hunter hunter? hunter?";
    // Throttled polls and lost ones are made again: the task is known, nothing is submitted.
    check(throttled(2), &[found()], again, "found", 1);
    check(Outcome::Transient, &[found()], again, "found", 1);
    check(Outcome::Unknown, &[found()], again, "found", 1);
    check(Outcome::Pending { task: None, after: secs(2) }, &[found()], again, "found", 1);
    check(
        Outcome::Pending { task: Some("t2".into()), after: secs(2) },
        &[found()],
        again,
        "found",
        1,
    );
    // Nobody may look any more: what it was billed is not known.
    let next = "hunter hunter? apollo";
    for refused in [Outcome::AuthFailed, Outcome::PlanLacks, Outcome::OutOfCredits] {
        check(refused.clone(), &[found()], next, "found", 1);
        check(refused, &[Outcome::Miss], next, "failed ambiguous", 1);
    }
    // The vendor says how it ended.
    check(Outcome::Miss, &[found()], next, "found", 0);
    check(Outcome::InvalidInput, &[found()], next, "found", 0);
    check(found(), &[], "hunter hunter?", "found", 1);
}

#[test]
fn p022_a_task_is_given_up_at_its_deadline() {
    // method: exhaustive
    for poll in [throttled(3), Outcome::Pending { task: None, after: secs(4) }] {
        let mut vendors = finders();
        vendors[0] = vendors[0].clone().slow();
        let bench = Bench::new(&plan(), vendors, 1);
        let mut hand = bench.start(1);
        hand.reply(task("t1"));
        let mut heard = 1;
        for _ in 0..62 {
            hand.wait(secs(1));
            if hand.sent.len() > heard && hand.last().vendor == "hunter" {
                heard = hand.sent.len();
                hand.reply(poll.clone());
            }
        }
        assert!(hand.asked().ends_with("apollo"), "{poll:?}: {}", hand.asked());
        assert_eq!(hand.asked().matches("apollo").count(), 1);
        hand.reply(found());
        assert_eq!((bench.cell(), bench.money()), ("found".into(), (2_000, 0)));
        // It may have been billed all the same.
        assert_eq!(bench.units("hunter"), VendorUnits::whole(1));
    }
}

#[test]
fn p022_an_unfinished_task_is_a_miss_where_its_vendor_says_so() {
    // method: exhaustive
    let pending = || Outcome::Pending { task: None, after: secs(4) };
    for (unfinished, odd, last, units) in [
        (Unfinished::Miss, pending(), pending(), 0),
        (Unfinished::Miss, throttled(3), pending(), 0),
        (Unfinished::Unknown, pending(), pending(), 1),
        // Only the vendor's own word is one, and only while nothing was lost.
        (Unfinished::Miss, Outcome::Unknown, pending(), 1),
        (Unfinished::Miss, pending(), throttled(3), 1),
        (Unfinished::Miss, pending(), Outcome::Transient, 1),
    ] {
        let mut vendors = finders();
        vendors[0] = vendors[0].clone().slow().with(|it| {
            it.shape =
                Shape::Poll { first: secs(1), every: secs(4), deadline: secs(10), unfinished };
        });
        let bench = Bench::new(&plan(), vendors, 1);
        let mut hand = bench.start(1);
        hand.reply(task("t1"));
        let mut heard = 1;
        for second in 0..20 {
            hand.wait(secs(1));
            if hand.sent.len() > heard && hand.last().vendor == "hunter" {
                heard = hand.sent.len();
                hand.reply(if second < 2 { odd.clone() } else { last.clone() });
            }
        }
        let name = format!("{unfinished:?} {odd:?} {last:?}");
        assert!(hand.asked().ends_with("apollo"), "{name}: {}", hand.asked());
        hand.reply(found());
        assert_eq!((bench.cell(), bench.money()), ("found".into(), (2_000, 0)), "{name}");
        assert_eq!(bench.units("hunter"), VendorUnits::whole(units), "{name}");
    }
}

#[test]
fn no_wait_a_vendor_can_name_is_too_long() {
    // method: exhaustive
    let after = std::time::Duration::MAX;
    let mut vendors = finders();
    vendors[0] = vendors[0].clone().slow();
    let bench = Bench::new(&plan(), vendors, 1);
    let mut hand = bench.start(1);
    hand.reply(Outcome::Pending { task: Some("t1".into()), after });
    assert!(matches!(hand.ended, Some(Ended::Parked { .. })), "{:?}", hand.ended);
    let bench = Bench::new(&plan(), finders(), 1);
    let mut hand = bench.start(1);
    hand.reply(Outcome::RateLimited { retry_after: Some(after) });
    assert!(matches!(hand.ended, Some(Ended::Parked { .. })), "{:?}", hand.ended);
}
