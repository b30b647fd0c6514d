//! How the command ends when the machine, the network or the user gets in its way.

use super::{
    support::{Fair, Home, ran},
    terminal::screen,
};
use morket::{
    Clock, SystemClock, VendorUnits,
    providers::sandbox::{Latency, Limits, Options, Rate},
};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    process::{Child, Command},
    time::Duration,
};

const ENRICH: &[&str] =
    &["enrich", "leads.csv", "--want", "email", "--waterfall", "email=hunter", "--yes"];

fn enrich<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [ENRICH, more].concat()
}

/// Vendors that take so long to answer.
pub(super) fn slow(least: Duration) -> Options {
    Options::seeded(3).for_each_vendor(|it| {
        it.latency = Latency { least, spread: Duration::ZERO };
        it.limits = Limits::Off;
    })
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_raw(child.id().try_into().unwrap()).unwrap(), signal).unwrap();
}

/// Waits until a vendor was asked so often.
pub(super) fn asked(fair: &Fair, times: usize) {
    while fair.sandbox.log(0, times).len() < times {
        std::thread::yield_now();
    }
}

fn run_of(home: &Home) -> String {
    let runs = home.run(&["runs", "--json"]).ends(0).out;
    let line: serde_json::Value = serde_json::from_str(runs.lines().next().unwrap()).unwrap();
    line["run"].as_str().unwrap().to_owned()
}

#[test]
fn a_disk_that_is_full_costs_no_result() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(5);
    let full = fair.home.run(&enrich(&["-o", "/dev/full"])).ends(1);
    let full = full.says("No space left on device").says("nothing is lost");
    let command = full.err.split("morket export ").nth(1).unwrap();
    let run = command.split(' ').next().unwrap();
    let calls = fair.sandbox.log(0, 1_000).len();
    fair.home.run(&["export", run, "-o", "saved.csv"]).ends(0);
    assert_eq!(fair.home.read("saved.csv").lines().count(), 6);
    assert_eq!(fair.sandbox.log(0, 1_000).len(), calls, "nobody is asked for it again");
    fair.home.run(&["export", run, "-o", "/dev/full", "--force"]).ends(1);
    assert!(std::path::Path::new("/dev/full").exists(), "a device is never replaced");
}

#[test]
fn an_output_that_cannot_be_made_is_told_before_anybody_is_asked() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(2);
    fair.home.run(&enrich(&["-o", "none/out.csv"])).ends(1).says("none/out.csv.partial");
    fair.home.run(&enrich(&["-o", "."])).ends(2).says("is a folder");
    assert!(fair.sandbox.log(0, 10).is_empty());
}

#[test]
fn whoever_reads_one_line_is_served_one_line() {
    let fair = Fair::open(Options::seeded(3), "k");
    fair.leads(3);
    let morket = env!("CARGO_BIN_EXE_morket");
    for (verb, first) in [
        ("enrich leads.csv --want email --yes -o -", "\u{feff}Name;Company;Website;Note;email;"),
        ("fields", " field "),
        ("plan leads.csv --want email", " column "),
        ("completions bash", "_morket()"),
        ("man", ".ie"),
    ] {
        let mut command = Command::new("bash");
        let line = format!("set -o pipefail; '{morket}' {verb} | head -n 1");
        fair.home.surround(command.args(["-c", &line]));
        command.env("PATH", "/usr/bin:/bin");
        let ran = ran(command.output().unwrap()).ends(0);
        assert!(ran.out.starts_with(first), "{verb}: {ran:#?}");
        assert_eq!(ran.out.lines().count(), 1, "{verb}");
        assert!(!ran.err.contains("panicked") && !ran.err.contains("pipe"), "{verb}: {ran:#?}");
    }
}

#[test]
fn a_second_interrupt_waits_for_nothing() {
    let fair = Fair::open(slow(Duration::from_secs(60)), "k");
    fair.leads(3);
    let child = fair.home.command(&enrich(&[])).spawn().unwrap();
    asked(&fair, 1);
    signal(&child, Signal::INT);
    signal_until_it_ends(child, &fair);
}

/// The first is drained; one of the next ends it, long before a vendor answers.
fn signal_until_it_ends(mut child: Child, fair: &Fair) {
    let clock = SystemClock::new();
    let began = clock.monotonic();
    while child.try_wait().unwrap().is_none() {
        signal(&child, Signal::INT);
        std::thread::yield_now();
        assert!(clock.monotonic() < began + Duration::from_secs(25), "it waits for vendors");
    }
    let stopped = ran(child.wait_with_output().unwrap());
    let stopped = stopped.ends(130).says("Interrupted; what was paid for is kept.");
    let stopped = stopped.says(&format!("Go on with: morket resume {}", run_of(&fair.home)));
    assert!(!stopped.err.contains("panicked"), "{stopped:#?}");
    let after = fair.home.read("leads.enriched.csv");
    assert_eq!(after.matches(";;pending;").count(), 3, "{after}");
    assert!(after.lines().all(|it| it.matches(';').count() >= 8), "every row is whole: {after}");
}

#[test]
fn what_is_killed_goes_on_and_buys_nothing_twice() {
    let fair = Fair::open(slow(Duration::from_millis(40)), "k");
    fair.leads(60);
    let mut child = fair.home.command(&enrich(&[])).spawn().unwrap();
    asked(&fair, 5);
    signal(&child, Signal::KILL);
    assert_eq!(child.wait().unwrap().code(), None);
    assert!(!fair.home.path("leads.enriched.csv").exists());
    let run = run_of(&fair.home);
    let resumed = fair.home.run(&["resume", &run]);
    let after = fair.home.read("leads.enriched.csv");
    assert!(after.lines().count() == 61 && !after.contains(";pending;"), "{after}");
    // Whose answer was on its way may have been billed, and this vendor would bill it again.
    let calls = fair.sandbox.log(0, 10_000);
    assert!(calls.iter().all(|it| it.attempt == 1), "{calls:?}");
    // What was written down and never sent is lost too: nobody can tell.
    let lost = after.matches(";failed;").count();
    assert!(calls.len() + lost >= 60, "{} asked, {lost} lost: {after}", calls.len());
    assert_eq!(resumed.code, if lost > 0 { 5 } else { 0 }, "{resumed:#?}");
    assert!(lost < 60 && after.contains(";found;"), "{after}");
    let run = fair.home.run(&["runs", "--json"]).ends(0);
    assert!(run.out.lines().count() == 1, "it is one run: {}", run.out);
}

#[test]
fn a_narrow_window_is_not_overrun_and_no_colour_means_none() {
    let fair = Fair::open(slow(Duration::from_millis(400)), "k");
    fair.leads(4);
    let home = fair.home.with("NO_COLOR", "1").with("TERM", "xterm");
    let (code, seen) = screen(&home, &enrich(&[]), 24, &[]);
    assert_eq!(code, 0, "{seen}");
    let quiet = screen(&home, &enrich(&["-q", "--force"]), 24, &[]);
    assert_eq!(quiet, (0, String::new()), "quiet is quiet");
    let drawn: Vec<&str> = seen.split(['\r', '\n']).filter(|it| it.contains("/4 rows")).collect();
    assert!(!drawn.is_empty(), "{seen}");
    for line in drawn {
        let text: String = line.replace("\u{1b}[2K", "");
        assert!(text.trim_end().chars().count() < 24, "{text:?}");
    }
    assert!(!seen.contains("\u{1b}[3") && !seen.contains("\u{1b}[9"), "{seen:?}");
    let (_, plan) = screen(&home, &["plan", "leads.csv", "--want", "email"], 60, &[]);
    let table = plan.lines().filter(|it| it.starts_with(' ')).map(|it| it.trim_end().chars());
    assert!(table.clone().count() > 6 && table.clone().all(|it| it.count() < 60), "{plan}");
    let (_, help) = screen(&home, &["enrich", "--help"], 40, &[]);
    assert!(!help.contains("\u{1b}["), "{help:?}");
}

#[test]
fn what_cannot_be_finished_ends_with_its_code_and_the_command_to_go_on() {
    let poor = Options::seeded(3).for_each_vendor(|it| it.credits = VendorUnits(2_000));
    let busy = Options::seeded(3).for_each_vendor(|it| it.faults.throttled = Rate::ALWAYS);
    for (options, wait, code, says) in [
        (
            poor,
            "15m",
            4,
            "hunter is out of credits: top it up, or give another key in MORKET_HUNTER_KEY; then:",
        ),
        (busy, "1s", 5, "No row came to its end for as long as --max-wait allows."),
    ] {
        let fair = Fair::open(options, "k");
        fair.leads(6);
        let ran = fair.home.run(&enrich(&["--json", "--max-wait", wait])).ends(code).says(says);
        let line: serde_json::Value = serde_json::from_str(ran.out.trim()).unwrap();
        assert!(line["pending"].as_u64().unwrap() > 0, "{line}");
        ran.says(&format!("morket resume {}", run_of(&fair.home)));
        assert_eq!(fair.home.read("leads.enriched.csv").lines().count(), 7, "the file is whole");
    }
}
