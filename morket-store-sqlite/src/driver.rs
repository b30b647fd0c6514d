//! SQLite as a driver of Morket's stores: one writer, many readers.

use crate::{
    error::translate, options::SqliteOptions, schema::DIALECT, session::SqliteSession,
    writer::Writer,
};
use async_trait::async_trait;
use morket_core::{Clock, Error, ErrorKind, Result};
use morket_store_sql::{Driver, Scope, Unit, migrate};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, Row, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// `PRAGMA synchronous` from which on an acknowledged commit is on disk.
const FULL: i64 = 2;

#[derive(Debug)]
pub(crate) struct SqliteDriver {
    writer: Writer,
    readers: SqlitePool,
    connect: SqliteConnectOptions,
    clock: Arc<dyn Clock>,
}

impl SqliteDriver {
    pub(crate) async fn open(options: &SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        let connect = options.connect_options()?;
        let writer = Writer::start(connect.clone(), clock.clone()).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(options.readers.max(1))
            .acquire_timeout(Duration::from_secs(30))
            .connect_lazy_with(options.reader_options()?);
        Ok(Self { writer, readers, connect, clock })
    }

    /// Refuse a setting under which an acknowledged commit can be lost.
    pub(crate) async fn check_durable(&self, allow_volatile: bool) -> Result<()> {
        if allow_volatile {
            return Ok(());
        }
        self.writer
            .run(Arc::new(|session| {
                Box::pin(async move {
                    let mut sync = session.rows("PRAGMA synchronous".into(), Vec::new()).await?;
                    let mut mode = session.rows("PRAGMA journal_mode".into(), Vec::new()).await?;
                    let sync = sync.first_mut().map_or(Ok(0), |row| row.int())?;
                    let mode = mode.first_mut().map_or(Ok(String::new()), |row| row.text())?;
                    if sync >= FULL && mode == "wal" {
                        return Ok(());
                    }
                    let message = format!(
                        "SQLite runs with journal_mode={mode}, synchronous={sync}: it may lose \
                         acknowledged commits; use WAL and FULL, or say allow_volatile"
                    );
                    Err(Error::new(ErrorKind::NotDurable, "store.open", message))
                })
            }))
            .await
    }

    pub(crate) async fn migrate_up(&self, to: u32) -> Result<()> {
        let to = to.min(migrate::latest());
        let unit: Unit = Arc::new(move |session| Box::pin(migrate::up(session, &DIALECT, to)));
        self.writer.run(unit).await
    }

    pub(crate) async fn migrate_down(&self, to: u32, destroy: bool) -> Result<()> {
        let unit: Unit =
            Arc::new(move |session| Box::pin(migrate::down(session, &DIALECT, to, destroy)));
        self.writer.run(unit).await
    }

    /// At which migration the schema is.
    pub(crate) async fn version(&self) -> Result<u32> {
        let found = Arc::new(AtomicU32::new(0));
        let into = found.clone();
        let unit: Unit = Arc::new(move |session| {
            let into = into.clone();
            Box::pin(async move {
                into.store(migrate::version(session, &DIALECT).await?, Ordering::Relaxed);
                Ok(())
            })
        });
        self.writer.run(unit).await?;
        Ok(found.load(Ordering::Relaxed))
    }

    pub(crate) async fn check_schema(&self) -> Result<()> {
        let unit: Unit = Arc::new(|session| Box::pin(migrate::check(session, &DIALECT)));
        self.writer.run(unit).await
    }

    /// `PRAGMA max_page_count`; SQLite's own largest number where there is no limit.
    pub(crate) async fn limit_pages(&self, pages: Option<i64>) -> Result<()> {
        let unit: Unit = Arc::new(move |session| {
            Box::pin(async move {
                let pages = pages.unwrap_or(4_294_967_294).max(1);
                let sql = format!("PRAGMA max_page_count = {pages}");
                session.rows(sql.into(), Vec::new()).await.map(drop)
            })
        });
        self.writer.run(unit).await
    }

    pub(crate) fn readers(&self) -> &SqlitePool {
        &self.readers
    }
}

#[async_trait]
impl Driver for SqliteDriver {
    async fn write(&self, _: Scope, unit: Unit) -> Result<()> {
        self.writer.run(unit).await
    }

    async fn read(&self, _: Scope, unit: Unit) -> Result<()> {
        // In a task of its own: whoever asked may look away for long, or be gone, and a reader that
        // nobody drives would keep its connection from all others.
        let (readers, clock) = (self.readers.clone(), self.clock.clone());
        let read = tokio::spawn(async move {
            let mut reading = readers.begin().await.map_err(translate)?;
            let mut session = SqliteSession { connection: &mut reading, now: clock.now() };
            let result = unit(&mut session).await;
            let ended = reading.rollback().await.map_err(translate);
            result.and(ended)
        });
        read.await.unwrap_or_else(|error| match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => {
                let message = "the runtime stopped before the file was read";
                let failure = Error::new(ErrorKind::StoreUnavailable, "store.read", message);
                Err(failure.caused_by(error))
            }
        })
    }

    /// Deleted bytes are zeroed in the file; what was there before still stands in the write-ahead
    /// log, until all of that is in the file and the log is cut to nothing.
    async fn scrub(&self) -> Result<()> {
        let mut connection = self.connect.connect().await.map_err(translate)?;
        let sql = AssertSqlSafe("PRAGMA wal_checkpoint(TRUNCATE)");
        let row = connection.fetch_one(sql).await.map_err(translate)?;
        let busy: i64 = row.try_get(0).map_err(translate)?;
        connection.close().await.map_err(translate)?;
        if busy == 0 {
            return Ok(());
        }
        let message = "what was erased still stands in the write-ahead log, because somebody reads \
                       an older state; erase it again, under the same id";
        Err(Error::new(ErrorKind::StoreUnavailable, "store.scrub", message))
    }

    async fn close(&self) {
        // The last to leave clears the write-ahead log away, which a reader may not.
        self.readers.close().await;
        self.writer.stop().await;
    }
}
