//! A file that an older release wrote, with jobs under way: this release brings its schema up, goes
//! on with the jobs, and nothing is asked or charged a second time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, JobId, Store, Timestamp, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{Runner, Stop, Tuning, Worker, WorkerOptions, submit},
    field::Kind,
    http::HttpFailure,
    job::{CellStatus, Dispatch, JobState, NewJob, Scope, SpendTotal, SpendUnit, StepOutcome},
    ledger::{LedgerExt, LedgerStore},
    name::{FieldName, ProviderSlug},
    plan::{Plan, Settings, Waterfall, compile},
    provider::Registry,
    rbac::Principal,
    workspace::NewWorkspace,
};
use morket_store_sql::migrate::{self, Change};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{
    SeededRng,
    engine::{FakeHttp, FakeVendor, OneKey, Sent, TokioClock},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));

/// Who is asked in each job, in order. Nobody knows what the first one's calls came to, the
/// second's may be sent again, the third's is a task, and nobody has begun the last.
const JOBS: [(u128, &[&str]); 4] =
    [(1, &["hunter", "apollo"]), (2, &["lusha"]), (3, &["dropcontact"]), (4, &["apollo"])];

/// How many people each job asks about.
const EACH: usize = 2;

fn id(job: u128) -> JobId {
    JobId(Uuid::from_u128(job))
}

fn settings() -> Settings {
    let finder = |slug| FakeVendor::finder(slug, &["email", "email_status"]);
    let mut registry = Registry::new();
    for vendor in [
        finder("hunter"),
        finder("apollo"),
        finder("lusha").repeatable(),
        finder("dropcontact").slow(),
    ] {
        registry.register(Arc::new(vendor)).unwrap();
    }
    let mut settings = Settings::new(Arc::new(registry));
    settings.keys = settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
    settings.metered = true;
    settings
}

fn plan(steps: &[&str]) -> Plan {
    let email = FieldName::new("email").unwrap();
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let steps = steps.iter().map(ToString::to_string).collect();
    plan.waterfalls.insert(email, Waterfall { steps, verify: None, email: None });
    plan
}

fn rows(job: u128) -> Vec<Value> {
    let domain = format!("c{job}.example");
    let row = |n| json!({ "full_name": format!("Ada {n}"), "company_domain": domain });
    (0..EACH).map(row).collect()
}

/// A file, and the clock of all who open it.
struct Ground {
    options: SqliteOptions,
    clock: Arc<TokioClock>,
}

impl Ground {
    fn new(folder: &Path) -> Self {
        let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        Self { options: SqliteOptions::new(folder.join("morket.db")).volatile(), clock }
    }

    async fn open(&self) -> Sqlite {
        Sqlite::open(self.options.clone(), self.clock.clone()).await.unwrap()
    }

    /// A process on this store and network.
    fn runner(
        &self,
        store: &dyn Fn() -> Arc<dyn Store>,
        http: &Arc<FakeHttp>,
        seed: u64,
    ) -> Runner {
        let worker = Worker::new(WorkerOptions {
            store: store(),
            http: http.clone(),
            clock: self.clock.clone(),
            rng: Arc::new(SeededRng::new(seed)),
            keys: Arc::new(OneKey),
            settings: settings(),
            ttl: WorkerOptions::TTL,
            tuning: Tuning::default(),
        });
        Runner::new(Arc::new(worker), format!("w{seed}"))
    }

    async fn furnish(&self, store: &dyn Store) {
        let new = NewWorkspace::embedded(WORKSPACE, "Old").prepaid();
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        store.create_workspace(new, audit).await.unwrap();
        store.grant(WORKSPACE, "all".parse().unwrap(), Credits::whole(100)).await.unwrap();
        for (job, steps) in JOBS {
            let (plan, rows) = (plan(steps), rows(job));
            let program = compile(&plan, &settings()).unwrap();
            let new = NewJob {
                id: id(job),
                name: None,
                plan: serde_json::to_value(&plan).unwrap(),
                dispatch: Dispatch::Attended,
                worst_case: program.estimate(&rows).unwrap().worst_charge,
                created_by: None,
                retry_of: None,
                base: None,
            };
            submit(store, WORKSPACE, new, rows).await.unwrap();
        }
    }

    /// One job sleeps, of two the sender dies with all calls on their way.
    async fn leave_under_way(&self, store: &dyn Fn() -> Arc<dyn Store>) -> Vec<Sent> {
        let submits = Arc::new(FakeHttp::new(|it| {
            Ok(json!({ "is": "pending", "task": format!("t{}", it.key), "after": 60 }))
        }));
        let sleeps = self.runner(store, &submits, 1);
        let slept = sleeps.run_job(WORKSPACE, id(3), Duration::ZERO, &Stop::default()).await;
        assert!(slept.unwrap().waits);
        let silent = FakeHttp::new(|_| Ok(json!({ "is": "miss" }))).after(HOUR);
        let silent = Arc::new(silent);
        let dies = self.runner(store, &silent, 2);
        let (stop, all) = (Stop::default(), 2 * EACH);
        let run = |job| dies.run_job(WORKSPACE, id(job), HOUR, &stop);
        tokio::select! {
            ran = async { tokio::join!(run(1), run(2)) } => panic!("nobody answers: {ran:?}"),
            () = async { while silent.sent().len() < all { tokio::task::yield_now().await } } => {}
        }
        let mut sent = submits.sent();
        sent.extend(silent.sent());
        sent
    }

    /// Everything is finished by a process of this release.
    async fn finish(&self, store: &dyn Fn() -> Arc<dyn Store>) -> Vec<Sent> {
        let answers = Arc::new(FakeHttp::new(found));
        let runner = self.runner(store, &answers, 3);
        for (job, _) in JOBS {
            let ran = runner.run_job(WORKSPACE, id(job), HOUR, &Stop::default()).await.unwrap();
            assert_eq!(ran.job.state, JobState::Completed, "job {job}");
        }
        answers.sent()
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

fn found(_: &Sent) -> Result<Value, HttpFailure> {
    let values = json!({ "email": "ada@found.example", "email_status": "valid" });
    Ok(json!({ "is": "answer", "values": values }))
}

/// How often each vendor was asked, and asked about tasks.
fn count(sent: &[Sent]) -> BTreeMap<String, usize> {
    let mut count = BTreeMap::new();
    for it in sent {
        let what = if it.body.is_null() { "task" } else { "find" };
        *count.entry(format!("{} {what}", it.vendor)).or_insert(0) += 1;
    }
    count
}

/// The idempotency keys under which this vendor was asked.
fn keys(sent: &[Sent], vendor: &str) -> Vec<String> {
    let mut keys: Vec<String> =
        sent.iter().filter(|it| it.vendor == vendor).map(|it| it.key.clone()).collect();
    keys.sort();
    keys
}

/// What came of all jobs is what it would be without any upgrade.
async fn check(store: &dyn Store, level: u32) {
    let account = store.account(WORKSPACE).await.unwrap();
    let price = Credits::whole(2);
    let charged = i64::try_from(JOBS.len() * EACH).unwrap() * price.0;
    assert_eq!(account.balance.0, Credits::whole(100).0 - charged, "from {level}");
    assert_eq!(account.held, Credits::ZERO, "from {level}: every hold is closed");
    store.verify_chain(WORKSPACE).await.unwrap();
    let unit = SpendUnit::Units;
    for (job, steps) in JOBS {
        let total = u32::try_from(EACH).unwrap();
        let cells = store.cells(WORKSPACE, id(job), 0..total).await.unwrap();
        assert_eq!(cells.len(), EACH);
        let last = ProviderSlug::new(*steps.last().unwrap()).unwrap();
        for cell in cells {
            assert_eq!(cell.cell.status, CellStatus::Found, "from {level}, job {job}");
            assert_eq!(cell.cell.provider.as_ref(), Some(&last), "from {level}, job {job}");
        }
        let told = store.steps(WORKSPACE, id(job), 0..total).await.unwrap();
        for step in &told {
            let accepted = step.step.outcome == StepOutcome::Accepted;
            let unknown = step.step.outcome == StepOutcome::Ambiguous;
            let first = job == 1 && step.step.provider.as_str() == "hunter";
            assert_eq!((accepted, unknown), (!first, first), "from {level}, job {job}");
            let charge = if accepted { price } else { Credits::ZERO };
            assert_eq!(step.step.charge, charge, "from {level}, job {job}");
        }
        assert_eq!(told.len(), steps.len() * EACH, "from {level}, job {job}");
        for provider in steps {
            let provider = Some(ProviderSlug::new(*provider).unwrap());
            let job = Some(id(job));
            let counter = SpendTotal { scope: Scope::Job, job, provider, day: None, unit };
            // A unit a record: what nobody knows stays counted at its worst.
            let spent = store.spent(WORKSPACE, counter).await.unwrap();
            assert_eq!(spent, i64::try_from(EACH).unwrap() * 1_000, "from {level}, {job:?}");
        }
    }
}

/// Before there were erasures, a call did not say what its answers are kept under.
fn forget_keys(file: &Path) {
    let file = Connection::open(file).unwrap();
    let sql = "UPDATE calls SET composition = json_remove(composition, '$[0][4]')";
    assert_eq!(file.execute(sql, ()).unwrap(), 3 * EACH);
    let sql = "SELECT COUNT(*) FROM calls WHERE json_array_length(composition, '$[0]') = 4";
    let short: i64 = file.query_row(sql, (), |row| row.get(0)).unwrap();
    assert_eq!(short, 3 * EACH as i64);
}

async fn upgraded_from(level: u32) {
    let folder = tempfile::tempdir().unwrap();
    let ground = Ground::new(folder.path());
    let sqlite = ground.open().await;
    ground.furnish(&sqlite.store()).await;
    let before = ground.leave_under_way(&|| Arc::new(sqlite.store())).await;
    let held = sqlite.store().account(WORKSPACE).await.unwrap().held;
    assert_eq!(held, Credits::whole(16), "what the task and both dead batches may cost");
    sqlite.close().await;
    // The file as a release of that schema would have left it.
    let down = Change::Down { to: level, destroy: true };
    let at = Sqlite::migrate(&ground.options, ground.clock.clone(), down).await.unwrap();
    assert_eq!(at, level);
    if level < 8 {
        forget_keys(&ground.options.path);
    }
    // Leases end, the task is due; then somebody starts the new release.
    ground.clock.skip(Duration::from_secs(61));
    let sqlite = ground.open().await;
    let after = ground.finish(&|| Arc::new(sqlite.store())).await;
    let asked = [("apollo find", 2 * EACH), ("dropcontact task", EACH), ("lusha find", EACH)];
    let asked = asked.map(|(what, times)| (what.to_owned(), times));
    assert_eq!(count(&after), asked.into(), "from {level}: nobody is asked who may not be");
    for vendor in ["lusha", "dropcontact"] {
        assert_eq!(keys(&before, vendor), keys(&after, vendor), "from {level}: the same calls");
    }
    check(&sqlite.store(), level).await;
    sqlite.close().await;
}

#[tokio::test]
async fn p075_jobs_under_way_outlive_an_upgrade_from_every_schema() {
    // method: exhaustive
    for level in 1..=migrate::latest() {
        upgraded_from(level).await;
    }
}
