//! Ctrl-C keeps what was paid for, and so does SIGTERM, which supervisors send.

use super::support::{Fair, Home, ran};
use morket::providers::sandbox::{Latency, Limits, Options};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::Child,
    time::Duration,
};

fn send(child: &Child, signal: Signal) {
    let pid = Pid::from_raw(child.id().try_into().unwrap()).unwrap();
    kill_process(pid, signal).unwrap();
}

/// A run that is told to end so.
fn check(signal: Signal) {
    let latency = Latency { least: Duration::from_millis(150), spread: Duration::ZERO };
    let options = Options::seeded(3).for_each_vendor(|it| {
        it.latency = latency;
        it.limits = Limits::Off;
    });
    let fair = Fair::open(options, "k");
    fair.leads(40);
    let args = [
        "enrich",
        "leads.csv",
        "--want",
        "email",
        "--waterfall",
        "email=hunter",
        "--yes",
        "--json",
    ];
    let child = fair.home.command(&args).spawn().unwrap();
    // Once a vendor was asked, the run is under way.
    while fair.sandbox.log(0, 1).is_empty() {
        std::thread::yield_now();
    }
    send(&child, signal);
    let stopped = ran(child.wait_with_output().unwrap()).ends(130).says("morket resume");
    assert!(stopped.err.starts_with("Ctrl-C: what is in flight comes in"), "{stopped:#?}");
    let after = fair.home.read("leads.enriched.csv");
    assert_eq!(after.lines().count(), 41);
    assert!(after.contains(";pending;"), "it was interrupted");
    let line: serde_json::Value = serde_json::from_str(stopped.out.trim()).unwrap();
    let run = line["run"].as_str().unwrap();
    assert_eq!(line["status"], "running");
    fair.home.run(&["runs"]).ends(0).says("interrupted").says(&format!("morket resume {run}"));
    let runs = |home: &Home| -> serde_json::Value {
        serde_json::from_str(home.run(&["runs", "--json"]).ends(0).out.trim()).unwrap()
    };
    assert_eq!(runs(&fair.home)["status"], "interrupted");
    assert!(runs(&fair.home)["interruptedFor"].is_u64());
    fair.home.run(&["resume", run]).ends(0);
    assert!(!fair.home.read("leads.enriched.csv").contains(";pending;"));
    assert_eq!(runs(&fair.home)["status"], "completed");
    assert!(runs(&fair.home)["interruptedFor"].is_null());
    let calls = fair.sandbox.log(0, 10_000);
    let mut seen = BTreeSet::new();
    let twice = calls.iter().filter(|it| !seen.insert(format!("{:?}", it.input))).count();
    assert_eq!(twice, 0, "what was in flight came in, and nothing was asked twice");
}

#[test]
fn an_interrupted_run_leaves_a_whole_file_and_goes_on() {
    check(Signal::INT);
    check(Signal::TERM);
}

#[test]
fn a_worker_that_is_told_to_end_ends_in_order() {
    for signal in [Signal::INT, Signal::TERM] {
        let home = Home::new();
        let mut worker = home.command(&["worker"]).spawn().unwrap();
        let mut told = BufReader::new(worker.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(told.any(|it| it.starts_with("Working")));
        send(&worker, signal);
        assert_eq!(worker.wait().unwrap().code(), Some(0), "{signal:?}");
    }
}
