//! What holds for every job, whatever its vendors do: keys, ends, neighbours, limits.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits,
    engine::Tuning,
    field::Kind,
    http::{FailureCause, HttpFailure},
    name::FieldName,
    plan::{Plan, Waterfall},
};
use morket_testkit::engine::{Defect, FakeHttp, FakeVendor, POISON, Rig, Sent};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::time::Instant;

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

/// A plan in which each of these fields asks these vendors.
fn plan(fields: &[(&str, &[&str])]) -> Plan {
    let mut plan = Plan::of(Kind::Person, fields.iter().map(|it| field(it.0)));
    for (name, steps) in fields {
        let steps = steps.iter().map(|it| (*it).to_owned()).collect();
        plan.waterfalls.insert(field(name), Waterfall { steps, ..Waterfall::default() });
    }
    plan
}

fn person(n: usize) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": format!("c{n}.example") })
}

fn answer(record: &Value) -> Value {
    let domain = record["company_domain"].as_str().unwrap_or_default();
    json!({ "is": "answer", "values": { "email": format!("ada@{domain}"), "email_status": "valid",
        "title": "Chief", "seniority": "executive", "phone": "+4915112345678" } })
}

fn answers(sent: &Sent) -> Value {
    let each: Vec<Value> = sent.body.as_array().into_iter().flatten().map(answer).collect();
    if each.len() == 1 { each[0].clone() } else { Value::Array(each) }
}

/// Under a clock that nobody waits for.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// What a vendor does to an attempt.
const TROUBLE: [&str; 5] = ["transient", "rate_limited", "lost", "unsent", "garbage"];

fn trouble(word: &str) -> Result<Value, HttpFailure> {
    match word {
        "lost" => Err(HttpFailure::lost(FailureCause::Broken, "cut")),
        "unsent" => Err(HttpFailure::unsent(FailureCause::Unreachable, "nobody there")),
        word => Ok(json!({ "is": word, "after": 1 })),
    }
}

/// How long a vendor takes to answer, and how exact timers are, a few of them.
const ANSWER: Duration = Duration::from_millis(50);
const TICK: Duration = Duration::from_millis(5);

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(7),
        ..ProptestConfig::default() })]

    #[test]
    fn p043_all_attempts_of_a_call_carry_one_key_and_no_two_calls_share_one(
        words in prop::collection::vec(prop::collection::vec(0..6_usize, 0..4), 1..12),
        bulk in 1..4_u32,
    ) {
        // method: property
        paused(async {
            let count = words.len();
            let script = move |sent: &Sent| {
                let first = sent.body[0]["company_domain"].as_str().unwrap_or_default();
                let n: usize = first.trim_matches(|it: char| !it.is_ascii_digit()).parse().unwrap();
                match words[n % words.len()].get(sent.before) {
                    Some(word) if *word < TROUBLE.len() => trouble(TROUBLE[*word]),
                    _ => Ok(answers(sent)),
                }
            };
            let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
            let vendors = vec![vendor.repeatable().bulk(bulk)];
            let rig = Rig::new(vendors, FakeHttp::new(script), None).await;
            let rows = (0..count).map(person).collect();
            let job = rig.finish(&plan(&[("email", &["hunter"])]), rows).await;
            assert!(job.state.is_terminal());
            let (mut by_key, mut by_body) = (BTreeMap::new(), BTreeMap::new());
            for sent in rig.http.sent() {
                assert!(!sent.key.is_empty());
                let body = by_key.entry(sent.key.clone()).or_insert_with(|| sent.body.clone());
                assert_eq!(*body, sent.body, "one key, two questions");
                let key = by_body.entry(sent.body.to_string()).or_insert_with(|| sent.key.clone());
                assert_eq!(*key, sent.key, "one question, two keys");
            }
        });
    }

    #[test]
    fn p076_a_job_ends_within_a_minute_of_the_last_fault(
        words in prop::collection::vec(0..TROUBLE.len(), 1..40),
        until in 0..90_u64,
        rows in 1..40_usize,
    ) {
        // method: property
        paused(async {
            let begun = Instant::now();
            let last_fault = Arc::new(Mutex::new(begun));
            let last = last_fault.clone();
            let script = move |sent: &Sent| {
                if begun.elapsed() >= Duration::from_secs(until) {
                    return Ok(answers(sent));
                }
                *last.lock().unwrap() = Instant::now();
                let at = begun.elapsed().as_millis() as usize / 100 + sent.before;
                trouble(TROUBLE[words[at % words.len()]])
            };
            let finder = |it: &str| FakeVendor::finder(it, &["email", "email_status"]).repeatable();
            let http = FakeHttp::new(script).after(ANSWER);
            let rig = Rig::new(vec![finder("hunter"), finder("apollo")], http, None).await;
            let rows = (0..rows).map(person).collect();
            let job = rig.finish(&plan(&[("email", &["hunter", "apollo"])]), rows).await;
            let took = last_fault.lock().unwrap().elapsed();
            assert!(job.state.is_terminal(), "{:?}", job.state);
            // A breaker that opened with the last fault lets a probe through after a minute. What
            // comes on top is the vendor's: its answer to the probe, and those to the rest.
            let took = took.saturating_sub(2 * ANSWER);
            assert!(took <= Duration::from_secs(60) + TICK, "{took:?} after the last fault");
        });
    }
}

/// Which of a hundred rows are poison.
const POISONED: [usize; 4] = [0, 7, 50, 99];

async fn poisoned(defect: Option<Defect>, bulk: u32) -> (Rig, morket_core::job::Job) {
    let mut vendor = FakeVendor::finder("hunter", &["email", "email_status"]).bulk(bulk);
    if let Some(defect) = defect {
        vendor = vendor.defective(defect);
    }
    let late: fn(&Sent) -> Result<Value, HttpFailure> = |sent| {
        let poison = |it: &Value| it["full_name"] == POISON;
        match sent.body.as_array().is_some_and(|it| it.iter().any(poison)) {
            true => Err(HttpFailure::lost(FailureCause::Timeout, "the time was over")),
            false => Ok(answers(sent)),
        }
    };
    let script = move |sent: &Sent| if defect.is_some() { Ok(answers(sent)) } else { late(sent) };
    let rig = Rig::new(vec![vendor], FakeHttp::new(script), Some(Credits::whole(1_000))).await;
    let mut rows: Vec<Value> = (0..100).map(person).collect();
    POISONED.iter().for_each(|at| rows[*at]["full_name"] = POISON.into());
    let job = rig.finish(&plan(&[("email", &["hunter"])]), rows).await;
    (rig, job)
}

#[test]
fn p077_a_record_that_panics_or_times_out_fails_alone() {
    // method: exhaustive
    // One at a time any defect strikes its record alone; in bulk one that shows before it is sent.
    let rows = [
        (Some(Defect::Request), 1),
        (Some(Defect::Parse), 1),
        (Some(Defect::Refusal), 1),
        (None, 1),
        (Some(Defect::Request), 10),
        (Some(Defect::Refusal), 10),
    ];
    for (defect, bulk) in rows {
        paused(async {
            let (rig, job) = poisoned(defect, bulk).await;
            assert!(job.state.is_terminal());
            for at in 0..100 {
                let seen = rig.cell(&job, at as u32, "email").await;
                let found = seen == format!("found ada@c{at}.example");
                assert_eq!(found, !POISONED.contains(&at), "{defect:?} by {bulk}: {at} {seen}");
            }
            assert_eq!(rig.money().await, (Credits::whole(1_000 - 2 * 96), Credits::ZERO));
        });
    }
}

/// An answer is read as a whole: what is in it of the others nobody can tell, and it may have been
/// billed. It costs its own call, and no other.
#[test]
fn p077_an_answer_in_bulk_that_panics_fails_its_call_and_no_other() {
    // method: exhaustive
    paused(async {
        let (rig, job) = poisoned(Some(Defect::Parse), 10).await;
        assert!(job.state.is_terminal());
        for at in 0..100 {
            let seen = rig.cell(&job, at as u32, "email").await;
            let lost = POISONED.iter().any(|it| it / 10 == at / 10);
            let expected =
                if lost { "failed ambiguous" } else { &format!("found ada@c{at}.example") };
            assert_eq!(seen, *expected, "{at}");
        }
        assert_eq!(rig.money().await, (Credits::whole(1_000 - 2 * 70), Credits::ZERO));
    });
}

#[test]
fn p022_what_nobody_can_read_is_asked_for_three_times_whoever_holds_the_batch() {
    // method: exhaustive
    // So much fails that the breaker opens, and the batch is put away with calls that wait.
    for (records, poisoned) in [(1, 1), (4, 4), (8, 8), (12, 4), (30, 9)] {
        paused(async {
            let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
            let vendor = vendor.repeatable().defective(Defect::Parse);
            let script = |sent: &Sent| {
                assert!(sent.before < 20, "it is asked for without end");
                Ok(answers(sent))
            };
            let rig = Rig::new(vec![vendor], FakeHttp::new(script), None).await;
            let mut rows: Vec<Value> = (0..records).map(person).collect();
            rows[..poisoned].iter_mut().for_each(|it| it["full_name"] = POISON.into());
            let job = rig.finish(&plan(&[("email", &["hunter"])]), rows).await;
            assert!(job.state.is_terminal());
            let mut left: BTreeMap<String, usize> = BTreeMap::new();
            rig.http.sent().iter().for_each(|it| *left.entry(it.key.clone()).or_default() += 1);
            let most = left.values().max().copied();
            assert_eq!((left.len(), most), (records, Some(3)), "{records} with {poisoned}");
            for at in 0..records {
                let seen = rig.cell(&job, at as u32, "email").await;
                let found = seen == format!("found ada@c{at}.example");
                assert_eq!(found, at >= poisoned, "{records} with {poisoned}: {at} {seen}");
            }
        });
    }
}

#[test]
fn p077_in_bulk_what_cannot_be_read_takes_its_own_call_and_no_other() {
    // method: exhaustive
    // Whose answer it is cannot be told any more: all of the call end, and nobody waits.
    for (repeatable, settled) in [(false, 1), (true, 3)] {
        paused(async {
            let vendor = FakeVendor::finder("hunter", &["email", "email_status"]).bulk(10);
            let vendor = vendor.defective(Defect::Parse);
            let vendor = if repeatable { vendor.repeatable() } else { vendor };
            let http = FakeHttp::new(|sent| Ok(answers(sent)));
            let rig = Rig::new(vec![vendor], http, Some(Credits::whole(1_000))).await;
            let mut rows: Vec<Value> = (0..100).map(person).collect();
            POISONED.iter().for_each(|at| rows[*at]["full_name"] = POISON.into());
            let job = rig.finish(&plan(&[("email", &["hunter"])]), rows).await;
            assert!(job.state.is_terminal());
            let calls: BTreeMap<String, Value> =
                rig.http.sent().into_iter().map(|it| (it.key, it.body)).collect();
            let (mut failed, mut sent) = (0, rig.http.sent());
            for body in calls.values() {
                let records = body.as_array().unwrap();
                let struck = records.iter().any(|it| it["full_name"] == POISON);
                failed += if struck { records.len() } else { 0 };
                let times = sent.extract_if(.., |it| it.body == *body).count();
                assert_eq!(times, if struck { settled } else { 1 });
                for record in records {
                    let domain = record["company_domain"].as_str().unwrap();
                    let at = domain.trim_matches(|it: char| !it.is_ascii_digit()).parse().unwrap();
                    let seen = rig.cell(&job, at, "email").await;
                    assert_eq!(seen.starts_with("failed"), struck, "{at} {seen}");
                    assert_eq!(seen == format!("found ada@{domain}"), !struck, "{at} {seen}");
                }
            }
            assert!((10..=40).contains(&failed), "{failed}");
            let charged = 2 * (100 - failed as i64);
            assert_eq!(rig.money().await, (Credits::whole(1_000 - charged), Credits::ZERO));
        });
    }
}

#[test]
fn p080_with_several_fields_too_no_more_is_under_way_than_may_be() {
    // method: exhaustive
    let cap = Tuning::default().in_flight;
    let fields: [(&str, &[&str]); 4] = [
        ("email", &["hunter", "apollo"]),
        ("title", &["apollo", "hunter"]),
        ("phone", &["lusha"]),
        ("seniority", &["prospeo", "lusha"]),
    ];
    for (wanted, rows, bulk) in [(1, 300, 1), (2, 300, 1), (3, 500, 1), (4, 1_000, 1), (4, 600, 5)]
    {
        paused(async {
            let outputs = ["email", "email_status", "title", "phone", "seniority"];
            let finder = |it: &str| FakeVendor::finder(it, &outputs).bulk(bulk);
            let vendors = ["hunter", "apollo", "lusha", "prospeo"].map(finder).to_vec();
            let script = |sent: &Sent| match sent.vendor.as_str() {
                // Half of them know nothing, so that others are asked.
                "hunter" | "prospeo" => {
                    let miss = json!({ "is": "miss" });
                    let each = sent.body.as_array().map_or(0, Vec::len);
                    Ok(if each == 1 { miss } else { vec![miss; each].into() })
                }
                _ => Ok(answers(sent)),
            };
            let http = FakeHttp::new(script).after(Duration::from_millis(50));
            let rig = Rig::new(vendors, http, None).await;
            let rows = (0..rows).map(person).collect();
            let job = rig.finish(&plan(&fields[..wanted]), rows).await;
            assert!(job.state.is_terminal());
            let busiest = rig.http.busiest();
            assert!(busiest <= cap, "{wanted} fields: {busiest} calls at once");
            assert!(bulk > 1 || busiest + wanted > cap, "{wanted} fields: it uses what it may");
        });
    }
}

#[test]
fn p080_polls_are_calls_under_way_too() {
    // method: exhaustive
    let cap = Tuning::default().in_flight;
    paused(async {
        let begun = Instant::now();
        let finder = |it: &str, outputs: &[&str]| FakeVendor::finder(it, outputs).slow();
        let vendors = vec![
            finder("hunter", &["email", "email_status"]),
            finder("lusha", &["phone"]),
            finder("apollo", &["title"]),
        ];
        let script = move |sent: &Sent| match sent.path.strip_prefix("task/") {
            Some(_) => Ok(json!({ "is": "answer", "values": { "phone": "+4915112345678",
                "title": "Chief", "email": "ada@c.example", "email_status": "valid" } })),
            None => {
                let task = format!("t{}", sent.body[0]["company_domain"].as_str().unwrap());
                // What had to wait at first is asked about together with the rest.
                let after = u8::from(begun.elapsed() < Duration::from_millis(100));
                Ok(json!({ "is": "pending", "task": task, "after": after }))
            }
        };
        let http = FakeHttp::new(script).after(Duration::from_millis(700));
        let rig = Rig::new(vendors, http, None).await;
        let fields: [(&str, &[&str]); 3] =
            [("email", &["hunter"]), ("phone", &["lusha"]), ("title", &["apollo"])];
        let job = rig.finish(&plan(&fields), (0..400).map(person).collect()).await;
        assert!(job.state.is_terminal());
        let busiest = rig.http.busiest();
        assert!(busiest <= cap && busiest + 3 > cap, "{busiest} at once");
    });
}
