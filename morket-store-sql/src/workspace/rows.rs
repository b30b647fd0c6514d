//! Workspaces and members as rows.

use crate::{Record, Row, Value, args, table};
use morket_core::{
    Result, Timestamp, UserId, WorkspaceId,
    ledger::Metering,
    rbac::Role,
    workspace::{Environment, Member, Workspace},
};

/// A workspace with what only its table shows.
pub(crate) struct WorkspaceRow {
    pub(crate) id: WorkspaceId,
    pub(crate) name: String,
    pub(crate) slug: Option<String>,
    pub(crate) metering: Metering,
    pub(crate) environment: Environment,
    pub(crate) settings: serde_json::Value,
    /// The hash of what it was created from, to know a repeat.
    pub(crate) made: [u8; 32],
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
    pub(crate) deleted_at: Option<Timestamp>,
    pub(crate) audit_seq: i64,
    pub(crate) activity_seq: i64,
}

impl WorkspaceRow {
    /// The workspace as ports show it; a deleted one is not shown.
    pub(crate) fn shown(self) -> Option<Workspace> {
        Some(Workspace {
            id: self.id,
            name: self.name,
            slug: self.slug.filter(|_| self.deleted_at.is_none())?,
            metering: self.metering,
            environment: self.environment,
            settings: self.settings,
            created_at: self.created_at,
            updated_at: self.updated_at,
        })
    }
}

impl Record for WorkspaceRow {
    const TABLE: &'static crate::Table = table!("workspaces", key ["id"], {
        id: Uuid, name: Text, slug: Text, metering: Int, environment: Int, settings: Text,
        made: Bytes, created_at: Int, updated_at: Int, deleted_at: Int, audit_seq: Int,
        activity_seq: Int,
    });

    fn values(&self) -> Vec<Value> {
        args![
            self.id,
            self.name.as_str(),
            self.slug.as_deref(),
            self.metering == Metering::Prepaid,
            self.environment as u8,
            self.settings.to_string(),
            self.made,
            self.created_at,
            self.updated_at,
            self.deleted_at,
            self.audit_seq,
            self.activity_seq,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        Ok(Self {
            id: WorkspaceId(row.uuid()?),
            name: row.text()?,
            slug: row.maybe_text()?,
            metering: if row.flag()? { Metering::Prepaid } else { Metering::Unmetered },
            environment: row.one_of(Environment::from_number)?,
            settings: row.json()?,
            made: row.hash()?,
            created_at: row.time()?,
            updated_at: row.time()?,
            deleted_at: row.maybe_time()?,
            audit_seq: row.int()?,
            activity_seq: row.int()?,
        })
    }
}

/// A member with the workspace it belongs to.
pub(crate) struct MemberRow(pub(crate) WorkspaceId, pub(crate) Member);

impl Record for MemberRow {
    const TABLE: &'static crate::Table = table!(
        "workspace_members", key ["workspace_id", "user_id"], {
        workspace_id: Uuid, user_id: Uuid, role: Int, joined_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        args![self.0, self.1.user, self.1.role as u8, self.1.joined_at]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, user) = (WorkspaceId(row.uuid()?), UserId(row.uuid()?));
        let role = row.one_of(Role::from_number)?;
        Ok(Self(workspace, Member { user, role, joined_at: row.time()? }))
    }
}
