//! What `-h` says is part of the contract: it changes when somebody means it to.

use super::support::Home;
use clap::CommandFactory;
use morket_cli::args::Cli;

/// Every verb, and the verbs of each.
fn verbs() -> Vec<Vec<String>> {
    let inner = |of: &clap::Command| -> Vec<clap::Command> {
        of.get_subcommands().filter(|it| it.get_name() != "help").cloned().collect()
    };
    let mut all = Vec::new();
    for verb in inner(&Cli::command()) {
        let name = verb.get_name().to_owned();
        all.push(vec![name.clone()]);
        all.extend(inner(&verb).iter().map(|it| vec![name.clone(), it.get_name().to_owned()]));
    }
    all
}

/// Write what it says now with `MORKET_BLESS=1 cargo test -p morket-cli`.
#[test]
fn help_says_what_it_said() {
    let home = Home::new();
    let mut all = home.run(&["-h"]).ends(0).out;
    for verb in verbs() {
        let args: Vec<&str> = verb.iter().map(String::as_str).chain(["-h"]).collect();
        let said = home.run(&args).ends(0).out;
        assert!(verb.len() > 1 || said.contains("Examples:"), "{verb:?} shows none");
        all.push_str(&format!("\n$ morket {}\n{said}", args.join(" ")));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/command/help.txt");
    if std::env::var_os("MORKET_BLESS").is_some() {
        std::fs::write(path, &all).unwrap();
    }
    let before = std::fs::read_to_string(path).unwrap_or_default();
    for (number, (now, before)) in all.lines().zip(before.lines()).enumerate() {
        assert_eq!(now, before, "line {}", number + 1);
    }
    assert_eq!(all.lines().count(), before.lines().count());
}

#[test]
fn whoever_types_wrong_is_helped() {
    let home = Home::new();
    home.run(&[]).ends(2).says("morket try");
    home.run(&["enrihc"]).ends(2).says("enrich");
    home.run(&["plan", "--wnat", "email"]).ends(2).says("--want");
    home.run(&["--version"]).ends(0).says("morket 0.");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = home.run(&["completions", shell]).ends(0);
        for verb in verbs() {
            assert!(script.out.contains(verb.last().unwrap()), "{shell}: {verb:?}");
        }
    }
}
