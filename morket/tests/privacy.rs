//! Suppressing, forgetting and expiring from the handle.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket::{
    Credits, ErrorKind, JobId, Morket, Timestamp, WorkspaceId,
    job::{Dispatch, NewJob},
    page::Limit,
    privacy::{Added, Cause, Identifier, Source},
};
use morket_testkit::{ManualClock, fresh};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const DAY: Duration = Duration::from_secs(86_400);

fn name(text: &str) -> Identifier {
    Identifier::guess(text).unwrap()
}

async fn house() -> (Morket, Arc<ManualClock>, WorkspaceId) {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
    let mk = Morket::builder().memory().clock(clock.clone()).build().await.unwrap();
    let workspace = mk.create_workspace("House").await.unwrap().id;
    (mk, clock, workspace)
}

/// A job about these, which has not ended.
async fn job(mk: &Morket, of: WorkspaceId, emails: &[&str]) -> JobId {
    let id: JobId = fresh();
    let new = NewJob {
        id,
        name: None,
        plan: json!({}),
        dispatch: Dispatch::Queued,
        worst_case: Credits::ZERO,
        created_by: None,
        retry_of: None,
        base: None,
    };
    let rows: Vec<Value> = emails.iter().map(|it| json!({ "email": it })).collect();
    morket::engine::submit(&**mk.store(), of, new, rows).await.unwrap();
    id
}

async fn inputs(mk: &Morket, of: WorkspaceId, job: JobId) -> Vec<Value> {
    let records = mk.store().records(of, job, 0..9).await.unwrap();
    records.into_iter().map(|it| it.input).collect()
}

#[tokio::test]
async fn a_list_of_any_length_is_added_and_taken_off() {
    let (mk, _, of) = house().await;
    let names: Vec<Identifier> = (0..2_500).map(|it| name(&format!("p{it}@example.com"))).collect();
    let added = mk.suppress(of, &names, Source::Import, Some("unsubscribed")).await.unwrap();
    assert!(added.len() == 2_500 && added.iter().all(|it| *it == Added::Added));
    assert!(mk.is_suppressed(of, &names[2_499]).await.unwrap());
    assert!(!mk.is_suppressed(of, &name("example.com")).await.unwrap());
    let page = mk.store().suppressions(of, None, Limit::default()).await.unwrap();
    assert_eq!(page.total, 2_500);
    assert!(!format!("{page:?}").contains("example"));
    assert_eq!(mk.unsuppress(of, &names).await.unwrap(), 2_500);
    assert!(!mk.is_suppressed(of, &names[0]).await.unwrap());
}

#[tokio::test]
async fn whoever_is_forgotten_is_left_alone_unless_it_is_said_otherwise() {
    let (mk, _, of) = house().await;
    let job = job(&mk, of, &["ada@example.com", "eve@example.com", "bob@example.com"]).await;
    let ada = name("ada@example.com");
    let busy = mk.forget(of, [ada.clone()].into()).await.unwrap_err();
    assert_eq!(busy.kind(), ErrorKind::Conflict);
    assert!(!format!("{busy:?}").contains("ada"), "{busy:?}");
    mk.store().cancel_job(of, job).await.unwrap();
    let (id, again) = (fresh(), fresh());
    let receipt = mk.forget(of, [ada.clone()].into()).under(id).await.unwrap();
    assert_eq!((receipt.cause, receipt.erased.records), (Cause::Forgotten, 1));
    assert_eq!(mk.store().receipt(of, id).await.unwrap(), receipt);
    assert!(mk.is_suppressed(of, &ada).await.unwrap());
    let eve = name("eve@example.com");
    let forget = mk.forget(of, [eve.clone()].into()).without_suppressing().under(again);
    assert_eq!(forget.await.unwrap().erased.suppressed, 0);
    assert!(!mk.is_suppressed(of, &eve).await.unwrap());
    let left = inputs(&mk, of, job).await;
    assert_eq!(left, [Value::Null, Value::Null, json!({ "email": "bob@example.com" })]);
}

#[tokio::test]
async fn what_is_older_than_its_span_goes() {
    let (mk, clock, of) = house().await;
    let old = job(&mk, of, &["ada@example.com", "bob@example.com"]).await;
    mk.store().cancel_job(of, old).await.unwrap();
    clock.advance(DAY * 179);
    assert!(mk.expire(of, DAY * 180).await.unwrap().is_nothing());
    clock.advance(DAY * 2);
    let young = job(&mk, of, &["eve@example.com"]).await;
    mk.store().cancel_job(of, young).await.unwrap();
    assert_eq!(mk.expire(of, DAY * 180).await.unwrap().records, 2);
    assert_eq!(inputs(&mk, of, old).await, [Value::Null, Value::Null]);
    assert_eq!(inputs(&mk, of, young).await, [json!({ "email": "eve@example.com" })]);
}
