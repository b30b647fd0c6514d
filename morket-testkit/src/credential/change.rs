//! What happens to a credential that is there.

use super::{Safe, accept, audit, refuse, value};
use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{ErrorKind, audit::Action, vault::CredentialStatus, vault::SealedValue};
use std::time::Duration;

/// Untested again, under the next data key; all else as it was.
pub(super) async fn a_replaced_value_keeps_what_it_belongs_to(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let (id, other) = (safe.stored().await.sealed.id, safe.stored().await);
    let read = audit(Action::CredentialRead, id);
    subject.store.use_credential(safe.workspace, id, None, read).await.unwrap();
    let tested = audit(Action::CredentialUpdated, id);
    let (store, valid) = (&subject.store, CredentialStatus::Valid);
    store.set_credential_status(safe.workspace, id, valid, tested).await.unwrap();
    let before = safe.get(id).await.unwrap();
    subject.clock.advance(Duration::from_secs(60)).await;
    safe.put_key(safe.key(2, 1)).await.unwrap();
    let value = SealedValue { data_key_version: 2, mask: "••••9876".into(), ..value() };
    let replaced = safe.replace(id, value.clone(), accept()).await.unwrap();
    let mut due = before;
    (due.sealed.value, due.status) = (value, CredentialStatus::Untested);
    assert_eq!(replaced, due);
    assert_eq!(safe.get(id).await.unwrap(), due);
    assert_eq!(safe.get(other.sealed.id).await.unwrap(), other, "its neighbour stays");
    let last = safe.log().await.pop().map(|row| (row.action, row.object));
    assert_eq!(last, Some((Action::CredentialUpdated, Some(id.0))));
}

/// A credential that worked goes on working.
pub(super) async fn p092_a_refused_replacement_leaves_the_old_value(subject: Subject) {
    // method: exhaustive
    let safe = Safe::new(&subject).await;
    let before = safe.stored().await;
    let refusal = safe.replace(before.sealed.id, value(), refuse()).await;
    refused(refusal, ErrorKind::Internal);
    assert_eq!(safe.list().await, [before]);
    assert_eq!(safe.log().await.len(), 1);
}

/// A repeat of the last replacement.
pub(super) async fn the_value_that_stands_is_no_replacement(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let id = safe.stored().await.sealed.id;
    let value = value();
    let first = safe.replace(id, value.clone(), accept()).await.unwrap();
    assert_eq!(safe.replace(id, value, accept()).await.unwrap(), first);
    assert_eq!(safe.log().await.len(), 2);
}

/// Nobody reads one part of this value and another of that.
pub(super) async fn replacements_at_once_stay_whole(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let safe = Safe::new(&subject).await;
        let id = safe.stored().await.sealed.id;
        let values: Vec<_> = (0..6).map(|_| value()).collect();
        let answers = at_once(values.len(), |number| {
            let (safe, value) = (safe.clone(), values[number].clone());
            async move { safe.replace(id, value, accept()).await.unwrap().sealed.value }
        });
        assert_eq!(answers.await, values, "round {round}");
        let stands = safe.get(id).await.unwrap().sealed.value;
        assert!(values.contains(&stands), "round {round}");
        assert_eq!(safe.log().await.len(), 1 + values.len(), "round {round}");
    }
}

/// Once per change, so that a thousand refusals of a vendor are one row.
pub(super) async fn a_status_is_noted_when_it_changes(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let id = safe.stored().await.sealed.id;
    let mut rows = 1;
    for status in CredentialStatus::ALL.into_iter().rev() {
        for _ in 0..2 {
            let audit = audit(Action::CredentialUpdated, id);
            let set = subject.store.set_credential_status(safe.workspace, id, status, audit);
            set.await.unwrap();
            assert_eq!(safe.get(id).await.unwrap().status, status);
        }
        rows += 1;
        assert_eq!(safe.log().await.len(), rows, "{status:?}");
    }
}

/// With what was noted of its use; its neighbours stay.
pub(super) async fn a_removed_credential_is_gone(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let (first, other) = (safe.stored().await, safe.stored().await);
    let (id, job) = (first.sealed.id, Some(fresh()));
    let read = audit(Action::CredentialRead, id);
    subject.store.use_credential(safe.workspace, id, job, read).await.unwrap();
    safe.delete(id).await.unwrap();
    refused(safe.get(id).await, ErrorKind::NotFound);
    refused(safe.replace(id, value(), accept()).await, ErrorKind::NotFound);
    refused(safe.delete(id).await, ErrorKind::NotFound);
    refused(safe.delete(fresh()).await, ErrorKind::NotFound);
    assert_eq!(safe.list().await, [other]);
    let log: Vec<_> = safe.log().await.into_iter().map(|it| it.action).collect();
    assert_eq!(log[2..], [Action::CredentialRead, Action::CredentialDeleted]);
    safe.put(first.sealed, accept()).await.unwrap();
    subject.store.use_credential(safe.workspace, id, job, read).await.unwrap();
    assert_eq!(safe.log().await.pop(), Some(read), "its uses are noted anew");
}

/// The others are told that there was nothing.
pub(super) async fn one_of_many_removals_finds_the_credential(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let safe = Safe::new(&subject).await;
        let id = safe.stored().await.sealed.id;
        let gone = at_once(6, |_| {
            let safe = safe.clone();
            async move { safe.delete(id).await.is_ok() }
        });
        assert_eq!(gone.await.into_iter().filter(|it| *it).count(), 1, "round {round}");
        assert_eq!(safe.log().await.len(), 2, "round {round}");
    }
}
