//! As many password hashes at once as there are cores; the rest wait their turn.

use crate::{Error, Result};
use std::{fmt, sync::Arc};
use tokio::sync::{Semaphore, oneshot};

/// Where work that blocks a thread is sent. A host on tokio answers with `spawn_blocking`.
pub trait Spawn: fmt::Debug + Send + Sync + 'static {
    /// Run `work` on a thread that may block.
    fn blocking(&self, work: Box<dyn FnOnce() + Send>);
}

/// Lets a fixed number of hashes run at a time.
///
/// Each takes 19 MiB and tens of milliseconds of a core: without a gate, a flood of logins is a
/// cheap way to stop everything else.
#[derive(Clone, Debug)]
pub struct HashGate {
    permits: Arc<Semaphore>,
}

impl HashGate {
    /// A gate for `cores` hashes at a time; at least one.
    pub fn new(cores: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(cores.clamp(1, Semaphore::MAX_PERMITS))) }
    }

    /// Places that are free now, for a gauge.
    pub fn idle(&self) -> usize {
        self.permits.available_permits()
    }

    /// Run `work` when it is its turn.
    ///
    /// The place is given back when the work ends, not when the caller stops waiting: a client
    /// that hangs up does not make room for another hash beside its own.
    pub async fn run<T: Send + 'static>(
        &self,
        spawn: &dyn Spawn,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let closed = |_| Error::internal("identity.gate", "the gate was closed");
        let permit = self.permits.clone().acquire_owned().await.map_err(closed)?;
        let (sender, receiver) = oneshot::channel();
        spawn.blocking(Box::new(move || {
            let result = work();
            drop(permit);
            // Nobody waits any more: the result is of no use to anyone.
            let _ = sender.send(result);
        }));
        receiver.await.map_err(|_| Error::internal("identity.gate", "the work did not end"))
    }
}
