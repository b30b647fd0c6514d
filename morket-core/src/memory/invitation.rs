//! Invitations.

use super::{MemoryStore, State, Tenant};
use crate::{
    InvitationId, Result, Timestamp, UserId, WorkspaceId,
    audit::NewAudit,
    identity::TokenHash,
    page::{Cursor, Limit, Page},
    rbac::Actor,
    workspace::{
        Acceptance, Invitation, InvitationStore, Inviting, Member, NewInvitation, invitation_taken,
    },
};
use async_trait::async_trait;
use std::ops::Bound::{Excluded, Unbounded};

/// An invitation with what only its store knows.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Row {
    invitation: Invitation,
    token: TokenHash,
}

impl Tenant {
    fn by_token(&self, token: TokenHash, operation: &'static str) -> Result<Invitation> {
        let found = self.invitations.values().find(|row| row.token.matches(&token));
        let found = found.map(|row| row.invitation.clone());
        found.ok_or_else(|| Invitation::unknown(operation))
    }

    fn close(&mut self, closed: &Invitation, audit: NewAudit, now: Timestamp) {
        if let Some(row) = self.invitations.get_mut(&closed.id) {
            row.invitation = closed.clone();
        }
        self.note(audit, now);
    }
}

impl State {
    fn invite(
        &mut self,
        workspace: WorkspaceId,
        actor: Actor,
        new: &NewInvitation,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<Invitation> {
        let tenant = self.tenant("invitation.create", workspace)?;
        if let Some(Row { invitation, token }) = tenant.invitations.get(&new.id) {
            return match new.made(actor, invitation, token) {
                true => Ok(invitation.clone()),
                false => Err(invitation_taken("id")),
            };
        }
        let known = self.people.by_email(new.email.key());
        let mut all = tenant.invitations.values().map(|row| &row.invitation);
        let inviting = Inviting {
            actor: tenant.role_of_actor(actor),
            member: known.is_some_and(|user| tenant.role_of(user.id).is_some()),
            open: all.any(|it| it.email_key == new.email.key() && it.is_open(now)),
        };
        inviting.decide(new.role)?;
        if self.tenants.values().any(|it| it.by_token(new.token, "").is_ok()) {
            return Err(invitation_taken("token"));
        }
        let invitation = Invitation::create(new, workspace, actor, now);
        let row = Row { invitation: invitation.clone(), token: new.token };
        let tenant = self.tenant_mut("invitation.create", workspace)?;
        tenant.invitations.insert(new.id, row);
        tenant.note(audit, now);
        Ok(invitation)
    }

    fn accept(
        &mut self,
        workspace: WorkspaceId,
        token: TokenHash,
        user: UserId,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<Member> {
        let tenant = self.tenant("invitation.accept", workspace)?;
        let found = tenant.by_token(token, "invitation.accept")?;
        let inviter = found.invited_by.map_or(Actor::Embedder, Actor::User);
        let acceptance = Acceptance {
            account: self.people.user(user),
            member: tenant.role_of(user),
            inviter: tenant.role_of_actor(inviter),
        };
        let accepted = found.accepted(&acceptance, now)?;
        let tenant = self.tenant_mut("invitation.accept", workspace)?;
        let member = Member { user, role: accepted.role, joined_at: now };
        tenant.members.insert(user, member);
        tenant.close(&accepted, audit, now);
        Ok(member)
    }
}

#[async_trait]
impl InvitationStore for MemoryStore {
    async fn invite(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        new: NewInvitation,
        audit: NewAudit,
    ) -> Result<Invitation> {
        new.validate()?;
        self.step(|state, now| state.invite(workspace, actor, &new, audit, now))
    }

    async fn invitations(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Invitation>> {
        let after = Invitation::place(after.as_ref(), workspace)?;
        self.step(|state, _| {
            let all = &state.tenant("invitation.list", workspace)?.invitations;
            let from = after.map_or(Unbounded, Excluded);
            let rows = all.range((from, Unbounded)).take(limit.rows() as usize + 1);
            let rows = rows.map(|(_, row)| row.invitation.clone()).collect();
            Ok(Page::cut(rows, limit, all.len() as u64, Invitation::cursor))
        })
    }

    async fn invitation(&self, token: TokenHash) -> Result<Invitation> {
        self.step(|state, _| {
            let mut all = state.tenants.values().map(|it| it.by_token(token, "invitation.get"));
            all.find(Result::is_ok).unwrap_or_else(|| Err(Invitation::unknown("invitation.get")))
        })
    }

    async fn accept_invitation(
        &self,
        workspace: WorkspaceId,
        token: TokenHash,
        user: UserId,
        audit: NewAudit,
    ) -> Result<Member> {
        self.step(|state, now| state.accept(workspace, token, user, audit, now))
    }

    async fn decline_invitation(
        &self,
        workspace: WorkspaceId,
        token: TokenHash,
        audit: NewAudit,
    ) -> Result<Invitation> {
        self.step(|state, now| {
            let tenant = state.tenant_mut("invitation.decline", workspace)?;
            let declined = tenant.by_token(token, "invitation.decline")?.declined(now)?;
            tenant.close(&declined, audit, now);
            Ok(declined)
        })
    }

    async fn revoke_invitation(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        id: InvitationId,
        audit: NewAudit,
    ) -> Result<Invitation> {
        self.step(|state, now| {
            let tenant = state.tenant_mut("invitation.revoke", workspace)?;
            let actor = tenant.role_of_actor(actor);
            let found = tenant.invitations.get(&id).map(|row| row.invitation.clone());
            let found = Invitation::seen_by(actor, found)?;
            let revoked = found.revoked(actor, now)?;
            tenant.close(&revoked, audit, now);
            Ok(revoked)
        })
    }
}
