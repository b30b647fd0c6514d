//! Two processes over one store and with one key: together they keep to the vendor's rate.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Clock, Timestamp,
    job::JobState,
    memory::MemoryStore,
    plan::Plan,
    provider::{LimitScope, Window},
};
use morket_testkit::engine::{FakeHttp, FakeVendor, OneKey, Rig, TokioClock, email_by};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

fn plan() -> Plan {
    email_by(&["hunter"])
}

fn people(of: &str, count: usize) -> Vec<Value> {
    let person = |n| json!({ "full_name": format!("{of} {n}"), "company_domain": "c.example" });
    (0..count).map(person).collect()
}

/// When the vendor was asked, and on whose behalf.
type Log = Arc<Mutex<Vec<(Duration, bool)>>>;

/// A vendor with these windows that notes when it is asked, and two jobs on a worker each. Their
/// plans name this vendor after it, whom nobody comes to ask.
async fn two_jobs(
    windows: &[Window],
    rows: [usize; 2],
    then: Option<FakeVendor>,
) -> Vec<(Duration, bool)> {
    let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
    let (log, time) = (Log::default(), clock.clone());
    let noted = log.clone();
    let http = FakeHttp::new(move |sent| {
        let first = sent.body.to_string().contains("Ada");
        noted.lock().unwrap().push((time.monotonic(), first));
        let values = json!({ "email": "ada@c.example", "email_status": "valid" });
        Ok(json!({ "is": "answer", "values": values }))
    });
    let http = if then.is_some() { http.after(Duration::from_millis(60)) } else { http };
    let finder = FakeVendor::finder("hunter", &["email", "email_status"]);
    let finder = windows.iter().fold(finder, |finder, window| finder.window(*window));
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let plan = if then.is_some() { email_by(&["hunter", "many"]) } else { plan() };
    let vendors = [finder].into_iter().chain(then).collect();
    let rig = Rig::on(store, clock, vendors, http, None, Arc::new(OneKey)).await;
    let other = rig.beside();
    let jobs = (
        rig.submit(&plan, people("Ada", rows[0])).await.id,
        other.submit(&plan, people("Bob", rows[1])).await.id,
    );
    let patience = Duration::from_secs(3_600);
    let (one, two) = tokio::join!(rig.run(jobs.0, patience), other.run(jobs.1, patience));
    assert_eq!([one.state, two.state], [JobState::Completed; 2]);
    let log = log.lock().unwrap().clone();
    assert_eq!(log.len(), rows[0] + rows[1]);
    log
}

fn window(max: u32, seconds: u64) -> Window {
    Window { max, per: Duration::from_secs(seconds), scope: LimitScope::Credential }
}

/// The most that was asked within any span of this length.
fn busiest(log: &[(Duration, bool)], per: Duration) -> usize {
    let within = |from: Duration| log.iter().filter(|it| it.0 >= from && it.0 < from + per).count();
    log.iter().map(|it| within(it.0)).max().unwrap_or(0)
}

/// Neither more than is allowed, nor much less: the last call is never far behind what a vendor
/// lets through.
#[tokio::test(start_paused = true)]
async fn two_workers_together_use_a_vendors_rate() {
    for (windows, rows, at_most) in [
        (vec![window(20, 1)], [200, 200], 25),
        (vec![window(5, 1)], [40, 40], 20),
        (vec![window(1, 1)], [15, 15], 45),
        (vec![window(20, 1), window(60, 10)], [200, 200], 75),
        (vec![window(100, 60)], [300, 300], 320),
        (vec![window(100, 60)], [600, 1], 375),
    ] {
        let log = two_jobs(&windows, rows, None).await;
        for window in &windows {
            let most = busiest(&log, window.per);
            assert!(most <= window.max as usize, "{most} in {window:?}");
        }
        let took = log.last().unwrap().0 - log[0].0;
        assert!(took <= Duration::from_secs(at_most), "{windows:?} took {took:?}");
    }
}

/// Where a plan names a vendor that takes many records a call, more rows are open than calls may be
/// under way: those that wait keep no window from the others, and ask nobody for room meanwhile.
#[tokio::test(start_paused = true)]
async fn many_open_rows_use_a_vendors_rate() {
    let many = FakeVendor::finder("many", &["email", "email_status"]).with(|it| it.bulk = 100);
    let log = two_jobs(&[window(300, 60)], [3_000, 1], Some(many)).await;
    assert!(busiest(&log, Duration::from_secs(60)) <= 300);
    let took = log.last().unwrap().0 - log[0].0;
    assert!(took <= Duration::from_secs(640), "it took {took:?}");
}

/// A small job beside a large one: it has its share while it lasts.
#[tokio::test(start_paused = true)]
async fn a_worker_that_comes_later_gets_its_share() {
    let log = two_jobs(&[window(20, 1)], [400, 60], None).await;
    let small: Vec<usize> = (0..log.len()).filter(|at| !log[*at].1).collect();
    let last = *small.last().unwrap();
    assert!(last < 60 * 3, "its last call was number {last} of all");
}

/// A vendor throttles somebody once, and says for how long: seconds in which it was asked at all.
async fn throttled(windows: &[Window], after: Option<u64>) -> Vec<u64> {
    let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
    let (log, time) = (Arc::new(Mutex::new(Vec::new())), clock.clone());
    let noted = log.clone();
    let http = FakeHttp::new(move |_| {
        let now = time.monotonic().as_secs();
        let mut asked = noted.lock().unwrap();
        let first = now >= 10 && asked.iter().all(|it| *it < 10);
        asked.push(now);
        let values = json!({ "email": "ada@c.example", "email_status": "valid" });
        Ok(match first {
            true => json!({ "is": "rate_limited", "after": after }),
            false => json!({ "is": "answer", "values": values }),
        })
    });
    let finder = FakeVendor::finder("hunter", &["email", "email_status"]);
    let finder = windows.iter().fold(finder, |finder, window| finder.window(*window));
    let store = Arc::new(MemoryStore::new(clock.clone()));
    let rig = Rig::on(store, clock, vec![finder], http, None, Arc::new(OneKey)).await;
    let other = rig.beside();
    let jobs = (
        rig.submit(&plan(), people("Ada", 400)).await.id,
        other.submit(&plan(), people("Bob", 400)).await.id,
    );
    let patience = Duration::from_secs(3_600);
    let (one, two) = tokio::join!(rig.run(jobs.0, patience), other.run(jobs.1, patience));
    assert_eq!([one.state, two.state], [JobState::Completed; 2]);
    let mut log = log.lock().unwrap().clone();
    log.dedup();
    log
}

/// A slice that was given before may still be used; then nobody asks for as long as was said.
#[tokio::test(start_paused = true)]
async fn a_vendor_that_wants_to_be_left_alone_is_by_all_processes() {
    for windows in [vec![window(5, 1)], vec![window(20, 1), window(100, 10)]] {
        let log = throttled(&windows, Some(40)).await;
        let asked = |from, to| log.iter().filter(|it| (from..to).contains(*it)).count();
        assert_eq!(asked(10 + 6, 10 + 40), 0, "{windows:?}: {log:?}");
        assert!(asked(50, 56) > 0, "{windows:?}: and then at once: {log:?}");
        // One that does not say for how long is not believed by those who did not hear it.
        let log = throttled(&windows, None).await;
        let asked = |from, to| log.iter().filter(|it| (from..to).contains(*it)).count();
        assert!(asked(16, 50) > 10, "{windows:?}: {log:?}");
    }
}
