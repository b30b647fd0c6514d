//! Replacing the master key while everything goes on, and retiring the old one.

use crate::{
    house::{House, new, ring},
    troubled::{Trouble, Troubled},
};
use morket_core::{
    CredentialId, ErrorKind, WorkspaceId,
    audit::Action,
    rbac::Operation,
    vault::{CredentialStore, NewValue, Purpose, SealBudget, Vault},
};
use morket_testkit::{
    block_on,
    subject::{at_once, refused},
};
use std::sync::{Arc, atomic::Ordering};

/// Who can open what, and what should come out.
type Kept = Vec<(WorkspaceId, CredentialId, String)>;

/// Three workspaces, one of them with two data keys, two credentials in each.
async fn furnish(house: &House) -> Kept {
    let mut kept = Vec::new();
    for number in 0..3 {
        let workspace = house.workspace().await;
        for part in 0..2 {
            let key = format!("key {number} {part}");
            kept.push((workspace, house.put(workspace, NewValue::key(&key)).await.id, key));
            if number == 0 {
                let spend = SealBudget::LIMIT - 1;
                let purpose = Purpose::Credentials;
                house.store.spend_seals(workspace, purpose, 1, spend).await.unwrap();
            }
        }
    }
    kept
}

/// Every credential opens to what it was, and every key under the master it names.
async fn all_open(house: &House, vault: &Vault, kept: &Kept, what: &str) {
    for (workspace, id, key) in kept {
        let may = house.may(*workspace, Operation::UseCredential).await;
        let opened = vault.open(may, *id, None).await;
        assert_eq!(opened.unwrap().key.expose(), key, "{what}");
    }
    for key in house.store.data_keys_below(u32::MAX, None, 100).await.unwrap() {
        let only = ring(&[key.master_version], key.master_version, key.master_version);
        key.unwrap(&only).unwrap();
    }
}

async fn master_versions(house: &House) -> Vec<u32> {
    let keys = house.store.data_keys_below(u32::MAX, None, 100).await.unwrap();
    keys.iter().map(|key| key.master_version).collect()
}

#[test]
fn p093_a_walk_that_breaks_off_anywhere_loses_nothing() {
    // method: crash
    block_on(async {
        for page in [1, 2, 100] {
            for (kind, after) in [("before", false), ("after", true)] {
                let mut number = 0;
                loop {
                    let what = format!("page {page}, {kind} call {number}");
                    let house = House::new();
                    let kept = furnish(&house).await;
                    let trouble =
                        if after { Trouble::After(number) } else { Trouble::Before(number) };
                    let troubled = Arc::new(Troubled::new(house.store.clone(), trouble));
                    let broken = house.vault_over(troubled.clone(), ring(&[1, 2], 2, 1));
                    let walked = broken.rewrap_all(page).await;
                    let done = troubled.calls.load(Ordering::SeqCst) <= number;
                    assert_eq!(walked.is_ok(), done, "{what}");
                    let vault = house.vault_over(house.store.clone(), ring(&[1, 2], 2, 1));
                    all_open(&house, &vault, &kept, &what).await;
                    let left = master_versions(&house).await.iter().filter(|it| **it < 2).count();
                    let rest = vault.rewrap_all(page).await.unwrap();
                    assert_eq!((rest.rewrapped, rest.failures.len()), (left as u64, 0), "{what}");
                    let retired = house.vault_over(house.store.clone(), ring(&[2], 2, 2));
                    all_open(&house, &retired, &kept, &what).await;
                    if done {
                        break;
                    }
                    number += 1;
                }
                assert!(number >= 5, "every data key is a call at least");
            }
        }
    });
}

#[test]
fn p093_walks_at_once_share_the_work_and_nobody_waits() {
    // method: race
    block_on(async {
        for round in 0..20 {
            let house = Arc::new(House::new());
            let kept = furnish(&house).await;
            house.vault.use_ring(ring(&[1, 2], 2, 1));
            let walks = at_once(8, |number| {
                let (house, kept) = (house.clone(), kept.clone());
                async move {
                    if number % 2 == 0 {
                        let walk = house.vault.rewrap_all(2).await.unwrap();
                        assert!(walk.failures.is_empty());
                        return walk.rewrapped;
                    }
                    all_open(&house, &house.vault, &kept, "during the walk").await;
                    let (workspace, ..) = kept[0];
                    house.put(workspace, NewValue::key("stored during the walk")).await;
                    0
                }
            });
            let rewrapped: u64 = walks.await.into_iter().sum();
            let mut noted = 0;
            for workspace in [kept[0].0, kept[2].0, kept[4].0] {
                let log = house.log(workspace).await;
                noted += log.iter().filter(|row| row.action == Action::KeyRewrapped).count();
            }
            assert_eq!(rewrapped, noted as u64, "round {round}");
            assert!(master_versions(&house).await.iter().all(|it| *it == 2), "round {round}");
            house.vault.use_ring(ring(&[2], 2, 2));
            all_open(&house, &house.vault, &kept, "afterwards").await;
        }
    });
}

#[test]
fn p093_the_ring_changes_under_a_vault_that_is_used() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let kept = furnish(&house).await;
        for version in 2..6 {
            house.vault.use_ring(ring(&[version - 1, version], version, version - 1));
            all_open(&house, &house.vault, &kept, "old keys under the new ring").await;
            let walk = house.vault.rewrap_all(100).await.unwrap();
            assert_eq!((walk.rewrapped, walk.passed), (4, 0));
            let again = house.vault.rewrap_all(100).await.unwrap();
            assert_eq!((again.rewrapped, again.passed), (0, 0), "the second walk finds nothing");
            house.vault.use_ring(ring(&[version], version, version));
            all_open(&house, &house.vault, &kept, "new keys alone").await;
        }
    });
}

#[test]
fn p094_below_the_minimum_nothing_opens() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let kept = furnish(&house).await;
        let (workspace, id, _) = kept[0].clone();
        for retired in [ring(&[1, 2], 2, 2), ring(&[2], 2, 1), ring(&[1, 2, 3], 3, 3)] {
            house.vault.use_ring(retired);
            refused(house.open(workspace, id).await, ErrorKind::KeyUnavailable);
            let put = house.may(workspace, Operation::PutCredential).await;
            let stored = house.vault.put(put, new(NewValue::key("x"))).await;
            refused(stored, ErrorKind::KeyUnavailable);
            let walk = house.vault.rewrap_all(1).await.unwrap();
            assert_eq!((walk.rewrapped, walk.failures.len()), (0, 4), "and the walk says so");
            let kinds = walk.failures.iter().map(|it| it.error.kind());
            assert!(kinds.into_iter().all(|kind| kind == ErrorKind::KeyUnavailable));
        }
        assert_eq!(master_versions(&house).await, [1; 4]);
        house.vault.use_ring(ring(&[1, 2], 2, 1));
        all_open(&house, &house.vault, &kept, "the old master is back").await;
    });
}

/// One that does not open holds up no other.
#[test]
fn p093_a_broken_key_is_told_and_passed() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let kept = furnish(&house).await;
        let broken = house.workspace().await;
        let mut key = house.store.data_key(kept[0].0, Purpose::Credentials, None).await.unwrap();
        let mut key = key.take().unwrap();
        key.workspace = broken;
        house.store.put_data_key(broken, key.clone()).await.unwrap();
        house.vault.use_ring(ring(&[1, 2], 2, 1));
        for rewrapped in [4, 0] {
            let walk = house.vault.rewrap_all(1).await.unwrap();
            assert_eq!(walk.rewrapped, rewrapped);
            let [failure] = &walk.failures[..] else { panic!("{walk:?}") };
            assert_eq!((failure.key, failure.error.kind()), (key.place(), ErrorKind::Tampered));
        }
        for (workspace, id, key) in &kept {
            assert_eq!(house.open(*workspace, *id).await.unwrap().key.expose(), key);
        }
    });
}
