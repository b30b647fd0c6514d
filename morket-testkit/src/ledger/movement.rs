//! What a movement does, what its repeat does, and what is refused.

use super::{Purse, capture, expire, grant, hold, refund, void};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    Credits, ErrorKind,
    job::BatchId,
    ledger::{Credit, Op, Receipt},
};

/// One movement of every kind; each stands on those before it.
fn of_every_kind() -> Vec<Op> {
    let id = fresh();
    let credit = |kind| Op::Credit { kind, key: super::key("credit"), amount: Credits(7) };
    vec![
        grant("grant", 100),
        credit(Credit::Purchase),
        credit(Credit::Recharge),
        hold(id, 40),
        capture(id, "step", 15),
        void(id),
        refund("back", "step"),
        expire("old", "grant", 30),
    ]
}

/// Whoever lost the answer asks again; that must be safe for every movement.
pub(super) async fn a_repeat_changes_nothing_and_gets_the_first_receipt(subject: Subject) {
    let purse = Purse::with(&subject, 0).await;
    for op in of_every_kind() {
        let first = purse.post(op.clone()).await.unwrap();
        let before = purse.account().await;
        assert_eq!(purse.post(op.clone()).await.unwrap(), first, "{op:?}");
        assert_eq!(purse.account().await, before, "{op:?}");
    }
    let twice = subject.store.post(purse.workspace, vec![grant("two", 1), grant("two", 1)]).await;
    let twice: Vec<_> = twice.unwrap().into_iter().map(Result::unwrap).collect();
    assert_eq!(twice[0], twice[1], "in one call, too");
}

/// A key stands for one meaning; a second one is a mistake of the caller, never a movement.
pub(super) async fn a_key_that_names_another_movement_is_refused(subject: Subject) {
    let purse = Purse::with(&subject, 1_000).await;
    let id = fresh();
    purse.done([grant("g", 100), grant("h", 100), hold(id, 50), capture(id, "a", 10)]).await;
    purse.done([capture(id, "b", 10), refund("r", "a"), expire("x", "g", 10)]).await;
    let before = purse.account().await;
    for other in [
        grant("g", 101),
        capture(id, "a", 11),
        refund("r", "b"),
        expire("x", "g", 11),
        expire("x", "h", 10),
    ] {
        refused(purse.post(other).await, ErrorKind::Conflict);
    }
    assert_eq!(purse.account().await, before);
}

/// A hold's id stands for its amount and its batch.
pub(super) async fn a_hold_id_that_names_another_hold_is_refused(subject: Subject) {
    let purse = Purse::with(&subject, 1_000).await;
    let id = fresh();
    purse.done([hold(id, 50)]).await;
    refused(purse.post(hold(id, 51)).await, ErrorKind::Conflict);
    let batch = Some(BatchId { job: fresh(), number: 0 });
    let other = Op::Hold { id, amount: Credits(50), batch, lapses_at: None };
    refused(purse.post(other).await, ErrorKind::Conflict);
    assert_eq!(purse.stands().await, (1_000, 50));
}

/// Keys are unique per account *and kind*: a payment and its grant may share a name.
pub(super) async fn one_key_may_name_one_movement_of_each_kind(subject: Subject) {
    let purse = Purse::with(&subject, 0).await;
    let id = fresh();
    let bought = |kind| Op::Credit { kind, key: super::key("k"), amount: Credits(10) };
    purse.done([grant("k", 100), bought(Credit::Purchase), bought(Credit::Recharge)]).await;
    purse.done([hold(id, 50), capture(id, "k", 5), refund("k", "k"), expire("k", "k", 20)]).await;
    assert_eq!(purse.stands().await, (100, 45));
}

/// A batch that was taken over charges the same step against its new hold: once is enough.
pub(super) async fn a_key_is_captured_once_whatever_the_hold(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let (old, new) = (fresh(), fresh());
    purse.done([hold(old, 30), hold(new, 30)]).await;
    let first = purse.post(capture(old, "step", 10)).await.unwrap();
    assert_eq!(purse.post(capture(new, "step", 10)).await.unwrap(), first);
    purse.done([void(old)]).await;
    assert_eq!(purse.post(capture(old, "step", 10)).await.unwrap(), first, "closed since");
    assert_eq!(purse.stands().await, (90, 30));
}

/// What was given back to the account may be promised to somebody else by now.
pub(super) async fn a_capture_of_a_closed_hold_is_refused(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let id = fresh();
    purse.done([hold(id, 30), void(id)]).await;
    refused(purse.post(capture(id, "step", 10)).await, ErrorKind::Conflict);
    assert_eq!(purse.stands().await, (100, 0));
}

/// A hold that is closed stays closed: its id never sets anything aside again.
pub(super) async fn a_hold_closes_once(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let id = fresh();
    purse.done([hold(id, 30), void(id), hold(fresh(), 20)]).await;
    let closed = purse.post(void(id)).await.unwrap();
    assert_eq!(purse.post(hold(id, 30)).await.unwrap(), closed, "a repeat of its opening");
    assert_eq!(purse.stands().await, (100, 20));
}

/// A refund gives back what was taken, to the thousandth.
pub(super) async fn p045_refund_equals_debit(subject: Subject) {
    let purse = Purse::with(&subject, 1_000).await;
    let id = fresh();
    purse.done([hold(id, 900)]).await;
    for (number, amount) in [1, 2, 3, 499].into_iter().enumerate() {
        let (step, back) = (format!("step-{number}"), format!("back-{number}"));
        purse.done([capture(id, &step, amount)]).await;
        let receipt = purse.post(refund(&back, &step)).await.unwrap();
        assert_eq!(receipt.entry().unwrap().amount, Credits(amount));
        assert_eq!(receipt.entry().unwrap().of, Some(super::key(&step)));
    }
    assert_eq!(purse.stands().await.0, 1_000);
}

/// What was set aside and not spent is there again, in the step that closes the hold.
pub(super) async fn p045_void_returns_what_was_not_captured(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let id = fresh();
    purse.done([hold(id, 60), capture(id, "a", 10), capture(id, "b", 15)]).await;
    assert_eq!(purse.stands().await, (75, 35));
    let receipt = purse.post(void(id)).await.unwrap();
    let closed = receipt.hold().unwrap();
    assert_eq!((closed.amount, closed.captured), (Credits(60), Credits(25)));
    assert_eq!(purse.stands().await, (75, 0));
}

/// Each item of a call stands for itself.
pub(super) async fn a_bad_item_does_not_touch_its_neighbours(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let id = fresh();
    let ops = vec![
        hold(id, 50),
        capture(fresh(), "nobody", 1),
        capture(id, "step", 20),
        grant("zero", 0),
        refund("back", "nothing"),
        grant("bonus", 5),
    ];
    let results = subject.store.post(purse.workspace, ops).await.unwrap();
    let kinds: Vec<_> =
        results.iter().map(|it| it.as_ref().err().map(morket_core::Error::kind)).collect();
    let (missing, invalid) = (Some(ErrorKind::NotFound), Some(ErrorKind::Validation));
    assert_eq!(kinds, [None, missing, None, invalid, missing, None]);
    assert!(matches!(&results[0], Ok(Receipt::Hold(hold)) if hold.id == id), "in input order");
    assert_eq!(purse.stands().await, (85, 30));
}

/// What was never written cannot be moved, given back or expired.
pub(super) async fn what_is_not_there_is_not_found(subject: Subject) {
    let purse = Purse::with(&subject, 100).await;
    let bought =
        Op::Credit { kind: Credit::Purchase, key: super::key("bought"), amount: Credits(10) };
    purse.done([bought]).await;
    for op in [
        void(fresh()),
        capture(fresh(), "step", 1),
        refund("back", "step"),
        refund("back", "opening"),
        expire("old", "never", 1),
        expire("old", "bought", 1),
    ] {
        refused(purse.post(op).await, ErrorKind::NotFound);
    }
    refused(subject.store.hold(purse.workspace, fresh()).await, ErrorKind::NotFound);
}
