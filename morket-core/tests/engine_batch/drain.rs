//! A process lets go: what is in flight is finished, the rest is left as its successor needs it.

use super::bench::{Bench, finders, found, plan, secs, task, throttled};
use morket_core::{
    engine::{Ended, Event},
    provider::Outcome,
};

#[test]
fn a_batch_that_drains_is_given_back_wherever_it_stands() {
    // method: exhaustive
    for stage in ["fund", "look", "mark"] {
        for store_first in [false, true] {
            let name = format!("{stage}, the store was first: {store_first}");
            let bench = Bench::new(&plan(), finders(), 1);
            let mut first = bench.claim(1).unwrap();
            first.go_until(stage);
            let early = store_first.then(|| first.at_the_store(stage));
            first.tell(Event::Drain);
            let late = early.unwrap_or_else(|| first.at_the_store(stage));
            first.tell(late);
            first.go();
            // A call that was being written down may leave; nothing else does.
            if first.asked() == "hunter" {
                assert_eq!(stage, "mark", "{name}");
                first.reply(Outcome::Miss);
            }
            assert_eq!(first.ended, Some(Ended::Released), "{name}");
            let mut second = bench.start(2);
            second.reply(found());
            assert_eq!(bench.cell(), "found", "{name}");
            assert_eq!(bench.money(), (2_000, 0), "{name}");
            assert_eq!(second.ended, Some(Ended::Done { finished: true }), "{name}");
        }
    }
}

#[test]
fn what_was_surely_not_billed_is_left_ready() {
    // method: exhaustive
    for (told_first, outcome) in [
        (false, Outcome::Transient),
        (true, Outcome::Transient),
        (false, throttled(3)),
        (true, throttled(3)),
    ] {
        let bench = Bench::new(&plan(), finders(), 1);
        let mut first = bench.start(1);
        let call = first.last().call;
        if told_first {
            first.tell(Event::Drain);
            first.reply(outcome.clone());
        } else {
            first.reply(outcome.clone());
            first.tell(Event::Drain);
            first.go();
        }
        let name = format!("{outcome:?}, told first: {told_first}");
        assert_eq!(first.ended, Some(Ended::Released), "{name}");
        let mut second = bench.start(2);
        assert_eq!((second.asked().as_str(), second.last().call), ("hunter", call), "{name}");
        second.reply(found());
        assert_eq!((bench.cell(), bench.money()), ("found".into(), (2_000, 0)), "{name}");
    }
}

#[test]
fn a_task_is_left_to_be_asked_about() {
    // method: exhaustive
    let mut vendors = finders();
    vendors[0] = vendors[0].clone().slow();
    let bench = Bench::new(&plan(), vendors, 1);
    let mut first = bench.start(1);
    first.tell(Event::Drain);
    first.reply(task("t1"));
    assert_eq!(first.ended, Some(Ended::Released));
    let mut second = bench.start(2);
    second.wait(secs(1));
    assert_eq!(second.asked(), "hunter?");
    second.reply(found());
    assert_eq!((bench.cell(), bench.money()), ("found".into(), (2_000, 0)));
}

#[test]
fn p022_no_fourth_attempt_whoever_holds_the_batch() {
    // method: exhaustive
    // After how many failures the batch is let go, by parking for a limit or because it is told to.
    for failures in 0..3 {
        for parks in [false, true] {
            let name = format!("{failures} failures, parks: {parks}");
            let bench = Bench::new(&plan(), finders(), 1);
            let mut first = bench.start(1);
            let call = first.last().call;
            for _ in 0..failures {
                first.reply(Outcome::Transient);
                first.wait(secs(3));
            }
            // A throttled answer is no attempt.
            first.reply(throttled(30));
            if !parks {
                first.tell(Event::Drain);
                first.go();
            }
            assert!(first.ended.is_some(), "{name}");
            bench.wait(secs(31));
            let mut second = bench.start(2);
            let mut left = failures;
            while second.last().call == call {
                left += 1;
                assert!(left <= 3, "{name}: it left {left} times");
                second.reply(Outcome::Transient);
                second.wait(secs(3));
            }
            assert_eq!(left, 3, "{name}");
            assert_eq!(second.last().vendor, "apollo", "{name}");
        }
    }
}
