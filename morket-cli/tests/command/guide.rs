//! The guide, walked as it is written: each command of a page, one after the other, and each plan.

use super::support::{Fair, ran};
use morket::providers::sandbox::{Options, Vendor};
use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn page(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    std::fs::read_to_string(docs.join(name)).unwrap()
}

/// What stands in the blocks of one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    let starts = page.split(&fence).skip(1);
    starts.map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The `morket` commands of a page, without what a `#` says of them.
fn commands(page: &str) -> Vec<String> {
    let blocks = blocks(page, "console");
    let lines = blocks.iter().flat_map(|block| block.lines());
    let ours =
        lines.filter_map(|line| line.strip_prefix("$ ")).filter(|it| it.starts_with("morket "));
    ours.map(|line| line.split(" #").next().unwrap().trim().to_owned()).collect()
}

/// The name of the first thing that a list shows.
fn newest(fair: &Fair, list: &[&str], key: &str) -> String {
    let list = fair.home.run(&[list, &["--json"]].concat()).ends(0);
    let line: Value = serde_json::from_str(list.out.lines().next().unwrap()).unwrap();
    line[key].as_str().unwrap().to_owned()
}

/// Runs every command of a page; each must end well. What serves until it is ended is `served`.
fn walk(name: &str, fair: &Fair, served: &dyn Fn()) {
    let commands = commands(&page(name));
    assert!(!commands.is_empty(), "{name} shows no command");
    let bin = Path::new(env!("CARGO_BIN_EXE_morket")).parent().unwrap().display();
    for line in commands {
        if line == "morket worker" {
            served();
            continue;
        }
        let words: Vec<&str> = line.split(' ').collect();
        let named = words.iter().map(|word| match *word {
            "RUN" => newest(fair, &["runs"], "run"),
            "ID" => newest(fair, &["webhooks", "list"], "id"),
            "DELIVERY" => {
                let hook = newest(fair, &["webhooks", "list"], "id");
                newest(fair, &["webhooks", "deliveries", &hook], "id")
            }
            word => word.to_owned(),
        });
        // Off a terminal a question is answered beforehand.
        let yes = if words.contains(&"--yes") { "" } else { " --yes" };
        let line = named.collect::<Vec<_>>().join(" ") + yes;
        let mut command = Command::new("bash");
        fair.home.surround(command.args(["-c", &line]));
        command.env("PATH", format!("{bin}:/usr/bin:/bin")).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // Whoever asks for nothing does not read what it is given.
        let _ = child.stdin.take().unwrap().write_all(b"a-key-of-mine\n");
        let ran = ran(child.wait_with_output().unwrap());
        // Here nobody pressed Ctrl-C.
        let nothing_left = words[1] == "resume" && ran.err.contains("is completed already");
        // Nor does the sandbox play a vendor that is made up.
        let asked = words.contains(&"--live") || words.contains(&"--answer");
        let made_up = asked && ran.out.contains("answer 404");
        assert!(ran.code == 0 || nothing_left || made_up, "{name}: {line}: {ran:#?}");
    }
}

fn nothing() {}

#[test]
fn the_first_ten_minutes_go_as_they_are_told() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(20);
    walk("guide/first-ten-minutes.md", &fair, &nothing);
    let table = fair.home.read("leads.enriched.csv");
    assert!(table.contains(";found;"), "{table}");
}

#[test]
fn money_is_looked_at_as_it_is_told() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(20);
    fair.home.run(&["enrich", "leads.csv", "--want", "email", "--yes"]).ends(0);
    walk("guide/money.md", &fair, &nothing);
}

#[test]
fn the_plan_of_the_guide_is_a_plan() {
    let plans = blocks(&page("guide/waterfalls.md"), "toml");
    assert_eq!(plans.len(), 1, "one whole plan stands in the page");
    let mut fair = Fair::open(Options::seeded(3), "k");
    fair.home = fair.home.with("MORKET_PEOPLE_DATA_LABS_KEY", "k");
    fair.leads(20);
    let plan: PathBuf = fair.home.write("plan.toml", &plans[0]);
    let planned = fair.home.run(&["plan", "leads.csv", "-p", plan.to_str().unwrap()]);
    planned.ends(0).says("people-data-labs");
}

#[test]
fn people_are_left_alone_and_forgotten_as_it_is_told() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.home.write("dnc.csv", "Mail\nbob@example.com\n");
    std::fs::create_dir(fair.home.path("tapes")).unwrap();
    walk("privacy.md", &fair, &nothing);
}

#[test]
fn a_vendor_is_described_as_it_is_told() {
    let fair = Fair::open(Options::seeded(3), "k");
    let base = fair.sandbox.base_url(Vendor::Hunter);
    let settings = fair.home.settled();
    let acme = format!("[providers.acme]\nbase_url = \"{base}\"\n");
    let settings = format!("providers_dir = {:?}\n{settings}{acme}", fair.home.path("vendors"));
    fair.home.settle(settings);
    std::fs::create_dir(fair.home.path("vendors")).unwrap();
    walk("manifests.md", &fair, &nothing);
    let kept = fair.home.read("acme.json");
    assert!(!kept.contains("a-key-of-mine"), "{kept}");
}

#[cfg(unix)]
#[test]
fn webhooks_are_told_of_as_it_is_told() {
    use rustix::process::{Pid, Signal, kill_process};
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(2);
    // Nobody is there: what happens while the endpoint is off is dead at once.
    let works = || {
        let hook = newest(&fair, &["webhooks", "list"], "id");
        fair.home.run(&["webhooks", "disable", &hook]).ends(0);
        fair.home.run(&["enrich", "leads.csv", "--want", "email", "--yes"]).ends(0);
        let worker = fair.home.command(&["worker"]).spawn().unwrap();
        let dead = ["webhooks", "deliveries", &hook, "--state", "dead", "--json"];
        while fair.home.run(&dead).ends(0).out.is_empty() {
            std::thread::yield_now();
        }
        kill_process(Pid::from_raw(worker.id().try_into().unwrap()).unwrap(), Signal::INT).unwrap();
        ran(worker.wait_with_output().unwrap()).ends(0);
        fair.home.run(&["webhooks", "enable", &hook]).ends(0);
    };
    walk("webhooks.md", &fair, &works);
}
