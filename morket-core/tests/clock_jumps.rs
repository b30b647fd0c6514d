//! The in-memory store under a wall clock that jumps.

use morket_core::{Timestamp, memory::MemoryStore};
use morket_testkit::{ManualClock, Subject, broken, jumps};
use std::{panic, sync::Arc};

async fn make() -> (Subject, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_007)));
    let store = Arc::new(MemoryStore::new(clock.clone()));
    (Subject::new(store, clock.clone()).cheap(), clock)
}

#[test]
fn p283_jumps_of_the_wall_clock_pay_and_lapse_nothing_twice_or_early() {
    // method: property
    jumps::check(make);
}

#[test]
fn the_walk_sees_leases_and_refunds_that_are_wrong() {
    for name in [
        "a lease that ended is renewed",
        "an old fence settles",
        "a second refund under another key",
    ] {
        let wrong = broken::all().into_iter().find(|it| it.name == name).unwrap();
        let broken = || async {
            let (subject, clock) = make().await;
            ((wrong.wrap)(subject), clock)
        };
        assert!(panic::catch_unwind(|| jumps::check(broken)).is_err(), "{name} went unseen");
    }
}
