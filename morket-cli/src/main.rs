//! The `morket` command.

use clap::Parser;
use morket_cli::{args::Cli, console::Console, exit::Exit, verbs};
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help goes to standard output; a closed one is nobody to help.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage } else { Exit::Ok }.into();
        }
    };
    let console = Console { json: cli.global.json, ..Console::default() };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            console.say(&format!("morket: {error}"));
            return Exit::Error.into();
        }
    };
    let outcome = runtime.block_on(verbs::run(cli));
    // A second Ctrl-C must not wait for what still runs.
    runtime.shutdown_background();
    match outcome {
        Ok(exit) => exit.into(),
        Err(failure) => {
            if !failure.message.is_empty() {
                console.say(&format!("morket: {}", failure.message));
            }
            failure.exit.into()
        }
    }
}
