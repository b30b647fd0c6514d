//! Stores that are wrong about people, requests, events and logs.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    ErrorKind, EventId, Result, UserId, WorkspaceId,
    audit::{AuditRow, NewAudit},
    idempotency::{Begun, Scope},
    page::{Cursor, Limit, Page},
    rbac::{Actor, MemberChange},
    workspace::MemberChanged,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    time::Duration,
};

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "a replay does not compare the body",
        must_fail: "p037_another_body_under_the_same_key_is_refused",
        walk: Some("p037_whatever_another_body_is_it_is_refused"),
        wrap: |subject| through(subject, IgnoresBodies::default()),
    },
    Broken {
        name: "a relay forgets what was acknowledged",
        must_fail: "an_acknowledged_event_never_comes_again",
        walk: None,
        wrap: |subject| through(subject, ForgetsAcks),
    },
    Broken {
        name: "a refused change leaves an audit row",
        must_fail: "a_refused_change_leaves_no_audit_row",
        walk: None,
        wrap: |subject| through(subject, LogsRefusals),
    },
    Broken {
        name: "the audit log is read without its tenant",
        must_fail: "p137_audit_rows_are_those_of_their_workspace",
        walk: None,
        wrap: |subject| through(subject, ReadsForeignLogs::default()),
    },
];

#[derive(Default)]
struct IgnoresBodies(Mutex<BTreeMap<(Scope, String), [u8; 32]>>);

#[async_trait]
impl Defect for IgnoresBodies {
    async fn begin(
        &self,
        right: &Right,
        scope: &Scope,
        key: &str,
        body: [u8; 32],
        lease: Duration,
    ) -> Result<Begun> {
        let name = (scope.clone(), key.to_owned());
        let begun = right.store.begin(scope, key, body, lease).await;
        if begun.as_ref().is_err_and(|it| it.kind() == ErrorKind::IdempotencyMismatch) {
            let first = self.0.lock().unwrap().get(&name).copied().unwrap_or(body);
            return right.store.begin(scope, key, first, lease).await;
        }
        self.0.lock().unwrap().insert(name, body);
        begun
    }
}

struct ForgetsAcks;

#[async_trait]
impl Defect for ForgetsAcks {
    async fn ack_events(&self, _: &Right, _: Vec<EventId>) -> Result<()> {
        Ok(())
    }
}

struct LogsRefusals;

#[async_trait]
impl Defect for LogsRefusals {
    async fn change_member(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        actor: Actor,
        user: UserId,
        change: MemberChange,
        audit: NewAudit,
    ) -> Result<MemberChanged> {
        let result = right.store.change_member(workspace, actor, user, change, audit).await;
        if result.is_err() {
            drop(right.store.audit(workspace, audit).await);
        }
        result
    }
}

#[derive(Default)]
struct ReadsForeignLogs(Mutex<BTreeSet<WorkspaceId>>);

#[async_trait]
impl Defect for ReadsForeignLogs {
    async fn audit(&self, right: &Right, workspace: WorkspaceId, audit: NewAudit) -> Result<()> {
        right.store.audit(workspace, audit).await?;
        self.0.lock().unwrap().insert(workspace);
        Ok(())
    }

    async fn audit_log(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<AuditRow>> {
        let mut page = right.store.audit_log(workspace, after, limit).await?;
        let others = self.0.lock().unwrap().clone();
        for other in others.into_iter().filter(|it| *it != workspace) {
            page.rows.extend(right.store.audit_log(other, None, limit).await?.rows);
        }
        Ok(page)
    }
}
