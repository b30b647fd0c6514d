//! PostgreSQL answers as the memory store does, whatever is asked of both.

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use async_trait::async_trait;
use morket_core::{Clock, Timestamp, memory::MemoryStore};
use morket_testkit::{ManualClock, StoreClock, Subject, equivalence};
use std::{sync::Arc, time::Duration};

/// Moves on by a microsecond whenever it is looked at, as a server's clock does: nothing happens at
/// the same instant, so listings by time are in the order in which things happened.
#[derive(Debug)]
struct Ticking(ManualClock);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.0.advance(Duration::from_micros(1));
        Clock::now(&self.0)
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

#[async_trait]
impl StoreClock for Ticking {
    async fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    async fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

async fn memory() -> Option<Subject> {
    let start = Timestamp::from_micros(1_795_000_000_000_000);
    let clock = Arc::new(Ticking(ManualClock::at(start)));
    Some(Subject::new(Arc::new(MemoryStore::new(clock.clone())), clock))
}

#[test]
fn p275_postgres_answers_as_memory_does() {
    // method: model
    equivalence::check(memory, common::make);
}
