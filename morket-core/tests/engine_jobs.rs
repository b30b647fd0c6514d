//! Jobs as a whole: how records add up, what is counted, and who gets a place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, JobId, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{Runner, Stop, submit},
    http::HttpFailure,
    job::{CellStatus, ClaimFilter, Dispatch, Job, JobState, NewJob, RecordStatus},
    plan::Plan,
    rbac::Principal,
    workspace::NewWorkspace,
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent, email_by};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

fn plan() -> Plan {
    email_by(&["hunter"])
}

/// A person of whom the vendor says this.
fn person(n: usize, word: &str) -> Value {
    json!({ "full_name": word, "company_domain": format!("c{n}.example") })
}

/// The vendor says what the record's name is.
fn network() -> FakeHttp {
    FakeHttp::new(|sent: &Sent| -> Result<Value, HttpFailure> {
        let record = &sent.body[0];
        let email = format!("ada@{}", record["company_domain"].as_str().unwrap_or_default());
        Ok(match record["full_name"].as_str().unwrap_or_default() {
            "Answer" => json!({ "is": "answer",
                "values": { "email": email, "email_status": "valid" } }),
            "Miss" => json!({ "is": "miss" }),
            "Legal" => json!({ "is": "legal" }),
            "Invalid" => json!({ "is": "invalid_input" }),
            _ => json!({ "is": "unknown" }),
        })
    })
}

async fn rig(http: FakeHttp) -> Rig {
    let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
    Rig::new(vec![vendor], http, Some(Credits::whole(10_000))).await
}

/// Under a clock that nobody waits for.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// How a record ends of whom the vendor says this.
const WORDS: [(&str, RecordStatus); 5] = [
    ("Answer", RecordStatus::Success),
    ("Miss", RecordStatus::Success),
    ("Legal", RecordStatus::Skipped),
    ("Invalid", RecordStatus::Skipped),
    ("Lost", RecordStatus::Failed),
];

/// Run a job of these, and hold it to what its records say.
async fn check(words: &[usize]) {
    let rig = rig(network()).await;
    let rows = words.iter().enumerate().map(|(at, word)| person(at, WORDS[*word].0)).collect();
    let job = rig.finish(&plan(), rows).await;
    let records = rig.store.records(rig.workspace, job.id, 0..job.counts.total).await.unwrap();
    let expected: Vec<RecordStatus> = words.iter().map(|it| WORDS[*it].1).collect();
    let seen: Vec<RecordStatus> = records.iter().map(|it| it.status).collect();
    assert_eq!(seen, expected, "{words:?}");
    let failed = expected.iter().filter(|it| **it == RecordStatus::Failed).count();
    let state = match failed {
        0 => JobState::Completed,
        all if all == words.len() => JobState::Failed,
        _ => JobState::PartiallyCompleted,
    };
    assert_eq!(job.state, state, "{words:?}");
    counted(&job, &seen);
    assert_eq!(rig.money().await.1, Credits::ZERO, "nothing is held at the end");
}

fn counted(job: &Job, records: &[RecordStatus]) {
    let of = |status| records.iter().filter(|it| **it == status).count() as u32;
    let counts = job.counts;
    assert_eq!(counts.success, of(RecordStatus::Success));
    assert_eq!(counts.failed, of(RecordStatus::Failed));
    assert_eq!(counts.skipped, of(RecordStatus::Skipped));
    assert_eq!(counts.cancelled, of(RecordStatus::Cancelled));
    assert!(counts.done() <= counts.total);
    assert_eq!(counts.done() == counts.total, job.state.is_terminal());
}

#[test]
fn p066_a_jobs_end_follows_from_its_records() {
    // method: exhaustive
    for one in 0..WORDS.len() {
        paused(check(&[one]));
        for two in 0..WORDS.len() {
            for three in two..WORDS.len() {
                paused(check(&[one, two, three]));
            }
        }
    }
}

proptest! {
    #[test]
    fn p064_p067_counts_are_those_of_the_records(
        words in prop::collection::vec(0..WORDS.len(), 1..40),
    ) {
        // method: property
        paused(check(&words));
    }

    #[test]
    fn p067_counts_are_right_at_every_look(
        words in prop::collection::vec(0..4_usize, 1..60),
        looks in prop::collection::vec(1_u64..90, 1..8),
    ) {
        // method: property
        paused(async {
            let rig = rig(network().after(Duration::from_millis(40))).await;
            let rows = words.iter().enumerate().map(|(at, it)| person(at, WORDS[*it].0));
            let job = rig.submit(&plan(), rows.collect()).await;
            let runner = Runner::new(rig.worker.clone(), "one");
            let stop = Stop::default();
            let run = runner.run_job(rig.workspace, job.id, Duration::ZERO, &stop);
            tokio::pin!(run);
            for look in looks {
                tokio::select! {
                    biased;
                    _ = &mut run => break,
                    () = tokio::time::sleep_until(
                        tokio::time::Instant::now() + Duration::from_millis(look)) => {}
                }
                let now = rig.store.job(rig.workspace, job.id).await.unwrap();
                let all = 0..now.counts.total;
                let records = rig.store.records(rig.workspace, job.id, all).await.unwrap();
                counted(&now, &records.iter().map(|it| it.status).collect::<Vec<_>>());
            }
        });
    }
}

#[tokio::test(start_paused = true)]
async fn p068_a_job_of_many_batches_keeps_the_order_of_its_input() {
    // method: exhaustive
    for rows in [1_usize, 999, 1_000, 1_001, 2_500] {
        let rig = rig(network()).await;
        let job = rig.finish(&plan(), (0..rows).map(|at| person(at, "Answer")).collect()).await;
        assert_eq!((job.state, job.counts.success as usize), (JobState::Completed, rows));
        let cells = rig.cells(&job).await;
        assert_eq!(cells.len(), rows);
        for (at, row) in cells.iter().enumerate() {
            let expected = Value::from(format!("ada@c{at}.example"));
            assert_eq!((row.cell.index as usize, row.cell.value.as_ref()), (at, Some(&expected)));
        }
        assert_eq!(rig.http.sent().len(), rows);
    }
}

#[tokio::test(start_paused = true)]
async fn p068_a_job_without_rows_is_refused() {
    let rig = rig(network()).await;
    let new = new_job(9);
    let error = submit(&*rig.store, rig.workspace, new, Vec::new()).await.unwrap_err();
    assert!(error.message().starts_with("records"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn p070_cancelling_a_job_that_is_over_changes_nothing() {
    // method: exhaustive
    for (word, state) in [("Answer", JobState::Completed), ("Lost", JobState::Failed)] {
        let rig = rig(network()).await;
        let job = rig.finish(&plan(), vec![person(0, word)]).await;
        assert_eq!(job.state, state);
        for _ in 0..3 {
            let told = rig.store.cancel_job(rig.workspace, job.id).await.unwrap();
            assert_eq!((&told.job, told.leased), (&job, 0));
        }
        assert!(rig.cells(&job).await.iter().all(|it| it.cell.status != CellStatus::Cancelled));
    }
}

fn new_job(id: u128) -> NewJob {
    NewJob {
        id: JobId(Uuid::from_u128(id)),
        name: None,
        plan: serde_json::to_value(plan()).unwrap(),
        dispatch: Dispatch::Queued,
        worst_case: Credits::ZERO,
        created_by: None,
        retry_of: None,
        base: None,
    }
}

#[tokio::test(start_paused = true)]
async fn p082_a_small_job_starts_beside_a_huge_one() {
    let rig = rig(network().after(Duration::from_secs(1))).await;
    let other = WorkspaceId(Uuid::from_u128(77));
    let new = NewWorkspace::embedded(other, "Other");
    let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
    rig.store.create_workspace(new, audit).await.unwrap();
    let huge = (0..3_000).map(|at| person(at, "Answer"));
    submit(&*rig.store, rig.workspace, new_job(1), huge).await.unwrap();
    let runner = Runner::new(rig.worker.clone(), "one");
    let stop = Stop::default();
    let run = runner.run(ClaimFilter::Queued, &stop);
    let watch = async {
        let begun = tokio::time::Instant::now();
        tokio::time::sleep_until(begun + Duration::from_secs(3)).await;
        let small = (90_000..90_010).map(|at| person(at, "Answer"));
        submit(&*rig.store, other, new_job(2), small).await.unwrap();
        tokio::time::sleep_until(begun + Duration::from_secs(5)).await;
        let sent = rig.http.sent();
        let of_small = |it: &&Sent| it.body.to_string().contains("c9000");
        let started = sent.iter().filter(of_small).count();
        stop.drain();
        started
    };
    let (ran, started) = tokio::join!(run, watch);
    ran.unwrap();
    assert_eq!(started, 10, "of the small job's calls, while the huge one's batches run");
}
