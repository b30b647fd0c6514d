//! The in-memory store keeps every promise of every port.

use morket_core::{Timestamp, memory::MemoryStore};
use morket_testkit::{ManualClock, Subject};
use std::sync::Arc;

async fn make() -> Option<Subject> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_007)));
    Some(Subject::new(Arc::new(MemoryStore::new(clock.clone())), clock).cheap())
}

morket_testkit::store_suite!(make);
