//! Group commit for one account: while a transaction runs, what arrives waits, and then goes into
//! the next one together. Nobody waits for a timer, so a lone caller pays a lone commit.

use super::post;
use crate::SqlStore;
use morket_core::{
    Error, ErrorKind, Result, WorkspaceId,
    ledger::{Op, Receipt},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::oneshot;

/// The most movements of one transaction.
const FULL: usize = 1_000;

/// How many times in a row nobody may have come before the next batch goes.
const PATIENCE: u32 = 256;

type Results = Vec<Result<Receipt>>;

/// A caller's movements and where its results go.
struct Waiting {
    ops: Vec<Op>,
    done: oneshot::Sender<Result<Results>>,
}

/// What waits, per account. An account is here as long as somebody works on it.
#[derive(Default)]
pub(crate) struct Batcher(Mutex<HashMap<WorkspaceId, Vec<Waiting>>>);

impl std::fmt::Debug for Batcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Batcher").finish_non_exhaustive()
    }
}

impl Batcher {
    fn queues(&self) -> MutexGuard<'_, HashMap<WorkspaceId, Vec<Waiting>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queue; true when nobody works on this account yet, so that the caller must begin.
    fn push(&self, workspace: WorkspaceId, waiting: Waiting) -> bool {
        let mut queues = self.queues();
        let begins = !queues.contains_key(&workspace);
        queues.entry(workspace).or_default().push(waiting);
        begins
    }

    /// The next transaction's callers; none, and the account is left.
    fn next(&self, workspace: WorkspaceId) -> Vec<Waiting> {
        let mut queues = self.queues();
        let Some(queue) = queues.get_mut(&workspace) else { return Vec::new() };
        let mut ops = 0;
        let fits = queue.iter().take_while(|waiting| {
            ops += waiting.ops.len();
            ops <= FULL
        });
        let take = fits.count().max(1).min(queue.len());
        let batch: Vec<_> = queue.drain(..take).collect();
        if batch.is_empty() {
            queues.remove(&workspace);
        }
        batch
    }
}

/// Post through the account's queue. A caller that stops waiting does not stop its movements.
pub(crate) async fn enqueue(
    store: &SqlStore,
    workspace: WorkspaceId,
    ops: Vec<Op>,
) -> Result<Results> {
    let (done, result) = oneshot::channel();
    if store.batcher.push(workspace, Waiting { ops, done }) {
        let store = store.clone();
        tokio::spawn(async move { drain(store, workspace).await });
    }
    result.await.map_err(|_| {
        let message = "the store stopped before it answered; repeat the call to learn the outcome";
        Error::new(ErrorKind::StoreUnavailable, "ledger.post", message)
    })?
}

async fn drain(store: SqlStore, workspace: WorkspaceId) {
    let mut guard = Abandon { store: store.clone(), workspace, armed: true };
    loop {
        let batch = store.batcher.next(workspace);
        if batch.is_empty() {
            guard.armed = false;
            return;
        }
        let callers = batch.len();
        let (ops, waiting): (Vec<_>, Vec<_>) =
            batch.into_iter().map(|it| (it.ops, it.done)).unzip();
        answer(post(&store, workspace, Arc::new(ops)).await, waiting);
        let_callers_return(&store, workspace, callers).await;
    }
}

/// Callers that were just answered often come straight back. Step aside until as many wait as were
/// answered, or nobody comes any more: a few microseconds that double the next batch.
async fn let_callers_return(store: &SqlStore, workspace: WorkspaceId, answered: usize) {
    let (mut waiting, mut quiet) = (0, 0);
    while quiet < PATIENCE && waiting < answered {
        tokio::task::yield_now().await;
        let now = store.batcher.queues().get(&workspace).map_or(0, Vec::len);
        quiet = if now > waiting { 0 } else { quiet + 1 };
        waiting = now;
    }
}

fn answer(results: Result<Vec<Results>>, waiting: Vec<oneshot::Sender<Result<Results>>>) {
    match results {
        Ok(results) => {
            for (results, done) in results.into_iter().zip(waiting) {
                let _caller_left = done.send(Ok(results));
            }
        }
        Err(error) => {
            for done in waiting {
                let _caller_left = done.send(Err(error.again()));
            }
        }
    }
}

/// If the task ends early (its runtime is gone), the queue must not stay claimed for ever.
struct Abandon {
    store: SqlStore,
    workspace: WorkspaceId,
    armed: bool,
}

impl Drop for Abandon {
    fn drop(&mut self) {
        if self.armed {
            self.store.batcher.queues().remove(&self.workspace);
        }
    }
}
