//! One fixed job, so that every point of it can be met: records in a prepaid workspace, funded,
//! sent and settled in chunks, parked on the way, woken and finished.
//!
//! It asks the store where it stands and goes on from there, as a worker does. Run again after a
//! kill at any point it must come to the same end; the dump says which.

use super::{
    db::Db,
    draw::Draw,
    jobs::{self, PRICE},
    line::Line,
    place::Place,
    value,
};
use anyhow::{bail, ensure};
use morket::{
    Credits, ErrorKind, HoldId, JobId, WorkspaceId,
    audit::{Action, NewAudit},
    job::{ClaimFilter, Claimed, Closing, JobStore, NewJob, RecordStatus, Settlement, Wake},
    ledger::{LedgerExt, LedgerStore},
    name::{FieldName, ProviderSlug, step_key},
    rbac::Principal,
    workspace::{NewWorkspace, WorkspaceStore},
};
use morket_store_sql::{SqlStore, crash};
use serde_json::json;
use std::time::Duration;

/// How much of a job it is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Records of the job.
    records: u32,
    /// Records of one settlement.
    chunk: u32,
    /// From this record on it is done after the job was parked.
    parked_at: u32,
    /// Short, so that a second run need not wait long for what a dead one held.
    ttl: Duration,
    /// How long to wait before asking again for what a dead run still holds.
    pause: Duration,
}

impl Size {
    /// Twenty records in chunks of seven, parked after two of them.
    pub const WHOLE: Self = Self {
        records: 20,
        chunk: 7,
        parked_at: 14,
        ttl: Duration::from_millis(500),
        pause: Duration::from_millis(20),
    };

    /// Three records, parked after two of them: as small as it can be with every step in it. It
    /// asks seldom for what a dead run holds, so that there are few points in the waiting.
    pub const SMALL: Self = Self {
        records: 3,
        chunk: 2,
        parked_at: 2,
        ttl: Duration::from_millis(500),
        pause: Duration::from_millis(200),
    };

    fn of(args: &[String]) -> Self {
        if args.iter().any(|arg| arg == "--small") { Self::SMALL } else { Self::WHOLE }
    }
}

/// Everything has its name from the seed.
struct Script {
    store: SqlStore,
    workspace: WorkspaceId,
    job: JobId,
    holds: [HoldId; 2],
    size: Size,
}

fn names(seed: u64) -> (WorkspaceId, JobId, [HoldId; 2]) {
    let mut draw = Draw::new(&[seed]);
    let (workspace, job) = (WorkspaceId(draw.uuid()), JobId(draw.uuid()));
    (workspace, job, [HoldId(draw.uuid()), HoldId(draw.uuid())])
}

fn seed(args: &[String]) -> u64 {
    value(args, "--seed").and_then(|it| it.parse().ok()).unwrap_or(1)
}

/// What a finished script has promised, for the auditor.
pub fn promised(seed: u64, size: Size) -> anyhow::Result<Vec<(Line, bool)>> {
    let (_, job, holds) = names(seed);
    let (field, provider) = (FieldName::new("email")?, ProviderSlug::new("hunter")?);
    let records = i64::from(size.records);
    let mut lines = vec![
        Line::new("grant", "all", Credits::whole(100).0, '-'),
        Line::new("open", job, 0, '-'),
        Line::new("append", job, records, '-'),
        Line::new("seal", job, records, '-'),
        Line::new("fund", holds[0], PRICE.0 * records, '-'),
        Line::new("done", job, 0, '-'),
    ];
    for index in 0..size.records {
        let key = step_key(job, index, &field, &provider);
        lines.push(Line::new("settle", key, PRICE.0, '-'));
    }
    Ok(lines.into_iter().map(|line| (line, true)).collect())
}

/// Run it, or what is left of it; how many points were passed, and what is there at the end.
pub async fn run(args: &[String]) -> anyhow::Result<serde_json::Value> {
    let place = Place::parse(args)?;
    let (workspace, job, holds) = names(seed(args));
    let (store, size) = (place.open().await?, Size::of(args));
    let script = Script { store, workspace, job, holds, size };
    script.prepare().await?;
    for _ in 0..2_000 {
        match script.go_on().await {
            Ok(true) => {
                script.store.account(workspace).await?;
                script.store.verify_chain(workspace).await?;
                let points = crash::passed();
                return Ok(json!({ "points": points, "dump": dump(&place).await? }));
            }
            Ok(false) => {}
            Err(error) => match error.downcast_ref::<morket::Error>() {
                Some(stale) if stale.kind() == ErrorKind::StaleLease => {}
                _ => return Err(error),
            },
        }
    }
    bail!("the job never came to its end")
}

/// One movement alone, in a workspace of its own: its last point is after the commit and before
/// the answer.
pub async fn post(args: &[String]) -> anyhow::Result<serde_json::Value> {
    let place = Place::parse(args)?;
    let (workspace, job, holds) = names(seed(args));
    let (store, size) = (place.open().await?, Size::of(args));
    let script = Script { store, workspace, job, holds, size };
    script.open_workspace().await?;
    Ok(json!({ "points": crash::passed(), "dump": dump(&place).await? }))
}

impl Script {
    async fn open_workspace(&self) -> anyhow::Result<()> {
        let new = NewWorkspace::embedded(self.workspace, "Script").prepaid();
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        self.store.create_workspace(new, audit).await?;
        self.store.grant(self.workspace, "all".parse()?, Credits::whole(100)).await?;
        Ok(())
    }

    async fn prepare(&self) -> anyhow::Result<()> {
        self.open_workspace().await?;
        match self.store.job(self.workspace, self.job).await {
            Ok(_) => return Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        let worst_case = Credits(PRICE.0 * i64::from(self.size.records));
        let new = NewJob { worst_case, ..jobs::new_job(self.job) };
        self.store.open_job(self.workspace, new).await?;
        let records = (0..i64::from(self.size.records)).map(jobs::record).collect();
        self.store.append_records(self.workspace, self.job, 0, records).await?;
        self.store.seal_job(self.workspace, self.job, self.size.records).await?;
        Ok(())
    }

    /// Go on with what can be claimed; whether the job has come to its end.
    async fn go_on(&self) -> anyhow::Result<bool> {
        let filter = ClaimFilter::Job(self.job);
        if let Some(claimed) = self.store.claim_batch("script", self.size.ttl, filter).await? {
            self.work(claimed).await?;
            return Ok(false);
        }
        if self.store.job(self.workspace, self.job).await?.state.is_terminal() {
            return Ok(true);
        }
        if self.store.wake(self.workspace, Wake::Job(self.job)).await? == 0 {
            // A dead run still holds it.
            tokio::time::sleep(self.size.pause).await;
        }
        Ok(false)
    }

    async fn work(&self, claimed: Claimed) -> anyhow::Result<()> {
        let (store, lease) = (&self.store, claimed.lease);
        let records = store.records(self.workspace, self.job, 0..self.size.records).await?;
        let open = records.iter().filter(|it| it.status == RecordStatus::Pending);
        let open: Vec<u32> = open.map(|it| it.index).collect();
        let first_half = claimed.hold.as_ref().is_none_or(|it| it.id == self.holds[0]);
        if claimed.hold.is_none() {
            ensure!(open.len() == self.size.records as usize, "a hold was lost");
            store.fund_batch(lease, self.holds[0], vec![PRICE; open.len()]).await?;
        }
        let hold = self.holds[usize::from(!first_half)];
        let end = if first_half { self.size.parked_at } else { self.size.records };
        let todo: Vec<u32> = open.into_iter().filter(|index| *index < end).collect();
        for chunk in todo.chunk_by(|a, b| a / self.size.chunk == b / self.size.chunk) {
            let calls = chunk.iter().map(|index| jobs::call(self.job, *index));
            let marked = store.mark_sent(lease, calls.collect::<Result<_, _>>()?).await?;
            marked.into_iter().collect::<Result<Vec<_>, _>>()?;
            // What is settled too late keeps its spend, and its call is not sent again.
            let lease = store.renew_lease(lease, self.size.ttl).await?;
            let items = chunk.iter().map(|index| jobs::answer(self.job, *index, hold));
            let items = items.collect::<Result<_, _>>()?;
            let settlement = Settlement { lease, items, closing: None };
            let (items, _) = store.settle(settlement).await?.applied()?;
            items.into_iter().collect::<Result<Vec<_>, _>>()?;
        }
        let closing = if first_half {
            let rest = Credits(PRICE.0 * i64::from(self.size.records - self.size.parked_at));
            let next_hold = Some((self.holds[1], rest));
            Closing::Park { wake_in: None, on: vec!["script".into()], next_hold }
        } else {
            Closing::Done
        };
        let closing = Some(closing);
        store.settle(Settlement { lease, items: [].into(), closing }).await?.applied()?;
        Ok(())
    }
}

/// What is there, without what a second attempt may change: times, hashes, fences, attempts.
async fn dump(place: &Place) -> anyhow::Result<serde_json::Value> {
    let mut db = Db::open(place).await?;
    let steps = "steps s JOIN names f ON f.number = s.field JOIN names p ON p.number = s.provider";
    let cells = "cells s JOIN names f ON f.number = s.field JOIN names p ON p.number = s.provider";
    let tables: &[(&str, &[&'static str], &str)] = &[
        ("accounts", &["i:balance", "i:held", "i:seq", "i:recharges"], ""),
        (
            "ledger_entries",
            &["i:seq", "i:kind", "t:key", "i:amount", "i:balance_after", "u:hold_id", "t:of_key"],
            "ORDER BY ledger_entries.seq",
        ),
        ("holds", &["u:id", "i:amount", "i:captured", "i:state"], "ORDER BY holds.id"),
        (
            "jobs",
            &["u:id", "i:state", "i:total", "i:success", "i:failed", "i:skipped", "i:cancelled"],
            "",
        ),
        ("job_records", &["i:idx", "t:input", "i:status"], "ORDER BY job_records.idx"),
        (
            cells,
            &["i:s.idx", "t:f.name", "i:s.status", "t:p.name", "u:s.call_id", "t:s.value"],
            "ORDER BY s.idx",
        ),
        (
            steps,
            &["i:s.idx", "t:f.name", "t:p.name", "u:s.call_id", "i:s.outcome", "i:s.charge"],
            "ORDER BY s.idx",
        ),
        ("calls", &["u:id", "i:state", "i:usd", "t:counters"], "ORDER BY calls.id"),
        ("vendor_spend", &["u:call_id", "i:usd", "i:state"], "ORDER BY vendor_spend.call_id"),
        ("spend_counters", &["t:key", "i:amount"], "ORDER BY spend_counters.key"),
        ("outbox", &["u:id", "t:kind", "t:payload"], "ORDER BY outbox.id"),
    ];
    let mut all = serde_json::Map::new();
    for (table, columns, tail) in tables {
        let rows = db.rows(table, columns, tail).await?;
        let row = |row: &super::db::Found| {
            columns.iter().map(|it| row.text(&it[2..]).to_owned()).collect::<Vec<_>>()
        };
        let name = table.split(' ').next().unwrap_or(table);
        all.insert(name.to_owned(), json!(rows.iter().map(row).collect::<Vec<_>>()));
    }
    Ok(all.into())
}
