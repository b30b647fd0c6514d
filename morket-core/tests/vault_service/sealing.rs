//! What goes in comes out, in its own place and nowhere else.

use crate::{
    house::{House, new, noted, ring, unchecked},
    troubled::{Trouble, Troubled},
};
use morket_core::{
    ErrorKind, Secret, WorkspaceId,
    rbac::Operation,
    vault::{
        CredentialStore, DataKey, MAX_SECRET_BYTES, NewValue, Purpose, SealBudget,
        SealedCredential, SealedValue, StoredCredential,
    },
};
use morket_testkit::{
    block_on,
    subject::{at_once, refused},
};
use proptest::prelude::*;
use std::sync::Arc;

fn secret() -> impl Strategy<Value = String> {
    let small = any::<String>();
    let large = (1..=MAX_SECRET_BYTES).prop_map(|length| "k".repeat(length));
    prop_oneof![8 => small, 1 => large].prop_filter("not empty", |it| !it.trim().is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn p084_every_credential_comes_back(key in secret(), secret in proptest::option::of(secret())) {
        // method: property
        block_on(async {
            let house = House::new();
            let workspace = house.workspace().await;
            let secret_value = secret.clone().map(Secret::new);
            let value = NewValue { key: key.clone().into(), secret: secret_value };
            let id = house.put(workspace, value).await.id;
            let opened = house.open(workspace, id).await.unwrap();
            assert_eq!((opened.id, opened.provider.as_str()), (id, "hunter"));
            assert_eq!(opened.key.expose(), &key);
            assert_eq!(opened.secret.as_ref().map(Secret::expose), secret.as_ref());
        });
    }
}

#[test]
fn a_value_that_is_empty_or_too_large_is_refused_by_name() {
    block_on(async {
        let house = House::new();
        let workspace = house.workspace().await;
        let put = house.may(workspace, Operation::PutCredential).await;
        let id = house.put(workspace, NewValue::key("old")).await.id;
        let large = "x".repeat(MAX_SECRET_BYTES + 1);
        for bad in ["", " \n", &large] {
            let beside = NewValue { secret: Some(bad.to_owned().into()), ..NewValue::key("good") };
            for (field, value) in [("key: ", NewValue::key(bad)), ("secret: ", beside)] {
                let put_error = house.vault.put(put, new(value.clone())).await.unwrap_err();
                let error = house.vault.replace(put, id, value).await.unwrap_err();
                for error in [put_error, error] {
                    assert_eq!(error.kind(), ErrorKind::Validation);
                    assert!(error.message().starts_with(field), "{error}");
                }
            }
        }
        assert_eq!(house.open(workspace, id).await.unwrap().key.expose(), "old");
        assert_eq!(house.list(workspace).await.len(), 1);
    });
}

/// Two credentials of one workspace and one of another, each with two parts.
async fn three(house: &House) -> (WorkspaceId, [StoredCredential; 2], StoredCredential) {
    let (ours, theirs) = (house.workspace().await, house.workspace().await);
    let put = async |workspace, key: &str| {
        let value =
            NewValue { key: key.to_owned().into(), secret: Some("second".to_owned().into()) };
        let id = house.put(workspace, value).await.id;
        house.store.credential(workspace, id).await.unwrap()
    };
    let mine = [put(ours, "first").await, put(ours, "other").await];
    (ours, mine, put(theirs, "foreign").await)
}

/// Put `value` where the credential's own was, as one with a hand in the store would.
async fn plant(house: &House, workspace: WorkspaceId, into: &SealedCredential, value: SealedValue) {
    let planted =
        house.store.replace_credential(workspace, into.id, value, unchecked(), noted()).await;
    planted.unwrap();
}

#[test]
fn p085_a_credential_opens_in_its_own_workspace_alone() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let (ours, [mine, _], foreign) = three(&house).await;
        refused(house.open(ours, foreign.sealed.id).await, ErrorKind::NotFound);
        plant(&house, ours, &mine.sealed, foreign.sealed.value.clone()).await;
        refused(house.open(ours, mine.sealed.id).await, ErrorKind::Tampered);
        // With the same id in both workspaces nothing but the workspace differs.
        let same = SealedCredential { ..foreign.sealed.clone() };
        house.store.put_credential(ours, same, unchecked(), noted()).await.unwrap();
        refused(house.open(ours, foreign.sealed.id).await, ErrorKind::Tampered);
    });
}

#[test]
fn p086_a_row_that_was_moved_does_not_open() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let (ours, [one, other], _) = three(&house).await;
        let (one, other) = (&one.sealed, &other.sealed);
        let opens = async || house.open(ours, one.id).await;
        // The rows change places.
        plant(&house, ours, one, other.value.clone()).await;
        plant(&house, ours, other, one.value.clone()).await;
        refused(opens().await, ErrorKind::Tampered);
        refused(house.open(ours, other.id).await, ErrorKind::Tampered);
        // The parts change names.
        let mut crossed = one.value.clone();
        let names: Vec<_> = crossed.fields.iter().rev().map(|it| it.name.clone()).collect();
        crossed.fields.iter_mut().zip(names).for_each(|(field, name)| field.name = name);
        plant(&house, ours, one, crossed).await;
        refused(opens().await, ErrorKind::Tampered);
        // The same data key pretends to be another version.
        let spent = house.store.spend_seals(ours, Purpose::Credentials, 1, SealBudget::LIMIT - 4);
        assert!(spent.await.unwrap());
        house.put(ours, NewValue::key("under the second key")).await;
        plant(&house, ours, one, SealedValue { data_key_version: 2, ..one.value.clone() }).await;
        refused(opens().await, ErrorKind::Tampered);
        // Another vendor's.
        house.store.delete_credential(ours, one.id, noted()).await.unwrap();
        let moved = SealedCredential { provider: "apollo".parse().unwrap(), ..one.clone() };
        house.store.put_credential(ours, moved, unchecked(), noted()).await.unwrap();
        refused(opens().await, ErrorKind::Tampered);
        // And back in its place it opens.
        house.store.delete_credential(ours, one.id, noted()).await.unwrap();
        house.store.put_credential(ours, one.clone(), unchecked(), noted()).await.unwrap();
        assert_eq!(opens().await.unwrap().key.expose(), "first");
    });
}

#[test]
fn p092_a_store_that_changes_what_it_is_given_commits_nothing() {
    // method: exhaustive
    block_on(async {
        for trouble in [Trouble::Mangles, Trouble::Shuffles] {
            let house = House::new();
            let workspace = house.workspace().await;
            let id = house.put(workspace, NewValue::key("the old one")).await.id;
            let before = house.log(workspace).await;
            let troubled = Arc::new(Troubled::new(house.store.clone(), trouble));
            let vault = house.vault_over(troubled, ring(&[1], 1, 1));
            let put = house.may(workspace, Operation::PutCredential).await;
            let value = NewValue { secret: Some("b".repeat(20).into()), ..NewValue::key("a") };
            refused(vault.put(put, new(value.clone())).await, ErrorKind::Internal);
            refused(vault.replace(put, id, value).await, ErrorKind::Internal);
            assert_eq!(house.list(workspace).await.len(), 1, "{trouble:?}");
            assert_eq!(house.log(workspace).await, before, "{trouble:?}");
            assert_eq!(house.open(workspace, id).await.unwrap().key.expose(), "the old one");
        }
    });
}

#[test]
fn p089_a_key_that_has_sealed_enough_gets_a_successor() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let workspace = house.workspace().await;
        let first = house.put(workspace, NewValue::key("first")).await.id;
        let spend =
            house.store.spend_seals(workspace, Purpose::Credentials, 1, SealBudget::LIMIT - 2);
        assert!(spend.await.unwrap());
        // One seal is left, and two parts need two.
        let two = NewValue { secret: Some("b".to_owned().into()), ..NewValue::key("second") };
        let second = house.put(workspace, two).await.id;
        let versions = async |id| {
            let stored = house.store.credential(workspace, id).await.unwrap();
            stored.sealed.value.data_key_version
        };
        assert_eq!((versions(first).await, versions(second).await), (1, 2));
        for (id, key) in [(first, "first"), (second, "second")] {
            assert_eq!(house.open(workspace, id).await.unwrap().key.expose(), key);
        }
    });
}

/// Whoever comes first makes the key, and what all of them seal opens.
#[test]
fn p084_what_many_first_uses_seal_opens() {
    // method: race
    block_on(async {
        for round in 0..30 {
            let house = House::new();
            let workspace = house.workspace().await;
            let put = house.may(workspace, Operation::PutCredential).await;
            let ids = at_once(8, |number| {
                let (vault, value) = (house.vault.clone(), NewValue::key(format!("key {number}")));
                async move { vault.put(put, new(value)).await.unwrap().id }
            });
            for (number, id) in ids.await.into_iter().enumerate() {
                let opened = house.open(workspace, id).await.unwrap();
                assert_eq!(opened.key.expose(), &format!("key {number}"), "round {round}");
            }
            let below = house.store.data_keys_below(u32::MAX, None, 100).await.unwrap();
            assert_eq!(below.len(), 1, "round {round}");
        }
    });
}

#[test]
fn p099_what_a_deleted_workspace_sealed_never_opens() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let (ours, [one, other], _) = three(&house).await;
        house.delete_workspace(ours).await;
        let refusal = house.access.allow(
            morket_core::rbac::Principal::Embedder,
            ours,
            Operation::UseCredential,
        );
        refused(refusal.await, ErrorKind::NotFound);
        let keys = house.store.data_keys_below(u32::MAX, None, 100).await.unwrap();
        assert!(keys.iter().all(|key| key.workspace != ours));
        // A thief kept the rows and holds the master keys: what can still be derived opens none.
        let masters = ring(&[1, 2], 1, 1);
        for sealed in [one.sealed, other.sealed] {
            for field in &sealed.value.fields {
                for purpose in Purpose::ALL {
                    let (again, _) =
                        DataKey::create(&masters, ours, *purpose, 1, &*house.rng).unwrap();
                    let place = again.context(sealed.id, "hunter", field.name.as_str());
                    let master = masters.get(1).unwrap();
                    let derived = morket_core::vault::wrapping_key(master, ours, *purpose).unwrap();
                    for key in [again.key(), &derived] {
                        let opened = morket_core::vault::open(key, &place.aad(), &field.sealed);
                        refused(opened, ErrorKind::Tampered);
                    }
                }
            }
        }
    });
}
