//! Real services as child processes: started, waited for, exported, stopped.

mod postgres;
mod server;
mod session;
mod watchdog;

pub(crate) use postgres::{PROGRAMS as POSTGRES_PROGRAMS, programs as postgres_programs};
pub(crate) use session::Session;

use crate::command;
use anyhow::{Context, Result, bail};
use session::Running;
use std::{
    io::{self, Read},
    process::{Command, ExitCode},
};
use watchdog::Watchdog;

pub(crate) const HELP: &str = "\
cargo xtask services [--only NAME,...] [--keep] [-- COMMAND...]

Starts the real services that are installed, each on a free loopback port with its data in a
temporary directory, waits until each answers a query, exports their addresses, runs the command,
stops everything and ends with the command's exit status. A variable that is set already is left
alone: that service is yours. Nothing stays behind, not even when this process is killed.

  postgres   MORKET_TEST_POSTGRES_URL, MORKET_TEST_PG_BIN (for tests that kill a server)

  --only postgres   start just these
  --keep            print `export` lines and stay until Ctrl-C or the end of standard input

  cargo xtask services -- cargo test -p morket-store-postgres
  cargo xtask services --only postgres --keep
";

/// A kind of server that can be started here.
pub(crate) trait Service {
    /// Its name for `--only` and in summaries.
    fn name(&self) -> &'static str;
    /// The variable that tells tests where it is.
    fn variable(&self) -> &'static str;
    /// What a person would type to get it.
    fn how_to_install(&self) -> &'static str;
    /// Whether its programs are on this machine.
    fn is_installed(&self) -> bool;
    /// Starts it and returns once it answers.
    fn start(&self, watchdog: &mut Watchdog) -> Result<Running>;
}

/// What the command line asked for.
#[derive(Debug, Default, PartialEq)]
struct Request {
    only: Vec<String>,
    keep: bool,
    command: Vec<String>,
}

fn parse(args: &[String]) -> Result<Request> {
    let mut request = Request::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--only" => {
                let names = args.next().context("--only needs a name")?;
                request.only = names.split(',').map(str::to_owned).collect();
            }
            "--keep" => request.keep = true,
            "--" => request.command = args.by_ref().cloned().collect(),
            other => bail!("services takes no `{other}`; a command comes after `--`"),
        }
    }
    if request.command.is_empty() && !request.keep {
        bail!("nothing to run: give a command after `--`, or --keep");
    }
    Ok(request)
}

pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let request = parse(args)?;
    let mut session = Session::start(&request.only)?;
    let Some((program, rest)) = request.command.split_first() else {
        return keep(&session);
    };
    let status = session.run(Command::new(program).args(rest))?;
    session.assert_alive()?;
    if request.keep {
        return keep(&session);
    }
    Ok(command::exit_code(status))
}

/// Stays until standard input ends; Ctrl-C ends us, and the watchdog does the rest.
fn keep(session: &Session) -> Result<ExitCode> {
    for (variable, value) in session.exports() {
        println!("export {variable}={value}");
    }
    io::stdin().read_to_end(&mut Vec::new()).context("waiting for the end of input")?;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, String> {
        let args: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        parse(&args).map_err(|error| error.to_string())
    }

    #[test]
    fn the_command_comes_after_two_dashes() {
        let request = parsed("--only postgres -- env --keep").expect("it is complete");
        assert_eq!(request.only, ["postgres"]);
        assert_eq!(request.command, ["env", "--keep"]);
        assert!(!request.keep);
        assert!(parsed("env").expect_err("no dashes").contains("after `--`"));
        assert!(parsed("").expect_err("nothing").contains("nothing to run"));
    }
}
