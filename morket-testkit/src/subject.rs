//! What a case is given: a store of its own, the clock that the store lives by, and fresh names.

use async_trait::async_trait;
use morket_core::{
    CallId, Clock, CredentialId, Credits, DeliveryId, ErasureId, ErrorKind, EventId, HoldId,
    InvitationId, JobId, Result, SessionId, Store, Timestamp, TokenId, UserId, WebhookId,
    WorkspaceId,
    audit::{Action, NewAudit},
    ledger::LedgerExt,
    rbac::Principal,
    workspace::NewWorkspace,
};
use std::{
    collections::hash_map::RandomState,
    fmt,
    future::Future,
    hash::BuildHasher,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::Barrier;
use uuid::Uuid;

/// Moves and reads the clock that a store decides by.
#[async_trait]
pub trait StoreClock: Send + Sync + 'static {
    /// Let `by` pass.
    async fn advance(&self, by: Duration);

    /// Let no time pass but by [`advance`](Self::advance) from now on: for a clock that goes by
    /// itself.
    async fn hold_still(&self) {}

    /// What the store takes for now.
    async fn now(&self) -> Timestamp;
}

#[async_trait]
impl StoreClock for crate::ManualClock {
    async fn advance(&self, by: Duration) {
        Self::advance(self, by);
    }

    async fn now(&self) -> Timestamp {
        Clock::now(self)
    }
}

/// A store under test. Nobody else uses it, so that what crosses tenants sees this case alone.
#[derive(Clone)]
pub struct Subject {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its clock.
    pub clock: Arc<dyn StoreClock>,
    /// Whether a call costs microseconds: such a store is asked more often.
    pub cheap: bool,
}

impl Subject {
    /// A store whose calls cost milliseconds.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn StoreClock>) -> Self {
        Self { store, clock, cheap: false }
    }

    /// The same, asked more often.
    #[must_use]
    pub fn cheap(mut self) -> Self {
        self.cheap = true;
        self
    }

    /// The same clock over another store.
    #[must_use]
    pub fn over(&self, store: Arc<dyn Store>) -> Self {
        Self { store, ..self.clone() }
    }

    /// How often a race is run: one round may be won by luck.
    pub fn rounds(&self) -> usize {
        if self.cheap { 50 } else { 20 }
    }

    /// A prepaid workspace with `credits` thousandths to spend.
    pub async fn workspace(&self, credits: i64) -> WorkspaceId {
        let new = named("Suite").prepaid();
        let workspace = self.store.create_workspace(new, created()).await.unwrap().id;
        if credits > 0 {
            let key = "opening".parse().unwrap();
            self.store.grant(workspace, key, Credits(credits)).await.unwrap();
        }
        workspace
    }

    /// A workspace that has been deleted.
    pub async fn deleted(&self) -> WorkspaceId {
        let workspace = self.workspace(0).await;
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceDeleted, None);
        self.store.delete_workspace(workspace, audit).await.unwrap();
        workspace
    }

    /// A workspace nobody ever created, and one that is gone: no method may know either.
    pub async fn absent(&self) -> [WorkspaceId; 2] {
        [fresh(), self.deleted().await]
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("store", &self.store).finish_non_exhaustive()
    }
}

/// An unmetered workspace to create, with an id of its own.
pub fn named(name: &str) -> NewWorkspace {
    NewWorkspace::embedded(fresh(), name)
}

/// The audit row of a creation by the embedding process.
pub fn created() -> NewAudit {
    NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None)
}

/// An id that nothing has had before, in this process or another on the same database.
pub fn fresh<T: Fresh>() -> T {
    T::fresh()
}

/// Something that can be named anew.
pub trait Fresh {
    /// A name that nothing has had before.
    fn fresh() -> Self;
}

impl Fresh for Uuid {
    fn fresh() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        static KEYS: LazyLock<[RandomState; 2]> = LazyLock::new(Default::default);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        let halves = [KEYS[0].hash_one(next), KEYS[1].hash_one(next)];
        let bytes: Vec<u8> = halves.into_iter().flat_map(u64::to_be_bytes).collect();
        uuid::Builder::from_random_bytes(bytes.try_into().unwrap()).into_uuid()
    }
}

macro_rules! fresh_ids {
    ($($id:ident)*) => {$(
        impl Fresh for $id {
            fn fresh() -> Self {
                Self(Uuid::fresh())
            }
        }
    )*};
}

fresh_ids! {
    CallId CredentialId DeliveryId ErasureId EventId HoldId InvitationId JobId SessionId TokenId
    UserId WebhookId WorkspaceId
}

/// `n` tasks that all begin at the same instant; what each gave, in order.
pub async fn at_once<F, T>(n: usize, task: impl Fn(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let gate = Arc::new(Barrier::new(n));
    let tasks: Vec<_> = (0..n)
        .map(|number| {
            let (gate, task) = (gate.clone(), task(number));
            tokio::spawn(async move {
                gate.wait().await;
                task.await
            })
        })
        .collect();
    futures::future::try_join_all(tasks).await.unwrap()
}

/// Panics unless it was refused, and as what it should be.
#[track_caller]
pub fn refused<T: fmt::Debug>(result: Result<T>, kind: ErrorKind) {
    match result {
        Ok(value) => panic!("{kind:?} was due, not {value:?}"),
        Err(error) => assert_eq!(error.kind(), kind, "{error:?}"),
    }
}
