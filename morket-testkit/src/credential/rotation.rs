//! Replacing the master key: each data key is wrapped anew once, whoever walks.

use super::Safe;
use crate::{
    Subject,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind,
    audit::{Action, NewAudit},
    vault::{KeyPlace, Purpose, SealBudget, WrappedKey},
};

const REWRAPPED: NewAudit = NewAudit { actor: None, action: Action::KeyRewrapped, object: None };

/// Its wrapping changes and its version does not; how often it has sealed is not forgotten.
pub(super) async fn a_rewrapped_data_key_stands_in_the_place_of_the_old_one(subject: Subject) {
    let safe = Safe::new(&subject).await;
    assert!(safe.spend(1, SealBudget::LIMIT).await.unwrap());
    let anew = safe.key(1, 2);
    assert!(safe.rewrap(1, anew.clone()).await.unwrap());
    assert_eq!(safe.latest_key().await, Some(anew));
    assert_eq!(safe.log().await, [REWRAPPED]);
    assert!(!safe.spend(1, 1).await.unwrap());
    let below = |version| subject.store.data_keys_below(version, None, 100);
    assert_eq!(below(2).await.unwrap(), [], "the old master may go");
    assert_eq!(below(3).await.unwrap().len(), 1);
}

/// Two walks at once share the work and undo nothing.
pub(super) async fn p093_one_of_many_rewrappings_at_once_wins(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let safe = Safe::new(&subject).await;
        let done = at_once(8, |_| {
            let safe = safe.clone();
            async move {
                let key = safe.key(1, 2);
                (safe.rewrap(1, key.clone()).await.unwrap(), key)
            }
        });
        let won: Vec<_> = done.await.into_iter().filter(|it| it.0).map(|it| it.1).collect();
        assert_eq!(won.len(), 1, "round {round}");
        assert_eq!(safe.latest_key().await.as_ref(), won.first(), "round {round}");
        assert_eq!(safe.log().await, [REWRAPPED], "round {round}");
    }
}

/// What it was decided from no longer stands.
pub(super) async fn a_rewrapping_that_comes_too_late_changes_nothing(subject: Subject) {
    let safe = Safe::new(&subject).await;
    let second = safe.key(1, 2);
    assert!(safe.rewrap(1, second.clone()).await.unwrap());
    for (expected, master_version) in [(1, 2), (1, 3), (3, 4)] {
        assert!(!safe.rewrap(expected, safe.key(1, master_version)).await.unwrap());
    }
    assert_eq!(safe.latest_key().await, Some(second));
    assert_eq!(safe.log().await, [REWRAPPED]);
}

/// A process with an old ring cannot take back what a newer one did.
pub(super) async fn a_rewrapping_never_goes_back(subject: Subject) {
    let safe = Safe::empty(&subject).await;
    let key = safe.put_key(safe.key(1, 5)).await.unwrap();
    for master_version in [1, 4, 5] {
        let refusal = safe.rewrap(5, safe.key(1, master_version)).await;
        refused(refusal, ErrorKind::Validation);
    }
    assert_eq!(safe.latest_key().await, Some(key));
    assert_eq!(safe.log().await, []);
}

/// Wrapping anew creates nothing.
pub(super) async fn a_missing_data_key_is_not_rewrapped(subject: Subject) {
    let safe = Safe::new(&subject).await;
    refused(safe.rewrap(1, safe.key(2, 2)).await, ErrorKind::KeyUnavailable);
    let other = WrappedKey { purpose: Purpose::Tokens, ..safe.key(1, 2) };
    refused(safe.rewrap(1, other).await, ErrorKind::KeyUnavailable);
    assert_eq!(safe.log().await, []);
}

/// Over all workspaces, purposes and versions, however it is cut.
pub(super) async fn p093_a_walk_sees_every_data_key_below_once(subject: Subject) {
    // method: exhaustive
    let mut below = Vec::new();
    for _ in 0..3 {
        let safe = Safe::empty(&subject).await;
        for purpose in Purpose::ALL {
            for (version, master_version) in [(1, 1), (2, 2), (3, 3)] {
                let key = WrappedKey { purpose: *purpose, ..safe.key(version, master_version) };
                safe.put_key(key.clone()).await.unwrap();
                below.extend((master_version < 3).then_some(key));
            }
        }
    }
    below.sort_by_key(|key| (key.workspace, key.purpose.code(), key.version));
    for limit in 1..=below.len() as u32 + 1 {
        let (mut seen, mut after) = (Vec::new(), None::<KeyPlace>);
        loop {
            let keys = subject.store.data_keys_below(3, after, limit).await.unwrap();
            assert!(keys.len() <= limit as usize);
            let Some(last) = keys.last() else { break };
            after = Some(last.place());
            seen.extend(keys);
        }
        assert_eq!(seen, below, "limit {limit}");
    }
    assert_eq!(subject.store.data_keys_below(1, None, 100).await.unwrap(), []);
}
