//! The audit log and the feed.

use super::{MemoryStore, after_number, next_seq, not_found, numbered_page};
use crate::{
    Result, WorkspaceId,
    activity::{ActivityRow, ActivityStore, NewActivity},
    audit::{AuditRow, AuditStore, NewAudit},
    page::{Cursor, Limit, Page},
};
use async_trait::async_trait;

#[async_trait]
impl AuditStore for MemoryStore {
    async fn audit(&self, workspace: WorkspaceId, audit: NewAudit) -> Result<()> {
        self.step(|state, now| {
            state.tenant_mut("audit.audit", workspace)?.note(audit, now);
            Ok(())
        })
    }

    async fn audit_log(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<AuditRow>> {
        let after = after_number(after.as_ref(), "audit", workspace)?.unwrap_or(0);
        self.step(|state, _| {
            let live = state.tenants.get(&workspace).map(|tenant| &tenant.audit);
            let log = live
                .or_else(|| state.graves.get(&workspace).map(|grave| &grave.audit))
                .ok_or_else(|| not_found("audit.audit_log", "workspace: not found"))?;
            let rows = log.iter().filter(|row| row.seq > after).copied();
            Ok(numbered_page(rows, limit, log.len(), ("audit", workspace), |row| row.seq))
        })
    }
}

#[async_trait]
impl ActivityStore for MemoryStore {
    async fn record_activity(&self, workspace: WorkspaceId, activity: NewActivity) -> Result<()> {
        self.step(|state, now| {
            let feed = &mut state.tenant_mut("activity.record", workspace)?.activity;
            feed.push(ActivityRow { seq: next_seq(feed.len()), activity, at: now });
            Ok(())
        })
    }

    async fn activity(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<ActivityRow>> {
        let before = after_number(after.as_ref(), "activity", workspace)?.unwrap_or(i64::MAX);
        self.step(|state, _| {
            let feed = &state.tenant("activity.activity", workspace)?.activity;
            let rows = feed.iter().rev().filter(|row| row.seq < before).cloned();
            Ok(numbered_page(rows, limit, feed.len(), ("activity", workspace), |row| row.seq))
        })
    }
}
