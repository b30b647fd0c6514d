//! Who may work on a batch.

use super::{Desk, TTL, answered};
use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind, JobId,
    job::{BatchId, ClaimFilter, Closing, Dispatch, JobState, NewJob, RecordStatus, Settled},
};
use std::{collections::BTreeSet, time::Duration};

/// Of many workers at once, each batch goes to one.
pub(super) async fn p073_one_batch_has_one_lease(subject: Subject) {
    // method: race
    let desk = Desk::sealed(&subject, 3_001).await;
    for round in 0..subject.rounds() {
        let claimed = at_once(12, |_| {
            let desk = desk.clone();
            async move { desk.try_claim().await.map(|it| it.lease.batch.number) }
        });
        let claimed: Vec<_> = claimed.await.into_iter().flatten().collect();
        let distinct: BTreeSet<_> = claimed.iter().copied().collect();
        assert_eq!((claimed.len(), distinct.len()), (4, 4), "round {round}: {claimed:?}");
        desk.outlast().await;
    }
}

/// A worker that died must not keep its batch.
pub(super) async fn a_lease_that_ended_is_given_again_under_a_higher_fence(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let first = desk.claim().await.lease;
    subject.clock.advance(TTL / 2).await;
    assert_eq!(desk.try_claim().await, None, "while it runs");
    subject.clock.advance(TTL).await;
    let second = desk.claim().await.lease;
    assert_eq!(second.batch, first.batch);
    assert!(second.fence > first.fence && second.until > first.until);
}

/// Not before, and without a time not at all.
pub(super) async fn a_parked_batch_is_given_when_its_time_has_come(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let first = desk.claim().await.lease;
    desk.park(first, Some(TTL * 4), "later").await;
    subject.clock.advance(TTL * 3).await;
    assert_eq!(desk.try_claim().await, None);
    subject.clock.advance(TTL * 2).await;
    let second = desk.claim().await.lease;
    assert!(second.fence > first.fence);
    desk.park(second, None, "a call").await;
    subject.clock.advance(TTL * 100).await;
    assert_eq!(desk.try_claim().await, None);
}

/// An attended job waits for its creator.
pub(super) async fn an_attended_job_is_given_to_who_names_it(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let new = NewJob { dispatch: Dispatch::Attended, ..Desk::new_job() };
    let desk = Desk::sealed_in(&subject, workspace, new, 1).await;
    let claim = |filter| subject.store.claim_batch("suite", TTL, filter);
    assert_eq!(claim(ClaimFilter::Queued).await.unwrap(), None);
    assert_eq!(claim(ClaimFilter::Job(fresh())).await.unwrap(), None);
    let batch = BatchId { job: desk.job, number: 0 };
    for filter in [ClaimFilter::Job(desk.job), ClaimFilter::All] {
        assert_eq!(claim(filter).await.unwrap().unwrap().lease.batch, batch, "{filter:?}");
        desk.outlast().await;
    }
}

/// A huge job of one does not keep a small one of another waiting.
pub(super) async fn p082_the_workspace_with_fewer_leases_comes_first(subject: Subject) {
    let huge = Desk::sealed(&subject, 3_500).await;
    for _ in 0..2 {
        huge.claim().await;
    }
    subject.clock.advance(Duration::from_secs(1)).await;
    let small = Desk::sealed(&subject, 10).await;
    let mut order: Vec<JobId> = Vec::new();
    while let Some(claimed) =
        subject.store.claim_batch("suite", TTL, ClaimFilter::Queued).await.unwrap()
    {
        order.push(claimed.lease.batch.job);
    }
    assert_eq!(order, [small.job, huge.job, huge.job]);
}

/// Begun by nobody, for a workspace for which nothing that was begun is to be gone on with.
pub(super) async fn p082_a_newcomer_is_told_from_others(subject: Subject) {
    let store = &subject.store;
    let newcomers = |attended| async move {
        let filter = ClaimFilter::Newcomers { attended };
        let claimed = store.claim_batch("suite", TTL, filter).await.unwrap();
        claimed.map(|it| it.lease.batch.job)
    };
    let workspace = subject.workspace(0).await;
    let huge = Desk::sealed_in(&subject, workspace, Desk::new_job(), 1_001).await;
    let first = huge.claim().await;
    let beside = Desk::sealed_in(&subject, workspace, Desk::new_job(), 1).await;
    assert_eq!(newcomers(true).await, None, "its workspace has a worker");
    let own = subject.workspace(0).await;
    let attended = NewJob { dispatch: Dispatch::Attended, ..Desk::new_job() };
    let attended = Desk::sealed_in(&subject, own, attended, 1).await;
    let queued = Desk::sealed(&subject, 1_001).await;
    assert_eq!(newcomers(false).await, Some(queued.job));
    assert_eq!(newcomers(false).await, None, "it is begun");
    assert_eq!(newcomers(true).await, Some(attended.job));
    huge.applied(first.lease, vec![], Some(Closing::Release)).await;
    assert_eq!(newcomers(false).await, None, "what was given back comes first");
    let again = huge.claim().await;
    huge.park(again.lease, None, "a key").await;
    assert_eq!(newcomers(false).await, Some(beside.job), "what sleeps may sleep on");
}

/// From then on it runs, since then.
pub(super) async fn the_first_claim_starts_the_job(subject: Subject) {
    let desk = Desk::sealed(&subject, 1_001).await;
    let claimed = desk.claim().await;
    assert!(claimed.lease.until > subject.clock.now().await && claimed.hold.is_none());
    let started = desk.job().await;
    assert_eq!(started.state, JobState::Running);
    assert!(started.started_at >= started.sealed_at);
    subject.clock.advance(Duration::from_secs(1)).await;
    desk.claim().await;
    assert_eq!(desk.job().await, started);
}

/// It is adopted, not opened again.
pub(super) async fn an_open_hold_comes_with_the_claim(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let hold = desk.funded(desk.claim().await.lease, 40).await;
    desk.outlast().await;
    let adopted = desk.claim().await.hold.unwrap();
    assert_eq!(adopted, subject.store.hold(desk.workspace, hold).await.unwrap());
    assert_eq!(desk.money().await, (1_000, 40));
}

/// A worker that lives says so.
pub(super) async fn a_renewed_lease_lasts(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let mut lease = desk.claim().await.lease;
    for _ in 0..3 {
        subject.clock.advance(TTL / 2).await;
        let renewed = subject.store.renew_lease(lease, TTL).await.unwrap();
        assert_eq!((renewed.fence, renewed.batch), (lease.fence, lease.batch));
        assert!(renewed.until > lease.until);
        lease = renewed;
    }
    assert_eq!(desk.try_claim().await, None);
    desk.write(lease, vec![answered([(0, RecordStatus::Success)])]).await;
}

/// It may be somebody else's by now, and nobody looks before saying so.
pub(super) async fn p072_a_lease_that_ended_is_not_renewed(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    desk.outlast().await;
    refused(subject.store.renew_lease(lease, TTL).await, ErrorKind::StaleLease);
    desk.claim().await;
}

/// An old fence stays old, though somebody's lease runs.
pub(super) async fn p072_a_lease_that_was_taken_over_is_not_renewed(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let old = desk.claim().await.lease;
    desk.applied(old, vec![], Some(Closing::Release)).await;
    let new = desk.claim().await.lease;
    refused(subject.store.renew_lease(old, TTL).await, ErrorKind::StaleLease);
    subject.store.renew_lease(new, TTL).await.unwrap();
}

/// A lease names its workspace, its batch and its fence; none of them may be guessed.
pub(super) async fn a_lease_of_an_unknown_job_is_stale(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let mut right = desk.claim().await.lease;
    right.until = right.until + TTL;
    let (mut job, mut number, mut fence, mut tenant) = (right, right, right, right);
    job.batch.job = fresh();
    number.batch.number = 1;
    fence.fence += 1;
    tenant.workspace = subject.workspace(0).await;
    for wrong in [job, number, fence, tenant] {
        refused(subject.store.renew_lease(wrong, TTL).await, ErrorKind::StaleLease);
        refused(subject.store.open_calls(wrong).await, ErrorKind::StaleLease);
        refused(desk.fund(wrong, fresh(), &[1]).await, ErrorKind::StaleLease);
        let settled = desk.settle(wrong, vec![], None).await.unwrap();
        assert!(matches!(settled, Settled::Stale { spend_recorded: 0 }), "{settled:?}");
    }
    subject.store.renew_lease(right, TTL).await.unwrap();
}
