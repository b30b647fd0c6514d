//! The invitation port: decided with the workspace's row locked, so that acceptances, revocations
//! and changes of members queue up. Accounts belong to no tenant, so the steps that look at one run
//! as the system and name the workspace themselves.

use super::{lock, members::role_of};
use crate::{
    OnConflict, Record, Row, Scope, Session, SqlStore, Value, args, audit,
    identity::UserRow,
    query::{insert, number, save, select},
    store::live,
    table,
};
use async_trait::async_trait;
use morket_core::{
    InvitationId, Result, UserId, WorkspaceId,
    audit::NewAudit,
    identity::{TokenHash, User},
    page::{Cursor, Limit, Page},
    rbac::{Actor, Role},
    workspace::{
        Acceptance, Invitation, InvitationState, InvitationStore, Inviting, Member, NewInvitation,
        invitation_taken,
    },
};
use std::sync::Arc;
use uuid::Uuid;

/// An invitation with what only its table shows.
pub(super) struct InvitationRow {
    invitation: Invitation,
    token: TokenHash,
}

impl Record for InvitationRow {
    const TABLE: &'static crate::Table = table!("invitations", key ["workspace_id", "id"], {
        workspace_id: Uuid, id: Uuid, email_key: Text, role: Int, token: Bytes, invited_by: Uuid,
        created_at: Int, expires_at: Int, state: Int, closed_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.invitation;
        args![
            it.workspace,
            it.id,
            it.email_key.as_str(),
            it.role as u8,
            *self.token.as_bytes(),
            it.invited_by,
            it.created_at,
            it.expires_at,
            it.state as u8,
            it.closed_at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, id) = (WorkspaceId(row.uuid()?), InvitationId(row.uuid()?));
        let (email_key, role) = (row.text()?, row.one_of(Role::from_number)?);
        let token = TokenHash::from_bytes(row.hash()?);
        let invitation = Invitation {
            id,
            workspace,
            email_key,
            role,
            invited_by: row.maybe_uuid()?.map(UserId),
            created_at: row.time()?,
            expires_at: row.time()?,
            state: row.one_of(InvitationState::from_number)?,
            closed_at: row.maybe_time()?,
        };
        Ok(Self { invitation, token })
    }
}

/// The role in which somebody acts; the embedding process is above all.
async fn role_of_actor(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    actor: Actor,
) -> Result<Option<Role>> {
    match actor {
        Actor::Embedder => Ok(Some(Role::Owner)),
        Actor::User(user) => role_of(session, workspace, user).await,
    }
}

async fn account(session: &mut dyn Session, tail: &str, value: Value) -> Result<Option<User>> {
    let found: Vec<UserRow> = select(session, tail, vec![value]).await?;
    Ok(found.into_iter().next().map(|row| row.user))
}

async fn by_id(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: InvitationId,
) -> Result<Option<InvitationRow>> {
    let tail = "WHERE workspace_id = $1 AND id = $2";
    Ok(select(session, tail, args![workspace, id]).await?.into_iter().next())
}

async fn by_token(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    token: TokenHash,
    operation: &'static str,
) -> Result<InvitationRow> {
    let tail = "WHERE token = $1 AND workspace_id = $2";
    let found = select(session, tail, args![*token.as_bytes(), workspace]).await?;
    found.into_iter().next().ok_or_else(|| Invitation::unknown(operation))
}

async fn close(session: &mut dyn Session, row: InvitationRow, audit: NewAudit) -> Result<()> {
    let workspace = row.invitation.workspace;
    save(session, &["state", "closed_at"], &[row]).await?;
    audit::record(session, workspace, audit).await
}

async fn invite(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    actor: Actor,
    new: &NewInvitation,
    audit: NewAudit,
) -> Result<Invitation> {
    lock(session, workspace).await?;
    if let Some(InvitationRow { invitation, token }) = by_id(session, workspace, new.id).await? {
        return match new.made(actor, &invitation, &token) {
            true => Ok(invitation),
            false => Err(invitation_taken("id")),
        };
    }
    let (key, now) = (new.email.key(), session.now());
    let member = match account(session, "WHERE email_key = $1", key.into()).await? {
        Some(user) => role_of(session, workspace, user.id).await?.is_some(),
        None => false,
    };
    let tail = "WHERE workspace_id = $1 AND email_key = $2 AND state = 1";
    let pending: Vec<InvitationRow> = select(session, tail, args![workspace, key]).await?;
    let open = pending.iter().any(|row| row.invitation.is_open(now));
    let actor_role = role_of_actor(session, workspace, actor).await?;
    Inviting { actor: actor_role, member, open }.decide(new.role)?;
    let invitation = Invitation::create(new, workspace, actor, now);
    let row = InvitationRow { invitation, token: new.token };
    if insert(session, std::slice::from_ref(&row), OnConflict::Keep).await? == 0 {
        return Err(invitation_taken("token"));
    }
    audit::record(session, workspace, audit).await?;
    Ok(row.invitation)
}

async fn accept(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    token: TokenHash,
    user: UserId,
    audit: NewAudit,
) -> Result<Member> {
    lock(session, workspace).await?;
    let mut row = by_token(session, workspace, token, "invitation.accept").await?;
    let account = account(session, "WHERE id = $1", user.into()).await?;
    let inviter = row.invitation.invited_by.map_or(Actor::Embedder, Actor::User);
    let acceptance = Acceptance {
        account: account.as_ref(),
        member: role_of(session, workspace, user).await?,
        inviter: role_of_actor(session, workspace, inviter).await?,
    };
    let now = session.now();
    row.invitation = row.invitation.accepted(&acceptance, now)?;
    let member = Member { user, role: row.invitation.role, joined_at: now };
    let joined = [super::MemberRow(workspace, member)];
    insert(session, &joined, OnConflict::Fail).await?;
    close(session, row, audit).await?;
    Ok(member)
}

async fn decline(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    token: TokenHash,
    audit: NewAudit,
) -> Result<Invitation> {
    lock(session, workspace).await?;
    let InvitationRow { invitation, token } =
        by_token(session, workspace, token, "invitation.decline").await?;
    let invitation = invitation.declined(session.now())?;
    close(session, InvitationRow { invitation: invitation.clone(), token }, audit).await?;
    Ok(invitation)
}

async fn revoke(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    actor: Actor,
    id: InvitationId,
    audit: NewAudit,
) -> Result<Invitation> {
    lock(session, workspace).await?;
    let actor = role_of_actor(session, workspace, actor).await?;
    let found = by_id(session, workspace, id).await?;
    let InvitationRow { invitation, token } = Invitation::seen_by(actor, found)?;
    let invitation = invitation.revoked(actor, session.now())?;
    close(session, InvitationRow { invitation: invitation.clone(), token }, audit).await?;
    Ok(invitation)
}

async fn page(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    after: Option<InvitationId>,
    limit: Limit,
) -> Result<Page<Invitation>> {
    live(session, workspace).await?;
    let sql = "SELECT COUNT(*) FROM invitations WHERE workspace_id = $1";
    let total = number(session, sql, args![workspace]).await?;
    let from = match after {
        Some(_) => "AND id > $2",
        None => "AND id >= $2",
    };
    let tail = format!("WHERE workspace_id = $1 {from} ORDER BY id LIMIT $3");
    let after = after.map_or(Uuid::nil(), |it| it.0);
    let values = args![workspace, after, limit.rows() + 1];
    let rows: Vec<InvitationRow> = select(session, &tail, values).await?;
    let rows = rows.into_iter().map(|row| row.invitation).collect();
    Ok(Page::cut(rows, limit, u64::try_from(total).unwrap_or(0), Invitation::cursor))
}

#[async_trait]
impl InvitationStore for SqlStore {
    async fn invite(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        new: NewInvitation,
        audit: NewAudit,
    ) -> Result<Invitation> {
        new.validate()?;
        let new = Arc::new(new);
        self.write(Scope::System, move |session| {
            let new = new.clone();
            Box::pin(async move { invite(session, workspace, actor, &new, audit).await })
        })
        .await
    }

    async fn invitations(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Invitation>> {
        let after = Invitation::place(after.as_ref(), workspace)?;
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(page(session, workspace, after, limit))
        })
        .await
    }

    async fn invitation(&self, token: TokenHash) -> Result<Invitation> {
        self.read(Scope::System, move |session| {
            Box::pin(async move {
                let token = args![*token.as_bytes()];
                let found: Vec<InvitationRow> = select(session, "WHERE token = $1", token).await?;
                let found = found.into_iter().next().map(|row| row.invitation);
                found.ok_or_else(|| Invitation::unknown("invitation.get"))
            })
        })
        .await
    }

    async fn accept_invitation(
        &self,
        workspace: WorkspaceId,
        token: TokenHash,
        user: UserId,
        audit: NewAudit,
    ) -> Result<Member> {
        self.write(Scope::System, move |session| {
            Box::pin(accept(session, workspace, token, user, audit))
        })
        .await
    }

    async fn decline_invitation(
        &self,
        workspace: WorkspaceId,
        token: TokenHash,
        audit: NewAudit,
    ) -> Result<Invitation> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(decline(session, workspace, token, audit))
        })
        .await
    }

    async fn revoke_invitation(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        id: InvitationId,
        audit: NewAudit,
    ) -> Result<Invitation> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(revoke(session, workspace, actor, id, audit))
        })
        .await
    }
}
