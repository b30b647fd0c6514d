//! What a host's subscriber sees of a settlement: the job, the record and the call it speaks of.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use morket_core::{
    Credits, Store,
    audit::{Action, NewAudit},
    job::{
        Answered, CallResult, CallState, ClaimFilter, Dispatch, NewCall, NewJob, Settlement, Spend,
    },
    workspace::NewWorkspace,
};
use morket_testkit::{block_on, fresh};
use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Writes down every span as `name field=value …`.
#[derive(Clone, Default)]
struct Notebook(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.push_str(&format!(" {field}={value:?}"));
    }
}

impl Subscriber for Notebook {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("morket")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut line = Line(span.metadata().name().to_owned());
        span.record(&mut line);
        let mut lines = self.0.lock().unwrap();
        lines.push(line.0);
        Id::from_u64(lines.len() as u64)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_settlement_names_its_job_record_and_call() {
    let notebook = Notebook::default();
    tracing::subscriber::set_global_default(notebook.clone()).unwrap();
    let (job, call) = block_on(settle_one());
    let lines = notebook.0.lock().unwrap().join("\n");
    let settle = format!("settle job={job} batch=0 fence=1 items=1");
    assert!(lines.contains(&settle), "{lines}");
    assert!(lines.contains(&format!("answer job={job} record=0 call={call}")), "{lines}");
}

/// A job of one record whose only call is settled.
async fn settle_one() -> (morket_core::JobId, morket_core::CallId) {
    let subject = common::make().await.unwrap();
    let store = subject.store.clone();
    let audit = NewAudit { actor: None, action: Action::WorkspaceCreated, object: None };
    let workspace = NewWorkspace::embedded(fresh(), "Seen");
    let workspace = store.create_workspace(workspace, audit).await.unwrap().id;
    let job = fresh();
    let new = NewJob {
        id: job,
        name: None,
        plan: serde_json::json!({}),
        dispatch: Dispatch::Queued,
        worst_case: Credits::ZERO,
        created_by: None,
        retry_of: None,
        base: None,
    };
    store.open_job(workspace, new).await.unwrap();
    store.append_records(workspace, job, 0, vec![serde_json::json!({})]).await.unwrap();
    store.seal_job(workspace, job, 1).await.unwrap();
    let call = settle_call(store.as_ref()).await;
    (job, call)
}

async fn settle_call(store: &dyn Store) -> morket_core::CallId {
    let ttl = Duration::from_secs(60);
    let lease = store.claim_batch("seen", ttl, ClaimFilter::Queued).await.unwrap().unwrap().lease;
    let call = NewCall {
        id: fresh(),
        provider: "hunter".parse().unwrap(),
        operation: "email_finder".into(),
        composition: serde_json::json!([]).to_string().into(),
        worst: Spend::default(),
        counters: Vec::new(),
        wanted: Vec::new(),
        attempts: 0,
    };
    let id = call.id;
    store.mark_sent(lease, vec![call]).await.unwrap();
    let result = CallResult {
        id,
        state: CallState::Settled,
        spend: Spend::default(),
        counters: Vec::new(),
        task: None,
        attempts: 1,
    };
    let records = vec![(0, morket_core::job::RecordStatus::Success)];
    let item = Answered { call: Some(result), records, ..Answered::default() };
    let settlement = Settlement { lease, items: [item].into(), closing: None };
    store.settle(settlement).await.unwrap();
    id
}
