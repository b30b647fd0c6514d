//! What holds over whole lives of jobs, whatever happens to them.

use super::{Desk, TTL, answer, answered, call};
use crate::{
    Subject, fresh,
    random::check_all,
    subject::{at_once, refused},
};
use morket_core::{
    Credits, ErrorKind, JobId,
    audit::{Action, NewAudit},
    engine::submit,
    job::{CellRow, ClaimFilter, Closing, Job, JobState, Lease, RecordStatus, Wake},
    page::Limit,
    rbac::Principal,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

/// Something that is done to a job.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Claim,
    Settle(u32, RecordStatus),
    Close,
    Release,
    Park,
    Cancel,
    Wake,
    Outlast,
    Lapse,
    Append,
    Seal,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let ends = prop_oneof![
        Just(RecordStatus::Success),
        Just(RecordStatus::Failed),
        Just(RecordStatus::Skipped)
    ];
    // More likely where it stands more often.
    let rest = prop::sample::select(vec![
        Deed::Claim,
        Deed::Claim,
        Deed::Claim,
        Deed::Close,
        Deed::Close,
        Deed::Release,
        Deed::Park,
        Deed::Cancel,
        Deed::Wake,
        Deed::Outlast,
        Deed::Lapse,
        Deed::Append,
        Deed::Seal,
    ]);
    let settle = (0..3_u32, ends).prop_map(|(index, status)| Deed::Settle(index, status));
    let deed = prop_oneof![1 => settle, 2 => rest];
    prop::collection::vec(deed, 1..30)
}

/// A job under whatever is done to it.
struct Life {
    desk: Desk,
    leases: Vec<Lease>,
    cancelled: bool,
}

impl Life {
    async fn new(subject: &Subject) -> Self {
        Self { desk: Desk::sealed(subject, 3).await, leases: Vec::new(), cancelled: false }
    }

    /// Do it, under the newest lease where one is needed; that it is refused is no matter here.
    async fn suffer(&mut self, deed: Deed) {
        let desk = &self.desk;
        let (store, workspace, job) = (&desk.subject.store, desk.workspace, desk.job);
        let close = |lease: Option<Lease>, closing| async move {
            if let Some(lease) = lease {
                drop(desk.settle(lease, vec![], Some(closing)).await);
            }
        };
        let last = self.leases.last().copied();
        match deed {
            Deed::Claim => self.leases.extend(desk.try_claim().await.map(|it| it.lease)),
            Deed::Settle(index, status) => {
                if let Some(lease) = last {
                    drop(desk.settle(lease, vec![answered([(index, status)])], None).await);
                }
            }
            Deed::Close => close(last, Closing::Done).await,
            Deed::Release => close(last, Closing::Release).await,
            Deed::Park => {
                let on = vec!["hunter:auth".into()];
                let wake_in = Some(TTL * 2);
                close(last, Closing::Park { wake_in, on, next_hold: None }).await;
            }
            Deed::Cancel => {
                store.cancel_job(workspace, job).await.unwrap();
                self.cancelled = true;
            }
            Deed::Wake => drop(store.wake(workspace, Wake::Job(job)).await.unwrap()),
            Deed::Outlast => desk.outlast().await,
            Deed::Lapse => drop(store.lapse_holds(10).await.unwrap()),
            Deed::Append => refused(desk.append(3, 1).await, ErrorKind::Conflict),
            Deed::Seal => drop(desk.seal(3).await.unwrap()),
        }
    }
}

/// Whether a job may go from one state to the other in one step.
fn may_follow(before: JobState, after: JobState) -> bool {
    use JobState::{Cancelled, Completed, Failed, PartiallyCompleted, Pending, Running};
    before == after
        || matches!(
            (before, after),
            (Pending, Running | Cancelled)
                | (Running, Completed | Failed | PartiallyCompleted | Cancelled)
        )
}

/// Forwards only, and a job that has ended stays as it is, word for word.
pub(super) async fn p065_states_only_go_forward(subject: Subject) {
    // method: model
    check_all(&subject, deeds(), |deeds| {
        let subject = subject.clone();
        async move {
            let mut life = Life::new(&subject).await;
            let mut before = life.desk.job().await;
            assert_eq!(before.state, JobState::Pending);
            for deed in deeds {
                life.suffer(deed).await;
                let after = life.desk.job().await;
                let (from, to) = (before.state, after.state);
                assert!(may_follow(from, to), "{deed:?}: {from:?} became {to:?}");
                assert!(!from.is_terminal() || after == before, "{deed:?}: {before:?} {after:?}");
                assert!(to != JobState::Cancelled || life.cancelled, "nobody cancelled it");
                assert_eq!(to.is_terminal(), after.finished_at.is_some());
                before = after;
            }
        }
    })
    .await;
}

/// One worker at a time may write, by the store's clock, however leases come and go.
pub(super) async fn p073_at_any_time_one_lease_counts(subject: Subject) {
    // method: model
    check_all(&subject, deeds(), |deeds| {
        let subject = subject.clone();
        async move {
            let mut life = Life::new(&subject).await;
            for deed in deeds {
                life.suffer(deed).await;
                let mut valid = 0;
                for lease in life.leases.clone() {
                    let renewed = subject.store.renew_lease(lease, TTL).await;
                    valid += usize::from(renewed.is_ok());
                    let newest = life.leases.iter().all(|it| it.fence <= lease.fence);
                    assert!(renewed.is_err() || newest, "{deed:?}: an older lease counts");
                }
                assert!(valid <= 1, "{deed:?}: {valid} leases count");
            }
        }
    })
    .await;
}

/// Everything of a job that anybody can read.
type Seen = (Job, Vec<RecordStatus>, Vec<CellRow>, usize, usize, (i64, i64));

async fn seen(desk: &Desk) -> Seen {
    let (store, workspace, job) = (&desk.subject.store, desk.workspace, desk.job);
    let cells = store.cells(workspace, job, 0..10).await.unwrap();
    let steps = store.steps(workspace, job, 0..10).await.unwrap().len();
    let ends = desk.ends().await.len();
    (desk.job().await, desk.statuses().await, cells, steps, ends, desk.money().await)
}

/// A job of two records that ended like this, and the lease it ended under.
async fn ended(subject: &Subject, state: JobState) -> (Desk, Lease) {
    let desk = Desk::sealed(subject, 2).await;
    let lease = desk.claim().await.lease;
    let failed = |index| answered([(index, RecordStatus::Failed)]);
    let items = match state {
        JobState::Completed => vec![answer(0, None), answer(1, None)],
        JobState::Failed => vec![failed(0), failed(1)],
        _ => vec![answer(0, None), failed(1)],
    };
    match state {
        JobState::Cancelled => {
            desk.write(lease, vec![answer(0, None)]).await;
            subject.store.cancel_job(desk.workspace, desk.job).await.unwrap();
            desk.settle(lease, vec![], Some(Closing::Release)).await.unwrap();
        }
        _ => drop(desk.applied(lease, items, Some(Closing::Done)).await),
    }
    assert_eq!(desk.job().await.state, state);
    (desk, lease)
}

/// Whatever anybody does to a job that has ended, what can be read of it stays.
pub(super) async fn p078_nothing_reaches_a_job_that_has_ended(subject: Subject) {
    // method: exhaustive
    use JobState::{Cancelled, Completed, Failed, PartiallyCompleted};
    for state in [Completed, Failed, PartiallyCompleted, Cancelled] {
        let (desk, lease) = ended(&subject, state).await;
        let before = seen(&desk).await;
        let (store, workspace, job) = (&subject.store, desk.workspace, desk.job);
        let closings = [
            None,
            Some(Closing::Done),
            Some(Closing::Release),
            Some(Closing::Park { wake_in: None, on: vec!["x".into()], next_hold: None }),
        ];
        for closing in closings {
            for item in [answer(0, None), answered([(1, RecordStatus::Success)])] {
                drop(desk.settle(lease, vec![item], closing.clone()).await);
            }
        }
        refused(store.renew_lease(lease, TTL).await, ErrorKind::StaleLease);
        refused(desk.fund(lease, fresh(), &[1]).await, ErrorKind::StaleLease);
        drop(store.mark_sent(lease, vec![call()]).await);
        refused(desk.append(2, 1).await, ErrorKind::Conflict);
        drop(desk.seal(2).await);
        store.cancel_job(workspace, job).await.unwrap();
        store.wake(workspace, Wake::Job(job)).await.unwrap();
        desk.outlast().await;
        store.lapse_holds(100).await.unwrap();
        assert_eq!(store.claim_batch("late", TTL, ClaimFilter::Job(job)).await.unwrap(), None);
        subject.clock.advance(Duration::from_secs(86_400 * 8)).await;
        store.collect_unsealed(subject.clock.now().await).await.unwrap();
        assert_eq!(seen(&desk).await, before, "{state:?}");
    }
}

/// A job is there whole or not at all: whoever builds one and stops, or is refused, at any point
/// leaves nothing that anybody could find, run or pay for.
pub(super) async fn p081_a_job_is_there_whole_or_not_at_all(subject: Subject) {
    // method: exhaustive
    let workspace = subject.workspace(1_000).await;
    let before = subject.store.account(workspace).await.unwrap();
    for appended in [0_u32, 1, 3, 1_000, 1_001] {
        for total in [None, Some(appended + 1), Some(appended.saturating_sub(1))] {
            let desk = Desk::opened(&subject, workspace, Desk::new_job()).await;
            desk.append_all(appended).await;
            // More than there is room for, and not where they belong.
            refused(desk.append(appended, 1_001).await, ErrorKind::Validation);
            refused(desk.append(appended + 1, 1).await, ErrorKind::Validation);
            match total {
                Some(total) if total != appended => {
                    refused(desk.seal(total).await, ErrorKind::Validation);
                }
                _ => {}
            }
            let (store, job) = (&subject.store, desk.job);
            refused(store.job(workspace, job).await, ErrorKind::NotFound);
            refused(store.records(workspace, job, 0..2_000).await, ErrorKind::NotFound);
            assert_eq!(desk.try_claim().await, None);
        }
    }
    let store = &subject.store;
    assert!(store.jobs(workspace, None, Limit::default()).await.unwrap().rows.is_empty());
    assert_eq!(store.account(workspace).await.unwrap(), before);
    subject.clock.advance(Duration::from_secs(60)).await;
    let now = subject.clock.now().await;
    assert_eq!(store.collect_unsealed(now).await.unwrap(), 15, "all are cleared away");
    assert_eq!(store.collect_unsealed(now).await.unwrap(), 0);
}

/// Nothing that works for everybody comes upon what a deleted workspace left.
pub(super) async fn p083_a_deleted_workspace_leaves_nothing_to_work_on(subject: Subject) {
    // method: exhaustive
    for state in [JobState::Completed, JobState::Cancelled] {
        let (desk, _) = ended(&subject, state).await;
        // One more that was never sealed, and one that nobody has begun.
        let open = Desk::opened(&subject, desk.workspace, Desk::new_job()).await;
        open.append_all(3).await;
        let (store, workspace) = (&subject.store, desk.workspace);
        let idle = Desk::sealed_in(&subject, workspace, Desk::new_job(), 2).await;
        let lease = idle.claim().await.lease;
        idle.funded(lease, 40).await;
        idle.finish(lease).await;
        assert!(!store.events(workspace).await.unwrap().is_empty());
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceDeleted, None);
        store.delete_workspace(workspace, audit).await.unwrap();
        let jobs: Vec<JobId> = vec![desk.job, open.job, idle.job];
        for job in jobs {
            refused(store.job(workspace, job).await, ErrorKind::NotFound);
            let claimed = store.claim_batch("late", TTL, ClaimFilter::Job(job)).await.unwrap();
            assert_eq!(claimed, None);
        }
        assert_eq!(store.claim_batch("late", TTL, ClaimFilter::All).await.unwrap(), None);
        subject.clock.advance(Duration::from_secs(86_400 * 3)).await;
        assert_eq!(store.lapse_holds(100).await.unwrap(), 0, "no hold is left");
        let now = subject.clock.now().await;
        assert_eq!(store.collect_unsealed(now).await.unwrap(), 0, "no unsealed job is left");
        let events = store.claim_events(100, Duration::from_secs(1)).await.unwrap();
        let theirs = events.iter().filter(|it| it.workspace == workspace).count();
        assert_eq!(theirs, 0, "no event is left to send");
    }
}

/// However many start the same job at once, under the same id, there is one; and it is run once.
pub(super) async fn p044_a_job_that_is_started_twice_is_one_job(subject: Subject) {
    // method: race
    let workspace = subject.workspace(1_000).await;
    for round in 0..subject.rounds() {
        let new = Desk::new_job();
        let starts = at_once(8, |_| {
            let (subject, new) = (subject.clone(), new.clone());
            async move {
                let job = new.id;
                let rows = (0..3).map(|n| json!({ "n": n }));
                submit(&*subject.store, workspace, new, rows).await.unwrap();
                let desk = Desk { subject, workspace, job };
                desk.try_claim().await.map(|it| it.lease)
            }
        });
        let leases: Vec<Lease> = starts.await.into_iter().flatten().collect();
        assert_eq!(leases.len(), 1, "round {round}: one of many runs it");
        let desk = Desk { subject: subject.clone(), workspace, job: new.id };
        desk.finish(leases[0]).await;
        assert_eq!(desk.statuses().await, [RecordStatus::Success; 3]);
        let again = |rows: Vec<Value>| submit(&*subject.store, workspace, new.clone(), rows);
        let rows = |n: usize| (0..n).map(|n| json!({ "n": n })).collect::<Vec<_>>();
        assert_eq!(again(rows(3)).await.unwrap().state, JobState::Completed);
        let others = [rows(2), rows(4), vec![json!({ "n": 7 })]];
        for others in others {
            assert!(again(others).await.is_err(), "round {round}: another job under its id");
        }
        let store = &subject.store;
        let all = store.jobs(workspace, None, Limit::new(100).unwrap()).await.unwrap().rows;
        assert_eq!(all.iter().filter(|it| it.id == new.id).count(), 1);
        assert_eq!(store.account(workspace).await.unwrap().held, Credits::ZERO);
    }
}
