//! The most memory that a process takes for one large job: rows in by the thousand, three fields
//! each, on a store that keeps them elsewhere. The vendor is a function, so that nothing but the
//! engine and its store is weighed.

use crate::{crash::value, scene};
use anyhow::{Context, Result, ensure};
use async_trait::async_trait;
use morket::{
    Credits, JobId, Morket, OsRng, SystemClock,
    accept::Verify,
    engine::{Runner, Stop, Tuning, Worker, WorkerOptions, submit},
    field::Kind,
    http::{Http, HttpFailure, HttpRequest, HttpResponse},
    job::{Dispatch, NewJob},
    name::FieldName,
    plan::{Plan, Settings},
    provider::Registry,
};
use morket_testkit::engine::{FakeVendor, OneKey};
use serde_json::{Value, json};
use std::{
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

/// The most a job may take, however many rows it has, in mebibytes.
const GATE: u64 = 300;

/// What is asked for each row.
const FIELDS: [&str; 3] = ["email", "title", "linkedin_url"];

/// Weigh a job of so many rows in a process of its own; the report, and the gates that were missed.
pub fn weigh(records: usize) -> Result<(Value, Vec<String>)> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args(["weighed", "--records", &records.to_string()]).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the job ended badly: {told}");
    let text = String::from_utf8(output.stdout)?;
    let report: Value = serde_json::from_str(text.lines().last().context("it said nothing")?)?;
    let peak = report["peakMebibytes"].as_u64().context("it was not weighed")?;
    let missed = (peak >= GATE).then(|| format!("memory: {peak} MiB, less than {GATE}"));
    Ok((report, missed.into_iter().collect()))
}

/// Be the process that is weighed.
pub async fn weighed(args: &[String]) -> Result<()> {
    let records: usize = value(args, "--records").context("--records")?.parse()?;
    let folder = tempfile::tempdir()?;
    let mk = Morket::builder().sqlite(folder.path().join("bench.db")).build().await?;
    let workspace = mk.create_workspace("Bench").await?.id;
    let mut registry = Registry::new();
    registry.register(Arc::new(FakeVendor::finder("acme", &FIELDS)))?;
    let worker = Worker::new(WorkerOptions {
        store: mk.store().clone(),
        http: Arc::new(Echo),
        clock: Arc::new(SystemClock::new()),
        rng: Arc::new(OsRng),
        keys: Arc::new(OneKey),
        settings: Settings::new(Arc::new(registry)),
        ttl: WorkerOptions::TTL,
        tuning: Tuning { in_flight: 512, settle_at: 512, ..Tuning::default() },
    });
    let began = Instant::now();
    let id = JobId::new(mk.clock().now(), &OsRng);
    let new = NewJob {
        id,
        name: None,
        plan: serde_json::to_value(plan()?)?,
        dispatch: Dispatch::Attended,
        worst_case: Credits::ZERO,
        created_by: None,
        retry_of: None,
        base: None,
    };
    submit(&**mk.store(), workspace, new, (0..records).map(row)).await?;
    let runner = Runner::new(Arc::new(worker), "bench");
    let ran = runner.run_job(workspace, id, Duration::from_secs(60), &Stop::default()).await?;
    ensure!(ran.job.state.is_terminal(), "the job waits for {:?}", ran.job.waiting);
    let found = ran.job.counts.success as usize;
    ensure!(found == records, "{found} found of {records} records");
    let seconds = began.elapsed().as_secs_f64();
    let report = json!({ "name": "engine-memory", "store": "sqlite", "records": records,
        "fields": FIELDS.len(), "peakMebibytes": peak()?, "gate": GATE,
        "seconds": seconds.round() });
    println!("{report}");
    Ok(())
}

/// The most this process ever held in memory, in mebibytes.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("only Linux tells")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("VmHWM")?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes.div_ceil(1_024))
}

fn row(index: usize) -> Value {
    json!({ "full_name": format!("Ada Example{index}"), "company_domain": "example.com" })
}

fn plan() -> Result<Plan> {
    let fields = FIELDS.into_iter().map(FieldName::new).collect::<Result<Vec<_>, _>>()?;
    let mut plan = Plan::of(Kind::Person, fields);
    plan.accept.email.verify = Verify::Never;
    plan.accept.email.accept = scene::believed();
    Ok(plan)
}

/// A vendor that knows everybody.
#[derive(Debug)]
struct Echo;

#[async_trait]
impl Http for Echo {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let body = request.take_body().unwrap_or_default();
        let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
        let known = asked.get(0).cloned().unwrap_or_default();
        let name = known["full_name"].as_str().unwrap_or_default().replace(' ', ".");
        let answer = json!({ "is": "answer", "identity": known, "values": {
            "email": format!("{name}@example.com"),
            "title": "Engineer",
            "linkedin_url": format!("https://www.linkedin.com/in/{name}"),
        }});
        Ok(HttpResponse::new(200, answer.to_string()))
    }
}
