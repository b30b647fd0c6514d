//! A process that dies at a chosen call: it hears no answer any more, and does nothing.

use crate::broken::{Defect, Right};
use async_trait::async_trait;
use morket_core::{
    Credits, HoldId, JobId, Result, WorkspaceId,
    http::{Http, HttpFailure, HttpRequest, HttpResponse},
    idempotency::{Begun, IdempotencyStore, Scope, Ticket},
    job::{
        Call, Cancelling, CellRow, ClaimFilter, Claimed, Flight, Funded, Job, JobStore, Lease,
        LookupAge, LookupRow, Marked, NewCall, NewJob, PermitClaim, Permits, Record, Settled,
        Settlement, Sought, StepRow, Wake,
    },
    workspace::{Workspace, WorkspaceStore},
};
use serde_json::Value;
use std::{
    future::{Future, pending},
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// The life of one process. Each call to the store or the network has two points: before it takes
/// effect, and after.
#[derive(Debug)]
pub(crate) struct Life {
    point: AtomicU64,
    /// The point at which it dies; none is reached when this is 0.
    last: u64,
    dead: watch::Sender<bool>,
    leases: Mutex<Vec<Lease>>,
}

impl Life {
    pub(crate) fn until(last: u64) -> Arc<Self> {
        let (dead, _) = watch::channel(false);
        Arc::new(Self { point: AtomicU64::new(0), last, dead, leases: Mutex::default() })
    }

    /// How many points it has come by.
    pub(super) fn points(&self) -> u64 {
        self.point.load(Ordering::SeqCst)
    }

    /// Every lease it was given.
    pub(super) fn leases(&self) -> Vec<Lease> {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn holds(&self, lease: Lease) {
        self.leases.lock().unwrap_or_else(PoisonError::into_inner).push(lease);
    }

    /// Comes when it has died.
    pub(crate) async fn died(&self) {
        // The sender is `self`: it cannot be gone.
        let _ = self.dead.subscribe().wait_for(|dead| *dead).await;
    }

    async fn pass(&self) {
        if *self.dead.borrow() || self.point.fetch_add(1, Ordering::SeqCst) + 1 == self.last {
            self.dead.send_replace(true);
            pending::<()>().await;
        }
    }

    /// Do something, unless it dies before; hear of it, unless it dies after.
    pub(super) async fn around<T>(&self, effect: impl Future<Output = T>) -> T {
        self.pass().await;
        let result = effect.await;
        self.pass().await;
        result
    }
}

/// A store as a process reaches it that will die.
pub(crate) struct Mortal(pub(crate) Arc<Life>);

macro_rules! through_life {
    ($($port:ident.$method:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        #[async_trait]
        impl Defect for Mortal {
            $(
                async fn $method(&self, right: &Right, $($arg: $ty),*) -> $out {
                    self.0.around($port::$method(&*right.store, $($arg),*)).await
                }
            )*

            async fn claim_batch(
                &self,
                right: &Right,
                worker: &str,
                ttl: Duration,
                filter: ClaimFilter,
            ) -> Result<Option<Claimed>> {
                let claim = async {
                    let claimed = right.store.claim_batch(worker, ttl, filter).await;
                    if let Ok(Some(claimed)) = &claimed {
                        self.0.holds(claimed.lease);
                    }
                    claimed
                };
                self.0.around(claim).await
            }
        }
    };
}

through_life! {
    WorkspaceStore.workspace(workspace: WorkspaceId) -> Result<Workspace>;
    IdempotencyStore.begin(scope: &Scope, key: &str, body: [u8; 32], lease: Duration)
        -> Result<Begun>;
    IdempotencyStore.finish(scope: &Scope, key: &str, ticket: Ticket, answer: Vec<u8>)
        -> Result<()>;
    JobStore.open_job(workspace: WorkspaceId, job: NewJob) -> Result<()>;
    JobStore.append_records(workspace: WorkspaceId, job: JobId, first: u32, records: Vec<Value>)
        -> Result<u32>;
    JobStore.seal_job(workspace: WorkspaceId, job: JobId, total: u32) -> Result<Job>;
    JobStore.job(workspace: WorkspaceId, job: JobId) -> Result<Job>;
    JobStore.records(workspace: WorkspaceId, job: JobId, range: Range<u32>) -> Result<Vec<Record>>;
    JobStore.cells(workspace: WorkspaceId, job: JobId, range: Range<u32>) -> Result<Vec<CellRow>>;
    JobStore.steps(workspace: WorkspaceId, job: JobId, range: Range<u32>) -> Result<Vec<StepRow>>;
    JobStore.renew_lease(lease: Lease, ttl: Duration) -> Result<Lease>;
    JobStore.fund_batch(lease: Lease, hold: HoldId, prices: Vec<Credits>) -> Result<Funded>;
    JobStore.mark_sent(lease: Lease, calls: Vec<NewCall>) -> Result<Vec<Result<Marked>>>;
    JobStore.lookup_ages(workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<LookupAge>>;
    JobStore.recall(workspace: WorkspaceId, sought: Vec<Sought>)
        -> Result<Vec<Option<LookupRow>>>;
    JobStore.flights(workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<Flight>>;
    JobStore.open_calls(lease: Lease) -> Result<Vec<Call>>;
    JobStore.settle(settlement: Settlement) -> Result<Settled>;
    JobStore.cancel_job(workspace: WorkspaceId, job: JobId) -> Result<Cancelling>;
    JobStore.wake(workspace: WorkspaceId, which: Wake) -> Result<u32>;
    JobStore.claim_permits(claim: PermitClaim) -> Result<Permits>;
    JobStore.lookups(workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<LookupRow>>;
}

/// The network as a process reaches it that will die.
#[derive(Debug)]
pub(super) struct MortalHttp<H>(pub(super) Arc<Life>, pub(super) Arc<H>);

#[async_trait]
impl<H: Http> Http for MortalHttp<H> {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        self.0.around(self.1.send(request)).await
    }
}
