//! A sample, and the whole on top of it, through the handle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket::{
    Builder, ErrorKind, MicroUsd, Morket, Secret, VendorUnits, WorkspaceId,
    engine::Share,
    field::Kind,
    job::{CellSource, Dispatch, JobState},
    plan::Plan,
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Sent};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// Every third person is not known to anybody, and nothing may be kept.
fn house() -> (Builder, Arc<FakeHttp>) {
    let http = Arc::new(FakeHttp::new(|sent: &Sent| {
        let name = sent.body[0]["full_name"].as_str().unwrap_or_default().to_owned();
        let n: u32 = name.rsplit('r').next().unwrap_or_default().parse().unwrap_or(0);
        let values = json!({ "email": format!("ada{n}@c.example"), "email_status": "valid" });
        Ok(if n.is_multiple_of(3) {
            json!({ "is": "miss" })
        } else {
            json!({ "is": "answer", "values": values })
        })
    }));
    let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
    let vendor = vendor.with(|it| it.retention = Some(Duration::ZERO));
    let builder = Morket::builder().memory().provider(vendor).http(http.clone());
    (builder.key("hunter", Secret::new("k-1234567890".into())), http)
}

async fn open() -> (Morket, WorkspaceId, Arc<FakeHttp>) {
    let (builder, http) = house();
    let mk = builder.build().await.unwrap();
    let workspace = mk.create_workspace("Acme").await.unwrap().id;
    (mk, workspace, http)
}

fn plan() -> Plan {
    let mut plan = Plan::of(Kind::Person, ["email".parse().unwrap()]);
    plan.prices.insert("hunter".parse().unwrap(), "0.05 usd".into());
    plan
}

/// A hundred people whose company is known, and twenty of whom nothing can be asked.
fn rows() -> Vec<Value> {
    let known = |n| json!({ "full_name": format!("Ada Number{n}"), "company_domain": "c.example" });
    let unknown = |n| json!({ "full_name": format!("Bob Number{n}") });
    (0..120).map(|n| if n % 6 == 5 { unknown(n) } else { known(n) }).collect()
}

/// Some of every kind run for real; what that tells of all is told; and all of them on top cost
/// what the others do.
#[tokio::test]
async fn a_sample_tells_of_all_rows_and_is_not_bought_again() {
    let (mk, workspace, http) = open().await;
    let engine = mk.engine();
    let sampled = engine.sample(workspace, &plan(), &rows(), 12).await.unwrap();
    assert_eq!(
        (sampled.job.state, sampled.job.name.as_deref()),
        (JobState::Completed, Some("sample"))
    );
    let strangers = sampled.rows.iter().filter(|it| **it % 6 == 5).count();
    assert_eq!((sampled.rows.len(), strangers, http.sent().len()), (12, 2, 10));
    assert!(sampled.rows.last().is_some_and(|it| *it > 100), "{:?}", sampled.rows);
    let again = engine.sample(workspace, &plan(), &rows(), 12).await.unwrap();
    assert_eq!(again.rows, sampled.rows, "no dice");
    assert_eq!(http.sent().len(), 20, "nothing of it may be kept");
    let told = &sampled.measured;
    let found = sampled.rows.iter().filter(|it| **it % 6 != 5 && **it % 3 != 0).count() as u64;
    let email = &told.fields[0];
    assert_eq!((email.found, email.of, email.fill), (found, 12, Share::of(found, 12)));
    let cost = MicroUsd(i64::try_from(found).unwrap() * 50_000);
    assert_eq!(told.spend[0].units, VendorUnits::whole(i64::try_from(found).unwrap()));
    assert_eq!(told.usd().unwrap(), Some(cost));
    assert_eq!(told.usd_for_all().unwrap(), Some(MicroUsd(cost.0 * 10)));
    let (base, plan, attended) = (sampled.job.id, plan(), Dispatch::Attended);
    let job = engine.submit_on(workspace, base, &plan, attended, rows()).await.unwrap();
    assert_eq!(job.base, Some(sampled.job.id));
    engine.run(workspace, job.id, Duration::ZERO, &Default::default()).await.unwrap();
    assert_eq!(http.sent().len(), 20 + 90, "all that can be asked but the ten of the sample");
    let whole = engine.enriched(workspace, job.id).await.unwrap();
    let taken = whole.cells.iter().filter(|it| it.cell.source == Some(CellSource::Sample));
    let taken: BTreeSet<u32> = taken.map(|it| it.cell.index).collect();
    let asked = sampled.rows.iter().copied().filter(|it| it % 6 != 5);
    assert_eq!(taken, asked.collect(), "found or not");
}

/// What cannot be a sample, or a base, is refused before anybody is asked.
#[tokio::test]
async fn what_can_be_no_sample_and_no_base_is_refused() {
    let (mk, workspace, http) = open().await;
    let engine = mk.engine();
    for (rows, count) in [(rows(), 5_001), (Vec::new(), 5)] {
        let refused = engine.sample(workspace, &plan(), &rows, count).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Validation);
    }
    let other = mk.create_workspace("Other").await.unwrap().id;
    let open = engine.submit(workspace, &plan(), Dispatch::Attended, rows()).await.unwrap().id;
    for (workspace, base, kind, says) in [
        (workspace, open, ErrorKind::Conflict, "base: it has not come to its end"),
        (other, open, ErrorKind::NotFound, "base: there is no such job"),
    ] {
        let (plan, attended) = (plan(), Dispatch::Attended);
        let refused = engine.submit_on(workspace, base, &plan, attended, rows()).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.kind(), kind, "{refused}");
        assert!(refused.message().starts_with(says), "{refused}");
    }
    assert_eq!(http.sent().len(), 0);
}
