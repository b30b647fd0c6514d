//! SQLite as a driver of Morket's stores: one writer, many readers.

use crate::{
    error::translate, options::SqliteOptions, readers::Readers, schema::DIALECT, thread::apart,
    writer::Writer,
};
use async_trait::async_trait;
use morket_core::{Clock, Error, ErrorKind, Result};
use morket_store_sql::{Driver, Scope, Unit, migrate};
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

/// `PRAGMA synchronous` from which on an acknowledged commit is on disk.
const FULL: i64 = 2;

#[derive(Debug)]
pub(crate) struct SqliteDriver {
    writer: Writer,
    readers: Readers,
    options: SqliteOptions,
}

impl SqliteDriver {
    pub(crate) async fn open(options: &SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        options.check_path()?;
        let options = options.clone();
        let writer = Writer::start(options.clone(), clock.clone()).await?;
        let readers = Readers::new(options.clone(), clock);
        Ok(Self { writer, readers, options })
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

    /// How the file was opened.
    pub(crate) fn options(&self) -> &SqliteOptions {
        &self.options
    }
}

#[async_trait]
impl Driver for SqliteDriver {
    async fn write(&self, _: Scope, unit: Unit) -> Result<()> {
        self.writer.run(unit).await
    }

    async fn read(&self, _: Scope, unit: Unit) -> Result<()> {
        self.readers.run(unit).await
    }

    /// Deleted bytes are zeroed in the file; what was there before still stands in the write-ahead
    /// log, until all of that is in the file and the log is cut to nothing.
    async fn scrub(&self) -> Result<()> {
        let options = self.options.clone();
        let busy = apart(move || {
            let cut = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
            let connection = options.writer()?;
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], cut).map_err(translate)
        });
        let busy = busy.await?;
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
