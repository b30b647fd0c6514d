//! What is known before anything is paid: what of it was paid for already.

use super::support::Fair;
use morket::providers::sandbox::{Limits, Options};
use serde_json::{Value, json};

const PLAN: &[&str] = &["--want", "email", "--waterfall", "email=hunter"];

fn reuse(fair: &Fair, more: &[&str]) -> (Value, String) {
    let args = [&["plan", "leads.csv"], PLAN, more].concat();
    let told = fair.home.run(&[&args[..], &["--json"]].concat()).ends(0);
    let line: Value = serde_json::from_str(told.out.trim()).unwrap();
    (line["reuse"].clone(), fair.home.run(&args).ends(0).out)
}

fn counts(reused: u64, new: u64, stale: u64) -> Value {
    json!({ "reused": reused, "new": new, "stale": stale, "unasked": 0, "newIsLeast": false })
}

#[test]
fn what_was_asked_before_is_told_before_anything_is_paid() {
    let options = Options::seeded(3).for_each_vendor(|it| it.limits = Limits::Off);
    let fair = Fair::open(options, "k");
    fair.leads(20);
    let calls = || fair.sandbox.log(0, 10_000).len() as u64;
    let enrich = |more: &[&str]| {
        let before = calls();
        let args = [&["enrich", "leads.csv", "--yes", "--force"], PLAN, more].concat();
        fair.home.run(&args).ends(0);
        calls() - before
    };
    let (told, text) = reuse(&fair, &[]);
    assert_eq!(told, counts(0, 20, 0));
    assert!(text.contains("Kept answers: 0 reused, 20 new, 0 stale."), "{text}");
    assert_eq!(enrich(&[]), 20);
    fair.leads(25);
    assert_eq!(reuse(&fair, &[]).0, counts(20, 5, 0));
    // What is told is what is asked: of answers, and of misses.
    for (more, exact) in [
        (&["--max-age", "email=0s"][..], false),
        (&["--retry-misses", "0s"], false),
        (&["--max-age", "email=0s", "--retry-misses", "0s"], true),
    ] {
        let (told, _) = reuse(&fair, more);
        let number = |key: &str| told[key].as_u64().unwrap();
        assert_eq!(number("reused") + number("stale") + number("new"), 25, "{told}");
        assert!(number("stale") > 0 && (number("reused") == 0) == exact, "{told}");
        assert_eq!(calls(), 20, "nobody is asked for it");
    }
    let (told, _) = reuse(&fair, &["--max-age", "email=0s"]);
    let asked = told["new"].as_u64().unwrap() + told["stale"].as_u64().unwrap();
    assert_eq!(enrich(&["--max-age", "email=0s"]), asked, "{told}");
    assert_eq!(reuse(&fair, &[]).0, counts(25, 0, 0));
    assert_eq!(enrich(&[]), 0);
}

#[test]
fn what_follows_a_first_answer_is_not_promised() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(6);
    let verified = ["--verify", "email=zerobounce"];
    let args = [&["enrich", "leads.csv", "--yes"], PLAN].concat();
    fair.home.run(&args).ends(0);
    let (told, text) = reuse(&fair, &verified);
    assert_eq!((&told["reused"], &told["newIsLeast"]), (&6.into(), &true.into()), "{told}");
    assert!(text.contains("6 reused, at least 0 new, 0 stale"), "{text}");
    // Nobody can be asked about a row of which too little is known.
    fair.home.write("leads.csv", "Name,Website\nAda Example,\n,example.com\n");
    let (told, text) = reuse(&fair, &[]);
    assert_eq!((&told["new"], &told["unasked"]), (&0.into(), &2.into()), "{told}");
    assert!(text.contains("2 of which too little is known"), "{text}");
}

/// Nothing without a history, in those words; with one an interval, and what it rests on.
#[test]
fn what_is_expected_is_an_interval_or_unknown() {
    let options = Options::seeded(3).for_each_vendor(|it| it.limits = Limits::Off);
    let fair = Fair::open(options, "k");
    let plan = || {
        let args = [&["plan", "leads.csv"], PLAN].concat();
        let told = fair.home.run(&[&args[..], &["--json"]].concat()).ends(0);
        let line: Value = serde_json::from_str(told.out.trim()).unwrap();
        (line["expected"].clone(), fair.home.run(&args).ends(0).out)
    };
    fair.leads(30);
    let (expected, text) = plan();
    let unknown = "Expected fill: unknown: run a sample. Expected cost: unknown: run a sample.";
    assert!(text.contains(unknown), "{text}");
    assert_eq!(expected["fields"][0]["fill"], Value::Null, "{expected}");
    assert_eq!(expected["fields"][0]["told"], "unknown: run a sample");
    assert_eq!((&expected["usd"], &expected["byProvider"]), (&Value::Null, &Value::Null));
    let args = [&["enrich", "leads.csv", "--yes", "--force"], PLAN].concat();
    fair.home.run(&args).ends(0);
    let (_, text) = plan();
    assert!(text.contains("Expected fill: email nobody is asked."), "{text}");
    fair.leads(60);
    let (expected, text) = plan();
    let field = &expected["fields"][0];
    let (low, high) = (field["fill"][0].as_u64().unwrap(), field["fill"][1].as_u64().unwrap());
    assert!(0 < low && low < high && high < 100, "{expected}");
    assert_eq!((&field["rows"], &field["restsOn"][0]["asked"]), (&30.into(), &30.into()));
    assert!(text.contains(&format!("email {low}–{high} % (after 30 at hunter)")), "{text}");
    assert_eq!(expected["byProvider"][0]["calls"], json!([30, 30]), "{expected}");
}

/// What was paid for before is told, and counted as nobody's work of today.
#[test]
fn what_was_known_makes_no_value_look_cheap() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.home.run_with(&["keys", "set", "people-data-labs"], b"k\n").ends(0);
    fair.leads(6);
    let whom = ["--waterfall", "email=people-data-labs,hunter", "--verify", "email=zerobounce"];
    let run = [&["enrich", "leads.csv", "--want", "email", "--yes", "--force"], &whom[..]].concat();
    fair.home.run(&[&run[..], &["--sample", "3"]].concat()).ends(0);
    let asked_first = |row: usize| {
        let row = row.to_string();
        let why = ["why", "leads.enriched.csv", "--row", &row, "--field", "email"];
        let told = fair.home.run(&why).ends(0).out;
        told.lines().find(|it| it.starts_with("  1. ")).unwrap_or_default().to_owned()
    };
    for row in 1..=6 {
        let first = asked_first(row);
        assert!(first.starts_with("  1. asked people-data-labs: "), "row {row}: {first}");
    }
    let told = fair.home.run(&run).ends(0).says("6 cells known already, at no cost.").err;
    let hunter = told.lines().rfind(|it| it.starts_with(" hunter ")).unwrap();
    let counts: Vec<&str> = hunter.split_whitespace().take(5).collect();
    assert_eq!(counts, ["hunter", "0", "0", "0", "0"], "{told}");
}
