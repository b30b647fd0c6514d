//! The suites reject stores with one thing wrong, each by the case it names and by no other.

use morket_core::{Timestamp, memory::MemoryStore};
use morket_testkit::{ManualClock, Subject, broken};
use std::sync::Arc;

async fn make() -> Option<Subject> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_007)));
    Some(Subject::new(Arc::new(MemoryStore::new(clock.clone())), clock).cheap())
}

#[test]
fn every_broken_store_is_rejected_by_the_case_it_names() {
    broken::check(make);
}
