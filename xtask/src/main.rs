//! Everything that is more than one command: `cargo xtask <command>`.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command's output is its product; the ban is for libraries"
)]

mod command;
mod forward;
mod properties;
mod repository;
mod services;
mod setup;
mod source;
mod test;
mod tidy;
mod time;

use anyhow::{Result, bail};
use std::process::ExitCode;

/// One subcommand: its name, its line in the list, its `--help`, and what runs it.
struct Subcommand {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(&[String]) -> Result<ExitCode>,
}

const SUBCOMMANDS: &[Subcommand] = &[
    Subcommand {
        name: "test",
        summary: "everything that must hold before a merge, with one closing line",
        help: test::HELP,
        run: test::run,
    },
    Subcommand {
        name: "tidy",
        summary: "checks of layout, sizes, words and documents",
        help: tidy::HELP,
        run: tidy::run,
    },
    Subcommand {
        name: "services",
        summary: "start the real services, run a command, stop them",
        help: services::HELP,
        run: services::run,
    },
    Subcommand {
        name: "properties",
        summary: "write or check docs/properties.md",
        help: properties::HELP,
        run: properties::run,
    },
    Subcommand {
        name: "crash",
        summary: "kill a working engine again and again, then audit its store",
        help: forward::CRASH_HELP,
        run: forward::crash,
    },
    Subcommand {
        name: "sim",
        summary: "run the engine under a seeded scheduler, with every fault",
        help: forward::SIM_HELP,
        run: forward::sim,
    },
    Subcommand {
        name: "histories",
        summary: "replay what earlier releases were told and commanded",
        help: forward::HISTORIES_HELP,
        run: forward::histories,
    },
    Subcommand {
        name: "spend",
        summary: "what the engine costs at vendors beside asking field by field",
        help: forward::SPEND_HELP,
        run: forward::spend,
    },
    Subcommand {
        name: "bench",
        summary: "measure against peers in the same run",
        help: forward::BENCH_HELP,
        run: forward::bench,
    },
];

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    dispatch(&args).unwrap_or_else(|error| {
        eprintln!("xtask: {error:#}");
        ExitCode::FAILURE
    })
}

fn dispatch(args: &[String]) -> Result<ExitCode> {
    let Some((name, rest)) = args.split_first() else {
        print!("{}", overview());
        return Ok(ExitCode::FAILURE);
    };
    if matches!(name.as_str(), "--help" | "-h" | "help") {
        print!("{}", overview());
        return Ok(ExitCode::SUCCESS);
    }
    let Some(subcommand) = SUBCOMMANDS.iter().find(|known| known.name == name) else {
        bail!("there is no command `{name}`\n\n{}", overview());
    };
    // What follows `--` belongs to the command that is run, its `--help` too.
    let own = rest.iter().take_while(|arg| *arg != "--");
    if own.into_iter().any(|arg| matches!(arg.as_str(), "--help" | "-h")) {
        print!("{}", subcommand.help);
        return Ok(ExitCode::SUCCESS);
    }
    (subcommand.run)(rest)
}

fn overview() -> String {
    let mut text = String::from("cargo xtask <command> [--help]\n\n");
    for Subcommand { name, summary, .. } in SUBCOMMANDS {
        text.push_str(&format!("  {name:<12}{summary}\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_help_shows_an_example() {
        for subcommand in SUBCOMMANDS {
            let example = format!("  cargo xtask {}", subcommand.name);
            assert!(subcommand.help.contains(&example), "{}", subcommand.name);
        }
    }
}
