//! A job whose workers die at the calls they make, in a file: what is left is taken up, and comes
//! to the same. `MORKET_CRASH_STRIDE=1` meets every death and every pair.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::Timestamp;
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{
    crash::{Ground, Scene, every_pair, every_point},
    engine::TokioClock,
};
use std::{
    future::Future,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Every call for a ground opens another file of this folder.
fn grounds(folder: &Path) -> impl Fn() -> std::pin::Pin<Box<dyn Future<Output = Ground>>> {
    let next = AtomicU64::new(0);
    move || {
        let file = folder.join(format!("{}.db", next.fetch_add(1, Ordering::SeqCst)));
        Box::pin(async {
            let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
            let options = SqliteOptions::new(file).volatile();
            let sqlite = Sqlite::open(options, clock.clone()).await.unwrap();
            Ground { store: Arc::new(sqlite.store()), clock }
        })
    }
}

fn stride(usually: u64) -> u64 {
    let told = std::env::var("MORKET_CRASH_STRIDE").ok().and_then(|it| it.parse().ok());
    told.unwrap_or(usually)
}

#[tokio::test]
async fn p071_a_death_at_any_call_of_a_job_changes_nothing() {
    // method: crash
    for (settle_at, repeatable) in [(1, true), (7, true), (1, false), (7, false)] {
        let folder = tempfile::tempdir().unwrap();
        let scene = Scene { records: 20, settle_at, repeatable, tasks: false, kept: true };
        let told = every_point(grounds(folder.path()), scene, stride(11)).await;
        assert!(told.runs > 8 && told.in_flight > 0, "{scene:?}: {told:?}");
    }
}

#[tokio::test]
async fn p071_two_deaths_at_any_calls_of_a_job_change_nothing() {
    // method: crash
    for (settle_at, repeatable) in [(1, true), (7, false)] {
        let folder = tempfile::tempdir().unwrap();
        let scene = Scene { records: 3, settle_at, repeatable, tasks: false, kept: true };
        let told = every_pair(grounds(folder.path()), scene, stride(29)).await;
        assert!(told.runs > 40 && told.in_flight > 0, "{scene:?}: {told:?}");
    }
}
