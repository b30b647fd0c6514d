//! Morket's side: tasks that each await a charge of their own through the public port.

use super::Effort;
use anyhow::ensure;
use morket::{Credits, HoldId, Morket, Store, WorkspaceId, ledger::LedgerExt};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How many tasks charge at once, where a row does not say otherwise.
pub const TASKS: usize = 64;

/// What one charge costs.
pub const PRICE: Credits = Credits(1);

/// A workspace with credits to spend, and a hold over all of them.
#[derive(Clone, Debug)]
pub struct Hot {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The hold.
    pub hold: HoldId,
}

impl Hot {
    /// A fresh one.
    pub async fn new(mk: &Morket) -> anyhow::Result<Self> {
        let workspace = mk.create_workspace("Bench").prepaid().await?.id;
        let (store, all) = (mk.store().clone(), Credits::whole(1_000_000));
        store.grant(workspace, "all".parse()?, all).await?;
        let hold = HoldId::new(mk.clock().now(), mk.rng().as_ref());
        store.set_aside(workspace, hold, all).await?;
        Ok(Self { store, workspace, hold })
    }

    /// The same workspace through a handle that was opened since.
    pub fn through(&self, mk: &Morket) -> Self {
        Self { store: mk.store().clone(), ..*self }
    }

    /// Charge from so many tasks for `seconds`, keys beginning with `run`; charges per second.
    pub async fn charge(&self, tasks: usize, run: usize, seconds: f64) -> anyhow::Result<f64> {
        let (done, next) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let started = Instant::now();
        let until = started + Duration::from_secs_f64(seconds);
        let tasks: Vec<_> = (0..tasks)
            .map(|_| {
                let (hot, done, next) = (self.clone(), done.clone(), next.clone());
                tokio::spawn(async move {
                    while Instant::now() < until {
                        let key = key(run, next.fetch_add(1, Ordering::Relaxed)).parse()?;
                        hot.store.capture(hot.workspace, hot.hold, key, PRICE).await?;
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                    anyhow::Ok(())
                })
            })
            .collect();
        for task in tasks {
            task.await??;
        }
        Ok(done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64())
    }

    /// The chain verifies and the balance is what the charges left of it.
    pub async fn check(&self) -> anyhow::Result<()> {
        let entries = self.store.verify_chain(self.workspace).await?;
        let charged = i64::try_from(entries)? - 1;
        let account = self.store.account(self.workspace).await?;
        let expected = Credits::whole(1_000_000).minus(Credits(charged * PRICE.0))?;
        ensure!(account.balance == expected, "{} instead of {expected}", account.balance);
        Ok(())
    }
}

/// A charge's key, as long as a step's really is.
pub fn key(run: usize, number: u64) -> String {
    format!("0192f0c1-7a3b-7c4d-8e5f-{run:012x}:{number}:email:hunter")
}

/// Charges per second in memory.
pub async fn in_memory(effort: Effort) -> anyhow::Result<f64> {
    let mk = Morket::builder().memory().build().await?;
    let hot = Hot::new(&mk).await?;
    let rate = hot.charge(TASKS, 0, effort.seconds).await?;
    hot.check().await?;
    Ok(rate)
}
