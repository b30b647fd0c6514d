//! `cargo test` over the workspace: built, run, read, counted.

use super::{
    each_line,
    output::{self, Reader},
    report::{Report, Status, TestResult},
    tally::Tally,
    usage::{Usage, UsageFiles},
};
use crate::{command, services::Session, setup::Tools};
use anyhow::{Context, Result, bail};
use cargo_metadata::Metadata;
use std::{io::BufReader, process::Stdio};

/// Unit, integration and documentation tests of every package.
pub(super) fn run(
    tally: &mut Tally,
    usage: &mut Usage,
    session: &mut Session,
    metadata: &Metadata,
    tools: &Tools,
) -> Result<()> {
    let arguments = ["test", "--workspace", "--all-features", "--no-fail-fast"];
    let targets = tally.time("build tests", || build(&arguments, metadata))?;
    let files = UsageFiles::create()?;
    let mut reader = Reader::new(targets);
    let mut cargo = command::joined(&command::cargo(&arguments));
    cargo.envs(files.variables()).stdout(Stdio::piped());
    if let Some(python) = &tools.python {
        cargo.env("MORKET_TEST_PYTHON", python);
    }
    if let Some(modules) = &tools.node_modules {
        cargo.env("MORKET_TEST_NODE_MODULES", modules);
    }
    let status = tally.time("tests", || {
        session.run_and(&mut cargo, |child| each_line(child, |line| reader.line(line)))
    })?;
    *usage = files.read();
    let report = Report::new(reader.results, usage);
    report.save()?;
    count(tally, usage, &report);
    let failed = report.tests.iter().filter(|test| test.status == Status::Failed);
    for TestResult { target, name, .. } in failed {
        println!("failed: {target}::{name}");
    }
    if !status.success() {
        // A test program that died said nothing about the test it was in.
        tally.failed = tally.failed.max(1);
        bail!("tests failed");
    }
    Ok(())
}

/// A skipped test is `ok` to the harness; here it counts once, as what it is.
fn count(tally: &mut Tally, usage: &Usage, report: &Report) {
    let ok = report.count(Status::Passed) + report.count(Status::Skipped);
    tally.passed += ok.saturating_sub(usage.missed());
    tally.failed += report.count(Status::Failed);
    tally.skipped += usage.missed() + report.count(Status::Ignored);
}

/// Compiles the tests, and learns which program is which.
fn build(arguments: &[&str], metadata: &Metadata) -> Result<output::Targets> {
    let mut cargo = command::cargo(arguments);
    cargo.args(["--no-run", "--message-format=json-render-diagnostics"]);
    let mut child = cargo.stdout(Stdio::piped()).spawn().context("building the tests")?;
    let messages = child.stdout.take().context("the build's messages")?;
    let targets = output::targets(BufReader::new(messages), metadata);
    if !child.wait()?.success() {
        bail!("the tests do not compile");
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_test_counts_once() {
        let test = |name: &str, status| TestResult {
            target: "morket-store-postgres".to_owned(),
            name: name.to_owned(),
            status,
        };
        let usage = Usage::parse("", "postgres\tp045_refund\n");
        let tests = vec![
            test("p045_refund", Status::Passed),
            test("p046_net", Status::Passed),
            test("p047_broken", Status::Failed),
        ];
        let mut tally = Tally::default();
        count(&mut tally, &usage, &Report::new(tests, &usage));
        assert_eq!(tally.closing(), "1 passed, 1 failed, 1 skipped");
    }
}
