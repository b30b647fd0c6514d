//! Threads of the store's own: what waits for the disk keeps no runtime of a host's from its work.

use morket_core::{Error, ErrorKind, Result};
use std::thread;
use tokio::sync::oneshot;

/// Begin a thread.
pub(crate) fn begin(name: &str, body: impl FnOnce() + Send + 'static) -> Result<()> {
    let begun = thread::Builder::new().name(name.to_owned()).spawn(body);
    begun.map(drop).map_err(|error| {
        let message = "the system gave no thread for the database";
        Error::new(ErrorKind::StoreUnavailable, "store.sqlite", message).caused_by(error)
    })
}

/// Do something on a thread of its own, and wait for it. It goes on when the caller stops waiting.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (done, result) = oneshot::channel();
    begin("morket-sqlite-aside", move || {
        let _caller_left = done.send(work());
    })?;
    result.await.map_err(|_| Error::internal("store.sqlite", "work on the file panicked"))?
}
