//! What becomes of a batch when its worker is finished with it, and of the job with its last one.

use super::{Desk, TTL, answer, answered, call, result};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    Credits, ErrorKind,
    job::{Answered, CallState, Closing, JobState, RecordStatus, Settled},
    ledger::HoldState,
};

/// The whole settlement is refused, and the vendor's spend is all that is left of it.
pub(super) async fn done_with_an_open_record_is_refused(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    let new = call();
    desk.mark(lease, std::slice::from_ref(&new)).await;
    let spent = Some(result(new.id, CallState::Settled, 7));
    let item = Answered { call: spent, ..answer(0, Some(new.id)) };
    refused(desk.settle(lease, vec![item], Some(Closing::Done)).await, ErrorKind::Conflict);
    assert_eq!(desk.statuses().await, [RecordStatus::Pending; 2]);
    assert_eq!(subject.store.cells(desk.workspace, desk.job, 0..2).await.unwrap(), []);
    assert_eq!(desk.spent().await, 7);
    desk.finish(lease).await;
}

/// Nobody works on it any more, and what was set aside for it is there again.
pub(super) async fn done_closes_the_batch_and_its_hold(subject: Subject) {
    let desk = Desk::sealed(&subject, 1_001).await;
    let mut leases = [desk.claim().await.lease, desk.claim().await.lease];
    leases.sort_by_key(|lease| lease.batch.number);
    let hold = desk.funded(leases[1], 40).await;
    let closed = desk.finish(leases[1]).await;
    assert_eq!(closed.finished, None, "the other batch is still open");
    let found = subject.store.hold(desk.workspace, hold).await.unwrap();
    assert_eq!((found.state, desk.money().await), (HoldState::Voided, (1_000, 0)));
    desk.outlast().await;
    assert_eq!(desk.claim().await.lease.batch.number, 0);
    assert_eq!(desk.try_claim().await, None);
}

/// Without waiting for the lease to end, and without a hold.
pub(super) async fn a_released_batch_is_given_at_once(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    desk.funded(lease, 40).await;
    let item = answer(0, None);
    let (_, closed) = desk.applied(lease, vec![item], Some(Closing::Release)).await;
    assert_eq!(closed.map(|it| it.finished), Some(None));
    assert_eq!(desk.money().await, (1_000, 0));
    let next = desk.claim().await;
    assert!(next.lease.fence > lease.fence && next.hold.is_none());
    assert_eq!(desk.statuses().await, [RecordStatus::Success, RecordStatus::Pending]);
}

/// Undecided calls stay paid for, to the thousandth.
pub(super) async fn a_parked_batch_keeps_what_it_names(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let old = desk.funded(lease, 40).await;
    let next = fresh();
    let on = vec!["hunter:out_of_credits".into()];
    let closing = Closing::Park { wake_in: Some(TTL), on, next_hold: Some((next, Credits(15))) };
    desk.applied(lease, vec![], Some(closing)).await;
    assert_eq!(desk.money().await, (1_000, 15));
    let found = subject.store.hold(desk.workspace, old).await.unwrap();
    assert_eq!(found.state, HoldState::Voided);
    desk.outlast().await;
    let claimed = desk.claim().await;
    let hold = claimed.hold.unwrap();
    assert_eq!((hold.id, hold.amount, hold.batch), (next, Credits(15), Some(lease.batch)));
    desk.park(claimed.lease, None, "nothing").await;
    assert_eq!(desk.money().await, (1_000, 0), "what it does not name it does not keep");
}

/// Success and skipped complete it, failures alone fail it, a mixture is partial.
pub(super) async fn p066_the_end_follows_from_the_records(subject: Subject) {
    // method: exhaustive
    use RecordStatus::{Failed, Skipped, Success};
    let all = [Success, Failed, Skipped];
    for first in all {
        for second in all {
            for third in all {
                let records = [first, second, third];
                let expected = match records.iter().filter(|it| **it == Failed).count() {
                    0 => JobState::Completed,
                    3 => JobState::Failed,
                    _ => JobState::PartiallyCompleted,
                };
                let desk = Desk::sealed(&subject, 3).await;
                let lease = desk.claim().await.lease;
                let item = answered((0..).zip(records));
                desk.applied(lease, vec![item], Some(Closing::Done)).await;
                assert_eq!(desk.job().await.state, expected, "{records:?}");
            }
        }
    }
}

/// One event, with an identity that follows from the job, in the step that ends it.
pub(super) async fn p079_the_last_batch_tells_of_the_end_once(subject: Subject) {
    let desk = Desk::sealed(&subject, 1_001).await;
    let leases = [desk.claim().await.lease, desk.claim().await.lease];
    desk.finish(leases[0]).await;
    assert_eq!(desk.ends().await, []);
    assert_eq!(desk.job().await.state, JobState::Running);
    let finished = desk.finish(leases[1]).await.finished.unwrap();
    assert_eq!(*finished, desk.job().await);
    let counts = finished.counts;
    assert_eq!((counts.success, finished.state), (1_001, JobState::Completed));
    assert!(finished.finished_at >= finished.started_at);
    let due = morket_core::job::terminal_event(desk.job, JobState::Completed, &counts);
    let [told] = &desk.ends().await[..] else { panic!("one end, one event") };
    assert_eq!((told.id, &told.kind, &told.payload), (due.id, &due.kind, &due.payload));
}

/// Neither settling nor cancelling nor claiming reaches it any more.
pub(super) async fn p078_a_finished_job_never_changes(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    desk.finish(lease).await;
    let job = desk.job().await;
    let item = answered([(0, RecordStatus::Failed)]);
    let settled = desk.settle(lease, vec![item], Some(Closing::Done)).await.unwrap();
    assert!(matches!(settled, Settled::Stale { spend_recorded: 0 }), "{settled:?}");
    refused(subject.store.renew_lease(lease, TTL).await, ErrorKind::StaleLease);
    refused(desk.fund(lease, fresh(), &[1]).await, ErrorKind::StaleLease);
    refused(desk.append(1, 1).await, ErrorKind::Conflict);
    desk.outlast().await;
    assert_eq!(desk.try_claim().await, None);
    assert_eq!((desk.job().await, desk.statuses().await), (job, vec![RecordStatus::Success]));
}

/// No credits stay behind.
pub(super) async fn p064_a_finished_job_holds_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 2_001).await;
    let mut paid = 0;
    while let Some(claimed) = desk.try_claim().await {
        let hold = desk.funded(claimed.lease, 100).await;
        let item = desk.charge(answer(claimed.first, None), hold, 7);
        desk.write(claimed.lease, vec![item]).await;
        desk.finish(claimed.lease).await;
        paid += 7;
    }
    assert!(desk.job().await.state.is_terminal());
    assert_eq!((desk.money().await, paid), ((979, 0), 21));
}
