//! Places at which a test may kill the process: every boundary between a store and its database.
//!
//! A crash between two statements must leave what a crash before the first one leaves, and a crash
//! after the commit what no crash leaves. Random kills meet most of these moments and never prove
//! that they met all. So each is numbered: a test counts them once, then dies at the first, the
//! second and so on, until a run comes to its end. Compiled under `crash-points` alone.

use crate::{Driver, Lock, OnConflict, Row, Rows, Scope, Session, Sql, Table, Unit, Value, Write};
use async_trait::async_trait;
use morket_core::{Result, Timestamp};
use rustix::process::{Signal, getpid, kill_process};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU64, Ordering},
};

/// Names the point at which this process dies.
pub const CRASH_AT: &str = "MORKET_CRASH_AT";

static PASSED: AtomicU64 = AtomicU64::new(0);

/// How many points this process has passed.
pub fn passed() -> u64 {
    PASSED.load(Ordering::SeqCst)
}

/// Pass a point, or die at it as `kill -9` would: no destructor, no flush, no goodbye.
pub fn point() {
    static AT: OnceLock<Option<u64>> = OnceLock::new();
    let at = AT.get_or_init(|| std::env::var(CRASH_AT).ok().and_then(|it| it.parse().ok()));
    let here = PASSED.fetch_add(1, Ordering::SeqCst) + 1;
    if *at == Some(here) {
        let _it_cannot_be_refused = kill_process(getpid(), Signal::KILL);
        loop {
            std::thread::park();
        }
    }
}

/// A driver with a point before each transaction, before each statement, before and after each
/// commit.
#[derive(Debug)]
pub struct CrashDriver(Arc<dyn Driver>);

impl CrashDriver {
    /// Put points around `driver`.
    #[allow(clippy::new_ret_no_self, reason = "a store takes any driver; this is one")]
    pub fn new(driver: Arc<dyn Driver>) -> Arc<dyn Driver> {
        Arc::new(Self(driver))
    }
}

/// The unit over a watched session; its end is the moment before the commit.
fn watched(unit: Unit) -> Unit {
    Arc::new(move |session| {
        let unit = unit.clone();
        Box::pin(async move {
            unit(&mut Watched(session)).await?;
            point();
            Ok(())
        })
    })
}

#[async_trait]
impl Driver for CrashDriver {
    async fn write(&self, scope: Scope, unit: Unit) -> Result<()> {
        point();
        let result = self.0.write(scope, watched(unit)).await;
        point();
        result
    }

    async fn read(&self, scope: Scope, unit: Unit) -> Result<()> {
        point();
        let result = self.0.read(scope, watched(unit)).await;
        point();
        result
    }

    async fn scrub(&self) -> Result<()> {
        self.0.scrub().await
    }

    async fn close(&self) {
        self.0.close().await;
    }
}

struct Watched<'a>(&'a mut dyn Session);

#[async_trait]
impl Session for Watched<'_> {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    fn take_account(&mut self) -> Option<Row> {
        self.0.take_account()
    }

    async fn rows(&mut self, sql: Sql, values: Vec<Value>) -> Result<Vec<Row>> {
        point();
        self.0.rows(sql, values).await
    }

    async fn lock(&mut self, sql: Sql, values: Vec<Value>, lock: Lock) -> Result<Vec<Row>> {
        point();
        self.0.lock(sql, values, lock).await
    }

    async fn run(&mut self, sql: Sql, values: Vec<Value>) -> Result<u64> {
        point();
        self.0.run(sql, values).await
    }

    async fn insert(
        &mut self,
        table: &'static Table,
        rows: Rows,
        conflict: OnConflict,
    ) -> Result<u64> {
        point();
        self.0.insert(table, rows, conflict).await
    }

    async fn find(
        &mut self,
        table: &'static Table,
        by: &'static [&'static str],
        keys: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>> {
        point();
        self.0.find(table, by, keys).await
    }

    async fn update(
        &mut self,
        table: &'static Table,
        set: &'static [&'static str],
        rows: Vec<Vec<Value>>,
    ) -> Result<u64> {
        point();
        self.0.update(table, set, rows).await
    }

    /// One statement of the database's, so one place to die at.
    async fn write(&mut self, writes: Vec<Write>) -> Result<()> {
        point();
        self.0.write(writes).await
    }

    async fn notify(&mut self, channel: &'static str) -> Result<()> {
        point();
        self.0.notify(channel).await
    }
}
