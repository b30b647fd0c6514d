//! Whole runs against fake vendors.

use super::support::{Fair, Home, ran};
use morket::providers::sandbox::{Options, Vendor};
use serde_json::Value;

const ENRICH: &[&str] = &["enrich", "leads.csv", "--want", "email", "--waterfall", "email=hunter"];

fn enrich<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [ENRICH, more].concat()
}

#[test]
fn a_trial_needs_nothing() {
    let home = Home::new();
    let ran = home.run(&["try", "--rows", "5"]).ends(0);
    ran.says("is invented").says("Why row").says("asked hunter").says("try.db");
    let json = home.run(&["try", "--rows", "5", "--json"]).ends(0);
    let line: Value = serde_json::from_str(json.out.trim()).unwrap();
    assert_eq!(line["rows"], 5);
}

#[test]
fn a_file_comes_back_as_it_was_with_columns_behind_it() {
    let fair = Fair::open(Options::seeded(3), "k");
    let before = fair.leads(10);
    let json = fair.home.run(&enrich(&["--yes", "--json"])).ends(0);
    let last = json.out.lines().last().unwrap();
    let expected = "{\"run\":\"";
    assert!(last.starts_with(expected), "{last}");
    let keys = [
        "run",
        "status",
        "rows",
        "cells",
        "found",
        "noResult",
        "skipped",
        "failed",
        "cancelled",
        "pending",
        "cached",
        "cost",
        "charged",
        "seconds",
    ];
    let places: Vec<_> = keys.map(|key| last.find(&format!("\"{key}\":")).unwrap()).into();
    assert!(places.is_sorted(), "{last}");
    let line: Value = serde_json::from_str(last).unwrap();
    let after = fair.home.read("leads.enriched.csv");
    for (old, new) in before.lines().zip(after.lines()) {
        assert!(new.starts_with(&format!("{old};")), "{old} became {new}");
    }
    assert!(after.starts_with("\u{feff}Name;Company;Website;Note;email;email_result;"));
    assert_eq!(after.matches("\r\n").count(), 11);
    assert_eq!(after.matches(";found;").count() as u64, line["found"].as_u64().unwrap());
    assert!(line["found"].as_u64().unwrap() >= 3, "{line}");
    assert!(!fair.home.path("leads.enriched.csv.partial").exists());
    fair.home.run(&enrich(&["--yes"])).ends(2).says("is there already");
    // The same again buys nothing.
    let calls = fair.sandbox.log(0, 10_000).len();
    let again = fair.home.run(&enrich(&["--yes", "--json", "--force"])).ends(0);
    let again: Value = serde_json::from_str(again.out.trim()).unwrap();
    assert_eq!(fair.sandbox.log(0, 10_000).len(), calls, "nothing was asked twice");
    assert_eq!(again["found"], line["found"]);
    assert_eq!(again["cost"]["byProvider"]["hunter"]["calls"], 0);
}

#[test]
fn every_row_can_be_asked_why_and_every_run_be_rendered_again() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(6);
    fair.home.run(&enrich(&["--budget", "hunter=100"])).ends(0);
    let after = fair.home.read("leads.enriched.csv");
    let id = after.lines().nth(2).unwrap().rsplit(';').next().unwrap();
    let why = ["why", "leads.enriched.csv", "--row", id, "--field", "email"];
    fair.home.run(&why).ends(0).says("asked hunter");
    let why = ["why", "leads.csv", "--row", "2", "--field", "email", "--json"];
    fair.home.run(&why).ends(0).says("\"row\":2");
    fair.home.run(&["why", "leads.csv", "--row", "9", "--field", "email"]).ends(2);
    fair.home.run(&["why", "leads.csv", "--row", "2", "--field", "title"]).ends(2);
    let run = id.split('-').next().unwrap();
    fair.home.run(&["runs"]).ends(0).says("leads.csv").says("completed");
    std::fs::remove_file(fair.home.path("leads.csv")).unwrap();
    let export = ["export", run, "-o", "-", "--columns", "audit"];
    let audit = fair.home.run(&export).ends(0);
    assert!(audit.out.contains(";email_cost;email_confidence;"), "{}", audit.out);
    assert!(audit.out.contains("credit of hunter"), "{}", audit.out);
    fair.home.run(&["export", run]).ends(2).says("is there already");
    fair.home.run(&["export", run, "--force"]).ends(0);
    assert_eq!(fair.home.read("leads.enriched.csv"), after);
    fair.home.run(&["errors", run]).ends(0).says("Nothing failed");
    fair.home.run(&["resume", run]).ends(2).says("already");
    fair.home.run(&["retry", run]).ends(0).says("Nothing failed");
    fair.home.run(&["cancel", run]).ends(0);
    fair.home.run(&["spend"]).ends(0).says("hunter");
}

#[test]
fn streams_and_single_rows_need_no_file() {
    let fair = Fair::open(Options::seeded(3), "k");
    let file = fair.leads(3);
    let stream = ["enrich", "-", "--want", "email", "--waterfall", "email=hunter", "--yes"];
    let ran = fair.home.run_with(&stream, file.as_bytes()).ends(0);
    assert_eq!(ran.out.lines().count(), 4, "{}", ran.out);
    assert!(ran.err.contains("hunter"), "the summary goes beside the data");
    let row = &fair.sandbox.world().demo_rows(1)[0];
    let (name, domain) =
        (format!("full_name={}", row.full_name), format!("company_domain={}", row.company_domain));
    let single = ["enrich", "--set", &name, "--set", &domain, "--want", "email", "--yes"];
    let ran = fair.home.run(&[&single[..], &["--waterfall", "email=hunter"]].concat()).ends(0);
    assert!(ran.out.contains("email"), "{}", ran.out);
    fair.home.write(
        "rows.ndjson",
        format!("{{\"name\": \"{}\", \"website\": \"{}\"}}\n", row.full_name, row.company_domain),
    );
    let ndjson = ["enrich", "rows.ndjson", "--want", "email", "--waterfall", "email=hunter"];
    let more = ["--yes", "--columns", "minimal", "--map", "name=full_name"];
    fair.home.run(&[&ndjson[..], &more].concat()).ends(0);
    let out = fair.home.read("rows.enriched.ndjson");
    assert!(out.starts_with(&format!("{{\"name\": \"{}\",", row.full_name)), "{out}");
    let line: Value = serde_json::from_str(&out).unwrap();
    assert!(line["morket_row_id"].as_str().unwrap().ends_with("-1"), "{out}");
}

#[test]
fn only_vendors_with_a_key_are_asked_and_bad_rows_say_why() {
    let fair = Fair::open(Options::seeded(3), "k");
    let row = &fair.sandbox.world().demo_rows(1)[0];
    let file =
        format!("Name,Website\n{},{}\nBob Example,n.a?\n", row.full_name, row.company_domain);
    fair.home.write("leads.csv", file);
    fair.home.run(&["enrich", "leads.csv", "--want", "email", "--yes"]).ends(0);
    let after = fair.home.read("leads.enriched.csv");
    let reason = "Bob Example,n.a?,,skipped,\"invalid_input: company_domain \"\"n.a?\"\"\",,";
    assert!(after.contains(reason), "{after}");
    let asked = fair.sandbox.log(0, 1_000);
    assert!(asked.iter().all(|it| it.vendor == Vendor::Hunter) && !asked.is_empty(), "{asked:?}");
}

#[test]
fn what_is_there_stays_and_gaps_are_filled_in_place() {
    let fair = Fair::open(Options::seeded(3), "k");
    let rows = fair.sandbox.world().demo_rows(6);
    let mut file = "Name,Website,E-mail,Note\n".to_owned();
    for (at, row) in rows.iter().enumerate() {
        let email = if at == 0 { "ada@example.com" } else { "" };
        file.push_str(&format!("{},{},{email},x\n", row.full_name, row.company_domain));
    }
    fair.home.write("leads.csv", &file);
    let args = ["enrich", "leads.csv", "--want", "email", "--yes", "--in-place"];
    fair.home.run(&args).ends(0);
    let after = fair.home.read("leads.enriched.csv");
    let mut lines = after.lines();
    let header = "Name,Website,E-mail,Note,email_result,email_reason,email_provider,morket_row_id";
    assert_eq!(lines.next(), Some(header));
    assert!(lines.next().unwrap().contains(",ada@example.com,x,found,"), "{after}");
    let filled = lines.filter(|it| it.contains(".example,x,found,,hunter,")).count();
    assert!(filled > 0, "{after}");
    let first = &rows[0].full_name;
    let asked = fair.sandbox.log(0, 100);
    assert!(!asked.iter().any(|it| it.input.contains(first)), "{asked:?}");
    let asked = asked.len();
    let refresh = ["--existing", "refresh", "--force"];
    fair.home.run(&[&args[..], &refresh].concat()).ends(0);
    assert_eq!(fair.sandbox.log(0, 100).len(), asked + 1, "only what was there is asked again");
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(3);
    let args = ["enrich", "leads.csv", "--want", "email", "--yes", "-o", "-"];
    let mut child = fair.home.command(&args).spawn().unwrap();
    drop(child.stdout.take());
    ran(child.wait_with_output().unwrap()).ends(0);
}

#[test]
fn endings_have_their_codes() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(8);
    let over = enrich(&["--price", "hunter=0.01usd", "--budget", "0.02usd", "--json"]);
    let ran = fair.home.run(&over).ends(3);
    let line: Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert!(line["skipped"].as_u64().unwrap() > 0, "{line}");
    assert!(line["cost"]["usd"].to_string().parse::<f64>().unwrap() <= 0.02, "{line}");
    let filled = enrich(&["--yes", "--min-fill", "100%", "-o", "b.csv"]);
    fair.home.run(&filled).ends(5);
    let sample = enrich(&["--yes", "--sample", "2", "-o", "c.csv"]);
    fair.home.run(&sample).ends(0).says("Sample of 2 rows");
}

#[test]
fn a_sample_that_stops_says_how_to_go_on_and_that_works() {
    let fair = Fair::open(Options::seeded(3), "bad-key");
    fair.leads(8);
    let sample = enrich(&["--yes", "--sample", "3", "--json"]);
    let stopped = fair.home.run(&sample).ends(4).says("No other row was asked about");
    let line: Value = serde_json::from_str(stopped.out.trim()).unwrap();
    assert_eq!((&line["rows"], &line["pending"]), (&3.into(), &3.into()), "{line}");
    assert!(!fair.home.path("leads.enriched.csv").exists());
    let resume = stopped.err.split("morket resume ").nth(1).unwrap();
    let run = resume.split_whitespace().next().unwrap().to_owned();
    let home = fair.home.with("MORKET_HUNTER_KEY", "good");
    home.run(&["resume", &run]).ends(0);
    assert_eq!(home.read("leads.enriched.sample.csv").lines().count(), 4);
    // The whole list then buys what the sample did not.
    let asked = fair.sandbox.log(0, 1_000).last().unwrap().seq;
    let ran = home.run(&enrich(&["--yes", "--json"])).ends(0);
    let line: Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert_eq!((&line["rows"], &line["cached"]), (&8.into(), &3.into()), "{line}");
    assert_eq!(fair.sandbox.log(asked, 1_000).len(), 5);
    home.run(&["why", "leads.csv", "--row", "8", "--field", "email"]).ends(0);
}

#[test]
fn what_a_sample_came_to_is_taken_over_and_says_so() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(12);
    // Kept answers are nothing to go by here.
    let fresh = ["--max-age", "email=0s", "--retry-misses", "0s"];
    let more = [&["--yes", "--sample", "4", "--json"][..], &fresh].concat();
    let ran = fair.home.run(&enrich(&more)).ends(0).says("All 12 rows, if they fare as these did");
    let line: Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!((&line["rows"], &line["cached"]), (&12.into(), &4.into()), "{line}");
    assert_eq!(fair.sandbox.log(0, 1_000).len(), 12, "each was asked about once");
    let after = fair.home.read("leads.enriched.csv");
    let taken = |line: &&str| line.contains(";from the sample;");
    let row = after.lines().position(|it| taken(&it)).unwrap().to_string();
    let why = ["why", "leads.csv", "--row", &row, "--field", "email"];
    fair.home.run(&why).ends(0).says("paid for before").says("taken over from run");
    let many = enrich(&["--yes", "--sample", "5001", "--force"]);
    fair.home.run(&many).ends(2).says("at most 5,000 rows");
}

#[test]
fn a_budget_that_a_sample_used_up_leaves_nothing_for_the_rest() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(8);
    let budget = ["--price", "hunter=0.01usd", "--budget", "0.03usd", "--sample", "3"];
    let ran = fair.home.run(&enrich(&[&budget[..], &["--json"]].concat())).ends(3);
    let line: Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert_eq!(line["rows"], 8, "{line}");
    assert!(fair.sandbox.log(0, 100).len() <= 3);
}

#[test]
fn a_bad_key_ends_with_four_and_the_command_to_go_on() {
    let fair = Fair::open(Options::seeded(3), "bad-key");
    fair.leads(4);
    let ran = fair.home.run(&enrich(&["--yes"])).ends(4);
    let ran =
        ran.says("hunter does not take the key: give another key in MORKET_HUNTER_KEY; then:");
    let after = fair.home.read("leads.enriched.csv");
    assert_eq!(after.matches(";pending;").count(), 4, "{after}");
    let run = ran.err.split("morket resume ").nth(1).unwrap().trim().to_owned();
    fair.home.run(&["resume", &run]).ends(4);
    let home = fair.home.with("MORKET_HUNTER_KEY", "good");
    home.run(&["resume", &run]).ends(0);
    let after = home.read("leads.enriched.csv");
    assert!(!after.contains(";pending;") && after.contains(";found;"), "{after}");
    home.run(&["keys", "test", "hunter"]).ends(0).says("works");
    let calls = fair.sandbox.log(0, 1_000);
    assert!(calls.iter().all(|it| it.vendor == Vendor::Hunter), "{calls:?}");
}

#[test]
fn vendors_that_are_not_there_make_cells_fail() {
    let home = Home::new().with("MORKET_HUNTER_KEY", "k");
    // A port that was free a moment ago, with nobody behind it.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = format!(
        "egress = [\"127.0.0.1:{port}\"]\n[providers.hunter]\n\
         base_url = \"http://127.0.0.1:{port}/v2\"\n"
    );
    home.settle(settings);
    home.write("leads.csv", "Name,Website,Company\nAda Example,example.com,Example\n");
    let ran = home.run(&enrich(&["--yes"])).ends(5).says("morket errors");
    assert!(ran.err.contains("hunter gave no answer 3 times; the last time: "), "{}", ran.err);
    let run = ran.err.split("morket errors ").nth(1).unwrap().trim().to_owned();
    home.run(&["errors", &run]).ends(0).says("transient").says("morket retry");
    home.run(&["retry", &run, "--only", "ambiguous"]).ends(0).says("Nothing failed");
    home.run(&["retry", &run, "--only", "transient", "-o", "again.csv"]).ends(5);
    assert!(
        home.read("again.csv").contains(";failed") || home.read("again.csv").contains(",failed")
    );
}
