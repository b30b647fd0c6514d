//! Reading jobs, records, cells and steps.

use super::{Desk, TTL, answer, field, jobs_of, provider};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    ErrorKind, JobId, WorkspaceId,
    job::Closing,
    page::{Cursor, Limit},
};
use std::time::Duration;

/// `n` sealed jobs, the newest first, and one that is not sealed.
async fn several(subject: &Subject, n: usize) -> (WorkspaceId, Vec<JobId>) {
    let workspace = subject.workspace(0).await;
    let mut jobs = Vec::new();
    for _ in 0..n {
        jobs.insert(0, another(subject, workspace).await);
    }
    Desk::opened(subject, workspace, Desk::new_job()).await;
    (workspace, jobs)
}

async fn another(subject: &Subject, workspace: WorkspaceId) -> JobId {
    subject.clock.advance(Duration::from_secs(1)).await;
    Desk::sealed_in(subject, workspace, Desk::new_job(), 1).await.job
}

/// Newest first, however it is cut.
pub(super) async fn p200_job_pages_are_complete_for_every_limit(subject: Subject) {
    // method: exhaustive
    let (workspace, jobs) = several(&subject, 5).await;
    for limit in 1..=6 {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let limit = Limit::new(limit).unwrap();
            let page = subject.store.jobs(workspace, after, limit).await.unwrap();
            assert_eq!(page.total, 5);
            seen.extend(page.rows.iter().map(|job| job.id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, jobs, "limit {limit}");
    }
}

/// Jobs that are sealed while one reads stand before what was read.
pub(super) async fn p201_job_pages_stay_stable_under_writes(subject: Subject) {
    let (workspace, jobs) = several(&subject, 4).await;
    let first = subject.store.jobs(workspace, None, Limit::new(2).unwrap()).await.unwrap();
    another(&subject, workspace).await;
    let rest = subject.store.jobs(workspace, first.next, Limit::default()).await.unwrap();
    let seen: Vec<_> = first.rows.iter().chain(&rest.rows).map(|job| job.id).collect();
    assert_eq!(seen, jobs);
}

/// A cursor opens no other workspace's jobs, nor another listing's.
pub(super) async fn p203_a_jobs_cursor_of_another_workspace_is_refused(subject: Subject) {
    let ((ours, _), (theirs, _)) = (several(&subject, 2).await, several(&subject, 2).await);
    let page = subject.store.jobs(theirs, None, Limit::new(1).unwrap()).await.unwrap();
    for bad in [page.next.unwrap(), Cursor::new("another", ours, &[0; 24])] {
        let page = subject.store.jobs(ours, Some(bad), Limit::default()).await;
        refused(page, ErrorKind::Validation);
    }
}

/// Nobody sees another's jobs.
pub(super) async fn p137_jobs_are_those_of_their_workspace(subject: Subject) {
    let ((ours, jobs), _) = (several(&subject, 2).await, several(&subject, 3).await);
    let seen = jobs_of(&subject, ours).await;
    assert_eq!(seen.iter().map(|job| job.id).collect::<Vec<_>>(), jobs);
    assert!(seen.iter().all(|job| job.workspace == ours));
}

/// A range inside, across and beyond the end.
pub(super) async fn records_come_in_input_order(subject: Subject) {
    let desk = Desk::sealed(&subject, 5).await;
    for (range, expected) in [(1..3, vec![1, 2]), (3..9, vec![3, 4]), (5..9, vec![])] {
        let records = subject.store.records(desk.workspace, desk.job, range).await.unwrap();
        assert_eq!(records.iter().map(|it| it.index).collect::<Vec<_>>(), expected);
        assert!(records.iter().all(|it| it.input == serde_json::json!({"n": it.index})));
    }
}

/// Cells by record and field, steps by record, field and provider, whatever came first.
pub(super) async fn cells_and_steps_come_in_order(subject: Subject) {
    let desk = Desk::sealed(&subject, 3).await;
    let lease = desk.claim().await.lease;
    for (index, name, slug) in [(2, "b", "x"), (1, "b", "y"), (1, "a_1", "x"), (1, "b", "x-1")] {
        let mut item = answer(index, None);
        (item.cells[0].field, item.steps[0].field) = (field(name), field(name));
        item.steps[0].provider = provider(slug);
        desk.write(lease, vec![item]).await;
    }
    let cells = subject.store.cells(desk.workspace, desk.job, 0..3).await.unwrap();
    let cells: Vec<_> = cells.iter().map(|it| (it.cell.index, it.cell.field.as_str())).collect();
    assert_eq!(cells, [(1, "a_1"), (1, "b"), (2, "b")]);
    let steps = subject.store.steps(desk.workspace, desk.job, 1..2).await.unwrap();
    let steps: Vec<_> =
        steps.iter().map(|it| (it.step.field.as_str(), it.step.provider.as_str())).collect();
    assert_eq!(steps, [("a_1", "x"), ("b", "x-1"), ("b", "y")]);
}

/// For how long nobody has worked on a job, to the minute.
async fn left(desk: &Desk) -> Option<u64> {
    let told = desk.subject.store.left_for(desk.workspace, vec![desk.job]).await.unwrap();
    assert_eq!(told.len(), 1);
    told[0].map(|it| it.as_secs() / 60)
}

pub(super) async fn a_job_that_was_left_is_told_from_one_that_runs(subject: Subject) {
    let minutes = |n: u64| Duration::from_secs(n * 60 + 20);
    let desk = Desk::sealed(&subject, 1_001).await;
    assert_eq!(left(&desk).await, None, "nobody has begun it");
    let (one, _) = (desk.claim().await.lease, desk.claim().await.lease);
    assert_eq!(left(&desk).await, None, "two are at work");
    desk.applied(one, vec![], Some(Closing::Release)).await;
    assert_eq!(left(&desk).await, None, "one is at work");
    subject.clock.advance(TTL + minutes(3)).await;
    assert_eq!(left(&desk).await, Some(3), "since the last lease ended");
    let one = desk.claim().await.lease;
    assert_eq!(left(&desk).await, None, "somebody came back");
    desk.park(one, Some(minutes(30)), "hunter:limit").await;
    assert_eq!(left(&desk).await, None, "it sleeps");
    subject.clock.advance(minutes(30) + minutes(1)).await;
    assert_eq!(left(&desk).await, Some(1), "nobody takes it up");
    desk.park(desk.claim().await.lease, None, "hunter:auth").await;
    subject.clock.advance(minutes(60)).await;
    assert!(left(&desk).await.is_none(), "it waits to be woken");
    let foreign = Desk { workspace: subject.workspace(0).await, ..desk.clone() };
    subject.store.cancel_job(desk.workspace, desk.job).await.unwrap();
    assert_eq!(left(&desk).await, None, "it has ended");
    assert_eq!(left(&foreign).await, None);
}

pub(super) async fn p130_who_left_a_foreign_job_is_not_told(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    desk.applied(desk.claim().await.lease, vec![], Some(Closing::Release)).await;
    let opened = Desk::opened(&subject, desk.workspace, Desk::new_job()).await;
    let foreign = Desk { workspace: subject.workspace(0).await, ..desk.clone() };
    let unknown = Desk { job: fresh(), ..desk.clone() };
    assert_eq!(left(&desk).await, Some(0));
    for (who, other) in [("unsealed", opened), ("foreign", foreign), ("unknown", unknown)] {
        assert_eq!(left(&other).await, None, "{who}");
    }
    let all = vec![fresh(), desk.job, fresh()];
    let told = subject.store.left_for(desk.workspace, all).await.unwrap();
    assert!(matches!(told[..], [None, Some(_), None]), "in their order: {told:?}");
}
