//! Endpoints: made, read, switched, rotated, removed.

use super::{House, LEASE, audit, endpoint, sealed};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    ErrorKind,
    audit::{Action, NewAudit},
    rbac::Principal,
    webhook::{DisabledCause, MAX_WEBHOOKS, NewWebhook, Schedule, SealedSecret},
};
use std::{collections::BTreeSet, time::Duration};

const HOUR: Duration = Duration::from_secs(3_600);

pub(super) async fn an_endpoint_reads_as_it_was_made(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    let new = NewWebhook {
        kinds: BTreeSet::from(["job.failed".to_owned(), "credits.low".to_owned()]),
        created_by: Some(fresh()),
        ..endpoint(Schedule::Short)
    };
    let made = house.add(new.clone()).await;
    let now = house.now().await;
    assert_eq!(made, new.clone().created(now));
    assert_eq!(made.secrets, [SealedSecret { since: Some(now), ..new.secret }]);
    let read = subject.store.webhook(house.workspace, made.id).await.unwrap();
    assert_eq!(read, made);
    let mut all = vec![house.hook().await, made];
    all.sort_by_key(|it| it.id);
    assert_eq!(subject.store.webhooks(house.workspace).await.unwrap(), all);
}

pub(super) async fn creating_again_changes_nothing(subject: Subject) {
    let house = House::new(&subject).await;
    let new = endpoint(Schedule::Standard);
    let made = house.add(new.clone()).await;
    let rows = house.log().await.len();
    subject.clock.advance(HOUR).await;
    assert_eq!(house.add(new.clone()).await, made);
    assert_eq!(house.log().await.len(), rows);
    let other = NewWebhook { url: "https://other.example.com".into(), ..new };
    let audit = audit(Action::WebhookCreated, other.id.0);
    let taken = subject.store.create_webhook(house.workspace, other, audit).await;
    refused(taken, ErrorKind::Conflict);
    assert_eq!(house.log().await.len(), rows);
}

pub(super) async fn an_endpoint_without_a_known_kind_is_refused(subject: Subject) {
    let house = House::new(&subject).await;
    for kinds in [BTreeSet::new(), BTreeSet::from(["job.complete".to_owned()])] {
        let new = NewWebhook { kinds, ..endpoint(Schedule::Standard) };
        let audit = audit(Action::WebhookCreated, new.id.0);
        let made = subject.store.create_webhook(house.workspace, new, audit).await;
        refused(made, ErrorKind::Validation);
    }
    assert_eq!(subject.store.webhooks(house.workspace).await.unwrap().len(), 1);
}

pub(super) async fn there_are_so_many_endpoints_and_no_more(subject: Subject) {
    let house = House::new(&subject).await;
    for _ in 1..MAX_WEBHOOKS {
        house.add(endpoint(Schedule::Standard)).await;
    }
    let new = endpoint(Schedule::Standard);
    let audit = audit(Action::WebhookCreated, new.id.0);
    let more = subject.store.create_webhook(house.workspace, new, audit).await;
    refused(more, ErrorKind::Conflict);
}

pub(super) async fn p137_endpoints_are_those_of_their_workspace(subject: Subject) {
    let (ours, theirs) = (House::new(&subject).await, House::new(&subject).await);
    let foreign = House { hook: theirs.hook, ..ours.clone() };
    let before = theirs.hook().await;
    absent(&foreign).await;
    assert_eq!(theirs.hook().await, before);
    assert_eq!(subject.store.webhooks(ours.workspace).await.unwrap(), [ours.hook().await]);
}

pub(super) async fn an_absent_workspace_has_no_endpoints(subject: Subject) {
    let house = House::new(&subject).await;
    for workspace in subject.absent().await {
        let nowhere = House { workspace, ..house.clone() };
        absent(&nowhere).await;
        refused(subject.store.webhooks(workspace).await, ErrorKind::NotFound);
        let new = endpoint(Schedule::Standard);
        let audit = audit(Action::WebhookCreated, new.id.0);
        let made = subject.store.create_webhook(workspace, new, audit).await;
        refused(made, ErrorKind::NotFound);
    }
}

/// Panics unless no method knows this house's endpoint.
async fn absent(house: &House) {
    let House { subject, workspace, hook } = house;
    let (store, at) = (&subject.store, *workspace);
    let row = |action| audit(action, hook.0);
    refused(store.webhook(at, *hook).await, ErrorKind::NotFound);
    let switched = store.switch_webhook(at, *hook, false, row(Action::WebhookUpdated)).await;
    refused(switched, ErrorKind::NotFound);
    let rotated = store.rotate_webhook(at, *hook, sealed("x"), HOUR, row(Action::WebhookRotated));
    refused(rotated.await, ErrorKind::NotFound);
    let listed = store.deliveries(at, *hook, None, None, Default::default()).await;
    refused(listed, ErrorKind::NotFound);
    let tried = store.try_webhook(at, *hook, trial()).await;
    refused(tried, ErrorKind::NotFound);
    let deleted = store.delete_webhook(at, *hook, row(Action::WebhookDeleted)).await;
    refused(deleted, ErrorKind::NotFound);
}

pub(super) fn trial() -> morket_core::outbox::NewEvent {
    let payload = serde_json::json!({});
    let kind = morket_core::webhook::TEST_KIND.to_owned();
    morket_core::outbox::NewEvent { id: fresh(), kind, payload }
}

pub(super) async fn a_removed_endpoint_is_gone_with_its_deliveries(subject: Subject) {
    let house = House::new(&subject).await;
    house.told(2).await;
    let id = house.deliveries(None).await[0].id;
    let row = audit(Action::WebhookDeleted, house.hook.0);
    subject.store.delete_webhook(house.workspace, house.hook, row).await.unwrap();
    let rows = house.log().await;
    assert_eq!(rows.last().unwrap().audit, row);
    let again = subject.store.delete_webhook(house.workspace, house.hook, row).await;
    refused(again, ErrorKind::NotFound);
    assert_eq!(house.log().await.len(), rows.len());
    assert_eq!(house.claim(10, 10).await, []);
    refused(house.replay(id).await, ErrorKind::NotFound);
}

pub(super) async fn switching_leaves_one_audit_row_and_a_repeat_none(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    let rows = house.log().await.len();
    for (on, expected) in [(true, 0), (false, 1), (false, 1), (true, 2), (true, 2)] {
        let hook = house.switch(on).await;
        let cause = (house.now().await, DisabledCause::Asked);
        assert_eq!(hook.disabled, (!on).then_some(cause));
        assert_eq!(house.hook().await, hook);
        assert_eq!(house.log().await.len(), rows + expected);
    }
}

pub(super) async fn p181_while_an_overlap_lasts_both_secrets_sign(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    let first = house.hook().await.secrets[0].sealed.clone();
    house.told(3).await;
    let row = audit(Action::WebhookRotated, house.hook.0);
    let rotated = subject.store.rotate_webhook(house.workspace, house.hook, sealed("2"), HOUR, row);
    let rotated = rotated.await.unwrap();
    assert_eq!(rotated.secrets[0].until, Some(house.now().await.after(HOUR)));
    assert_eq!(house.hook().await, rotated);
    let signing = |claimed: &morket_core::webhook::Claimed| {
        claimed.secrets.iter().map(|it| it.sealed.clone()).collect::<Vec<_>>()
    };
    let both = [first, b"2".to_vec()];
    assert_eq!(signing(&house.one().await), both);
    subject.clock.advance(HOUR - Duration::from_micros(1)).await;
    assert_eq!(signing(&house.one().await), both);
    subject.clock.advance(Duration::from_micros(1).max(LEASE)).await;
    assert_eq!(signing(&house.one().await), both[1..]);
}

pub(super) async fn rotating_again_with_the_same_secret_changes_nothing(subject: Subject) {
    let house = House::new(&subject).await;
    let row = audit(Action::WebhookRotated, house.hook.0);
    let rotate = |secret: &'static str| {
        let secret = sealed(secret);
        subject.store.rotate_webhook(house.workspace, house.hook, secret, HOUR, row)
    };
    let once = rotate("2").await.unwrap();
    let rows = house.log().await.len();
    subject.clock.advance(Duration::from_secs(1)).await;
    assert_eq!(rotate("2").await.unwrap(), once);
    assert_eq!(house.log().await.len(), rows);
    subject.clock.advance(HOUR).await;
    let later = rotate("3").await.unwrap();
    assert_eq!(later.secrets.len(), 2, "those that have ceased are forgotten");
    assert_eq!(house.log().await.len(), rows + 1);
}

pub(super) async fn p142_endpoints_go_with_their_workspace(subject: Subject) {
    let house = House::new(&subject).await;
    house.told(1).await;
    let claimed = house.one().await;
    house.happens(1).await;
    let row = NewAudit::new(Principal::Embedder, Action::WorkspaceDeleted, None);
    subject.store.delete_workspace(house.workspace, row).await.unwrap();
    assert_eq!(house.relay().await, 0);
    subject.clock.advance(LEASE).await;
    assert_eq!(house.claim(10, 10).await, []);
    let report = morket_core::webhook::Report::of(morket_core::webhook::Outcome::Status(200));
    refused(subject.store.record_attempt(claimed.ticket, report).await, ErrorKind::NotFound);
}
