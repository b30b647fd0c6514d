//! A shell that outlives us and cleans up when we are gone, however we went.
//!
//! A `Drop` guard does not run when this process is killed, and a signal handler needs unsafe
//! code. The watchdog holds the reading end of a pipe whose only writing end is ours: when we die
//! in any way at all, even by KILL, it reads the end of the file and stops what was registered.

use crate::command::shown;
use anyhow::{Context, Result, bail};
use std::{
    io::Write,
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
};

/// It ignores the terminal's signals: Ctrl-C reaches it too, and it has work left then. Groups
/// are forgotten as soon as they have ended, so that a reused number is never signalled.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
groups= directories=
while read -r word value; do
  case $word in
    group) groups="$groups $value" ;;
    directory) directories="$directories $value" ;;
    forget) kept=; for group in $groups; do [ "$group" = "$value" ] || kept="$kept $group"; done
      groups=$kept ;;
    done) exit 0 ;;
  esac
done
alive() { for group in $groups; do kill -0 -- "-$group" 2>/dev/null && return 0; done; return 1; }
signal() { for group in $groups; do kill -s "$1" -- "-$group" 2>/dev/null; done; }
for name in INT QUIT KILL; do
  signal "$name"
  tries=50
  while alive && [ "$tries" -gt 0 ]; do sleep 0.1; tries=$((tries - 1)); done
done
for directory in $directories; do rm -rf -- "$directory"; done
"#;

/// The watchdog and our end of its pipe.
pub(crate) struct Watchdog {
    shell: Child,
    pipe: Option<ChildStdin>,
}

impl Watchdog {
    /// Starts the shell in a process group of its own.
    pub(crate) fn start() -> Result<Self> {
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .context("starting the watchdog")?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe })
    }

    /// Stop this process group if we die.
    pub(crate) fn group(&mut self, leader: u32) -> Result<()> {
        self.tell(&format!("group {leader}"))
    }

    /// That group has ended; its number may soon be someone else's.
    pub(crate) fn forget(&mut self, leader: u32) -> Result<()> {
        self.tell(&format!("forget {leader}"))
    }

    /// Remove this directory if we die.
    pub(crate) fn directory(&mut self, path: &Path) -> Result<()> {
        self.tell(&format!("directory {}", path.display()))
    }

    /// Runs a helper to its end, in a group that stops if we die meanwhile: a directory that
    /// someone still fills cannot be removed.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<()> {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .with_context(|| format!("running `{}`", shown(command)))?;
        let leader = child.id();
        self.group(leader)?;
        let done = child.wait_with_output()?;
        self.forget(leader)?;
        if !done.status.success() {
            let complaint = String::from_utf8_lossy(&done.stderr);
            bail!("`{}` failed ({}): {}", shown(command), done.status, complaint.trim());
        }
        Ok(())
    }

    fn tell(&mut self, line: &str) -> Result<()> {
        let pipe = self.pipe.as_mut().context("the watchdog was dismissed")?;
        writeln!(pipe, "{line}").context("the watchdog is gone")
    }
}

impl Drop for Watchdog {
    /// Everything was stopped in order: nothing is left to guard. During a panic too, because
    /// what was started drops before its watchdog.
    fn drop(&mut self) {
        let _ = self.tell("done");
        self.pipe = None;
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::wait_until;
    use std::time::Duration;

    fn sleeper() -> Child {
        Command::new("sleep").arg("60").process_group(0).spawn().expect("sleep is there")
    }

    #[test]
    fn the_end_of_the_pipe_stops_groups_and_removes_directories() {
        let mut watchdog = Watchdog::start().expect("sh is there");
        let directory = tempfile::tempdir().expect("a directory").keep();
        let mut child = sleeper();
        watchdog.group(child.id()).expect("it listens");
        watchdog.directory(&directory).expect("it listens");
        watchdog.pipe = None;
        let ended = || child.try_wait().expect("our child").is_some();
        assert!(wait_until(Duration::from_secs(10), ended));
        assert!(wait_until(Duration::from_secs(10), || !directory.exists()));
    }

    #[test]
    fn a_helper_that_fails_says_why() {
        let mut watchdog = Watchdog::start().expect("sh is there");
        assert!(watchdog.run(Command::new("sh").args(["-c", "exit 0"])).is_ok());
        let refused = watchdog.run(Command::new("sh").args(["-c", "echo no >&2; exit 1"]));
        assert!(refused.expect_err("it exits with 1").to_string().ends_with(": no"));
    }

    #[test]
    fn a_forgotten_group_and_a_done_watchdog_stop_nothing() {
        let mut child = sleeper();
        let mut watchdog = Watchdog::start().expect("sh is there");
        watchdog.group(child.id()).expect("it listens");
        watchdog.forget(child.id()).expect("it listens");
        watchdog.pipe = None;
        watchdog.shell.wait().expect("it ends");
        let mut second = Watchdog::start().expect("sh is there");
        second.group(child.id()).expect("it listens");
        drop(second);
        assert!(child.try_wait().expect("our child").is_none());
        child.kill().expect("our child");
        child.wait().expect("our child");
    }
}
