//! The port that keeps workspaces and their members.

use super::{Member, NewWorkspace, Workspace, WorkspaceChange};
use crate::{
    Result, UserId, WorkspaceId,
    audit::NewAudit,
    rbac::{Actor, MemberChange, Role},
};
use async_trait::async_trait;
use std::fmt;

/// What became of a change of members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberChanged {
    /// The role before, if there was one.
    pub before: Option<Role>,
    /// The role now, if there is one.
    pub now: Option<Role>,
}

/// Where workspaces live. Each method is one atomic step, its audit row included.
#[async_trait]
pub trait WorkspaceStore: fmt::Debug + Send + Sync + 'static {
    /// Create a workspace with its account, its slug and its first owner.
    ///
    /// # Behavior
    /// - A repeat with the same content changes nothing and gets the same workspace.
    /// - An id that already names another workspace, a deleted one too, is `Conflict`.
    /// - A slug that is taken gets a suffix, also when many ask at once.
    /// - An empty name, or settings that are no object, is `Validation`.
    async fn create_workspace(&self, new: NewWorkspace, audit: NewAudit) -> Result<Workspace>;

    /// One workspace.
    ///
    /// # Behavior
    /// - An unknown or deleted one is `NotFound`.
    async fn workspace(&self, workspace: WorkspaceId) -> Result<Workspace>;

    /// The workspace with this slug.
    ///
    /// # Behavior
    /// - An unknown slug, or that of a deleted workspace, is `NotFound`.
    async fn workspace_by_slug(&self, slug: &str) -> Result<Workspace>;

    /// The workspaces a user belongs to, with its role, by slug.
    ///
    /// # Behavior
    /// - Deleted ones are not there.
    async fn workspaces_of(&self, user: UserId) -> Result<Vec<(Workspace, Role)>>;

    /// Change name or settings.
    ///
    /// # Behavior
    /// - What is not named stays; the slug always stays.
    /// - An empty name, or settings that are no object, is `Validation`, and nothing changes.
    async fn update_workspace(
        &self,
        workspace: WorkspaceId,
        change: WorkspaceChange,
        audit: NewAudit,
    ) -> Result<Workspace>;

    /// Delete a workspace: slug freed, data key destroyed, people, jobs and results removed.
    ///
    /// # Behavior
    /// - Afterwards it is `NotFound` for every method that is given it, and its slug is free.
    /// - Its data key is gone, so nothing that was sealed for it opens again.
    /// - Open holds are voided; ledger entries and audit rows stay.
    /// - A job that is running is `Conflict`, and nothing changes: cancel it first.
    /// - A repeat is `NotFound`.
    async fn delete_workspace(&self, workspace: WorkspaceId, audit: NewAudit) -> Result<()>;

    /// The members, by user id.
    ///
    /// # Behavior
    /// - Only this workspace's members are there.
    async fn members(&self, workspace: WorkspaceId) -> Result<Vec<Member>>;

    /// A user's role as it stands, if it is a member.
    ///
    /// # Behavior
    /// - Of an unknown or deleted workspace it is `None`, as for a stranger.
    async fn role_of(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Role>>;

    /// Add a member, change its role, or let it go, by the rules of
    /// [`decide_member_change`](crate::rbac::decide_member_change) with the workspace locked.
    ///
    /// # Behavior
    /// - At least one owner stays, whatever is asked at once; for the last one it is `Conflict`.
    /// - Nobody grants a role above its own, nor touches a member above its own.
    /// - The actor's role is the one it has inside the step, not the one it had before.
    /// - A refused change leaves no audit row.
    async fn change_member(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        user: UserId,
        change: MemberChange,
        audit: NewAudit,
    ) -> Result<MemberChanged>;
}

const _: Option<&dyn WorkspaceStore> = None;
