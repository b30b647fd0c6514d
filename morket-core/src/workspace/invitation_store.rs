//! The port that keeps invitations.

use super::{Invitation, Member, NewInvitation};
use crate::{
    InvitationId, Result, UserId, WorkspaceId,
    audit::NewAudit,
    identity::TokenHash,
    page::{Cursor, Limit, Page},
    rbac::Actor,
};
use async_trait::async_trait;
use std::fmt;

/// Where invitations live. Each method is one atomic step with the workspace locked, its audit row
/// included; the store's clock says when one has expired.
#[async_trait]
pub trait InvitationStore: fmt::Debug + Send + Sync + 'static {
    /// Invite the owner of an address, by the rules of [`Inviting`](super::Inviting).
    ///
    /// # Behavior
    /// - A repeat with the same content changes nothing and gets the invitation as it stands.
    /// - An id or a token that another invitation has is `Conflict`.
    /// - Nobody invites above its own role, and only who may manage the workspace invites at all.
    /// - The address of a member is `Conflict`, and so is one with an open invitation.
    /// - A lifetime above 7 days is `Validation`.
    /// - What is refused leaves no row and no audit row.
    async fn invite(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        new: NewInvitation,
        audit: NewAudit,
    ) -> Result<Invitation>;

    /// A page of all invitations, open or not, by id.
    ///
    /// # Behavior
    /// - The pages together are all invitations of this workspace, each once.
    async fn invitations(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Invitation>>;

    /// The invitation with this token, in whichever workspace: what its holder is shown before it
    /// answers.
    ///
    /// # Behavior
    /// - An unknown token, or one of a deleted workspace, is `NotFound`.
    async fn invitation(&self, token: TokenHash) -> Result<Invitation>;

    /// Join the workspace, by the rules of [`Invitation::accepted`].
    ///
    /// # Behavior
    /// - It works once, however many ask at once; afterwards it is `Conflict`.
    /// - Another account than the one with the invited address is `Forbidden`, and so is a disabled
    ///   one.
    /// - Whoever invited must still be allowed to give the role; else it is `Forbidden`.
    /// - Of an expired, declined or revoked one it is `Conflict`; so it is for a member.
    /// - A token of another workspace, or of none, is `NotFound`.
    async fn accept_invitation(
        &self,
        workspace: WorkspaceId,
        token: TokenHash,
        user: UserId,
        audit: NewAudit,
    ) -> Result<Member>;

    /// Say no; whoever holds the token may.
    ///
    /// # Behavior
    /// - Afterwards it cannot be accepted; what was accepted cannot be declined.
    /// - A token of another workspace, or of none, is `NotFound`.
    async fn decline_invitation(
        &self,
        workspace: WorkspaceId,
        token: TokenHash,
        audit: NewAudit,
    ) -> Result<Invitation>;

    /// Take an invitation back; who may invite in its role may.
    ///
    /// # Behavior
    /// - Once it has succeeded nobody joins by this invitation, also not who began before.
    /// - What was accepted, declined or revoked before is `Conflict`.
    /// - An id of another workspace, or of none, is `NotFound`.
    async fn revoke_invitation(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        id: InvitationId,
        audit: NewAudit,
    ) -> Result<Invitation>;
}

const _: Option<&dyn InvitationStore> = None;
