//! Enrichment through the handle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket::{
    ErrorKind, Morket, Secret, SystemClock,
    field::Kind,
    job::{CellStatus, JobState},
    plan::Plan,
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Sent};
use serde_json::json;
use std::sync::Arc;

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
