//! Faults by a seed: the same ones whatever the order, and each with the right word about money.

use async_trait::async_trait;
use morket_core::{
    Secret,
    http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse},
};
use morket_http::{Fault, FaultRates, Faults};
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

/// A vendor that counts what it serves.
#[derive(Debug, Default)]
struct Vendor(AtomicUsize);

#[async_trait]
impl Http for Vendor {
    async fn send(&self, _request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        self.0.fetch_add(1, SeqCst);
        Ok(HttpResponse::new(200, *b"{}"))
    }
}

fn request(number: usize) -> HttpRequest {
    HttpRequest::get("https://api.example.com/").query("n", number.to_string())
}

const ALL: FaultRates =
    FaultRates { limited: 100, failing: 100, cut: 100, lost: 100, garbage: 100, slow: 100 };

/// What a run does to requests in this order, three attempts each.
async fn run(seed: u64, order: impl Iterator<Item = usize>) -> HashSet<(usize, u32, String)> {
    let faults = Faults::new(Arc::new(Vendor::default()), seed, ALL).slow_by(Duration::ZERO);
    let mut seen = HashSet::new();
    for number in order {
        for attempt in 0..3 {
            let result = faults.send(request(number)).await;
            let planned = faults.planned(&request(number), attempt.into());
            seen.insert((number, attempt, format!("{planned:?} {result:?}")));
        }
    }
    seen
}

#[tokio::test]
async fn the_order_of_requests_changes_no_fault() {
    // method: property
    let forwards = run(7, 0..100).await;
    assert_eq!(forwards, run(7, (0..100).rev()).await);
    assert_ne!(forwards, run(8, 0..100).await);
}

#[tokio::test(start_paused = true)]
async fn each_fault_says_what_has_left() {
    type Kind = Result<u16, (FailureCause, bool)>;
    let none = FaultRates::default();
    let rows: &[(FaultRates, Option<Fault>, Kind, usize)] = &[
        (none, None, Ok(200), 1),
        (FaultRates { limited: 1000, ..none }, Some(Fault::Limited), Ok(429), 0),
        (FaultRates { failing: 1000, ..none }, Some(Fault::Failing), Ok(503), 0),
        (FaultRates { cut: 1000, ..none }, Some(Fault::Cut), Err((FailureCause::Broken, false)), 0),
        (
            FaultRates { lost: 1000, ..none },
            Some(Fault::Lost),
            Err((FailureCause::Broken, true)),
            1,
        ),
        (FaultRates { garbage: 1000, ..none }, Some(Fault::Garbage), Ok(200), 1),
        (
            FaultRates { slow: 1000, ..none },
            Some(Fault::Slow),
            Err((FailureCause::Timeout, true)),
            1,
        ),
    ];
    for (rates, planned, expected, served) in rows {
        let vendor = Arc::new(Vendor::default());
        let faults = Faults::new(vendor.clone(), 1, *rates);
        let request = request(1).timeout(Duration::from_secs(5));
        assert_eq!(faults.planned(&request, 0), *planned);
        let result = faults.send(request).await;
        if *planned == Some(Fault::Garbage) {
            let body = result.clone().unwrap().body;
            assert!(serde_json::from_slice::<serde_json::Value>(&body).is_err());
        }
        let kind = result.map(|answer| answer.status).map_err(|lost| (lost.cause, lost.sent));
        assert_eq!((kind, vendor.0.load(SeqCst)), (*expected, *served), "{planned:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_within_the_limit_arrives() {
    let faults = Faults::new(
        Arc::new(Vendor::default()),
        1,
        FaultRates { slow: 1000, ..FaultRates::default() },
    );
    let begin = tokio::time::Instant::now();
    let answer = faults.send(request(1).timeout(Duration::from_secs(30))).await;
    assert_eq!((answer.unwrap().status, begin.elapsed().as_secs()), (200, 10));
}

#[test]
fn rates_are_met_and_keys_do_not_count() {
    let faults = Faults::new(Arc::new(Vendor::default()), 3, ALL);
    let mut counts = std::collections::HashMap::<_, u32>::new();
    for number in 0..10_000 {
        *counts.entry(faults.planned(&request(number), 0)).or_default() += 1;
    }
    assert_eq!(counts.len(), 7);
    for (fault, count) in counts {
        let expected = if fault.is_none() { 4_000 } else { 1_000 };
        assert!(count.abs_diff(expected) < 200, "{fault:?}: {count}");
    }
    for attempt in 0..100 {
        let with = |key: &str| request(1).bearer(&Secret::new(key.to_owned()));
        let planned = |key| faults.planned(&with(key), attempt);
        assert_eq!(planned("one-key"), planned("another-key"));
    }
}
