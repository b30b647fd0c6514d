//! Every point of a fixed job, one death each: what a second run comes to must be what a run
//! without any death comes to.
#![allow(clippy::unwrap_used, reason = "a test says what failed by failing")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::{PARALLEL, Places, Schemas, audited, dies, files, findings, whole};
use morket_benches::crash::{
    audit::{Findings, audit},
    script::{self, Size},
};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Die at every point until a run comes to its end without meeting its own.
fn every_point(places: Places<'_>) {
    let expected = whole(&["script"], &places(0));
    let points = expected["points"].as_u64().expect("a number");
    let began = script::promised(1, Size::WHOLE).expect("its promises");
    audited(&places(0), &began);
    let (next, ended) = (AtomicU64::new(1), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while !ended.load(Ordering::SeqCst) {
                    let k = next.fetch_add(1, Ordering::SeqCst);
                    let place = places(k);
                    if !dies(&["script"], &place, k) {
                        assert!(k > points, "run {k} ended, and there are {points} points");
                        ended.store(true, Ordering::SeqCst);
                        return;
                    }
                    let found = whole(&["script"], &place);
                    assert_eq!(found["dump"], expected["dump"], "after a death at point {k}");
                    audited(&place, &began);
                }
            });
        }
    });
    assert!(points > 100, "{points} points are too few to be all");
}

/// Die after the commit and before its answer; ask again under the same key.
fn unknown_commit(places: Places<'_>) {
    let expected = whole(&["post"], &places(0));
    let points = expected["points"].as_u64().expect("a number");
    let began = &script::promised(1, Size::WHOLE).expect("its promises")[..1];
    assert!(dies(&["post"], &places(1), points), "the last point is after the commit");
    audited(&places(1), began);
    let found = whole(&["post"], &places(1));
    assert_eq!(found["dump"], expected["dump"]);
    assert_eq!(found["dump"]["ledger_entries"].as_array().map(Vec::len), Some(1));
    audited(&places(1), began);
    // One earlier the commit has not happened, and nobody may find half of it.
    assert!(dies(&["post"], &places(2), points - 1));
    let found = findings(&places(2), began);
    assert!(found.double.is_empty() && found.lost.len() == 1, "{found:?}");
    let found = whole(&["post"], &places(2));
    assert_eq!(found["dump"], expected["dump"]);
}

#[test]
fn p071_a_crash_at_any_store_boundary_changes_nothing_sqlite() {
    // method: crash
    let folder = tempfile::tempdir().unwrap();
    every_point(&files(&folder));
}

#[test]
fn p071_a_crash_at_any_store_boundary_changes_nothing_postgres() {
    // method: crash
    let test = "crash_points::p071_a_crash_at_any_store_boundary_changes_nothing_postgres";
    let Some(url) = morket_testkit::service::postgres_url(test) else { return };
    let schemas = Schemas::new(url, "all");
    every_point(&|k| schemas.place(&k.to_string()));
}

#[test]
fn p062_an_unknown_commit_repeated_gives_one_entry_sqlite() {
    // method: crash
    let folder = tempfile::tempdir().unwrap();
    unknown_commit(&files(&folder));
}

#[test]
fn p062_an_unknown_commit_repeated_gives_one_entry_postgres() {
    // method: crash
    let test = "crash_points::p062_an_unknown_commit_repeated_gives_one_entry_postgres";
    let Some(url) = morket_testkit::service::postgres_url(test) else { return };
    let schemas = Schemas::new(url, "unknown");
    unknown_commit(&|k| schemas.place(&k.to_string()));
}

/// Change a finished script's tables behind everybody's back; what the auditor says of it.
fn after(sql: &'static str) -> Findings {
    let folder = tempfile::tempdir().unwrap();
    let place = files(&folder)(0);
    whole(&["script"], &place);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let database = rusqlite::Connection::open(folder.path().join("0.db")).unwrap();
    for trigger in ["ledger_entries_no_update", "ledger_entries_no_delete"] {
        database.execute(&format!("DROP TRIGGER {trigger}"), []).unwrap();
    }
    database.execute_batch(sql).unwrap();
    database.close().unwrap();
    let promised = script::promised(1, Size::WHOLE).unwrap();
    runtime.block_on(audit(&place, &promised, true)).unwrap()
}

#[test]
fn the_auditor_sees_what_is_wrong() {
    assert!(after("SELECT 1").is_clean());
    assert!(!after("DELETE FROM steps WHERE idx = 3").lost.is_empty());
    assert!(!after("DELETE FROM calls WHERE state = 3").double.is_empty());
    assert!(!after("DELETE FROM outbox").lost.is_empty());
    assert!(!after("UPDATE job_records SET status = 1 WHERE idx = 19").lost.is_empty());
    assert!(!after("UPDATE holds SET state = 1").negative.is_empty());
    assert!(!after("UPDATE holds SET captured = captured - 1").double.is_empty());
    assert!(!after("UPDATE accounts SET balance = balance + 1").negative.is_empty());
    assert!(!after("UPDATE ledger_entries SET at = at + 1 WHERE seq = 5").chain.is_empty());
    assert!(!after("DELETE FROM ledger_entries WHERE seq = 21").chain.is_empty());
    let twice = "INSERT INTO ledger_entries SELECT workspace_id, 22, kind, key || 'x', amount, \
                 balance_after, contra, hold_id, of_key, at, prev, hash FROM ledger_entries \
                 WHERE seq = 21";
    assert!(!after(twice).double.is_empty());
}
