//! The store itself: every port, over any [`Driver`].

use crate::{Driver, Scope, Session, ledger::Batcher, names::Names};
use futures::future::BoxFuture;
use morket_core::{Error, ErrorKind, Result, Timestamp, WorkspaceId};
use std::sync::{Arc, Mutex, PoisonError};

/// Every port of a store, written once over the session of whichever database drives it.
#[derive(Clone, Debug)]
pub struct SqlStore {
    driver: Arc<dyn Driver>,
    pub(crate) names: Arc<Names>,
    pub(crate) batcher: Arc<Batcher>,
}

impl SqlStore {
    /// A store over a database that was migrated and checked by its adapter.
    pub fn new(driver: Arc<dyn Driver>) -> Self {
        Self { driver, names: Arc::default(), batcher: Arc::default() }
    }

    /// Stop: what was acknowledged is durable, connections are closed.
    pub async fn close(&self) {
        self.driver.close().await;
    }

    /// Let nothing that was deleted be found in the database's files.
    pub(crate) async fn scrub(&self) -> Result<()> {
        self.driver.scrub().await
    }

    /// What time the store has: by this clock leases end and values grow old.
    pub async fn now(&self) -> Result<Timestamp> {
        self.read(Scope::System, |session| Box::pin(async move { Ok(session.now()) })).await
    }

    /// Run `work` and commit what it did, or nothing of it.
    pub(crate) async fn write<T, F>(&self, scope: Scope, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'s> Fn(&'s mut dyn Session) -> BoxFuture<'s, Result<T>> + Send + Sync + 'static,
    {
        let slot = Slot::default();
        self.driver.write(scope, slot.unit(work)).await?;
        slot.take()
    }

    /// Run `work` on one snapshot, without writing.
    pub(crate) async fn read<T, F>(&self, scope: Scope, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'s> Fn(&'s mut dyn Session) -> BoxFuture<'s, Result<T>> + Send + Sync + 'static,
    {
        let slot = Slot::default();
        self.driver.read(scope, slot.unit(work)).await?;
        slot.take()
    }
}

/// Where a unit leaves what it found: drivers know units, callers want values.
struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(None)))
    }
}

impl<T: Send + 'static> Slot<T> {
    fn unit<F>(&self, work: F) -> crate::Unit
    where
        F: for<'s> Fn(&'s mut dyn Session) -> BoxFuture<'s, Result<T>> + Send + Sync + 'static,
    {
        let slot = self.0.clone();
        Arc::new(move |session| {
            let (slot, found) = (slot.clone(), work(session));
            Box::pin(async move {
                let value = found.await?;
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
                Ok(())
            })
        })
    }

    fn take(self) -> Result<T> {
        let mut slot = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slot.take().ok_or_else(|| Error::internal("store.write", "a unit left no value"))
    }
}

/// Refuse what no workspace answers to: unknown and deleted ones alike.
pub(crate) async fn live(session: &mut dyn Session, workspace: WorkspaceId) -> Result<()> {
    let sql = "SELECT 1 FROM workspaces WHERE id = $1 AND deleted_at IS NULL";
    match session.rows(sql.into(), crate::args![workspace]).await?.is_empty() {
        true => Err(no_workspace("store")),
        false => Ok(()),
    }
}

pub(crate) fn no_workspace(operation: &'static str) -> Error {
    Error::new(ErrorKind::NotFound, operation, "workspace: not found")
}
