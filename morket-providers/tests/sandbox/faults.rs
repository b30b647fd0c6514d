//! What goes wrong, how it looks from outside, and that it is billed as it should be.

use super::client::{Client, Response, get, perfect, query, row};
use morket_core::VendorUnits;
use morket_providers::sandbox::{
    Delivery, Entry, Expected, Fault, Faults, Latency, Limits, Options, Outcome, Rate, Sandbox,
    Vendor,
};
use std::{collections::BTreeMap, time::Duration};

/// One call for a person who exists, through a sandbox where `faults` always happen.
async fn one(faults: Faults) -> (Result<Response, Vec<u8>>, Entry) {
    let mut options = perfect(7);
    options.vendor_mut(Vendor::Hunter).faults = faults;
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let here = row(sandbox.world(), Expected::Present);
    let name = query(&here.full_name);
    let target = format!("/hunter/v2/email-finder?full_name={name}&domain={}", here.company_domain);
    let mut client = Client::connect(sandbox.addr()).await;
    let response = client.call(&get(&target, "X-API-KEY: k1")).await;
    let used = sandbox.account(Vendor::Hunter, "k1").used;
    let mut entries = sandbox.log(0, 10);
    assert_eq!(entries.len(), 1);
    let entry = entries.remove(0);
    assert_eq!(entry.billed, used);
    (response, entry)
}

#[tokio::test]
async fn each_fault_looks_and_costs_as_it_should() {
    let always = Rate::ALWAYS;
    let none = Faults::default();
    let (response, entry) = one(Faults { throttled: always, ..none }).await;
    assert_eq!(response.expect("an answer").status, 403);
    assert_eq!((entry.outcome, entry.billed), (Outcome::Throttled, VendorUnits::ZERO));

    let (response, entry) = one(Faults { server_error: always, ..none }).await;
    assert!(matches!(response.expect("an answer").status, 500 | 502 | 503));
    assert_eq!((entry.outcome, entry.billed), (Outcome::ServerError, VendorUnits::ZERO));

    let (response, entry) = one(Faults { cut: always, ..none }).await;
    assert_eq!(response, Err(Vec::new()));
    assert_eq!((entry.outcome, entry.billed), (Outcome::Cut, VendorUnits::ZERO));
    assert_eq!(entry.delivery, Delivery::Cut);

    let (response, entry) = one(Faults { lost: always, ..none }).await;
    assert!(response.is_err());
    assert_eq!((entry.outcome, entry.billed), (Outcome::Answer, VendorUnits::whole(1)));
    assert_eq!(entry.delivery, Delivery::Cut);

    let (response, entry) = one(Faults { garbage: always, ..none }).await;
    let response = response.expect("an answer");
    assert_eq!((response.status, response.json()), (200, serde_json::Value::Null));
    assert_eq!(entry.billed, VendorUnits::whole(1));
}

#[tokio::test]
async fn slow_answers_and_latency_arrive_whole_and_late() {
    let late = Duration::from_millis(30);
    let slow = Faults { slow: Rate::ALWAYS, slow_for: late, ..Faults::default() };
    let started = tokio::time::Instant::now();
    let (response, entry) = one(slow).await;
    assert!(started.elapsed() >= late);
    assert!(response.expect("an answer").json()["data"]["email"].is_string());
    assert!(matches!(entry.fault, Some(Fault::SlowStart | Fault::SlowBody)));

    let mut options = perfect(7);
    options.vendor_mut(Vendor::Hunter).latency = Latency { least: late, spread: late };
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let started = tokio::time::Instant::now();
    let mut client = Client::connect(sandbox.addr()).await;
    client.call(&get("/hunter/v2/account", "X-API-KEY: k1")).await.expect("an answer");
    assert!(started.elapsed() >= late);
}

fn campaign(seed: u64) -> Options {
    perfect(seed).for_each_vendor(|vendor| {
        vendor.faults = Faults { slow_for: Duration::from_millis(1), ..Faults::campaign() };
        vendor.faults.cut = Rate::percent(2);
        vendor.limits = Limits::Off;
    })
}

/// Asks for `count` people, beginning anywhere; what the log says of each.
async fn run(seed: u64, count: usize, first: usize, connections: usize) -> BTreeMap<String, Entry> {
    let sandbox = Sandbox::start(campaign(seed)).await.expect("a free port");
    let ask = |connection: usize| {
        let addr = sandbox.addr();
        async move {
            let mut client = Client::connect(addr).await;
            for number in (0..count).skip(connection).step_by(connections) {
                let domain = format!("company-{}.example", (number + first) % count);
                let target = format!("/hunter/v2/email-finder?full_name=Ada+Baker&domain={domain}");
                if client.call(&get(&target, "X-API-KEY: k1")).await.is_err() {
                    client = Client::connect(addr).await;
                }
            }
        }
    };
    let mut tasks = tokio::task::JoinSet::new();
    (0..connections).map(ask).for_each(|task| drop(tasks.spawn(task)));
    tasks.join_all().await;
    let entries = sandbox.log(0, usize::MAX);
    entries.into_iter().map(|entry| (entry.input.clone(), entry)).collect()
}

#[tokio::test]
async fn rates_are_kept_over_ten_thousand_inputs() {
    let entries = run(11, 10_000, 0, 8).await;
    assert_eq!(entries.len(), 10_000);
    let count = |fits: &dyn Fn(Fault) -> bool| {
        entries.values().filter(|entry| entry.fault.is_some_and(fits)).count()
    };
    let shares = [
        (count(&|fault| fault == Fault::Throttled), 800),
        (count(&|fault| fault == Fault::ServerError), 800),
        (count(&|fault| matches!(fault, Fault::LostWhole | Fault::LostPart)), 600),
        (count(&|fault| fault == Fault::Cut), 200),
        (count(&|fault| fault == Fault::Garbage), 400),
        (count(&|fault| matches!(fault, Fault::SlowStart | Fault::SlowBody)), 400),
    ];
    for (found, expected) in shares {
        assert!(usize::abs_diff(found, expected) < 110, "{shares:?}");
    }
}

#[tokio::test]
async fn faults_do_not_depend_on_order_or_concurrency() {
    let outcome = |entries: BTreeMap<String, Entry>| -> Vec<_> {
        let told = entries.into_values().map(|entry| {
            let Entry { input, fault, outcome, billed, status, attempt, .. } = entry;
            (input, fault, outcome, billed, status, attempt)
        });
        told.collect()
    };
    let alone = outcome(run(5, 600, 0, 1).await);
    assert_eq!(alone, outcome(run(5, 600, 123, 7).await));
    assert_ne!(alone, outcome(run(6, 600, 0, 1).await));
}

#[tokio::test]
async fn another_attempt_meets_other_faults() {
    let sandbox = Sandbox::start(campaign(5)).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    for attempt in 0..6 {
        for number in 0..200 {
            let target = format!("/hunter/v2/companies/find?domain=company-{number}.example");
            if client.call(&get(&target, "X-API-KEY: k1")).await.is_err() {
                client = Client::connect(sandbox.addr()).await;
            }
        }
        assert_eq!(sandbox.log(0, usize::MAX).len(), 200 * (attempt + 1));
    }
    let mut faulty: BTreeMap<String, Vec<u32>> = BTreeMap::new();
    for entry in sandbox.log(0, usize::MAX).into_iter().filter(|entry| entry.fault.is_some()) {
        faulty.entry(entry.input).or_default().push(entry.attempt);
    }
    assert!(faulty.len() > 120, "{} of 200 inputs met a fault", faulty.len());
    let always = faulty.values().filter(|attempts| attempts.len() == 6).count();
    // By the dice 0.2 of 200 inputs fail six times; were a fault to stay with its input, 64 would.
    assert!(always <= 3, "{always} inputs fail for ever");
}
