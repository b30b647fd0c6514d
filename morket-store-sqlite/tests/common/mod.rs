//! A SQLite store in a folder of its own, on a clock that a case holds the hands of.

use async_trait::async_trait;
use morket_core::{Clock, Timestamp};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{ManualClock, StoreClock, Subject};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tempfile::TempDir;

/// Some instant in 2026.
const START: Timestamp = Timestamp::from_micros(1_795_000_000_000_000);

/// A clock that keeps the store's folder as long as a case needs it.
#[derive(Debug)]
pub struct FolderClock {
    clock: Arc<ManualClock>,
    folder: TempDir,
}

impl FolderClock {
    pub fn new() -> Self {
        Self {
            clock: Arc::new(ManualClock::at(START)),
            folder: tempfile::tempdir().expect("a temporary folder can be made"),
        }
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("morket.db")
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }
}

#[async_trait]
impl StoreClock for FolderClock {
    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    async fn now(&self) -> Timestamp {
        Clock::now(&*self.clock)
    }
}

/// A fresh store, fast and forgetful: what it forgets when the machine stops is no case's promise.
pub async fn make() -> Option<Subject> {
    let clock = FolderClock::new();
    let options = SqliteOptions::new(clock.file()).volatile();
    let sqlite = Sqlite::open(options, clock.clock()).await.expect("a fresh file opens");
    Some(Subject::new(Arc::new(sqlite.store()), Arc::new(clock)))
}
