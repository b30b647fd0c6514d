//! Enrichment through the handle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket::{
    ErrorKind, Morket, Secret, SystemClock, Timestamp,
    field::Kind,
    job::{CellStatus, JobState},
    plan::Plan,
    privacy::{Identifier, Source},
};
use morket_testkit::{
    ManualClock,
    engine::{FakeHttp, FakeVendor, Sent},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

fn network() -> Arc<FakeHttp> {
    Arc::new(FakeHttp::new(|sent: &Sent| {
        let values =
            json!({ "email": format!("ada@{}.example", sent.vendor), "email_status": "valid" });
        Ok(json!({ "is": "answer", "values": values }))
    }))
}

fn two_vendors() -> morket::Builder {
    let finder = |slug| FakeVendor::finder(slug, &["email", "email_status"]);
    Morket::builder().memory().provider(finder("acme")).provider(finder("beta"))
}

fn row() -> serde_json::Value {
    json!({ "full_name": "Ada Example", "company_domain": "example.com" })
}

fn plan() -> Plan {
    Plan::of(Kind::Person, ["email".parse().unwrap()])
}

/// Whom a plan asks is settled when the job is made, not where it runs.
#[tokio::test]
async fn only_vendors_with_a_key_are_asked() {
    let http = network();
    let mk = two_vendors().http(http.clone()).key("beta", Secret::new("k-1234567890".into()));
    let mk = mk.build().await.unwrap();
    let workspace = mk.create_workspace("Acme").await.unwrap().id;
    let done = mk.engine().enrich(workspace, &plan(), vec![row()]).await.unwrap();
    assert_eq!(done.job.state, JobState::Completed);
    assert_eq!(done.value(0, "email"), Some(&json!("ada@beta.example")));
    assert_eq!(done.cell(0, "email").unwrap().cell.status, CellStatus::Found);
    assert_eq!(done.cell(0, "title"), None);
    let asked: Vec<String> = http.sent().into_iter().map(|it| it.vendor).collect();
    assert_eq!(asked, ["beta"]);
}

/// Without one there is nobody to ask, and that is said before a job is made.
#[tokio::test]
async fn a_plan_that_nobody_can_run_is_refused() {
    let mk = two_vendors().http(network()).build().await.unwrap();
    let workspace = mk.create_workspace("Acme").await.unwrap().id;
    let error = mk.engine().enrich(workspace, &plan(), vec![row()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert!(error.message().contains("waterfalls.email: no provider with a key"), "{error}");
}

/// What was wrong while building is said when it is built.
#[tokio::test]
async fn a_wrong_provider_is_refused_by_the_builder() {
    let finder = || FakeVendor::finder("acme", &["email"]);
    for builder in [
        Morket::builder().memory().provider(finder()).provider(finder()),
        Morket::builder().memory().key("Not A Slug", Secret::new("k".into())),
        Morket::builder().memory().base_url("Not A Slug", "https://example.com"),
    ] {
        let built = builder.clock(Arc::new(SystemClock::new())).build().await;
        assert!(matches!(built.unwrap_err().kind(), ErrorKind::Validation | ErrorKind::Conflict));
    }
}

/// What is kept, and what of it is too old, is told before anybody is asked.
#[tokio::test]
async fn what_is_kept_is_told_before_anybody_is_asked() {
    let http = network();
    let start = Timestamp::from_micros(1_795_000_000_000_000);
    let clock = Arc::new(ManualClock::at(start));
    let mk = two_vendors().http(http.clone()).clock(clock.clone());
    let mk = mk.key("beta", Secret::new("k-1234567890".into())).build().await.unwrap();
    let workspace = mk.create_workspace("Acme").await.unwrap().id;
    let named = |name: &str| json!({ "full_name": name, "company_domain": "example.com" });
    let rows = ["Ada Example", "Bob Example", "Cyd Example"].map(named).to_vec();
    let unknown = json!({ "full_name": "Dan Example" });
    let listed = json!({ "full_name": "Eve Example", "company_domain": "example.org" });
    let all = [&rows[..], &[unknown, listed]].concat();
    let names = [Identifier::guess("example.org").unwrap()];
    mk.suppress(workspace, &names, Source::Manual, None).await.unwrap();
    let told = async |plan: &Plan| {
        let it = mk.engine().reuse(workspace, plan, &all).await.unwrap();
        assert_eq!((it.unasked, it.open_ended), (1, false), "{it:?}");
        (it.reused, it.new, it.stale)
    };
    assert_eq!(told(&plan()).await, (0, 3, 0));
    mk.engine().enrich(workspace, &plan(), rows[..2].to_vec()).await.unwrap();
    assert_eq!(told(&plan()).await, (2, 1, 0));
    clock.advance(Duration::from_secs(1));
    let mut strict = plan();
    strict.max_age.insert("email".parse().unwrap(), "0s".into());
    assert_eq!(told(&strict).await, (0, 1, 2));
    let fresh = Plan { no_cache: true, ..plan() };
    assert_eq!(told(&fresh).await, (0, 3, 0), "what may not be used is new");
    // Older than anybody allows: the store itself has given it up.
    clock.advance(Duration::from_secs(3_650 * 86_400));
    assert_eq!(told(&plan()).await, (0, 1, 2));
    assert_eq!(http.sent().len(), 2);
}
