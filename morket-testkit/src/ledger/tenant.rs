//! Whose credits they are.

use super::{Purse, capture, expire, grant, hold, refund, void};
use crate::{Subject, fresh, subject::refused};
use morket_core::{Credits, ErrorKind, ledger::Recharge, page::Limit};

/// Unknown and deleted are the same answer from every method.
pub(super) async fn an_absent_workspace_has_no_ledger(subject: Subject) {
    let store = &subject.store;
    for workspace in subject.absent().await {
        refused(store.post(workspace, vec![grant("g", 1)]).await, ErrorKind::NotFound);
        refused(store.account(workspace).await, ErrorKind::NotFound);
        refused(store.hold(workspace, fresh()).await, ErrorKind::NotFound);
        let page = store.statement(workspace, None, Limit::default()).await;
        refused(page, ErrorKind::NotFound);
        let recharge = Recharge { threshold: Credits(1), amount: Credits(1) };
        refused(store.set_recharge(workspace, Some(recharge)).await, ErrorKind::NotFound);
        refused(store.verify_chain(workspace).await, ErrorKind::NotFound);
    }
}

/// The answer to a stranger is the answer for a hold that does not exist.
pub(super) async fn p130_a_foreign_hold_is_not_found(subject: Subject) {
    let (ours, theirs) = (Purse::with(&subject, 100).await, Purse::with(&subject, 100).await);
    let id = fresh();
    theirs.done([hold(id, 10)]).await;
    let foreign = subject.store.hold(ours.workspace, id).await.unwrap_err();
    let missing = subject.store.hold(ours.workspace, fresh()).await.unwrap_err();
    assert_eq!((foreign.kind(), foreign.message()), (ErrorKind::NotFound, missing.message()));
}

/// Knowing a hold's id is no right to spend it or to close it.
pub(super) async fn a_foreign_hold_cannot_be_moved(subject: Subject) {
    let (ours, theirs) = (Purse::with(&subject, 100).await, Purse::with(&subject, 100).await);
    let id = fresh();
    theirs.done([hold(id, 10)]).await;
    for op in [capture(id, "step", 5), void(id)] {
        refused(ours.post(op).await, ErrorKind::NotFound);
    }
    assert_eq!((ours.stands().await, theirs.stands().await), ((100, 0), (100, 10)));
}

/// Another's capture is not refunded to us, and another's grant does not expire from us.
pub(super) async fn a_foreign_entry_cannot_be_taken_back(subject: Subject) {
    let (ours, theirs) = (Purse::with(&subject, 100).await, Purse::with(&subject, 100).await);
    let id = fresh();
    theirs.done([hold(id, 10), capture(id, "step", 5), grant("bonus", 5)]).await;
    for op in [refund("back", "step"), expire("old", "bonus", 5)] {
        refused(ours.post(op).await, ErrorKind::NotFound);
    }
    assert_eq!((ours.stands().await, theirs.stands().await), ((100, 0), (100, 5)));
}

/// Keys and hold ids belong to their account.
pub(super) async fn the_same_names_in_two_workspaces_are_two_movements(subject: Subject) {
    let purses = [Purse::with(&subject, 100).await, Purse::with(&subject, 100).await];
    let id = fresh();
    for (purse, amount) in purses.iter().zip([10, 20]) {
        purse.done([grant("bonus", amount), hold(id, amount), capture(id, "step", 5)]).await;
        purse.done([refund("back", "step")]).await;
        assert_eq!(purse.stands().await, (100 + amount, amount - 5));
    }
    purses[0].done([void(id)]).await;
    assert_eq!(purses[1].stands().await, (120, 15));
}
