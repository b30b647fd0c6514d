//! The peer on PostgreSQL: one `SELECT … FOR UPDATE` transaction per charge, on the same tables,
//! with the same chain, the same unique key, the same durability.

use super::{
    Effort,
    morket_side::{Hot, PRICE, TASKS, key},
    ratio::Pairs,
};
use morket::{
    Credits, Morket, Timestamp,
    ledger::{Entry, EntryKind, GENESIS},
    postgres::PostgresOptions,
};
use sqlx::{AssertSqlSafe, PgPool, Row, postgres::PgPoolOptions};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Connections of both sides.
const CONNECTIONS: u32 = 16;

/// A fresh schema for this run.
pub fn schema() -> String {
    format!("bench_{}", std::process::id())
}

/// Morket on that schema.
pub async fn open(url: &str) -> anyhow::Result<Morket> {
    let mut options = PostgresOptions::new(url);
    options.schema = schema();
    options.connections = CONNECTIONS;
    Ok(Morket::builder().postgres_with(options).build().await?)
}

/// Both sides in turn, on one server.
pub async fn against_morket(url: &str, effort: Effort) -> anyhow::Result<Pairs> {
    let mk = open(url).await?;
    let (ours, theirs) = (Hot::new(&mk).await?, Hot::new(&mk).await?);
    let pool = PgPoolOptions::new().max_connections(CONNECTIONS).connect(url).await?;
    let mut pairs = Pairs::default();
    for run in 0..=effort.pairs {
        let rate = ours.charge(TASKS, run, effort.seconds).await?;
        let peer = charge(&pool, &theirs, run, effort.seconds).await?;
        if run > 0 {
            pairs.push(rate, peer);
        }
    }
    ours.check().await?;
    theirs.check().await?;
    Ok(pairs)
}

async fn charge(pool: &PgPool, hot: &Hot, run: usize, seconds: f64) -> anyhow::Result<f64> {
    let (done, next) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let started = Instant::now();
    let until = started + Duration::from_secs_f64(seconds);
    let statements = Arc::new(Statements::new());
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            let (pool, hot, done, next) = (pool.clone(), hot.clone(), done.clone(), next.clone());
            let statements = statements.clone();
            tokio::spawn(async move {
                while Instant::now() < until {
                    let key = key(run, next.fetch_add(1, Ordering::Relaxed));
                    one(&pool, &statements, &hot, key).await?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    Ok(done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64())
}

/// The statements of one charge, schema and all.
struct Statements {
    lock: String,
    insert: String,
    hold: String,
    account: String,
}

impl Statements {
    fn new() -> Self {
        let at = schema();
        Self {
            lock: format!(
                "SELECT balance, held, seq, head, {at}.now_us() FROM {at}.accounts \
                 WHERE workspace_id = $1 FOR UPDATE"
            ),
            insert: format!(
                "INSERT INTO {at}.ledger_entries (workspace_id, seq, kind, key, amount, \
                 balance_after, contra, hold_id, at, prev, hash) \
                 VALUES ($1, $2, 4, $3, $4, $5, 2, $6, $7, $8, $9)"
            ),
            hold: format!(
                "UPDATE {at}.holds SET captured = captured + $3 \
                 WHERE workspace_id = $1 AND id = $2 AND state = 1"
            ),
            account: format!(
                "UPDATE {at}.accounts SET balance = balance - $2, held = held - $2, \
                 seq = $3, head = $4 WHERE workspace_id = $1"
            ),
        }
    }
}

async fn one(pool: &PgPool, sql: &Statements, hot: &Hot, key: String) -> anyhow::Result<()> {
    let text = |sql: &str| AssertSqlSafe(sql.to_owned());
    let mut tx = pool.begin().await?;
    let row = sqlx::query(text(&sql.lock)).bind(hot.workspace.0).fetch_one(&mut *tx).await?;
    let head: Vec<u8> = row.try_get(3)?;
    let mut entry = Entry {
        workspace: hot.workspace,
        seq: row.try_get::<i64, _>(2)? + 1,
        kind: EntryKind::Capture,
        key: key.parse()?,
        amount: PRICE.negated()?,
        balance_after: Credits(row.try_get::<i64, _>(0)? - PRICE.0),
        hold: Some(hot.hold),
        of: None,
        at: Timestamp::from_micros(row.try_get(4)?),
        prev: head.try_into().unwrap_or(GENESIS),
        hash: GENESIS,
    };
    entry.hash = entry.digest();
    sqlx::query(text(&sql.insert))
        .bind(hot.workspace.0)
        .bind(entry.seq)
        .bind(entry.key.as_str())
        .bind(entry.amount.0)
        .bind(entry.balance_after.0)
        .bind(hot.hold.0)
        .bind(entry.at.micros())
        .bind(entry.prev.to_vec())
        .bind(entry.hash.to_vec())
        .execute(&mut *tx)
        .await?;
    sqlx::query(text(&sql.hold))
        .bind(hot.workspace.0)
        .bind(hot.hold.0)
        .bind(PRICE.0)
        .execute(&mut *tx)
        .await?;
    sqlx::query(text(&sql.account))
        .bind(hot.workspace.0)
        .bind(PRICE.0)
        .bind(entry.seq)
        .bind(entry.hash.to_vec())
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(())
}
