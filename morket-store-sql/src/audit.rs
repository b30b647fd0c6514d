//! The audit log and the activity feed: numbered per workspace, added in the step they speak of.

use crate::{
    OnConflict, Record, Row, Scope, Session, SqlStore, Value, args,
    query::{insert, number, select},
    store::{live, no_workspace},
    table,
};
use async_trait::async_trait;
use morket_core::{
    Error, ErrorKind, Result, UserId, WorkspaceId,
    activity::{ActivityRow, ActivityStore, NewActivity},
    audit::{Action, AuditRow, AuditStore, NewAudit},
    page::{Cursor, Limit, Page},
};
use std::sync::Arc;

/// A row with the tenant it belongs to: what a table needs and a port does not show.
struct Owned<T>(WorkspaceId, T);

impl Record for Owned<AuditRow> {
    const TABLE: &'static crate::Table = table!("audit_log", key ["workspace_id", "seq"], {
        workspace_id: Uuid, seq: Int, actor: Uuid, action: Int, object: Uuid, at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let Self(workspace, AuditRow { seq, audit, at }) = self;
        args![*workspace, *seq, audit.actor, audit.action as u8, audit.object, *at]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, seq) = (WorkspaceId(row.uuid()?), row.int()?);
        let actor = row.maybe_uuid()?.map(UserId);
        let (action, object) = (row.one_of(Action::from_number)?, row.maybe_uuid()?);
        let audit = NewAudit { actor, action, object };
        Ok(Self(workspace, AuditRow { seq, audit, at: row.time()? }))
    }
}

impl Record for Owned<ActivityRow> {
    const TABLE: &'static crate::Table = table!("activity", key ["workspace_id", "seq"], {
        workspace_id: Uuid, seq: Int, actor: Uuid, kind: Text, detail: Text, at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let Self(workspace, ActivityRow { seq, activity, at }) = self;
        let detail = activity.detail.to_string();
        args![*workspace, *seq, activity.actor, activity.kind.as_str(), detail, *at]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, seq) = (WorkspaceId(row.uuid()?), row.int()?);
        let actor = row.maybe_uuid()?.map(UserId);
        let activity = NewActivity { actor, kind: row.text()?, detail: row.json()? };
        Ok(Self(workspace, ActivityRow { seq, activity, at: row.time()? }))
    }
}

/// Tables that are declared whole.
pub(crate) static TABLES: &[&crate::Table] =
    &[Owned::<AuditRow>::TABLE, Owned::<ActivityRow>::TABLE];

/// Add an audit row in the middle of some transaction.
pub(crate) async fn record(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    audit: NewAudit,
) -> Result<()> {
    let sql = "UPDATE workspaces SET audit_seq = audit_seq + 1 WHERE id = $1 RETURNING audit_seq";
    let seq = next(session, sql, workspace).await?;
    let row = AuditRow { seq, audit, at: session.now() };
    insert(session, &[Owned(workspace, row)], OnConflict::Fail).await.map(drop)
}

async fn next(session: &mut dyn Session, sql: &'static str, workspace: WorkspaceId) -> Result<i64> {
    match session.rows(sql.into(), args![workspace]).await?.first_mut() {
        Some(row) => row.int(),
        None => Err(no_workspace("audit")),
    }
}

#[async_trait]
impl AuditStore for SqlStore {
    async fn audit(&self, workspace: WorkspaceId, audit: NewAudit) -> Result<()> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                live(session, workspace).await?;
                record(session, workspace, audit).await
            })
        })
        .await
    }

    async fn audit_log(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<AuditRow>> {
        let after = after.map(|it| it.number("audit", workspace)).transpose()?.unwrap_or(0);
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                let sql = "SELECT audit_seq FROM workspaces WHERE id = $1";
                let Some(mut found) = session.rows(sql.into(), args![workspace]).await?.pop()
                else {
                    return Err(no_workspace("audit"));
                };
                let total = u64::try_from(found.int()?).unwrap_or(0);
                let tail = "WHERE workspace_id = $1 AND seq > $2 ORDER BY seq LIMIT $3";
                let rows: Vec<Owned<AuditRow>> =
                    select(session, tail, args![workspace, after, limit.rows() + 1]).await?;
                let rows = rows.into_iter().map(|it| it.1).collect();
                Ok(Page::cut(rows, limit, total, |last: &AuditRow| {
                    Cursor::new("audit", workspace, &last.seq.to_be_bytes())
                }))
            })
        })
        .await
    }
}

#[async_trait]
impl ActivityStore for SqlStore {
    async fn record_activity(&self, workspace: WorkspaceId, activity: NewActivity) -> Result<()> {
        let activity = Arc::new(activity);
        self.write(Scope::Tenant(workspace), move |session| {
            let activity = NewActivity::clone(&activity);
            Box::pin(async move {
                let sql = "UPDATE workspaces SET activity_seq = activity_seq + 1 \
                           WHERE id = $1 AND deleted_at IS NULL RETURNING activity_seq";
                let seq = next(session, sql, workspace).await?;
                let row = ActivityRow { seq, activity, at: session.now() };
                insert(session, &[Owned(workspace, row)], OnConflict::Fail).await.map(drop)
            })
        })
        .await
    }

    async fn activity(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<ActivityRow>> {
        let before = after.map(|it| it.number("activity", workspace)).transpose()?;
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                live(session, workspace).await?;
                let sql = "SELECT COUNT(*) FROM activity WHERE workspace_id = $1";
                let total = number(session, sql, args![workspace]).await?;
                let tail = "WHERE workspace_id = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3";
                let before = before.unwrap_or(i64::MAX);
                let rows: Vec<Owned<ActivityRow>> =
                    select(session, tail, args![workspace, before, limit.rows() + 1]).await?;
                let rows = rows.into_iter().map(|it| it.1).collect();
                let total = u64::try_from(total).unwrap_or(0);
                Ok(Page::cut(rows, limit, total, |last: &ActivityRow| {
                    Cursor::new("activity", workspace, &last.seq.to_be_bytes())
                }))
            })
        })
        .await
    }
}

/// The error of something that is not there.
pub(crate) fn missing(operation: &'static str, what: &str) -> Error {
    Error::new(ErrorKind::NotFound, operation, format!("{what}: not found"))
}
