//! A job is cancelled while its batch is somewhere in the middle.

use super::bench::{Bench, at_once, finders, found, plan, secs, task};
use morket_core::{
    VendorUnits,
    engine::{Ended, Event},
    job::{JobState, JobStore},
    provider::Outcome,
};

fn ask(bench: &Bench) {
    at_once(bench.store.cancel_job(bench.workspace, bench.job)).unwrap();
}

/// Everybody has let go: the job is over, nothing is held.
fn over(bench: &Bench, hand: &super::bench::Hand<'_>, name: &str) {
    assert_eq!(hand.ended, Some(Ended::Done { finished: true }), "{name}");
    assert_eq!(bench.money().1, 0, "{name}");
    assert!(bench.job().state.is_terminal(), "{name}");
}

#[test]
fn p069_nothing_starts_once_a_batch_was_told_wherever_it_stands() {
    // method: exhaustive
    for stage in ["fund", "look", "mark"] {
        for store_first in [false, true] {
            let bench = Bench::new(&plan(), finders(), 3);
            let mut hand = bench.claim(1).unwrap();
            hand.go_until(stage);
            let early = store_first.then(|| hand.at_the_store(stage));
            ask(&bench);
            hand.tell(Event::Cancel);
            let late = early.unwrap_or_else(|| hand.at_the_store(stage));
            hand.tell(late);
            hand.go();
            let name = format!("{stage}, the store was first: {store_first}");
            assert_eq!(hand.asked(), "", "{name}");
            over(&bench, &hand, &name);
            assert_eq!(bench.cell(), "cancelled", "{name}");
            assert_eq!(bench.money(), (0, 0), "{name}");
            assert_eq!(bench.job().state, JobState::Cancelled, "{name}");
            assert_eq!(bench.units("hunter"), VendorUnits::ZERO, "{name}");
        }
    }
}

#[test]
fn p069_what_is_in_flight_completes() {
    // method: exhaustive
    // Answered: the cell is found and charged.
    let bench = Bench::new(&plan(), finders(), 1);
    let mut hand = bench.start(1);
    ask(&bench);
    hand.tell(Event::Cancel);
    hand.go();
    assert_eq!(hand.ended, None);
    hand.reply(found());
    over(&bench, &hand, "answered");
    assert_eq!((bench.cell(), bench.money()), ("found".into(), (2_000, 0)));
    // Missed: the next provider is not begun.
    let bench = Bench::new(&plan(), finders(), 1);
    let mut hand = bench.start(1);
    ask(&bench);
    hand.tell(Event::Cancel);
    hand.reply(Outcome::Miss);
    over(&bench, &hand, "missed");
    assert_eq!((hand.asked(), bench.cell()), ("hunter".into(), "cancelled".into()));
    // Lost: its worst price stays counted.
    let bench = Bench::new(&plan(), finders(), 1);
    let mut hand = bench.start(1);
    ask(&bench);
    hand.tell(Event::Cancel);
    hand.lose();
    over(&bench, &hand, "lost");
    assert_eq!(bench.units("hunter"), VendorUnits::whole(1));
    assert_eq!((hand.asked(), bench.cell()), ("hunter".into(), "cancelled".into()));
}

#[test]
fn p069_a_call_that_waits_to_be_sent_again_is_not() {
    // method: exhaustive
    for outcome in [Outcome::Transient, super::bench::throttled(3)] {
        let bench = Bench::new(&plan(), finders(), 2);
        let mut hand = bench.start(1);
        // The other one keeps the batch from closing.
        let (one, two) = (hand.sent[0].call, hand.sent[1].call);
        hand.answer(one, outcome.clone());
        hand.go();
        ask(&bench);
        hand.tell(Event::Cancel);
        for _ in 0..8 {
            hand.wait(secs(1));
        }
        assert_eq!(hand.asked(), "hunter hunter", "{outcome:?}");
        hand.answer(two, found());
        hand.go();
        over(&bench, &hand, "backoff");
        assert_eq!(bench.money(), (2_000, 0), "{outcome:?}");
        assert_eq!(bench.units("hunter"), VendorUnits::whole(1), "{outcome:?}");
    }
}

#[test]
fn p069_a_place_that_was_taken_before_is_not_used_after() {
    // method: exhaustive
    use morket_core::provider::{LimitScope, Window};
    let window = Window { max: 1, per: secs(4), scope: LimitScope::Credential };
    let mut vendors = finders();
    vendors[0] = vendors[0].clone().window(window);
    let bench = Bench::new(&plan(), vendors, 1);
    let mut hand = bench.start(1);
    hand.reply(Outcome::Transient);
    // It is sent again at the window's next place, which is known by now.
    hand.wait(secs(2));
    assert_eq!(hand.asked(), "hunter");
    ask(&bench);
    hand.tell(Event::Cancel);
    hand.wait(secs(4));
    assert_eq!(hand.asked(), "hunter");
    over(&bench, &hand, "slot");
    assert_eq!(bench.units("hunter"), VendorUnits::ZERO);
}

#[test]
fn p069_a_task_is_asked_about_for_a_minute_and_no_longer() {
    // method: exhaustive
    for answered in [true, false] {
        let mut vendors = finders();
        vendors[0] = vendors[0].clone().with(|it| {
            it.shape = morket_core::provider::Shape::Poll {
                first: secs(1),
                every: secs(2),
                deadline: secs(3_600),
                unfinished: morket_core::provider::Unfinished::Unknown,
            };
        });
        let bench = Bench::new(&plan(), vendors, 1);
        let mut hand = bench.start(1);
        hand.reply(task("t1"));
        ask(&bench);
        hand.tell(Event::Cancel);
        let mut polls = 0;
        for second in 0..59 {
            hand.wait(secs(1));
            if hand.asked().matches('?').count() > polls {
                polls += 1;
                // Being throttled in between changes nothing.
                let again = Outcome::Pending { task: None, after: secs(5) };
                let again = if polls == 2 { super::bench::throttled(2) } else { again };
                let answer = if answered && second > 40 { found() } else { again };
                hand.reply(answer);
            }
        }
        assert!(polls > 5, "{polls} polls");
        assert_eq!(hand.ended.is_some(), answered);
        hand.wait(secs(2));
        over(&bench, &hand, "task");
        let expected = if answered { ("found", (2_000, 0)) } else { ("cancelled", (0, 0)) };
        assert_eq!((bench.cell().as_str(), bench.money()), expected);
        assert_eq!(bench.units("hunter"), VendorUnits::whole(1));
    }
}

#[test]
fn p070_a_second_cancel_changes_nothing() {
    // method: exhaustive
    let bench = Bench::new(&plan(), finders(), 1);
    let mut hand = bench.start(1);
    ask(&bench);
    for _ in 0..3 {
        ask(&bench);
        hand.tell(Event::Cancel);
        hand.tell(Event::Drain);
        hand.go();
    }
    hand.reply(Outcome::Miss);
    over(&bench, &hand, "twice");
    let before = (bench.job(), bench.cells());
    ask(&bench);
    assert_eq!((bench.job(), bench.cells()), before);
}

#[test]
fn p069_a_successor_of_a_cancelled_job_stops_what_it_finds() {
    // method: exhaustive
    let bench = Bench::new(&plan(), finders(), 1);
    let hand = bench.start(1);
    ask(&bench);
    drop(hand);
    bench.wait(super::bench::TTL + secs(1));
    assert!(bench.claim(2).is_none(), "what was cancelled is not claimed");
    ask(&bench);
    assert_eq!(bench.job().state, JobState::Cancelled);
    assert_eq!((bench.job().counts.cancelled, bench.money()), (1, (0, 0)));
    assert_eq!(bench.units("hunter"), VendorUnits::whole(1));
}
