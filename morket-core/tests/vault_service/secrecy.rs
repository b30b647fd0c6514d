//! What nobody sees: the value, in anything that is shown, kept or written down.

use crate::{
    house::{House, new, noted, ring, unchecked},
    troubled::{Trouble, Troubled},
};
use morket_core::{
    CredentialId, JobId, Secret,
    audit::AuditStore,
    page::Limit,
    rbac::Operation,
    vault::{CredentialStatus, CredentialStore, NewValue},
};
use morket_testkit::{block_on, fresh};
use proptest::prelude::*;
use std::sync::Arc;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn p095_a_view_shows_four_characters_at_most(
        key in "\\PC{1,40}".prop_filter("not empty", |it| !it.trim().is_empty()),
    ) {
        // method: property
        block_on(async {
            let house = House::new();
            let workspace = house.workspace().await;
            let length = key.chars().count();
            let shown: String =
                if length < 12 { String::new() } else { key.chars().skip(length - 4).collect() };
            let stored = house.put(workspace, NewValue::key("of another length")).await;
            let put = house.may(workspace, Operation::PutCredential).await;
            let replaced = house.vault.replace(put, stored.id, NewValue::key(&key)).await.unwrap();
            let list = house.may(workspace, Operation::ListCredentials).await;
            let got = house.vault.get(list, stored.id).await.unwrap();
            let mut views = vec![house.put(workspace, NewValue::key(&key)).await, replaced, got];
            views.extend(house.list(workspace).await);
            for view in views {
                assert_eq!(view.mask, format!("••••{shown}"));
            }
        });
    }
}

/// Long, and unlike anything else there is.
const CANARIES: [&str; 2] = ["canary-yellow-wing-7f3a", "canary-second-half-91cc"];

/// No part of either canary is in it, but the four last characters of the first.
#[track_caller]
fn clean(what: &str, text: &[u8]) {
    for canary in CANARIES {
        for window in canary.as_bytes().windows(9) {
            let found = text.windows(window.len()).any(|it| it == window);
            assert!(!found, "{what} shows {}", String::from_utf8_lossy(window));
        }
    }
}

fn value() -> NewValue {
    let [key, secret] = CANARIES.map(|it| Secret::new(it.to_owned()));
    NewValue { key, secret: Some(secret) }
}

#[test]
fn p096_nothing_that_is_shown_or_kept_holds_the_value() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let workspace = house.workspace().await;
        clean("a new credential", format!("{:?}", new(value())).as_bytes());
        let view = house.put(workspace, value()).await;
        let opened = house.open(workspace, view.id).await.unwrap();
        assert_eq!(opened.key.expose(), CANARIES[0]);
        clean("an opened credential", format!("{opened:?}").as_bytes());
        clean("a view", format!("{view:?}").as_bytes());
        clean("a view as JSON", serde_json::to_string(&view).unwrap().as_bytes());
        clean("the vault", format!("{:?} {:?}", house.vault, house.store).as_bytes());
        let stored = house.store.credential(workspace, view.id).await.unwrap();
        clean("a stored credential", format!("{stored:?}").as_bytes());
        for field in &stored.sealed.value.fields {
            clean("a sealed field", &field.sealed);
        }
        let page = house.store.audit_log(workspace, None, Limit::default()).await.unwrap();
        clean("the audit log", format!("{page:?}").as_bytes());
    });
}

#[test]
fn p096_no_error_holds_the_value() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let workspace = house.workspace().await;
        let id = house.put(workspace, value()).await.id;
        let put = house.may(workspace, Operation::PutCredential).await;
        let open = house.may(workspace, Operation::UseCredential).await;
        let mut errors = Vec::new();
        for trouble in [
            Trouble::Mangles,
            Trouble::Shuffles,
            Trouble::Before(0),
            Trouble::Before(1),
            Trouble::Before(2),
            Trouble::After(2),
        ] {
            let troubled = Arc::new(Troubled::new(house.store.clone(), trouble));
            let vault = house.vault_over(troubled, ring(&[1], 1, 1));
            errors.push(vault.put(put, new(value())).await.unwrap_err());
        }
        let long = value().key.expose().repeat(4000);
        errors.push(house.vault.put(put, new(NewValue::key(long))).await.unwrap_err());
        errors.push(house.vault.put(open, new(value())).await.unwrap_err());
        let other = house.put(workspace, NewValue::key("other")).await.id;
        let moved = house.store.credential(workspace, id).await.unwrap().sealed.value;
        let plant = house.store.replace_credential(workspace, other, moved, unchecked(), noted());
        plant.await.unwrap();
        errors.push(house.open(workspace, other).await.unwrap_err());
        for error in errors {
            clean("an error", format!("{error} {error:?}").as_bytes());
        }
    });
}

/// Whatever is done with it, a row of the log is ids and codes.
#[test]
fn p096_the_audit_log_holds_no_value() {
    // method: exhaustive
    block_on(async {
        let house = House::new();
        let workspace = house.workspace().await;
        let id: CredentialId = house.put(workspace, value()).await.id;
        let job: JobId = fresh();
        let may = async |operation| house.may(workspace, operation).await;
        let (put, open) =
            (may(Operation::PutCredential).await, may(Operation::UseCredential).await);
        house.vault.replace(put, id, value()).await.unwrap();
        house.vault.open(open, id, Some(job)).await.unwrap();
        house.vault.set_status(open, id, CredentialStatus::Valid).await.unwrap();
        house.vault.delete(may(Operation::DeleteCredential).await, id).await.unwrap();
        let log = house.log(workspace).await;
        assert_eq!(log.len(), 5);
        clean("the audit log", format!("{log:?}").as_bytes());
    });
}
