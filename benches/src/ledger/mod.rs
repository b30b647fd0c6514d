//! `ledger`: charges per second on one hot account, against what a careful engineer would write by
//! hand on the same tables, in the same run.

pub mod hand;
pub mod morket_side;
pub mod naive;
pub mod ratio;
pub mod settle;

use ratio::Pairs;
use serde_json::json;

/// What a run prints, and whether its gates were met.
#[derive(Debug)]
pub struct Report {
    /// One JSON object.
    pub json: serde_json::Value,
    /// The gates that were missed, in words.
    pub missed: Vec<String>,
}

/// How long and how often each side runs.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Pairs of runs after one warm-up pair.
    pub pairs: usize,
    /// How long one side of a pair runs.
    pub seconds: f64,
}

/// The least that Morket's side must reach of the naive one on PostgreSQL.
const POSTGRES_GATE: f64 = 25.0;

/// The least that Morket's side must reach of the hand-written batch on SQLite, with as many
/// callers in flight as the peer has charges in a commit.
const SQLITE_GATE: f64 = 0.9;

/// Measure everything; PostgreSQL where `postgres` names one.
pub async fn run(postgres: Option<&str>, effort: Effort) -> anyhow::Result<Report> {
    let mut missed = Vec::new();
    let mut out = json!({ "bench": "ledger", "pairs": effort.pairs, "seconds": effort.seconds });
    let mut gate = |name: &str, pairs: &Pairs, least: f64| {
        if pairs.median() < least {
            missed.push(format!("{name}: ratio {:.2} is below {least}", pairs.median()));
        }
    };
    if let Some(url) = postgres {
        let pairs = naive::against_morket(url, effort).await?;
        gate("ledger_hot_postgres_fsync", &pairs, POSTGRES_GATE);
        out["ledger_hot_postgres_fsync"] = pairs.json(POSTGRES_GATE, "SELECT … FOR UPDATE each");
        out["settle_1000_postgres_fsync"] = settle::on_postgres(url).await?;
    }
    let pairs = hand::against_morket(hand::ALIKE, effort).await?;
    gate("ledger_hot_sqlite_fsync", &pairs, SQLITE_GATE);
    out["ledger_hot_sqlite_fsync"] =
        pairs.json(SQLITE_GATE, "1,000 callers beside hand-written batches of 1,000");
    for (name, sides, peer) in hand::BESIDE {
        out[name] = hand::against_morket(sides, effort).await?.json(None, peer);
    }
    out["settle_1000_sqlite_fsync"] = settle::on_sqlite().await?;
    out["ledger_hot_mem"] = json!({
        "durability": "mem",
        "chargesPerSecond": morket_side::in_memory(effort).await?.round(),
    });
    out["missed"] = json!(missed);
    Ok(Report { json: out, missed })
}
