//! SQLite under a wall clock that jumps.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::Timestamp;
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{ManualClock, Subject, jumps};
use std::sync::Arc;

#[test]
fn p283_jumps_of_the_wall_clock_pay_and_lapse_nothing_twice_or_early() {
    // method: property
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("morket.db");
    jumps::check(|| async move {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_007)));
        let options = SqliteOptions::new(file).volatile();
        let sqlite = Sqlite::open(options, clock.clone()).await.unwrap();
        (Subject::new(Arc::new(sqlite.store()), clock.clone()), clock)
    });
}
