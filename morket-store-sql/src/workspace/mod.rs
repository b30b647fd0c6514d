//! The workspace port.

mod create;
mod delete;
mod invitations;
mod members;
mod rows;

use crate::{
    Record, Scope, Session, SqlStore, Table, args, audit,
    query::{save, select, select_locked},
    store::no_workspace,
};
use async_trait::async_trait;
use morket_core::{
    Result, UserId, WorkspaceId,
    audit::NewAudit,
    rbac::{Actor, MemberChange, Role},
    workspace::{
        Member, MemberChanged, NewWorkspace, Workspace, WorkspaceChange, WorkspaceStore,
        check_name, check_settings,
    },
};
use rows::{MemberRow, WorkspaceRow};
use std::sync::Arc;

/// Tables that are declared whole.
pub(crate) static TABLES: &[&Table] =
    &[WorkspaceRow::TABLE, MemberRow::TABLE, invitations::InvitationRow::TABLE];

/// The live workspace, its row locked until the transaction ends.
pub(crate) async fn lock(
    session: &mut dyn Session,
    workspace: WorkspaceId,
) -> Result<WorkspaceRow> {
    let tail = "WHERE id = $1 AND deleted_at IS NULL";
    let found = select_locked(session, tail, args![workspace]).await?;
    found.into_iter().next().ok_or_else(|| no_workspace("workspace"))
}

#[async_trait]
impl WorkspaceStore for SqlStore {
    async fn create_workspace(&self, new: NewWorkspace, audit: NewAudit) -> Result<Workspace> {
        new.validate()?;
        create::create(self, new, audit).await
    }

    async fn workspace(&self, workspace: WorkspaceId) -> Result<Workspace> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                let found: Vec<WorkspaceRow> =
                    select(session, "WHERE id = $1", args![workspace]).await?;
                let shown = found.into_iter().find_map(WorkspaceRow::shown);
                shown.ok_or_else(|| no_workspace("workspace"))
            })
        })
        .await
    }

    async fn workspace_by_slug(&self, slug: &str) -> Result<Workspace> {
        let slug: Arc<str> = slug.into();
        self.read(Scope::System, move |session| {
            let slug = slug.clone();
            Box::pin(async move {
                let found: Vec<WorkspaceRow> =
                    select(session, "WHERE slug = $1", args![&*slug]).await?;
                let shown = found.into_iter().find_map(WorkspaceRow::shown);
                shown.ok_or_else(|| no_workspace("workspace"))
            })
        })
        .await
    }

    async fn workspaces_of(&self, user: UserId) -> Result<Vec<(Workspace, Role)>> {
        self.read(Scope::System, move |session| {
            Box::pin(async move {
                let of_user: Vec<MemberRow> =
                    select(session, "WHERE user_id = $1", args![user]).await?;
                let mut found = Vec::new();
                for MemberRow(workspace, member) in of_user {
                    let rows: Vec<WorkspaceRow> =
                        select(session, "WHERE id = $1", args![workspace]).await?;
                    found.extend(
                        rows.into_iter()
                            .filter_map(WorkspaceRow::shown)
                            .map(|workspace| (workspace, member.role)),
                    );
                }
                found.sort_by(|left, right| left.0.slug.cmp(&right.0.slug));
                Ok(found)
            })
        })
        .await
    }

    async fn update_workspace(
        &self,
        workspace: WorkspaceId,
        change: WorkspaceChange,
        audit: NewAudit,
    ) -> Result<Workspace> {
        change.name.as_deref().map_or(Ok(()), check_name)?;
        change.settings.as_ref().map_or(Ok(()), check_settings)?;
        let change = Arc::new(change);
        self.write(Scope::Tenant(workspace), move |session| {
            let change = WorkspaceChange::clone(&change);
            Box::pin(async move {
                let mut row = lock(session, workspace).await?;
                row.name = change.name.unwrap_or(row.name);
                row.settings = change.settings.unwrap_or(row.settings);
                row.updated_at = session.now();
                let rows = [row];
                save(session, &["name", "settings", "updated_at"], &rows).await?;
                audit::record(session, workspace, audit).await?;
                let [row] = rows;
                row.shown().ok_or_else(|| no_workspace("workspace"))
            })
        })
        .await
    }

    async fn delete_workspace(&self, workspace: WorkspaceId, audit: NewAudit) -> Result<()> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(delete::delete(session, workspace, audit))
        })
        .await
    }

    async fn members(&self, workspace: WorkspaceId) -> Result<Vec<Member>> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(members::list(session, workspace))
        })
        .await
    }

    async fn role_of(&self, workspace: WorkspaceId, user: UserId) -> Result<Option<Role>> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(members::role_of(session, workspace, user))
        })
        .await
    }

    async fn change_member(
        &self,
        workspace: WorkspaceId,
        actor: Actor,
        user: UserId,
        change: MemberChange,
        audit: NewAudit,
    ) -> Result<MemberChanged> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(members::change(session, workspace, actor, user, change, audit))
        })
        .await
    }
}
