//! Stopping a job: nothing new begins, what is in flight is written down.

use super::{Desk, TTL, answer, answered, call, result};
use crate::{
    Subject, fresh,
    subject::{at_once, refused},
};
use morket_core::{
    ErrorKind,
    job::{
        Answered, CallState, Cancelling, CellStatus, ClaimFilter, Closing, JobState, RecordStatus,
        Settled,
    },
    ledger::HoldState,
};

async fn cancel(desk: &Desk) -> Cancelling {
    desk.subject.store.cancel_job(desk.workspace, desk.job).await.unwrap()
}

/// Ready, parked or never begun: it is over now.
pub(super) async fn cancelling_ends_what_nobody_works_on(subject: Subject) {
    let never = Desk::sealed(&subject, 2).await;
    let parked = Desk::sealed(&subject, 2).await;
    let lease = parked.claim().await.lease;
    parked.write(lease, vec![answered([(0, RecordStatus::Success)])]).await;
    parked.park(lease, None, "a key").await;
    for desk in [never, parked] {
        let kept: Vec<_> =
            desk.statuses().await.into_iter().filter(|it| *it != RecordStatus::Pending).collect();
        let cancelling = cancel(&desk).await;
        assert_eq!((cancelling.leased, cancelling.job.state), (0, JobState::Cancelled));
        assert_eq!(cancelling.job, desk.job().await);
        assert!(cancelling.job.finished_at.is_some() && cancelling.job.waiting.is_empty());
        let statuses = desk.statuses().await;
        assert_eq!(statuses[..kept.len()], kept);
        assert!(statuses[kept.len()..].iter().all(|it| *it == RecordStatus::Cancelled));
        assert_eq!(desk.ends().await.len(), 1);
    }
}

/// Not claimed, not funded, not sent.
pub(super) async fn p069_nothing_starts_after_a_cancel(subject: Subject) {
    let desk = Desk::sealed(&subject, 1_001).await;
    let lease = desk.claim().await.lease;
    assert_eq!(cancel(&desk).await.leased, 1);
    assert_eq!(desk.try_claim().await, None);
    let any = subject.store.claim_batch("suite", TTL, ClaimFilter::All).await.unwrap();
    assert_eq!(any, None);
    refused(desk.fund(lease, fresh(), &[1]).await, ErrorKind::Conflict);
    let mark = subject.store.mark_sent(lease, vec![call()]).await;
    refused(mark, ErrorKind::Conflict);
    assert_eq!((desk.money().await, desk.spent().await), ((1_000, 0), 0));
    desk.outlast().await;
    assert_eq!(desk.try_claim().await, None, "nor when the lease has ended");
}

/// The job ends with its last worker.
pub(super) async fn a_leased_batch_ends_when_its_worker_lets_go(subject: Subject) {
    let desk = Desk::sealed(&subject, 1_001).await;
    let lease = desk.claim().await.lease;
    let cancelling = cancel(&desk).await;
    assert_eq!((cancelling.leased, cancelling.job.state), (1, JobState::Running));
    assert!(cancelling.job.cancel_requested_at.is_some());
    assert_eq!(desk.ends().await, []);
    let done = answered((0..1_000).map(|index| (index, RecordStatus::Success)));
    let (_, closed) = desk.applied(lease, vec![done], Some(Closing::Done)).await;
    let finished = closed.unwrap().finished.unwrap();
    assert_eq!(finished.state, JobState::Cancelled);
    assert_eq!((finished.counts.success, finished.counts.cancelled), (1_000, 1));
    assert_eq!(desk.ends().await.len(), 1);
}

/// What was paid for is not thrown away.
pub(super) async fn a_worker_may_settle_what_is_in_flight(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    let hold = desk.funded(lease, 50).await;
    let new = call();
    desk.mark(lease, std::slice::from_ref(&new)).await;
    cancel(&desk).await;
    let mut item = desk.charge(answer(0, Some(new.id)), hold, 20);
    item.call = Some(result(new.id, CallState::Settled, 7));
    desk.write(lease, vec![item]).await;
    assert_eq!((desk.money().await, desk.spent().await), ((980, 30), 7));
    assert_eq!(desk.statuses().await, [RecordStatus::Success, RecordStatus::Pending]);
}

/// Nobody will come back to a cell that was only noted.
pub(super) async fn cancelling_ends_the_open_cells_of_open_records(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    let mut noted = answer(0, None);
    noted.records.clear();
    noted.cells[0].status = CellStatus::Pending;
    desk.write(lease, vec![noted, answer(1, None)]).await;
    desk.applied(lease, vec![], Some(Closing::Release)).await;
    cancel(&desk).await;
    let cells = subject.store.cells(desk.workspace, desk.job, 0..2).await.unwrap();
    let statuses: Vec<CellStatus> = cells.iter().map(|it| it.cell.status).collect();
    assert_eq!(statuses, [CellStatus::Cancelled, CellStatus::Found]);
}

/// There is nobody to hand it on to.
pub(super) async fn parking_or_releasing_a_cancelled_batch_ends_it(subject: Subject) {
    let park = |id| Closing::Park {
        wake_in: None,
        on: vec!["a key".into()],
        next_hold: Some((id, morket_core::Credits(5))),
    };
    for closing in [Closing::Release, park(fresh())] {
        let desk = Desk::sealed(&subject, 2).await;
        let lease = desk.claim().await.lease;
        desk.funded(lease, 50).await;
        cancel(&desk).await;
        let item = answered([(0, RecordStatus::Success)]);
        let (_, closed) = desk.applied(lease, vec![item], Some(closing)).await;
        assert_eq!(closed.unwrap().finished.unwrap().state, JobState::Cancelled);
        assert_eq!(desk.statuses().await, [RecordStatus::Success, RecordStatus::Cancelled]);
        assert_eq!((desk.money().await, desk.ends().await.len()), ((1_000, 0), 1));
    }
}

/// Its worker may be asleep; when it wakes, what it decided no longer counts.
pub(super) async fn a_lease_that_ended_is_fenced_by_the_cancel(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    desk.outlast().await;
    let cancelling = cancel(&desk).await;
    assert_eq!((cancelling.leased, cancelling.job.state), (0, JobState::Cancelled));
    let item = answered([(0, RecordStatus::Success)]);
    let settled = desk.settle(lease, vec![item], None).await.unwrap();
    assert!(matches!(settled, Settled::Stale { .. }), "{settled:?}");
    assert_eq!(desk.statuses().await, [RecordStatus::Cancelled]);
}

/// Two people press the same button.
pub(super) async fn p070_cancelling_again_changes_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 1_001).await;
    let lease = desk.claim().await.lease;
    let first = cancel(&desk).await;
    subject.clock.advance(TTL / 10).await;
    assert_eq!(cancel(&desk).await, first, "while a worker has it");
    desk.applied(lease, vec![], Some(Closing::Release)).await;
    let ended = cancel(&desk).await;
    subject.clock.advance(TTL / 10).await;
    assert_eq!(cancel(&desk).await, ended, "and when it is over");
    assert_eq!((ended.leased, desk.ends().await.len()), (0, 1));
}

/// It came too late.
pub(super) async fn p070_cancelling_a_finished_job_changes_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    desk.finish(desk.claim().await.lease).await;
    let job = desk.job().await;
    for _ in 0..2 {
        assert_eq!(cancel(&desk).await, Cancelling { job: job.clone(), leased: 0 });
    }
    assert_eq!((desk.job().await, desk.ends().await.len()), (job, 1));
}

/// What was set aside and not spent, in the step that ends the batch.
pub(super) async fn p064_cancelling_returns_what_was_held(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    let hold = desk.funded(lease, 50).await;
    desk.write(lease, vec![desk.charge(answer(0, None), hold, 20)]).await;
    desk.outlast().await;
    cancel(&desk).await;
    assert_eq!(desk.money().await, (980, 0));
    let found = subject.store.hold(desk.workspace, hold).await.unwrap();
    assert_ne!(found.state, HoldState::Open);
}

/// The answer to a stranger is the answer for a job that does not exist.
pub(super) async fn p130_a_foreign_job_is_not_cancelled(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let stranger = subject.workspace(0).await;
    refused(subject.store.cancel_job(stranger, desk.job).await, ErrorKind::NotFound);
    refused(subject.store.cancel_job(desk.workspace, fresh()).await, ErrorKind::NotFound);
    for absent in subject.absent().await {
        refused(subject.store.cancel_job(absent, desk.job).await, ErrorKind::NotFound);
    }
    assert!(desk.try_claim().await.is_some());
}

/// Whoever comes first, the job ends once and says so once.
pub(super) async fn p079_cancel_and_settle_at_once_tell_of_one_end(subject: Subject) {
    // method: race
    for round in 0..subject.rounds() {
        let desk = Desk::sealed(&subject, 1).await;
        let lease = desk.claim().await.lease;
        at_once(4, |number| {
            let desk = desk.clone();
            async move {
                if number == 0 {
                    let item = Answered {
                        records: vec![(0, RecordStatus::Success)],
                        ..Answered::default()
                    };
                    desk.applied(lease, vec![item], Some(Closing::Done)).await;
                } else {
                    cancel(&desk).await;
                }
            }
        })
        .await;
        let (job, ends) = (desk.job().await, desk.ends().await);
        assert_eq!((job.state, ends.len()), (JobState::Completed, 1), "round {round}");
        assert_eq!(ends[0].kind, "job.completed");
    }
}
