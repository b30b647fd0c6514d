//! One side of a pair, in a process of its own, so that its processor time is nobody else's.

use crate::{crash::value, scene};
use anyhow::{Context, Result, ensure};
use morket::{
    Credits, JobId, Morket, OsRng, WorkspaceId,
    accept::Verify,
    engine::{Runner, Stop, Tuning, WorkerOptions, submit},
    field::Kind,
    http::encode,
    job::{CellStatus, Dispatch, NewJob},
    ledger::LedgerExt,
    name::FieldName,
    plan::{Plan, Waterfall},
};
use rustix::time::{ClockId, clock_gettime};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Requests under way at once, on both sides.
const AT_ONCE: usize = 64;

/// What a side found, by row, and how many steps a second its store made durable.
type Outcome = (BTreeMap<usize, String>, Option<f64>);

/// Run one side and print what it took and what it found.
pub async fn work(args: &[String]) -> Result<()> {
    let side = value(args, "--side").context("--side")?;
    let address = value(args, "--address").context("--address")?;
    let rows: usize = value(args, "--records").context("--records")?.parse()?;
    let rows = scene::rows(value(args, "--seed").context("--seed")?.parse()?, rows);
    let count = rows.len();
    let (cpu, wall) = (processor_time(), Instant::now());
    let (found, steps) = match side.as_str() {
        "plain" => (plain(&address, rows).await?, None),
        "memory" => engine(Morket::builder().memory().build().await?, &address, rows).await?,
        "sqlite" => {
            let folder = tempfile::tempdir()?;
            let mk = Morket::builder().sqlite(folder.path().join("bench.db")).build().await?;
            engine(mk, &address, rows).await?
        }
        other => anyhow::bail!("there is no side {other}"),
    };
    let (cpu, wall) = (processor_time() - cpu, wall.elapsed());
    println!(
        "{}",
        json!({
            "records": count,
            "cpuMicros": cpu.as_micros() as u64,
            "wallMicros": wall.as_micros() as u64,
            "found": found,
            "stepsPerSecond": steps,
        })
    );
    Ok(())
}

/// What this process has computed so far, the kernel's part included.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// What one would write by hand: sixty-four tasks that take rows, ask, and read the answer.
async fn plain(address: &str, rows: Vec<Value>) -> Result<BTreeMap<usize, String>> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30)).build()?;
    let rows = Arc::new(Mutex::new(rows.into_iter().enumerate()));
    let found = Arc::new(Mutex::new(BTreeMap::new()));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, rows, found) = (client.clone(), rows.clone(), found.clone());
        let base = format!("http://{address}/hunter/v2/email-finder");
        tasks.spawn(async move {
            loop {
                let next = rows.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((at, row)) = next else { return anyhow::Ok(()) };
                let part = |name: &str| encode(row[name].as_str().unwrap_or_default());
                let (domain, name) = (part("company_domain"), part("full_name"));
                let url = format!("{base}?domain={domain}&full_name={name}");
                let answer = client.get(url).header("x-api-key", "campaign-key").send().await?;
                let body: Value = serde_json::from_slice(&answer.bytes().await?)?;
                if let Some(email) = body["data"]["email"].as_str() {
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.insert(at, email.to_owned());
                }
            }
        });
    }
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    Ok(std::mem::take(&mut *found.lock().unwrap_or_else(PoisonError::into_inner)))
}

/// The same as a job: prepaid, every call marked, every cell with its reason.
async fn engine(mk: Morket, address: &str, rows: Vec<Value>) -> Result<Outcome> {
    let workspace = mk.create_workspace("Bench").sandbox().prepaid().await?.id;
    mk.store().grant(workspace, "all".parse()?, Credits::whole(1_000_000_000)).await?;
    let tuning = Tuning { in_flight: AT_ONCE, ..Tuning::default() };
    let worker = scene::worker(mk.store().clone(), address, WorkerOptions::TTL, tuning)?;
    let total = u32::try_from(rows.len())?;
    let job = open(&mk, workspace, rows).await?;
    let runner = Runner::new(Arc::new(worker), "bench").batches(1);
    let began = Instant::now();
    let ran = runner.run_job(workspace, job, Duration::from_secs(60), &Stop::default()).await?;
    let seconds = began.elapsed().as_secs_f64();
    ensure!(ran.job.state.is_terminal(), "the job waits for {:?}", ran.job.waiting);
    let cells = mk.store().cells(workspace, job, 0..total).await?;
    ensure!(cells.len() == total as usize, "{} cells of {total} records", cells.len());
    mk.store().verify_chain(workspace).await?;
    // One vendor, one field: a cell that nobody skipped is one decided step.
    let steps = cells.iter().filter(|it| it.cell.status != CellStatus::Skipped).count();
    let found = cells.into_iter().filter(|it| it.cell.status == CellStatus::Found);
    let values =
        found.filter_map(|it| Some((it.cell.index as usize, it.cell.value?.as_str()?.to_owned())));
    Ok((values.collect(), Some((steps as f64 / seconds).round())))
}

async fn open(mk: &Morket, workspace: WorkspaceId, rows: Vec<Value>) -> Result<JobId> {
    let id = JobId::new(mk.clock().now(), &OsRng);
    let new = NewJob {
        id,
        name: None,
        plan: serde_json::to_value(plan()?)?,
        dispatch: Dispatch::Attended,
        worst_case: Credits(scene::PRICES[0] * i64::try_from(rows.len())?),
        created_by: None,
        retry_of: None,
        base: None,
    };
    submit(&**mk.store(), workspace, new, rows).await?;
    Ok(id)
}

/// One vendor, believed in whatever it says, and no stored answers: the same calls as by hand.
fn plan() -> Result<Plan> {
    let email = FieldName::new("email")?;
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let steps = vec!["hunter/email_finder".to_owned()];
    plan.waterfalls.insert(email, Waterfall { steps, ..Waterfall::default() });
    plan.accept.email.verify = Verify::Never;
    plan.accept.email.accept = scene::believed();
    plan.no_cache = true;
    Ok(plan)
}
