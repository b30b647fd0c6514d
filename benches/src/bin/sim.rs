//! `cargo xtask sim`: runs of the simulator, one line each, and how fast they went.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measurement is printed")]
#![allow(clippy::float_arithmetic, reason = "a rate is a measurement, not money")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]

use anyhow::{Context, Result, bail};
use morket_testkit::sim::{Options, run};
use std::{process::ExitCode, time::Instant};

const HELP: &str = "\
sim [--seed N] [--seeds K] [--steps M]

  --seed N    the first seed (1)
  --seeds K   how many seeds, from the first on (1)
  --steps M   how many steps a run may take before it counts as stuck (100000)

The exit status is not 0 if a run is unsound, or if 100000 steps and more were slower than 100000 a
second.
";

/// How many steps a second there must be, and how many it takes to say.
const GATE: f64 = 100_000.0;

struct Args {
    first: u64,
    seeds: u64,
    steps: u64,
}

/// The arguments, or `None` when help is asked for.
fn read(args: impl Iterator<Item = String>) -> Result<Option<Args>> {
    let mut read = Args { first: 1, seeds: 1, steps: Options::seed(1).steps };
    let mut args = args;
    while let Some(name) = args.next() {
        let slot = match name.as_str() {
            "--help" | "-h" => return Ok(None),
            "--seed" => &mut read.first,
            "--seeds" => &mut read.seeds,
            "--steps" => &mut read.steps,
            other => bail!("there is no argument `{other}`\n\n{HELP}"),
        };
        let value = args.next().with_context(|| format!("{name} needs a number"))?;
        *slot = value.parse().with_context(|| format!("{name}: `{value}` is no number"))?;
    }
    Ok(Some(read))
}

fn main() -> Result<ExitCode> {
    let Some(args) = read(std::env::args().skip(1))? else {
        print!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    };
    let began = Instant::now();
    let (mut steps, mut unsound) = (0_u64, Vec::new());
    for seed in args.first..args.first.saturating_add(args.seeds) {
        let report = run(Options { steps: args.steps, ..Options::seed(seed) });
        println!("{report}");
        steps += report.steps;
        if !report.is_sound() {
            unsound.push(seed);
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let rate = steps as f64 / seconds.max(1e-9);
    println!(
        "{} seeds, {} unsound, {steps} steps in {seconds:.2} s: {rate:.0} steps/s",
        args.seeds,
        unsound.len()
    );
    for seed in &unsound {
        eprintln!("to repeat: cargo xtask sim --seed {seed} --steps {}", args.steps);
    }
    let slow = steps as f64 >= GATE && rate < GATE;
    if slow {
        eprintln!("gate missed: {rate:.0} steps a second, at least {GATE:.0}");
    }
    Ok(if unsound.is_empty() && !slow { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
