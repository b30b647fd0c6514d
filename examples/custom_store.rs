//! A store of one's own, and how to know that it is right.
//!
//! `Counted` implements every port by handing each call to a [`MemoryStore`], and counts the calls.
//! Put your database where the memory store is. The conformance suites then say whether each port
//! keeps its promises: one case per promise, here walked at run time as data. In a crate of your
//! own one line, `morket_testkit::store_suite!(make)`, turns the same list into tests.
#![allow(clippy::print_stdout, reason = "an example's output is its product")]

use anyhow::{Result, ensure};
use async_trait::async_trait;
use morket::{
    CredentialId, Credits, DeliveryId, ErasureId, EventId, HoldId, InvitationId, JobId, SessionId,
    Timestamp, UserId, WebhookId, WorkspaceId,
    activity::{ActivityRow, ActivityStore, NewActivity},
    audit::{AuditRow, AuditStore, NewAudit},
    idempotency::{Begun, IdempotencyStore, Scope, Ticket},
    identity::{
        Admission, HashChange, NewRefresh, NewSession, NewUser, PasswordHash, Rotated, Session,
        SessionStore, TokenHash, User, UserStore,
    },
    job::{
        Call, Cancelling, CellRow, ClaimFilter, Claimed, Flight, Funded, Job, JobStore, Lease,
        LookupAge, LookupRow, Marked, NewCall, NewJob, PermitClaim, Permits, Record, Settled,
        Settlement, Sought, SpendTotal, StepRow, Wake,
    },
    ledger::{Account, Hold, LedgerStore, Op, Receipt, Recharge, StatementPage},
    memory::MemoryStore,
    outbox::{Event, NewEvent, OutboxStore},
    page::{Cursor, Limit, Page},
    privacy::{
        Added, Erasure, ErasureStore, Expiry, Fingerprint, NewSuppression, PrivacyKey,
        Receipt as Erasing, Screening, Suppression, SuppressionStore,
    },
    rbac::{Actor, MemberChange, Role},
    vault::{
        CredentialStatus, CredentialStore, KeyPlace, Purpose, SealedCredential, SealedValue,
        StoredCredential, Verify, WrappedKey,
    },
    webhook::{
        self, Delivery, DeliveryState, NewWebhook, Relayed, Report, SealedSecret, Webhook,
        WebhookStore,
    },
    workspace::{
        Invitation, InvitationStore, Member, MemberChanged, NewInvitation, NewWorkspace, Workspace,
        WorkspaceChange, WorkspaceStore,
    },
};
use morket_testkit::{ManualClock, Subject, block_on, suite};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    ops::Range,
    panic,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use uuid::Uuid;

/// How often each method was called, by port and name.
type Counts = Arc<Mutex<BTreeMap<(&'static str, &'static str), u64>>>;

/// A store that counts what it is asked, and leaves the answers to another.
#[derive(Debug)]
struct Counted {
    inner: MemoryStore,
    counts: Counts,
}

impl Counted {
    fn count(&self, port: &'static str, method: &'static str) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry((port, method)).or_default() += 1;
    }
}

/// Ports as their traits declare them; each method counts and hands on.
macro_rules! ports {
    ($($port:ident {
        $(async fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*
    })*) => {$(
        #[async_trait]
        impl $port for Counted {
            $(
                async fn $method(&self, $($arg: $ty),*) -> morket::Result<$out> {
                    self.count(stringify!($port), stringify!($method));
                    $port::$method(&self.inner, $($arg),*).await
                }
            )*
        }
    )*};
}

ports! {
    ActivityStore {
        async fn record_activity(workspace: WorkspaceId, activity: NewActivity) -> ();
        async fn activity(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Page<ActivityRow>;
    }
    AuditStore {
        async fn audit(workspace: WorkspaceId, audit: NewAudit) -> ();
        async fn audit_log(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Page<AuditRow>;
    }
    CredentialStore {
        async fn data_key(
            workspace: WorkspaceId, purpose: Purpose, version: Option<u32>
        ) -> Option<WrappedKey>;
        async fn put_data_key(workspace: WorkspaceId, key: WrappedKey) -> WrappedKey;
        async fn spend_seals(
            workspace: WorkspaceId, purpose: Purpose, version: u32, seals: u64
        ) -> bool;
        async fn rewrap_data_key(
            workspace: WorkspaceId, expected: u32, key: WrappedKey, audit: NewAudit
        ) -> bool;
        async fn data_keys_below(
            master_version: u32, after: Option<KeyPlace>, limit: u32
        ) -> Vec<WrappedKey>;
        async fn put_credential(
            workspace: WorkspaceId, credential: SealedCredential, verify: Verify, audit: NewAudit
        ) -> StoredCredential;
        async fn replace_credential(
            workspace: WorkspaceId, id: CredentialId, value: SealedValue, verify: Verify,
            audit: NewAudit
        ) -> StoredCredential;
        async fn credential(workspace: WorkspaceId, id: CredentialId) -> StoredCredential;
        async fn credentials(workspace: WorkspaceId) -> Vec<StoredCredential>;
        async fn set_credential_status(
            workspace: WorkspaceId, id: CredentialId, status: CredentialStatus, audit: NewAudit
        ) -> ();
        async fn use_credential(
            workspace: WorkspaceId, id: CredentialId, job: Option<JobId>, audit: NewAudit
        ) -> StoredCredential;
        async fn delete_credential(
            workspace: WorkspaceId, id: CredentialId, audit: NewAudit
        ) -> ();
    }
    IdempotencyStore {
        async fn begin(scope: &Scope, key: &str, body: [u8; 32], lease: Duration) -> Begun;
        async fn renew(scope: &Scope, key: &str, ticket: Ticket, lease: Duration) -> ();
        async fn finish(scope: &Scope, key: &str, ticket: Ticket, answer: Vec<u8>) -> ();
        async fn abandon(scope: &Scope, key: &str, ticket: Ticket) -> ();
        async fn prune_idempotency(before: Timestamp) -> u32;
    }
    InvitationStore {
        async fn invite(
            workspace: WorkspaceId, actor: Actor, new: NewInvitation, audit: NewAudit
        ) -> Invitation;
        async fn invitations(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Page<Invitation>;
        async fn invitation(token: TokenHash) -> Invitation;
        async fn accept_invitation(
            workspace: WorkspaceId, token: TokenHash, user: UserId, audit: NewAudit
        ) -> Member;
        async fn decline_invitation(
            workspace: WorkspaceId, token: TokenHash, audit: NewAudit
        ) -> Invitation;
        async fn revoke_invitation(
            workspace: WorkspaceId, actor: Actor, id: InvitationId, audit: NewAudit
        ) -> Invitation;
    }
    JobStore {
        async fn open_job(workspace: WorkspaceId, job: NewJob) -> ();
        async fn append_records(
            workspace: WorkspaceId, job: JobId, first: u32, records: Vec<Value>
        ) -> u32;
        async fn seal_job(workspace: WorkspaceId, job: JobId, total: u32) -> Job;
        async fn job(workspace: WorkspaceId, job: JobId) -> Job;
        async fn jobs(workspace: WorkspaceId, after: Option<Cursor>, limit: Limit) -> Page<Job>;
        async fn records(workspace: WorkspaceId, job: JobId, range: Range<u32>) -> Vec<Record>;
        async fn cells(workspace: WorkspaceId, job: JobId, range: Range<u32>) -> Vec<CellRow>;
        async fn steps(workspace: WorkspaceId, job: JobId, range: Range<u32>) -> Vec<StepRow>;
        async fn claim_batch(worker: &str, ttl: Duration, filter: ClaimFilter) -> Option<Claimed>;
        async fn renew_lease(lease: Lease, ttl: Duration) -> Lease;
        async fn fund_batch(lease: Lease, hold: HoldId, prices: Vec<Credits>) -> Funded;
        async fn mark_sent(lease: Lease, calls: Vec<NewCall>) -> Vec<morket::Result<Marked>>;
        async fn open_calls(lease: Lease) -> Vec<Call>;
        async fn settle(settlement: Settlement) -> Settled;
        async fn cancel_job(workspace: WorkspaceId, job: JobId) -> Cancelling;
        async fn wake(workspace: WorkspaceId, which: Wake) -> u32;
        async fn lookups(workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Vec<LookupRow>;
        async fn lookup_ages(workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Vec<LookupAge>;
        async fn recall(workspace: WorkspaceId, sought: Vec<Sought>) -> Vec<Option<LookupRow>>;
        async fn left_for(workspace: WorkspaceId, jobs: Vec<JobId>) -> Vec<Option<Duration>>;
        async fn flights(workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Vec<Flight>;
        async fn claim_permits(claim: PermitClaim) -> Permits;
        async fn spent(workspace: WorkspaceId, counter: SpendTotal) -> i64;
        async fn lapse_holds(limit: u32) -> u32;
        async fn collect_unsealed(before: Timestamp) -> u32;
    }
    SessionStore {
        async fn open_session(new: NewSession) -> Session;
        async fn rotate(
            presented: TokenHash, successor: NewRefresh, grace: Duration
        ) -> Rotated;
        async fn end_session(presented: TokenHash) -> ();
        async fn end_all(user: UserId) -> u32;
        async fn sessions(user: UserId) -> Vec<Session>;
        async fn is_live(user: UserId, session: SessionId, jti: Uuid) -> bool;
        async fn revoke_access(jti: Uuid, expires_at: Timestamp) -> ();
        async fn prune_sessions(before: Timestamp) -> u32;
    }
    UserStore {
        async fn create_user(new: NewUser) -> User;
        async fn user(user: UserId) -> User;
        async fn user_by_email(key: &str) -> Option<User>;
        async fn set_password_hash(
            user: UserId, hash: PasswordHash, expected: Option<PasswordHash>, change: HashChange
        ) -> ();
        async fn set_disabled(user: UserId, disabled: bool) -> ();
        async fn begin_attempt(key: &str) -> Admission;
        async fn succeed_attempt(key: &str) -> ();
    }
    LedgerStore {
        async fn post(workspace: WorkspaceId, ops: Vec<Op>) -> Vec<morket::Result<Receipt>>;
        async fn account(workspace: WorkspaceId) -> Account;
        async fn hold(workspace: WorkspaceId, hold: HoldId) -> Hold;
        async fn statement(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> StatementPage;
        async fn set_recharge(workspace: WorkspaceId, recharge: Option<Recharge>) -> ();
        async fn verify_chain(workspace: WorkspaceId) -> u64;
    }
    OutboxStore {
        async fn publish(workspace: WorkspaceId, events: Vec<NewEvent>) -> ();
        async fn events(workspace: WorkspaceId) -> Vec<Event>;
        async fn claim_events(limit: u32, lease: Duration) -> Vec<Event>;
        async fn ack_events(ids: Vec<EventId>) -> ();
    }
    SuppressionStore {
        async fn privacy_key(workspace: WorkspaceId, fresh: PrivacyKey) -> PrivacyKey;
        async fn suppress(
            workspace: WorkspaceId, entries: Vec<NewSuppression>, audit: NewAudit
        ) -> Vec<Added>;
        async fn unsuppress(
            workspace: WorkspaceId, fingerprints: Vec<Fingerprint>, audit: NewAudit
        ) -> u32;
        async fn suppressions(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Page<Suppression>;
        async fn count_suppressions(workspace: WorkspaceId) -> u64;
        async fn screen(
            workspace: WorkspaceId, fingerprints: Vec<Fingerprint>
        ) -> Screening;
    }
    ErasureStore {
        async fn forget(workspace: WorkspaceId, erasure: Erasure, audit: NewAudit) -> Erasing;
        async fn expire(workspace: WorkspaceId, expiry: Expiry, audit: NewAudit) -> Erasing;
        async fn receipt(workspace: WorkspaceId, id: ErasureId) -> Erasing;
        async fn receipts(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Page<Erasing>;
    }
    WebhookStore {
        async fn create_webhook(workspace: WorkspaceId, new: NewWebhook, audit: NewAudit)
            -> Webhook;
        async fn webhook(workspace: WorkspaceId, id: WebhookId) -> Webhook;
        async fn webhooks(workspace: WorkspaceId) -> Vec<Webhook>;
        async fn delete_webhook(workspace: WorkspaceId, id: WebhookId, audit: NewAudit)
            -> ();
        async fn switch_webhook(workspace: WorkspaceId, id: WebhookId, on: bool, audit: NewAudit)
            -> Webhook;
        async fn rotate_webhook(workspace: WorkspaceId, id: WebhookId, secret: SealedSecret,
            overlap: Duration, audit: NewAudit) -> Webhook;
        async fn try_webhook(workspace: WorkspaceId, id: WebhookId, event: NewEvent)
            -> Delivery;
        async fn deliveries(
            workspace: WorkspaceId, id: WebhookId, state: Option<DeliveryState>,
            after: Option<Cursor>, limit: Limit
        ) -> Page<Delivery>;
        async fn replay_delivery(workspace: WorkspaceId, id: DeliveryId, audit: NewAudit)
            -> Delivery;
        async fn relay_events(limit: u32) -> Relayed;
        async fn claim_deliveries(limit: u32, per_endpoint: u32, lease: Duration)
            -> Vec<webhook::Claimed>;
        async fn record_attempt(ticket: webhook::Ticket, report: Report) -> Delivery;
        async fn prune_deliveries(keep: Duration, limit: u32) -> u32;
    }
    WorkspaceStore {
        async fn create_workspace(new: NewWorkspace, audit: NewAudit) -> Workspace;
        async fn workspace(workspace: WorkspaceId) -> Workspace;
        async fn workspace_by_slug(slug: &str) -> Workspace;
        async fn workspaces_of(user: UserId) -> Vec<(Workspace, Role)>;
        async fn update_workspace(
            workspace: WorkspaceId, change: WorkspaceChange, audit: NewAudit
        ) -> Workspace;
        async fn delete_workspace(workspace: WorkspaceId, audit: NewAudit) -> ();
        async fn members(workspace: WorkspaceId) -> Vec<Member>;
        async fn role_of(workspace: WorkspaceId, user: UserId) -> Option<Role>;
        async fn change_member(
            workspace: WorkspaceId, actor: Actor, user: UserId, change: MemberChange,
            audit: NewAudit
        ) -> MemberChanged;
    }
}

/// What a case is given: a store of its own, and the hands of its clock.
fn make(counts: &Counts) -> Subject {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_750_000_000_000_000)));
    let inner = MemoryStore::new(clock.clone());
    Subject::new(Arc::new(Counted { inner, counts: counts.clone() }), clock)
}

fn main() -> Result<()> {
    let counts = Counts::default();
    let (mut passed, mut failed) = (0, Vec::new());
    for case in suite::all() {
        // A broken promise is a panic, so that a test fails by it; here it is counted.
        let run = panic::AssertUnwindSafe(|| block_on((case.run)(make(&counts))));
        match panic::catch_unwind(run) {
            Ok(()) => passed += 1,
            Err(_) => failed.push(case.name),
        }
    }

    println!("Calls that came through");
    let mut by_port: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for ((port, method), count) in counts.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        by_port.entry(*port).or_default().push((*count, *method));
    }
    for (port, methods) in &by_port {
        let all: u64 = methods.iter().map(|(count, _)| count).sum();
        let (most, method) = methods.iter().max().copied().unwrap_or_default();
        println!("  {port:<18}{all:>8}, most of them {method} ({most})");
    }
    println!("Conformance: {passed} cases passed, {} failed.", failed.len());
    ensure!(failed.is_empty(), "broken promises: {}", failed.join(", "));
    Ok(())
}
