//! A child that dies where it is told, and what it left behind.

#![allow(clippy::unwrap_used, reason = "a test says what failed by failing")]

use morket_benches::crash::{
    audit::{Findings, audit},
    line::Line,
    place::Place,
};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use std::{
    os::unix::process::ExitStatusExt,
    process::{Command, Output, Stdio},
};

/// How many die at once.
pub const PARALLEL: usize = 4;

/// Where the `k`-th run works.
pub type Places<'a> = &'a (dyn Fn(u64) -> Place + Sync);

fn child(what: &[&str], place: &Place, crash_at: Option<u64>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crash"));
    command.args(what).args(place.args()).stdin(Stdio::null());
    match crash_at {
        Some(k) => command.env("MORKET_CRASH_AT", k.to_string()),
        None => command.env_remove("MORKET_CRASH_AT"),
    };
    command.output().expect("the program runs")
}

/// A run without a death: what it printed.
pub fn whole(what: &[&str], place: &Place) -> Value {
    let output = child(what, place, None);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{place:?}: {words}");
    serde_json::from_slice(&output.stdout).expect("one JSON object")
}

/// Die at `k`; false when the run ended before.
pub fn dies(what: &[&str], place: &Place, k: u64) -> bool {
    let output = child(what, place, Some(k));
    let killed = output.status.signal() == Some(9);
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(killed || output.status.success(), "point {k}: {words}");
    killed
}

pub fn findings(place: &Place, began: &[(Line, bool)]) -> Findings {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(audit(place, began, true)).expect("the auditor reads")
}

pub fn audited(place: &Place, began: &[(Line, bool)]) {
    let found = findings(place, began);
    assert!(found.is_clean(), "{place:?}: {found:?}");
}

pub fn files(folder: &tempfile::TempDir) -> impl Fn(u64) -> Place + Sync {
    let folder = folder.path().to_owned();
    move |k| Place::Sqlite { file: folder.join(format!("{k}.db")), volatile: true }
}

/// Schemas of one test, which go with it: the server may be one that stays.
pub struct Schemas {
    url: String,
    name: String,
}

impl Schemas {
    pub fn new(url: String, name: &str) -> Self {
        Self { url, name: format!("crash_{name}_{}", std::process::id()) }
    }

    pub fn place(&self, which: &str) -> Place {
        let schema = format!("{}_{which}", self.name);
        Place::Postgres { url: self.url.clone(), schema, volatile: true }
    }

    async fn remove(&self) -> Result<(), sqlx::Error> {
        let mut connection = PgConnection::connect(&self.url).await?;
        connection.execute("SET client_min_messages = error; SET lock_timeout = '5s'").await?;
        let sql =
            format!("SELECT nspname::text FROM pg_namespace WHERE nspname ^@ '{}_'", self.name);
        // One at a time: all in one transaction would hold too many locks.
        for row in connection.fetch_all(AssertSqlSafe(sql)).await? {
            let sql = format!("DROP SCHEMA {} CASCADE", row.get::<String, _>(0));
            connection.execute(AssertSqlSafe(sql)).await?;
        }
        connection.close().await
    }
}

impl Drop for Schemas {
    fn drop(&mut self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        // A test that fails has its own reason, and a server that is gone needs no tidying.
        drop(runtime.map(|runtime| runtime.block_on(self.remove())));
    }
}
