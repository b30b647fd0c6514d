//! What `-h` says is part of the contract: it changes when somebody means it to.

use super::support::Home;

const VERBS: &[&str] = &[
    "try",
    "init",
    "plan",
    "enrich",
    "verify",
    "resume",
    "why",
    "export",
    "runs",
    "errors",
    "cancel",
    "retry",
    "sandbox",
    "worker",
    "fields",
    "providers",
    "keys",
    "suppress",
    "forget",
    "doctor",
    "spend",
    "migrate",
    "vault",
    "man",
    "completions",
];

/// Write what it says now with `MORKET_BLESS=1 cargo test -p morket-cli`.
#[test]
fn help_says_what_it_said() {
    let home = Home::new();
    let mut all = home.run(&["-h"]).ends(0).out;
    for verb in VERBS {
        let said = home.run(&[verb, "-h"]).ends(0).out;
        assert!(said.contains("Examples:"), "{verb} shows none");
        all.push_str(&format!("\n$ morket {verb} -h\n{said}"));
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
        home.run(&["completions", shell]).ends(0).says("enrich");
    }
}
