//! Storing a credential: read back before it counts.

use super::{Safe, accept, credential, field, refuse, value};
use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind,
    audit::Action,
    vault::{CredentialStatus, MAX_SECRET_BYTES, SealedCredential, SealedValue},
};
use std::sync::{Arc, Mutex};

/// To the last byte, and with the largest parts there may be.
pub(super) async fn a_credential_reads_as_it_was_stored(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let large = |byte| vec![byte; MAX_SECRET_BYTES + 29];
    let fields = vec![field("api_key", &large(0)), field("api_secret", &large(255))];
    let large = SealedValue { fields, data_key_version: 1, mask: "••••".into() };
    for new in [
        credential("hunter", "Main"),
        SealedCredential { created_by: None, ..credential("people-data-labs", "Größe ✓") },
        SealedCredential { value: large, ..credential("a", "Large") },
    ] {
        let now = subject.clock.now().await;
        let stored = safe.put(new.clone(), accept()).await.unwrap();
        assert_eq!((&stored.sealed, stored.status), (&new, CredentialStatus::Untested));
        assert!(stored.created_at >= now && stored.last_used_at.is_none());
        assert_eq!(safe.get(new.id).await.unwrap(), stored);
    }
    let log: Vec<_> = safe.log().await.into_iter().map(|it| it.action).collect();
    assert_eq!(log, [Action::CredentialCreated; 3]);
}

/// No row, no audit row; and the same id may be stored afterwards.
pub(super) async fn p092_a_refused_read_back_leaves_nothing(subject: Subject) {
    // method: exhaustive
    let safe = Safe::new(&subject).await;
    let new = credential("hunter", "Main");
    refused(safe.put(new.clone(), refuse()).await, ErrorKind::Internal);
    refused(safe.get(new.id).await, ErrorKind::NotFound);
    assert_eq!(safe.list().await, []);
    assert_eq!(safe.log().await, []);
    safe.put(new, accept()).await.unwrap();
}

/// Not what was handed in: a store that mangles bytes would be believed.
pub(super) async fn p092_the_read_back_is_what_a_reader_is_given(subject: Subject) {
    // method: exhaustive
    let safe = Safe::new(&subject).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let looked = seen.clone();
    let stored = safe
        .put(
            credential("hunter", "Main"),
            Arc::new(move |fields| {
                looked.lock().unwrap().push(fields.to_vec());
                Ok(())
            }),
        )
        .await
        .unwrap();
    let seen = seen.lock().unwrap().clone();
    assert!(!seen.is_empty());
    let given = safe.get(stored.sealed.id).await.unwrap().sealed.value.fields;
    assert!(seen.iter().all(|fields| *fields == given));
}

/// Who does not know whether it was stored asks again.
pub(super) async fn a_credential_that_is_put_again_changes_nothing(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let first = safe.stored().await;
    assert_eq!(safe.put(first.sealed.clone(), accept()).await.unwrap(), first);
    assert_eq!(safe.list().await, [first]);
    assert_eq!(safe.log().await.len(), 1);
}

/// Whatever part of it differs.
pub(super) async fn a_credential_id_that_is_taken_is_refused(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let first = safe.stored().await;
    let same = &first.sealed;
    let mask = SealedValue { mask: "••••".into(), ..same.value.clone() };
    for other in [
        SealedCredential { provider: "apollo".parse().unwrap(), ..same.clone() },
        SealedCredential { name: "Other".into(), ..same.clone() },
        SealedCredential { value: value(), ..same.clone() },
        SealedCredential { value: mask, ..same.clone() },
        SealedCredential { created_by: Some(fresh()), ..same.clone() },
    ] {
        refused(safe.put(other, accept()).await, ErrorKind::Conflict);
    }
    assert_eq!(safe.list().await, [first]);
    assert_eq!(safe.log().await.len(), 1);
}

/// A retry that overtakes its first try.
pub(super) async fn many_puts_of_one_credential_store_it_once(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let safe = Safe::new(&subject).await;
        let new = credential("hunter", "Main");
        let stored = at_once(8, |_| {
            let (safe, new) = (safe.clone(), new.clone());
            async move { safe.put(new, accept()).await.unwrap() }
        });
        let stored = stored.await;
        assert!(stored.iter().all(|it| *it == stored[0]), "round {round}");
        assert_eq!(safe.list().await, stored[..1], "round {round}");
        assert_eq!(safe.log().await.len(), 1, "round {round}");
    }
}

/// It would rest where nobody can open it.
pub(super) async fn a_credential_whose_data_key_is_missing_is_refused(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let stored = safe.stored().await;
    let lost = SealedValue { data_key_version: 2, ..value() };
    let new = SealedCredential { value: lost.clone(), ..credential("hunter", "Other") };
    refused(safe.put(new, accept()).await, ErrorKind::KeyUnavailable);
    let replaced = safe.replace(stored.sealed.id, lost, accept()).await;
    refused(replaced, ErrorKind::KeyUnavailable);
    assert_eq!(safe.list().await, [stored]);
    assert_eq!(safe.log().await.len(), 1);
}

/// Its parts could not be told apart.
pub(super) async fn a_credential_without_proper_name_or_parts_is_refused(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let stored = safe.stored().await;
    for name in ["", "  ", &"x".repeat(101)] {
        let refusal = safe.put(credential("hunter", name), accept()).await;
        refused(refusal, ErrorKind::Validation);
    }
    let twice = vec![field("api_key", b"1"), field("api_key", b"2")];
    for fields in [vec![], twice] {
        let bad = SealedValue { fields, ..value() };
        let new = SealedCredential { value: bad.clone(), ..credential("hunter", "Other") };
        refused(safe.put(new, accept()).await, ErrorKind::Validation);
        let replaced = safe.replace(stored.sealed.id, bad, accept()).await;
        refused(replaced, ErrorKind::Validation);
    }
    assert_eq!(safe.list().await, [stored]);
}
