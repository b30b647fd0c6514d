//! What goes with a workspace, and what stays.

use super::{Team, audit, create, log, owned};
use crate::{
    Subject, fresh,
    job::Desk,
    subject::{named, refused},
};
use morket_core::{ErrorKind, activity::NewActivity, audit::Action, page::Limit, rbac::Role};
use serde_json::json;

/// After its deletion no method shows a trace of it but the audit log.
pub(super) async fn p142_a_deleted_workspace_is_gone_for_every_method(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let (store, id, job) = (&subject.store, desk.workspace, desk.job);
    let line = NewActivity { actor: None, kind: "note".into(), detail: json!({}) };
    store.record_activity(id, line.clone()).await.unwrap();
    store.cancel_job(id, job).await.unwrap();
    store.delete_workspace(id, audit(Action::WorkspaceDeleted)).await.unwrap();

    refused(store.workspace(id).await, ErrorKind::NotFound);
    refused(store.account(id).await, ErrorKind::NotFound);
    refused(store.statement(id, None, Limit::default()).await, ErrorKind::NotFound);
    refused(store.job(id, job).await, ErrorKind::NotFound);
    refused(store.jobs(id, None, Limit::default()).await, ErrorKind::NotFound);
    refused(store.records(id, job, 0..1).await, ErrorKind::NotFound);
    refused(store.cells(id, job, 0..1).await, ErrorKind::NotFound);
    refused(store.steps(id, job, 0..1).await, ErrorKind::NotFound);
    refused(store.cancel_job(id, job).await, ErrorKind::NotFound);
    refused(store.events(id).await, ErrorKind::NotFound);
    refused(store.activity(id, None, Limit::default()).await, ErrorKind::NotFound);
    refused(store.record_activity(id, line).await, ErrorKind::NotFound);
    refused(store.audit(id, audit(Action::CredentialRead)).await, ErrorKind::NotFound);
    let last = log(&subject, id).await.pop().map(|row| row.audit.action);
    assert_eq!(last, Some(Action::WorkspaceDeleted), "the audit log outlives it");
}

/// Addresses are scarce.
pub(super) async fn a_deleted_workspace_frees_its_slug(subject: Subject) {
    let first = create(&subject, named("Scarce")).await.unwrap();
    subject.store.delete_workspace(first.id, audit(Action::WorkspaceDeleted)).await.unwrap();
    refused(subject.store.workspace_by_slug(&first.slug).await, ErrorKind::NotFound);
    let second = create(&subject, named("Scarce")).await.unwrap();
    assert_eq!((&second.slug, second.id != first.id), (&first.slug, true));
}

/// The second deletion finds nothing, and writes nothing.
pub(super) async fn deleting_twice_is_not_found(subject: Subject) {
    let id = create(&subject, named("Once")).await.unwrap().id;
    subject.store.delete_workspace(id, audit(Action::WorkspaceDeleted)).await.unwrap();
    let again = subject.store.delete_workspace(id, audit(Action::WorkspaceDeleted)).await;
    refused(again, ErrorKind::NotFound);
    assert_eq!(log(&subject, id).await.len(), 2, "created and deleted");
}

/// Whoever works for it would write into nothing.
pub(super) async fn a_workspace_with_a_running_job_stays(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let claimed = desk.claim().await;
    let refusal = subject.store.delete_workspace(desk.workspace, audit(Action::WorkspaceDeleted));
    refused(refusal.await, ErrorKind::Conflict);
    assert!(subject.store.workspace(desk.workspace).await.is_ok());
    let last = log(&subject, desk.workspace).await.pop().map(|row| row.audit.action);
    assert_eq!(last, Some(Action::WorkspaceCreated), "a refusal leaves no row");
    desk.finish(claimed.lease).await;
    let deleted = subject.store.delete_workspace(desk.workspace, audit(Action::WorkspaceDeleted));
    deleted.await.unwrap();
}

/// What a user may choose from: its own, with its role, by slug, without those that are gone.
pub(super) async fn the_workspaces_of_a_user_are_those_that_are_there(subject: Subject) {
    let user = fresh();
    let mut new = [owned(user), owned(user), owned(user)];
    for (new, name) in new.iter_mut().zip(["Beta", "alpha", "Gone"]) {
        new.name = name.into();
        create(&subject, new.clone()).await.unwrap();
    }
    Team::new(&subject).await.join(Role::Viewer).await;
    let gone = new[2].id;
    subject.store.delete_workspace(gone, audit(Action::WorkspaceDeleted)).await.unwrap();
    let mine = subject.store.workspaces_of(user).await.unwrap();
    let mine: Vec<_> = mine.iter().map(|(it, role)| (it.slug.as_str(), *role)).collect();
    assert_eq!(mine, [("alpha", Role::Owner), ("beta", Role::Owner)]);
}
