//! Creating a workspace: its slug, its account, its first owner, its first audit row.

use super::rows::{MemberRow, WorkspaceRow};
use crate::{
    OnConflict, Scope, Session, SqlStore, args, audit,
    query::{insert, select},
};
use morket_core::{
    Error, ErrorKind, Result,
    audit::NewAudit,
    ledger::Account,
    rbac::Role,
    workspace::{Member, NewWorkspace, Workspace, pick_slug, slug_base},
};
use std::{collections::HashSet, sync::Arc};

/// How often a slug that another took meanwhile is picked anew.
const TRIES: u32 = 20;

pub(super) async fn create(
    store: &SqlStore,
    new: NewWorkspace,
    audit: NewAudit,
) -> Result<Workspace> {
    let new = Arc::new(new);
    for _ in 0..TRIES {
        let attempt = new.clone();
        let created = store
            .write(Scope::System, move |session| {
                let new = attempt.clone();
                Box::pin(async move { once(session, &new, audit).await })
            })
            .await?;
        if let Some(workspace) = created {
            return Ok(workspace);
        }
    }
    let message = "too many workspaces of this name are created at once; try again";
    Err(Error::new(ErrorKind::StoreUnavailable, "workspace.create", message))
}

/// One attempt; `None` when another took the slug between looking and writing.
async fn once(
    session: &mut dyn Session,
    new: &NewWorkspace,
    audit: NewAudit,
) -> Result<Option<Workspace>> {
    let now = session.now();
    let row = WorkspaceRow {
        id: new.id,
        name: new.name.clone(),
        slug: Some(free_slug(session, &new.name).await?),
        metering: new.metering,
        environment: new.environment,
        settings: new.settings.clone(),
        made: new.fingerprint(),
        created_at: now,
        updated_at: now,
        deleted_at: None,
        audit_seq: 0,
        activity_seq: 0,
    };
    if insert(session, std::slice::from_ref(&row), OnConflict::Keep).await? == 0 {
        return repeat(session, new).await;
    }
    insert(session, &[Account::open(new.id, new.metering)], OnConflict::Fail).await?;
    if let Some(user) = new.owner {
        let member = Member { user, role: Role::Owner, joined_at: now };
        insert(session, &[MemberRow(new.id, member)], OnConflict::Fail).await?;
    }
    audit::record(session, new.id, audit).await?;
    Ok(row.shown())
}

async fn repeat(session: &mut dyn Session, new: &NewWorkspace) -> Result<Option<Workspace>> {
    let found: Vec<WorkspaceRow> = select(session, "WHERE id = $1", args![new.id]).await?;
    let Some(found) = found.into_iter().next() else { return Ok(None) };
    let same = found.made == new.fingerprint();
    match found.shown() {
        Some(workspace) if same => Ok(Some(workspace)),
        _ => {
            let message = "id: it names another workspace";
            Err(Error::new(ErrorKind::Conflict, "workspace.create", message).with("id", new.id))
        }
    }
}

async fn free_slug(session: &mut dyn Session, name: &str) -> Result<String> {
    let base = slug_base(name);
    // Suffixes replace the end of a long base, so look at everything that could collide.
    let stem: String = base.chars().take(40).collect();
    let sql = "SELECT slug FROM workspaces WHERE slug >= $1 AND slug < $2";
    let end = format!("{stem}\u{7f}");
    let rows = session.rows(sql.into(), args![stem, end]).await?;
    let taken = rows.into_iter().map(|mut row| row.text()).collect::<Result<HashSet<_>>>()?;
    Ok(pick_slug(&base, |slug| taken.contains(slug)))
}
