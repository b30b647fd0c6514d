//! Whose credentials they are, and what goes with a workspace.

use super::{Safe, accept, audit, credential, value};
use crate::{
    Subject, fresh,
    subject::{created, named, refused},
};
use morket_core::{
    CredentialId, ErrorKind, WorkspaceId,
    audit::{Action, NewAudit},
    vault::{CredentialStatus, Purpose, SealedCredential},
};

/// By bytes, not by what a language thinks of them.
pub(super) async fn credentials_are_listed_by_provider_name_and_id(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let mut due = Vec::new();
    for (provider, name) in
        [("hunter", "b"), ("hunter", "a"), ("hunter", "B"), ("apollo", "é"), ("apollo", "z")]
    {
        for _ in 0..3 {
            due.push(safe.put(credential(provider, name), accept()).await.unwrap());
        }
    }
    let key = |it: &SealedCredential| (it.provider.to_string(), it.name.clone(), it.id);
    due.sort_by_key(|it| key(&it.sealed));
    assert_eq!(safe.list().await, due);
}

/// No method of the port answers to this id in this workspace.
async fn answers_to_none(subject: &Subject, workspace: WorkspaceId, id: CredentialId) {
    let store = &subject.store;
    let audit = |action| audit(action, id);
    refused(store.credential(workspace, id).await, ErrorKind::NotFound);
    let row = audit(Action::CredentialUpdated);
    let replaced = store.replace_credential(workspace, id, value(), accept(), row).await;
    refused(replaced, ErrorKind::NotFound);
    let status = CredentialStatus::Invalid;
    let set = store.set_credential_status(workspace, id, status, row).await;
    refused(set, ErrorKind::NotFound);
    for job in [None, Some(fresh())] {
        let row = audit(Action::CredentialRead);
        refused(store.use_credential(workspace, id, job, row).await, ErrorKind::NotFound);
    }
    let row = audit(Action::CredentialDeleted);
    refused(store.delete_credential(workspace, id, row).await, ErrorKind::NotFound);
}

/// As one that is nowhere; nothing is noted and nothing changes, here or there.
pub(super) async fn p130_another_workspaces_credentials_are_not_found(subject: Subject) {
    // method: exhaustive
    let (ours, theirs) = (Safe::new(&subject).await, Safe::new(&subject).await);
    let foreign = theirs.stored().await;
    let before = (theirs.list().await, theirs.log().await, theirs.latest_key().await);
    for id in [foreign.sealed.id, fresh()] {
        answers_to_none(&subject, ours.workspace, id).await;
    }
    assert_eq!((ours.list().await, ours.log().await), (vec![], vec![]));
    assert_eq!((theirs.list().await, theirs.log().await, theirs.latest_key().await), before);
}

/// Whether an id is taken elsewhere cannot be found out.
pub(super) async fn p137_a_credential_id_is_its_workspaces_own(subject: Subject) {
    // method: exhaustive
    let (ours, theirs) = (Safe::new(&subject).await, Safe::new(&subject).await);
    let foreign = theirs.stored().await;
    let id = foreign.sealed.id;
    let new = SealedCredential { id, ..credential("apollo", "Ours") };
    let mine = ours.put(new, accept()).await.unwrap();
    let job = Some(fresh());
    for safe in [&ours, &theirs] {
        let row = audit(Action::CredentialRead, id);
        subject.store.use_credential(safe.workspace, id, job, row).await.unwrap();
        assert_eq!(safe.log().await.len(), 2, "each workspace notes its own use");
    }
    ours.replace(id, value(), accept()).await.unwrap();
    ours.delete(id).await.unwrap();
    let still = theirs.get(id).await.unwrap();
    assert_eq!((&still.sealed, &mine.sealed.name[..]), (&foreign.sealed, "Ours"));
}

/// Without the wrapped key nobody opens what was sealed, whatever master key they hold.
pub(super) async fn p099_a_deleted_workspace_takes_its_keys_along(subject: Subject) {
    // method: exhaustive
    let (safe, stays) = (Safe::new(&subject).await, Safe::new(&subject).await);
    let id = safe.stored().await.sealed.id;
    let kept = stays.stored().await;
    let deleted = NewAudit { actor: None, action: Action::WorkspaceDeleted, object: None };
    subject.store.delete_workspace(safe.workspace, deleted).await.unwrap();
    let below = subject.store.data_keys_below(u32::MAX, None, 100).await.unwrap();
    let left: Vec<_> = below.iter().map(|key| key.workspace).collect();
    assert_eq!(left, [stays.workspace]);
    answers_to_none(&subject, safe.workspace, id).await;
    let again = morket_core::workspace::NewWorkspace { id: safe.workspace, ..named("Again") };
    refused(subject.store.create_workspace(again, created()).await, ErrorKind::Conflict);
    assert_eq!(stays.list().await, [kept]);
}

/// Unknown and deleted are the same answer.
pub(super) async fn an_absent_workspace_has_no_vault(subject: Subject) {
    let store = &subject.store;
    let purpose = Purpose::Credentials;
    for workspace in subject.absent().await {
        let safe = Safe { subject: subject.clone(), workspace };
        for version in [None, Some(1)] {
            refused(store.data_key(workspace, purpose, version).await, ErrorKind::NotFound);
        }
        refused(safe.put_key(safe.key(1, 1)).await, ErrorKind::NotFound);
        refused(safe.spend(1, 1).await, ErrorKind::NotFound);
        refused(safe.rewrap(1, safe.key(1, 2)).await, ErrorKind::NotFound);
        let put = safe.put(credential("hunter", "Main"), accept()).await;
        refused(put, ErrorKind::NotFound);
        refused(store.credentials(workspace).await, ErrorKind::NotFound);
        answers_to_none(&subject, workspace, fresh()).await;
    }
    assert_eq!(store.data_keys_below(u32::MAX, None, 100).await.unwrap(), []);
}
