//! Whom the command leaves alone, and whom it forgets.

use super::support::{Fair, Home};
use morket::providers::sandbox::Options;
use rusqlite::Connection;
use serde_json::Value;

#[test]
fn a_list_is_imported_shown_without_names_and_cleared() {
    let home = Home::new();
    home.run(&["suppress", "list"]).ends(0).says("Nobody is on the list");
    let table = "Name,Mail,Web\nAda,Ada@Example.com,example.com\nBob,n/a,\n,,shop.example.org\n\
                 Cy,ada@example.com,\n";
    home.write("dnc.csv", table);
    let map = ["--map", "Mail=email", "--map", "Web=company_domain"];
    let import =
        [&["suppress", "import", "dnc.csv", "--json", "--reason", "unsubscribed"], &map[..]];
    let ran = home.run(&import.concat()).ends(5).says("line 3: ");
    let told: Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert_eq!(
        (&told["added"], &told["existing"], &told["rows"]),
        // Two addresses of whom and where; and whoever has a name at a company, by that too.
        (&4.into(), &0.into(), &4.into())
    );
    assert_eq!(told["bad"][0]["line"], 3);
    let piped = "email\nada@example.com\neve@example.com\n";
    let ran = home.run_with(&["suppress", "import", "-"], piped.as_bytes()).ends(0);
    ran.says("Added 1, 1 were on the list already.");
    let list = home.run(&["suppress", "list", "--json"]).ends(0);
    assert_eq!(list.out.lines().count(), 5);
    let shown = home.run(&["suppress", "list"]).ends(0).says("unsubscribed").says("domain");
    for text in [&list.out, &shown.out] {
        // A fingerprint may spell `ada`, one run in fifteen.
        assert!(!text.contains("ada@") && !text.contains("example"), "{text}");
    }
    home.run(&["suppress", "remove", "EVE@example.com"]).ends(0).says("Removed 1");
    home.run(&["suppress", "remove", "eve@example.com"]).ends(1).says("none of these");
    home.run(&["suppress", "add", "linkedin.com/in/eve"]).ends(0).says("Added 1");
    assert_eq!(home.run(&["suppress", "list", "--json"]).out.lines().count(), 5);
}

/// Whatever comes on standard input, no copy of it is left, here or among files of others.
#[test]
fn a_list_that_is_piped_leaves_no_copy() {
    let home = Home::new();
    let shared = home.path("shared");
    std::fs::create_dir(&shared).unwrap();
    let home = home.with("TMPDIR", shared.to_str().unwrap());
    for (table, code) in [
        ("email\nada@example.com\n", 0),
        ("email\nn/a\n", 2),
        ("email\n\"ada@example.com", 2),
        ("PK\u{3}\u{4} a spreadsheet", 2),
    ] {
        home.run_with(&["suppress", "import", "-"], table.as_bytes()).ends(code);
        assert_eq!(std::fs::read_dir(&shared).unwrap().count(), 0, "{table}");
        let runs = std::fs::read_dir(home.root().join(".local/share/morket/runs"));
        assert_eq!(runs.unwrap().count(), 0, "{table}");
    }
}

#[test]
fn what_cannot_be_a_name_is_refused() {
    let home = Home::new();
    for value in ["ada", "ada@", "linkedin.com/company/x", ""] {
        home.run(&["suppress", "add", value]).ends(2).says("no e-mail address, domain");
    }
    home.run(&["suppress", "add", "a@example.com", "--reason", "She asked"]).ends(2).says("reason");
    home.write("none.csv", "email\nn/a\n");
    home.run(&["suppress", "import", "none.csv"]).ends(2).says("nobody can be read").says("line 2");
    home.run(&["suppress", "import", "absent.csv"]).ends(2).says("absent.csv");
    home.run(&["forget", "example.com", "--yes"]).ends(2).says("suppress add");
    home.run(&["forget", "ada@example.com"]).ends(2).says("--yes");
    let tape = ["forget", "ada@example.com", "--yes", "--cassettes", "no.jsonl"];
    home.run(&tape).ends(2).says("no.jsonl");
}

const ENRICH: &[&str] =
    &["enrich", "leads.csv", "--want", "email", "--waterfall", "email=hunter", "--yes", "--json"];

#[test]
fn a_suppressed_company_is_counted_in_the_plan_and_asked_about_by_nobody() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(6);
    let domain = fair.sandbox.world().demo_rows(6)[0].company_domain.clone();
    fair.home.run(&["suppress", "add", &domain]).ends(0);
    let plan = ["plan", "leads.csv", "--want", "email", "--waterfall", "email=hunter"];
    fair.home.run(&plan).ends(0).says("suppressed: ");
    let json = fair.home.run(&[&plan[..], &["--json"]].concat()).ends(0);
    let json: Value = serde_json::from_str(json.out.trim()).unwrap();
    assert!(json["suppressed"].as_u64().unwrap() >= 1, "{json}");
    fair.home.run(ENRICH).ends(0);
    let log = format!("{:?}", fair.sandbox.log(0, 10_000));
    assert!(!log.is_empty() && !log.contains(&domain), "{log}");
    assert!(fair.home.read("leads.enriched.csv").contains(";skipped;suppressed"));
}

/// The run, and the copy of its input.
fn enriched(fair: &Fair, more: &[&str]) -> (String, std::path::PathBuf) {
    let line = fair.home.run(&[ENRICH, more].concat()).ends(0).out;
    let line: Value = serde_json::from_str(line.trim()).unwrap();
    let run = line["run"].as_str().unwrap().to_owned();
    let copy = fair.home.root().join(".local/share/morket/runs").join(&run).join("input");
    assert!(copy.is_file());
    (run, copy)
}

#[test]
fn a_copy_of_an_input_goes_with_its_own_store_alone() {
    let fair = Fair::open(Options::seeded(3), "k");
    let row = &fair.sandbox.world().demo_rows(1)[0];
    let (name, domain, who) = (&row.full_name, &row.company_domain, "ada@example.com");
    fair.home.write("leads.csv", format!("Name,Website,Private mail\n{name},{domain},{who}\n"));
    let (_, here) = enriched(&fair, &["--map", "Private mail=-"]);
    let there = ["--map", "Private mail=-", "--store", "other.db", "-o", "other.csv"];
    let (run, other) = enriched(&fair, &there);
    let forget = ["forget", who, "--yes", "--keep-askable"];
    let told = fair.home.run(&forget).ends(0);
    let store = std::fs::canonicalize(fair.home.path("other.db")).unwrap();
    told.says(&format!("the input of run {run} names them too; it belongs to {}", store.display()));
    assert!(!here.exists() && other.exists(), "the other store has its own");
    // Where it is another way to the same file, it is the same store.
    fair.home.run(&[&forget[..], &["--store", "../work/other.db"]].concat()).ends(0);
    assert!(!other.exists());
}

#[test]
fn retention_reaches_the_copies_of_inputs() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(2);
    let (_, first) = enriched(&fair, &[]);
    let (_, other) = enriched(&fair, &["--store", "other.db", "-o", "other.csv"]);
    // A command that was ended before its run began.
    let (left, young) = ("01890000-0000-7000-8000-000000000001", "leads.csv");
    let left = first.parent().unwrap().with_file_name(left);
    std::fs::create_dir(&left).unwrap();
    std::fs::copy(fair.home.path(young), left.join("input")).unwrap();
    let settings = fair.home.settled();
    fair.home.settle(format!("retention = \"30d\"\n{settings}"));
    let (_, second) = enriched(&fair, &["-o", "second.csv"]);
    assert!(!left.exists() && first.exists(), "only what is older goes");
    fair.home.settle(format!("retention = \"0s\"\n{settings}"));
    let ran = fair.home.run(&[ENRICH, &["-o", "third.csv"]].concat()).ends(0);
    ran.says("2 copies of inputs older than 0s");
    assert!(!first.exists() && !second.exists() && other.exists());
}

/// Somebody reads an older state, so what was erased cannot be overwritten yet.
#[test]
fn what_cannot_be_erased_now_keeps_nobody_from_working() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(2);
    let (_, first) = enriched(&fair, &[]);
    let settings = fair.home.settled();
    fair.home.settle(format!("retention = \"0s\"\n{settings}"));
    let store = fair.home.root().join(".local/share/morket/morket.db");
    let reader = Connection::open(store).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM jobs").unwrap();
    let enrich = fair.home.run(&[ENRICH, &["-o", "next.csv"]].concat()).ends(0);
    enrich.says("Warning: not everything older than 0s is erased: what was erased still stands");
    assert!(fair.home.path("next.csv").exists() && !first.exists());
    drop(reader);
    fair.home.settle(format!("retention = \"soon\"\n{settings}"));
    fair.home.run(&[ENRICH, &["-o", "never.csv"]].concat()).ends(2).says("retention");
}

#[test]
fn somebody_who_is_forgotten_is_in_no_file_and_is_not_asked_about_again() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(8);
    fair.home.run(ENRICH).ends(0);
    let table = fair.home.read("leads.enriched.csv");
    let found = table.split([';', '\n']).find(|it| it.contains('@') && !it.contains(' ')).unwrap();
    fair.home.write("tape.jsonl", "");
    let forget = ["forget", found, "--yes", "--json", "--cassettes", "tape.jsonl"];
    let ran = fair.home.run(&forget).ends(0);
    let told: Value = serde_json::from_str(ran.out.trim()).unwrap();
    assert!(told["erased"]["records"].as_u64().unwrap() >= 1, "{told}");
    assert_eq!(told["erased"]["suppressed"], 1);
    assert!(!ran.out.contains(found) && !ran.err.contains(found));
    let data = fair.home.root().join(".local/share/morket");
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        let bytes = if path.is_file() { std::fs::read(&path).unwrap() } else { Vec::new() };
        let hit = bytes.windows(found.len()).any(|it| it == found.as_bytes());
        assert!(!hit, "{} holds it", path.display());
    }
    // The same run again finds the same address, and keeps it back.
    fair.home.run(&[ENRICH, &["--force"]].concat()).ends(0);
    assert!(!fair.home.read("leads.enriched.csv").contains(found));
}
