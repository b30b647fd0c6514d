//! The sandbox in a process of its own: a witness that outlives whoever is killed.

use crate::crash::value;
use anyhow::Context;
use morket_providers::sandbox::{Entry, Faults, Limits, Options, Sandbox};
use std::{
    fs::File,
    io::{BufRead, BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

/// Serve fake vendors until standard input ends. Their limits are off: what is under test keeps
/// none either.
pub async fn serve(args: &[String]) -> anyhow::Result<()> {
    let mut options = Options::seeded(value(args, "--seed").context("--seed")?.parse()?);
    options.log_file = value(args, "--log").map(PathBuf::from);
    options.log_capacity = 0;
    let faulty = args.iter().any(|it| it == "--faults");
    let options = options.for_each_vendor(|vendor| {
        vendor.limits = Limits::Off;
        vendor.credits = morket::VendorUnits::whole(1_000_000_000);
        if faulty {
            vendor.faults = Faults::campaign();
            vendor.latency.least = Duration::from_millis(20);
            vendor.latency.spread = Duration::from_millis(80);
        }
    });
    let sandbox = Sandbox::start(options).await?;
    println!("{}", sandbox.addr());
    // Whoever started it holds the other end, and is gone when it closes.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    Ok(())
}

/// The sandbox's process, seen from outside.
#[derive(Debug)]
pub struct Fakes {
    child: Child,
    /// Closing it ends the process.
    line: Option<ChildStdin>,
    /// `127.0.0.1:PORT`.
    pub address: String,
}

impl Fakes {
    /// Start this program once more, as the sandbox.
    pub fn start(seed: u64, log: Option<&Path>) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["sandbox", "--seed", &seed.to_string()]);
        if let Some(log) = log {
            command.arg("--faults").arg("--log").arg(log);
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let line = child.stdin.take();
        let mut address = String::new();
        BufReader::new(child.stdout.take().context("a pipe")?).read_line(&mut address)?;
        let address = address.trim().to_owned();
        anyhow::ensure!(!address.is_empty(), "the sandbox did not start");
        Ok(Self { child, line, address })
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        drop(self.line.take());
        let _status = self.child.wait();
    }
}

/// The sandbox's log as it grows.
#[derive(Debug)]
pub struct Log {
    file: PathBuf,
    read: u64,
    /// Every call that arrived.
    pub entries: Vec<Entry>,
}

impl Log {
    /// The log in this file, which may not be there yet.
    pub fn new(file: PathBuf) -> Self {
        Self { file, read: 0, entries: Vec::new() }
    }

    /// Read what was written since; how many calls there are.
    pub fn catch_up(&mut self) -> anyhow::Result<usize> {
        let Ok(mut file) = File::open(&self.file) else { return Ok(0) };
        file.seek(SeekFrom::Start(self.read))?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in text[..whole].split(|byte| *byte == b'\n').filter(|it| !it.is_empty()) {
            // Lines that only say what became of an answer name no vendor.
            let line: serde_json::Value = serde_json::from_slice(line)?;
            if line.get("vendor").is_some() {
                self.entries.push(serde_json::from_value(line)?);
            }
        }
        self.read += whole as u64;
        Ok(self.entries.len())
    }
}
