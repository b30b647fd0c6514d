//! The suppression list as a batch meets it, step by step.

use super::bench::{Bench, at_once, finders, found, plan, secs, throttled};
use morket_core::{
    audit::{Action, NewAudit},
    engine::Command,
    privacy::{Identifier, NewSuppression, PrivacyKey, Source, SuppressionStore},
    rbac::Principal,
};

fn suppress(bench: &Bench, name: &str) {
    let key = at_once(bench.store.privacy_key(bench.workspace, PrivacyKey::new([3; 32]))).unwrap();
    let name = Identifier::guess(name).unwrap();
    let (fingerprint, kind) = (key.fingerprint(&name), name.kind());
    let entry = NewSuppression { fingerprint, kind, source: Source::Manual, reason: None };
    let audit = NewAudit::new(Principal::Embedder, Action::SuppressionAdded, None);
    at_once(bench.store.suppress(bench.workspace, vec![entry], audit)).unwrap();
}

#[test]
fn the_list_is_asked_once_for_all_answers_that_have_come() {
    let bench = Bench::new(&plan(), finders(), 3);
    suppress(&bench, "somebody@else.example");
    let mut hand = bench.start(1);
    let calls: Vec<_> = hand.sent.iter().map(|it| it.call).collect();
    assert_eq!(calls.len(), 3);
    for call in calls {
        hand.answer(call, found());
    }
    hand.tell(morket_core::engine::Event::Tick);
    let asked = hand.todo.iter().filter(|it| matches!(it, Command::Screen(_)));
    assert_eq!(asked.count(), 1);
    assert!(!hand.wants("settle"), "nothing is written before the list has answered");
    hand.go();
    assert_eq!(bench.cell(), "found");
    let asked = hand.trace.iter().filter(|it| it.starts_with("Screen"));
    // What was asked about once is not asked about again.
    assert_eq!(asked.count(), 1);
}

#[test]
fn an_empty_list_is_not_asked() {
    let bench = Bench::new(&plan(), finders(), 2);
    let mut hand = bench.start(1);
    for call in hand.sent.iter().map(|it| it.call).collect::<Vec<_>>() {
        hand.answer(call, found());
    }
    hand.go();
    assert!(hand.trace.iter().all(|it| !it.starts_with("Screen")));
}

#[test]
fn a_call_that_waits_does_not_leave_once_its_person_is_on_the_list() {
    let bench = Bench::new(&plan(), finders(), 1);
    let mut hand = bench.start(1);
    hand.reply(throttled(60));
    assert!(hand.ended.is_some(), "it parks");
    suppress(&bench, "c1.example");
    bench.wait(secs(61));
    let hand = bench.start(2);
    assert_eq!(hand.asked(), "");
    assert_eq!(bench.cell(), "skipped suppressed");
    assert_eq!(bench.money(), (0, 0));
}
