//! The one writer: what waits while a commit runs goes into the next one together.
//!
//! It lives on a thread of its own with a runtime of its own, so a caller that stops waiting, or a
//! host whose runtime goes away, never cuts a queued write short.

use crate::{
    options::SqliteOptions,
    session::{SqliteSession, exec},
    thread,
};
use futures::FutureExt;
use morket_core::{Clock, Error, ErrorKind, Result};
use morket_store_sql::Unit;
use rusqlite::Connection;
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};

/// The most units of one commit.
const GROUP: usize = 256;

/// How many units may wait before callers wait to queue.
const QUEUE: usize = 4_096;

/// How long a write waits for another process to let go, beyond SQLite's own patience.
const BUSY_TRIES: u32 = 5;

struct Job {
    unit: Unit,
    done: oneshot::Sender<Result<()>>,
}

/// The way to the writer.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Job>,
    stopped: tokio::sync::watch::Receiver<bool>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").finish_non_exhaustive()
    }
}

impl Writer {
    /// Start the writer on a connection of its own.
    pub(crate) async fn start(options: SqliteOptions, clock: Arc<dyn Clock>) -> Result<Self> {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let (tell, stopped) = tokio::sync::watch::channel(false);
        let (ready, opened) = oneshot::channel();
        let body = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            match runtime {
                Ok(runtime) => runtime.block_on(serve(options, clock, jobs, ready)),
                Err(error) => {
                    let message = "the system gave the writer no runtime";
                    let error = Error::new(ErrorKind::StoreUnavailable, "store.sqlite", message)
                        .caused_by(error);
                    let _caller_left = ready.send(Err(error));
                }
            }
            tell.send_replace(true);
        };
        thread::begin("morket-sqlite", body)?;
        opened.await.map_err(|_| gone())??;
        Ok(Self { queue, stopped })
    }

    /// Queue a unit and wait for its commit.
    pub(crate) async fn run(&self, unit: Unit) -> Result<()> {
        let (done, result) = oneshot::channel();
        self.queue.send(Job { unit, done }).await.map_err(|_| gone())?;
        result.await.map_err(|_| gone())?
    }

    /// Wait until everything queued before is written and the writer has ended.
    pub(crate) async fn stop(&self) {
        let (done, result) = oneshot::channel();
        let unit: Unit = Arc::new(|_| {
            let message = "the store was closed";
            Box::pin(async move { Err(Error::new(ErrorKind::StoreUnavailable, STOP, message)) })
        });
        if self.queue.send(Job { unit, done }).await.is_ok() {
            let _ended = result.await;
        }
        let mut stopped = self.stopped.clone();
        let _ended = stopped.wait_for(|it| *it).await;
    }
}

/// The operation that ends the writer.
const STOP: &str = "store.close";

pub(crate) fn gone() -> Error {
    Error::new(ErrorKind::StoreUnavailable, "store.sqlite", "the store was closed")
}

async fn serve(
    options: SqliteOptions,
    clock: Arc<dyn Clock>,
    mut jobs: mpsc::Receiver<Job>,
    ready: oneshot::Sender<Result<()>>,
) {
    let mut connection = match options.writer() {
        Ok(connection) => connection,
        Err(error) => {
            let _caller_left = ready.send(Err(error));
            return;
        }
    };
    let _caller_left = ready.send(Ok(()));
    while let Some(first) = jobs.recv().await {
        let mut group = vec![first];
        while group.len() < GROUP
            && let Ok(job) = jobs.try_recv()
        {
            group.push(job);
        }
        match commit(&mut connection, clock.as_ref(), group).await {
            After::Fine => {}
            After::Doubtful => {
                if let Ok(fresh) = options.writer() {
                    connection = fresh;
                }
            }
            After::Stop => break,
        }
    }
}

/// Begin, also when another process is writing at this moment.
async fn begin(connection: &Connection) -> Result<()> {
    let mut tries = 0;
    loop {
        match exec(connection, "BEGIN IMMEDIATE") {
            Err(error) if error.kind() == ErrorKind::StoreUnavailable && tries < BUSY_TRIES => {
                tries += 1;
                let pause = Duration::from_millis(50 << tries);
                tokio::time::sleep(pause).await;
            }
            other => return other,
        }
    }
}

/// What a group leaves behind.
enum After {
    /// A connection that goes on.
    Fine,
    /// A connection that should be looked at.
    Doubtful,
    /// The wish to end.
    Stop,
}

/// Run a group in one transaction and answer everybody.
async fn commit(connection: &mut Connection, clock: &dyn Clock, group: Vec<Job>) -> After {
    if let Err(error) = begin(connection).await {
        answer_all(group, &error);
        return After::Doubtful;
    }
    let alone = group.len() == 1;
    let mut results = Vec::with_capacity(group.len());
    for job in &group {
        results.push(guarded(connection, clock, job, alone).await);
        if let Some(Err(error)) = results.last()
            && error.kind() == ErrorKind::StoreUnavailable
            && error.operation() != STOP
        {
            // A full disk or a lost file may have undone more than this unit: nobody's is kept.
            let error = error.again();
            let _best_effort = exec(connection, "ROLLBACK");
            answer_all(group, &error);
            return After::Doubtful;
        }
    }
    let stop = results.iter().any(|it| matches!(it, Err(error) if error.operation() == STOP));
    let end = if alone && results[0].is_err() { "ROLLBACK" } else { "COMMIT" };
    if let Err(error) = exec(connection, end) {
        let _best_effort = exec(connection, "ROLLBACK");
        answer_all(group, &error);
        return After::Doubtful;
    }
    for (job, result) in group.into_iter().zip(results) {
        let _caller_left = job.done.send(result);
    }
    if stop { After::Stop } else { After::Fine }
}

/// One unit inside the group's transaction: what a failing one did is undone, and only that.
async fn guarded(
    connection: &mut Connection,
    clock: &dyn Clock,
    job: &Job,
    alone: bool,
) -> Result<()> {
    if alone {
        return unit(connection, clock, job).await;
    }
    exec(connection, "SAVEPOINT unit")?;
    let result = unit(connection, clock, job).await;
    if result.is_err() {
        exec(connection, "ROLLBACK TO unit")?;
    }
    exec(connection, "RELEASE unit")?;
    result
}

async fn unit(connection: &mut Connection, clock: &dyn Clock, job: &Job) -> Result<()> {
    let mut session = SqliteSession { connection, now: clock.now() };
    let work = AssertUnwindSafe(async { (job.unit)(&mut session).await });
    work.catch_unwind()
        .await
        .unwrap_or_else(|_| Err(Error::internal("store.sqlite", "a unit panicked")))
}

fn answer_all(group: Vec<Job>, error: &Error) {
    for job in group {
        let _caller_left = job.done.send(Err(error.again()));
    }
}
