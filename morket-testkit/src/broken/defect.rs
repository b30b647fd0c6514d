//! The delegation of every port method, written once: a defect overrides the method it breaks.

use crate::{StoreClock, Subject};
use async_trait::async_trait;
use morket_core::{
    CredentialId, Credits, DeliveryId, ErasureId, EventId, HoldId, InvitationId, JobId, Result,
    SessionId, Store, Timestamp, UserId, WebhookId, WorkspaceId,
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
use serde_json::Value;
use std::{fmt, ops::Range, sync::Arc, time::Duration};
use uuid::Uuid;

/// A right store and its clock, under a defect.
#[derive(Clone)]
pub(crate) struct Right {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn StoreClock>,
}

/// A store that is broken by `D`.
pub(crate) struct Through<D> {
    right: Right,
    defect: D,
}

impl<D> Through<D> {
    pub(crate) fn new(right: Right, defect: D) -> Self {
        Self { right, defect }
    }
}

impl<D> fmt::Debug for Through<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Through")
    }
}

/// Break a subject by a defect.
pub(crate) fn through<D: Defect>(subject: Subject, defect: D) -> Subject {
    let right = Right { store: subject.store.clone(), clock: subject.clock.clone() };
    subject.over(Arc::new(Through { right, defect }))
}

macro_rules! ports {
    ($($port:ident {
        $(async fn $method:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*
    })*) => {
        /// One wrong method; those that are not overridden are right.
        #[async_trait]
        pub(crate) trait Defect: Send + Sync + 'static {
            /// What happens before a method, whichever it is.
            async fn before(&self, _method: &'static str) -> Result<()> {
                Ok(())
            }

            $($(
                async fn $method(&self, right: &Right, $($arg: $ty),*) -> $out {
                    $port::$method(&*right.store, $($arg),*).await
                }
            )*)*
        }

        $(
            #[async_trait]
            impl<D: Defect> $port for Through<D> {
                $(
                    async fn $method(&self, $($arg: $ty),*) -> $out {
                        self.defect.before(stringify!($method)).await?;
                        self.defect.$method(&self.right, $($arg),*).await
                    }
                )*
            }
        )*
    };
}

ports! {
    CredentialStore {
        async fn data_key(workspace: WorkspaceId, purpose: Purpose, version: Option<u32>)
            -> Result<Option<WrappedKey>>;
        async fn put_data_key(workspace: WorkspaceId, key: WrappedKey) -> Result<WrappedKey>;
        async fn spend_seals(workspace: WorkspaceId, purpose: Purpose, version: u32, seals: u64)
            -> Result<bool>;
        async fn rewrap_data_key(workspace: WorkspaceId, expected: u32, key: WrappedKey,
            audit: NewAudit) -> Result<bool>;
        async fn data_keys_below(version: u32, after: Option<KeyPlace>, limit: u32)
            -> Result<Vec<WrappedKey>>;
        async fn put_credential(workspace: WorkspaceId, credential: SealedCredential,
            verify: Verify, audit: NewAudit) -> Result<StoredCredential>;
        async fn replace_credential(workspace: WorkspaceId, id: CredentialId, value: SealedValue,
            verify: Verify, audit: NewAudit) -> Result<StoredCredential>;
        async fn credential(workspace: WorkspaceId, id: CredentialId) -> Result<StoredCredential>;
        async fn credentials(workspace: WorkspaceId) -> Result<Vec<StoredCredential>>;
        async fn set_credential_status(workspace: WorkspaceId, id: CredentialId,
            status: CredentialStatus, audit: NewAudit) -> Result<()>;
        async fn use_credential(workspace: WorkspaceId, id: CredentialId, job: Option<JobId>,
            audit: NewAudit) -> Result<StoredCredential>;
        async fn delete_credential(workspace: WorkspaceId, id: CredentialId, audit: NewAudit)
            -> Result<()>;
    }
    ActivityStore {
        async fn record_activity(workspace: WorkspaceId, activity: NewActivity) -> Result<()>;
        async fn activity(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Result<Page<ActivityRow>>;
    }
    AuditStore {
        async fn audit(workspace: WorkspaceId, audit: NewAudit) -> Result<()>;
        async fn audit_log(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Result<Page<AuditRow>>;
    }
    IdempotencyStore {
        async fn begin(scope: &Scope, key: &str, body: [u8; 32], lease: Duration) -> Result<Begun>;
        async fn renew(scope: &Scope, key: &str, ticket: Ticket, lease: Duration) -> Result<()>;
        async fn finish(scope: &Scope, key: &str, ticket: Ticket, answer: Vec<u8>) -> Result<()>;
        async fn abandon(scope: &Scope, key: &str, ticket: Ticket) -> Result<()>;
        async fn prune_idempotency(before: Timestamp) -> Result<u32>;
    }
    UserStore {
        async fn create_user(new: NewUser) -> Result<User>;
        async fn user(user: UserId) -> Result<User>;
        async fn user_by_email(key: &str) -> Result<Option<User>>;
        async fn set_password_hash(
            user: UserId, hash: PasswordHash, expected: Option<PasswordHash>, change: HashChange
        ) -> Result<()>;
        async fn set_disabled(user: UserId, disabled: bool) -> Result<()>;
        async fn begin_attempt(key: &str) -> Result<Admission>;
        async fn succeed_attempt(key: &str) -> Result<()>;
    }
    SessionStore {
        async fn open_session(new: NewSession) -> Result<Session>;
        async fn rotate(
            presented: TokenHash, successor: NewRefresh, grace: Duration
        ) -> Result<Rotated>;
        async fn end_session(presented: TokenHash) -> Result<()>;
        async fn end_all(user: UserId) -> Result<u32>;
        async fn sessions(user: UserId) -> Result<Vec<Session>>;
        async fn is_live(user: UserId, session: SessionId, jti: Uuid) -> Result<bool>;
        async fn revoke_access(jti: Uuid, expires_at: Timestamp) -> Result<()>;
        async fn prune_sessions(before: Timestamp) -> Result<u32>;
    }
    InvitationStore {
        async fn invite(workspace: WorkspaceId, actor: Actor, new: NewInvitation, audit: NewAudit)
            -> Result<Invitation>;
        async fn invitations(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Result<Page<Invitation>>;
        async fn invitation(token: TokenHash) -> Result<Invitation>;
        async fn accept_invitation(workspace: WorkspaceId, token: TokenHash, user: UserId,
            audit: NewAudit) -> Result<Member>;
        async fn decline_invitation(workspace: WorkspaceId, token: TokenHash, audit: NewAudit)
            -> Result<Invitation>;
        async fn revoke_invitation(workspace: WorkspaceId, actor: Actor, id: InvitationId,
            audit: NewAudit) -> Result<Invitation>;
    }
    JobStore {
        async fn open_job(workspace: WorkspaceId, job: NewJob) -> Result<()>;
        async fn append_records(
            workspace: WorkspaceId, job: JobId, first: u32, records: Vec<Value>
        ) -> Result<u32>;
        async fn seal_job(workspace: WorkspaceId, job: JobId, total: u32) -> Result<Job>;
        async fn job(workspace: WorkspaceId, job: JobId) -> Result<Job>;
        async fn jobs(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Result<Page<Job>>;
        async fn left_for(workspace: WorkspaceId, jobs: Vec<JobId>)
            -> Result<Vec<Option<Duration>>>;
        async fn records(
            workspace: WorkspaceId, job: JobId, range: Range<u32>
        ) -> Result<Vec<Record>>;
        async fn cells(
            workspace: WorkspaceId, job: JobId, range: Range<u32>
        ) -> Result<Vec<CellRow>>;
        async fn steps(
            workspace: WorkspaceId, job: JobId, range: Range<u32>
        ) -> Result<Vec<StepRow>>;
        async fn claim_batch(
            worker: &str, ttl: Duration, filter: ClaimFilter
        ) -> Result<Option<Claimed>>;
        async fn renew_lease(lease: Lease, ttl: Duration) -> Result<Lease>;
        async fn fund_batch(lease: Lease, hold: HoldId, prices: Vec<Credits>) -> Result<Funded>;
        async fn mark_sent(lease: Lease, calls: Vec<NewCall>) -> Result<Vec<Result<Marked>>>;
        async fn open_calls(lease: Lease) -> Result<Vec<Call>>;
        async fn settle(settlement: Settlement) -> Result<Settled>;
        async fn cancel_job(workspace: WorkspaceId, job: JobId) -> Result<Cancelling>;
        async fn wake(workspace: WorkspaceId, which: Wake) -> Result<u32>;
        async fn lookups(workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<LookupRow>>;
        async fn lookup_ages(workspace: WorkspaceId, keys: Vec<[u8; 32]>)
            -> Result<Vec<LookupAge>>;
        async fn recall(
            workspace: WorkspaceId, sought: Vec<Sought>
        ) -> Result<Vec<Option<LookupRow>>>;
        async fn flights(workspace: WorkspaceId, keys: Vec<[u8; 32]>) -> Result<Vec<Flight>>;
        async fn claim_permits(claim: PermitClaim) -> Result<Permits>;
        async fn spent(workspace: WorkspaceId, counter: SpendTotal) -> Result<i64>;
        async fn lapse_holds(limit: u32) -> Result<u32>;
        async fn collect_unsealed(before: Timestamp) -> Result<u32>;
    }
    LedgerStore {
        async fn post(workspace: WorkspaceId, ops: Vec<Op>) -> Result<Vec<Result<Receipt>>>;
        async fn account(workspace: WorkspaceId) -> Result<Account>;
        async fn hold(workspace: WorkspaceId, hold: HoldId) -> Result<Hold>;
        async fn statement(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Result<StatementPage>;
        async fn set_recharge(workspace: WorkspaceId, recharge: Option<Recharge>) -> Result<()>;
        async fn verify_chain(workspace: WorkspaceId) -> Result<u64>;
    }
    OutboxStore {
        async fn publish(workspace: WorkspaceId, events: Vec<NewEvent>) -> Result<()>;
        async fn events(workspace: WorkspaceId) -> Result<Vec<Event>>;
        async fn claim_events(limit: u32, lease: Duration) -> Result<Vec<Event>>;
        async fn ack_events(ids: Vec<EventId>) -> Result<()>;
    }
    SuppressionStore {
        async fn privacy_key(workspace: WorkspaceId, fresh: PrivacyKey) -> Result<PrivacyKey>;
        async fn suppress(
            workspace: WorkspaceId, entries: Vec<NewSuppression>, audit: NewAudit
        ) -> Result<Vec<Added>>;
        async fn unsuppress(
            workspace: WorkspaceId, fingerprints: Vec<Fingerprint>, audit: NewAudit
        ) -> Result<u32>;
        async fn suppressions(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Result<Page<Suppression>>;
        async fn count_suppressions(workspace: WorkspaceId) -> Result<u64>;
        async fn screen(
            workspace: WorkspaceId, fingerprints: Vec<Fingerprint>
        ) -> Result<Screening>;
    }
    ErasureStore {
        async fn forget(workspace: WorkspaceId, erasure: Erasure, audit: NewAudit)
            -> Result<Erasing>;
        async fn expire(workspace: WorkspaceId, expiry: Expiry, audit: NewAudit) -> Result<Erasing>;
        async fn receipt(workspace: WorkspaceId, id: ErasureId) -> Result<Erasing>;
        async fn receipts(
            workspace: WorkspaceId, after: Option<Cursor>, limit: Limit
        ) -> Result<Page<Erasing>>;
    }
    WebhookStore {
        async fn create_webhook(workspace: WorkspaceId, new: NewWebhook, audit: NewAudit)
            -> Result<Webhook>;
        async fn webhook(workspace: WorkspaceId, id: WebhookId) -> Result<Webhook>;
        async fn webhooks(workspace: WorkspaceId) -> Result<Vec<Webhook>>;
        async fn delete_webhook(workspace: WorkspaceId, id: WebhookId, audit: NewAudit)
            -> Result<()>;
        async fn switch_webhook(workspace: WorkspaceId, id: WebhookId, on: bool, audit: NewAudit)
            -> Result<Webhook>;
        async fn rotate_webhook(workspace: WorkspaceId, id: WebhookId, secret: SealedSecret,
            overlap: Duration, audit: NewAudit) -> Result<Webhook>;
        async fn try_webhook(workspace: WorkspaceId, id: WebhookId, event: NewEvent)
            -> Result<Delivery>;
        async fn deliveries(
            workspace: WorkspaceId, id: WebhookId, state: Option<DeliveryState>,
            after: Option<Cursor>, limit: Limit
        ) -> Result<Page<Delivery>>;
        async fn replay_delivery(workspace: WorkspaceId, id: DeliveryId, audit: NewAudit)
            -> Result<Delivery>;
        async fn relay_events(limit: u32) -> Result<Relayed>;
        async fn claim_deliveries(limit: u32, per_endpoint: u32, lease: Duration)
            -> Result<Vec<webhook::Claimed>>;
        async fn record_attempt(ticket: webhook::Ticket, report: Report) -> Result<Delivery>;
        async fn prune_deliveries(keep: Duration, limit: u32) -> Result<u32>;
    }
    WorkspaceStore {
        async fn create_workspace(new: NewWorkspace, audit: NewAudit) -> Result<Workspace>;
        async fn workspace(workspace: WorkspaceId) -> Result<Workspace>;
        async fn workspace_by_slug(slug: &str) -> Result<Workspace>;
        async fn workspaces_of(user: UserId) -> Result<Vec<(Workspace, Role)>>;
        async fn update_workspace(
            workspace: WorkspaceId, change: WorkspaceChange, audit: NewAudit
        ) -> Result<Workspace>;
        async fn delete_workspace(workspace: WorkspaceId, audit: NewAudit) -> Result<()>;
        async fn members(workspace: WorkspaceId) -> Result<Vec<Member>>;
        async fn role_of(workspace: WorkspaceId, user: UserId) -> Result<Option<Role>>;
        async fn change_member(
            workspace: WorkspaceId, actor: Actor, user: UserId, change: MemberChange,
            audit: NewAudit
        ) -> Result<MemberChanged>;
    }
}
