//! The services of one run: which, running where, and the command beside them.

use super::{
    Service,
    postgres::{Durability, Postgres},
    server::Server,
    watchdog::Watchdog,
};
use crate::{command, repository};
use anyhow::{Context, Result, bail};
use std::{
    env,
    io::{self, IsTerminal},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus},
};
use tempfile::TempDir;

/// All that a test run may use; another service is one more line here.
const ALL: &[&dyn Service] =
    &[&Postgres { durability: Durability::Process, variable: "MORKET_TEST_POSTGRES_URL" }];

/// What a measurement uses: default durability, on disk.
const DURABLE: &[&dyn Service] =
    &[&Postgres { durability: Durability::Disk, variable: "MORKET_BENCH_POSTGRES_URL" }];

/// A started service. The server stops before its directory goes: fields drop in this order.
pub(crate) struct Running {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) exports: Vec<(&'static str, String)>,
    pub(super) server: Server,
    pub(super) _directory: TempDir,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_service_is_refused_before_anything_starts() {
        let refused = Session::start(&["oracle".to_owned()]).map(drop);
        assert_eq!(refused.expect_err("unknown").to_string(), "there is no service `oracle`");
    }
}
