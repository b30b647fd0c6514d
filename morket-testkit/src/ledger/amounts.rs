//! How much may move: bounds, shortages, overflow, and when more is asked for.

use super::{Purse, capture, expire, grant, hold, void};
use crate::{
    Subject, fresh,
    subject::{created, named, refused},
};
use morket_core::{
    Credits, ErrorKind, WorkspaceId,
    ledger::{Credit, LedgerExt, Op, Recharge},
};

/// A movement of nothing, or backwards, is a mistake.
pub(super) async fn an_amount_of_zero_or_less_is_refused(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let id = fresh();
    purse.done([hold(id, 50)]).await;
    for amount in [0, -1, i64::MIN] {
        for op in [
            grant("g", amount),
            Op::Credit { kind: Credit::Purchase, key: super::key("p"), amount: Credits(amount) },
            hold(fresh(), amount),
            capture(id, "c", amount),
            expire("e", "opening", amount),
        ] {
            refused(purse.post(op).await, ErrorKind::Validation);
        }
    }
    assert_eq!(purse.stands().await, (100, 50));
}

/// What is held is not available, to the last thousandth.
pub(super) async fn a_hold_above_what_is_available_is_refused(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    refused(purse.post(hold(fresh(), 101)).await, ErrorKind::InsufficientCredits);
    purse.done([hold(fresh(), 60)]).await;
    refused(purse.post(hold(fresh(), 41)).await, ErrorKind::InsufficientCredits);
    assert_eq!(purse.stands().await, (100, 60));
    purse.done([hold(fresh(), 40)]).await;
    assert_eq!(purse.stands().await, (100, 100));
}

/// Work begins from the front: no cheap late item slips past a dear early one.
pub(super) async fn what_starts_is_the_longest_affordable_prefix(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let (first, bonus) = (fresh(), grant("bonus", 500));
    let ops = vec![hold(first, 60), hold(fresh(), 60), hold(fresh(), 1), bonus, hold(first, 60)];
    let results = subject.store.post(purse.workspace, ops).await.unwrap();
    let short = Some(ErrorKind::InsufficientCredits);
    let kinds: Vec<_> =
        results.iter().map(|it| it.as_ref().err().map(morket_core::Error::kind)).collect();
    assert_eq!(kinds, [None, short, short, None, None], "a credit and a repeat go on");
    assert_eq!(purse.stands().await, (600, 60));
}

/// Credits that are set aside do not run out of time.
pub(super) async fn an_expiry_above_what_is_available_is_refused(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    purse.done([hold(fresh(), 70)]).await;
    refused(purse.post(expire("old", "opening", 31)).await, ErrorKind::InsufficientCredits);
    purse.done([expire("old", "opening", 30)]).await;
    assert_eq!(purse.stands().await, (70, 70));
}

/// No grant takes back more than it gave, however many pieces it takes.
pub(super) async fn an_expiry_stays_within_its_grant(subject: Subject) {
    let purse = Purse::with(&subject, 1_000).await;
    purse.done([grant("small", 50), expire("one", "small", 30)]).await;
    refused(purse.post(expire("two", "small", 21)).await, ErrorKind::Validation);
    purse.done([expire("two", "small", 20)]).await;
    refused(purse.post(expire("three", "small", 1)).await, ErrorKind::Validation);
    assert_eq!(purse.stands().await, (1_000, 0));
}

/// A capture above the rest is refused, and the hold stays as it was.
pub(super) async fn p052_a_capture_stays_within_its_hold(subject: Subject) {
    let purse = Purse::with(&subject, 1_000).await;
    let id = fresh();
    purse.done([hold(id, 50), capture(id, "a", 20)]).await;
    refused(purse.post(capture(id, "b", 31)).await, ErrorKind::Validation);
    let found = subject.store.hold(purse.workspace, id).await.unwrap();
    assert!(found.is_open() && found.rest() == Credits(30), "{found:?}");
    purse.done([capture(id, "b", 30)]).await;
    assert_eq!(purse.stands().await, (950, 0));
}

/// Credits are integers; the largest sum is refused one step before it would wrap.
pub(super) async fn p057_a_sum_that_overflows_changes_nothing(subject: Subject) {
    let purse = Purse::with(&subject, 1).await;
    purse.done([grant("most", i64::MAX - 1), hold(fresh(), i64::MAX)]).await;
    let before = purse.account().await;
    refused(purse.post(grant("more", 1)).await, ErrorKind::Validation);
    refused(purse.post(grant("more", i64::MAX)).await, ErrorKind::Validation);
    refused(purse.post(hold(fresh(), 1)).await, ErrorKind::InsufficientCredits);
    assert_eq!(purse.account().await, before);
    assert_eq!(purse.stands().await, (i64::MAX, i64::MAX));
}

/// Where nobody pays in credits, nobody can be given any.
pub(super) async fn an_unmetered_workspace_has_no_credits(subject: Subject) {
    let workspace = subject.store.create_workspace(named("Unmetered"), created()).await.unwrap().id;
    for op in [grant("g", 1), hold(fresh(), 1)] {
        refused(subject.store.post_one(workspace, op).await, ErrorKind::Conflict);
    }
    let account = subject.store.account(workspace).await.unwrap();
    assert_eq!((account.balance, account.seq), (Credits::ZERO, 0));
}

/// How often the outbox was asked for more credits.
pub(super) async fn asked(subject: &Subject, workspace: WorkspaceId) -> usize {
    let events = subject.store.events(workspace).await.unwrap();
    events.iter().filter(|event| event.kind == "credits.recharge_due").count()
}

/// One request per crossing, by whatever movement it is crossed.
pub(super) async fn crossing_the_threshold_asks_once_until_it_is_crossed_again(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let recharge = Recharge { threshold: Credits(50), amount: Credits(500) };
    subject.store.set_recharge(purse.workspace, Some(recharge)).await.unwrap();
    let id = fresh();
    let mut seen = Vec::new();
    for op in [
        hold(fresh(), 50),
        hold(id, 10),
        hold(fresh(), 5),
        grant("more", 40),
        void(id),
        expire("old", "opening", 40),
    ] {
        purse.done([op]).await;
        seen.push(asked(&subject, purse.workspace).await);
    }
    assert_eq!(seen, [0, 1, 1, 1, 1, 2]);
    refused(purse.post(hold(fresh(), 1_000)).await, ErrorKind::InsufficientCredits);
    assert_eq!(asked(&subject, purse.workspace).await, 2, "what was refused crosses nothing");
    assert_eq!(purse.account().await.recharges, 2);
}

/// A threshold below nothing never fires, and asking for nothing helps nobody.
pub(super) async fn a_recharge_that_makes_no_sense_is_refused(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    for (threshold, amount) in [(-1, 10), (10, 0), (10, -1)] {
        let recharge = Recharge { threshold: Credits(threshold), amount: Credits(amount) };
        let set = subject.store.set_recharge(purse.workspace, Some(recharge)).await;
        refused(set, ErrorKind::Validation);
    }
    assert_eq!(purse.account().await.recharge, None);
}

/// What was set is what the account shows, until it is switched off.
pub(super) async fn the_account_says_what_recharge_was_set(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    for (threshold, amount) in [(0, 1), (50, 500)] {
        let recharge = Some(Recharge { threshold: Credits(threshold), amount: Credits(amount) });
        subject.store.set_recharge(purse.workspace, recharge).await.unwrap();
        assert_eq!(purse.account().await.recharge, recharge);
    }
    subject.store.set_recharge(purse.workspace, None).await.unwrap();
    assert_eq!(purse.account().await.recharge, None);
    purse.done([hold(fresh(), 90)]).await;
    assert_eq!(asked(&subject, purse.workspace).await, 0);
}
