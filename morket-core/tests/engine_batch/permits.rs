//! Permits that all processes share: taken in slices, waited for, given back.

use super::bench::{Bench, Hand, field, finders, found, plan, secs};
use morket_core::{
    Credits, Error, ErrorKind,
    engine::{Ended, Event},
    plan::{OnLimit, Plan},
    provider::{LimitHint, LimitScope, Outcome, Parsed, Window},
};
use morket_testkit::engine::FakeVendor;

/// Vendors, nearly for nothing, of which hunter has this limit.
fn limited(max: u32, seconds: u64) -> Vec<FakeVendor> {
    let window = Window { max, per: secs(seconds), scope: LimitScope::Credential };
    let cheap = |it: FakeVendor| it.with(|op| op.credits = Some(Credits(1)));
    let mut vendors: Vec<FakeVendor> = finders().into_iter().map(cheap).collect();
    vendors[0] = vendors[0].clone().window(window);
    vendors
}

/// What was asked of the store, in order.
fn claims<'a>(hand: &'a Hand<'_>) -> Vec<&'a String> {
    hand.trace.iter().filter(|it| it.starts_with("Permits(")).collect()
}

/// How often permits were asked for; what is spent is told besides.
fn wanted(hand: &Hand<'_>) -> usize {
    claims(hand).iter().filter(|it| !it.contains("want: 0")).count()
}

#[test]
fn many_calls_leave_with_one_claim() {
    let bench = Bench::new(&plan(), limited(100, 60), 60);
    let hand = bench.start(1);
    assert_eq!((hand.sent.len(), wanted(&hand)), (60, 1));
}

/// Calls come one by one, and yet few of them ask: about as many as a window has room for.
#[test]
fn few_calls_ask_however_many_there_are() {
    let mut bench = Bench::new(&plan(), limited(200, 60), 200);
    bench.tuning.in_flight = 1;
    let mut hand = bench.start(1);
    for _ in 1..200 {
        hand.reply(found());
    }
    assert_eq!(hand.sent.len(), 200);
    assert!(wanted(&hand) <= 21, "{} claims", wanted(&hand));
    assert!(claims(&hand).len() <= 42, "each slice is told of once: {}", claims(&hand).len());
}

#[test]
fn where_nothing_is_limited_nobody_asks() {
    let bench = Bench::new(&plan(), finders(), 10);
    assert_eq!(claims(&bench.start(1)).len(), 0);
}

/// The vendor lets more through than its manifest says: whoever waits makes use of that at once,
/// and the next claim tells the others.
#[test]
fn what_a_header_tells_of_a_window_counts_from_then_on() {
    for (told, sent) in [(6, 6), (3, 3), (2, 3)] {
        let bench = Bench::new(&plan(), limited(3, 60), 8);
        let mut hand = bench.start(1);
        assert_eq!(hand.sent.len(), 3);
        let limits =
            vec![LimitHint { per: secs(60), max: Some(told), left: None, resets_in: None }];
        let call = hand.last().call;
        hand.hear(call, Ok(Parsed { limits, ..found().into() }));
        hand.wait(secs(1));
        hand.go();
        assert_eq!(hand.sent.len(), sent, "{told}");
        let words = claims(&hand).into_iter().filter(|it| it.contains("told: [Told"));
        assert_eq!(words.count() > 0, told > 3, "{told}: {:?}", claims(&hand));
    }
}

#[test]
fn a_permit_that_lapses_while_its_call_is_written_down_is_not_used() {
    let bench = Bench::new(&plan(), limited(3, 60), 1);
    let mut hand = bench.claim(1).unwrap();
    hand.go_until("mark");
    bench.wait(secs(6));
    let marked = hand.at_the_store("mark");
    hand.tell(marked);
    assert_eq!(hand.asked(), "");
    hand.go();
    assert_eq!((hand.asked().as_str(), wanted(&hand)), ("hunter", 2));
}

/// Two batches of one job, by two processes.
fn two_batches(plan: &Plan) -> Bench {
    Bench::new(plan, limited(3, 60), 1_001)
}

#[test]
fn what_another_process_was_given_is_waited_for() {
    let bench = two_batches(&plan());
    let (mut one, mut other) = (bench.start(1), bench.start(2));
    assert_eq!((one.sent.len(), other.sent.len()), (3, 0));
    let Some(Ended::Parked { wake_in: Some(wait), on }) = &other.ended else {
        panic!("{:?}", other.ended)
    };
    assert_eq!((on.join(" ").as_str(), *wait > secs(60)), ("hunter:limit", true));
    for call in one.sent.clone() {
        one.answer(call.call, found());
    }
    one.go();
    assert!(matches!(one.ended, Some(Ended::Parked { .. })), "{:?}", one.ended);
    other = {
        bench.wait(secs(70));
        bench.start(3)
    };
    assert_eq!(other.sent.len(), 3);
}

/// Another process has used the window up: of the calls that come one by one, the first is told so,
/// and the others ask nobody.
#[test]
fn who_comes_after_a_refusal_does_not_ask() {
    let mut plan = plan();
    plan.waterfalls.get_mut(&field("email")).unwrap().steps.reverse();
    let bench = Bench::new(&plan, limited(1, 60), 1_001);
    let (mut one, mut other) = (bench.start(1), bench.start(2));
    other.reply(Outcome::Miss);
    assert_eq!(other.asked(), "apollo hunter");
    for call in one.sent.clone().into_iter().take(20) {
        one.answer(call.call, Outcome::Miss);
        one.go();
    }
    assert!(!one.asked().contains("hunter"));
    assert_eq!(wanted(&one), 1, "{:?}", claims(&one));
}

#[test]
fn a_plan_may_pass_over_whom_others_have_asked_enough() {
    let mut plan = plan();
    plan.on_limit = OnLimit::Next;
    let bench = two_batches(&plan);
    let (_one, other) = (bench.start(1), bench.start(2));
    assert_eq!(other.asked(), "apollo");
}

#[test]
fn what_is_left_is_given_back_before_a_batch_ends() {
    let bench = Bench::new(&plan(), limited(100, 60), 1);
    let mut hand = bench.start(1);
    hand.answer(hand.last().call, found());
    hand.go_until("permits");
    assert_eq!((bench.cell().as_str(), &hand.ended), ("found", &None));
    hand.go();
    assert_eq!(hand.ended, Some(Ended::Done { finished: true }));
    let last = claims(&hand).pop().unwrap();
    assert!(last.contains("want: 0") && last.contains("used: 1"), "{last}");
}

#[test]
fn a_store_that_shares_nothing_leaves_it_to_the_process() {
    let bench = Bench::new(&plan(), limited(3, 60), 5);
    let mut hand = bench.claim(1).unwrap();
    hand.go_until("permits");
    hand.todo.retain(|it| !format!("{it:?}").starts_with("Permits("));
    let error = Error::new(ErrorKind::Unsupported, "job.claim_permits", "not here");
    hand.tell(Event::Permitted(0, Err(error)));
    hand.go();
    assert_eq!((hand.sent.len(), claims(&hand).len()), (3, 1));
}

#[test]
fn nothing_leaves_that_waits_for_a_permit_when_a_batch_stops() {
    // method: exhaustive
    for (event, ended) in
        [(Event::Drain, Ended::Released), (Event::Cancel, Ended::Done { finished: true })]
    {
        let bench = Bench::new(&plan(), limited(3, 60), 1);
        let mut hand = bench.claim(1).unwrap();
        hand.go_until("permits");
        let name = format!("{event:?}");
        hand.tell(event);
        hand.go();
        assert_eq!((hand.asked().as_str(), &hand.ended), ("", &Some(ended)), "{name}");
        assert_eq!(bench.money(), (0, 0), "{name}");
        let last = claims(&hand).pop().unwrap();
        assert!(last.contains("want: 0") && last.contains("used: 0"), "{name}: {last}");
    }
}
