//! Environments: a live workspace refuses fake vendors, a sandbox one all others; when a plan is
//! compiled, and again when something is about to leave. From one of recorded traffic nothing does.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    JobId, Timestamp, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{Runner, Stop, Tuning, Worker, WorkerOptions, submit},
    field::Kind,
    job::{Dispatch, JobState, NewJob},
    name::FieldName,
    plan::{Plan, Settings, Waterfall, compile},
    provider::Registry,
    rbac::Principal,
    workspace::{Environment, NewWorkspace},
};
use morket_testkit::{
    SeededRng,
    engine::{FakeHttp, FakeVendor, OneKey, Rig, TokioClock},
};
use serde_json::json;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

fn plan(steps: &[&str]) -> Plan {
    let email = FieldName::new("email").unwrap();
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let steps: Vec<String> = steps.iter().map(ToString::to_string).collect();
    if !steps.is_empty() {
        plan.waterfalls.insert(email, Waterfall { steps, ..Waterfall::default() });
    }
    plan
}

/// Hunter is real, apollo lives in a sandbox.
fn settings(environment: Environment) -> Settings {
    let mut registry = Registry::new();
    for slug in ["hunter", "apollo"] {
        let vendor = FakeVendor::finder(slug, &["email", "email_status"]);
        registry.register(Arc::new(vendor)).unwrap();
    }
    let mut settings = Settings::new(Arc::new(registry));
    settings.keys = settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
    settings.sandboxes.insert("https://apollo.example".into());
    Settings { environment, ..settings }
}

#[test]
fn a_plan_that_names_another_environments_vendor_is_refused() {
    for (environment, wrong, right) in
        [(Environment::Live, "apollo", "hunter"), (Environment::Sandbox, "hunter", "apollo")]
    {
        let settings = settings(environment);
        let error = compile(&plan(&[right, wrong]), &settings).unwrap_err();
        let said = error.message();
        let named = format!("`{wrong}` cannot be asked: https://{wrong}.example is");
        assert!(said.contains(&named) && said.contains("base URL"), "{said}");
        compile(&plan(&[right]), &settings).unwrap();
        // Where the plan names nobody, those out of reach are not at hand.
        let program = compile(&plan(&[]), &settings).unwrap();
        let asked: Vec<&str> = program.ops.iter().map(|it| it.provider.as_str()).collect();
        assert_eq!(asked, [right]);
    }
    compile(&plan(&["hunter", "apollo"]), &settings(Environment::Replay)).unwrap();
}

/// A job may have been made by a process with other settings.
#[tokio::test(start_paused = true)]
async fn nothing_leaves_for_another_environments_vendor() {
    for (environment, asked) in [
        (Environment::Live, &["hunter"][..]),
        (Environment::Sandbox, &["apollo"]),
        (Environment::Replay, &[]),
    ] {
        let http = FakeHttp::new(|_| Ok(json!({ "is": "miss" })));
        let rig = Rig::new(Vec::new(), http, None).await;
        let workspace = WorkspaceId(Uuid::from_u128(9));
        let new = NewWorkspace { environment, ..NewWorkspace::embedded(workspace, "Other") };
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        rig.store.create_workspace(new, audit).await.unwrap();
        let job = NewJob {
            id: JobId(Uuid::from_u128(1)),
            name: None,
            plan: serde_json::to_value(plan(&["hunter", "apollo"])).unwrap(),
            dispatch: Dispatch::Attended,
            worst_case: morket_core::Credits::ZERO,
            created_by: None,
            retry_of: None,
            base: None,
        };
        let row = json!({ "full_name": "Ada Lovelace", "company_domain": "ada.example" });
        let job = submit(&*rig.store, workspace, job, [row]).await.unwrap();
        let worker = Worker::new(WorkerOptions {
            store: rig.store.clone(),
            http: rig.http.clone(),
            clock: Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000))),
            rng: Arc::new(SeededRng::new(3)),
            keys: Arc::new(OneKey),
            settings: settings(Environment::Live),
            ttl: WorkerOptions::TTL,
            tuning: Tuning::default(),
        });
        let runner = Runner::new(Arc::new(worker), "one");
        let patience = Duration::from_secs(60);
        let ran = runner.run_job(workspace, job.id, patience, &Stop::default()).await.unwrap();
        assert!(ran.job.state.is_terminal() && ran.job.state != JobState::Cancelled);
        let sent: Vec<String> = rig.http.sent().into_iter().map(|it| it.vendor).collect();
        assert_eq!(sent, asked, "{environment:?}");
    }
}
