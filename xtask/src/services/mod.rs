//! Real services as child processes: started, waited for, exported, stopped.

mod postgres;
mod server;
mod watchdog;

use crate::{command, repository};
use anyhow::{Context, Result, bail};
use postgres::{Durability, Postgres};
pub(crate) use postgres::{PROGRAMS as POSTGRES_PROGRAMS, programs as postgres_programs};
use server::Server;
use std::{
    env,
    io::{self, IsTerminal, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitCode, ExitStatus},
};
use tempfile::TempDir;
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

/// All that a test run may use; another service is one more line here.
const ALL: &[&dyn Service] =
    &[&Postgres { durability: Durability::Process, variable: "MORKET_TEST_POSTGRES_URL" }];

/// What a measurement uses: default durability, on disk.
const DURABLE: &[&dyn Service] =
    &[&Postgres { durability: Durability::Disk, variable: "MORKET_BENCH_POSTGRES_URL" }];

/// A started service. The server stops before its directory goes: fields drop in this order.
pub(crate) struct Running {
    name: &'static str,
    version: String,
    exports: Vec<(&'static str, String)>,
    server: Server,
    _directory: TempDir,
}

/// Everything that is running. The services stop before their watchdog is dismissed.
pub(crate) struct Session {
    running: Vec<Running>,
    watchdog: Watchdog,
}

impl Session {
    /// The services of a test run; `only` limits them by name.
    pub(crate) fn start(only: &[String]) -> Result<Self> {
        if let Some(unknown) =
            only.iter().find(|name| !ALL.iter().any(|known| known.name() == *name))
        {
            bail!("there is no service `{unknown}`");
        }
        let wanted = |service: &&&dyn Service| {
            only.is_empty() || only.iter().any(|name| name == service.name())
        };
        Self::start_these(ALL.iter().filter(wanted), !only.is_empty())
    }

    /// PostgreSQL as it is installed by default, commits on disk, for measurements.
    pub(crate) fn durable() -> Result<Self> {
        Self::start_these(DURABLE.iter(), true)
    }

    fn start_these<'a>(
        services: impl Iterator<Item = &'a &'a dyn Service>,
        required: bool,
    ) -> Result<Self> {
        let mut session = Self { running: Vec::new(), watchdog: Watchdog::start()? };
        for service in services {
            let (name, variable) = (service.name(), service.variable());
            if env::var_os(variable).is_some() {
                println!("{name}: {variable} is set, using that");
            } else if service.is_installed() {
                let running = service
                    .start(&mut session.watchdog)
                    .with_context(|| format!("starting {name}"))?;
                println!("{name}: {}", running.version);
                session.running.push(running);
            } else if required || repository::in_ci() {
                bail!("{name} is not installed: {}", service.how_to_install());
            } else {
                println!("{name}: not installed, its tests skip: {}", service.how_to_install());
            }
        }
        Ok(session)
    }

    /// The variables that tell where everything is.
    pub(crate) fn exports(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let exports = self.running.iter().flat_map(|running| &running.exports);
        exports.map(|(variable, value)| (*variable, value.as_str()))
    }

    /// Runs `command` with those variables and our own input and output.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<ExitStatus> {
        self.run_and(command, |_| Ok(()))
    }

    /// Runs `command` with those variables, and `meanwhile` beside it. Unless a person sits at
    /// the terminal, it gets a process group of its own that ends when we do; at a terminal
    /// Ctrl-C reaches it anyway, and it must be able to read.
    pub(crate) fn run_and(
        &mut self,
        command: &mut Command,
        meanwhile: impl FnOnce(&mut Child) -> Result<()>,
    ) -> Result<ExitStatus> {
        command.envs(self.exports());
        let alone = !io::stdin().is_terminal();
        if alone {
            command.process_group(0);
        }
        let mut child =
            command.spawn().with_context(|| format!("running `{}`", command::shown(command)))?;
        if alone {
            self.watchdog.group(child.id())?;
        }
        let outcome = meanwhile(&mut child);
        let status = child.wait()?;
        if alone {
            self.watchdog.forget(child.id())?;
        }
        outcome.map(|()| status)
    }

    /// Fails with the log of a service that ended while it was needed.
    pub(crate) fn assert_alive(&mut self) -> Result<()> {
        for running in &mut self.running {
            if running.server.has_ended() {
                bail!("{} ended early; its log ends:\n{}", running.name, running.server.log_tail());
            }
        }
        Ok(())
    }
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

    #[test]
    fn an_unknown_service_is_refused_before_anything_starts() {
        let refused = Session::start(&["oracle".to_owned()]).map(drop);
        assert_eq!(refused.expect_err("unknown").to_string(), "there is no service `oracle`");
    }
}
