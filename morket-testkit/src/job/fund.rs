//! Setting credits aside for a batch.

use super::{Desk, TTL, answered};
use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{
    Credits, ErrorKind,
    job::{Closing, RecordStatus},
    ledger::LedgerExt,
};

/// As many prices as can be paid, from the first on.
pub(super) async fn funding_covers_the_longest_affordable_prefix(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let hold = fresh();
    let funded = desk.fund(lease, hold, &[400, 600, 600, 5]).await.unwrap();
    let found = subject.store.hold(desk.workspace, hold).await.unwrap();
    assert_eq!((found.amount, found.batch), (Credits(1_000), Some(lease.batch)));
    assert_eq!(funded.hold, Some(found));
    assert_eq!((funded.covered, funded.missing), (2, Credits(605)));
    assert_eq!(desk.money().await, (1_000, 1_000));
}

/// Nothing is set aside for work that cannot begin.
pub(super) async fn funding_that_covers_nothing_opens_no_hold(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    desk.subject.store.set_aside(desk.workspace, fresh(), Credits(995)).await.unwrap();
    let hold = fresh();
    let funded = desk.fund(lease, hold, &[10, 1]).await.unwrap();
    assert_eq!((funded.hold, funded.covered), (None, 0));
    assert!(funded.missing.is_positive());
    refused(subject.store.hold(desk.workspace, hold).await, ErrorKind::NotFound);
    assert_eq!(desk.money().await, (1_000, 995));
}

/// Two holds for one batch could pay for one step twice.
pub(super) async fn a_refill_takes_the_place_of_the_hold_before(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let first = desk.funded(lease, 40).await;
    let second = fresh();
    // What the first set aside pays for the second: only together do they fit.
    let funded = desk.fund(lease, second, &[990, 10, 1]).await.unwrap();
    assert_eq!((funded.covered, funded.missing), (2, Credits(1)));
    assert!(!subject.store.hold(desk.workspace, first).await.unwrap().is_open());
    assert_eq!(desk.money().await, (1_000, 1_000));
    refused(desk.fund(lease, first, &[40]).await, ErrorKind::Conflict);
    assert_eq!(desk.money().await, (1_000, 1_000));
}

/// What is in flight stays covered when more cannot be.
pub(super) async fn a_refill_that_covers_nothing_changes_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let first = desk.funded(lease, 40).await;
    let funded = desk.fund(lease, fresh(), &[1_001]).await.unwrap();
    assert_eq!((funded.hold, funded.covered), (None, 0));
    assert!(subject.store.hold(desk.workspace, first).await.unwrap().is_open());
    assert_eq!(desk.money().await, (1_000, 40));
}

/// Whoever lost the answer asks again.
pub(super) async fn funding_again_gets_the_same_hold(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let (lease, hold) = (desk.claim().await.lease, fresh());
    let first = desk.fund(lease, hold, &[40, 30]).await.unwrap();
    let again = desk.fund(lease, hold, &[40, 30]).await.unwrap();
    assert_eq!((again.hold, again.covered), (first.hold, 2));
    assert_eq!(desk.money().await, (1_000, 70));
}

/// What was set aside before a cancel stays so: whoever lost the answer hears of it, and binds
/// charges to what is there.
pub(super) async fn funding_again_beside_a_cancel_gets_the_same_hold(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let (lease, hold) = (desk.claim().await.lease, fresh());
    let first = desk.fund(lease, hold, &[40, 30]).await.unwrap();
    subject.store.cancel_job(desk.workspace, lease.batch.job).await.unwrap();
    let again = desk.fund(lease, hold, &[40, 30]).await.unwrap();
    assert_eq!((again.hold, again.covered), (first.hold, 2));
    refused(desk.fund(lease, fresh(), &[40, 30]).await, ErrorKind::Conflict);
    assert_eq!(desk.money().await, (1_000, 70));
}

/// A hold's id stands for one hold, which is over.
pub(super) async fn a_closed_hold_is_not_opened_again(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let hold = desk.funded(lease, 40).await;
    desk.applied(lease, vec![], Some(Closing::Release)).await;
    let lease = desk.claim().await.lease;
    refused(desk.fund(lease, hold, &[40]).await, ErrorKind::Conflict);
    assert_eq!(desk.money().await, (1_000, 0));
}

/// Whoever lost its lease sets nothing aside, ended or taken over.
pub(super) async fn p072_funding_under_an_old_fence_holds_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let old = desk.claim().await.lease;
    desk.outlast().await;
    refused(desk.fund(old, fresh(), &[10]).await, ErrorKind::StaleLease);
    let new = desk.claim().await.lease;
    refused(desk.fund(old, fresh(), &[10]).await, ErrorKind::StaleLease);
    assert_eq!(desk.money().await, (1_000, 0));
    desk.write(new, vec![answered([(0, RecordStatus::Success)])]).await;
}

/// Batches that are funded at once share what there is.
pub(super) async fn p049_funding_at_once_never_overdraws(subject: Subject) {
    // method: race
    let desk = Desk::sealed(&subject, 5_001).await;
    for round in 0..subject.rounds() {
        let mut leases = Vec::new();
        while let Some(claimed) = desk.try_claim().await {
            leases.push(claimed.lease);
        }
        assert_eq!(leases.len(), 6);
        let covered = at_once(leases.len(), |number| {
            let (desk, lease) = (desk.clone(), leases[number]);
            async move { desk.fund(lease, fresh(), &[100, 200]).await.unwrap().covered }
        });
        let held: i64 = covered.await.into_iter().map(|n| [0, 100, 300][n as usize]).sum();
        assert_eq!(desk.money().await, (1_000, held), "round {round}");
        assert!(held > 800, "round {round}: {held} of 1000 is no longest prefix");
        for lease in leases {
            subject.store.renew_lease(lease, TTL).await.unwrap();
            desk.applied(lease, vec![], Some(Closing::Release)).await;
        }
    }
}
