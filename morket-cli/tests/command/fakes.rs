//! `sandbox`: what it prints leads to every fake vendor, for whoever names it.

use super::support::{Home, Ran, ran};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Stdio},
};

/// A sandbox of the command's own, which ends with its standard input.
struct Served {
    child: Child,
    text: String,
}

impl Served {
    fn start(home: &Home, args: &[&str], lines: impl Fn(&str) -> bool) -> Self {
        let mut command = home.command(&[&["sandbox", "--attached"], args].concat());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let (mut text, mut last) = (String::new(), String::new());
        let mut out = BufReader::new(child.stdout.take().unwrap());
        while !lines(&last) {
            last.clear();
            assert_ne!(out.read_line(&mut last).unwrap(), 0, "it ended: {text}");
            text.push_str(&last);
        }
        Self { child, text }
    }

    fn end(mut self) -> i32 {
        drop(self.child.stdin.take());
        self.child.wait().unwrap().code().unwrap()
    }
}

fn is_last(line: &str) -> bool {
    line.contains("github")
}

fn run(home: &Home, args: &[&str]) -> Ran {
    let mut command = home.command(args);
    command.env("MORKET_CONFIG", "fakes.toml");
    for vendor in ["FINDYMAIL", "BOUNCER", "LEADMAGIC", "NEVERBOUNCE", "MILLIONVERIFIER"] {
        command.env(format!("MORKET_{vendor}_KEY"), "any");
    }
    ran(command.env("MORKET_APOLLO_KEY", "scoped").output().unwrap())
}

#[test]
fn what_the_sandbox_prints_leads_a_run_to_every_fake_vendor() {
    let home = Home::new();
    let served = Served::start(&home, &["--seed", "3"], is_last);
    home.write("fakes.toml", &served.text);
    let rows = morket::providers::sandbox::World::new(3).demo_rows(10);
    let row = |it: &morket::providers::sandbox::DemoRow| {
        format!("{},{},{}\n", it.first_name, it.last_name, it.company_domain)
    };
    let rows: String = rows.iter().map(row).collect();
    home.write("leads.csv", format!("First Name,Last Name,Website\n{rows}"));

    let enrich = ["enrich", "leads.csv", "--want", "email", "--yes", "--json"];
    let asked = ["--waterfall", "email=findymail,leadmagic", "--verify", "email=bouncer"];
    let told = run(&home, &[&enrich[..], &asked].concat()).ends(0);
    let last: serde_json::Value = serde_json::from_str(told.out.lines().last().unwrap()).unwrap();
    assert!(last["found"].as_u64().unwrap() >= 2, "{told:#?}");
    for vendor in ["findymail", "leadmagic"] {
        assert!(last["cost"]["byProvider"][vendor]["calls"].as_u64() > Some(0), "{last}");
    }
    // What fakes say stands in a store of its own.
    assert!(home.path("fakes.db").is_file());
    assert!(!home.root().join(".local/share/morket/morket.db").exists());

    home.write("list.csv", "Email\ninfo@copperline-robotics.example\nx@gmail.com\n");
    for by in ["neverbounce", "millionverifier", "bouncer"] {
        let output = format!("{by}.csv");
        let verify = ["verify", "list.csv", "--by", by, "--yes", "--min-fill", "0%"];
        run(&home, &[&verify[..], &["-o", &output]].concat()).ends(0);
    }
    // A key that may be checked and not used.
    run(&home, &["keys", "test", "apollo"]).ends(0);
    // Found by itself, such a file says nothing of where keys go.
    std::fs::rename(home.path("fakes.toml"), home.path("morket.toml")).unwrap();
    let found = home.run(&["runs"]).ends(2);
    assert!(found.err.contains("egress"), "{found:#?}");
    assert_eq!(served.end(), 0);
}

#[test]
fn for_programs_each_vendor_has_a_line() {
    let home = Home::new();
    let served = Served::start(&home, &["--json"], is_last);
    let lines =
        served.text.lines().map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap());
    let slugs: Vec<_> = lines.map(|it| it["provider"].as_str().unwrap().to_owned()).collect();
    let all = morket::providers::sandbox::Vendor::ALL.map(|it| it.slug().to_owned());
    assert_eq!(slugs, all);
    assert_eq!(served.end(), 0);
}
