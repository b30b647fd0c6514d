//! Many at once. Every case runs in rounds, because one may be won by luck.

use super::{House, LEASE, events};
use crate::{Subject, subject::at_once};
use morket_core::webhook::DeliveryState;

pub(super) async fn p184_of_many_relays_each_event_is_delivered_once(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        let mut sent = house.happens(6).await;
        at_once(4, |_| {
            let house = house.clone();
            async move {
                for _ in 0..6 {
                    house.subject.store.relay_events(2).await.unwrap();
                }
            }
        })
        .await;
        house.relay().await;
        let mut told: Vec<_> = house.deliveries(None).await.iter().map(|it| it.event).collect();
        told.sort();
        sent.sort();
        assert_eq!(told, sent, "round {round}");
        drain(&house).await;
    }
}

/// Nothing of this round is left for the next.
async fn drain(house: &House) {
    house.switch(false).await;
}

pub(super) async fn of_many_couriers_one_gets_a_delivery(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        let mut sent = house.told(5).await;
        let claims = at_once(5, |_| {
            let house = house.clone();
            async move { house.claim(3, 100).await }
        });
        let mut got: Vec<_> = claims.await.iter().flat_map(|it| events(it)).collect();
        got.extend(events(&house.claim(100, 100).await));
        got.sort();
        sent.sort();
        assert_eq!(got, sent, "round {round}");
        drain(&house).await;
    }
}

pub(super) async fn an_endpoints_bound_holds_for_many_couriers(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        house.told(9).await;
        let claims = at_once(6, |_| {
            let house = house.clone();
            async move { house.claim(2, 3).await.len() }
        });
        let out = claims.await.into_iter().sum::<usize>() + house.claim(9, 3).await.len();
        assert_eq!(out, 3, "round {round}");
        drain(&house).await;
    }
}

/// A relay that overlaps with the switch leaves no delivery that nobody will ever attempt.
pub(super) async fn p184_what_is_switched_off_meanwhile_does_not_wait(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let house = House::new(&subject).await;
        house.happens(3).await;
        at_once(2, |number| {
            let house = house.clone();
            async move {
                match number {
                    0 => drop(house.relay().await),
                    _ => drop(house.switch(false).await),
                }
            }
        })
        .await;
        house.relay().await;
        assert_eq!(house.count(DeliveryState::Dead).await, 3, "round {round}");
        assert_eq!(house.subject.store.claim_deliveries(9, 9, LEASE).await.unwrap(), []);
    }
}
