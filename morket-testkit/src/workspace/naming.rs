//! Creating, naming, finding and changing a workspace.

use super::{audit, create, log, owned};
use crate::{
    Subject, fresh,
    random::check_all,
    subject::{at_once, named, refused},
};
use morket_core::{
    ErrorKind,
    audit::Action,
    ledger::Metering,
    rbac::{Actor, MemberChange, Role},
    workspace::{Environment, NewWorkspace, WorkspaceChange},
};
use serde_json::json;
use std::collections::BTreeSet;

/// Whoever lost the answer asks again.
pub(super) async fn creating_again_changes_nothing_and_gets_the_same_workspace(subject: Subject) {
    let new = owned(fresh());
    let first = create(&subject, new.clone()).await.unwrap();
    assert_eq!(create(&subject, new.clone()).await.unwrap(), first);
    assert_eq!(log(&subject, new.id).await.len(), 1, "one row for one creation");
}

/// An id stands for what it was created with.
pub(super) async fn a_workspace_id_that_is_taken_is_refused(subject: Subject) {
    let new = named("Mine");
    let first = create(&subject, new.clone()).await.unwrap();
    let others = [
        NewWorkspace { name: "Yours".into(), ..new.clone() },
        NewWorkspace { owner: Some(fresh()), ..new.clone() },
        NewWorkspace { environment: Environment::Sandbox, ..new.clone() },
        NewWorkspace { settings: json!({"a": 1}), ..new.clone() },
        new.clone().prepaid(),
    ];
    for other in others {
        refused(create(&subject, other).await, ErrorKind::Conflict);
    }
    assert_eq!(subject.store.workspace(new.id).await.unwrap(), first);
}

/// What stays of a deleted workspace, its ledger and audit log, is nobody else's.
pub(super) async fn the_id_of_a_deleted_workspace_is_never_used_again(subject: Subject) {
    let new = named("Gone");
    create(&subject, new.clone()).await.unwrap();
    subject.store.delete_workspace(new.id, audit(Action::WorkspaceDeleted)).await.unwrap();
    refused(create(&subject, new.clone()).await, ErrorKind::Conflict);
    refused(subject.store.workspace(new.id).await, ErrorKind::NotFound);
}

/// What is wrong with the content is told before anything is written.
pub(super) async fn a_workspace_without_a_proper_name_or_settings_is_refused(subject: Subject) {
    let good = named("Good");
    for bad in [
        NewWorkspace { name: String::new(), ..good.clone() },
        NewWorkspace { name: "  ".into(), ..good.clone() },
        NewWorkspace { name: "x".repeat(101), ..good.clone() },
        NewWorkspace { name: "a\nb".into(), ..good.clone() },
        NewWorkspace { settings: json!([]), ..good.clone() },
        NewWorkspace { settings: json!(null), ..good.clone() },
    ] {
        refused(create(&subject, bad).await, ErrorKind::Validation);
    }
    refused(subject.store.workspace(good.id).await, ErrorKind::NotFound);
}

/// It is there at once, with its account and its owner.
pub(super) async fn a_workspace_reads_as_it_was_created(subject: Subject) {
    let user = fresh();
    let settings = json!({"colour": "green", "nested": {"list": [1, 2.5, null, "ü"]}});
    let new = NewWorkspace {
        settings: settings.clone(),
        environment: Environment::Sandbox,
        ..owned(user).prepaid()
    };
    let made = create(&subject, new.clone()).await.unwrap();
    assert_eq!((made.id, made.name.as_str(), &made.settings), (new.id, "Owned", &settings));
    assert_eq!((made.metering, made.environment), (Metering::Prepaid, Environment::Sandbox));
    assert_eq!(subject.store.workspace(new.id).await.unwrap(), made);
    assert_eq!(subject.store.account(new.id).await.unwrap().metering, Metering::Prepaid);
    assert_eq!(subject.store.role_of(new.id, user).await.unwrap(), Some(Role::Owner));
}

/// The second of a name is `-2`, the third `-3`.
pub(super) async fn p136_a_taken_slug_gets_a_suffix(subject: Subject) {
    let mut slugs = Vec::new();
    for name in ["Acme GmbH", "ACME gmbh", "acme-gmbh", "Café"] {
        slugs.push(create(&subject, named(name)).await.unwrap().slug);
    }
    assert_eq!(slugs, ["acme-gmbh", "acme-gmbh-2", "acme-gmbh-3", "cafe"]);
}

/// Of many that want one slug at once, each gets one of its own.
pub(super) async fn p136_slugs_of_many_at_once_are_their_own(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let slugs = at_once(8, |_| {
            let subject = subject.clone();
            let new = named(&format!("Rush {round}"));
            async move { create(&subject, new).await.unwrap().slug }
        });
        let slugs: BTreeSet<_> = slugs.await.into_iter().collect();
        assert_eq!(slugs.len(), 8, "round {round}: {slugs:?}");
    }
}

/// Whatever people call it, its address is plain.
pub(super) async fn p136_every_name_gets_a_proper_slug(subject: Subject) {
    // method: property
    let subject = &subject;
    check_all(subject, "[ -~äßé株🙂]{0,98}x", |name| async move {
        let slug = create(subject, named(&name)).await.unwrap().slug;
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        assert!((1..=63).contains(&slug.len()) && slug.bytes().all(plain), "{slug}");
    })
    .await;
}

/// Addresses hold slugs.
pub(super) async fn a_slug_leads_to_its_workspace(subject: Subject) {
    let made = create(&subject, named("Findable")).await.unwrap();
    create(&subject, named("Findable")).await.unwrap();
    assert_eq!(subject.store.workspace_by_slug(&made.slug).await.unwrap(), made);
    for slug in ["nobody", "", "FINDABLE", "findable-3", "findabl_", "%"] {
        refused(subject.store.workspace_by_slug(slug).await, ErrorKind::NotFound);
    }
}

/// A change of the name leaves settings and slug, and the other way round.
pub(super) async fn an_update_leaves_what_it_does_not_name(subject: Subject) {
    let new = NewWorkspace { settings: json!({"a": 1}), ..named("Before") };
    let made = create(&subject, new).await.unwrap();
    let update =
        |change| subject.store.update_workspace(made.id, change, audit(Action::WorkspaceUpdated));
    let name = WorkspaceChange { name: Some("After".into()), settings: None };
    let renamed = update(name).await.unwrap();
    assert_eq!((renamed.name.as_str(), &renamed.settings), ("After", &json!({"a": 1})));
    let settings = WorkspaceChange { name: None, settings: Some(json!({"b": 2})) };
    let set = update(settings).await.unwrap();
    assert_eq!((set.name.as_str(), &set.settings), ("After", &json!({"b": 2})));
    assert_eq!((&set.slug, set.created_at), (&made.slug, made.created_at));
    assert_eq!(subject.store.workspace(made.id).await.unwrap(), set);
    let actions: Vec<_> = log(&subject, made.id).await.iter().map(|it| it.audit.action).collect();
    let updated = Action::WorkspaceUpdated;
    assert_eq!(actions, [Action::WorkspaceCreated, updated, updated]);
}

/// One bad field refuses the whole change.
pub(super) async fn a_refused_update_changes_nothing(subject: Subject) {
    let made = create(&subject, named("Stays")).await.unwrap();
    for (name, settings) in [
        (Some(" "), None),
        (Some(""), Some(json!({"a": 1}))),
        (Some("Other"), Some(json!("text"))),
        (None, Some(json!([1]))),
    ] {
        let change = WorkspaceChange { name: name.map(Into::into), settings };
        let update =
            subject.store.update_workspace(made.id, change, audit(Action::WorkspaceUpdated));
        refused(update.await, ErrorKind::Validation);
    }
    assert_eq!(subject.store.workspace(made.id).await.unwrap(), made);
    assert_eq!(log(&subject, made.id).await.len(), 1);
}

/// Unknown and deleted are the same answer.
pub(super) async fn an_absent_workspace_is_not_found(subject: Subject) {
    let store = &subject.store;
    for id in subject.absent().await {
        refused(store.workspace(id).await, ErrorKind::NotFound);
        let change = WorkspaceChange { name: Some("New".into()), settings: None };
        let update = store.update_workspace(id, change, audit(Action::WorkspaceUpdated)).await;
        refused(update, ErrorKind::NotFound);
        refused(store.members(id).await, ErrorKind::NotFound);
        assert_eq!(store.role_of(id, fresh()).await.unwrap(), None);
        let (add, row) = (MemberChange::Add(Role::Viewer), audit(Action::MemberAdded));
        let added = store.change_member(id, Actor::Embedder, fresh(), add, row).await;
        refused(added, ErrorKind::NotFound);
        let deleted = store.delete_workspace(id, audit(Action::WorkspaceDeleted)).await;
        refused(deleted, ErrorKind::NotFound);
    }
}
