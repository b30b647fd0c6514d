//! `cargo xtask crash`: see there for what it prints.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a campaign is printed")]

use morket_benches::{
    crash::{campaign, engine, hooks, script, worker},
    fakes,
};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("worker") => worker::work(&args[1..]).await?,
        Some("script") => println!("{}", script::run(&args[1..]).await?),
        Some("hooks") => println!("{}", hooks::run(&args[1..]).await?),
        Some("post") => println!("{}", script::post(&args[1..]).await?),
        Some("sandbox") => fakes::serve(&args[1..]).await?,
        Some("people") => engine::work(&args[1..]).await?,
        _ if args.iter().any(|arg| arg == "--exhaustive") => {
            println!("{}", engine::exhaustive::run().await?);
        }
        _ => {
            let (report, clean) = match args.iter().any(|arg| arg == "--job") {
                true => engine::campaign::run(&args).await?,
                false => campaign::run(&args).await?,
            };
            println!("{report}");
            if !clean {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
