//! Old deliveries are cleared away while somebody wants one of them again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::Schema;
use morket_core::{
    Store, WebhookId, WorkspaceId,
    audit::{Action, NewAudit},
    outbox::NewEvent,
    page::Limit,
    rbac::Principal,
    webhook::{NewWebhook, Outcome, Report, Schedule, SealedSecret, WebhookStore},
    workspace::NewWorkspace,
};
use morket_testkit::{fresh, service};
use sqlx::{AssertSqlSafe, Connection, Executor, Row};
use std::{collections::BTreeSet, time::Duration};

const KIND: &str = "job.completed";

/// An endpoint with one delivery that has come to its end.
async fn delivered(store: &dyn Store) -> (WorkspaceId, WebhookId) {
    let audit = |action| NewAudit::new(Principal::Embedder, action, None);
    let (workspace, id): (WorkspaceId, WebhookId) = (fresh(), fresh());
    let new = NewWorkspace::embedded(workspace, "Acme");
    store.create_workspace(new, audit(Action::WorkspaceCreated)).await.unwrap();
    let secret = SealedSecret { sealed: vec![1], data_key_version: 1, since: None, until: None };
    let (url, kinds) = ("https://hooks.example.com".to_owned(), BTreeSet::from([KIND.to_owned()]));
    let schedule = Schedule::Standard;
    let hook = NewWebhook { id, url, kinds, schedule, secret, created_by: None };
    store.create_webhook(workspace, hook, audit(Action::WebhookCreated)).await.unwrap();
    let event = NewEvent { id: fresh(), kind: KIND.into(), payload: serde_json::json!({}) };
    store.publish(workspace, vec![event]).await.unwrap();
    store.relay_events(10).await.unwrap();
    let claimed = store.claim_deliveries(1, 1, Duration::from_secs(60)).await.unwrap().remove(0);
    store.record_attempt(claimed.ticket, Report::of(Outcome::Status(200))).await.unwrap();
    (workspace, id)
}

/// The clearing waits for the row, and looks at it anew when it has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_replayed_while_old_deliveries_go_stays() {
    // method: race
    let Some(url) = service::postgres_url("deliveries") else { return };
    let schema = Schema::create(url).await;
    let store = schema.open().await.store();
    let (workspace, hook) = delivered(&store).await;
    let (mut replay, mut watch) = (schema.connect().await, schema.connect().await);
    let path = format!("SET search_path TO {}", schema.name);
    replay.execute(AssertSqlSafe(path)).await.unwrap();
    let mut replay = replay.begin().await.unwrap();
    let sql = "UPDATE deliveries SET state = 1, finished_at = NULL, made = 0";
    assert_eq!(replay.execute(sql).await.unwrap().rows_affected(), 1);
    let pruning = tokio::spawn({
        let store = store.clone();
        async move { store.prune_deliveries(Duration::ZERO, 10).await }
    });
    let waits = format!(
        "SELECT count(*) FROM pg_stat_activity \
         WHERE application_name = '{}' AND wait_event_type = 'Lock'",
        schema.name
    );
    while watch.fetch_one(AssertSqlSafe(waits.clone())).await.unwrap().get::<i64, _>(0) == 0 {
        assert!(!pruning.is_finished(), "it should wait for the row");
    }
    replay.commit().await.unwrap();
    assert_eq!(pruning.await.unwrap().unwrap(), 0);
    let left = store.deliveries(workspace, hook, None, None, Limit::default()).await.unwrap();
    assert_eq!(left.rows.len(), 1, "it was wanted again");
}
