//! `cargo xtask bench ledger`: see there for what it prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measurement is printed")]

use morket_benches::ledger::{Effort, run};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = args.iter().position(|arg| arg == name)?;
        args.get(at + 1)?.parse::<f64>().ok()
    };
    let effort = Effort {
        pairs: value("--pairs").map_or(5, |pairs| pairs as usize).max(1),
        seconds: value("--seconds").unwrap_or(2.0).clamp(0.1, 60.0),
    };
    let url = std::env::var("MORKET_BENCH_POSTGRES_URL").ok().filter(|url| !url.is_empty());
    let report = run(url.as_deref(), effort).await?;
    if args.iter().any(|arg| arg == "--json") {
        println!("{}", report.json);
    } else {
        println!("{:#}", report.json);
    }
    for missed in &report.missed {
        eprintln!("gate missed: {missed}");
    }
    Ok(if report.missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
