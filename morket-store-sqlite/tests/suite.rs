//! SQLite keeps every promise of every port, and answers as the in-memory store does.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use morket_core::{Timestamp, memory::MemoryStore};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{ManualClock, StoreClock, Subject};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;

/// A store's clock, and the folder that goes when the store goes.
struct Home {
    clock: Arc<ManualClock>,
    _folder: TempDir,
}

#[async_trait]
impl StoreClock for Home {
    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    async fn now(&self) -> Timestamp {
        StoreClock::now(&*self.clock).await
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_007)))
}

async fn make() -> Option<Subject> {
    let (folder, clock) = (tempfile::tempdir().unwrap(), clock());
    let options = SqliteOptions::new(folder.path().join("morket.db"));
    let sqlite = Sqlite::open(options, clock.clone()).await.unwrap();
    Some(Subject::new(Arc::new(sqlite.store()), Arc::new(Home { clock, _folder: folder })))
}

async fn memory() -> Option<Subject> {
    let clock = clock();
    Some(Subject::new(Arc::new(MemoryStore::new(clock.clone())), clock).cheap())
}

morket_testkit::store_suite!(make);

#[test]
fn p275_sqlite_answers_as_memory_does() {
    // method: model
    morket_testkit::equivalence::check(make, memory);
}
