//! The in-memory store keeps every promise of every port.

use morket_core::{Clock, Timestamp, memory::MemoryStore};
use morket_testkit::{StoreClock, Subject};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// Stands still until it is moved.
#[derive(Debug)]
struct Still(Mutex<Timestamp>);

impl Clock for Still {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    fn monotonic(&self) -> Duration {
        Clock::now(self).since(Timestamp::default())
    }
}

#[async_trait::async_trait]
impl StoreClock for Still {
    async fn advance(&self, by: Duration) {
        let mut now = self.0.lock().unwrap();
        *now = now.after(by);
    }

    async fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

async fn make() -> Option<Subject> {
    let clock = Arc::new(Still(Mutex::new(Timestamp::from_micros(1_795_269_831_000_007))));
    Some(Subject::new(Arc::new(MemoryStore::new(clock.clone())), clock).cheap())
}

morket_testkit::store_suite!(make);
