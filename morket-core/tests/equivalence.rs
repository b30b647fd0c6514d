//! The driver that compares stores sees no difference where there is none, and sees one.

use morket_core::{Timestamp, memory::MemoryStore};
use morket_testkit::{ManualClock, Subject, broken, equivalence};
use std::{panic, sync::Arc};

async fn make() -> Option<Subject> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_007)));
    Some(Subject::new(Arc::new(MemoryStore::new(clock.clone())), clock).cheap())
}

#[test]
fn a_store_answers_like_another_of_its_kind() {
    equivalence::check(make, make);
}

#[test]
fn a_store_with_one_thing_wrong_answers_otherwise() {
    for name in [
        "a hold is moved without its tenant",
        "a capture above its hold takes what is there",
        "a job's ceiling is ignored",
        "a lease that ended is renewed",
        "a refused change leaves an audit row",
        "a replay does not compare the body",
        "a session counts for whoever names it",
        "a credential is read without its tenant",
        "a status that stands is noted again",
    ] {
        let wrong = broken::all().into_iter().find(|it| it.name == name).unwrap();
        let broken = || async { make().await.map(wrong.wrap) };
        // Sequences are random: one run may miss it, twelve do not.
        let seen =
            (0..12).any(|_| panic::catch_unwind(|| equivalence::check(make, broken)).is_err());
        assert!(seen, "{name} went unseen");
    }
}
