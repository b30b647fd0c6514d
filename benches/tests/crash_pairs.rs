//! Two deaths: one run dies at a point of a small job, the next one at a point of what was left.
//! What a third run comes to must be what a run without any death comes to.
//!
//! The job has about two hundred points, and so has what is left of it, the takeover included:
//! forty thousand pairs, and after most of them a lease must end. So a run of the tests meets a
//! lattice of them, which has every first death in it and every second one after some first; with
//! `MORKET_CRASH_STRIDE=1` it meets all pairs on SQLite. PostgreSQL has to make a schema for each
//! pair, where SQLite copies a file, so there the lattice is wider still.
#![allow(clippy::unwrap_used, reason = "a test says what failed by failing")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::{PARALLEL, Schemas, audited, dies, whole};
use morket_benches::crash::{
    place::Place,
    script::{self, Size},
};
use serde_json::Value;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// How many first deaths at once: most of the time they wait for a lease to end.
const AT_ONCE: usize = 3 * PARALLEL;

const SMALL: &[&str] = &["script", "--small"];

/// Between one second death and the next one after the same first.
fn stride() -> u64 {
    let told = std::env::var("MORKET_CRASH_STRIDE").ok().and_then(|value| value.parse().ok());
    told.unwrap_or(61).max(1)
}

/// The second deaths after a first one at `k`: others for each, so that all are met.
fn seconds(k: u64, stride: u64) -> impl Iterator<Item = u64> {
    (k * 7 % stride + 1..).step_by(usize::try_from(stride).unwrap())
}

/// What a run without a death leaves, seen to be right.
fn expected(place: &Place) -> Value {
    let mut found = whole(SMALL, place);
    check(place, &found, &found["dump"].clone(), "no death");
    found["dump"].take()
}

fn check(place: &Place, found: &Value, expected: &Value, what: &str) {
    assert_eq!(found["dump"], *expected, "after {what}");
    audited(place, &script::promised(1, Size::SMALL).expect("its promises"));
}

/// Call `after` with each first death, until `begin` says that the run ended before it; how many.
fn each_first(step: u64, after: &(dyn Fn(u64) -> bool + Sync)) -> u64 {
    let (next, met, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while !ended.load(Ordering::SeqCst) {
                    if after(1 + step * next.fetch_add(1, Ordering::SeqCst)) {
                        met.fetch_add(1, Ordering::SeqCst);
                    } else {
                        ended.store(true, Ordering::SeqCst);
                    }
                }
            });
        }
    });
    met.into_inner()
}

fn at(file: PathBuf) -> Place {
    Place::Sqlite { file, volatile: true }
}

/// The database of a dead process, as another one finds it: the file and its log.
fn copy(folder: &Path, from: &str, to: &str) {
    fs::copy(folder.join(from), folder.join(to)).unwrap();
    let log = |name: &str| folder.join(format!("{name}-wal"));
    if log(from).exists() {
        fs::copy(log(from), log(to)).unwrap();
    }
}

fn remove(folder: &Path, name: &str) {
    for end in ["", "-wal", "-shm"] {
        let _it_may_not_be_there = fs::remove_file(folder.join(format!("{name}{end}")));
    }
}

#[test]
fn p071_two_crashes_at_any_store_boundaries_change_nothing_sqlite() {
    // method: crash
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let expected = expected(&at(folder.join("whole.db")));
    let pairs = AtomicU64::new(0);
    let firsts = each_first(1, &|first| {
        let left = format!("{first}.db");
        if !dies(SMALL, &at(folder.join(&left)), first) {
            return false;
        }
        for second in seconds(first, stride()) {
            let name = format!("{first}-{second}.db");
            if folder.join(&left).exists() {
                copy(folder, &left, &name);
            }
            let place = at(folder.join(&name));
            let died = dies(SMALL, &place, second);
            let what = format!("deaths at {first} and {second}");
            check(&place, &whole(SMALL, &place), &expected, &what);
            remove(folder, &name);
            pairs.fetch_add(1, Ordering::SeqCst);
            if !died {
                break;
            }
        }
        remove(folder, &left);
        true
    });
    let pairs = pairs.into_inner();
    assert!(firsts > 100 && pairs > 3 * firsts, "{firsts} points, {pairs} pairs");
}

#[test]
fn p071_two_crashes_at_any_store_boundaries_change_nothing_postgres() {
    // method: crash
    let test = "crash_pairs::p071_two_crashes_at_any_store_boundaries_change_nothing_postgres";
    let Some(url) = morket_testkit::service::postgres_url(test) else { return };
    let schemas = Schemas::new(url, "pairs");
    let expected = expected(&schemas.place("whole"));
    let firsts = each_first(13, &|first| {
        for second in seconds(first, 61) {
            let place = schemas.place(&format!("{first}_{second}"));
            if !dies(SMALL, &place, first) {
                return false;
            }
            let died = dies(SMALL, &place, second);
            let what = format!("deaths at {first} and {second}");
            check(&place, &whole(SMALL, &place), &expected, &what);
            if !died {
                break;
            }
        }
        true
    });
    assert!(firsts > 8, "{firsts} first deaths");
}
