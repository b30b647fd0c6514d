//! The readers: a few threads, each with a connection of its own, begun when there is work.
//!
//! Whoever asked may look away for long, or be gone: a read goes on without it, so that none keeps
//! its connection from all others.

use crate::{
    options::SqliteOptions,
    session::{SqliteSession, exec},
    thread,
    writer::gone,
};
use futures::{FutureExt, executor::block_on};
use morket_core::{Clock, Error, ErrorKind, Result};
use morket_store_sql::Unit;
use rusqlite::Connection;
use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, resume_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

/// How long a read waits for one of the readers.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a unit came to, or its panic, for whoever asked.
type Read = std::thread::Result<Result<()>>;

struct Job {
    unit: Unit,
    done: oneshot::Sender<Read>,
    /// One of as many places as there may be readers.
    place: OwnedSemaphorePermit,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// Threads that wait for a job.
    idle: usize,
    closed: bool,
}

/// What the threads share.
struct Shared {
    queue: Mutex<Queue>,
    filled: Condvar,
    options: SqliteOptions,
    clock: Arc<dyn Clock>,
}

/// The way to the readers.
pub(crate) struct Readers {
    shared: Arc<Shared>,
    places: Arc<Semaphore>,
    /// Every thread listens, and says nothing, until it ends.
    living: watch::Sender<()>,
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}

impl Readers {
    pub(crate) fn new(options: SqliteOptions, clock: Arc<dyn Clock>) -> Self {
        let places = Arc::new(Semaphore::new(options.readers.max(1) as usize));
        let (queue, filled) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { queue, filled, options, clock });
        Self { shared, places, living: watch::Sender::new(()) }
    }

    /// Run a unit on one snapshot, on the first reader that is free.
    pub(crate) async fn run(&self, unit: Unit) -> Result<()> {
        let place = tokio::time::timeout(PATIENCE, self.places.clone().acquire_owned()).await;
        let place = place.map_err(|_| busy())?.map_err(|_| gone())?;
        let (done, result) = oneshot::channel();
        self.hand_over(Job { unit, done, place })?;
        match result.await {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => Err(gone()),
        }
    }

    /// Give a job to a thread that waits, or to a new one. Places are as many as threads may be, so
    /// whenever all that are there have work, there may be one more.
    fn hand_over(&self, job: Job) -> Result<()> {
        let mut queue = self.shared.queue();
        if queue.closed {
            return Err(gone());
        }
        queue.jobs.push_back(job);
        if queue.idle >= queue.jobs.len() {
            self.shared.filled.notify_one();
            return Ok(());
        }
        let begun = self.begin();
        if begun.is_err() {
            queue.jobs.pop_back();
        }
        begun
    }

    fn begin(&self) -> Result<()> {
        let (shared, living) = (self.shared.clone(), self.living.subscribe());
        let body = move || {
            shared.serve();
            drop(living);
        };
        thread::begin("morket-sqlite-reader", body)
    }

    /// Wait until what was begun is over, and every connection is closed.
    pub(crate) async fn close(&self) {
        self.places.close();
        self.shared.close();
        self.living.closed().await;
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.shared.close();
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        self.queue().closed = true;
        self.filled.notify_all();
    }

    /// Be a reader.
    fn serve(&self) {
        let mut connection = None;
        let mut job = self.next(None);
        while let Some(Job { unit, done, place }) = job {
            let _caller_left = done.send(self.read(&mut connection, &unit));
            job = self.next(Some(place));
        }
    }

    /// The next job. The place of the last one is free once this thread counts as waiting, so that
    /// nobody begins another thread in between.
    fn next(&self, place: Option<OwnedSemaphorePermit>) -> Option<Job> {
        let mut queue = self.queue();
        queue.idle += 1;
        drop(place);
        let waits = |queue: &mut Queue| queue.jobs.is_empty() && !queue.closed;
        let mut queue =
            self.filled.wait_while(queue, waits).unwrap_or_else(PoisonError::into_inner);
        queue.idle -= 1;
        queue.jobs.pop_front()
    }

    /// A unit on this thread, from its beginning to its end.
    fn read(&self, kept: &mut Option<Connection>, unit: &Unit) -> Read {
        let mut connection = match kept.take().map_or_else(|| self.options.reader(), Ok) {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        if let Err(error) = exec(&connection, "BEGIN") {
            return Ok(Err(error));
        }
        let mut session = SqliteSession { connection: &mut connection, now: self.clock.now() };
        let work = AssertUnwindSafe(async { unit(&mut session).await });
        let result = block_on(work.catch_unwind());
        match exec(&connection, "ROLLBACK") {
            Ok(()) => *kept = Some(connection),
            Err(error) => return result.map(|it| it.and(Err(error))),
        }
        result
    }
}

fn busy() -> Error {
    let message = "every reader of the file has been at work for long; try again";
    Error::new(ErrorKind::StoreUnavailable, "store.sqlite", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use morket_core::Timestamp;
    use morket_testkit::ManualClock;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tempfile::TempDir;

    /// So many readers of an empty file.
    fn readers(count: u32) -> (TempDir, Arc<Readers>) {
        let folder = tempfile::tempdir().unwrap();
        let mut options = SqliteOptions::new(folder.path().join("morket.db")).volatile();
        options.readers = count;
        options.writer().unwrap().execute_batch("CREATE TABLE t (a)").unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(0)));
        (folder, Arc::new(Readers::new(options, clock)))
    }

    fn nothing() -> Unit {
        Arc::new(|session| {
            let read = session.rows("SELECT a FROM t".into(), Vec::new());
            Box::pin(async move { read.await.map(drop) })
        })
    }

    #[tokio::test]
    async fn a_panic_reaches_whoever_asked_and_the_reader_goes_on() {
        let (_folder, readers) = readers(1);
        let panics: Unit = Arc::new(|_| Box::pin(async { panic!("a unit") }));
        let asked = readers.clone();
        let ended = tokio::spawn(async move { asked.run(panics).await }).await.unwrap_err();
        assert_eq!(*ended.into_panic().downcast::<&str>().unwrap(), "a unit");
        for _ in 0..3 {
            readers.run(nothing()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_read_nobody_waits_for_any_more_gives_its_place_back() {
        let (_folder, readers) = readers(1);
        let (go, gone) = watch::channel(());
        let waits: Unit = Arc::new(move |_| {
            let mut gone = gone.clone();
            Box::pin(async move {
                let _told = gone.changed().await;
                Ok(())
            })
        });
        let mut read = Box::pin(readers.run(waits));
        assert!(read.as_mut().now_or_never().is_none(), "it has begun and is not over");
        drop(read);
        go.send_replace(());
        readers.run(nothing()).await.unwrap();
    }

    #[tokio::test]
    async fn no_more_are_at_work_at_once_than_there_may_be() {
        let (_folder, readers) = readers(3);
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts: Unit = {
            let most = most.clone();
            Arc::new(move |_| {
                let (now, most) = (now.clone(), most.clone());
                Box::pin(async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    for _ in 0..100 {
                        tokio::task::yield_now().await;
                    }
                    now.fetch_sub(1, Ordering::SeqCst);
                    Ok(())
                })
            })
        };
        let reads = (0..60).map(|_| {
            let (readers, counts) = (readers.clone(), counts.clone());
            tokio::spawn(async move { readers.run(counts).await })
        });
        for read in reads.collect::<Vec<_>>() {
            read.await.unwrap().unwrap();
        }
        assert!((1..=3).contains(&most.load(Ordering::SeqCst)));
        readers.close().await;
        let refused = readers.run(nothing()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::StoreUnavailable);
    }
}
