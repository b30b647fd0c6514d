//! Who did what, for ever: rows that are only ever added. They carry ids and codes, never a value,
//! a name or free text, because they outlive what they speak of.

use crate::{
    Result, Timestamp, UserId, WorkspaceId,
    page::{Cursor, Limit, Page},
    rbac::Principal,
};
use async_trait::async_trait;
use std::fmt;
use uuid::Uuid;

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $number:literal, $code:literal;)*) => {
        /// What was done. The number is what stores keep.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Action { $($(#[$doc])* $name = $number,)* }

        impl Action {
            /// Every action.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code people read and filter by.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The action with this number.
            pub fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }
        }
    };
}

actions! {
    /// A workspace was created.
    WorkspaceCreated = 1, "workspace.created";
    /// Its name or settings were changed.
    WorkspaceUpdated = 2, "workspace.updated";
    /// It was deleted.
    WorkspaceDeleted = 3, "workspace.deleted";
    /// A member came.
    MemberAdded = 4, "member.added";
    /// A member got another role.
    MemberRoleSet = 5, "member.role_set";
    /// A member went.
    MemberRemoved = 6, "member.removed";
    /// A credential was stored.
    CredentialCreated = 7, "credential.created";
    /// A credential was opened for use.
    CredentialRead = 8, "credential.read";
    /// A credential's value or status was changed.
    CredentialUpdated = 9, "credential.updated";
    /// A credential was removed.
    CredentialDeleted = 10, "credential.deleted";
    /// The workspace's data key was wrapped under another master version.
    KeyRewrapped = 11, "key.rewrapped";
    /// Auto-recharge was set.
    RechargeSet = 12, "ledger.recharge_set";
    /// Somebody was invited.
    InvitationCreated = 13, "invitation.created";
    /// Whoever was invited has joined.
    InvitationAccepted = 14, "invitation.accepted";
    /// Whoever was invited does not want to join.
    InvitationDeclined = 15, "invitation.declined";
    /// An invitation was taken back.
    InvitationRevoked = 16, "invitation.revoked";
    /// People or companies were put on the suppression list.
    SuppressionAdded = 17, "suppression.added";
    /// Some were taken off it.
    SuppressionRemoved = 18, "suppression.removed";
    /// What was held about a person was erased; the object is the receipt.
    SubjectErased = 19, "subject.erased";
    /// Values that were too old were erased; the object is the receipt.
    ValuesExpired = 20, "values.expired";
    /// A webhook was created.
    WebhookCreated = 21, "webhook.created";
    /// A webhook was switched on or off.
    WebhookUpdated = 22, "webhook.updated";
    /// A webhook got another secret.
    WebhookRotated = 23, "webhook.rotated";
    /// A webhook was removed.
    WebhookDeleted = 24, "webhook.deleted";
    /// A delivery was asked for again.
    WebhookReplayed = 25, "webhook.replayed";
}

/// An audit row before it is stored; it is written by the step it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewAudit {
    /// Who did it; `None` is the embedding process.
    pub actor: Option<UserId>,
    /// What.
    pub action: Action,
    /// To which object: the credential's or user's id, for instance.
    pub object: Option<Uuid>,
}

impl NewAudit {
    /// An action of `principal` on `object`.
    pub fn new(principal: Principal, action: Action, object: Option<Uuid>) -> Self {
        Self { actor: principal.user(), action, object }
    }
}

/// A stored audit row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number in the workspace, from 1.
    pub seq: i64,
    /// What was done, by whom, to what.
    pub audit: NewAudit,
    /// When, by the store's clock.
    pub at: Timestamp,
}

/// Reading the audit log, and adding to it where no other step does.
#[async_trait]
pub trait AuditStore: fmt::Debug + Send + Sync + 'static {
    /// Add a row for something that changed nothing else, such as a credential's use.
    ///
    /// # Behavior
    /// - It is there afterwards, once per call.
    async fn audit(&self, workspace: WorkspaceId, audit: NewAudit) -> Result<()>;

    /// A page of rows, oldest first; those of a deleted workspace too.
    ///
    /// # Behavior
    /// - The pages together are all rows, each once, also while new ones are added.
    /// - Only this workspace's rows are there.
    async fn audit_log(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<AuditRow>>;
}

const _: Option<&dyn AuditStore> = None;
