//! The promises of [`AuditStore`](morket_core::audit::AuditStore) and
//! [`ActivityStore`](morket_core::activity::ActivityStore).

use crate::{
    Subject, fresh,
    subject::{named, refused},
};
use morket_core::{
    ErrorKind, WorkspaceId,
    activity::{ActivityRow, NewActivity},
    audit::{Action, AuditRow, NewAudit},
    page::{Cursor, Limit, Page},
};
use serde_json::json;

cases! {
    ($)
    /// Every promise of the audit and activity ports, as tests over what `$make` gives.
    audit_suite;
    log {
        an_audit_row_is_there_once_per_call,
        p200_audit_pages_are_complete_for_every_limit,
        p201_audit_pages_stay_stable_under_writes,
        p203_an_audit_cursor_of_another_workspace_is_refused,
        the_audit_log_of_a_deleted_workspace_stays,
        p137_audit_rows_are_those_of_their_workspace,
        an_absent_workspace_has_no_audit_log,
    }
    feed {
        p200_activity_pages_are_complete_for_every_limit,
        p201_activity_pages_stay_stable_under_writes,
        p203_an_activity_cursor_of_another_workspace_is_refused,
        p137_activity_is_that_of_its_workspace,
        an_absent_workspace_has_no_activity,
    }
}

fn read() -> NewAudit {
    NewAudit { actor: Some(fresh()), action: Action::CredentialRead, object: Some(fresh()) }
}

/// A workspace with `n` audit rows after that of its creation.
async fn with_rows(subject: &Subject, n: usize) -> WorkspaceId {
    let created = NewAudit { actor: None, action: Action::WorkspaceCreated, object: None };
    let workspace = subject.store.create_workspace(named("Log"), created).await.unwrap().id;
    for _ in 0..n {
        subject.store.audit(workspace, read()).await.unwrap();
    }
    workspace
}

async fn rows(
    subject: &Subject,
    workspace: WorkspaceId,
    after: Option<Cursor>,
    limit: u32,
) -> Page<AuditRow> {
    subject.store.audit_log(workspace, after, Limit::new(limit).unwrap()).await.unwrap()
}

/// A workspace with `n` lines in its feed.
async fn with_lines(subject: &Subject, n: usize) -> WorkspaceId {
    let workspace = subject.workspace(0).await;
    for number in 0..n {
        record(subject, workspace, number).await;
    }
    workspace
}

async fn record(subject: &Subject, workspace: WorkspaceId, number: usize) {
    let (kind, detail) = (format!("test.{number}"), json!({"number": number}));
    let line = NewActivity { actor: Some(fresh()), kind, detail };
    subject.store.record_activity(workspace, line).await.unwrap();
}

async fn lines(
    subject: &Subject,
    workspace: WorkspaceId,
    after: Option<Cursor>,
    limit: u32,
) -> Page<ActivityRow> {
    subject.store.activity(workspace, after, Limit::new(limit).unwrap()).await.unwrap()
}

mod log {
    use super::*;

    /// As it was given, numbered from one.
    pub(super) async fn an_audit_row_is_there_once_per_call(subject: Subject) {
        let workspace = with_rows(&subject, 0).await;
        let row = read();
        for _ in 0..2 {
            subject.store.audit(workspace, row).await.unwrap();
        }
        let page = rows(&subject, workspace, None, 100).await;
        assert_eq!(page.rows.iter().map(|it| it.seq).collect::<Vec<_>>(), [1, 2, 3]);
        assert_eq!((page.rows[1].audit, page.rows[2].audit), (row, row));
    }

    /// Oldest first, however it is cut.
    pub(super) async fn p200_audit_pages_are_complete_for_every_limit(subject: Subject) {
        // method: exhaustive
        let workspace = with_rows(&subject, 7).await;
        for limit in 1..=9 {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = rows(&subject, workspace, after, limit).await;
                assert_eq!(page.total, 8);
                seen.extend(page.rows.iter().map(|row| row.seq));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, (1..=8).collect::<Vec<_>>(), "limit {limit}");
        }
    }

    /// Rows that come while one reads are read last.
    pub(super) async fn p201_audit_pages_stay_stable_under_writes(subject: Subject) {
        let workspace = with_rows(&subject, 3).await;
        let first = rows(&subject, workspace, None, 3).await;
        subject.store.audit(workspace, read()).await.unwrap();
        let second = rows(&subject, workspace, first.next, 100).await;
        assert_eq!(second.rows.iter().map(|row| row.seq).collect::<Vec<_>>(), [4, 5]);
    }

    /// A cursor opens no other workspace's log.
    pub(super) async fn p203_an_audit_cursor_of_another_workspace_is_refused(subject: Subject) {
        let (ours, theirs) = (with_rows(&subject, 2).await, with_rows(&subject, 2).await);
        let foreign = rows(&subject, theirs, None, 1).await.next;
        let garbage = Some(Cursor::from_text("AAAAAAAAAAAAAAAAAAAAAA"));
        for cursor in [foreign, garbage] {
            let page = subject.store.audit_log(ours, cursor, Limit::default()).await;
            refused(page, ErrorKind::Validation);
        }
    }

    /// Who did what outlives what it was done to.
    pub(super) async fn the_audit_log_of_a_deleted_workspace_stays(subject: Subject) {
        let workspace = with_rows(&subject, 2).await;
        let before = rows(&subject, workspace, None, 100).await.rows;
        let audit = NewAudit { action: Action::WorkspaceDeleted, ..read() };
        subject.store.delete_workspace(workspace, audit).await.unwrap();
        let after = rows(&subject, workspace, None, 100).await.rows;
        assert_eq!((&after[..3], after.len()), (&before[..], 4));
        assert_eq!(after[3].audit, audit);
    }

    /// Nobody reads what was done elsewhere.
    pub(super) async fn p137_audit_rows_are_those_of_their_workspace(subject: Subject) {
        let (ours, theirs) = (with_rows(&subject, 1).await, with_rows(&subject, 3).await);
        assert_eq!(rows(&subject, ours, None, 100).await.rows.len(), 2);
        let page = rows(&subject, theirs, None, 100).await;
        assert_eq!((page.rows.len(), page.total), (4, 4));
    }

    /// There is no log where there never was a workspace, and no adding to one that is gone.
    pub(super) async fn an_absent_workspace_has_no_audit_log(subject: Subject) {
        let page = subject.store.audit_log(fresh(), None, Limit::default()).await;
        refused(page, ErrorKind::NotFound);
        for workspace in subject.absent().await {
            refused(subject.store.audit(workspace, read()).await, ErrorKind::NotFound);
        }
    }
}

mod feed {
    use super::*;

    /// Newest first, however it is cut.
    pub(super) async fn p200_activity_pages_are_complete_for_every_limit(subject: Subject) {
        // method: exhaustive
        let workspace = with_lines(&subject, 7).await;
        for limit in 1..=8 {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = lines(&subject, workspace, after, limit).await;
                assert_eq!(page.total, 7);
                seen.extend(page.rows.into_iter().map(|row| (row.seq, row.activity.kind)));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
            let all = (1..=7).rev().map(|seq: i64| (seq, format!("test.{}", seq - 1)));
            assert_eq!(seen, all.collect::<Vec<_>>(), "limit {limit}");
        }
    }

    /// Lines that come while one reads stand before what was read.
    pub(super) async fn p201_activity_pages_stay_stable_under_writes(subject: Subject) {
        let workspace = with_lines(&subject, 5).await;
        let first = lines(&subject, workspace, None, 2).await;
        record(&subject, workspace, 5).await;
        let rest = lines(&subject, workspace, first.next, 100).await;
        let seen = first.rows.iter().chain(&rest.rows).map(|row| row.seq);
        assert_eq!(seen.collect::<Vec<_>>(), [5, 4, 3, 2, 1]);
    }

    /// A cursor opens no other workspace's feed.
    pub(super) async fn p203_an_activity_cursor_of_another_workspace_is_refused(subject: Subject) {
        let (ours, theirs) = (with_lines(&subject, 3).await, with_lines(&subject, 3).await);
        let foreign = lines(&subject, theirs, None, 1).await.next;
        let page = subject.store.activity(ours, foreign, Limit::default()).await;
        refused(page, ErrorKind::Validation);
    }

    /// Nobody reads what happened elsewhere.
    pub(super) async fn p137_activity_is_that_of_its_workspace(subject: Subject) {
        let (ours, _) = (with_lines(&subject, 1).await, with_lines(&subject, 3).await);
        let page = lines(&subject, ours, None, 100).await;
        assert_eq!((page.rows.len(), page.total), (1, 1));
    }

    /// Unknown and deleted are the same answer.
    pub(super) async fn an_absent_workspace_has_no_activity(subject: Subject) {
        for workspace in subject.absent().await {
            let line = NewActivity { actor: None, kind: "test".into(), detail: json!({}) };
            let recorded = subject.store.record_activity(workspace, line).await;
            refused(recorded, ErrorKind::NotFound);
            let page = subject.store.activity(workspace, None, Limit::default()).await;
            refused(page, ErrorKind::NotFound);
        }
    }
}
