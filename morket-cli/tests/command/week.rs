//! A week's work: ten thousand rows, a key that runs dry, a kill, and next week's list; somebody
//! who is to be left alone, and somebody who is to be forgotten. The sandbox is the witness of what
//! was bought. The vendor is one of a manifest, whose limits do not hold the test up.

use super::{
    support::{Fair, ran},
    vendors::with_acme,
};
use morket::{
    VendorUnits,
    providers::sandbox::{AccountState, Entry, Limits, Name, Options, Outcome, Vendor, World},
};
use rusqlite::Connection;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Child,
};

const ROWS: usize = 10_000;
const NEW: usize = 300;
const STALE: usize = 41;
const DRY_AFTER: usize = 200;
/// How many calls are under way at most, of four batches at once; so many may be repeated after a
/// kill.
const IN_FLIGHT: usize = 4 * 64;

const RUN: &[&str] =
    &["enrich", "leads.csv", "--want", "email", "--waterfall", "email=acme", "--yes", "--json"];

/// A list with so many rows, of different people.
fn list(fair: &Fair, rows: usize) {
    let mut file = "Name,Company,Website\n".to_owned();
    for row in fair.sandbox.world().demo_rows(rows) {
        file.push_str(&format!("{},{},{}\n", row.full_name, row.company_name, row.company_domain));
    }
    fair.home.write("leads.csv", &file);
}

/// The last line of `--json`.
fn closing(out: &str) -> Value {
    serde_json::from_str(out.lines().last().unwrap()).unwrap()
}

/// Questions that a vendor served and how often, without those it turned away at the door.
fn served(fair: &Fair, after: u64) -> BTreeMap<String, usize> {
    let mut served = BTreeMap::new();
    let calls = fair.sandbox.log(after, usize::MAX);
    let served_it =
        |it: &&Entry| matches!(it.outcome, Outcome::Answer | Outcome::Miss | Outcome::LegalBlock);
    for call in calls.iter().filter(|it| it.operation != "account").filter(served_it) {
        *served.entry(call.input.clone()).or_default() += 1;
    }
    served
}

fn last_call(fair: &Fair) -> u64 {
    fair.sandbox.log(0, usize::MAX).last().map_or(0, |it| it.seq)
}

fn kill_after(fair: &Fair, calls: u64, mut child: Child) {
    while fair.sandbox.log(calls, 1).is_empty() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A hundred days pass for some answers that are kept.
fn age(fair: &Fair, answers: usize) {
    let store = fair.home.root().join(".local/share/morket/morket.db");
    let days = 100_i64 * 86_400_000_000;
    let statement = format!(
        "UPDATE lookups SET fetched_at = fetched_at - {days}, expires_at = expires_at - {days}
         WHERE key IN (SELECT key FROM lookups WHERE answer IS NOT NULL LIMIT {answers})"
    );
    assert_eq!(Connection::open(store).unwrap().execute(&statement, []).unwrap(), answers);
}

/// Every address in the table belongs to the person in its row.
fn nobody_else_was_accepted(world: &World, table: &str) -> usize {
    let mut lines = csv::Reader::from_reader(table.as_bytes());
    let mut found = 0;
    for line in lines.records() {
        let line = line.unwrap();
        if &line[4] == "found" {
            found += 1;
            let owner = world.owner(&line[3]).unwrap_or_else(|| panic!("whose is {line:?}"));
            assert_eq!(Some(owner.name), Name::parse(&line[0]), "{line:?}");
        }
    }
    found
}

#[test]
fn a_week_is_paid_for_once() {
    let options = Options::seeded(3).for_each_vendor(|it| it.limits = Limits::Off);
    let fair = with_acme(options);
    let account = |key: &str, credits| {
        let state = AccountState::with_credits(VendorUnits::whole(credits));
        fair.sandbox.set_account(Vendor::Hunter, key, state);
    };
    list(&fair, ROWS);

    // Monday: the key runs dry. What it paid for is there, and the command says how to go on.
    account("poor", DRY_AFTER as i64);
    fair.home.run_with(&["keys", "set", "acme"], b"poor\n").ends(0);
    let dry = fair.home.run(RUN).ends(4).says("acme").says("morket resume");
    let line = closing(&dry.out);
    assert_eq!(line["cost"]["byProvider"]["acme"]["units"], DRY_AFTER, "{line}");
    let run = line["run"].as_str().unwrap().to_owned();

    // Another key, and a kill in the middle.
    account("rich", 100_000);
    fair.home.run_with(&["keys", "set", "acme"], b"rich\n").ends(0);
    let before = last_call(&fair);
    let child = fair.home.command(&["resume", &run]).spawn().unwrap();
    kill_after(&fair, before + 3_000, child);
    fair.home.run(&["resume", &run]).ends(0);
    let table = fair.home.read("leads.enriched.csv");
    assert_eq!(table.lines().count(), ROWS + 1);
    assert!(!table.contains(",pending,"), "everybody was asked about");
    let found = nobody_else_was_accepted(&fair.sandbox.world(), &table);
    assert!(found > ROWS / 3, "{found} found");
    let first = served(&fair, 0);
    let repeats: usize = first.values().map(|times| times - 1).sum();
    assert!(first.len() <= ROWS && repeats <= IN_FLIGHT, "{} and {repeats}", first.len());

    let first_week = fair.sandbox.log(0, usize::MAX);

    // Next week: new rows, and some answers are too old. Exactly those are bought.
    age(&fair, STALE);
    list(&fair, ROWS + NEW);
    let before = last_call(&fair);
    let next = fair.home.run(&[RUN, &["--force"]].concat()).ends(0);
    let line = closing(&next.out);
    let second = served(&fair, before);
    let asked: BTreeSet<&String> = first.keys().collect();
    let again = second.keys().filter(|input| asked.contains(input)).count();
    // Who objected is on the list, though known by name and company alone: not asked again.
    let objected = first_week.iter().filter(|it| it.outcome == Outcome::LegalBlock);
    let objected = objected.map(|it| &it.input).collect::<BTreeSet<_>>().len();
    assert!(objected > 0, "somebody objected");
    assert_eq!((second.len() - again, again), (NEW, STALE), "{line}");
    assert!(second.values().all(|times| *times == 1), "nobody was asked about twice");
    let cells = |name: &str| line[name].as_u64().unwrap();
    assert_eq!(cells("cached") as usize, ROWS - STALE - objected, "{line}");
    let all = cells("found") + cells("noResult") + cells("skipped");
    assert_eq!(all as usize, ROWS + NEW, "{line}");
    ran(fair.home.command(&["spend"]).output().unwrap()).ends(0);

    forgotten_and_left_alone(&fair);
}

/// Whoever was found is forgotten, without a trace; nobody asks about them again, even anew.
fn forgotten_and_left_alone(fair: &Fair) {
    let table = fair.home.read("leads.enriched.csv");
    let found = table.lines().find(|line| line.contains(",found,")).unwrap();
    let cells: Vec<&str> = found.split(',').collect();
    let (name, company, domain, address) = (cells[0], cells[1], cells[2], cells[3]);
    fair.home.run(&["forget", address, "--yes"]).ends(0);
    let kept = fair.home.root().join(".local");
    assert_eq!(files_with(&kept, address), Vec::<String>::new(), "{address} is in no file");

    // The list holds the address alone, and says so before anything is spent.
    let before = last_call(fair);
    let again = format!("Name,Company,Website,Email\n{name},{company},{domain},{address}\n");
    fair.home.write("again.csv", again);
    let title = ["--want", "title", "--waterfall", "title=acme", "--yes", "-o", "again.out.csv"];
    fair.home.run(&[&["enrich", "again.csv"][..], &title].concat()).ends(0);
    assert!(fair.home.read("again.out.csv").contains("suppressed"), "they are on the list");
    assert_eq!(last_call(fair), before, "nobody was asked about {address}");
}

/// The files below a folder that hold these bytes.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if holds(&std::fs::read(&path).unwrap(), text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

fn holds(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|it| it == text)
}
