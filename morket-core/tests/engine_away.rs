//! A store that does not answer for a while: a worker waits for it, whoever attends a run is told
//! when it takes too long, and nobody who is at work waits for a slow claim.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    ErrorKind, JobId, Timestamp,
    engine::{News, Runner, Stop, submit},
    job::{ClaimFilter, Dispatch, Job, JobState, NewJob},
    memory::MemoryStore,
};
use morket_testkit::engine::{
    FakeHttp, FakeVendor, OneKey, Rig, Sent, TokioClock, Trouble, email_by,
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, error::Error as _, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::Instant};

fn people(rows: usize) -> Vec<Value> {
    let name = |n: usize| format!("c{n}.example");
    (0..rows).map(|n| json!({ "full_name": "Ada Lovelace", "company_domain": name(n) })).collect()
}

fn answer(sent: &Sent) -> Value {
    let domain = sent.body[0]["company_domain"].as_str().unwrap_or_default();
    let values = json!({ "email": format!("ada@{domain}"), "email_status": "valid" });
    json!({ "is": "answer", "values": values })
}

/// A rig whose store can be troubled, and a vendor that takes a second for each answer.
async fn rig() -> (Rig, Trouble) {
    let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
    let trouble = Trouble::default();
    let store = trouble.of(Arc::new(MemoryStore::new(clock.clone())), clock.clone());
    let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
    let http = FakeHttp::new(|sent| Ok(answer(sent))).after(Duration::from_secs(1));
    let rig = Rig::on(store, clock, vec![vendor], http, None, Arc::new(OneKey)).await;
    (rig, trouble)
}

async fn job(rig: &Rig, dispatch: Dispatch, rows: usize) -> JobId {
    let id = JobId(uuid::Uuid::from_u128(rows as u128));
    let plan = serde_json::to_value(email_by(&["hunter"])).unwrap();
    let worst_case = morket_core::Credits::ZERO;
    let (name, created_by, retry_of, base) = (None, None, None, None);
    let new = NewJob { id, name, plan, dispatch, worst_case, created_by, retry_of, base };
    submit(&*rig.store, rig.workspace, new, people(rows)).await.unwrap().id
}

/// Until so long after this instant.
async fn until(begun: Instant, seconds: u64) {
    tokio::time::sleep_until(begun + Duration::from_secs(seconds)).await;
}

/// Nothing was asked twice, and all came to its end.
async fn well_ended(rig: &Rig, id: JobId, what: &str) -> Job {
    let job = rig.store.job(rig.workspace, id).await.unwrap();
    assert!(job.state.is_terminal(), "{what}: {:?}", job.state);
    let sent: Vec<String> = rig.http.sent().iter().map(|it| it.body.to_string()).collect();
    let once: BTreeSet<&String> = sent.iter().collect();
    assert_eq!((sent.len(), once.len()), (job.counts.total as usize, once.len()), "{what}");
    assert_eq!(once.len(), sent.len(), "{what}: nothing is bought twice");
    job
}

/// A worker whose store goes away after so many seconds, for so many: what it said.
async fn outlives(from: u64, away: u64, rows: usize) -> Vec<News> {
    let what = format!("{rows} rows, away from {from} s for {away} s");
    let (rig, trouble) = rig().await;
    let id = job(&rig, Dispatch::Queued, rows).await;
    let (told, mut news) = mpsc::unbounded_channel();
    let runner = Runner::new(rig.worker.clone(), "one").tells(told);
    let (stop, begun) = (Stop::default(), Instant::now());
    let run = runner.run(ClaimFilter::Queued, &stop);
    let watch = async {
        until(begun, from).await;
        trouble.is_away(true);
        until(begun, from + away).await;
        trouble.is_away(false);
        until(begun, from + away + 120).await;
        stop.drain();
    };
    let (ran, ()) = tokio::join!(run, watch);
    ran.unwrap_or_else(|error| panic!("{what}: {error:?}"));
    well_ended(&rig, id, &what).await;
    let mut heard = Vec::new();
    while let Ok(it) = news.try_recv() {
        heard.extend((!matches!(it, News::LetGo(..))).then_some(it));
    }
    heard
}

#[tokio::test(start_paused = true)]
async fn a_worker_waits_for_its_store_for_as_long_as_it_is_told_to_run() {
    let gone = || vec![News::Away("it was stopped".to_owned()), News::Back];
    for (from, away, rows, heard) in [
        (0, 3, 40, Vec::new()),
        (0, 3_600, 40, gone()),
        // A batch bears this by itself.
        (2, 10, 300, Vec::new()),
        (2, 40, 300, gone()),
        (2, 600, 2_500, gone()),
        (2, 86_400, 300, gone()),
    ] {
        assert_eq!(outlives(from, away, rows).await, heard, "{rows} rows: {away} s from {from} s");
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_whose_store_is_away_stops_when_it_is_told_to() {
    let (rig, trouble) = rig().await;
    trouble.is_away(true);
    let runner = Runner::new(rig.worker.clone(), "one");
    let (stop, begun) = (Stop::default(), Instant::now());
    let watch = async {
        until(begun, 100).await;
        stop.drain();
    };
    let (ran, ()) = tokio::join!(runner.run(ClaimFilter::Queued, &stop), watch);
    ran.unwrap();
    assert_eq!(begun.elapsed().as_secs(), 100);
}

/// A run that is attended with this patience, while its store is away for so long from its third
/// second on: whether it came to its end by itself.
async fn attends(patience: u64, away: u64) -> bool {
    let what = format!("patience {patience} s, away for {away} s");
    let (rig, trouble) = rig().await;
    let id = job(&rig, Dispatch::Attended, 200).await;
    let runner = Runner::new(rig.worker.clone(), "one");
    let (stop, begun) = (Stop::default(), Instant::now());
    let patience = Duration::from_secs(patience);
    let run = async {
        let ran = runner.run_job(rig.workspace, id, patience, &stop).await;
        (ran, begun.elapsed())
    };
    let watch = async {
        until(begun, 3).await;
        trouble.is_away(true);
        until(begun, 3 + away).await;
        trouble.is_away(false);
    };
    let ((ran, took), ()) = tokio::join!(run, watch);
    let ended = match ran {
        Ok(ran) => ran.job.state.is_terminal(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::StoreUnavailable, "{what}");
            assert_eq!(error.operation(), "engine.run_job", "{what}");
            for said in ["it was stopped", "nothing that was written down is lost"] {
                assert!(error.message().contains(said), "{what}: {error}");
            }
            assert!(error.source().is_some_and(|it| it.to_string().contains("trouble")));
            let least = patience.max(Duration::from_secs(30));
            assert!(took >= least && took < least + Duration::from_secs(45), "{what}: {took:?}");
            false
        }
    };
    let again = runner.run_job(rig.workspace, id, Duration::from_secs(600), &stop).await;
    assert!(again.unwrap().job.state.is_terminal(), "{what}");
    well_ended(&rig, id, &what).await;
    ended
}

#[tokio::test(start_paused = true)]
async fn whoever_attends_a_run_waits_for_its_store_up_to_their_patience() {
    for (patience, away, ends) in
        [(900, 10, true), (900, 60, true), (900, 800, true), (900, 1_200, false), (0, 120, false)]
    {
        assert_eq!(attends(patience, away).await, ends, "{patience} s, away for {away} s");
    }
}

#[tokio::test(start_paused = true)]
async fn what_runs_does_not_wait_for_a_slow_claim() {
    let (rig, trouble) = rig().await;
    let id = job(&rig, Dispatch::Queued, 1_000).await;
    let runner = Runner::new(rig.worker.clone(), "one");
    let (stop, begun) = (Stop::default(), Instant::now());
    let run = runner.run(ClaimFilter::Queued, &stop);
    let watch = async {
        tokio::time::sleep_until(begun + Duration::from_millis(10)).await;
        let mut sent = Vec::new();
        trouble.claims_take(Duration::from_secs(60));
        for second in [5, 10, 15] {
            until(begun, second).await;
            sent.push(rig.http.sent().len());
        }
        until(begun, 180).await;
        stop.drain();
        sent
    };
    let (ran, sent) = tokio::join!(run, watch);
    ran.unwrap();
    assert!(sent[0] > 64 && sent[0] < sent[1] && sent[1] < sent[2], "it stood still: {sent:?}");
    let job = well_ended(&rig, id, "slow claims").await;
    assert_eq!(job.state, JobState::Completed);
}

/// Two attended runs of the same people lose their store at once, for longer than it takes to count
/// as gone; the first is back somewhat later than the second, which waits for it.
#[tokio::test(start_paused = true)]
async fn who_was_cut_off_does_not_take_the_others_for_gone() {
    let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
    let memory = Arc::new(MemoryStore::new(clock.clone()));
    let troubles = [Trouble::default(), Trouble::default()];
    let stores = troubles.clone().map(|it| it.of(memory.clone(), clock.clone()));
    let vendor = FakeVendor::finder("hunter", &["email", "email_status"]).slow();
    let http = FakeHttp::new(|sent| {
        Ok(match sent.path.strip_prefix("task/") {
            None => json!({ "is": "pending", "task": format!("t{}", sent.key), "after": 3 }),
            Some(_) => answer_to_task(),
        })
    });
    let keys = Arc::new(OneKey);
    let first = Rig::on(stores[0].clone(), clock, vec![vendor], http, None, keys).await;
    let second = first.beside_on(stores[1].clone());
    let plan = email_by(&["hunter"]);
    let [one, two] = [first.submit(&plan, people(3)).await, second.submit(&plan, people(3)).await];
    let begun = Instant::now();
    let weather = async {
        until(begun, 2).await;
        troubles.iter().for_each(|it| it.is_away(true));
        until(begun, 150).await;
        troubles[1].is_away(false);
        until(begun, 170).await;
        troubles[0].is_away(false);
    };
    let hour = Duration::from_secs(3_600);
    let (one, two, ()) = tokio::join!(first.run(one.id, hour), second.run(two.id, hour), weather);
    assert_eq!([one.state, two.state], [JobState::Completed; 2]);
    let submitted = first.http.sent().iter().filter(|it| it.path == "find").count();
    assert_eq!(submitted, 3, "nobody is asked about twice");
}

fn answer_to_task() -> Value {
    let values = json!({ "email": "ada@c.example", "email_status": "valid" });
    json!({ "is": "answer", "values": values })
}
