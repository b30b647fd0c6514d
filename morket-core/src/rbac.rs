//! Who may do what: one table, decided purely.
//!
//! owner > admin > member > viewer; billing_admin stands apart. Every [`Operation`] names its
//! permission in a match without a wildcard, so an operation that nobody placed does not compile.

use crate::{Error, ErrorKind, Result, UserId, WorkspaceId};

/// A member's role in a workspace. The number is what stores keep.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Role {
    /// Reads.
    Viewer = 1,
    /// Enriches.
    Member = 2,
    /// Manages people, keys and settings.
    Admin = 3,
    /// Everything, deletion included.
    Owner = 4,
    /// Billing, and nothing else beyond its own membership.
    BillingAdmin = 5,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Member, Self::Admin, Self::Owner, Self::BillingAdmin];

    /// The role with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|role| *role as i64 == number)
    }

    /// Its height in the ladder; `billing_admin` stands beside `member`, not above it.
    const fn rank(self) -> u8 {
        match self {
            Self::Viewer => 1,
            Self::Member | Self::BillingAdmin => 2,
            Self::Admin => 3,
            Self::Owner => 4,
        }
    }

    /// Whether the table grants `permission` to this role.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission::{
            Bill, Enrich, ListKeys, ManageKeys, ManageWorkspace, Own, Read, ReadBilling, ReadSelf,
        };
        match permission {
            ReadSelf => true,
            Read => !matches!(self, Self::BillingAdmin),
            Enrich | ListKeys => matches!(self, Self::Member | Self::Admin | Self::Owner),
            ManageKeys | ManageWorkspace => matches!(self, Self::Admin | Self::Owner),
            ReadBilling => !matches!(self, Self::Viewer),
            Bill => matches!(self, Self::Owner | Self::BillingAdmin),
            Own => matches!(self, Self::Owner),
        }
    }
}

/// What an operation needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// To see one's own membership.
    ReadSelf,
    /// To see the workspace, its members, records, jobs.
    Read,
    /// To run jobs.
    Enrich,
    /// To list credentials, masked.
    ListKeys,
    /// To write credentials and webhooks.
    ManageKeys,
    /// To change the workspace and its members.
    ManageWorkspace,
    /// To see balance and statement.
    ReadBilling,
    /// To set auto-recharge.
    Bill,
    /// To delete the workspace, to buy credits.
    Own,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 9] = [
        Self::ReadSelf,
        Self::Read,
        Self::Enrich,
        Self::ListKeys,
        Self::ManageKeys,
        Self::ManageWorkspace,
        Self::ReadBilling,
        Self::Bill,
        Self::Own,
    ];
}

macro_rules! operations {
    ($($(#[$doc:meta])* $name:ident => $permission:ident;)*) => {
        /// Everything a principal can ask of a workspace.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Operation { $($(#[$doc])* $name,)* }

        impl Operation {
            /// Every operation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What it needs.
            pub const fn permission(self) -> Permission {
                match self { $(Self::$name => Permission::$permission),* }
            }
        }
    };
}

operations! {
    /// See the workspace.
    ReadWorkspace => Read;
    /// See one's own membership.
    ReadMembership => ReadSelf;
    /// List the members.
    ListMembers => Read;
    /// Leave.
    LeaveWorkspace => ReadSelf;
    /// Add a member.
    AddMember => ManageWorkspace;
    /// Change a member's role.
    SetRole => ManageWorkspace;
    /// Remove a member.
    RemoveMember => ManageWorkspace;
    /// Invite somebody.
    InviteMember => ManageWorkspace;
    /// List the invitations.
    ListInvitations => ManageWorkspace;
    /// Take an invitation back.
    RevokeInvitation => ManageWorkspace;
    /// Rename, or change settings.
    UpdateWorkspace => ManageWorkspace;
    /// Delete the workspace.
    DeleteWorkspace => Own;
    /// List credentials, masked.
    ListCredentials => ListKeys;
    /// Use a credential inside a job.
    UseCredential => Enrich;
    /// Store a credential.
    PutCredential => ManageKeys;
    /// Remove a credential.
    DeleteCredential => ManageKeys;
    /// See webhooks and what was delivered to them.
    ReadWebhooks => ListKeys;
    /// Create, change, try and remove webhooks.
    ManageWebhooks => ManageKeys;
    /// See balance, holds and statement.
    ReadLedger => ReadBilling;
    /// Bring credits in.
    GrantCredits => Own;
    /// Set auto-recharge.
    SetRecharge => Bill;
    /// Open, run and cancel jobs.
    RunJobs => Enrich;
    /// See jobs and their results.
    ReadJobs => Read;
    /// See the audit log.
    ReadAudit => ManageWorkspace;
    /// See the activity feed.
    ReadActivity => Read;
}

/// Who is asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// The process that embeds Morket: it owns the store, and so everything in it.
    Embedder,
    /// A signed-in user, who is what the store says at this moment.
    User(UserId),
    /// Nobody.
    Anonymous,
}

impl Principal {
    /// The user, if it is one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Embedder | Self::Anonymous => None,
        }
    }
}

/// The proof that a principal may do an operation in a workspace: the services take the tenant
/// from here and from nowhere else, and only [`decide`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    workspace: WorkspaceId,
    operation: Operation,
    principal: Principal,
    role: Role,
}

impl Allowed {
    /// The workspace.
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// The workspace, for a service that does `operation`: a proof for another one is no proof.
    pub fn tenant(&self, operation: Operation) -> Result<WorkspaceId> {
        if self.operation == operation {
            return Ok(self.workspace);
        }
        Err(Error::internal("rbac.tenant", "the proof is for another operation")
            .with("needed", format_args!("{operation:?}"))
            .with("proven", format_args!("{:?}", self.operation)))
    }

    /// Who was allowed.
    pub fn principal(&self) -> Principal {
        self.principal
    }

    /// What was allowed.
    pub fn operation(&self) -> Operation {
        self.operation
    }

    /// In which role.
    pub fn role(&self) -> Role {
        self.role
    }
}

/// Decide from the principal and its membership as the store has it now.
///
/// Who is not a member learns that there is no such workspace, whether or not there is one.
pub fn decide(
    principal: Principal,
    workspace: WorkspaceId,
    membership: Option<Role>,
    operation: Operation,
) -> Result<Allowed> {
    let role = match (principal, membership) {
        (Principal::Embedder, _) => Role::Owner,
        (Principal::User(_), Some(role)) => role,
        (Principal::User(_), None) => {
            return Err(Error::new(ErrorKind::NotFound, "rbac.decide", "workspace: not found"));
        }
        (Principal::Anonymous, _) => {
            return Err(Error::new(ErrorKind::Unauthenticated, "rbac.decide", "sign in first"));
        }
    };
    if role.may(operation.permission()) {
        return Ok(Allowed { workspace, operation, principal, role });
    }
    let message = "your role in this workspace does not allow it";
    Err(Error::new(ErrorKind::Forbidden, "rbac.decide", message)
        .with("role", format_args!("{role:?}"))
        .with("operation", format_args!("{operation:?}")))
}

/// A change of who belongs to a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberChange {
    /// Somebody new comes in this role.
    Add(Role),
    /// A member gets this role.
    SetRole(Role),
    /// A member goes, by its own will or another's.
    Remove,
}

/// Who makes a change of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The embedding process: above all roles, but the last owner stays for it too.
    Embedder,
    /// A member; the store looks up its role inside the change.
    User(UserId),
}

impl Actor {
    /// The user, if it is one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::Embedder => None,
        }
    }
}

/// Decide whether somebody with this role, as it stands with the workspace locked, may bring
/// others in as `role`: asked when it invites, when it takes that back, and when it is accepted.
pub fn decide_invitation(actor: Option<Role>, role: Role) -> Result<()> {
    let refuse = |kind, message: &str| Err(Error::new(kind, "invitation.decide", message));
    let Some(actor) = actor else {
        return refuse(ErrorKind::NotFound, "workspace: not found");
    };
    if !actor.may(Permission::ManageWorkspace) {
        return refuse(ErrorKind::Forbidden, "your role in this workspace does not allow it");
    }
    if role.rank() > actor.rank() {
        return refuse(ErrorKind::Forbidden, "role: it is above yours");
    }
    Ok(())
}

/// Decide a change of members from the roles as they stand with the workspace locked.
///
/// `owners` counts all owners, the target included. `own` says that actor and target are one.
pub fn decide_member_change(
    actor: Option<Role>,
    target: Option<Role>,
    owners: u32,
    own: bool,
    change: MemberChange,
) -> Result<()> {
    let refuse = |kind, message: &str| Err(Error::new(kind, "members.change", message));
    let Some(actor) = actor else {
        return refuse(ErrorKind::NotFound, "workspace: not found");
    };
    match (target, change) {
        (Some(_), MemberChange::Add(_)) => {
            return refuse(ErrorKind::Conflict, "user: is a member already");
        }
        (None, MemberChange::SetRole(_) | MemberChange::Remove) => {
            return refuse(ErrorKind::NotFound, "user: not a member");
        }
        _ => {}
    }
    let leaves = own && change == MemberChange::Remove;
    if !leaves && !actor.may(Permission::ManageWorkspace) {
        return refuse(ErrorKind::Forbidden, "your role in this workspace does not allow it");
    }
    if target.is_some_and(|role| role.rank() > actor.rank()) {
        return refuse(ErrorKind::Forbidden, "user: their role is above yours");
    }
    if let MemberChange::Add(role) | MemberChange::SetRole(role) = change
        && role.rank() > actor.rank()
    {
        return refuse(ErrorKind::Forbidden, "role: it is above yours");
    }
    let stays_owner = matches!(change, MemberChange::SetRole(Role::Owner));
    if target == Some(Role::Owner) && owners <= 1 && !stays_owner {
        return refuse(ErrorKind::Conflict, "user: the last owner stays");
    }
    Ok(())
}
