//! Two processes on one file share their vendors' windows.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use morket_core::Store;
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::engine::{SHARING_BEGINS, TokioClock, two_workers_keep_one_window};
use std::sync::Arc;

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
