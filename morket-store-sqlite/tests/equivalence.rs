//! SQLite answers as the in-memory store does, whatever it is asked.

#[allow(unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::{FolderClock, make};
use morket_core::memory::MemoryStore;
use morket_testkit::{Subject, equivalence};
use std::sync::Arc;

async fn memory() -> Option<Subject> {
    let clock = FolderClock::new();
    Some(Subject::new(Arc::new(MemoryStore::new(clock.clock())), Arc::new(clock)).cheap())
}

#[test]
fn p275_sqlite_answers_as_memory_does() {
    // method: model
    equivalence::check(make, memory);
}
