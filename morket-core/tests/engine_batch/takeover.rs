//! What a successor makes of what its predecessor left.

use super::bench::{Bench, TTL, field, finders, found, person, plan, secs, task, throttled};
use morket_core::{
    CallId, VendorUnits,
    engine::{Ended, Event},
    job::{CallState, JobState},
    plan::{OnAmbiguous, Plan},
    provider::{Answer, Outcome},
};
use morket_testkit::engine::FakeVendor;
use serde_json::json;
use std::collections::BTreeSet;

/// The first worker dies after it did this; what becomes of the cell, and whom the second asks.
struct Row {
    /// How hunter may be asked.
    again: bool,
    slow: bool,
    fail: bool,
    /// What the first worker does before it is gone.
    before: fn(&mut super::bench::Hand<'_>),
    /// What the second is answered, call by call.
    answers: fn() -> Vec<Outcome>,
    asked: &'static str,
    cell: &'static str,
    /// Charged, in milli-credits.
    charged: i64,
    /// Counted at hunter.
    units: i64,
}

fn check(name: &str, row: &Row) {
    let mut vendors = finders();
    if row.again {
        vendors[0] = vendors[0].clone().repeatable();
    }
    if row.slow {
        vendors[0] = vendors[0].clone().slow();
    }
    let mut plan = plan();
    if row.fail {
        plan.on_ambiguous = OnAmbiguous::Fail;
    }
    let bench = Bench::new(&plan, vendors, 1);
    let mut first = bench.start(1);
    (row.before)(&mut first);
    let sent = first.sent.clone();
    drop(first);
    bench.wait(TTL + secs(1));
    let mut second = bench.start(2);
    for answer in (row.answers)() {
        second.reply(answer);
        second.wait(secs(3));
    }
    assert_eq!(second.asked(), row.asked, "{name}");
    if row.asked.starts_with("hunter") {
        // The same call, not a new one.
        assert_eq!(second.sent[0].call, sent[0].call, "{name}");
    }
    assert_eq!(bench.cell(), row.cell, "{name}");
    assert_eq!(bench.money(), (row.charged, 0), "{name}");
    assert_eq!(bench.units("hunter"), VendorUnits::whole(row.units), "{name}");
    assert_eq!(second.ended, Some(Ended::Done { finished: true }), "{name}");
}

const USUAL: Row = Row {
    again: false,
    slow: false,
    fail: false,
    before: |_| {},
    answers: || vec![found()],
    asked: "hunter",
    cell: "found",
    charged: 2_000,
    units: 1,
};

#[test]
fn p071_a_successor_does_what_the_state_of_each_call_allows() {
    // method: exhaustive
    // Sent, and nobody knows: the next one is asked, or the same again, or the cell ends.
    check("sent", &Row { asked: "apollo", ..USUAL });
    check("sent, again", &Row { again: true, ..USUAL });
    let no_answer: fn() -> Vec<Outcome> = Vec::new;
    let fail = Row { fail: true, answers: no_answer, ..USUAL };
    check("sent, fail", &Row { asked: "", cell: "failed ambiguous", charged: 0, ..fail });
    // Its answer was on the way: the same as sent, for nobody wrote it down.
    check(
        "answered",
        &Row { before: |it| it.answer(it.last().call, found()), asked: "apollo", ..USUAL },
    );
    // Throttled and given back: it is sent again, whatever its class.
    let ready: fn(&mut super::bench::Hand<'_>) = |it| it.reply(throttled(60));
    let late: fn() -> Vec<Outcome> = || vec![found()];
    for again in [false, true] {
        let mut vendors = finders();
        if again {
            vendors[0] = vendors[0].clone().repeatable();
        }
        let bench = Bench::new(&plan(), vendors, 1);
        let mut first = bench.start(1);
        ready(&mut first);
        assert!(matches!(first.ended, Some(Ended::Parked { .. })), "{:?}", first.ended);
        assert!(bench.claim(2).is_none());
        // What it costs is not counted while it is not on its way.
        assert_eq!(bench.units("hunter"), VendorUnits::ZERO);
        bench.wait(secs(61));
        let mut second = bench.start(2);
        late().into_iter().for_each(|it| second.reply(it));
        assert_eq!(second.asked(), "hunter");
        assert_eq!(second.last(), first.last());
        assert_eq!((bench.cell(), bench.money()), ("found".into(), (2_000, 0)));
    }
    // A task is asked about; it is not submitted again.
    let submitted: fn(&mut super::bench::Hand<'_>) = |it| it.reply(task("t1"));
    let polled = Row { slow: true, before: submitted, ..USUAL };
    check("task", &Row { asked: "hunter?", ..polled });
    check("task, again", &Row { again: true, asked: "hunter?", ..polled });
    // A task that nobody wrote down is as good as lost.
    let told: fn(&mut super::bench::Hand<'_>) = |it| it.answer(it.last().call, task("t1"));
    check("lost task", &Row { before: told, asked: "apollo", ..polled });
    // A call whose fate is unknown and written stays so; its cell had gone on, to apollo, which
    // was sent and is not sent again.
    let lost: fn(&mut super::bench::Hand<'_>) = |it| it.lose();
    let unknown = Row { before: lost, answers: no_answer, asked: "", ..USUAL };
    check("unknown", &Row { cell: "failed ambiguous", charged: 0, ..unknown });
    let missed: fn(&mut super::bench::Hand<'_>) = |it| it.reply(Outcome::Miss);
    let missed = Row { before: missed, answers: no_answer, asked: "", ..USUAL };
    check("missed", &Row { cell: "failed ambiguous", charged: 0, units: 0, ..missed });
}

#[test]
fn p046_however_often_its_senders_die_a_call_is_charged_once() {
    // method: exhaustive
    let mut vendors = finders();
    vendors[0] = vendors[0].clone().repeatable();
    let bench = Bench::new(&plan(), vendors, 1);
    let mut calls = Vec::new();
    for life in 1..=5 {
        calls.extend(bench.start(life).sent);
        bench.wait(TTL + secs(1));
        assert_eq!(bench.units("hunter"), VendorUnits::whole(1));
    }
    assert!(calls.iter().all(|it| *it == calls[0]), "{calls:?}");
    let mut last = bench.start(9);
    last.reply(found());
    assert_eq!((bench.cell(), bench.money()), ("found".into(), (2_000, 0)));
    assert_eq!(bench.units("hunter"), VendorUnits::whole(1));
}

#[test]
fn p072_a_worker_that_was_overtaken_writes_nothing_but_what_was_billed() {
    // method: exhaustive
    let bench = Bench::new(&plan(), finders(), 1);
    let mut first = bench.start(1);
    let call = first.last().call;
    bench.wait(TTL + secs(1));
    let mut second = bench.start(2);
    assert_eq!(second.asked(), "apollo");
    assert_eq!(second.state(call), Some(CallState::Unknown));
    second.reply(found());
    assert_eq!(second.ended, Some(Ended::Done { finished: true }));
    let (cells, money) = (bench.cells(), bench.money());
    assert_eq!(bench.units("hunter"), VendorUnits::whole(1));
    // The first wakes up, and its answer is there: a miss, which costs nothing.
    first.answer(call, Outcome::Miss);
    first.tell(Event::Tick);
    let settled = first.at_the_store("settle");
    first.tell(settled);
    assert_eq!(first.ended, Some(Ended::Lost));
    assert_eq!((bench.cells(), bench.money()), (cells, money));
    assert_eq!(bench.units("hunter"), VendorUnits::ZERO);
    assert_eq!(bench.job().state, JobState::Completed);
}

#[test]
fn nothing_leaves_once_two_thirds_of_a_lease_have_passed() {
    // method: exhaustive
    // While the call is written down, the store does not answer.
    let bench = Bench::new(&plan(), finders(), 1);
    let mut hand = bench.claim(1).unwrap();
    hand.go_until("mark");
    let marked = hand.at_the_store("mark");
    bench.wait(TTL * 2 / 3);
    hand.tell(marked);
    hand.go_until("renew");
    assert_eq!(hand.asked(), "");
    assert!(hand.wants("renew"));
    // With a fresh lease it goes on, and is marked only once.
    hand.go();
    hand.wait(secs(1));
    assert_eq!(hand.asked(), "hunter");
    hand.reply(found());
    assert_eq!((bench.cell(), bench.money()), ("found".into(), (2_000, 0)));
}

#[test]
fn a_place_that_comes_too_late_for_the_lease_is_not_used() {
    // method: exhaustive
    use morket_core::provider::{LimitScope, Window};
    let window = Window { max: 1, per: secs(4), scope: LimitScope::Credential };
    let mut vendors = finders();
    vendors[0] = vendors[0].clone().window(window);
    let bench = Bench::new(&plan(), vendors, 2);
    let mut hand = bench.start(1);
    assert_eq!(hand.asked(), "hunter");
    bench.wait(TTL * 2 / 3);
    hand.tell(Event::Tick);
    assert!(!hand.wants("mark"), "the second call's place has come, the lease is old");
    hand.go();
    hand.wait(secs(5));
    assert_eq!(hand.asked(), "hunter hunter");
}

/// What was left to be sent again finds the ceiling reached by another call: it is over, and
/// no successor takes it for one that is still to be sent.
#[test]
fn what_was_left_ready_and_is_kept_back_by_a_ceiling_is_over() {
    let mut bench = Bench::new(&plan(), finders(), 2);
    let mut first = bench.start(1);
    let calls: Vec<CallId> = first.sent.iter().map(|it| it.call).collect();
    calls.iter().for_each(|it| first.answer(*it, throttled(60)));
    first.go();
    assert!(matches!(first.ended, Some(Ended::Parked { .. })), "{:?}", first.ended);
    drop(first);
    bench.wait(secs(61));
    let mut tight = plan();
    tight.budget.units.insert("hunter".parse().unwrap(), "1".to_owned());
    bench.program = Bench::new(&tight, finders(), 2).program;
    let mut second = bench.start(2);
    second.wait(secs(1));
    assert_eq!(second.asked(), "hunter apollo");
    let states: BTreeSet<_> = calls.iter().map(|it| second.state(*it)).collect();
    assert_eq!(states, [None, Some(CallState::Sent)].into(), "none is still to be sent");
    drop(second);
    bench.wait(TTL + secs(1));
    let mut third = bench.start(3);
    third.wait(secs(1));
    assert_eq!(third.asked(), "apollo", "only the one that nobody knows of goes on");
}

/// Whoever wants no kept answers wants none of before the run: what the run itself was told stays
/// told, though its worker died.
#[test]
fn p071_a_twin_is_not_bought_again_after_a_takeover_though_no_kept_answers_are_wanted() {
    // method: crash
    let plan = Plan { no_cache: true, ..plan() };
    let mut bench = Bench::of(&plan, finders(), vec![person(1), person(1)]);
    bench.tuning.in_flight = 1;
    let mut first = bench.start(1);
    first.reply(Outcome::Miss);
    first.go();
    assert_eq!(first.asked(), "hunter apollo");
    drop(first);
    bench.wait(TTL + secs(1));
    let mut second = bench.start(2);
    assert_eq!(second.asked(), "apollo", "hunter has said what it knows");
    second.reply(found());
    second.go();
    assert_eq!(second.ended, Some(Ended::Done { finished: true }));
    assert_eq!(second.asked(), "apollo");
}

/// The same while a verifier is asked: what the finder said stands in the cell, not in a step.
#[test]
fn p071_nor_is_one_whose_address_is_being_verified() {
    // method: crash
    let mut plan = Plan { no_cache: true, ..plan() };
    plan.waterfalls.get_mut(&field("email")).unwrap().verify = Some("zerobounce".into());
    let vendors = [finders(), vec![FakeVendor::verifier("zerobounce")]].concat();
    let mut bench = Bench::of(&plan, vendors, vec![person(1), person(1)]);
    bench.tuning.in_flight = 1;
    let mut first = bench.start(1);
    let values = vec![(field("email"), json!("ada@c1.example"))];
    first.reply(Outcome::Answer(Answer { values, ..Answer::default() }));
    first.wait(secs(1));
    assert_eq!(first.asked(), "hunter zerobounce");
    drop(first);
    bench.wait(TTL + secs(1));
    let mut second = bench.start(2);
    second.wait(secs(1));
    while second.ended.is_none() {
        second.reply(Outcome::Miss);
        second.wait(secs(1));
    }
    assert!(!second.asked().contains("hunter"), "{}", second.asked());
}
