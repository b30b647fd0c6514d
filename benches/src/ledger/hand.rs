//! The peer on SQLite: batches of 1,000 charges written by hand, on the same tables and the same
//! driver: one prepared insert per charge, one update of hold and account, one commit.

use super::{
    Effort,
    morket_side::{Hot, PRICE, key},
    ratio::Pairs,
};
use morket::{
    Credits, Morket, Timestamp,
    ledger::{Entry, EntryKind, GENESIS},
};
use sqlx::{
    AssertSqlSafe, Connection, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
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
    let mut connection = connect(&theirs_file).await?;
    let mut pairs = Pairs::default();
    for run in 0..=effort.pairs {
        let rate = ours.charge(run, effort.seconds).await?;
        let peer = charge(&mut connection, &theirs, run, effort.seconds).await?;
        if run > 0 {
            pairs.push(rate, peer);
        }
    }
    ours.check().await?;
    theirs.check().await?;
    Ok(pairs)
}

async fn connect(file: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    Ok(SqliteConnection::connect_with(&options).await?)
}

async fn charge(
    connection: &mut SqliteConnection,
    hot: &Hot,
    run: usize,
    seconds: f64,
) -> anyhow::Result<f64> {
    let started = Instant::now();
    let until = started + Duration::from_secs_f64(seconds);
    let mut done = 0;
    while Instant::now() < until {
        batch(connection, hot, run, done).await?;
        done += BATCH;
    }
    Ok(done as f64 / started.elapsed().as_secs_f64())
}

async fn batch(
    connection: &mut SqliteConnection,
    hot: &Hot,
    run: usize,
    first: u64,
) -> anyhow::Result<()> {
    let workspace = hot.workspace.0.as_bytes().to_vec();
    let hold = hot.hold.0.as_bytes().to_vec();
    let mut tx = connection.begin_with("BEGIN IMMEDIATE").await?;
    let account = sqlx::query("SELECT balance, seq, head FROM accounts WHERE workspace_id = $1")
        .bind(&workspace)
        .fetch_one(&mut *tx)
        .await?;
    let head: Vec<u8> = account.try_get(2)?;
    let (mut balance, mut seq, mut prev): (i64, i64, [u8; 32]) =
        (account.try_get(0)?, account.try_get(1)?, head.try_into().unwrap_or(GENESIS));
    let at = Timestamp::from_micros(1_795_000_000_000_000);
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
        let sql = "INSERT INTO ledger_entries (workspace_id, seq, kind, key, amount, \
                   balance_after, contra, hold_id, at, prev, hash) \
                   VALUES ($1, $2, 4, $3, $4, $5, 2, $6, $7, $8, $9)";
        sqlx::query(AssertSqlSafe(sql))
            .bind(&workspace)
            .bind(entry.seq)
            .bind(entry.key.as_str())
            .bind(entry.amount.0)
            .bind(entry.balance_after.0)
            .bind(&hold)
            .bind(entry.at.micros())
            .bind(&entry.prev[..])
            .bind(&entry.hash[..])
            .execute(&mut *tx)
            .await?;
    }
    let total = PRICE.0 * i64::try_from(BATCH)?;
    sqlx::query("UPDATE holds SET captured = captured + $3 WHERE workspace_id = $1 AND id = $2")
        .bind(&workspace)
        .bind(&hold)
        .bind(total)
        .execute(&mut *tx)
        .await?;
    let sql = "UPDATE accounts SET balance = $2, held = held - $3, seq = $4, head = $5 \
               WHERE workspace_id = $1";
    sqlx::query(AssertSqlSafe(sql))
        .bind(&workspace)
        .bind(balance)
        .bind(total)
        .bind(seq)
        .bind(&prev[..])
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
