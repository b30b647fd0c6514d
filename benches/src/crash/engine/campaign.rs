//! The campaign: jobs, workers and a sandbox; kills drawn from the seed; figures at the end.

use super::{
    super::{draw::Draw, place::Place, server::Server, value},
    audit::{self, Figures},
};
use crate::{
    fakes::{Fakes, Log},
    scene,
};
use anyhow::{Context, bail, ensure};
use morket::{
    Credits, JobId, Store, WorkspaceId,
    audit::{Action, NewAudit},
    engine::submit,
    job::{Dispatch, NewJob},
    ledger::LedgerExt,
    rbac::Principal,
    workspace::{Environment, NewWorkspace, WorkspaceStore},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    collections::HashSet,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A batch holds a thousand rows, and few rows make one batch: several jobs give workers something
/// to share.
const JOBS: usize = 4;

/// How long nothing may happen.
const SILENCE: Duration = Duration::from_secs(90);

/// Every so many kills the database's server goes too.
const SERVER_EVERY: u64 = 4;

/// How often the witness looks.
const LOOK: Duration = Duration::from_millis(10);

/// A worker's process.
#[derive(Debug)]
struct Hand {
    name: String,
    child: Child,
}

impl Drop for Hand {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }
}

/// What the kills came to.
#[derive(Debug, Default)]
struct Kills {
    done: u64,
    servers: u64,
    /// That met calls on their way.
    met: u64,
    in_flight: usize,
    takeovers: usize,
    recovery: Duration,
}

struct Campaign {
    place: Place,
    workspace: WorkspaceId,
    seed: u64,
    draw: Draw,
    server: Option<Server>,
    fakes: Fakes,
    log: Log,
    rows: Vec<Value>,
    hands: Vec<Hand>,
    born: u64,
    /// How many kills there are to be.
    wanted: u64,
    kills: Kills,
    /// The log's file and, for SQLite, the store's.
    _folder: TempDir,
}

/// Run a campaign; the JSON object to print last, and whether all is well.
pub async fn run(args: &[String]) -> anyhow::Result<(Value, bool)> {
    let number = |name: &str| value(args, name).map(|it| it.parse::<u64>()).transpose();
    let store = value(args, "--store").context("--store sqlite|postgres")?;
    let kills = number("--kills")?.context("--kills N")?;
    let records = usize::try_from(number("--records")?.context("--records N")?)?;
    ensure!(records >= JOBS, "--records must be at least {JOBS}");
    let drawn = std::time::UNIX_EPOCH.elapsed().map_or(1, |it| u64::from(it.subsec_nanos()));
    let seed = number("--seed")?.unwrap_or(drawn);
    println!("job crash campaign on {store}: {records} records, {kills} kills, seed {seed}");
    let mut campaign = Campaign::new(&store, seed, records, kills)?;
    campaign.prepare().await?;
    let since = Instant::now();
    campaign.go().await?;
    println!("took {:.1} s", since.elapsed().as_secs_f64());
    campaign.hands.clear();
    campaign.log.catch_up()?;
    let Campaign { place, log, rows, .. } = &campaign;
    let figures = audit::figures(place, &log.entries, seed, rows).await?;
    Ok(campaign.report(&store, &figures))
}

impl Campaign {
    fn new(store: &str, seed: u64, records: usize, wanted: u64) -> anyhow::Result<Self> {
        // On disk by convention, where the usual temporary folder may be memory.
        let folder = tempfile::Builder::new().prefix("morket-crash-").tempdir_in("/var/tmp")?;
        let (server, place) = match store {
            "sqlite" => {
                let file = folder.path().join("crash.db");
                (None, Place::Sqlite { file, volatile: false })
            }
            "postgres" => {
                let server = Server::start()?;
                let (url, schema) = (server.url(), "morket".to_owned());
                (Some(server), Place::Postgres { url, schema, volatile: false })
            }
            other => bail!("--store {other}: sqlite or postgres"),
        };
        let file = folder.path().join("calls.ndjson");
        let fakes = Fakes::start(seed, Some(&file))?;
        let mut draw = Draw::new(&[seed, 2]);
        Ok(Self {
            place,
            workspace: WorkspaceId(draw.uuid()),
            seed,
            draw,
            server,
            fakes,
            log: Log::new(file),
            rows: scene::rows(seed, records),
            hands: Vec::new(),
            born: 0,
            wanted,
            kills: Kills::default(),
            _folder: folder,
        })
    }

    /// A prepaid workspace of the sandbox, and jobs in it.
    async fn prepare(&mut self) -> anyhow::Result<()> {
        let store = self.place.open().await?;
        let mut new = NewWorkspace::embedded(self.workspace, "Crash").prepaid();
        new.environment = Environment::Sandbox;
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        store.create_workspace(new, audit).await?;
        store.grant(self.workspace, "all".parse()?, Credits::whole(1_000_000_000)).await?;
        let plan = serde_json::to_value(scene::plan()?)?;
        for rows in self.rows.chunks(self.rows.len().div_ceil(JOBS)) {
            let new = NewJob {
                id: JobId(self.draw.uuid()),
                name: None,
                plan: plan.clone(),
                dispatch: Dispatch::Queued,
                worst_case: Credits::ZERO,
                created_by: None,
                retry_of: None,
                base: None,
            };
            let store: &dyn Store = &store;
            submit(store, self.workspace, new, rows.to_vec()).await?;
        }
        store.close().await;
        Ok(())
    }

    fn hand(&mut self) -> anyhow::Result<()> {
        self.born += 1;
        let name = format!("hand-{}", self.born);
        // Together they hold all there are, with one of them dead.
        let all = JOBS * self.rows.len().div_ceil(JOBS).div_ceil(1_000);
        let batches = if self.server.is_some() { all.div_ceil(2) } else { all };
        // A kill takes a part of what is asked between two of them, never most.
        let between = self.rows.len() / usize::try_from(self.wanted)?.max(1);
        let in_flight = (between / 8 / batches).clamp(1, 32).to_string();
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("people").args(self.place.args()).args(["--sandbox", &self.fakes.address]);
        command.args(["--name", &name, "--in-flight", &in_flight]);
        command.args(["--batches", &batches.to_string()]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
        self.hands.push(Hand { name, child });
        Ok(())
    }

    /// As many workers as the store takes.
    fn staff(&mut self) -> anyhow::Result<()> {
        let wanted = if self.server.is_some() { 3 } else { 1 };
        self.hands.retain_mut(|it| matches!(it.child.try_wait(), Ok(None)));
        while self.hands.len() < wanted {
            self.hand()?;
        }
        Ok(())
    }

    /// Kill, and kill again, until all jobs have ended.
    async fn go(&mut self) -> anyhow::Result<()> {
        self.staff()?;
        let (mut seen, mut moved) = (0, Instant::now());
        let mut next = self.moment().await?;
        loop {
            tokio::time::sleep(LOOK).await;
            let calls = self.log.catch_up()?;
            if calls > seen {
                (seen, moved) = (calls, Instant::now());
            }
            ensure!(moved.elapsed() < SILENCE, "nothing has happened for {SILENCE:?}");
            let due = self.kills.done < self.wanted && calls >= next;
            if due {
                tokio::time::sleep(Duration::from_micros(self.draw.below(8_000))).await;
                self.kill().await?;
                next = self.moment().await?;
            } else if moved.elapsed() > LOOK * 20 {
                if audit::progress(&self.place).await?.1 {
                    return Ok(());
                }
                self.staff()?;
            }
        }
    }

    /// After how many calls the next kill comes: what is left is shared among the kills left.
    async fn moment(&mut self) -> anyhow::Result<usize> {
        let (open, _) = audit::progress(&self.place).await?;
        let left = self.wanted.saturating_sub(self.kills.done) + 1;
        let share = open as u64 * 3 / 2 / left;
        Ok(self.log.catch_up()? + (share / 2 + self.draw.below(share + 1)) as usize)
    }

    /// Kill a worker, and now and then the server with it. They are halted first, so that what was
    /// on its way can be counted.
    async fn kill(&mut self) -> anyhow::Result<()> {
        self.staff()?;
        // One that holds something, where any does: the others' deaths tell nothing.
        let mut busy = Vec::new();
        for (at, hand) in self.hands.iter().enumerate() {
            let name = HashSet::from([hand.name.clone()]);
            if !audit::held_by(&self.place, &name).await?.0.is_empty() {
                busy.push(at);
            }
        }
        let drawn = self.draw.below(busy.len().max(1) as u64) as usize;
        let victim = busy.get(drawn).copied().unwrap_or(0);
        let server_too = self.server.is_some() && self.kills.done % SERVER_EVERY == 2;
        let at_risk: Vec<&Hand> = match server_too {
            true => self.hands.iter().collect(),
            false => vec![&self.hands[victim]],
        };
        at_risk.iter().for_each(|it| signal(&it.child, Signal::STOP));
        let names: HashSet<String> = at_risk.iter().map(|it| it.name.clone()).collect();
        let (_, flying) = audit::held_by(&self.place, &names).await?;
        let own = HashSet::from([self.hands[victim].name.clone()]);
        let (held, _) = audit::held_by(&self.place, &own).await?;
        if server_too && let Some(server) = &mut self.server {
            server.kill()?;
            self.kills.servers += 1;
        }
        let dead = self.hands.swap_remove(victim);
        drop(dead);
        let down = Instant::now();
        self.hands.iter().for_each(|it| signal(&it.child, Signal::CONT));
        if server_too && let Some(server) = &mut self.server {
            server.serve()?;
        }
        self.staff()?;
        while !audit::taken_up(&self.place, &held).await? {
            ensure!(down.elapsed() < SILENCE, "nobody took over what {SILENCE:?} ago was left");
            tokio::time::sleep(LOOK).await;
            self.staff()?;
        }
        let kills = &mut self.kills;
        kills.recovery = kills.recovery.max(down.elapsed());
        kills.done += 1;
        kills.met += u64::from(flying > 0);
        kills.in_flight += flying;
        kills.takeovers += held.len();
        Ok(())
    }

    fn report(&self, store: &str, figures: &Figures) -> (Value, bool) {
        let Kills { done, servers, met, in_flight, takeovers, recovery } = &self.kills;
        let (calls, records) = (self.log.entries.len(), self.rows.len());
        figures.words.iter().take(20).for_each(|it| eprintln!("{it}"));
        let gates = [
            (figures.lost == 0, format!("lost: {}", figures.lost)),
            (figures.double == 0, format!("double: {}", figures.double)),
            (figures.open_holds == 0, format!("open holds: {}", figures.open_holds)),
            (figures.chain_ok, "the chain breaks".to_owned()),
            (
                figures.repeated <= *in_flight && figures.forbidden == 0,
                format!(
                    "{} repeated, {in_flight} were in flight; {} forbidden",
                    figures.repeated, figures.forbidden
                ),
            ),
            (calls >= records, format!("{calls} calls for {records} records")),
            (
                figures.found * 2 >= figures.findable,
                format!("{} found of {}", figures.found, figures.findable),
            ),
            (met * 2 >= *done, format!("{met} of {done} kills met calls in flight")),
            (
                *done >= self.wanted,
                format!("{done} kills of {}: the jobs ended before", self.wanted),
            ),
        ];
        let missed: Vec<&String> = gates.iter().filter(|it| !it.0).map(|it| &it.1).collect();
        missed.iter().for_each(|it| eprintln!("failed: {it}"));
        println!(
            "{met} kills met {in_flight} calls in flight; {} of {} addresses found",
            figures.found, figures.findable
        );
        let git = Command::new("git").args(["rev-parse", "HEAD"]).output().ok();
        let commit = git.filter(|it| it.status.success());
        let commit = commit.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
        let report = json!({
            "store": store,
            "seed": self.seed,
            "commit": commit.unwrap_or_else(|| "unknown".to_owned()),
            "records": records,
            "kills": done,
            "dbKills": servers,
            "calls": calls,
            "found": figures.found,
            "skipped": figures.skipped,
            "takeovers": takeovers,
            "ambiguous": figures.ambiguous,
            "lost": figures.lost,
            "double": figures.double,
            "repeatedCalls": figures.repeated,
            "openHolds": figures.open_holds,
            "chainOk": figures.chain_ok,
            "recoveryMsMax": recovery.as_millis() as u64,
        });
        (report, missed.is_empty())
    }
}

fn signal(child: &Child, signal: Signal) {
    if let Some(id) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _gone_already = kill_process(id, signal);
    }
}
