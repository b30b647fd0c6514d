//! The auditor: reads tables with SQL and says what is wrong. It shares no code with what wrote
//! them, and knows what was promised from the witness alone.

use super::{
    db::{Db, Found},
    line::Line,
    money,
    place::Place,
};
use std::collections::{HashMap, HashSet};

/// What is wrong, in words.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Acknowledged and not there, or not whole.
    pub lost: Vec<String>,
    /// There twice, or never asked for.
    pub double: Vec<String>,
    /// Credits below zero, or sums that do not agree.
    pub negative: Vec<String>,
    /// Where a hash chain breaks.
    pub chain: Vec<String>,
}

impl Findings {
    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        [&self.lost, &self.double, &self.negative, &self.chain].iter().all(|it| it.is_empty())
    }
}

/// Everything that is audited, from one snapshot.
#[derive(Debug)]
pub(super) struct Tables {
    pub(super) accounts: Vec<Found>,
    pub(super) entries: Vec<Found>,
    pub(super) holds: Vec<Found>,
    pub(super) jobs: Vec<Found>,
    pub(super) records: Vec<Found>,
    pub(super) cells: Vec<Found>,
    pub(super) steps: Vec<Found>,
    pub(super) calls: Vec<Found>,
    pub(super) spends: Vec<Found>,
    pub(super) counters: Vec<Found>,
    pub(super) events: Vec<Found>,
}

impl Tables {
    pub(super) async fn read(place: &Place) -> anyhow::Result<Self> {
        let mut db = Db::open(place).await?;
        let accounts = ["u:workspace_id", "i:balance", "i:held", "i:seq", "b:head"];
        let entries = [
            "u:workspace_id",
            "i:seq",
            "i:kind",
            "t:key",
            "i:amount",
            "i:balance_after",
            "i:contra",
            "u:hold_id",
            "t:of_key",
            "i:at",
            "b:prev",
            "b:hash",
        ];
        let holds = ["u:workspace_id", "u:id", "i:amount", "i:captured", "i:state", "u:job_id"];
        let jobs = ["i:no", "u:id", "i:state", "i:total", "i:sealed_at", "i:cancel_requested_at"];
        let cells = ["i:job_no", "i:idx", "i:status", "t:value"];
        let steps = [
            "u:j.id",
            "i:s.idx",
            "t:f.name",
            "t:p.name",
            "u:s.call_id",
            "i:s.charge",
            "i:s.outcome",
        ];
        let steps_from = "steps s JOIN jobs j ON j.no = s.job_no JOIN names f ON f.number = \
                          s.field JOIN names p ON p.number = s.provider";
        let calls =
            ["u:c.id", "u:j.id", "i:c.state", "t:p.name", "t:c.counters", "t:c.composition"];
        let calls_from =
            "calls c JOIN jobs j ON j.no = c.job_no JOIN names p ON p.number = c.provider";
        Ok(Self {
            accounts: db.rows("accounts", &accounts, "").await?,
            entries: db
                .rows(
                    "ledger_entries",
                    &entries,
                    "ORDER BY ledger_entries.workspace_id, ledger_entries.seq",
                )
                .await?,
            holds: db.rows("holds", &holds, "").await?,
            jobs: db.rows("jobs", &jobs, "").await?,
            records: db.rows("job_records", &["i:job_no", "i:idx", "i:status"], "").await?,
            cells: db.rows("cells", &cells, "").await?,
            steps: db.rows(steps_from, &steps, "").await?,
            calls: db.rows(calls_from, &calls, "").await?,
            spends: db.rows("vendor_spend", &["u:call_id", "i:usd"], "").await?,
            counters: db.rows("spend_counters", &["t:key", "i:amount"], "").await?,
            events: db.rows("outbox", &["u:id", "t:kind", "t:payload"], "").await?,
        })
    }
}

/// What workers began, and whether it was acknowledged.
pub type Began<'a> = &'a [(Line, bool)];

/// Audit against what was promised; `ended` when every job should have come to its end.
pub async fn audit(place: &Place, began: Began<'_>, ended: bool) -> anyhow::Result<Findings> {
    let tables = Tables::read(place).await?;
    let mut found = Findings::default();
    money::check(&tables, &mut found);
    jobs(&tables, ended, &mut found);
    spend(&tables, &mut found);
    promises(&tables, began, &mut found);
    explained(&tables, began, &mut found);
    Ok(found)
}

const TERMINAL: i64 = 3;

/// Each record has one end, each ended job one event and no open hold.
pub(super) fn jobs(tables: &Tables, ended: bool, found: &mut Findings) {
    let mut records: HashMap<i64, (i64, i64)> = HashMap::new();
    for record in &tables.records {
        let (all, open) = records.entry(record.int("job_no")).or_default();
        *all += 1;
        *open += i64::from(record.int("status") == 1);
    }
    let mut events: HashMap<String, i64> = HashMap::new();
    for event in tables.events.iter().filter(|it| it.text("kind").starts_with("job.")) {
        let payload: serde_json::Value =
            serde_json::from_str(event.text("payload")).unwrap_or_default();
        let job = payload["job"].as_str().unwrap_or_default().replace('-', "");
        *events.entry(job).or_default() += 1;
    }
    for job in tables.jobs.iter().filter(|it| !it.is_null("sealed_at")) {
        let (id, terminal) = (job.text("id"), job.int("state") >= TERMINAL);
        let (all, open) = records.get(&job.int("no")).copied().unwrap_or_default();
        let told = events.get(id).copied().unwrap_or(0);
        if all != job.int("total") || (terminal && open > 0) {
            found.lost.push(format!("job {id}: {all} records, {open} without an end"));
        }
        if told > i64::from(terminal) {
            found.double.push(format!("job {id}: {told} terminal events"));
        }
        if terminal && told == 0 {
            found.lost.push(format!("job {id}: ended, and no event says so"));
        }
        if ended && !terminal {
            found.lost.push(format!("job {id}: never came to its end"));
        }
        let holds = tables.holds.iter();
        if terminal && holds.clone().any(|it| it.text("job_id") == id && it.int("state") == 1) {
            found.negative.push(format!("job {id}: ended, and still holds credits"));
        }
    }
}

/// Counters are sums over calls, and each settled call was recorded once.
fn spend(tables: &Tables, found: &mut Findings) {
    let mut sums: HashMap<String, i64> = HashMap::new();
    for call in &tables.calls {
        let counters: Vec<serde_json::Value> =
            serde_json::from_str(call.text("c.counters")).unwrap_or_default();
        for counter in counters {
            let job = uuid::Uuid::try_parse(call.text("j.id")).unwrap_or_default();
            let key = match counter["scope"].as_str() {
                Some("job") => format!("job:{job}/usd"),
                Some("provider") => format!("provider:{}/usd", call.text("p.name")),
                _ => "workspace/usd".to_owned(),
            };
            *sums.entry(key).or_default() += counter["amount"].as_i64().unwrap_or(0);
        }
    }
    for counter in &tables.counters {
        let (key, shown) = (counter.text("key"), counter.int("amount"));
        let sum = sums.remove(key).unwrap_or(0);
        if sum != shown {
            found.double.push(format!("counter {key}: shows {shown}, calls sum to {sum}"));
        }
    }
    sums.retain(|_, sum| *sum != 0);
    found.lost.extend(sums.keys().map(|key| format!("counter {key}: not there")));
    let spends: HashSet<_> = tables.spends.iter().map(|it| it.text("call_id")).collect();
    let settled = tables.calls.iter().filter(|it| it.int("c.state") == 3);
    for call in settled.filter(|it| !spends.contains(it.text("c.id"))) {
        found.lost.push(format!("call {}: its spend is not there", call.text("c.id")));
    }
}

/// The key of a step, as charges carry it.
pub(super) fn step_of(row: &Found) -> String {
    let job = uuid::Uuid::try_parse(row.text("j.id")).unwrap_or_default();
    format!("{job}:{}:{}:{}", row.int("s.idx"), row.text("f.name"), row.text("p.name"))
}

/// What was acknowledged is there.
fn promises(tables: &Tables, began: Began<'_>, found: &mut Findings) {
    let entries: HashMap<_, _> = tables
        .entries
        .iter()
        .map(|it| ((it.int("kind"), it.text("key")), it.int("amount")))
        .collect();
    let holds: HashMap<_, _> = tables.holds.iter().map(|it| (it.text("id"), it)).collect();
    let jobs: HashMap<_, _> = tables.jobs.iter().map(|it| (it.text("id"), it)).collect();
    let calls: HashMap<_, _> =
        tables.calls.iter().map(|it| (it.text("c.id"), it.int("c.state"))).collect();
    let steps: HashMap<_, _> =
        tables.steps.iter().map(|it| (step_of(it), it.int("s.charge"))).collect();
    let mut records: HashMap<i64, i64> = HashMap::new();
    for record in &tables.records {
        *records.entry(record.int("job_no")).or_default() += 1;
    }
    for (line, _) in began.iter().filter(|(_, acknowledged)| *acknowledged) {
        let bare = line.bare_key();
        let (key, hold, job) = (line.key.as_str(), holds.get(&*bare), jobs.get(&*bare));
        let entry = |kind: i64, sign: i64| entries.get(&(kind, key)) == Some(&(sign * line.amount));
        let there = match line.kind.as_str() {
            "grant" => entry(1, 1),
            "capture" => entry(4, -1),
            "refund" => entry(5, 1),
            "hold" | "fund" => hold.is_some_and(|it| it.int("amount") == line.amount),
            "void" => hold.is_some_and(|it| it.int("state") != 1),
            "open" => job.is_some(),
            "append" => job.is_some_and(|it| records.get(&it.int("no")) == Some(&line.amount)),
            "seal" => job.is_some_and(|it| !it.is_null("sealed_at")),
            "sent" => calls.contains_key(&*bare),
            "unknown" => calls.get(&*bare).is_some_and(|state| *state > 2),
            "settle" => entry(4, -1) && steps.get(key) == Some(&line.amount),
            "done" => job.is_some_and(|it| it.int("state") >= TERMINAL),
            "cancel" => job.is_some_and(|it| {
                !it.is_null("cancel_requested_at") || it.int("state") >= TERMINAL
            }),
            _ => false,
        };
        if !there {
            found.lost.push(format!("acknowledged and not there: {line}"));
        }
    }
}

/// What is there was asked for, and charges and steps come in pairs.
fn explained(tables: &Tables, began: Began<'_>, found: &mut Findings) {
    let asked: HashSet<_> = began
        .iter()
        .map(|(line, _)| (line.kind.as_str(), line.key.as_str(), line.amount))
        .collect();
    let steps: HashMap<_, _> =
        tables.steps.iter().map(|it| (step_of(it), it.int("s.charge"))).collect();
    let mut charged: HashMap<&str, i64> = HashMap::new();
    for entry in &tables.entries {
        let (key, amount) = (entry.text("key"), entry.int("amount").abs());
        let step = key.contains(':');
        let kind = match entry.int("kind") {
            1 => "grant",
            4 if step => "settle",
            4 => "capture",
            _ => "refund",
        };
        if !asked.contains(&(kind, key, amount)) {
            found.double.push(format!("nobody asked for {kind} {key} {amount}"));
        }
        if kind == "settle" {
            *charged.entry(key).or_default() += amount;
        }
    }
    for (key, amount) in &charged {
        match steps.get(*key) {
            Some(charge) if charge == amount => {}
            Some(charge) => found.double.push(format!("{key}: {charge} due, {amount} charged")),
            None => found.lost.push(format!("{key}: charged, and the step is not there")),
        }
    }
    for (key, charge) in steps.iter().filter(|(_, charge)| **charge > 0) {
        if !charged.contains_key(key.as_str()) {
            found.lost.push(format!("{key}: {charge} due and never charged"));
        }
    }
}
