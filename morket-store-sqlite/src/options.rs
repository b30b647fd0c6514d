//! How a database file is opened.

use crate::error::translate;
use morket_core::{Error, Result};
use rusqlite::{Connection, OpenFlags};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

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
/// costs dozens of reads. More is not better: a commit in which a page was split looks at every
/// page that is kept, which of 64 MiB takes as long as writing a hundred rows.
const WRITER_PAGES: u32 = 4_096;
const READER_PAGES: u32 = 2_048;

/// How many statements a connection keeps prepared: more than there are.
const STATEMENTS: usize = 512;

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

    /// Refuse what names no file.
    pub(crate) fn check_path(&self) -> Result<()> {
        if self.path.as_os_str().is_empty() || self.path.as_os_str() == ":memory:" {
            let problem = "must be a file; for a store in memory use the memory store";
            return Err(Error::invalid("store.open", "path", problem));
        }
        Ok(())
    }

    /// A connection that writes, to a file that is made if need be. Waits for the disk.
    pub(crate) fn writer(&self) -> Result<Connection> {
        let synchronous = match self.synchronous {
            Synchronous::Full => "FULL",
            Synchronous::Normal => "NORMAL",
            Synchronous::Off => "OFF",
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        // A deleted data key must not be found in a page that is free: its bytes are zeroed.
        // The log is copied back less often; until then it holds what was committed.
        let settings = format!(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = {synchronous};
             PRAGMA secure_delete = ON;
             PRAGMA wal_autocheckpoint = 4000;"
        );
        self.connect(flags, &settings, WRITER_PAGES)
    }

    /// A connection that only reads. Waits for the disk.
    pub(crate) fn reader(&self) -> Result<Connection> {
        self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY, "", READER_PAGES)
    }

    fn connect(&self, flags: OpenFlags, settings: &str, pages: u32) -> Result<Connection> {
        let connection = open(&self.path, flags)?;
        connection.busy_timeout(self.busy_timeout).map_err(translate)?;
        // What a statement would need to undo itself is kept in memory: it outlives nothing.
        let all = format!(
            "{settings}
             PRAGMA foreign_keys = OFF;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = {pages};"
        );
        connection.execute_batch(&all).map_err(translate)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Ok(connection)
    }
}

/// A connection that one thread uses at a time, to a file whose name is taken as it stands.
pub(crate) fn open(path: &Path, flags: OpenFlags) -> Result<Connection> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags).map_err(translate)
}
