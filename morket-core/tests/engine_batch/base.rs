//! What is taken over from a base, and who goes on where that was not written down.

use super::bench::{Bench, TTL, at_once, finders, found, plan, secs};
use morket_core::{
    job::{CellSource, JobState, JobStore, StepOutcome},
    plan::{OnLost, Plan},
    provider::Outcome,
};
use morket_testkit::engine::FakeVendor;
use std::time::Duration;

/// A base in which hunter did not take the key and apollo had nothing; and a job on top of it.
fn bench() -> Bench {
    let plan = Plan { on_provider_lost: OnLost::Next, ..plan() };
    let mut bench = Bench::new(&plan, finders(), 1);
    bench.metered = false;
    let mut hand = bench.start(1);
    hand.reply(Outcome::AuthFailed);
    hand.go();
    hand.reply(Outcome::Miss);
    hand.go();
    assert_eq!((hand.sent.len(), bench.cell()), (2, "failed auth".into()));
    drop(hand);
    bench.wait(secs(1));
    bench.on_top();
    bench
}

fn steps(bench: &Bench) -> Vec<(String, StepOutcome)> {
    let all = at_once(bench.store.steps(bench.workspace, bench.job, 0..9)).unwrap();
    all.into_iter().map(|it| (it.step.provider.to_string(), it.step.outcome)).collect()
}

#[test]
fn what_was_surely_not_billed_is_asked_again_and_nothing_else() {
    for (says, cell, source) in [
        (found(), "found", Some(CellSource::Call)),
        (Outcome::Miss, "noresult", None),
        (Outcome::Unknown, "failed ambiguous", None),
    ] {
        let bench = bench();
        let mut hand = bench.start(2);
        assert_eq!(hand.sent.iter().map(|it| it.vendor.as_str()).collect::<Vec<_>>(), ["hunter"]);
        hand.reply(says);
        hand.go();
        assert_eq!((hand.sent.len(), bench.cell()), (1, cell.into()));
        assert_eq!((bench.cells()[0].cell.source, bench.money()), (source, (0, 0)));
        assert_eq!(steps(&bench)[0], ("apollo".into(), StepOutcome::Miss));
    }
}

/// A job that is cancelled while nobody works on it says of cells that it had begun what was asked
/// for them, and has no rows of the cells themselves.
#[test]
fn what_a_cancelled_base_has_asked_is_not_asked_again() {
    let unkept = |it: FakeVendor| it.with(|it| it.retention = Some(Duration::ZERO));
    let vendors = finders().into_iter().map(unkept).collect();
    let mut bench = Bench::new(&plan(), vendors, 1);
    let mut hand = bench.start(1);
    hand.reply(Outcome::Miss);
    hand.go();
    assert_eq!(hand.asked(), "hunter apollo");
    drop(hand);
    bench.wait(TTL + secs(1));
    at_once(bench.store.cancel_job(bench.workspace, bench.job)).unwrap();
    assert_eq!((bench.job().state, bench.cells()), (JobState::Cancelled, Vec::new()));
    assert_eq!(steps(&bench), [("hunter".into(), StepOutcome::Miss)]);
    bench.on_top();
    let mut hand = bench.start(2);
    hand.reply(found());
    assert_eq!((hand.asked(), bench.cell()), ("apollo".into(), "found".into()));
    assert_eq!(steps(&bench)[1], ("hunter".into(), StepOutcome::Miss));
}

/// Nothing of a row leaves before what it took over is written. Whoever goes on takes the same over
/// again where it is not, and asks nobody whom the base has asked.
#[test]
fn p071_what_was_taken_over_is_taken_over_again_after_a_takeover() {
    // method: crash
    for written in [false, true] {
        let bench = bench();
        let mut hand = bench.claim(2).unwrap();
        hand.go_until(if written { "" } else { "settle" });
        assert_eq!((hand.sent.len(), hand.wants("settle")), (usize::from(written), !written));
        assert_eq!(steps(&bench).len(), usize::from(written));
        drop(hand);
        bench.wait(TTL + secs(1));
        let mut hand = bench.start(3);
        assert_eq!(hand.sent.len(), usize::from(!written), "who was asked is not asked again");
        if !written {
            hand.reply(Outcome::Unknown);
        }
        assert_eq!(bench.cell(), "failed ambiguous", "{written}");
        let expected = [("apollo", StepOutcome::Miss), ("hunter", StepOutcome::Ambiguous)];
        assert_eq!(steps(&bench), expected.map(|(by, it)| (by.to_owned(), it)), "{written}");
    }
}
