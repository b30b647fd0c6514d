//! Every death of a small job, in this process: at each call to the store or the network, and each
//! pair of them.

use anyhow::Result;
use morket::Timestamp;
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{
    crash::{Ground, Scene, Told, every_pair, every_point},
    engine::TokioClock,
};
use serde_json::{Value, json};
use std::{
    future::Future,
    path::{Path, PathBuf},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

type Opening<'a> = Pin<Box<dyn Future<Output = Ground> + 'a>>;

fn clock() -> Arc<TokioClock> {
    Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)))
}

fn in_memory<'a>() -> Opening<'a> {
    Box::pin(async {
        let clock = clock();
        Ground { store: Arc::new(morket::memory::MemoryStore::new(clock.clone())), clock }
    })
}

/// A file of its own; those of runs that are over go.
fn in_a_file<'a>(folder: &'a Path, next: &'a AtomicU64) -> Opening<'a> {
    let number = next.fetch_add(1, Ordering::SeqCst);
    let file = |number: u64, end: &str| folder.join(format!("{number}.db{end}"));
    if let Some(old) = number.checked_sub(4) {
        for end in ["", "-wal", "-shm"] {
            let _it_may_be_gone = std::fs::remove_file(file(old, end));
        }
    }
    let file: PathBuf = file(number, "");
    Box::pin(async move {
        let clock = clock();
        let options = SqliteOptions::new(file).volatile();
        let sqlite = Sqlite::open(options, clock.clone()).await.expect("a new file opens");
        Ground { store: Arc::new(sqlite.store()), clock }
    })
}

/// All deaths of twenty records, all pairs of three; a run that comes to something else panics.
pub async fn run() -> Result<Value> {
    let mut lines = Vec::new();
    for (settle_at, repeatable) in [(1, true), (7, true), (1, false), (7, false)] {
        for (records, pairs) in [(20, false), (3, true)] {
            let scene = Scene { records, settle_at, repeatable, tasks: false, kept: true };
            let told = match pairs {
                true => every_pair(in_memory, scene, 1).await,
                false => every_point(in_memory, scene, 1).await,
            };
            lines.push(line("memory", scene, pairs, told));
            let (folder, next) = (tempfile::tempdir()?, AtomicU64::new(0));
            let told = match pairs {
                true => every_pair(|| in_a_file(folder.path(), &next), scene, 1).await,
                false => every_point(|| in_a_file(folder.path(), &next), scene, 1).await,
            };
            lines.push(line("sqlite", scene, pairs, told));
        }
    }
    Ok(json!({ "name": "exhaustive", "runs": lines, "different": 0 }))
}

fn line(store: &str, scene: Scene, pairs: bool, told: Told) -> Value {
    let line = json!({ "store": store, "records": scene.records, "settleAt": scene.settle_at,
        "repeatable": scene.repeatable, "deaths": if pairs { 2 } else { 1 }, "runs": told.runs,
        "inFlight": told.in_flight, "repeated": told.repeated, "ambiguous": told.ambiguous });
    eprintln!("{line}");
    line
}
