//! Building a job: nobody sees it before it is whole.

use super::{Desk, jobs_of};
use crate::{
    Subject, fresh,
    subject::{created, named, refused},
};
use morket_core::{
    Credits, ErrorKind, JobId, WorkspaceId,
    job::{BASE, ClaimFilter, Counts, Dispatch, JobState, NewJob, RecordStatus, Wake},
    page::Limit,
};
use serde_json::json;

/// Half a job is no job.
pub(super) async fn an_unsealed_job_is_seen_by_nobody(subject: Subject) {
    let desk = Desk::opened(&subject, subject.workspace(0).await, Desk::new_job()).await;
    desk.append_all(2).await;
    refused(subject.store.job(desk.workspace, desk.job).await, ErrorKind::NotFound);
    assert_eq!(jobs_of(&subject, desk.workspace).await, []);
    assert_eq!(desk.try_claim().await, None);
    let any = subject.store.claim_batch("suite", super::TTL, ClaimFilter::All).await;
    assert_eq!(any.unwrap(), None);
    desk.seal(2).await.unwrap();
    assert_eq!(jobs_of(&subject, desk.workspace).await, [desk.job().await]);
}

/// Whoever lost the answer asks again, before and after the seal.
pub(super) async fn opening_again_changes_nothing(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let new = Desk::new_job();
    let desk = Desk::opened(&subject, workspace, new.clone()).await;
    desk.append_all(1).await;
    subject.store.open_job(workspace, new.clone()).await.unwrap();
    let sealed = desk.seal(1).await.unwrap();
    subject.store.open_job(workspace, new).await.unwrap();
    assert_eq!(desk.job().await, sealed);
}

/// A job's id stands for what it was opened with.
pub(super) async fn a_job_id_that_names_another_job_is_refused(subject: Subject) {
    let workspace = subject.workspace(100).await;
    let new = Desk::new_job();
    let desk = Desk::opened(&subject, workspace, new.clone()).await;
    for other in [
        NewJob { name: None, ..new.clone() },
        NewJob { plan: json!({"fields": []}), ..new.clone() },
        NewJob { dispatch: Dispatch::Attended, ..new.clone() },
        NewJob { worst_case: Credits(1), ..new.clone() },
        NewJob { created_by: Some(fresh()), ..new.clone() },
        NewJob { retry_of: Some(fresh()), ..new.clone() },
        NewJob { base: Some(ended(&subject, workspace, 1).await), ..new.clone() },
    ] {
        refused(subject.store.open_job(workspace, other).await, ErrorKind::Conflict);
    }
    desk.append_all(1).await;
    assert_eq!(desk.seal(1).await.unwrap().plan, new.plan);
}

/// An append whose answer was lost is sent again.
pub(super) async fn appending_again_changes_nothing(subject: Subject) {
    let desk = Desk::opened(&subject, subject.workspace(0).await, Desk::new_job()).await;
    assert_eq!(desk.append(0, 3).await.unwrap(), 3);
    assert_eq!(desk.append(3, 2).await.unwrap(), 5);
    assert_eq!(desk.append(3, 2).await.unwrap(), 5);
    assert_eq!(desk.append(0, 3).await.unwrap(), 5);
    assert_eq!(desk.seal(5).await.unwrap().counts.total, 5);
}

/// Neither gaps, nor other records in taken places, nor none, nor too many.
pub(super) async fn records_that_do_not_fit_are_refused(subject: Subject) {
    let desk = Desk::opened(&subject, subject.workspace(0).await, Desk::new_job()).await;
    desk.append_all(2).await;
    let other = vec![json!({"n": 7})];
    let append = subject.store.append_records(desk.workspace, desk.job, 1, other).await;
    refused(append, ErrorKind::Conflict);
    refused(desk.append(3, 1).await, ErrorKind::Validation);
    refused(desk.append(2, 0).await, ErrorKind::Validation);
    refused(desk.append(2, 1_001).await, ErrorKind::Validation);
    assert_eq!(desk.seal(2).await.unwrap().counts.total, 2);
}

/// Workers count on what they were given.
pub(super) async fn a_sealed_job_takes_no_more_records(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    refused(desk.append(2, 1).await, ErrorKind::Conflict);
    assert_eq!(desk.statuses().await.len(), 2);
}

/// Unknown and deleted are the same answer.
pub(super) async fn a_job_of_an_absent_workspace_is_not_found(subject: Subject) {
    for workspace in subject.absent().await {
        let open = subject.store.open_job(workspace, Desk::new_job()).await;
        refused(open, ErrorKind::NotFound);
        let desk = Desk { subject: subject.clone(), workspace, job: fresh() };
        refused(desk.append(0, 1).await, ErrorKind::NotFound);
        refused(desk.seal(1).await, ErrorKind::NotFound);
        let store = &subject.store;
        refused(store.job(workspace, desk.job).await, ErrorKind::NotFound);
        refused(store.jobs(workspace, None, Limit::default()).await, ErrorKind::NotFound);
        refused(store.wake(workspace, Wake::Job(desk.job)).await, ErrorKind::NotFound);
        refused(store.lookups(workspace, vec![[1; 32]]).await, ErrorKind::NotFound);
    }
}

/// Batches hold at most a thousand, are as few as that allows, and are the input in order.
pub(super) async fn p068_batches_are_the_input_in_order(subject: Subject) {
    // method: exhaustive
    let sizes: [(u32, &[u32]); 5] = [
        (1, &[1]),
        (999, &[999]),
        (1_000, &[1_000]),
        (1_001, &[1_000, 1]),
        (2_500, &[1_000, 1_000, 500]),
    ];
    for (n, expected) in sizes {
        let desk = Desk::sealed(&subject, n).await;
        let mut batches = Vec::new();
        while let Some(claimed) = desk.try_claim().await {
            batches.push((claimed.lease.batch.number, claimed.first, claimed.size));
        }
        batches.sort_unstable();
        let numbers = 0..u32::try_from(expected.len()).unwrap();
        let expected = numbers.zip(expected).map(|(number, size)| (number, number * 1_000, *size));
        assert_eq!(batches, expected.collect::<Vec<_>>(), "{n} records");
        let records = subject.store.records(desk.workspace, desk.job, n - 1..n).await.unwrap();
        assert_eq!((records[0].index, &records[0].input), (n - 1, &json!({"n": n - 1})));
    }
}

/// There is nothing to do for nobody.
pub(super) async fn p068_a_job_without_records_is_refused(subject: Subject) {
    let desk = Desk::opened(&subject, subject.workspace(0).await, Desk::new_job()).await;
    refused(desk.seal(0).await, ErrorKind::Validation);
    refused(subject.store.job(desk.workspace, desk.job).await, ErrorKind::NotFound);
}

/// A caller that miscounts has lost a record somewhere.
pub(super) async fn a_total_that_differs_is_refused(subject: Subject) {
    let desk = Desk::opened(&subject, subject.workspace(0).await, Desk::new_job()).await;
    desk.append_all(2).await;
    for total in [0, 1, 3] {
        refused(desk.seal(total).await, ErrorKind::Validation);
    }
    refused(subject.store.job(desk.workspace, desk.job).await, ErrorKind::NotFound);
    desk.seal(2).await.unwrap();
}

/// What the workspace cannot pay at worst does not start: no job, no entry, no hold.
pub(super) async fn p061_a_worst_case_that_is_not_covered_is_refused(subject: Subject) {
    let workspace = subject.workspace(100).await;
    let dear = NewJob { worst_case: Credits(101), ..Desk::new_job() };
    let desk = Desk::opened(&subject, workspace, dear).await;
    desk.append_all(1).await;
    let before = subject.store.account(workspace).await.unwrap();
    refused(desk.seal(1).await, ErrorKind::InsufficientCredits);
    refused(subject.store.job(workspace, desk.job).await, ErrorKind::NotFound);
    assert_eq!(desk.try_claim().await, None);
    assert_eq!(subject.store.account(workspace).await.unwrap(), before);
    let fair = NewJob { worst_case: Credits(100), ..Desk::new_job() };
    Desk::sealed_in(&subject, workspace, fair, 1).await;
}

/// Where nobody pays in credits, no job can cost any.
pub(super) async fn an_unmetered_job_has_no_worst_case(subject: Subject) {
    let workspace = subject.store.create_workspace(named("Unmetered"), created()).await.unwrap().id;
    let new = NewJob { worst_case: Credits(1), ..Desk::new_job() };
    let desk = Desk::opened(&subject, workspace, new).await;
    desk.append_all(1).await;
    refused(desk.seal(1).await, ErrorKind::Conflict);
    Desk::sealed_in(&subject, workspace, Desk::new_job(), 1).await;
}

/// Whoever lost the answer asks again.
pub(super) async fn sealing_again_changes_nothing(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let first = desk.job().await;
    assert_eq!(desk.seal(2).await.unwrap(), first);
    let claimed = desk.claim().await;
    assert_eq!(desk.seal(2).await.unwrap(), desk.job().await);
    assert_eq!(desk.try_claim().await, None, "{claimed:?} is the only batch");
}

/// What was asked for is what stands there.
pub(super) async fn a_job_reads_as_it_was_opened(subject: Subject) {
    let workspace = subject.workspace(100).await;
    let new = NewJob {
        dispatch: Dispatch::Attended,
        worst_case: Credits(99),
        created_by: Some(fresh()),
        retry_of: Some(fresh()),
        base: Some(ended(&subject, workspace, 1).await),
        ..Desk::new_job()
    };
    let desk = Desk::sealed_in(&subject, workspace, new.clone(), 3).await;
    let job = desk.job().await;
    assert_eq!((job.id, job.workspace, &job.name), (new.id, workspace, &new.name));
    assert_eq!((&job.plan, job.dispatch, job.worst_case), (&new.plan, new.dispatch, Credits(99)));
    assert_eq!((job.created_by, job.retry_of), (new.created_by, new.retry_of));
    assert_eq!(job.base, new.base);
    let listed = jobs_of(&subject, workspace).await;
    assert!(listed.contains(&job), "{listed:?}");
    assert_eq!((job.state, job.counts), (JobState::Pending, Counts { total: 3, ..job.counts }));
    assert_eq!((job.counts.done(), job.started_at, job.finished_at), (0, None, None));
    assert!(job.sealed_at.is_some_and(|at| at >= job.created_at) && job.waiting.is_empty());
    assert_eq!(desk.statuses().await, [RecordStatus::Pending; 3]);
}

/// The answer to a stranger is the answer for a job that does not exist.
pub(super) async fn p130_a_foreign_job_is_not_found(subject: Subject) {
    let theirs = Desk::sealed(&subject, 1).await;
    let (store, ours) = (&subject.store, subject.workspace(0).await);
    let foreign = store.job(ours, theirs.job).await.unwrap_err();
    let missing = store.job(ours, fresh()).await.unwrap_err();
    assert_eq!((foreign.kind(), foreign.message()), (ErrorKind::NotFound, missing.message()));
    refused(store.records(ours, theirs.job, 0..1).await, ErrorKind::NotFound);
    refused(store.cells(ours, theirs.job, 0..1).await, ErrorKind::NotFound);
    refused(store.steps(ours, theirs.job, 0..1).await, ErrorKind::NotFound);
    let stranger = Desk { workspace: ours, ..theirs.clone() };
    refused(stranger.append(1, 1).await, ErrorKind::NotFound);
    refused(stranger.seal(1).await, ErrorKind::NotFound);
}

/// A job of `n` records that has come to its end without any result.
async fn ended(subject: &Subject, workspace: WorkspaceId, n: u32) -> JobId {
    let desk = Desk::sealed_in(subject, workspace, Desk::new_job(), n).await;
    subject.store.cancel_job(workspace, desk.job).await.unwrap();
    desk.job
}

/// Whoever takes over results takes them from a job of its own that will not change any more, and
/// that is small enough to be read again and again.
pub(super) async fn a_base_has_come_to_its_end(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let on = |base| NewJob { base: Some(base), ..Desk::new_job() };
    let store = &subject.store;
    let unsealed = Desk::opened(&subject, workspace, Desk::new_job()).await;
    let running = Desk::sealed_in(&subject, workspace, Desk::new_job(), 1).await;
    let claimed = running.claim().await;
    let theirs = ended(&subject, subject.workspace(0).await, 1).await;
    let itself = Desk::new_job();
    for (base, kind) in [
        (fresh(), ErrorKind::NotFound),
        (unsealed.job, ErrorKind::NotFound),
        (theirs, ErrorKind::NotFound),
        (running.job, ErrorKind::Conflict),
        (ended(&subject, workspace, BASE + 1).await, ErrorKind::Validation),
    ] {
        let new = on(base);
        refused(store.open_job(workspace, new.clone()).await, kind);
        let append = store.append_records(workspace, new.id, 0, vec![json!({})]).await;
        refused(append, ErrorKind::NotFound);
    }
    let of_itself = NewJob { base: Some(itself.id), ..itself };
    refused(store.open_job(workspace, of_itself).await, ErrorKind::NotFound);
    running.finish(claimed.lease).await;
    let new = on(running.job);
    store.open_job(workspace, new.clone()).await.unwrap();
    store.open_job(workspace, new.clone()).await.unwrap();
    let most = on(ended(&subject, workspace, BASE).await);
    store.open_job(workspace, most).await.unwrap();
}
