//! One server that we started: a child in its own process group, its directory, its log.

use super::watchdog::Watchdog;
use crate::{command, time::wait_until};
use anyhow::{Context, Result};
use std::{
    fs::File,
    net::TcpListener,
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A running server; dropping it stops it.
pub(crate) struct Server {
    child: Child,
    log: PathBuf,
    stop: &'static [(&'static str, Duration)],
}

impl Server {
    /// Starts `command` in its own process group, both outputs into `log`, guarded by `watchdog`.
    /// To stop it, each signal of `stop` is sent in turn and given its time.
    pub(crate) fn start(
        command: &mut Command,
        log: PathBuf,
        stop: &'static [(&'static str, Duration)],
        watchdog: &mut Watchdog,
    ) -> Result<Self> {
        let output = File::create(&log).with_context(|| format!("creating {}", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .process_group(0)
            .spawn()
            .with_context(|| format!("starting `{}`", command::shown(command)))?;
        let server = Self { child, log, stop };
        watchdog.group(server.id())?;
        Ok(server)
    }

    /// Its process and process group.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The end of what it wrote.
    pub(crate) fn log_tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    fn signal(&self, name: &str) {
        // The shell's own `kill`: the program of that name is not part of a minimal system.
        let script = format!("kill -s {name} {}", self.id());
        let _ = command::output(Command::new("sh").args(["-c", &script]));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for (name, patience) in self.stop {
            if self.has_ended() {
                return;
            }
            self.signal(name);
            wait_until(*patience, || self.has_ended());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}
