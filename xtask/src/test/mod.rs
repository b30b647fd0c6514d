//! Everything that must hold before a merge, in one command with one closing line.

mod book;
mod output;
pub(crate) mod report;
mod suite;
mod tally;
mod usage;

use crate::{
    command, properties, repository,
    services::Session,
    setup::{self, Tools},
    tidy,
};
use anyhow::{Context, Result, bail};
use cargo_metadata::{Metadata, MetadataCommand};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, ExitCode, Stdio},
};
use tally::Tally;
use usage::Usage;

pub(crate) const HELP: &str = "\
cargo xtask test [--quick]

Everything that must hold before a merge: format, clippy, tidy, licences, the book, then beside
the real services every unit, integration and documentation test, every example, short crash runs
and the table of properties. Stops at the first step that fails; tests run to their end. What is
missing on the machine is installed when run as root on Debian, otherwise named.

The closing lines say which services were touched and skipped and how long each step took. The
last line reads `N passed, N failed, N skipped`, where each step that is not a test counts as one.
With CI=true a skip is a failure. Results stay in morket-report.json in the build directory.

  --quick   leave out licences, the book and crash runs

  cargo xtask test
  CI=true cargo xtask test
";

/// The crash runs of every test run: long enough to meet most moments, short enough for a merge.
const CRASH_RUNS: &[(&str, &[&str])] = &[
    ("sqlite", &["--kills", "20"]),
    ("postgres", &["--kills", "10"]),
    ("sqlite", &["--kills", "8", "--job", "--records", "200"]),
    ("postgres", &["--kills", "8", "--job", "--records", "200"]),
];

pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let quick = match args {
        [] => false,
        [flag] if flag == "--quick" => true,
        _ => bail!("test takes only --quick"),
    };
    let mut tally = Tally::default();
    let mut usage = Usage::default();
    let stopped = steps(&mut tally, &mut usage, quick).err();
    println!();
    if let Some(error) = &stopped {
        println!("stopped: {error:#}");
        // What could not even be tried must not read as a clean run.
        tally.failed = tally.failed.max(1);
    }
    for line in usage.lines().iter().chain(&tally.lines()) {
        println!("{line}");
    }
    println!("{}", tally.closing());
    let skips_count = repository::in_ci() && tally.skipped > 0;
    let good = stopped.is_none() && tally.failed == 0 && !skips_count;
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn steps(tally: &mut Tally, usage: &mut Usage, quick: bool) -> Result<()> {
    let tools = tally.time("setup", setup::ensure)?;
    static_steps(tally, &tools, quick)?;
    let mut session = tally.time("services", || Session::start(&[]))?;
    let metadata = MetadataCommand::new()
        .manifest_path(repository::root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("asking cargo for the packages")?;
    suite::run(tally, usage, &mut session, &metadata, &tools)?;
    session.assert_alive()?;
    examples(tally, &mut session, &metadata)?;
    if !quick {
        crash_runs(tally, &mut session)?;
    }
    tally.step("properties", properties::is_current)?;
    floors(tally, usage)
}

/// What needs no service and no build of the tests.
fn static_steps(tally: &mut Tally, tools: &Tools, quick: bool) -> Result<()> {
    tally.step("fmt", || succeeds(&mut command::cargo(&["fmt", "--all", "--check"])))?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--all-features"];
    let deny_warnings = ["--", "-D", "warnings"];
    tally.step("clippy", || succeeds(command::cargo(&clippy).args(deny_warnings)))?;
    tally.step("tidy", tidy::is_clean)?;
    if let Some(program) = tools.deny.as_ref().filter(|_| !quick) {
        let mut deny = Command::new(program);
        deny.current_dir(repository::root());
        deny.args(["--log-level", "error", "check", "licenses", "bans", "sources"]);
        tally.step("deny", || succeeds(&mut deny))?;
    }
    if let Some(program) = tools.book.as_ref().filter(|_| !quick) {
        tally.step("book", || book::is_whole(program))?;
    }
    Ok(())
}

fn succeeds(command: &mut Command) -> Result<bool> {
    Ok(command::status(command)?.success())
}

/// Each example ends well and says something.
fn examples(tally: &mut Tally, session: &mut Session, metadata: &Metadata) -> Result<()> {
    let package = metadata.packages.iter().find(|package| package.name == "morket-examples");
    let targets = package.into_iter().flat_map(|package| &package.targets);
    for target in targets.filter(|target| target.is_example()) {
        tally.step(&format!("example {}", target.name), || {
            let mut cargo = command::cargo(&["run", "-q", "-p", "morket-examples", "--example"]);
            cargo.arg(&target.name).stdout(Stdio::piped());
            let mut lines = 0;
            let status = session.run_and(&mut cargo, |child| each_line(child, |_| lines += 1))?;
            if lines == 0 {
                println!("it printed nothing");
            }
            Ok(status.success() && lines > 0)
        })?;
    }
    Ok(())
}

/// Prints and hands on each line that the child writes.
fn each_line(child: &mut Child, mut each: impl FnMut(&str)) -> Result<()> {
    let output = child.stdout.take().context("the child's output")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        each(&line);
    }
    Ok(())
}

fn crash_runs(tally: &mut Tally, session: &mut Session) -> Result<()> {
    if !repository::root().join("benches/src/bin/crash.rs").exists() {
        return Ok(());
    }
    let program = std::env::current_exe().context("finding this program")?;
    for (store, how) in CRASH_RUNS {
        let what = if how.contains(&"--job") { "crash job" } else { "crash" };
        tally.step(&format!("{what} {store}"), || {
            let mut crash = Command::new(&program);
            crash.args(["crash", "--store", store]).args(*how);
            Ok(session.run(&mut crash)?.success())
        })?;
    }
    Ok(())
}

/// In CI, each service was touched by as many tests as must be.
fn floors(tally: &mut Tally, usage: &Usage) -> Result<()> {
    if !repository::in_ci() {
        return Ok(());
    }
    tally.step("floors", || {
        let below = usage.below_floor();
        below.iter().for_each(|line| println!("{line}"));
        Ok(below.is_empty())
    })
}
