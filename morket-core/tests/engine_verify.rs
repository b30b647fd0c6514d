//! A waterfall without steps: what is there is verified, and nothing else is looked for.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits,
    accept::{CatchAll, Verify},
    field::Kind,
    name::FieldName,
    plan::{Existing, Plan, Settings, Waterfall, compile},
    provider::Registry,
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use serde_json::json;
use std::sync::Arc;

fn plan() -> Plan {
    let email = FieldName::new("email").unwrap();
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let verify = Some("zerobounce".to_owned());
    plan.waterfalls.insert(email.clone(), Waterfall { verify, ..Waterfall::default() });
    plan.existing.insert(email, Existing::Verify);
    plan.accept.email.verify = Verify::Always;
    plan
}

/// One address: by what the verifier says of it, what becomes of the cell and what it costs.
async fn check(email: &str, says: &'static str, catch_all: CatchAll, cell: &str, calls: usize) {
    let http = FakeHttp::new(move |_: &Sent| {
        Ok(json!({ "is": "answer", "values": { "email_status": says } }))
    });
    let vendors =
        vec![FakeVendor::finder("hunter", &["email"]), FakeVendor::verifier("zerobounce")];
    let rig = Rig::new(vendors, http, Some(Credits::whole(100))).await;
    let mut plan = plan();
    plan.accept.email.catch_all = catch_all;
    let job = rig.finish(&plan, vec![json!({ "full_name": "Ada", "email": email })]).await;
    assert_eq!(rig.cell(&job, 0, "email").await, cell, "{email} {says}");
    let sent = rig.http.sent();
    assert!(sent.iter().all(|it| it.vendor == "zerobounce"), "{sent:?}");
    assert_eq!(sent.len(), calls, "{email} {says}");
    let (balance, held) = rig.money().await;
    assert!(balance <= Credits::whole(100) && held == Credits::ZERO, "{email} {says}");
    assert!(job.state.is_terminal());
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_verified_and_nobody_else_is_asked() {
    use CatchAll::{Accept, LastResort, Reject};
    let missing = "skipped missing_input:email";
    for (email, says, catch_all, cell, calls) in [
        ("eve@x.example", "valid", Reject, "found eve@x.example", 1),
        ("eve@x.example", "invalid", Reject, "no_result email_invalid", 1),
        ("eve@x.example", "unknown", Reject, "no_result email_unknown", 1),
        ("eve@x.example", "accept_all", Reject, "no_result catch_all", 1),
        ("eve@x.example", "accept_all", LastResort, "found eve@x.example", 1),
        ("eve@x.example", "accept_all", Accept, "found eve@x.example", 1),
        ("", "valid", Reject, missing, 0),
        ("n/a", "valid", Reject, missing, 0),
    ] {
        check(email, says, catch_all, cell, calls).await;
    }
}

#[test]
fn only_addresses_that_are_there_are_counted() {
    let mut registry = Registry::new();
    registry.register(Arc::new(FakeVendor::verifier("zerobounce"))).unwrap();
    let mut settings = Settings::new(Arc::new(registry));
    settings.keys.push("zerobounce".parse().unwrap());
    let rows = [json!({ "email": "a@x.example" }), json!({ "full_name": "Ada" })];
    let estimate = compile(&plan(), &settings).unwrap().estimate(&rows).unwrap();
    assert_eq!((estimate.rows, estimate.complete, estimate.providers[0].calls), (1, 1, 1));
    let mut none = plan();
    none.existing.clear();
    let refused = compile(&none, &settings).unwrap_err();
    assert!(refused.message().contains("no provider with a key gives `email`"), "{refused}");
}
