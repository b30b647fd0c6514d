//! SQLite store of Morket: one file, durable, one writer with group commit, many readers.
//!
//! ```
//! # async fn example(clock: std::sync::Arc<dyn morket_core::Clock>) -> morket_core::Result<()> {
//! use morket_store_sqlite::{Sqlite, SqliteOptions};
//!
//! let sqlite = Sqlite::open(SqliteOptions::new("morket.db"), clock).await?;
//! let store = sqlite.store(); // every port of morket-core
//! # Ok(()) }
//! ```

mod backup;
mod driver;
mod error;
mod options;
mod readers;
mod schema;
mod session;
mod thread;
mod writer;

pub use backup::restore;
pub use options::{SqliteOptions, Synchronous};

use driver::SqliteDriver;
use morket_core::{Clock, Result};
use morket_store_sql::{Driver as _, SqlStore, migrate::Change};
use std::{path::Path, sync::Arc};

/// An open database file.
#[derive(Clone, Debug)]
pub struct Sqlite {
    driver: Arc<SqliteDriver>,
    store: SqlStore,
}

impl Sqlite {
    /// Open the file, create it if need be, bring its schema up, and refuse it if it could lose
    /// what it acknowledged.
    pub async fn open(options: SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        let driver = Arc::new(SqliteDriver::open(&options, clock).await?);
        driver.check_durable(options.allow_volatile).await?;
        if options.migrate {
            driver.migrate_up(options.migrate_to).await?;
        }
        driver.check_schema().await?;
        let store = SqlStore::new(driver.clone());
        Ok(Self { driver, store })
    }

    /// Change a file's schema without opening it as a store; the migration it is at then. A file
    /// that is not there is at none, and only [`Change::Up`] makes it.
    pub async fn migrate(
        options: &SqliteOptions,
        clock: Arc<dyn Clock>,
        change: Change,
    ) -> Result<u32> {
        if change != Change::Up && !options.path.exists() {
            return Ok(0);
        }
        let driver = SqliteDriver::open(options, clock).await?;
        let changed = match change {
            Change::Look => Ok(()),
            Change::Up => driver.migrate_up(options.migrate_to).await,
            Change::Down { to, destroy } => driver.migrate_down(to, destroy).await,
        };
        let at = driver.version().await;
        driver.close().await;
        changed.and(at)
    }

    /// What the store drives, for a test that puts something between the two.
    #[cfg(feature = "crash-points")]
    pub fn driver(&self) -> Arc<dyn morket_store_sql::Driver> {
        self.driver.clone()
    }

    /// Every port.
    pub fn store(&self) -> SqlStore {
        self.store.clone()
    }

    /// Write a consistent copy of the database to `path`, while others read and write.
    pub async fn backup(&self, path: impl AsRef<Path>) -> Result<()> {
        backup::backup(&self.driver, path.as_ref()).await
    }

    /// Bring the schema down to migration `to`. A ledger, an audit log or a vault that
    /// holds anything is dropped only when `destroy` says so.
    pub async fn migrate_down(&self, to: u32, destroy: bool) -> Result<()> {
        self.driver.migrate_down(to, destroy).await
    }

    /// Let the file grow to this many pages and no further; `None` lifts the limit. A write beyond
    /// it is `StoreUnavailable`, as on a full disk.
    pub async fn limit_pages(&self, pages: Option<i64>) -> Result<()> {
        self.driver.limit_pages(pages).await
    }

    /// Stop: what was acknowledged is durable, the file is closed.
    pub async fn close(&self) {
        self.store.close().await;
    }
}
