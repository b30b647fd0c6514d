//! The witness: starts workers, kills them at moments drawn from the seed, and has every state
//! they leave audited against what was acknowledged to them.

use super::{
    audit::{Findings, audit},
    draw::Draw,
    line::Line,
    place::Place,
    server::Server,
    value,
};
use anyhow::{Context, bail, ensure};
use morket::{
    Credits,
    audit::{Action, NewAudit},
    ledger::{LedgerExt, LedgerStore},
    workspace::{NewWorkspace, WorkspaceStore},
};
use morket::{WorkspaceId, rbac::Principal};
use serde_json::json;
use std::{
    collections::{BTreeMap, HashSet},
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

/// How long a worker may say nothing.
const SILENCE: Duration = Duration::from_secs(60);

/// The most acknowledgments before a kill.
const MOST: u64 = 200;

/// A campaign under way.
struct Campaign {
    place: Place,
    workspace: WorkspaceId,
    seed: u64,
    draw: Draw,
    server: Option<Server>,
    /// Every operation that was begun, and whether it was acknowledged.
    began: Vec<(Line, bool)>,
    /// Begun and never answered: the next worker does them again.
    unfinished: Vec<Line>,
    found: Findings,
    recovery: Duration,
}

/// A worker and what it says.
struct Worker {
    child: Child,
    lines: Receiver<String>,
    flying: BTreeMap<u64, usize>,
    acknowledged: u64,
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Run a campaign; the JSON object to print last, and whether all is well.
pub async fn run(args: &[String]) -> anyhow::Result<(serde_json::Value, bool)> {
    let store = value(args, "--store").context("--store sqlite|postgres")?;
    let kills: u64 = value(args, "--kills").context("--kills N")?.parse().context("--kills N")?;
    let drawn = std::time::UNIX_EPOCH.elapsed().map_or(1, |it| u64::from(it.subsec_nanos()));
    let seed = value(args, "--seed").map_or(Ok(drawn), |it| it.parse()).context("--seed S")?;
    println!("crash campaign on {store}: {kills} kills, seed {seed}");
    // `_folder` goes when the campaign ends.
    let (server, place, _folder) = match store.as_str() {
        "sqlite" => {
            // On disk by convention, where the usual temporary folder may be memory.
            let folder = tempfile::Builder::new().prefix("morket-crash-").tempdir_in("/var/tmp")?;
            let file = folder.path().join("crash.db");
            (None, Place::Sqlite { file, volatile: false }, Some(folder))
        }
        "postgres" => {
            let server = Server::start()?;
            let url = server.url();
            let place = Place::Postgres { url, schema: "morket".to_owned(), volatile: false };
            (Some(server), place, None)
        }
        other => bail!("--store {other}: sqlite or postgres"),
    };
    let mut draw = Draw::new(&[seed]);
    let workspace = WorkspaceId(draw.uuid());
    let mut campaign = Campaign {
        place,
        workspace,
        seed,
        draw,
        server,
        began: Vec::new(),
        unfinished: Vec::new(),
        found: Findings::default(),
        recovery: Duration::ZERO,
    };
    campaign.prepare().await?;
    let mut done = 0;
    let mut tries = 0;
    while done < kills && campaign.found.is_clean() {
        tries += 1;
        ensure!(tries <= kills * 3 + 10, "too many kills met nothing in flight");
        done += u64::from(campaign.kill(tries, done).await?);
        if done % 10 == 0 {
            println!("{done} kills, {} operations", campaign.began.len());
        }
    }
    campaign.finish().await?;
    let report = campaign.report(&store, done);
    let clean = campaign.found.is_clean() && done == kills;
    Ok((report, clean))
}

impl Campaign {
    async fn prepare(&mut self) -> anyhow::Result<()> {
        let store = self.place.open().await?;
        let new = NewWorkspace::embedded(self.workspace, "Crash").prepaid();
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        store.create_workspace(new, audit).await?;
        let all = Credits::whole(1_000_000_000);
        store.grant(self.workspace, "all".parse()?, all).await?;
        store.close().await;
        self.began.push((Line::new("grant", "all", all.0, '-'), true));
        Ok(())
    }

    fn worker(&mut self, round: u64, finish: bool) -> anyhow::Result<Worker> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("worker").args(self.place.args());
        command.args(["--workspace", &self.workspace.to_string()]);
        command.args(["--seed", &self.seed.to_string(), "--round", &round.to_string()]);
        if finish {
            command.arg("--finish");
        }
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut input = child.stdin.take().context("a pipe")?;
        for line in self.unfinished.drain(..) {
            writeln!(input, "{line}")?;
        }
        let (tell, lines) = channel();
        let output = BufReader::new(child.stdout.take().context("a pipe")?);
        std::thread::spawn(move || {
            output.lines().map_while(Result::ok).try_for_each(|line| tell.send(line))
        });
        Ok(Worker { child, lines, flying: BTreeMap::new(), acknowledged: 0 })
    }

    /// Take one line of a worker down.
    fn witness(&mut self, worker: &mut Worker, line: &str) -> anyhow::Result<()> {
        let mut words = line.split(' ');
        let (what, id) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let id = id.parse::<u64>().unwrap_or(u64::MAX);
        match what {
            "S" => {
                let line = Line::parse(words).context("a line of the worker")?;
                worker.flying.insert(id, self.began.len());
                self.began.push((line, false));
            }
            "A" => {
                let at = worker.flying.remove(&id).context("an answer to nothing")?;
                self.began[at].1 = true;
                worker.acknowledged += 1;
            }
            "R" => drop(worker.flying.remove(&id)),
            "W" => {}
            "P" => println!("points passed while finishing: {id}"),
            _ => bail!("a worker failed: {line}"),
        }
        Ok(())
    }

    /// Kill once; whether something was in flight.
    async fn kill(&mut self, round: u64, done: u64) -> anyhow::Result<bool> {
        let mut worker = self.worker(round, false)?;
        let (enough, pause) = (1 + self.draw.below(MOST), self.draw.below(8_000));
        while worker.acknowledged < enough {
            match worker.lines.recv_timeout(SILENCE) {
                Ok(line) => self.witness(&mut worker, &line)?,
                Err(RecvTimeoutError::Timeout) => bail!("a worker fell silent"),
                Err(RecvTimeoutError::Disconnected) => bail!("a worker ended by itself"),
            }
        }
        tokio::time::sleep(Duration::from_micros(pause)).await;
        let server_too = done % 3 == 2;
        if let Some(server) = self.server.as_mut().filter(|_| server_too) {
            server.kill()?;
        }
        worker.child.kill()?;
        worker.child.wait()?;
        let down = Instant::now();
        while let Ok(line) = worker.lines.recv() {
            self.witness(&mut worker, &line)?;
        }
        if let Some(server) = self.server.as_mut().filter(|_| server_too) {
            server.serve()?;
        }
        let store = self.place.open().await?;
        store.account(self.workspace).await?;
        self.recovery = self.recovery.max(down.elapsed());
        store.close().await;
        let flying = worker.flying.values().map(|at| self.began[*at].0.clone());
        self.unfinished = flying.collect();
        self.audit(false).await?;
        Ok(!self.unfinished.is_empty())
    }

    async fn audit(&mut self, ended: bool) -> anyhow::Result<()> {
        self.found = audit(&self.place, &self.began, ended).await?;
        let Findings { lost, double, negative, chain } = &self.found;
        for (what, words) in
            [("lost", lost), ("double", double), ("negative", negative), ("chain", chain)]
        {
            words.iter().take(10).for_each(|it| eprintln!("{what}: {it}"));
        }
        Ok(())
    }

    /// Let one last worker bring every job to its end.
    async fn finish(&mut self) -> anyhow::Result<()> {
        if !self.found.is_clean() {
            return Ok(());
        }
        let mut worker = self.worker(u64::MAX, true)?;
        while let Ok(line) = worker.lines.recv_timeout(SILENCE * 2) {
            self.witness(&mut worker, &line)?;
        }
        ensure!(worker.child.wait()?.success(), "the last worker did not finish the jobs");
        self.audit(true).await
    }

    fn report(&self, store: &str, kills: u64) -> serde_json::Value {
        let git = Command::new("git").args(["rev-parse", "HEAD"]).output().ok();
        let commit = git.filter(|it| it.status.success());
        let commit = commit.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
        let operations: HashSet<_> = self.began.iter().map(|it| (&it.0.kind, &it.0.key)).collect();
        json!({
            "store": store,
            "seed": self.seed,
            "commit": commit.unwrap_or_else(|| "unknown".to_owned()),
            "kills": kills,
            "operations": operations.len(),
            "lost": self.found.lost.len(),
            "double": self.found.double.len(),
            "negative": self.found.negative.len(),
            "chainOk": self.found.chain.is_empty(),
            "recoveryMsMax": self.recovery.as_millis() as u64,
        })
    }
}
