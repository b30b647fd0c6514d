//! Who belongs to a workspace, changed with the workspace's row locked.

use super::{lock, rows::MemberRow};
use crate::{
    OnConflict, Session, args, audit,
    query::{insert, save, select},
    store::live,
};
use morket_core::{
    Result, UserId, WorkspaceId,
    audit::NewAudit,
    rbac::{Actor, MemberChange, Role, decide_member_change},
    workspace::{Member, MemberChanged},
};

pub(super) async fn list(session: &mut dyn Session, workspace: WorkspaceId) -> Result<Vec<Member>> {
    live(session, workspace).await?;
    all(session, workspace).await
}

async fn all(session: &mut dyn Session, workspace: WorkspaceId) -> Result<Vec<Member>> {
    let tail = "WHERE workspace_id = $1 ORDER BY user_id";
    let rows: Vec<MemberRow> = select(session, tail, args![workspace]).await?;
    Ok(rows.into_iter().map(|it| it.1).collect())
}

pub(super) async fn role_of(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    user: UserId,
) -> Result<Option<Role>> {
    let tail = "WHERE workspace_id = $1 AND user_id = $2";
    let rows: Vec<MemberRow> = select(session, tail, args![workspace, user]).await?;
    Ok(rows.first().map(|it| it.1.role))
}

pub(super) async fn change(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    actor: Actor,
    user: UserId,
    change: MemberChange,
    audit: NewAudit,
) -> Result<MemberChanged> {
    lock(session, workspace).await?;
    let members = all(session, workspace).await?;
    let role = |user| members.iter().find(|it| it.user == user).map(|it| it.role);
    let before = role(user);
    let (actor_role, own) = match actor {
        Actor::Embedder => (Some(Role::Owner), false),
        Actor::User(actor) => (role(actor), actor == user),
    };
    let owners = members.iter().filter(|it| it.role == Role::Owner).count();
    let owners = u32::try_from(owners).unwrap_or(u32::MAX);
    decide_member_change(actor_role, before, owners, own, change)?;
    let now = write(session, workspace, user, change, &members).await?;
    audit::record(session, workspace, audit).await?;
    Ok(MemberChanged { before, now })
}

async fn write(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    user: UserId,
    change: MemberChange,
    members: &[Member],
) -> Result<Option<Role>> {
    let row = |role, joined_at| [MemberRow(workspace, Member { user, role, joined_at })];
    match change {
        MemberChange::Add(role) => {
            let joined_at = session.now();
            insert(session, &row(role, joined_at), OnConflict::Fail).await?;
            Ok(Some(role))
        }
        MemberChange::SetRole(role) => {
            let joined_at = members.iter().find(|it| it.user == user).map(|it| it.joined_at);
            save(session, &["role"], &row(role, joined_at.unwrap_or_default())).await?;
            Ok(Some(role))
        }
        MemberChange::Remove => {
            let sql = "DELETE FROM workspace_members WHERE workspace_id = $1 AND user_id = $2";
            session.run(sql.into(), args![workspace, user]).await?;
            Ok(None)
        }
    }
}
