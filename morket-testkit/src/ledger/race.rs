//! Many at once. Every case runs in rounds, because one may be won by luck.

use super::{Purse, amounts::asked, capture, grant, hold, refund, void};
use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{
    Credits, ErrorKind, HoldId,
    ledger::{EntryKind, Recharge},
};

/// How many ask at once.
const CROWD: usize = 16;

/// In a serial order, who was refused asked for more than was left at the end.
pub(super) async fn p050_concurrent_debits(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let purse = Purse::with(&subject, 60).await;
        let results = at_once(CROWD, |number| {
            let (purse, amount) = (purse.clone(), number as i64 + 1);
            async move { (amount, purse.post(hold(fresh(), amount)).await.is_ok()) }
        });
        let (held, refused): (Vec<_>, Vec<_>) = results.await.into_iter().partition(|it| it.1);
        let covered: i64 = held.iter().map(|it| it.0).sum();
        assert!(covered <= 60, "round {round}: {covered} of 60 were held");
        assert_eq!(purse.stands().await, (60, covered), "round {round}");
        assert!(refused.iter().all(|it| it.0 > 60 - covered), "round {round}: {refused:?}");
    }
}

/// Two workers that settle the same step charge for it once.
pub(super) async fn p051_one_key_is_captured_once_by_many_at_once(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let purse = Purse::with(&subject, 100).await;
        let id: HoldId = fresh();
        purse.done([hold(id, 40)]).await;
        let receipts = at_once(CROWD, |_| {
            let purse = purse.clone();
            async move { purse.post(capture(id, "step", 7)).await.unwrap() }
        });
        let receipts = receipts.await;
        assert!(receipts.iter().all(|it| *it == receipts[0]), "round {round}");
        assert_eq!(purse.stands().await, (93, 33), "round {round}");
    }
}

/// However many close a hold, its rest returns once.
pub(super) async fn p051_a_hold_is_closed_once_by_many_at_once(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let purse = Purse::with(&subject, 100).await;
        let (id, other) = (fresh(), fresh());
        purse.done([hold(id, 40), hold(other, 10)]).await;
        let receipts = at_once(CROWD, |_| {
            let purse = purse.clone();
            async move { purse.post(void(id)).await.unwrap() }
        });
        let receipts = receipts.await;
        assert!(receipts.iter().all(|it| *it == receipts[0]), "round {round}");
        assert_eq!(purse.stands().await, (100, 10), "round {round}");
    }
}

/// Captures and the void that races them share out exactly what was set aside.
pub(super) async fn p052_parallel_captures_stay_within_their_hold(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let purse = Purse::with(&subject, 100).await;
        let id = fresh();
        purse.done([hold(id, 5)]).await;
        let taken = at_once(CROWD, |number| {
            let purse = purse.clone();
            async move {
                let op = match number {
                    0 if round % 2 == 0 => void(id),
                    _ => capture(id, &format!("step-{number}"), 1),
                };
                let entry = purse.post(op).await.is_ok_and(|it| it.entry().is_some());
                i64::from(entry)
            }
        });
        let taken: i64 = taken.await.into_iter().sum();
        assert!(taken <= 5 && (round % 2 == 0 || taken == 5), "round {round}: {taken}");
        let found = subject.store.hold(purse.workspace, id).await.unwrap();
        assert_eq!(found.captured, Credits(taken), "round {round}");
        let held = if found.is_open() { 5 - taken } else { 0 };
        assert_eq!(purse.stands().await, (100 - taken, held), "round {round}");
    }
}

/// However many refunds ask for it, a capture comes back once.
pub(super) async fn p054_one_capture_is_refunded_once_by_many_at_once(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let purse = Purse::with(&subject, 100).await;
        let id = fresh();
        purse.done([hold(id, 40), capture(id, "step", 7), void(id)]).await;
        let given = at_once(CROWD, |number| {
            let purse = purse.clone();
            async move { purse.post(refund(&format!("back-{number}"), "step")).await }
        });
        let (given, others): (Vec<_>, Vec<_>) = given.await.into_iter().partition(Result::is_ok);
        others.into_iter().for_each(|other| refused(other, ErrorKind::Conflict));
        let given = given.len();
        assert_eq!((given, purse.stands().await), (1, (100, 0)), "round {round}");
    }
}

/// However many debits cross the threshold together, more is asked for once.
pub(super) async fn p059_parallel_debits_ask_for_one_recharge(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let purse = Purse::with(&subject, 100).await;
        let recharge = Recharge { threshold: Credits(95), amount: Credits(100) };
        subject.store.set_recharge(purse.workspace, Some(recharge)).await.unwrap();
        let debits = at_once(CROWD, |_| {
            let purse = purse.clone();
            async move { purse.post(hold(fresh(), 1)).await.unwrap() }
        });
        debits.await;
        assert_eq!(asked(&subject, purse.workspace).await, 1, "round {round}");
    }
}

/// A payment that is announced many times at once is credited once.
pub(super) async fn one_grant_by_many_at_once_is_one_entry(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let purse = Purse::with(&subject, 0).await;
        let receipts = at_once(CROWD, |_| {
            let purse = purse.clone();
            async move { purse.post(grant("payment", 9)).await.unwrap() }
        });
        let receipts = receipts.await;
        assert!(receipts.iter().all(|it| *it == receipts[0]), "round {round}");
        let kinds: Vec<_> = purse.entries(100).await.iter().map(|it| it.kind).collect();
        assert_eq!((kinds, purse.stands().await.0), (vec![EntryKind::Grant], 9));
    }
}
