//! Two processes over one store ask the same people: each is asked about once.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits,
    http::{FailureCause, HttpFailure},
    job::{Job, JobState, StepOutcome},
    plan::Plan,
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent, email_by};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

type Answer = Result<Value, HttpFailure>;
type Script = fn(&Sent) -> Answer;

fn plan() -> Plan {
    email_by(&["hunter"])
}

fn people(range: std::ops::Range<usize>) -> Vec<Value> {
    let person = |n| json!({ "full_name": format!("Ada {n}"), "company_domain": "c.example" });
    range.map(person).collect()
}

fn answer(_: &Sent) -> Answer {
    let values = json!({ "email": "ada@c.example", "email_status": "valid" });
    Ok(json!({ "is": "answer", "values": values }))
}

fn each(sent: &Sent) -> Answer {
    let one = answer(sent)?;
    let many = sent.body.as_array().map_or(1, Vec::len);
    Ok(Value::Array(vec![one; many]))
}

/// The first time anybody asks, the answer is lost.
fn lost(_: &Sent) -> Answer {
    Err(HttpFailure::lost(FailureCause::Broken, "cut"))
}

/// Who asks twice is refused twice.
fn invalid(_: &Sent) -> Answer {
    Ok(json!({ "is": "invalid_input" }))
}

/// A task that takes half a minute.
fn slow(sent: &Sent) -> Answer {
    match sent.path.strip_prefix("task/") {
        None => Ok(json!({ "is": "pending", "task": format!("t{}", sent.key), "after": 30 })),
        Some(_) => answer(sent),
    }
}

fn finder() -> FakeVendor {
    FakeVendor::finder("hunter", &["email", "email_status"])
}

/// Under a clock that nobody waits for.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// What two jobs came to, and how often each record was asked about.
struct Seen {
    rig: Rig,
    jobs: [Job; 2],
    asked: BTreeMap<String, usize>,
}

impl Seen {
    async fn cells(&self) -> Vec<String> {
        let mut cells = Vec::new();
        for job in &self.jobs {
            for index in 0..job.counts.total {
                cells.push(self.rig.cell(job, index, "email").await);
            }
        }
        cells
    }
}

/// Run one job in each of two processes, the second a little later; both at once, in the end.
async fn run(vendor: FakeVendor, http: Script, rows: [Vec<Value>; 2]) -> Seen {
    let http = FakeHttp::new(http).after(Duration::from_millis(300));
    let rig = Rig::new(vec![vendor], http, Some(Credits::whole(1_000))).await;
    let other = rig.beside();
    let [first, second] = rows;
    let jobs = (rig.submit(&plan(), first).await, rig.submit(&plan(), second).await);
    let hour = Duration::from_secs(3_600);
    let later = async {
        let _ = tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>()).await;
        other.run(jobs.1.id, hour).await
    };
    let (one, two) = futures_util::future::join(rig.run(jobs.0.id, hour), later).await;
    let mut asked = BTreeMap::new();
    let submissions = rig.http.sent().into_iter().filter(|it| it.path == "find");
    for record in submissions.flat_map(|it| it.body.as_array().cloned().unwrap_or_default()) {
        *asked.entry(record.to_string()).or_insert(0) += 1;
    }
    Seen { rig, jobs: [one, two], asked }
}

#[test]
fn each_person_is_asked_about_once() {
    // method: race
    let rows: [(FakeVendor, Script); 3] =
        [(finder(), answer), (finder().bulk(4), each), (finder().slow(), slow)];
    for (at, (vendor, http)) in rows.into_iter().enumerate() {
        paused(async {
            let seen = run(vendor, http, [people(0..40), people(20..60)]).await;
            assert_eq!(seen.asked.len(), 60, "row {at}");
            assert!(seen.asked.values().all(|times| *times == 1), "row {at}: {:?}", seen.asked);
            let states = seen.jobs.each_ref().map(|it| it.state);
            assert_eq!(states, [JobState::Completed; 2], "row {at}");
            let cells = seen.cells().await;
            assert!(cells.iter().all(|it| it == "found ada@c.example"), "row {at}: {cells:?}");
            // Sixty were bought at two credits each, and nothing is held.
            let money = seen.rig.money().await;
            assert_eq!(money, (Credits::whole(880), Credits::ZERO), "row {at}");
        });
    }
}

#[test]
fn who_waited_for_a_lost_answer_ends_as_its_call_did() {
    paused(async {
        let seen = run(finder(), lost, [people(0..1), people(0..1)]).await;
        assert_eq!(seen.asked.values().copied().collect::<Vec<_>>(), [1]);
        assert_eq!(seen.cells().await, ["failed ambiguous"; 2]);
        let mut calls = Vec::new();
        for job in &seen.jobs {
            let steps = seen.rig.steps(job).await;
            assert_eq!(steps[0].step.outcome, StepOutcome::Ambiguous);
            calls.push(steps[0].step.call);
        }
        assert!(calls[0].is_some() && calls[0] == calls[1], "{calls:?}");
    });
}

#[test]
fn who_waited_in_vain_asks_itself() {
    paused(async {
        let seen = run(finder(), invalid, [people(0..1), people(0..1)]).await;
        assert_eq!(seen.asked.values().copied().collect::<Vec<_>>(), [2]);
        assert_eq!(seen.cells().await, ["skipped invalid_input"; 2]);
    });
}

#[test]
fn what_is_never_kept_is_asked_by_each() {
    paused(async {
        let vendor = finder().with(|it| it.retention = Some(Duration::ZERO));
        let seen = run(vendor, answer, [people(0..1), people(0..1)]).await;
        assert_eq!(seen.asked.values().copied().collect::<Vec<_>>(), [2]);
    });
}

#[test]
fn a_task_of_a_batch_that_sleeps_is_not_submitted_again_beside_it() {
    // One process: the batch that asked has parked, and its gates have forgotten it.
    paused(async {
        let http = FakeHttp::new(slow);
        let credits = Some(Credits::whole(100));
        let rig = Rig::new(vec![finder().slow()], http, credits).await;
        let first = rig.submit(&plan(), people(0..1)).await;
        let asleep = rig.run(first.id, Duration::ZERO).await;
        assert_eq!(asleep.waiting, ["hunter:task"]);
        let second = rig.submit(&plan(), people(0..1)).await;
        let waits = rig.run(second.id, Duration::ZERO).await;
        assert_eq!(waits.waiting, ["hunter:asked"]);
        let hour = Duration::from_secs(3_600);
        let both =
            futures_util::future::join(rig.run(first.id, hour), rig.run(second.id, hour)).await;
        assert_eq!([both.0.state, both.1.state], [JobState::Completed; 2]);
        let submitted = rig.http.sent().iter().filter(|it| it.path == "find").count();
        assert_eq!(submitted, 1);
    });
}

/// Its task is lost, and nobody knows whether it was billed.
fn never(sent: &Sent) -> Answer {
    match sent.path.strip_prefix("task/") {
        None => slow(sent),
        Some(_) => Ok(json!({ "is": "unknown" })),
    }
}

#[test]
fn who_slept_while_it_waited_does_not_ask_what_nobody_knows() {
    paused(async {
        let rig = Rig::new(vec![finder().slow()], FakeHttp::new(never), None).await;
        let first = rig.submit(&plan(), people(0..1)).await;
        assert_eq!(rig.run(first.id, Duration::ZERO).await.waiting, ["hunter:task"]);
        // Two rows of one person, one of which waits behind the other.
        let twice = people(0..1).into_iter().chain(people(0..1)).collect();
        let second = rig.submit(&plan(), twice).await;
        assert_eq!(rig.run(second.id, Duration::ZERO).await.waiting, ["hunter:asked"]);
        // The first comes to its end while nobody looks.
        let first = rig.run(first.id, HOUR).await;
        assert_eq!(rig.cell(&first, 0, "email").await, "failed ambiguous");
        let second = rig.beside().run(second.id, HOUR).await;
        for index in 0..2 {
            assert_eq!(rig.cell(&second, index, "email").await, "failed ambiguous");
        }
        let submitted = rig.http.sent().iter().filter(|it| it.path == "find").count();
        assert_eq!(submitted, 1);
    });
}

/// A lease, how long who died is waited for, and what a look may take on top.
const MISSED: Duration = Duration::from_secs(15 + 60 + 45);

/// Two attended runs of the same people, the first of which dies in the middle of its first calls:
/// how the second ends, when, and how the first does once it is gone on with.
#[test]
fn what_a_dead_command_asked_is_not_waited_for_long_nor_bought_twice() {
    // method: crash
    let rows: [(FakeVendor, Script, u64, &str, usize); 3] = [
        (finder(), answer, 1, "failed ambiguous", 1),
        // Whoever comes back sends the same call again, under the same key.
        (finder().repeatable(), answer, 1, "found ada@c.example", 2),
        // Its tasks were taken, and it sleeps until they may be done.
        (finder().slow(), slow, 5, "found ada@c.example", 1),
    ];
    for (at, (vendor, script, lives, resumed, sent)) in rows.into_iter().enumerate() {
        paused(async {
            let http = FakeHttp::new(script).after(Duration::from_secs(2));
            let rig = Rig::new(vec![vendor], http, None).await;
            let other = rig.beside();
            let dead = rig.submit(&plan(), people(0..3)).await.id;
            let alive = other.submit(&plan(), people(0..6)).await.id;
            let dies = tokio::time::timeout(Duration::from_secs(lives), rig.run(dead, HOUR));
            assert!(dies.await.is_err(), "row {at}");
            let begun = tokio::time::Instant::now();
            let job = other.run(alive, HOUR).await;
            assert!(job.state.is_terminal() && begun.elapsed() < MISSED, "row {at}: {job:?}");
            for index in 0..6 {
                let expected = if index < 3 { "failed ambiguous" } else { "found ada@c.example" };
                assert_eq!(other.cell(&job, index, "email").await, expected, "row {at}: {index}");
            }
            // Whoever comes back for it ends as if nobody else had been there.
            let job = rig.beside().run(dead, HOUR).await;
            for index in 0..3 {
                assert_eq!(rig.cell(&job, index, "email").await, resumed, "row {at}: {index}");
            }
            let submissions = rig.http.sent().into_iter().filter(|it| it.path == "find");
            let mut keys: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for it in submissions {
                keys.entry(it.body.to_string()).or_default().push(it.key);
            }
            for (who, mut keys) in keys {
                assert!(keys.len() <= sent, "row {at}: {who}: {keys:?}");
                keys.dedup();
                assert_eq!(keys.len(), 1, "row {at}: {who} is two calls");
            }
        });
    }
}

/// Whoever comes back in time is waited for.
#[test]
fn who_comes_back_within_a_minute_is_waited_for() {
    paused(async {
        let http = FakeHttp::new(slow).after(Duration::from_millis(300));
        let rig = Rig::new(vec![finder().slow()], http, None).await;
        let other = rig.beside();
        let dead = rig.submit(&plan(), people(0..3)).await.id;
        let alive = other.submit(&plan(), people(0..3)).await.id;
        let dies = tokio::time::timeout(Duration::from_secs(2), rig.run(dead, HOUR));
        assert!(dies.await.is_err());
        let again = rig.beside();
        let back = async {
            let later = tokio::time::Instant::now() + Duration::from_secs(50);
            tokio::time::sleep_until(later).await;
            again.run(dead, HOUR).await
        };
        let (one, two) = tokio::join!(back, other.run(alive, HOUR));
        assert_eq!([one.state, two.state], [JobState::Completed; 2]);
        for index in 0..3 {
            assert_eq!(other.cell(&two, index, "email").await, "found ada@c.example");
        }
        let submitted = rig.http.sent().iter().filter(|it| it.path == "find").count();
        assert_eq!(submitted, 3);
    });
}

const HOUR: Duration = Duration::from_secs(3_600);
