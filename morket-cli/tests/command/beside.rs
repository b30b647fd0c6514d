//! Two commands on one SQLite file at once: each runs its own job, and they share what is bought.

use super::{
    ends::{asked, slow},
    support::{Fair, ran},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    process::Child,
    time::Duration,
};

const ROWS: usize = 40;

fn begin(fair: &Fair, output: &str) -> Child {
    let args = ["enrich", "leads.csv", "--want", "email", "--waterfall", "email=hunter", "--yes"];
    fair.home.command(&[&args[..], &["--json", "-o", output]].concat()).spawn().unwrap()
}

/// Runs the same list twice at once, the first perhaps interrupted; what is asked is asked once.
fn check(interrupted: bool) {
    let fair = Fair::open(slow(Duration::from_millis(150)), "k");
    fair.leads(ROWS);
    let first = begin(&fair, "first.csv");
    asked(&fair, 1);
    let second = begin(&fair, "second.csv");
    if interrupted {
        asked(&fair, 3);
        let pid = Pid::from_raw(first.id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::INT).unwrap();
    }
    let first = ran(first.wait_with_output().unwrap());
    let second = ran(second.wait_with_output().unwrap()).ends(0);
    let line = |out: &str| serde_json::from_str::<Value>(out.trim()).unwrap();
    assert_eq!(line(&second.out)["pending"], 0, "{second:#?}");
    if interrupted {
        let first = first.ends(130);
        let run = line(&first.out)["run"].as_str().unwrap().to_owned();
        fair.home.run(&["resume", &run]).ends(0);
    } else {
        first.ends(0);
    }
    let found = |name: &str| -> Vec<String> {
        // The note holds a delimiter too.
        let cells = |line: &str| line.split(';').skip(5).take(2).collect::<Vec<_>>().join(";");
        fair.home.read(name).lines().skip(1).map(cells).collect()
    };
    assert_eq!(found("first.csv"), found("second.csv"), "{interrupted}");
    assert!(found("first.csv").iter().any(|it| it.ends_with(";found")));
    let calls = fair.sandbox.log(0, 1_000);
    let inputs: BTreeSet<&String> = calls.iter().map(|it| &it.input).collect();
    assert_eq!(inputs.len(), calls.len(), "somebody was asked about twice");
    let spent = line(&fair.home.run(&["spend", "--json"]).ends(0).out);
    let counted = &spent["byProvider"]["hunter"]["calls"];
    assert_eq!(*counted, calls.len(), "a call that served both is one: {spent}");
}

#[test]
fn two_commands_on_one_file_buy_nothing_twice() {
    check(false);
}

#[test]
fn an_interrupt_of_one_does_not_stop_the_other() {
    check(true);
}

/// Who was killed had asked something: the other does not ask it, says what it waits for, and comes
/// to its end once somebody goes on with the dead one.
#[test]
fn what_a_killed_command_had_asked_is_told_and_resumed() {
    // method: crash
    let fair = Fair::open(slow(Duration::from_millis(400)), "k");
    fair.leads(ROWS);
    let mut first = begin(&fair, "first.csv");
    asked(&fair, 1);
    let mut second = begin(&fair, "second.csv");
    asked(&fair, 2);
    first.kill().unwrap();
    first.wait().unwrap();
    let mut lines = BufReader::new(second.stderr.take().unwrap()).lines().map(Result::unwrap);
    let said = lines.find(|it| it.contains("was interrupted")).unwrap();
    let run = said.split_whitespace().nth(1).unwrap();
    assert!(said.contains(&format!("`morket resume {run}`")), "{said}");
    let calls = fair.sandbox.log(0, 1_000);
    let inputs: BTreeSet<&String> = calls.iter().map(|it| &it.input).collect();
    assert_eq!(inputs.len(), calls.len(), "somebody was asked about twice");
    fair.home.run(&["runs"]).ends(0).says("interrupted");
    fair.home.run(&["resume", run]);
    let second = ran(second.wait_with_output().unwrap());
    let line: Value = serde_json::from_str(second.out.trim()).unwrap();
    assert_eq!(line["pending"], 0, "{second:#?}");
}
