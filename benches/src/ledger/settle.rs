//! Settling 1,000 answers at once, and how many bytes each leaves behind.

use super::naive;
use anyhow::{Context, ensure};
use morket::{
    CallId, Credits, HoldId, JobId, Morket, WorkspaceId,
    job::{
        Answered, CallResult, CallState, CellSource, CellStatus, CellWrite, ClaimFilter, Claimed,
        Closing, Dispatch, NewCall, NewJob, RecordStatus, Settlement, Spend, StepOutcome,
        StepWrite,
    },
    ledger::{LedgerExt, Op},
    name::{FieldName, ProviderSlug, step_key},
};
use serde_json::json;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Records of the job.
const RECORDS: u32 = 10_000;

/// A folder on the disk that builds live on: a folder in memory would make every commit free.
pub fn folder() -> anyhow::Result<TempDir> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(std::path::PathBuf::from);
    let place = target.filter(|it| it.is_dir()).unwrap_or_else(std::env::temp_dir);
    TempDir::new_in(place).context("a folder for the database")
}

/// On SQLite with full durability.
pub async fn on_sqlite() -> anyhow::Result<serde_json::Value> {
    let folder = folder()?;
    let file = folder.path().join("settle.db");
    let mk = Morket::builder().sqlite(&file).build().await?;
    let job = Job::open(&mk).await?;
    let before = size_of(&file)?;
    let per_second = job.run().await?;
    Ok(json!({
        "durability": "fsync",
        "stepsPerSecond": per_second.round(),
        "bytesPerStepAllTables": (size_of(&file)? - before) / u64::from(RECORDS),
    }))
}

/// Bytes of the database and of its log, after the log was folded in.
fn size_of(file: &std::path::Path) -> anyhow::Result<u64> {
    Ok(std::fs::metadata(file)?.len())
}

/// On PostgreSQL with full durability.
pub async fn on_postgres(url: &str) -> anyhow::Result<serde_json::Value> {
    let mk = naive::open(url).await?;
    let job = Job::open(&mk).await?;
    let mut connection = PgConnection::connect(url).await?;
    let before = bytes(&mut connection, ALL).await?;
    let steps_before = bytes(&mut connection, &["steps"]).await?;
    let per_second = job.run().await?;
    let all = bytes(&mut connection, ALL).await? - before;
    let steps = bytes(&mut connection, &["steps"]).await? - steps_before;
    Ok(json!({
        "durability": "fsync",
        "stepsPerSecond": per_second.round(),
        "bytesPerStep": steps / i64::from(RECORDS),
        "bytesPerStepAllTables": all / i64::from(RECORDS),
    }))
}

const ALL: &[&str] = &["steps", "cells", "calls", "vendor_spend", "ledger_entries", "job_records"];

async fn bytes(connection: &mut PgConnection, tables: &[&str]) -> anyhow::Result<i64> {
    let mut sum = 0;
    for table in tables {
        let sql = format!("SELECT pg_total_relation_size('{}.{table}')", naive::schema());
        sum += sqlx::query_scalar::<_, i64>(AssertSqlSafe(sql)).fetch_one(&mut *connection).await?;
    }
    Ok(sum)
}

struct Job<'a> {
    mk: &'a Morket,
    workspace: WorkspaceId,
    id: JobId,
}

impl<'a> Job<'a> {
    async fn open(mk: &'a Morket) -> anyhow::Result<Self> {
        let workspace = mk.create_workspace("Settle").prepaid().await?.id;
        let store = mk.store();
        store.grant(workspace, "all".parse()?, Credits::whole(1_000_000)).await?;
        let id = JobId::new(mk.clock().now(), mk.rng().as_ref());
        let job = NewJob {
            id,
            name: None,
            plan: json!({}),
            dispatch: Dispatch::Attended,
            worst_case: Credits::whole(i64::from(RECORDS)),
            created_by: None,
            retry_of: None,
            base: None,
        };
        store.open_job(workspace, job).await?;
        for first in (0..RECORDS).step_by(1_000) {
            let record = |n: u32| json!({ "full_name": format!("Ada {n}") });
            let records = (first..first + 1_000).map(record).collect();
            store.append_records(workspace, id, first, records).await?;
        }
        store.seal_job(workspace, id, RECORDS).await?;
        Ok(Self { mk, workspace, id })
    }

    /// Settle every batch in one step each; steps per second of those settles alone.
    async fn run(&self) -> anyhow::Result<f64> {
        let store = self.mk.store();
        let (mut spent, ttl) = (Duration::ZERO, Duration::from_secs(60));
        while let Some(claimed) = store.claim_batch("bench", ttl, ClaimFilter::Job(self.id)).await?
        {
            let hold = HoldId::new(self.mk.clock().now(), self.mk.rng().as_ref());
            let prices = vec![Credits::whole(1); claimed.size as usize];
            store.fund_batch(claimed.lease, hold, prices).await?;
            let calls: Vec<_> = (0..claimed.size).map(|_| self.call()).collect();
            let marked = store.mark_sent(claimed.lease, calls.clone()).await?;
            ensure!(marked.iter().all(Result::is_ok), "every call is marked");
            let settlement = self.settlement(&claimed, hold, &calls)?;
            let started = Instant::now();
            let (items, _) = store.settle(settlement).await?.applied()?;
            spent += started.elapsed();
            ensure!(items.iter().all(Result::is_ok), "every answer is settled");
        }
        let account = store.account(self.workspace).await?;
        let expected = Credits::whole(1_000_000 - i64::from(RECORDS));
        ensure!(account.balance == expected && account.held == Credits::ZERO, "the books agree");
        store.verify_chain(self.workspace).await?;
        Ok(f64::from(RECORDS) / spent.as_secs_f64())
    }

    fn call(&self) -> NewCall {
        NewCall {
            id: CallId::new(self.mk.clock().now(), self.mk.rng().as_ref()),
            provider: ProviderSlug::new("hunter").expect("a slug"),
            operation: "email_finder".into(),
            composition: json!([]).to_string().into(),
            worst: Spend::default(),
            counters: Vec::new(),
            wanted: Vec::new(),
            attempts: 0,
        }
    }

    fn settlement(
        &self,
        claimed: &Claimed,
        hold: HoldId,
        calls: &[NewCall],
    ) -> anyhow::Result<Settlement> {
        let (field, provider) = (FieldName::new("email")?, ProviderSlug::new("hunter")?);
        let item = |(index, call): (u32, &NewCall)| Answered {
            call: Some(CallResult {
                id: call.id,
                state: CallState::Settled,
                spend: Spend::default(),
                counters: Vec::new(),
                task: None,
                attempts: 1,
            }),
            steps: vec![StepWrite {
                index,
                field: field.clone(),
                provider: provider.clone(),
                call: Some(call.id),
                outcome: StepOutcome::Accepted,
                charge: Credits::whole(1),
            }],
            cells: vec![CellWrite {
                index,
                field: field.clone(),
                status: CellStatus::Found,
                source: Some(CellSource::Call),
                provider: Some(provider.clone()),
                call: Some(call.id),
                value: Some(json!(format!("ada{index}@example.com"))),
                reason: None,
                detail: None,
            }],
            records: vec![(index, RecordStatus::Success)],
            money: vec![Op::Capture {
                hold,
                key: step_key(self.id, index, &field, &provider),
                amount: Credits::whole(1),
            }],
            ..Answered::default()
        };
        let items = (claimed.first..).zip(calls).map(item).collect();
        Ok(Settlement { lease: claimed.lease, items, closing: Some(Closing::Done) })
    }
}
