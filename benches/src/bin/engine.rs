//! `cargo xtask bench engine`: see there for what it prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measurement is printed")]

use morket_benches::{
    engine::{Effort, run, weigh, weighed, work},
    fakes,
};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("subject") => work(&args[1..]).await?,
        Some("weighed") => weighed(&args[1..]).await?,
        Some("sandbox") => fakes::serve(&args[1..]).await?,
        _ => {
            let value = |name: &str| {
                let at = args.iter().position(|arg| arg == name)?;
                args.get(at + 1)?.parse::<usize>().ok()
            };
            let pairs = value("--pairs").unwrap_or(5).max(1);
            let effort = Effort { pairs, records: value("--records").unwrap_or(20_000).max(100) };
            let memory = args.iter().any(|arg| arg == "--memory");
            let (report, missed) = tokio::task::block_in_place(|| match memory {
                true => weigh(value("--records").unwrap_or(1_000_000).max(100)),
                false => run(effort),
            })?;
            match args.iter().any(|arg| arg == "--json") {
                true => println!("{report}"),
                false => println!("{report:#}"),
            }
            for gate in &missed {
                eprintln!("gate missed: {gate}");
            }
            if !missed.is_empty() {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
