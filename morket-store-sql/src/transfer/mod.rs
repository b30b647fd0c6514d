//! Moving a whole store: out of one database as lines of text, into an empty one of either kind.
//!
//! An export is one snapshot, an import one transaction: it succeeds whole or leaves nothing. Both
//! hold a few hundred rows in memory at a time, however large the store is.
//!
//! The file is as secret as the database: it holds people's addresses and the hashes of passwords
//! and tokens. Vendors' keys stay sealed in it as they are in the tables, so they open only with
//! the master keys of the vault that sealed them: move those by another way. Its end line covers
//! every byte before it, which finds damage; it is no signature, so keep it where nobody else
//! writes.

mod export;
mod format;
mod import;
mod tables;
mod verify;

pub use tables::tables;

use crate::{Scope, SqlStore};
use morket_core::{Error, ErrorKind, Result};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::{
    io::{AsyncBufRead, AsyncWrite},
    sync::mpsc,
};

/// How many chunks may wait between the database and the file.
const WAITING: usize = 2;

/// What was moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Rows of all tables.
    pub rows: u64,
    /// Accounts whose ledger was verified from the first entry to the last; an export counts none.
    pub verified: u64,
}

/// One end of a channel, for the one run of a unit that may use it: a unit that runs again after a
/// deadlock finds nothing, because what was sent cannot be sent again.
struct Once<T>(Arc<Mutex<Option<T>>>);

impl<T> Once<T> {
    fn new(end: T) -> Self {
        Self(Arc::new(Mutex::new(Some(end))))
    }

    fn take(&self) -> Result<T> {
        let end = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let message = "the database broke off and nothing was kept; begin again";
        end.ok_or_else(|| Error::new(ErrorKind::StoreUnavailable, "store.transfer", message))
    }
}

impl SqlStore {
    /// Write everything the store holds to `out`, as it is at one instant, while others go on.
    ///
    /// Two stores with the same content give the same bytes, whichever database they are in. What
    /// was written before an error is not a whole export, and an import says so.
    pub async fn export(&self, out: impl AsyncWrite + Send + Unpin) -> Result<Moved> {
        let (sender, chunks) = mpsc::channel(WAITING);
        let once = Once::new(sender);
        let read = self.read(Scope::System, move |session| {
            let sender = once.take();
            Box::pin(async move { export::run(session, sender?).await })
        });
        let (read, written) = futures::join!(read, export::drain(chunks, out));
        written.and(read)
    }

    /// Fill this store, which must be empty and migrated, with what an export gave.
    ///
    /// # Errors
    /// Whatever is wrong, nothing is kept: put it right and import again. `Validation` names the
    /// line; `Conflict` says that the store holds something already; `SchemaMismatch` that the
    /// export is of another schema (let this release migrate its source, then export again);
    /// `Tampered` that a ledger's chain does not verify.
    ///
    /// Let nobody else write to the store meanwhile: on PostgreSQL they could.
    pub async fn import(&self, input: impl AsyncBufRead + Send + Unpin) -> Result<Moved> {
        let (sender, chunks) = mpsc::channel(WAITING);
        let once = Once::new(chunks);
        let write = self.write(Scope::System, move |session| {
            let chunks = once.take();
            Box::pin(async move { import::run(session, chunks?).await })
        });
        let (written, fed) = futures::join!(write, import::feed(input, sender));
        fed.and(written)
    }
}
