//! From an event to a claimed delivery.

use super::{House, KIND, LEASE, endpoint, events, managing::trial};
use crate::{Subject, subject::refused};
use morket_core::{
    ErrorKind,
    webhook::{DeathCause, DeliveryState, NewWebhook, Schedule},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

pub(super) async fn an_event_is_delivered_to_whoever_asked_for_its_kind(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    let other = BTreeSet::from(["job.failed".to_owned()]);
    house.add(NewWebhook { kinds: other, ..endpoint(Schedule::Short) }).await;
    let sent = house.told(1).await;
    let claimed = house.claim(10, 10).await;
    assert_eq!(events(&claimed), sent);
    let (claimed, hook) = (&claimed[0], house.hook().await);
    assert_eq!((&claimed.url, claimed.schedule), (&hook.url, Schedule::Standard));
    assert_eq!(claimed.secrets, hook.secrets);
    let delivery = &claimed.delivery;
    assert_eq!((delivery.webhook, delivery.kind.as_str()), (house.hook, KIND));
    let body: Value = serde_json::from_str(&delivery.body).unwrap();
    let (id, data) = (sent[0].to_string(), json!({"n": 0, "name": "Ægir \u{1f41f}"}));
    let at = house.now().await.to_string();
    assert_eq!(body, json!({"id": id, "type": KIND, "timestamp": at, "data": data}));
    assert_eq!(house.deliveries(None).await, std::slice::from_ref(delivery));
}

pub(super) async fn p137_an_event_is_told_to_nobody_elses_endpoint(subject: Subject) {
    let (ours, theirs) = (House::new(&subject).await, House::new(&subject).await);
    ours.told(1).await;
    assert_eq!((ours.deliveries(None).await.len(), theirs.deliveries(None).await.len()), (1, 0));
}

pub(super) async fn nothing_from_before_an_endpoint_is_told_to_it(subject: Subject) {
    let house = House::new(&subject).await;
    house.happens(1).await;
    subject.clock.advance(Duration::from_millis(1)).await;
    let late = house.add(endpoint(Schedule::Standard)).await;
    let after = house.told(1).await;
    assert_eq!(house.deliveries(None).await.len(), 2);
    let heard = House { hook: late.id, ..house }.deliveries(None).await;
    assert_eq!(heard.iter().map(|it| it.event).collect::<Vec<_>>(), after);
}

pub(super) async fn whoever_claims_events_finds_those_that_were_relayed(subject: Subject) {
    let house = House::new(&subject).await;
    let sent = house.told(2).await;
    let claimed = subject.store.claim_events(10, LEASE).await.unwrap();
    assert_eq!(claimed.iter().map(|it| it.id).collect::<Vec<_>>(), sent);
    let more = house.happens(1).await;
    let claimed = subject.store.claim_events(10, LEASE).await.unwrap();
    subject.store.ack_events(claimed.iter().map(|it| it.id).collect()).await.unwrap();
    assert_eq!((claimed.len(), house.relay().await), (1, 1));
    assert_eq!(house.deliveries(None).await[0].event, more[0]);
}

pub(super) async fn relaying_again_makes_nothing_new(subject: Subject) {
    let house = House::new(&subject).await;
    house.happens(3).await;
    let store = &subject.store;
    for (events, deliveries) in [(2, 2), (1, 1), (0, 0)] {
        let relayed = store.relay_events(2).await.unwrap();
        assert_eq!((relayed.events, relayed.deliveries), (events, deliveries));
    }
    assert_eq!(house.deliveries(None).await.len(), 3);
}

pub(super) async fn a_claimed_delivery_is_given_to_nobody_else(subject: Subject) {
    let house = House::new(&subject).await;
    let sent = house.told(3).await;
    let (first, rest) = (house.claim(2, 10).await, house.claim(10, 10).await);
    assert_eq!([events(&first), events(&rest)].concat(), sent);
    assert_eq!(house.claim(10, 10).await, []);
}

pub(super) async fn an_endpoint_has_no_more_out_than_it_may(subject: Subject) {
    let house = House::new(&subject).await;
    house.told(5).await;
    assert_eq!(house.claim(10, 2).await.len(), 2);
    assert_eq!(house.claim(10, 2).await, []);
    assert_eq!(house.claim(10, 3).await.len(), 1);
    subject.clock.advance(LEASE).await;
    assert_eq!(house.claim(10, 2).await.len(), 2);
}

/// One with many deliveries, and several with one.
pub(super) async fn p188_endpoints_take_turns(subject: Subject) {
    let busy = House::new(&subject).await;
    busy.told(6).await;
    assert_eq!(busy.claim(2, 2).await.len(), 2);
    subject.clock.advance(Duration::from_millis(1)).await;
    let (one, two) = (House::new(&subject).await, House::new(&subject).await);
    one.told(1).await;
    two.told(1).await;
    let workspaces: BTreeSet<_> =
        busy.claim(2, 10).await.iter().map(|it| it.ticket.workspace).collect();
    assert_eq!(workspaces, BTreeSet::from([one.workspace, two.workspace]));
}

pub(super) async fn a_delivery_comes_again_when_its_lease_has_ended(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    house.told(1).await;
    let first = house.one().await;
    subject.clock.advance(LEASE - Duration::from_micros(1)).await;
    assert_eq!(house.claim(10, 10).await, []);
    subject.clock.advance(Duration::from_micros(1)).await;
    let again = house.one().await;
    assert_eq!(again.delivery, first.delivery);
    assert!(again.ticket.number > first.ticket.number);
}

pub(super) async fn p184_what_comes_while_an_endpoint_is_off_is_a_dead_letter(subject: Subject) {
    let house = House::new(&subject).await;
    house.told(1).await;
    house.switch(false).await;
    house.told(1).await;
    let dead = house.deliveries(Some(DeliveryState::Dead)).await;
    assert_eq!(dead.len(), 2);
    assert!(dead.iter().all(|it| it.cause == Some(DeathCause::Disabled)));
    assert!(dead.iter().all(|it| it.finished_at.is_some()));
    house.switch(true).await;
    assert_eq!(house.claim(10, 10).await, []);
    house.replay(dead[0].id).await.unwrap();
    assert_eq!(house.one().await.delivery.id, dead[0].id);
}

pub(super) async fn a_trial_is_for_one_endpoint_whatever_it_asked_for(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    house.add(endpoint(Schedule::Standard)).await;
    let (store, event) = (&subject.store, trial());
    let tried = store.try_webhook(house.workspace, house.hook, event.clone()).await.unwrap();
    let again = store.try_webhook(house.workspace, house.hook, event).await.unwrap();
    assert_eq!(again, tried);
    assert_eq!(house.claim(10, 10).await[0].delivery, tried);
    assert_eq!(house.claim(10, 10).await, []);
    assert_eq!(store.events(house.workspace).await.unwrap(), []);
    house.switch(false).await;
    let off = store.try_webhook(house.workspace, house.hook, trial()).await;
    refused(off, ErrorKind::Conflict);
}
