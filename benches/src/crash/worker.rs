//! The process that is killed: eight tasks that move credits and run small jobs.

use super::{
    draw::Draw,
    jobs,
    line::{Line, Teller},
    place::Place,
    value,
};
use anyhow::Context;
use morket::{
    Credits, Error, ErrorKind, HoldId, JobId, WorkspaceId,
    job::JobStore,
    ledger::{Credit, LedgerExt, Op},
};
use morket_store_sql::SqlStore;
use std::{io::BufRead, sync::Arc, time::Duration};
use uuid::Uuid;

/// How many tasks work at once.
pub const TASKS: u64 = 8;

/// One task's hands.
#[derive(Debug)]
pub struct Hand {
    pub(super) store: SqlStore,
    pub(super) workspace: WorkspaceId,
    pub(super) teller: Arc<Teller>,
    pub(super) draw: Draw,
    pub(super) name: String,
    done: Vec<Line>,
    next: u64,
    hold: Option<(Uuid, i64)>,
    captured: Vec<String>,
}

/// Work until killed; with `--finish`, until every job has come to its end.
pub async fn work(args: &[String]) -> anyhow::Result<()> {
    let place = Place::parse(args)?;
    let number = |name: &str| value(args, name).and_then(|it| it.parse::<u64>().ok());
    let (seed, round) = (number("--seed").unwrap_or(0), number("--round").unwrap_or(0));
    let workspace = value(args, "--workspace").context("--workspace")?.parse::<Uuid>()?;
    let unfinished: Vec<Line> = std::io::stdin()
        .lock()
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| Line::parse(line.split(' ')))
        .collect();
    let store = place.open().await?;
    let teller = Arc::new(Teller::default());
    let hand = |task: u64| Hand {
        store: store.clone(),
        workspace: WorkspaceId(workspace),
        teller: teller.clone(),
        draw: Draw::new(&[seed, round, task]),
        name: format!("r{round}t{task}"),
        done: Vec::new(),
        next: 0,
        hold: None,
        captured: Vec::new(),
    };
    let mut first = hand(TASKS);
    for line in unfinished.into_iter().filter(is_repeatable) {
        first.perform(line).await?;
    }
    if args.iter().any(|arg| arg == "--finish") {
        jobs::finish(&mut first).await?;
        teller.tell(&format!("P {}", morket_store_sql::crash::passed()));
        return Ok(());
    }
    let tasks: Vec<_> = (0..TASKS).map(|task| tokio::spawn(endless(hand(task)))).collect();
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// What needs no lease, so that anybody may do it again.
fn is_repeatable(line: &Line) -> bool {
    let with_lease = ["fund", "sent", "unknown", "settle", "done"];
    !with_lease.contains(&line.kind.as_str())
}

async fn endless(mut hand: Hand) -> anyhow::Result<()> {
    loop {
        if let Err(error) = hand.something().await {
            if error.kind() == ErrorKind::StoreUnavailable {
                // Nobody knows what was done. The witness will kill this process too, unless it is
                // gone itself, which writing to it tells.
                loop {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    hand.teller.tell("W");
                }
            }
            if error.kind() != ErrorKind::StaleLease {
                hand.teller.tell(&format!("X {error}"));
                return Err(error.into());
            }
        }
    }
}

impl Hand {
    async fn something(&mut self) -> Result<(), Error> {
        if self.draw.below(10) == 0 && !self.done.is_empty() {
            let at = self.draw.below(self.done.len() as u64) as usize;
            let again = self.done[at].clone();
            return self.perform(again).await;
        }
        match self.draw.below(100) {
            0..25 => {
                let amount = 1 + self.draw.below(5_000_000) as i64;
                let line = Line::new("grant", self.fresh(), amount, '-');
                self.perform(line).await
            }
            25..70 => self.spend().await,
            70..78 => match self.hold.take() {
                Some((hold, _)) => self.perform(Line::new("void", hold, 0, '-')).await,
                None => Ok(()),
            },
            78..86 => match self.captured.pop() {
                Some(of) => {
                    let (key, of) = (
                        self.fresh(),
                        of.split_once(' ').map(|(a, b)| (a.to_owned(), b.to_owned())),
                    );
                    let (of, amount) = of.unwrap_or_default();
                    let line = Line::new("refund", key, amount.parse().unwrap_or(0), of);
                    self.perform(line).await
                }
                None => Ok(()),
            },
            86..89 => jobs::take_over(self).await.map(drop),
            _ => jobs::small(self).await,
        }
    }

    /// Capture from the open hold, or open one.
    async fn spend(&mut self) -> Result<(), Error> {
        match self.hold.take() {
            Some((hold, rest)) if rest > 0 => {
                let amount = 1 + self.draw.below(rest as u64) as i64;
                let key = self.fresh();
                self.hold = Some((hold, rest - amount));
                self.perform(Line::new("capture", &key, amount, hold)).await?;
                self.captured.push(format!("{key} {amount}"));
                Ok(())
            }
            Some((hold, _)) => self.perform(Line::new("void", hold, 0, '-')).await,
            None => {
                let (hold, amount) = (self.draw.uuid(), 1 + self.draw.below(3_000_000) as i64);
                self.perform(Line::new("hold", hold, amount, '-')).await?;
                self.hold = Some((hold, amount));
                Ok(())
            }
        }
    }

    fn fresh(&mut self) -> String {
        self.next += 1;
        format!("{}n{}", self.name, self.next)
    }

    /// Do what a line says, telling the witness before and after.
    pub(super) async fn perform(&mut self, line: Line) -> Result<(), Error> {
        let teller = self.teller.clone();
        let id = teller.started(&line);
        let done = self.execute(&line).await;
        self.told(id, done)?;
        if line.kind != "append" {
            self.done.push(line);
        }
        Ok(())
    }

    /// Tell the witness how an operation ended.
    pub(super) fn told<T>(&self, id: u64, result: Result<T, Error>) -> Result<T, Error> {
        match &result {
            Ok(_) => self.teller.acknowledged(id),
            Err(error) if error.kind() == ErrorKind::StoreUnavailable => {}
            Err(_) => self.teller.refused(id),
        }
        result
    }

    async fn execute(&self, line: &Line) -> Result<(), Error> {
        let (store, workspace, amount) = (&self.store, self.workspace, Credits(line.amount));
        let id = || Uuid::try_parse(&line.key).unwrap_or_default();
        let op = match line.kind.as_str() {
            "grant" => Op::Credit { kind: Credit::Grant, key: line.key.parse()?, amount },
            "hold" => Op::Hold { id: HoldId(id()), amount, batch: None, lapses_at: None },
            "capture" => {
                let hold = HoldId(Uuid::try_parse(&line.extra).unwrap_or_default());
                Op::Capture { hold, key: line.key.parse()?, amount }
            }
            "void" => Op::Void { hold: HoldId(id()) },
            "refund" => Op::Refund { key: line.key.parse()?, of: line.extra.parse()? },
            "open" => return store.open_job(workspace, jobs::new_job(JobId(id()))).await,
            "append" => {
                let records = (0..line.amount).map(jobs::record).collect();
                return store.append_records(workspace, JobId(id()), 0, records).await.map(drop);
            }
            "seal" => {
                let total = u32::try_from(line.amount).unwrap_or(0);
                return store.seal_job(workspace, JobId(id()), total).await.map(drop);
            }
            "cancel" => return store.cancel_job(workspace, JobId(id())).await.map(drop),
            other => return Err(Error::internal("crash", other.to_owned())),
        };
        store.post_one(workspace, op).await.map(drop)
    }
}
