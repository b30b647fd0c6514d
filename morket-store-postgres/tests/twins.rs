//! Two workers on one server ask the same people at the same time: each is asked about once. With
//! one key they keep one window.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use morket_core::{
    Credits, Store, Timestamp,
    field::Kind,
    job::JobState,
    name::FieldName,
    plan::{Plan, Waterfall},
};
use morket_testkit::{
    StoreClock,
    engine::{
        FakeHttp, FakeVendor, OneKey, Rig, SHARING_BEGINS, TokioClock, two_workers_keep_one_window,
    },
    service,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

fn plan() -> Plan {
    let email = FieldName::new("email").unwrap();
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let steps = vec!["hunter".to_owned()];
    plan.waterfalls.insert(email, Waterfall { steps, verify: None, email: None });
    plan
}

fn people(range: std::ops::Range<usize>) -> Vec<Value> {
    let person = |n| json!({ "full_name": format!("Ada {n}"), "company_domain": "c.example" });
    range.map(person).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_on_one_server_ask_about_each_once() {
    // method: race
    let Some(subject) = common::make().await else { return };
    let values = json!({ "email": "ada@c.example", "email_status": "valid" });
    let answer = json!({ "is": "answer", "values": values });
    let http = FakeHttp::new(move |_| Ok(answer.clone())).after(Duration::from_millis(20));
    let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
    let finder = FakeVendor::finder("hunter", &["email", "email_status"]);
    let (credits, keys) = (Some(Credits::whole(1_000)), Arc::new(OneKey));
    let rig = Rig::on(subject.store.clone(), clock, vec![finder], http, credits, keys).await;
    let other = rig.beside();
    let (one, two) = (people(0..200), people(100..300).into_iter().rev().collect());
    let jobs = (rig.submit(&plan(), one).await, other.submit(&plan(), two).await);
    let patience = Duration::from_secs(60);
    let (one, two) = tokio::join!(rig.run(jobs.0.id, patience), other.run(jobs.1.id, patience));
    assert_eq!([one.state, two.state], [JobState::Completed; 2]);
    assert_eq!([one.counts.success, two.counts.success], [200; 2]);
    let mut asked: BTreeMap<String, usize> = BTreeMap::new();
    for sent in rig.http.sent() {
        *asked.entry(sent.body.to_string()).or_default() += 1;
    }
    asked.retain(|_, times| *times > 1);
    assert_eq!((rig.http.sent().len(), asked), (300, BTreeMap::new()));
    assert_eq!(rig.money().await, (Credits::whole(400), Credits::ZERO));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_on_one_server_keep_one_window() {
    // method: race
    let Some(url) = service::postgres_url("two_workers_on_one_server_keep_one_window") else {
        return;
    };
    let schema = common::Schema::create(url).await;
    let (one, other) = (schema.open().await, schema.open().await);
    let stores: [Arc<dyn Store>; 2] = [Arc::new(one.store()), Arc::new(other.store())];
    let clock = Arc::new(TokioClock::at(SHARING_BEGINS));
    two_workers_keep_one_window(stores, clock, |by| schema.advance(by)).await;
}
