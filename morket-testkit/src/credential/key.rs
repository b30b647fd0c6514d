//! Data keys: the first one stands, and how often it seals is counted.

use super::Safe;
use crate::{
    Subject,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind,
    vault::{Purpose, SealBudget},
};

/// By its version, and without one the latest of its purpose.
pub(super) async fn a_data_key_reads_as_it_was_put(subject: Subject) {
    let safe = Safe::empty(&subject).await;
    assert_eq!(safe.latest_key().await, None);
    let (first, second) = (safe.key(1, 1), safe.key(2, 3));
    for key in [&first, &second] {
        assert_eq!(safe.put_key(key.clone()).await.unwrap(), *key);
        assert_eq!(safe.latest_key().await.as_ref(), Some(key));
    }
    let read = |purpose, version| subject.store.data_key(safe.workspace, purpose, version);
    let purpose = Purpose::Credentials;
    assert_eq!(read(purpose, Some(1)).await.unwrap(), Some(first));
    assert_eq!(read(purpose, Some(2)).await.unwrap(), Some(second));
    assert_eq!(read(purpose, Some(3)).await.unwrap(), None);
    for purpose in Purpose::ALL.iter().filter(|it| **it != purpose) {
        assert_eq!(read(*purpose, None).await.unwrap(), None, "{purpose}");
        assert_eq!(read(*purpose, Some(1)).await.unwrap(), None, "{purpose}");
    }
}

/// Whatever is put later, or what was sealed would be lost.
pub(super) async fn a_data_key_that_stands_stays(subject: Subject) {
    let safe = Safe::empty(&subject).await;
    let first = safe.put_key(safe.key(1, 1)).await.unwrap();
    for master_version in [1, 2] {
        assert_eq!(safe.put_key(safe.key(1, master_version)).await.unwrap(), first);
    }
    assert_eq!(safe.latest_key().await, Some(first));
}

/// Everybody seals with the same key, or some could not be opened again.
pub(super) async fn one_data_key_stands_of_many_first_uses(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let safe = Safe::empty(&subject).await;
        let given = at_once(8, |_| {
            let safe = safe.clone();
            async move { safe.put_key(safe.key(1, 1)).await.unwrap() }
        });
        let given = given.await;
        let stands = safe.latest_key().await;
        assert!(given.iter().all(|key| Some(key) == stands.as_ref()), "round {round}");
    }
}

/// Whose a key is stands in the key as well.
pub(super) async fn a_data_key_that_names_another_workspace_is_not_found(subject: Subject) {
    let (ours, theirs) = (Safe::empty(&subject).await, Safe::new(&subject).await);
    refused(ours.put_key(theirs.key(1, 1)).await, ErrorKind::NotFound);
    assert_eq!(ours.latest_key().await, None);
    ours.put_key(ours.key(1, 1)).await.unwrap();
    let before = theirs.latest_key().await;
    refused(ours.rewrap(1, theirs.key(1, 2)).await, ErrorKind::NotFound);
    assert_eq!(theirs.latest_key().await, before);
}

/// To the last one, and what is refused does not count.
pub(super) async fn p089_seals_are_counted_up_to_the_budget(subject: Subject) {
    // method: exhaustive
    let safe = Safe::new(&subject).await;
    let steps = [
        (SealBudget::LIMIT - 2, true),
        (u64::MAX, false),
        (3, false),
        (1, true),
        (2, false),
        (1, true),
        (1, false),
        (0, true),
    ];
    for (number, (seals, fits)) in steps.into_iter().enumerate() {
        assert_eq!(safe.spend(1, seals).await.unwrap(), fits, "step {number}");
    }
    safe.put_key(safe.key(2, 1)).await.unwrap();
    assert!(safe.spend(2, 1).await.unwrap(), "the next version begins anew");
    assert!(!safe.spend(1, 1).await.unwrap());
}

/// Eleven tenths do not fit, whoever comes first.
pub(super) async fn p089_the_seals_of_many_at_once_stay_within_the_budget(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let safe = Safe::new(&subject).await;
        let fits = at_once(14, |_| {
            let safe = safe.clone();
            async move { safe.spend(1, SealBudget::LIMIT / 10).await.unwrap() }
        });
        let fitted = fits.await.into_iter().filter(|fits| *fits).count();
        assert_eq!(fitted, 10, "round {round}");
    }
}

/// Nothing could be sealed with it.
pub(super) async fn the_seals_of_a_missing_data_key_are_refused(subject: Subject) {
    let (safe, other) = (Safe::empty(&subject).await, Safe::new(&subject).await);
    refused(safe.spend(1, 1).await, ErrorKind::KeyUnavailable);
    refused(other.spend(2, 1).await, ErrorKind::KeyUnavailable);
}
