//! Turns: a huge job keeps nobody else's from being begun.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, JobId, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{Runner, Stop, submit},
    field::Kind,
    job::{ClaimFilter, Dispatch, JobState, NewJob},
    name::FieldName,
    plan::Plan,
    rbac::Principal,
    workspace::NewWorkspace,
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

fn person(n: usize) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": format!("c{n}.example") })
}

/// An address for whoever is asked about.
fn answers(sent: &Sent) -> Value {
    let domain = sent.body[0]["company_domain"].as_str().unwrap_or_default();
    json!({ "is": "answer",
        "values": { "email": format!("ada@{domain}"), "email_status": "valid" } })
}

/// Under a clock that nobody waits for.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(future)
}

fn new_job(id: u128) -> NewJob {
    NewJob {
        id: JobId(Uuid::from_u128(id)),
        name: None,
        plan: serde_json::to_value(Plan::of(Kind::Person, [FieldName::new("email").unwrap()]))
            .unwrap(),
        dispatch: Dispatch::Queued,
        worst_case: Credits::ZERO,
        created_by: None,
        retry_of: None,
        base: None,
    }
}

/// A workspace of its own.
async fn workspace(rig: &Rig, id: u128) -> WorkspaceId {
    let id = WorkspaceId(Uuid::from_u128(id));
    let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
    rig.store.create_workspace(NewWorkspace::embedded(id, "Other"), audit).await.unwrap();
    id
}

/// So many milliseconds go by.
async fn pass(millis: u64) {
    let due = Instant::now() + Duration::from_millis(millis);
    tokio::time::sleep_until(due).await;
}

/// Some jobs of thousands of rows; after a while small ones of other workspaces.
async fn small_beside_huge(places: usize, (huge, rows): (usize, usize), latency: u64, small: u128) {
    let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
    let http = FakeHttp::new(|sent| Ok(answers(sent))).after(Duration::from_millis(latency));
    let rig = Rig::new(vec![vendor], http, None).await;
    for job in 0..huge {
        let people = (0..rows).map(|at| person(job * 10_000 + at));
        submit(&*rig.store, rig.workspace, new_job(job as u128 + 1), people).await.unwrap();
    }
    let runner = Runner::new(rig.worker.clone(), "one").batches(places);
    let stop = Stop::default();
    let run = runner.run(ClaimFilter::Queued, &stop);
    let watch = async {
        pass(2_500).await;
        for at in 0..small {
            let other = workspace(&rig, 77 + at).await;
            let first = 9_000_000 + 1_000 * usize::try_from(at).unwrap();
            let people = (first..first + 10).map(person);
            submit(&*rig.store, other, new_job(1_000 + at), people).await.unwrap();
        }
        pass(2_000).await;
        let sent = rig.http.sent();
        let begun = (0..small).filter(|at| {
            let of = format!("c900{at}00");
            sent.iter().any(|it| it.body.to_string().contains(&of))
        });
        let begun = begun.count();
        stop.drain();
        begun
    };
    let (ran, begun) = tokio::join!(run, watch);
    ran.unwrap();
    let scene = format!("{places} places, {huge} jobs of {rows}, {latency} ms");
    assert_eq!(begun, usize::try_from(small).unwrap(), "{scene}: of the small ones");
}

#[test]
fn p082_a_small_job_of_another_workspace_starts_within_two_seconds() {
    // method: exhaustive
    // As many newcomers as there are places: each gives way once.
    for (places, small) in [(4, 1), (4, 4), (1, 1), (2, 2)] {
        for huge in [(1, 500), (1, 4_001), (9, 300)] {
            for latency in [500, 30_000] {
                paused(small_beside_huge(places, huge, latency, small));
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn p082_whoever_made_way_is_gone_on_with_and_pays_nothing_twice() {
    // method: exhaustive
    let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
    let http = FakeHttp::new(|sent| Ok(answers(sent))).after(Duration::from_millis(300));
    let rig = Rig::new(vec![vendor], http, None).await;
    let huge = submit(&*rig.store, rig.workspace, new_job(1), (0..2_500).map(person)).await;
    let runner = Runner::new(rig.worker.clone(), "one").batches(1);
    let stop = Stop::default();
    let run = runner.run(ClaimFilter::Queued, &stop);
    let watch = async {
        for at in 0..3 {
            pass(1_000).await;
            let other = workspace(&rig, 77 + at).await;
            let people = (0..10).map(|it| person(9_000_000 + it));
            submit(&*rig.store, other, new_job(1_000 + at), people).await.unwrap();
        }
        pass(60_000).await;
        stop.drain();
    };
    tokio::join!(run, watch).0.unwrap();
    let job = rig.store.job(rig.workspace, huge.unwrap().id).await.unwrap();
    assert_eq!((job.state, job.counts.success), (JobState::Completed, 2_500));
    assert_eq!(rig.http.sent().len(), 2_500 + 3 * 10, "each asked once");
}
