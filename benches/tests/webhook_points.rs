//! Every point between an event and its receiver, one death each: what happened is heard of, and
//! nothing else is.
#![allow(clippy::unwrap_used, reason = "a test says what failed by failing")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::{PARALLEL, Places, Schemas, dies, files, whole};
use serde_json::Value;
use std::{
    path::Path,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
};

/// All that happened was heard, all that was heard happened, and each delivery says so.
fn told(found: &Value, k: u64) {
    let (happened, heard) = (&found["happened"], &found["heard"]);
    assert_eq!(happened, heard, "after a death at point {k}");
    let states = found["states"].as_array().unwrap();
    let delivered = states.iter().map(|it| (it[0].clone(), it[1].as_str().unwrap().to_owned()));
    let expected = happened.as_array().unwrap().iter().map(|id| (id.clone(), "delivered".into()));
    assert_eq!(delivered.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "at point {k}");
}

/// Die at every point until a run comes to its end without meeting its own.
fn every_point(folder: &Path, places: Places<'_>) {
    let heard = |k: u64| folder.join(format!("heard-{k}")).display().to_string();
    let first = heard(0);
    let expected = whole(&["hooks", "--heard", &first], &places(0));
    told(&expected, 0);
    assert!(expected["happened"].as_array().unwrap().len() >= 5, "{expected}");
    let (next, ended) = (AtomicU64::new(1), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for _ in 0..PARALLEL {
            scope.spawn(|| {
                while !ended.load(Ordering::SeqCst) {
                    let k = next.fetch_add(1, Ordering::SeqCst);
                    let (place, heard) = (places(k), heard(k));
                    let what = ["hooks", "--heard", &heard];
                    if !dies(&what, &place, k) {
                        ended.store(true, Ordering::SeqCst);
                        return;
                    }
                    told(&whole(&what, &place), k);
                }
            });
        }
    });
    let points = next.load(Ordering::SeqCst);
    assert!(points > 80, "{points} points are too few to be all");
}

#[test]
fn p184_p185_a_death_loses_no_event_and_invents_none_sqlite() {
    // method: crash
    let folder = tempfile::tempdir().unwrap();
    every_point(folder.path(), &files(&folder));
}

#[test]
fn p184_p185_a_death_loses_no_event_and_invents_none_postgres() {
    // method: crash
    let test = "webhook_points::p184_p185_a_death_loses_no_event_and_invents_none_postgres";
    let Some(url) = morket_testkit::service::postgres_url(test) else { return };
    let (folder, schemas) = (tempfile::tempdir().unwrap(), Schemas::new(url, "hooks"));
    every_point(folder.path(), &|k| schemas.place(&k.to_string()));
}
