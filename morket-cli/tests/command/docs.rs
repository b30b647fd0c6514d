//! What the documents show works, and they show everything.

use super::support::{Fair, Home, ran};
use clap::CommandFactory;
use morket::providers::sandbox::Options;
use morket_cli::args::Cli;
use serde_json::Value;
use std::{path::Path, process::Command};

const PAGE: &str = include_str!("../../../docs/command.md");

fn examples() -> impl Iterator<Item = &'static str> {
    PAGE.lines().filter_map(|it| it.strip_prefix("$ "))
}

/// The name of the first thing that a list shows.
fn newest(fair: &Fair, list: &[&str], key: &str) -> String {
    let list = fair.home.run(&[list, &["--json"]].concat()).ends(0).out;
    let first = list.lines().next().map(|it| serde_json::from_str::<Value>(it).unwrap());
    first.and_then(|it| Some(it[key].as_str()?.to_owned())).unwrap_or_default()
}

#[test]
fn every_example_runs() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(8);
    let domain = &fair.sandbox.world().demo_rows(1)[0].company_domain;
    fair.home.write("list.csv", format!("Work Email\nada@{domain}\nx@{domain}\n"));
    fair.home.write("broken.csv", "Name,Website\nAda Example,n.a?\nBob Example,example.org\n");
    let bin = Path::new(env!("CARGO_BIN_EXE_morket")).parent().unwrap().display().to_string();
    fair.home.write("dnc.csv", "Mail\nbob@example.com\n");
    std::fs::create_dir(fair.home.path("tapes")).unwrap();
    assert!(examples().count() > 60, "they are not found");
    for line in examples() {
        let (line, code) = line.split_once("# ends with ").unwrap_or((line, "0"));
        let run = newest(&fair, &["runs"], "run");
        let hook = newest(&fair, &["webhooks", "list"], "id");
        let sent = match hook.is_empty() {
            true => String::new(),
            false => newest(&fair, &["webhooks", "deliveries", &hook], "id"),
        };
        let mut command = Command::new("bash");
        fair.home.surround(command.args(["-c", &format!("set -o pipefail; {line}")]));
        command.env("PATH", format!("{bin}:/usr/bin:/bin"));
        command.env("RUN", run).env("HOOK", hook).env("DELIVERY", sent);
        let ran = ran(command.output().unwrap());
        assert_eq!(ran.code, code.trim().parse::<i32>().unwrap(), "{line}: {ran:#?}");
        if line.contains("--json") && !line.contains('>') {
            let last = ran.out.lines().last().unwrap_or_default();
            assert!(serde_json::from_str::<Value>(last).is_ok(), "{line}: {ran:#?}");
        }
    }
}

#[test]
fn every_setting_is_shown_and_can_be_set() {
    let home = Home::new();
    let shown = PAGE.split("All there are:\n\n```toml\n").nth(1).unwrap();
    let shown = shown.split("```").next().unwrap();
    home.settle(shown);
    home.run(&["runs"]).ends(0);
    for (wrong, at) in [("nonsense = 1", ""), ("nonsense = 1", "[providers.hunter]\n")] {
        home.settle(format!("{at}{wrong}\n"));
        let told = home.run(&["runs"]).ends(2).err;
        let keys: Vec<&str> = told.split("expected ").nth(1).unwrap().split('`').collect();
        assert!(keys.len() > 4, "{told}");
        for key in keys.iter().skip(1).step_by(2) {
            assert!(shown.contains(key), "{key} is not shown");
        }
    }
}

#[test]
fn every_verb_and_flag_is_shown() {
    let command = Cli::command();
    for verb in command.get_subcommands() {
        let name = verb.get_name();
        assert!(PAGE.contains(&format!("morket {name}")), "{name} is not shown");
        let inner = verb.get_subcommands().filter(|it| it.get_name() != "help");
        for verb in inner.chain([verb]) {
            let flags = verb.get_arguments().filter(|it| !it.is_hide_set());
            for flag in flags.filter_map(|it| it.get_long()).filter(|it| *it != "help") {
                assert!(PAGE.contains(&format!("--{flag}")), "{name} --{flag} is not shown");
            }
        }
        let inner = verb.get_subcommands().map(|it| it.get_name()).filter(|it| *it != "help");
        for it in inner {
            assert!(PAGE.contains(&format!("morket {name} {it}")), "{name} {it} is not shown");
        }
    }
}
