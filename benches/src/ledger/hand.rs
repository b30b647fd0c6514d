//! The peer on SQLite: batches of charges written by hand, on the same tables and the same driver,
//! in a thread that waits for nobody: one prepared insert per charge, one update of hold and
//! account, one commit.
//!
//! Like for like means as many charges in flight on both sides. A commit waits for the disk once,
//! however many charges it holds; 64 callers that each wait for theirs fill it with 64 at most, and
//! what a peer gains that puts 1,000 into one says nothing of either side's work. So the gate is of
//! 1,000 callers beside batches of 1,000. What 64 callers get is measured beside both.
//!
//! SQLite, as it is built here, has one cache of pages for a whole process, from which every
//! connection takes pages that others have not used for long. So a side's file is open only while
//! that side runs, and what either has kept is not taken from what the other may.

use super::{
    Effort,
    morket_side::{Hot, PRICE, key},
    ratio::Pairs,
};
use morket::{
    Credits, Morket, SystemClock, Timestamp,
    ledger::{Entry, EntryKind, GENESIS},
};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use rusqlite::{Connection, TransactionBehavior, params};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

/// How many callers charge at once, and how many charges the peer puts into a commit.
#[derive(Clone, Copy, Debug)]
pub struct Sides {
    callers: usize,
    batch: u64,
}

/// What the gate is of.
pub const ALIKE: Sides = Sides { callers: 1_000, batch: 1_000 };

/// What is told beside it: by which name, of whom, against what.
pub const BESIDE: [(&str, Sides, &str); 2] = [
    (
        "ledger_64_sqlite_fsync",
        Sides { callers: 64, batch: 64 },
        "64 callers beside hand-written batches of 64",
    ),
    (
        "ledger_64_of_1000_sqlite_fsync",
        Sides { callers: 64, batch: 1_000 },
        "64 callers beside hand-written batches of 1,000",
    ),
];

/// Both sides in turn, each on a file of its own on the same disk, opened for each run.
pub async fn against_morket(sides: Sides, effort: Effort) -> anyhow::Result<Pairs> {
    let folder = super::settle::folder()?;
    let (ours_file, theirs_file) = (folder.path().join("ours.db"), folder.path().join("theirs.db"));
    let (ours, theirs) = (hot(&ours_file).await?, hot(&theirs_file).await?);
    let mut pairs = Pairs::default();
    for run in 0..=effort.pairs {
        let (mk, file) = open(&ours_file).await?;
        let rate = ours.through(&mk).charge(sides.callers, run, effort.seconds).await?;
        file.close().await;
        let peer = || charge(&theirs_file, &theirs, sides.batch, run, effort.seconds);
        let peer = tokio::task::block_in_place(peer)?;
        if run > 0 {
            pairs.push(rate, peer);
        }
    }
    ours.through(&open(&ours_file).await?.0).check().await?;
    theirs.through(&open(&theirs_file).await?.0).check().await?;
    Ok(pairs)
}

/// A handle, and the file that is closed when it is done with.
async fn open(file: &Path) -> anyhow::Result<(Morket, Sqlite)> {
    let file = Sqlite::open(SqliteOptions::new(file), Arc::new(SystemClock::new())).await?;
    Ok((Morket::builder().store(Arc::new(file.store())).build().await?, file))
}

/// A workspace in a new file, which is closed again.
async fn hot(file: &Path) -> anyhow::Result<Hot> {
    let (mk, file) = open(file).await?;
    let hot = Hot::new(&mk).await?;
    file.close().await;
    Ok(hot)
}

fn connect(file: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    Ok(connection)
}

fn charge(file: &Path, hot: &Hot, size: u64, run: usize, seconds: f64) -> anyhow::Result<f64> {
    let mut connection = connect(file)?;
    let started = Instant::now();
    let until = started + Duration::from_secs_f64(seconds);
    let mut done = 0;
    while Instant::now() < until {
        batch(&mut connection, hot, size, run, done)?;
        done += size;
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

fn batch(
    connection: &mut Connection,
    hot: &Hot,
    size: u64,
    run: usize,
    first: u64,
) -> anyhow::Result<()> {
    let (workspace, hold) = (hot.workspace.0.as_bytes(), hot.hold.0.as_bytes());
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (mut balance, mut seq, mut prev): (i64, i64, [u8; 32]) = tx
        .prepare_cached("SELECT balance, seq, head FROM accounts WHERE workspace_id = ?1")?
        .query_row([workspace], |row| row.try_into())?;
    let at = Timestamp::from_micros(1_795_000_000_000_000);
    let mut insert = tx.prepare_cached(
        "INSERT INTO ledger_entries (workspace_id, seq, kind, key, amount, balance_after, contra, \
         hold_id, at, prev, hash) VALUES (?1, ?2, 4, ?3, ?4, ?5, 2, ?6, ?7, ?8, ?9)",
    )?;
    for number in first..first + size {
        (seq, balance) = (seq + 1, balance - PRICE.0);
        let mut entry = Entry {
            workspace: hot.workspace,
            seq,
            kind: EntryKind::Capture,
            key: key(run, number).parse()?,
            amount: PRICE.negated()?,
            balance_after: Credits(balance),
            hold: Some(hot.hold),
            of: None,
            at,
            prev,
            hash: GENESIS,
        };
        entry.hash = entry.digest();
        prev = entry.hash;
        insert.execute(params![
            workspace,
            entry.seq,
            entry.key.as_str(),
            entry.amount.0,
            entry.balance_after.0,
            hold,
            entry.at.micros(),
            entry.prev,
            entry.hash,
        ])?;
    }
    drop(insert);
    let total = PRICE.0 * i64::try_from(size)?;
    tx.prepare_cached(
        "UPDATE holds SET captured = captured + ?3 WHERE workspace_id = ?1 AND id = ?2",
    )?
    .execute(params![workspace, hold, total])?;
    tx.prepare_cached(
        "UPDATE accounts SET balance = ?2, held = held - ?3, seq = ?4, head = ?5 \
         WHERE workspace_id = ?1",
    )?
    .execute(params![workspace, balance, total, seq, prev])?;
    tx.commit()?;
    Ok(())
}
