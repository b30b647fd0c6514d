//! What came of the jobs, from tables and from the sandbox's log alone.

use super::super::{
    audit::{self, Findings, Tables, step_of},
    db::Found,
    money,
    place::Place,
};
use crate::scene::{PRICES, VENDORS};
use morket_providers::sandbox::{Entry, Fault, Outcome, Vendor, World};
use std::collections::{HashMap, HashSet};

/// As steps are numbered.
const ACCEPTED: i64 = 1;
const AMBIGUOUS: i64 = 11;

/// What is counted at the end.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) found: usize,
    pub(super) findable: usize,
    pub(super) skipped: usize,
    pub(super) ambiguous: usize,
    pub(super) lost: usize,
    pub(super) double: usize,
    pub(super) repeated: usize,
    /// Repeats at vendors who may never be asked twice.
    pub(super) forbidden: usize,
    pub(super) open_holds: usize,
    pub(super) chain_ok: bool,
    /// Each thing that is wrong, in words.
    pub(super) words: Vec<String>,
}

/// Look at everything; `rows` are the people who were asked about.
pub(super) async fn figures(
    place: &Place,
    log: &[Entry],
    seed: u64,
    rows: &[serde_json::Value],
) -> anyhow::Result<Figures> {
    let tables = Tables::read(place).await?;
    let mut found = Findings::default();
    money::check(&tables, &mut found);
    audit::jobs(&tables, true, &mut found);
    charges(&tables, &mut found);
    one_end_each(&tables, rows.len(), &mut found);
    let (repeated, forbidden) = repeats(&tables, log, &mut found);
    let status = |wanted: i64| tables.cells.iter().filter(|it| it.int("status") == wanted).count();
    let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap_or("").to_owned();
    let world = World::new(seed);
    let reads_mail = |row: &&serde_json::Value| {
        world.truth_email(&text(row, "full_name"), &text(row, "company_domain")).is_some()
    };
    let Findings { lost, double, negative, chain } = found;
    Ok(Figures {
        found: status(2),
        findable: rows.iter().filter(reads_mail).count(),
        skipped: status(4),
        ambiguous: tables.steps.iter().filter(|it| it.int("s.outcome") == AMBIGUOUS).count(),
        lost: lost.len(),
        double: double.len() + negative.len(),
        repeated,
        forbidden,
        open_holds: tables.holds.iter().filter(|it| it.int("state") == 1).count(),
        chain_ok: chain.is_empty(),
        words: [lost, double, negative, chain].concat(),
    })
}

/// Each record has exactly one end, and so has its cell.
fn one_end_each(tables: &Tables, records: usize, found: &mut Findings) {
    let mut cells: HashMap<(i64, i64), Vec<i64>> = HashMap::new();
    for cell in &tables.cells {
        let at = (cell.int("job_no"), cell.int("idx"));
        cells.entry(at).or_default().push(cell.int("status"));
    }
    for record in &tables.records {
        let at = (record.int("job_no"), record.int("idx"));
        let ended = cells.get(&at).is_some_and(|it| it.len() == 1 && it[0] != 1);
        if !ended || record.int("status") == 1 {
            found.lost.push(format!("record {at:?}: {:?}", cells.get(&at)));
        }
    }
    if tables.records.len() != records {
        found.lost.push(format!("{} records of {records}", tables.records.len()));
    }
}

fn price_of(provider: &str) -> i64 {
    let at = VENDORS.iter().position(|it| *it == provider);
    at.map_or(0, |at| PRICES[at])
}

/// A call of which anything was accepted is charged once, at its price; any other never. What a
/// key comes to is therefore nothing, or the price.
fn charges(tables: &Tables, found: &mut Findings) {
    let mut net: HashMap<&str, i64> = HashMap::new();
    for entry in &tables.entries {
        let amount = entry.int("amount");
        match entry.int("kind") {
            4 => *net.entry(entry.text("key")).or_default() += amount,
            5 => *net.entry(entry.text("of_key")).or_default() += amount,
            _ => {}
        }
    }
    let mut calls: HashMap<&str, (bool, i64, i64)> = HashMap::new();
    for step in &tables.steps {
        let (key, price) = (step_of(step), price_of(step.text("p.name")));
        let charged = net.remove(key.as_str()).unwrap_or(0);
        if charged != 0 && charged != -price {
            found.double.push(format!("{key}: nets {charged}, the price is {price}"));
        }
        let accepted = step.int("s.outcome") == ACCEPTED;
        if -charged != step.int("s.charge") {
            found.double.push(format!("{key}: says {}, nets {charged}", step.int("s.charge")));
        }
        if accepted && step.is_null("s.call_id") {
            found.double.push(format!("{key}: accepted, and no call is named"));
        }
        if !step.is_null("s.call_id") {
            let it = calls.entry(step.text("s.call_id")).or_insert((false, 0, price));
            *it = (it.0 || accepted, it.1 - charged, price);
        }
    }
    for (call, (accepted, charged, price)) in calls {
        if charged != if accepted { price } else { 0 } {
            let words = format!("call {call}: accepted {accepted}, charged {charged} of {price}");
            found.double.push(words);
        }
    }
    let strangers = net.into_iter().filter(|(_, amount)| *amount != 0);
    found.double.extend(strangers.map(|(key, amount)| format!("{key}: no step, nets {amount}")));
}

/// Questions that were served again though the first answer could be read, and of these (with all
/// that were served again at all) those at vendors who must not be asked twice.
fn repeats(tables: &Tables, log: &[Entry], found: &mut Findings) -> (usize, usize) {
    let mut allowed: HashMap<String, usize> = HashMap::new();
    for call in tables.calls.iter().filter(|it| it.text("p.name") == "zerobounce") {
        // Two finders may name one address, and each is verified.
        *allowed.entry(format!("email={}", address_of(call).to_lowercase())).or_default() += 1;
    }
    let mut served: HashMap<(Vendor, &str), Vec<&Entry>> = HashMap::new();
    let is_served = |it: &&Entry| {
        !matches!(it.outcome, Outcome::Throttled | Outcome::ServerError | Outcome::Cut)
    };
    for entry in log.iter().filter(is_served) {
        served.entry((entry.vendor, &entry.input)).or_default().push(entry);
    }
    let (mut repeated, mut forbidden) = (0, 0);
    for ((vendor, input), times) in served {
        let lost = |it: &&&Entry| {
            let faults = [Fault::LostWhole, Fault::LostPart, Fault::Garbage];
            it.fault.is_some_and(|fault| faults.contains(&fault))
        };
        if vendor == Vendor::Hunter {
            // A question whose answer was lost may be asked again; it costs nothing there.
            repeated += times.iter().rev().skip(1).filter(|it| !lost(it)).count();
            continue;
        }
        let over = times.len().saturating_sub(allowed.get(input).copied().unwrap_or(1).max(1));
        if over > 0 {
            let each =
                times.iter().map(|it| format!("{} {:?} {:?}", it.at_us, it.outcome, it.fault));
            let each = each.collect::<Vec<_>>().join(", ");
            found.double.push(format!("{vendor:?} served {input} {} times: {each}", times.len()));
            let name = input.strip_prefix("name=").and_then(|it| it.split(';').next());
            let about = |it: &&Found| {
                name.is_some_and(|name| it.text("c.composition").to_lowercase().contains(name))
            };
            let calls = tables.calls.iter().filter(about);
            found.double.extend(calls.map(|it| format!("  its call: {it:?}")));
        }
        (repeated, forbidden) = (repeated + over, forbidden + over);
    }
    (repeated, forbidden)
}

/// The address that a verifier's call is about.
fn address_of(call: &Found) -> String {
    let parts: serde_json::Value =
        serde_json::from_str(call.text("c.composition")).unwrap_or_default();
    parts[0][2]["email"].as_str().unwrap_or_default().to_owned()
}

/// How the jobs stand: open records, and whether all jobs have ended.
pub(super) async fn progress(place: &Place) -> anyhow::Result<(usize, bool)> {
    let mut db = super::super::db::Db::open(place).await?;
    let open = db.rows("job_records", &["i:idx"], "WHERE status = 1").await?.len();
    let going = db.rows("jobs", &["i:no"], "WHERE state < 3").await?.len();
    Ok((open, going == 0))
}

/// Which batches these workers hold, each with its fence, and how many calls of theirs are on
/// their way.
pub(super) async fn held_by(
    place: &Place,
    workers: &HashSet<String>,
) -> anyhow::Result<(HashMap<(i64, i64), i64>, usize)> {
    let mut db = super::super::db::Db::open(place).await?;
    let columns = ["i:job_no", "i:number", "i:fence", "t:worker"];
    let batches = db.rows("batches", &columns, "WHERE state = 2").await?;
    let theirs = batches.iter().filter(|it| workers.contains(it.text("worker")));
    let held: HashMap<_, _> =
        theirs.map(|it| ((it.int("job_no"), it.int("number")), it.int("fence"))).collect();
    let calls = db.rows("calls", &["i:job_no", "i:batch"], "WHERE state = 2").await?;
    let is_theirs = |it: &&Found| held.contains_key(&(it.int("job_no"), it.int("batch")));
    let flying = calls.iter().filter(is_theirs).count();
    Ok((held, flying))
}

/// Whether somebody else has taken each of these batches up, or nobody needs to.
pub(super) async fn taken_up(
    place: &Place,
    held: &HashMap<(i64, i64), i64>,
) -> anyhow::Result<bool> {
    let mut db = super::super::db::Db::open(place).await?;
    let batches = db.rows("batches", &["i:job_no", "i:number", "i:fence"], "").await?;
    Ok(batches.iter().all(|it| {
        let before = held.get(&(it.int("job_no"), it.int("number")));
        before.is_none_or(|fence| it.int("fence") > *fence)
    }))
}
