//! The peer on SQLite: batches of 1,000 charges written by hand, on the same tables and the same
//! driver, in a thread that waits for nobody: one prepared insert per charge, one update of hold
//! and account, one commit.

use super::{
    Effort,
    morket_side::{Hot, PRICE, key},
    ratio::Pairs,
};
use morket::{
    Credits, Morket, Timestamp,
    ledger::{Entry, EntryKind, GENESIS},
};
use rusqlite::{Connection, TransactionBehavior, params};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Charges per commit.
const BATCH: u64 = 1_000;

/// Both sides in turn, each on a file of its own on the same disk.
pub async fn against_morket(effort: Effort) -> anyhow::Result<Pairs> {
    let folder = super::settle::folder()?;
    let (ours_file, theirs_file) = (folder.path().join("ours.db"), folder.path().join("theirs.db"));
    let ours = Hot::new(&Morket::builder().sqlite(&ours_file).build().await?).await?;
    let theirs = Hot::new(&Morket::builder().sqlite(&theirs_file).build().await?).await?;
    let mut connection = connect(&theirs_file)?;
    let mut pairs = Pairs::default();
    for run in 0..=effort.pairs {
        let rate = ours.charge(run, effort.seconds).await?;
        let peer =
            tokio::task::block_in_place(|| charge(&mut connection, &theirs, run, effort.seconds))?;
        if run > 0 {
            pairs.push(rate, peer);
        }
    }
    ours.check().await?;
    theirs.check().await?;
    Ok(pairs)
}

fn connect(file: &Path) -> anyhow::Result<Connection> {
    let connection = Connection::open(file)?;
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
    Ok(connection)
}

fn charge(connection: &mut Connection, hot: &Hot, run: usize, seconds: f64) -> anyhow::Result<f64> {
    let started = Instant::now();
    let until = started + Duration::from_secs_f64(seconds);
    let mut done = 0;
    while Instant::now() < until {
        batch(connection, hot, run, done)?;
        done += BATCH;
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

fn batch(connection: &mut Connection, hot: &Hot, run: usize, first: u64) -> anyhow::Result<()> {
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
    for number in first..first + BATCH {
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
    let total = PRICE.0 * i64::try_from(BATCH)?;
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
