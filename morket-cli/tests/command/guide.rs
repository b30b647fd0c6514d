//! The guide, walked as it is written: each command of a page, one after the other, and each plan.

use super::support::{Fair, ran};
use morket::providers::sandbox::Options;
use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

fn page(name: &str) -> String {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide");
    std::fs::read_to_string(guide.join(name)).unwrap()
}

/// What stands in the blocks of one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let starts = page.split(&fence).skip(1);
    starts.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The `morket` commands of a page, without what a `#` says of them.
fn commands(page: &str) -> Vec<Vec<String>> {
    let blocks = blocks(page, "console");
    let lines = blocks.iter().flat_map(|block| block.lines());
    let ours = lines.filter_map(|line| line.strip_prefix("$ morket "));
    ours.map(|line| {
        let said = line.split(" #").next().unwrap();
        said.split_whitespace().map(str::to_owned).collect()
    })
    .collect()
}

fn last_run(fair: &Fair) -> String {
    let runs = fair.home.run(&["runs", "--json"]).ends(0);
    let line: Value = serde_json::from_str(runs.out.lines().next().unwrap()).unwrap();
    let newest = if line.is_array() { &line[0] } else { &line };
    newest["run"].as_str().unwrap().to_owned()
}

/// Runs every command of a page; each must end well.
fn walk(name: &str, fair: &Fair) {
    let commands = commands(&page(name));
    assert!(!commands.is_empty(), "{name} shows no command");
    for mut args in commands {
        for arg in args.iter_mut().filter(|arg| *arg == "RUN") {
            *arg = last_run(fair);
        }
        // Off a terminal a question is answered beforehand.
        args.push("--yes".to_owned());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut child = fair.home.command(&args).stdin(Stdio::piped()).spawn().unwrap();
        // Whoever asks for nothing does not read what it is given.
        let _ = child.stdin.take().unwrap().write_all(b"a-key-of-mine\n");
        let ran = ran(child.wait_with_output().unwrap());
        // Here nobody pressed Ctrl-C.
        let nothing_left = args[0] == "resume" && ran.err.contains("is completed already");
        assert!(ran.code == 0 || nothing_left, "{name}: morket {}: {ran:#?}", args.join(" "));
    }
}

#[test]
fn the_first_ten_minutes_go_as_they_are_told() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(20);
    walk("first-ten-minutes.md", &fair);
    let table = fair.home.read("leads.enriched.csv");
    assert!(table.contains(";found;"), "{table}");
}

#[test]
fn money_is_looked_at_as_it_is_told() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(20);
    fair.home.run(&["enrich", "leads.csv", "--want", "email", "--yes"]).ends(0);
    walk("money.md", &fair);
}

#[test]
fn the_plan_of_the_guide_is_a_plan() {
    let plans = blocks(&page("waterfalls.md"), "toml");
    assert_eq!(plans.len(), 1, "one whole plan stands in the page");
    let mut fair = Fair::open(Options::seeded(3), "k");
    fair.home = fair.home.with("MORKET_PEOPLE_DATA_LABS_KEY", "k");
    fair.leads(20);
    let plan: PathBuf = fair.home.write("plan.toml", &plans[0]);
    let planned = fair.home.run(&["plan", "leads.csv", "-p", plan.to_str().unwrap()]);
    planned.ends(0).says("people-data-labs");
}
