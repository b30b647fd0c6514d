//! How a database file is opened.

use morket_core::{Error, Result};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use std::{path::PathBuf, time::Duration};

/// How hard SQLite works to keep an acknowledged commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Synchronous {
    /// Every commit is on disk before it is acknowledged.
    #[default]
    Full,
    /// Commits survive the process, but the last ones may not survive the machine.
    Normal,
    /// Nothing is waited for.
    Off,
}

/// How much of the file a connection keeps in memory at most, in pages of 4 KiB: SQLite's own 2 MiB
/// hold not even the inner pages of a large table whose keys are hashes, so that each row written
/// costs dozens of reads.
const WRITER_PAGES: &str = "16384";
const READER_PAGES: &str = "2048";

/// How to open a database file.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The file.
    pub path: PathBuf,
    /// How hard SQLite works to keep an acknowledged commit.
    pub synchronous: Synchronous,
    /// Whether a setting that may lose acknowledged commits is accepted.
    pub allow_volatile: bool,
    /// How many connections read.
    pub readers: u32,
    /// How long a lock of another process is waited for, each time.
    pub busy_timeout: Duration,
    /// Whether opening brings the schema up.
    pub migrate: bool,
    /// The migration to stop at, for tests of older schemas.
    pub migrate_to: u32,
}

impl SqliteOptions {
    /// Durable, four readers, schema brought up.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            synchronous: Synchronous::Full,
            allow_volatile: false,
            readers: 4,
            busy_timeout: Duration::from_secs(5),
            migrate: true,
            migrate_to: u32::MAX,
        }
    }

    /// Fast and forgetful: for tests, never for money.
    #[must_use]
    pub fn volatile(mut self) -> Self {
        self.synchronous = Synchronous::Off;
        self.allow_volatile = true;
        self
    }

    /// How the connections that only read are opened.
    pub(crate) fn reader_options(&self) -> Result<SqliteConnectOptions> {
        Ok(self.connect_options()?.read_only(true).pragma("cache_size", READER_PAGES))
    }

    pub(crate) fn connect_options(&self) -> Result<SqliteConnectOptions> {
        if self.path.as_os_str().is_empty() || self.path.as_os_str() == ":memory:" {
            let problem = "must be a file; for a store in memory use the memory store";
            return Err(Error::invalid("store.open", "path", problem));
        }
        let synchronous = match self.synchronous {
            Synchronous::Full => SqliteSynchronous::Full,
            Synchronous::Normal => SqliteSynchronous::Normal,
            Synchronous::Off => SqliteSynchronous::Off,
        };
        Ok(SqliteConnectOptions::new()
            .filename(&self.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(self.busy_timeout)
            .foreign_keys(false)
            // A deleted data key must not be found in a page that is free: its bytes are zeroed.
            .pragma("secure_delete", "ON")
            // What a statement would need to undo itself is kept in memory: it outlives nothing.
            .pragma("temp_store", "MEMORY")
            // The log is copied back less often; until then it holds what was committed.
            .pragma("wal_autocheckpoint", "4000")
            .pragma("cache_size", WRITER_PAGES)
            .statement_cache_capacity(512))
    }
}
