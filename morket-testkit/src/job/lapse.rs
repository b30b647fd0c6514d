//! What waits, what is woken, and what nobody came back for.

use super::{Desk, TTL, answer, jobs_of};
use crate::{Subject, fresh, subject::refused};
use morket_core::{
    Credits, ErrorKind, HoldId, WorkspaceId,
    job::{BatchId, Closing, Waited, Wake},
    ledger::{HoldState, LedgerExt, Op},
};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);

/// A job whose only batch waits for `cause` until it is woken.
async fn parked(subject: &Subject, workspace: WorkspaceId, cause: &str) -> Desk {
    let desk = Desk::sealed_in(subject, workspace, Desk::new_job(), 1).await;
    desk.park(desk.claim().await.lease, None, cause).await;
    desk
}

async fn lapsed(desk: &Desk) -> u32 {
    desk.subject.store.lapse_holds(100).await.unwrap()
}

/// All of them, and none that does not sleep.
pub(super) async fn waking_a_job_wakes_its_parked_batches(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let desk = Desk::sealed_in(&subject, workspace, Desk::new_job(), 3_001).await;
    let other = parked(&subject, workspace, "a").await;
    let leases = [desk.claim().await.lease, desk.claim().await.lease, desk.claim().await.lease];
    desk.park(leases[0], None, "a").await;
    desk.park(leases[1], Some(HOUR), "b").await;
    let wake = || subject.store.wake(workspace, Wake::Job(desk.job));
    assert_eq!(wake().await.unwrap(), 2);
    assert_eq!(wake().await.unwrap(), 0, "they are awake");
    let mut given = 0;
    while desk.try_claim().await.is_some() {
        given += 1;
    }
    assert_eq!((given, other.try_claim().await), (3, None), "two woken, one fresh");
}

/// Over all jobs of the workspace, by the word they parked with.
pub(super) async fn waking_a_cause_wakes_those_that_wait_for_it(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let desks = [
        parked(&subject, workspace, "hunter:auth").await,
        parked(&subject, workspace, "hunter").await,
        parked(&subject, workspace, "hunter:auth").await,
    ];
    let wake = subject.store.wake(workspace, Wake::Cause("hunter:auth".into())).await;
    assert_eq!(wake.unwrap(), 2);
    let mut given = Vec::new();
    for desk in &desks {
        given.push(desk.try_claim().await.is_some());
    }
    assert_eq!(given, [true, false, true]);
}

/// Nobody wakes another's, by cause or by name.
pub(super) async fn p137_only_this_workspaces_batches_are_woken(subject: Subject) {
    let (ours, theirs) = (subject.workspace(0).await, subject.workspace(0).await);
    let desk = parked(&subject, theirs, "hunter").await;
    let wake = subject.store.wake(ours, Wake::Cause("hunter".into())).await;
    assert_eq!(wake.unwrap(), 0);
    if let Ok(woken) = subject.store.wake(ours, Wake::Job(desk.job)).await {
        assert_eq!(woken, 0);
    }
    assert_eq!(desk.try_claim().await, None);
}

/// Each cause once, in order, as long as somebody waits for it.
pub(super) async fn a_job_says_what_it_waits_for(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let desk = Desk::sealed_in(&subject, workspace, Desk::new_job(), 2_001).await;
    let leases = [desk.claim().await.lease, desk.claim().await.lease, desk.claim().await.lease];
    for (lease, on) in leases.into_iter().zip([["b", "c"], ["a", "b"], ["c", "b"]]) {
        let on = on.map(Waited::from).to_vec();
        let closing = Closing::Park { wake_in: None, on, next_hold: None };
        desk.applied(lease, vec![], Some(closing)).await;
    }
    assert_eq!(desk.job().await.waiting, ["a", "b", "c"]);
    assert_eq!(jobs_of(&subject, workspace).await[0].waiting, ["a", "b", "c"]);
    subject.store.wake(workspace, Wake::Cause("a".into())).await.unwrap();
    assert_eq!(desk.job().await.waiting, ["b", "c"]);
}

/// Whoever parks it again says since when; whoever wakes it or gives it back begins anew.
pub(super) async fn a_claim_tells_what_it_waited_for_and_since_when(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let desk = Desk::sealed_in(&subject, workspace, Desk::new_job(), 1).await;
    let first = desk.claim().await;
    assert_eq!(first.waited, []);
    desk.park(first.lease, Some(HOUR), "a").await;
    subject.clock.advance(HOUR).await;
    let second = desk.claim().await;
    let since = second.waited[0].since.unwrap();
    assert_eq!((second.waited.len(), second.waited[0].on.as_str()), (1, "a"));
    assert!(subject.clock.now().await.since(since) >= HOUR);
    let again = Waited { on: "a".into(), since: Some(since) };
    let on = vec![again.clone(), Waited::from("b")];
    let closing = Closing::Park { wake_in: Some(HOUR), on, next_hold: None };
    desk.applied(second.lease, vec![], Some(closing)).await;
    subject.clock.advance(HOUR).await;
    let third = desk.claim().await;
    assert_eq!(third.waited[0], again);
    assert!(third.waited[1].since.unwrap() > since, "it has waited for less long");
    desk.outlast().await;
    let fourth = desk.claim().await;
    assert_eq!(fourth.waited, third.waited, "its holder died");
    desk.applied(fourth.lease, vec![], Some(Closing::Release)).await;
    let fifth = desk.claim().await;
    assert_eq!(fifth.waited, [], "it was given back");
    desk.park(fifth.lease, Some(HOUR), "a").await;
    subject.store.wake(workspace, Wake::Job(desk.job)).await.unwrap();
    assert_eq!(desk.claim().await.waited, [], "it was woken");
}

/// A hold of no batch lapses by itself, if it says when.
pub(super) async fn p053_a_hold_lapses_when_its_time_has_passed(subject: Subject) {
    let workspace = subject.workspace(100).await;
    let lapses_at = Some(subject.clock.now().await + HOUR);
    let (timed, endless): (HoldId, HoldId) = (fresh(), fresh());
    for (id, lapses_at) in [(timed, lapses_at), (endless, None)] {
        let op = Op::Hold { id, amount: Credits(30), batch: None, lapses_at };
        subject.store.post_one(workspace, op).await.unwrap();
    }
    subject.clock.advance(HOUR / 2).await;
    assert_eq!(subject.store.lapse_holds(100).await.unwrap(), 0);
    subject.clock.advance(HOUR * 100).await;
    assert_eq!(subject.store.lapse_holds(100).await.unwrap(), 1);
    let found = subject.store.hold(workspace, timed).await.unwrap();
    assert!(found.state == HoldState::Lapsed && found.closed_at.is_some());
    assert!(subject.store.hold(workspace, endless).await.unwrap().is_open());
    assert_eq!(subject.store.account(workspace).await.unwrap().held, Credits(30));
}

/// Not before: somebody may still take the batch over and adopt it.
pub(super) async fn p053_a_hold_lapses_a_day_after_its_lease_ended(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    desk.funded(desk.claim().await.lease, 40).await;
    subject.clock.advance(TTL + 23 * HOUR).await;
    assert_eq!((lapsed(&desk).await, desk.money().await), (0, (1_000, 40)));
    subject.clock.advance(2 * HOUR).await;
    assert_eq!((lapsed(&desk).await, desk.money().await), (1, (1_000, 0)));
    assert_eq!((lapsed(&desk).await, desk.money().await), (0, (1_000, 0)), "once");
    assert_eq!(desk.claim().await.hold, None);
}

/// A vendor's task may take days; its credits wait for it.
pub(super) async fn p053_a_parked_hold_lapses_a_day_after_it_would_wake(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let lease = desk.claim().await.lease;
    let wake_in = Some(50 * HOUR);
    let next_hold = Some((fresh(), Credits(40)));
    let closing = Closing::Park { wake_in, on: vec!["task".into()], next_hold };
    desk.applied(lease, vec![], Some(closing)).await;
    subject.clock.advance(73 * HOUR).await;
    assert_eq!((lapsed(&desk).await, desk.money().await), (0, (1_000, 40)));
    subject.clock.advance(2 * HOUR).await;
    assert_eq!((lapsed(&desk).await, desk.money().await), (1, (1_000, 0)));
}

/// Nobody will ever come back for it.
pub(super) async fn p053_a_hold_of_an_ended_job_lapses(subject: Subject) {
    let desk = Desk::sealed(&subject, 1).await;
    let (claimed, id) = (desk.claim().await, fresh());
    let batch = Some(BatchId { job: desk.job, number: 0 });
    let op = Op::Hold { id, amount: Credits(30), batch, lapses_at: None };
    desk.finish(claimed.lease).await;
    subject.store.post_one(desk.workspace, op).await.unwrap();
    assert_eq!((lapsed(&desk).await, desk.money().await), (1, (1_000, 0)));
    let found = subject.store.hold(desk.workspace, id).await.unwrap();
    assert_eq!(found.state, HoldState::Lapsed);
}

/// What it returned may be promised to somebody else by now; what it paid stays paid.
pub(super) async fn p053_a_lapsed_hold_pays_nothing_more(subject: Subject) {
    let desk = Desk::sealed(&subject, 2).await;
    let lease = desk.claim().await.lease;
    let hold = desk.funded(lease, 40).await;
    desk.write(lease, vec![desk.charge(answer(0, None), hold, 15)]).await;
    subject.clock.advance(TTL + 25 * HOUR).await;
    assert_eq!((lapsed(&desk).await, desk.money().await), (1, (985, 0)));
    let key = "late".parse().unwrap();
    let capture = subject.store.capture(desk.workspace, hold, key, Credits(1)).await;
    refused(capture, ErrorKind::Conflict);
    refused(subject.store.void(desk.workspace, hold).await, ErrorKind::Conflict);
    assert_eq!(desk.money().await, (985, 0));
}

/// A sweep takes a bounded bite.
pub(super) async fn lapsing_stops_at_its_limit(subject: Subject) {
    let workspace = subject.workspace(100).await;
    let lapses_at = Some(subject.clock.now().await + HOUR);
    for _ in 0..5 {
        let op = Op::Hold { id: fresh(), amount: Credits(10), batch: None, lapses_at };
        subject.store.post_one(workspace, op).await.unwrap();
    }
    subject.clock.advance(2 * HOUR).await;
    let mut counts = Vec::new();
    for _ in 0..4 {
        counts.push(subject.store.lapse_holds(2).await.unwrap());
    }
    assert_eq!(counts, [2, 2, 1, 0]);
    assert_eq!(subject.store.account(workspace).await.unwrap().held, Credits::ZERO);
}

/// Old ones that were never sealed go, with their records; what is sealed or new stays.
pub(super) async fn unsealed_jobs_are_collected(subject: Subject) {
    let workspace = subject.workspace(0).await;
    let new = Desk::new_job();
    let left = Desk::opened(&subject, workspace, new.clone()).await;
    left.append_all(3).await;
    let sealed = Desk::sealed_in(&subject, workspace, Desk::new_job(), 1).await;
    subject.clock.advance(HOUR).await;
    let before = subject.clock.now().await;
    subject.clock.advance(HOUR).await;
    let young = Desk::opened(&subject, workspace, Desk::new_job()).await;
    assert_eq!(subject.store.collect_unsealed(before).await.unwrap(), 1);
    assert_eq!(subject.store.collect_unsealed(before).await.unwrap(), 0);
    refused(left.append(3, 1).await, ErrorKind::NotFound);
    refused(left.seal(3).await, ErrorKind::NotFound);
    assert_eq!(sealed.job().await.counts.total, 1);
    assert_eq!(young.append(0, 1).await.unwrap(), 1);
    let anew = Desk::opened(&subject, workspace, new).await;
    assert_eq!(anew.append(0, 1).await.unwrap(), 1, "no record of the removed one remains");
}
