//! What comes of attempts.

use super::{House, LEASE};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    ErrorKind,
    page::Limit,
    webhook::{
        DISABLE_AFTER, DeathCause, DeliveryState, DisabledCause, Outcome, Report, Schedule, Ticket,
        UNSIGNED_WAIT,
    },
};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

pub(super) async fn a_success_ends_a_delivery(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    house.told(1).await;
    let claimed = house.one().await;
    let report = Report {
        took: Duration::from_millis(42),
        answer: format!("ok\u{7}{}", "ö".repeat(500)),
        ..Report::of(Outcome::Status(204))
    };
    let done = subject.store.record_attempt(claimed.ticket, report).await.unwrap();
    assert_eq!((done.state, done.made), (DeliveryState::Delivered, 1));
    assert_eq!(done.finished_at, Some(house.now().await));
    let attempt = &done.attempts[0];
    assert_eq!((attempt.millis, &attempt.outcome), (42, &Outcome::Status(204)));
    assert_eq!(attempt.answer, format!("ok{}", "ö".repeat(198)));
    assert_eq!(house.deliveries(None).await, [done]);
    subject.clock.advance(DISABLE_AFTER).await;
    assert_eq!(house.claim(10, 10).await, []);
}

pub(super) async fn p183_a_failure_waits_as_the_schedule_says(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    house.told(1).await;
    for wait in Schedule::Standard.waits() {
        let failed = house.report(&house.one().await, Outcome::Status(500)).await;
        assert_eq!(failed.state, DeliveryState::Waiting);
        let exact = failed.next_at.since(house.now().await);
        assert!(exact.abs_diff(*wait) < *wait / 1_000, "{exact:?} for {wait:?}");
        subject.clock.advance(exact - Duration::from_micros(1)).await;
        assert_eq!(house.claim(10, 10).await, []);
        subject.clock.advance(Duration::from_micros(1)).await;
    }
}

pub(super) async fn p184_after_the_last_attempt_it_is_a_dead_letter(subject: Subject) {
    let house = House::new(&subject).await;
    house.told(1).await;
    for made in 1..=10 {
        let failed = house.report(&house.one().await, Outcome::Timeout).await;
        assert_eq!(failed.made, made);
        subject.clock.advance(Duration::from_secs(86_400 + 60)).await;
        // A success of another delivery in between keeps the endpoint on.
        let other = house.told(1).await;
        let claimed = house.claim(10, 10).await;
        let other = claimed.iter().find(|it| it.delivery.event == other[0]).unwrap();
        house.report(other, Outcome::Status(200)).await;
        subject.clock.advance(LEASE).await;
    }
    let dead = house.deliveries(Some(DeliveryState::Dead)).await;
    assert_eq!((dead.len(), dead[0].cause), (1, Some(DeathCause::Exhausted)));
    assert_eq!(dead[0].attempts.len(), 10);
    assert_eq!(house.count(DeliveryState::Waiting).await, 0);
}

pub(super) async fn p182_body_and_ids_stay_the_same_over_all_attempts(subject: Subject) {
    let house = House::new(&subject).await;
    house.told(1).await;
    let first = house.one().await.delivery;
    for _ in 0..4 {
        subject.clock.advance(LEASE).await;
        let claimed = house.one().await;
        let delivery = claimed.delivery.clone();
        assert_eq!((delivery.id, delivery.event), (first.id, first.event));
        assert_eq!(delivery.body.as_bytes(), first.body.as_bytes());
        house.report(&claimed, Outcome::Broken).await;
        subject.clock.advance(Duration::from_secs(4 * 3_600)).await;
    }
}

pub(super) async fn p186_gone_switches_the_endpoint_off(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    house.told(2).await;
    let gone = house.report(&house.one().await, Outcome::Status(410)).await;
    assert_eq!((gone.state, gone.cause), (DeliveryState::Dead, Some(DeathCause::Gone)));
    let disabled = house.hook().await.disabled;
    assert_eq!(disabled, Some((house.now().await, DisabledCause::Gone)));
    assert_eq!(house.count(DeliveryState::Dead).await, 2);
    let told = subject.store.events(house.workspace).await.unwrap();
    let told = told.last().unwrap();
    assert_eq!(told.kind, "webhook.disabled");
    assert_eq!(told.payload["webhook"], house.hook.to_string());
}

pub(super) async fn p187_failing_for_120_hours_switches_the_endpoint_off(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    let fail = async || {
        house.told(1).await;
        let claimed = house.claim(100, 100).await.pop().unwrap();
        house.report(&claimed, Outcome::Unreachable).await
    };
    fail().await;
    subject.clock.advance(DISABLE_AFTER - MINUTE).await;
    fail().await;
    assert_eq!(house.hook().await.disabled, None);
    house.told(1).await;
    let claimed = house.claim(100, 100).await.pop().unwrap();
    house.report(&claimed, Outcome::Status(200)).await;
    assert_eq!(house.hook().await.failing_since, None, "any success resets");
    fail().await;
    subject.clock.advance(DISABLE_AFTER).await;
    assert_eq!(house.hook().await.disabled, None, "time alone does nothing");
    fail().await;
    let cause = house.hook().await.disabled.map(|it| it.1);
    assert_eq!(cause, Some(DisabledCause::Failing));
    assert_eq!(house.count(DeliveryState::Waiting).await, 0);
    let told = subject.store.events(house.workspace).await.unwrap();
    let told = told.iter().filter(|it| it.kind == "webhook.disabled").count();
    assert_eq!(told, 1);
    assert_eq!(house.switch(true).await.failing_since, None);
}

pub(super) async fn an_outdated_ticket_counts_no_more(subject: Subject) {
    let house = House::new(&subject).await;
    house.told(1).await;
    let first = house.one().await;
    subject.clock.advance(LEASE).await;
    let second = house.one().await;
    let before = house.deliveries(None).await;
    let report = |ticket| subject.store.record_attempt(ticket, Report::of(Outcome::Status(200)));
    refused(report(first.ticket).await, ErrorKind::StaleLease);
    assert_eq!(house.deliveries(None).await, before);
    report(second.ticket).await.unwrap();
    refused(report(second.ticket).await, ErrorKind::StaleLease);
    assert_eq!(house.deliveries(None).await[0].made, 1);
}

pub(super) async fn what_is_gone_cannot_be_reported(subject: Subject) {
    let (house, other) = (House::new(&subject).await, House::new(&subject).await);
    house.told(1).await;
    let ticket = house.one().await.ticket;
    let foreign = Ticket { workspace: other.workspace, ..ticket };
    let unknown = Ticket { delivery: fresh(), ..ticket };
    for ticket in [foreign, unknown] {
        let report = Report::of(Outcome::Status(200));
        refused(subject.store.record_attempt(ticket, report).await, ErrorKind::NotFound);
    }
    assert_eq!(house.count(DeliveryState::Waiting).await, 1);
}

pub(super) async fn p184_a_dead_letter_is_replayed_from_the_beginning(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    house.told(2).await;
    let claimed = house.claim(10, 10).await;
    house.report(&claimed[0], Outcome::Status(200)).await;
    house.report(&claimed[1], Outcome::Status(410)).await;
    let delivery = claimed[0].delivery.id;
    refused(house.replay(delivery).await, ErrorKind::Conflict);
    house.switch(true).await;
    let rows = house.log().await.len();
    for claimed in &claimed {
        let again = house.replay(claimed.delivery.id).await.unwrap();
        assert_eq!((again.state, again.made), (DeliveryState::Waiting, 0));
        assert_eq!((again.cause, again.finished_at), (None, None));
        assert_eq!((again.next_at, again.attempts.len()), (house.now().await, 1));
        assert_eq!(again.event, claimed.delivery.event);
    }
    assert_eq!(house.log().await.len(), rows + 2);
    assert_eq!(house.claim(10, 10).await.len(), 2);
}

pub(super) async fn what_waits_is_not_replayed(subject: Subject) {
    let (house, other) = (House::new(&subject).await, House::new(&subject).await);
    house.told(1).await;
    let (rows, id) = (house.log().await.len(), house.deliveries(None).await[0].id);
    refused(house.replay(id).await, ErrorKind::Conflict);
    refused(other.replay(id).await, ErrorKind::NotFound);
    refused(house.replay(fresh()).await, ErrorKind::NotFound);
    assert_eq!(house.log().await.len(), rows);
}

pub(super) async fn the_pages_of_a_listing_are_all_deliveries(subject: Subject) {
    let house = House::new(&subject).await;
    let mut sent = house.told(3).await;
    subject.clock.advance(MINUTE).await;
    sent.extend(house.told(4).await);
    let (store, limit) = (&subject.store, Limit::new(3).unwrap());
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = store.deliveries(house.workspace, house.hook, None, after, limit).await.unwrap();
        assert_eq!(page.total, 7);
        listed.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert!(listed.windows(2).all(|pair| pair[0].created_at >= pair[1].created_at));
    let mut events: Vec<_> = listed.iter().map(|it| it.event).collect();
    events.sort();
    sent.sort();
    assert_eq!(events, sent);
    let foreign = House::new(&subject).await;
    let cursor = Some(listed[0].cursor(foreign.workspace));
    let page = store.deliveries(house.workspace, house.hook, None, cursor, limit).await;
    refused(page, ErrorKind::Validation);
}

pub(super) async fn only_what_has_ended_is_forgotten(subject: Subject) {
    let house = House::new(&subject).await;
    house.told(3).await;
    let claimed = house.claim(2, 10).await;
    house.report(&claimed[0], Outcome::Status(200)).await;
    house.report(&claimed[1], Outcome::Status(500)).await;
    subject.clock.advance(MINUTE).await;
    let prune = |keep| subject.store.prune_deliveries(keep, 10);
    assert_eq!((prune(MINUTE * 5 / 4).await.unwrap(), house.deliveries(None).await.len()), (0, 3));
    assert_eq!((prune(MINUTE / 2).await.unwrap(), house.deliveries(None).await.len()), (1, 2));
    assert_eq!(house.count(DeliveryState::Waiting).await, 2);
}

/// However often it is: the receiver was asked nothing. Of many in a row one is remembered.
pub(super) async fn p187_what_cannot_be_signed_counts_against_nobody(subject: Subject) {
    subject.clock.hold_still().await;
    let house = House::new(&subject).await;
    house.told(1).await;
    house.report(&house.one().await, Outcome::Status(500)).await;
    subject.clock.advance(MINUTE).await;
    let since = house.hook().await.failing_since;
    for _ in 0..30 {
        let held = house.report(&house.one().await, Outcome::Unsigned).await;
        assert_eq!((held.state, held.made, held.attempts.len()), (DeliveryState::Waiting, 1, 2));
        assert_eq!(held.attempts[1].at, house.now().await);
        assert_eq!(held.attempts[1].outcome, Outcome::Unsigned);
        let wait = held.next_at.since(house.now().await);
        assert!(wait.abs_diff(UNSIGNED_WAIT) < UNSIGNED_WAIT / 1_000, "{wait:?}");
        subject.clock.advance(DISABLE_AFTER).await;
    }
    let hook = house.hook().await;
    assert_eq!((hook.disabled, hook.failing_since), (None, since));
    let taken = house.report(&house.one().await, Outcome::Status(200)).await;
    assert_eq!((taken.state, taken.made), (DeliveryState::Delivered, 2));
}
