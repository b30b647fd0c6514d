//! Group commit for one account: while a transaction runs, what arrives waits, and then goes into
//! the next one together. Nobody waits for a timer, so a lone caller pays a lone commit.

use super::post::{Board, Poster};
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

/// How many times the next batch steps aside at most.
const PATIENCE: u32 = 64;

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

    /// The next transaction's callers, at most as many as fit one.
    fn next(&self, workspace: WorkspaceId) -> Vec<Waiting> {
        let mut queues = self.queues();
        let Some(queue) = queues.get_mut(&workspace) else { return Vec::new() };
        let mut ops = 0;
        let fits = queue.iter().take_while(|waiting| {
            ops += waiting.ops.len();
            ops <= FULL
        });
        let take = fits.count().max(1).min(queue.len());
        queue.drain(..take).collect()
    }

    /// Whether nobody waits; then the account is left, and the next caller begins again.
    fn leave_if_empty(&self, workspace: WorkspaceId) -> bool {
        let mut queues = self.queues();
        let empty = queues.get(&workspace).is_none_or(Vec::is_empty);
        if empty {
            queues.remove(&workspace);
        }
        empty
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
    let mut poster = Poster::default();
    while !store.batcher.leave_if_empty(workspace) {
        let boarding = Arc::new(Boarding::default());
        let (batcher, boards) = (store.batcher.clone(), boarding.clone());
        let board: Board = Arc::new(move || boards.board(&batcher, workspace));
        let results = poster.post(&store, workspace, board).await;
        // A transaction that failed before it took anybody owes those who wait its error.
        boarding.board(&store.batcher, workspace);
        answer(results, boarding.leave());
        let_callers_return(&store, workspace).await;
    }
    guard.armed = false;
}

/// The callers that one transaction took, however often it runs.
#[derive(Default)]
struct Boarding(Mutex<Option<Boarded>>);

#[derive(Default)]
struct Boarded {
    ops: Arc<Vec<Vec<Op>>>,
    waiting: Vec<oneshot::Sender<Result<Results>>>,
}

impl Boarding {
    fn board(&self, batcher: &Batcher, workspace: WorkspaceId) -> Arc<Vec<Vec<Op>>> {
        let mut boarded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let boarded = boarded.get_or_insert_with(|| {
            let batch = batcher.next(workspace).into_iter();
            let (ops, waiting): (Vec<_>, Vec<_>) = batch.map(|it| (it.ops, it.done)).unzip();
            Boarded { ops: Arc::new(ops), waiting }
        });
        boarded.ops.clone()
    }

    fn leave(&self) -> Vec<oneshot::Sender<Result<Results>>> {
        let mut boarded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        boarded.take().unwrap_or_default().waiting
    }
}

/// Callers that were just answered often come straight back. Step aside until the first does, or
/// nobody comes: the others come while the next transaction begins and waits for its lock.
async fn let_callers_return(store: &SqlStore, workspace: WorkspaceId) {
    for _ in 0..PATIENCE {
        tokio::task::yield_now().await;
        if store.batcher.queues().get(&workspace).is_some_and(|queue| !queue.is_empty()) {
            return;
        }
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
