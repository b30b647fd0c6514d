//! `cargo xtask spend`: see there for what it prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measurement is printed")]

use anyhow::{Context, Result};
use morket_benches::{
    crash::value,
    spend::{Effort, run},
};
use std::process::ExitCode;

fn main() -> Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| -> Result<Option<u64>> {
        let text = value(&args, name);
        text.map(|it| it.parse().with_context(|| format!("{name}: `{it}` is no number")))
            .transpose()
    };
    let rows = number("--rows")?.map(usize::try_from).transpose()?;
    let minutes = number("--minutes")?.map(usize::try_from).transpose()?.unwrap_or(10);
    let (report, missed) = run(Effort { rows, seed: number("--seed")?, minutes })?;
    match args.iter().any(|arg| arg == "--json") {
        true => println!("{report}"),
        false => println!("{report:#}"),
    }
    missed.iter().for_each(|gate| eprintln!("gate missed: {gate}"));
    Ok(if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
