//! Commands that build a program of ours and hand their arguments on.

use crate::{
    command,
    services::{self, Session},
};
use anyhow::{Context, Result};
use std::process::{Command, ExitCode};

pub(crate) const CRASH_HELP: &str = "\
cargo xtask crash [--job --records N] --store sqlite|postgres --kills N [--seed S]

Lets eight tasks move credits and run small jobs on a store, and kills them N times with SIGKILL, at
moments drawn from the seed and only while something is in flight. With postgres it starts a server
of its own, with its default durability, and every third kill takes that too. A witness keeps what
was begun and what was acknowledged; after every kill an auditor that reads nothing but SQL compares
it with the tables: sums, keys, holds, steps, counters, events and the hash chain. What was in
flight is done again under the same keys. At the end every job is finished and audited once more.

What is done and after how many answers it is killed follow from the seed, which is printed; how the
tasks interleave does not.

The last line is a JSON object: store, seed, commit, kills, operations, lost, double, negative,
chainOk, recoveryMsMax. lost, double and negative are 0 and chainOk is true when all is well, and
then the exit status is 0; every finding is printed in words on standard error.

With --job --records N it kills workers that run plans instead: four jobs of N rows in all, in a
prepaid workspace of the sandbox, asked of three of its vendors. Of every hundred calls eight are
throttled, eight meet a 5xx, six are served and billed and their answer is lost, four come back
unreadable and four late. The sandbox is a process of its own that is never killed. On SQLite one
worker runs at a time, on PostgreSQL three, and every fourth kill takes the server too. At the end
the tables and the sandbox's log are compared: each record has one end, each step nets nothing or
its price, an accepted call is charged once, no vendor who must not be asked twice was, others at
most as often as calls were in flight at the kills, no hold is open, the chain holds.

Its last line is a JSON object: store, seed, commit, records, kills, dbKills, calls, found, skipped,
takeovers, ambiguous, lost, double, repeatedCalls, openHolds, chainOk, recoveryMsMax.

With --job --exhaustive nothing is killed by chance: in this process, in memory and on SQLite, a
worker dies at each call it makes to the store or the network, before it takes effect and after, and
another takes over. Twenty records meet every death, three records every pair of deaths; answers are
written down one by one and seven at a time, at vendors who may be asked twice and at such who may
not. All that is left must be what a run without a death leaves.

  cargo xtask crash --store sqlite --kills 20
  cargo xtask crash --store postgres --kills 10 --seed 7
  cargo xtask crash --job --records 5000 --kills 50 --store postgres
  cargo xtask crash --job --exhaustive
";

pub(crate) const SIM_HELP: &str = "\
cargo xtask sim [--seed N] [--seeds K] [--steps M]

Runs the engine on virtual time with workers that crash, freeze, drain and take over from each
other, vendors that fail in every way they have, and a store that answers late, twice or not at
all. Everything follows from the seed N (1); K seeds (1) are run, from N on. A run that takes more
than M steps (100000) counts as stuck. A step is one application of the engine's step function.

One line per seed: the hash of its trace, and how often each thing happened; what must not be
follows under it. The last line says how many steps a second that was. The exit status is not 0
when a promise was broken, and the command that repeats it is printed on standard error; nor when
100000 steps and more were slower than 100000 a second.

  cargo xtask sim --seed 1 --seeds 2000
  cargo xtask sim --seed 42 --steps 100000
";

pub(crate) const HISTORIES_HELP: &str = "\
cargo xtask histories [--record]

Tells every history that is kept in morket-testkit/histories, a folder for each release, to this
build's engine and compares what it commands. One line per history; where it commands something
else, the line of the history, what was expected there and what came. The exit status is then not 0.

With --record it writes the folder of this release anew; those of other releases stay as they are.
When that may be done stands in CONTRIBUTING.md.

  cargo xtask histories
  cargo xtask histories --record
";

pub(crate) const BENCH_HELP: &str = "\
cargo xtask bench NAME [ARGUMENTS...]

Runs the measurement NAME (`ledger` or `engine`) of morket-benches, optimised, beside a PostgreSQL
with its default durability and its data on disk: a number that has not paid for the commit says
nothing. The server's address is exported as MORKET_BENCH_POSTGRES_URL. All further arguments go
to the measurement.

With --json the last line is a JSON object: name, runs (an array of store, writers, operations,
seconds, per_second, p50_us, p99_us) and machine.

`engine` compares the processor time of a job, in memory and on SQLite with full durability, with a
plain loop that sends the same requests to the sandbox: --pairs N (5), --records N (20000). It also
says how many steps each store made durable in a second. With --memory it runs one job of --records
N (1000000) rows of three fields on SQLite instead, and says how much memory that took at most.

  cargo xtask bench ledger
  cargo xtask bench ledger --json
  cargo xtask bench engine
  cargo xtask bench engine --memory --json
";

pub(crate) const SPEND_HELP: &str = "\
cargo xtask spend [--json] [--rows N] [--seed S] [--minutes M]

Runs every row of benches/spend.toml twice, on virtual time and before the sandbox's vendors: as a
job of the engine, and as a plain waterfall that asks vendor by vendor for one field of one row at a
time and remembers nothing. Each row is N people (300) of the world of seed S (1). Both sides must
accept the same values; what each is billed is what the vendors' own books say.

Over all rows the engine may spend 0.75 of what the other side spends, in the vendors' units and, on
rows whose vendors have a price, in dollars; in no row may it spend more at any vendor.

Then it asks each vendor with a published limit for M minutes (10) as fast as it allows. At least
95 % of the limit must be made use of, and no call may be turned away.

The report is JSON, on one line with --json. The exit status is not 0 when a gate is missed.

  cargo xtask spend --json
  cargo xtask spend --rows 1000 --seed 7
";

/// `cargo xtask crash`: the program starts whatever server it means to kill.
pub(crate) fn crash(args: &[String]) -> Result<ExitCode> {
    let mut program = program("crash", args);
    if let Some(programs) = services::postgres_programs() {
        program.env(services::POSTGRES_PROGRAMS, programs);
    }
    Ok(command::exit_code(command::status(&mut program)?))
}

/// `cargo xtask sim`.
pub(crate) fn sim(args: &[String]) -> Result<ExitCode> {
    Ok(command::exit_code(command::status(&mut program("sim", args))?))
}

/// `cargo xtask histories`.
pub(crate) fn histories(args: &[String]) -> Result<ExitCode> {
    let mut cargo = command::cargo(&["run", "-q", "-p", "morket-testkit"]);
    cargo.args(["--example", "histories", "--"]).args(args);
    Ok(command::exit_code(command::status(&mut cargo)?))
}

/// `cargo xtask spend`.
pub(crate) fn spend(args: &[String]) -> Result<ExitCode> {
    let mut cargo = command::cargo(&["run", "--release", "-q", "-p", "morket-benches"]);
    cargo.args(["--features", "virtual-time", "--bin", "spend", "--"]).args(args);
    Ok(command::exit_code(command::status(&mut cargo)?))
}

/// `cargo xtask bench`.
pub(crate) fn bench(args: &[String]) -> Result<ExitCode> {
    let (name, rest) =
        args.split_first().context("which measurement? `ledger` and `engine` are there")?;
    let status = Session::durable()?.run(&mut program(name, rest))?;
    Ok(command::exit_code(status))
}

fn program(name: &str, args: &[String]) -> Command {
    let mut cargo = command::cargo(&["run", "--release", "-q", "-p", "morket-benches"]);
    cargo.args(["--bin", name, "--"]).args(args);
    cargo
}
