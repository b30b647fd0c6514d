//! Two processes on one file share their vendors' windows, and little is kept of that.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use morket_core::{
    Store,
    job::{JobStore, PermitClaim, Permits, Rate, RateLimit},
};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{
    StoreClock,
    engine::{SHARING_BEGINS, TokioClock, two_workers_keep_one_window},
};
use rusqlite::Connection;
use std::{sync::Arc, time::Duration};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_on_one_file_keep_one_window() {
    // method: race
    let folder = common::FolderClock::new();
    let clock = Arc::new(TokioClock::at(SHARING_BEGINS));
    let open = || Sqlite::open(SqliteOptions::new(folder.file()).volatile(), clock.clone());
    let (one, other) = (open().await.unwrap(), open().await.unwrap());
    let stores: [Arc<dyn Store>; 2] = [Arc::new(one.store()), Arc::new(other.store())];
    // The file's clock is the workers' own.
    two_workers_keep_one_window(stores, clock.clone(), |_| async {}).await;
}

/// Of keys that are asked for, what counts; of others, nothing.
#[tokio::test]
async fn what_lapsed_is_removed() {
    let folder = common::FolderClock::new();
    let options = SqliteOptions::new(folder.file()).volatile();
    let store = Sqlite::open(options, folder.clock()).await.unwrap().store();
    let ask = async |key: u8, slice| {
        let rates = vec![Rate { max: 1_000, per: Duration::from_secs(10) }];
        let limits = vec![RateLimit { key: [key; 32], rates }];
        let (span, returned) = (Duration::from_secs(5), Vec::new());
        let (cool, told) = (None, Vec::new());
        let claim = PermitClaim { limits, holder: 1, slice, want: 1, span, returned, cool, told };
        assert_eq!(store.claim_permits(claim).await.unwrap(), Permits::Granted(1));
    };
    for key in 0..10 {
        ask(key, 1).await;
    }
    for slice in 2..40 {
        folder.advance(Duration::from_secs(1)).await;
        ask(9, slice).await;
    }
    // Once for each batch, a few keys at a time.
    for key in 10..13 {
        ask(key, 1).await;
    }
    let file = Connection::open(folder.file()).unwrap();
    let sql = "SELECT COUNT(DISTINCT key), COUNT(*) FROM permits";
    let counts: (i64, i64) = file.query_row(sql, [], |row| row.try_into()).unwrap();
    // Those of the last fifteen seconds, as they are kept, and a lock for each key.
    assert_eq!(counts, (4, 4 + 16 + 3));
}
