//! PostgreSQL store of Morket: any number of processes on one database, row locks where it counts,
//! row-level security as a backstop.
//!
//! ```no_run
//! # async fn example() -> morket_core::Result<()> {
//! use morket_store_postgres::{Postgres, PostgresOptions};
//!
//! let postgres = Postgres::open(PostgresOptions::new("postgres://app@db.internal/app")).await?;
//! let store = postgres.store(); // every port of morket-core
//! # Ok(()) }
//! ```

mod driver;
mod error;
mod options;
mod schema;
mod session;
mod wake;

pub use options::PostgresOptions;
pub use wake::Wakeups;

use driver::PgDriver;
use morket_core::Result;
use morket_store_sql::{Driver as _, SqlStore, migrate::Change};
use std::sync::Arc;

/// An open database.
#[derive(Clone, Debug)]
pub struct Postgres {
    driver: Arc<PgDriver>,
    store: SqlStore,
}

impl Postgres {
    /// Connect, bring the schema up if asked to, and refuse a server that could lose what it
    /// acknowledged.
    pub async fn open(options: PostgresOptions) -> Result<Self> {
        let driver = Arc::new(PgDriver::open(&options).await?);
        let store = SqlStore::new(driver.clone());
        Ok(Self { driver, store })
    }

    /// Change the schema without opening it as a store; the migration it is at then.
    pub async fn migrate(options: &PostgresOptions, change: Change) -> Result<u32> {
        let driver = PgDriver::connect(options).await?;
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

    /// Whether row-level security stands behind the store: the roles `morket_app` and
    /// `morket_system` exist and this user may act as them.
    pub fn is_guarded(&self) -> bool {
        self.driver.guarded()
    }

    /// Be told when there may be work: a job was sealed, cancelled or woken. Holds a connection of
    /// its own.
    pub async fn wakeups(&self) -> Result<Wakeups> {
        Wakeups::listen(self.driver.pool(), self.driver.schema()).await
    }

    /// Bring the schema down to migration `to`. A ledger, an audit log or a vault that
    /// holds anything is dropped only when `destroy` says so.
    pub async fn migrate_down(&self, to: u32, destroy: bool) -> Result<()> {
        self.driver.migrate_down(to, destroy).await
    }

    /// Stop: what was acknowledged is durable, connections are closed.
    pub async fn close(&self) {
        self.store.close().await;
    }
}
