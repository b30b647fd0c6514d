//! Lost providers: a bad key, a plan that lacks what is asked, an empty account. When a job looks
//! again, what that costs, and when it gives up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use morket_core::{
    Secret, Timestamp, WorkspaceId,
    engine::{Keys, Runner, Stop, waits_for},
    http::HttpFailure,
    job::{ClaimFilter, Job, JobState, Wake},
    memory::MemoryStore,
    name::{FieldName, ProviderSlug},
    plan::{OnLost, Plan, Waterfall},
};
use morket_testkit::engine::{FakeHttp, FakeVendor, OneKey, Rig, Sent, TokioClock, email_by};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const MINUTES: Duration = Duration::from_secs(60);
const DAYS: Duration = Duration::from_secs(86_400);

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

/// A plan that asks hunter, then apollo.
fn plan() -> Plan {
    email_by(&["hunter", "apollo"])
}

fn person(n: usize) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": format!("c{n}.example") })
}

fn answer(sent: &Sent) -> Value {
    let domain = sent.body[0]["company_domain"].as_str().unwrap_or("c.example");
    let values = json!({ "email": format!("ada@{domain}"), "email_status": "valid" });
    json!({ "is": "answer", "values": values })
}

/// How hunter's account stands: what a call comes to, and what is told of it for free.
#[derive(Clone, Copy)]
struct Stand {
    call: Option<&'static str>,
    told: (bool, i64),
}

const WELL: Stand = Stand { call: None, told: (true, 12) };

fn lost(cause: &'static str) -> Stand {
    let told = if cause == "auth" { (false, 12) } else { (true, 0) };
    Stand { call: Some(cause), told }
}

/// A rig whose clock can be moved, and whose hunter can change.
struct Scene {
    rig: Rig,
    clock: Arc<TokioClock>,
    stand: Arc<Mutex<Stand>>,
}

impl Scene {
    async fn new(stand: Stand, telling: bool, keys: Arc<dyn Keys>) -> Self {
        let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let stand = Arc::new(Mutex::new(stand));
        let now = stand.clone();
        let http = FakeHttp::new(move |sent: &Sent| -> Result<Value, HttpFailure> {
            let Stand { call, told: (works, left) } = *now.lock().unwrap();
            Ok(match (sent.vendor.as_str(), sent.path.as_str(), call) {
                (_, "account", _) => json!({ "works": works, "left": left }),
                ("hunter", _, Some(word)) => json!({ "is": word }),
                _ => answer(sent),
            })
        });
        let hunter = FakeVendor::finder("hunter", &["email", "email_status"]);
        let hunter = if telling { hunter.telling() } else { hunter };
        let vendors = vec![
            hunter,
            FakeVendor::finder("apollo", &["email", "email_status"]),
            FakeVendor::verifier("zero"),
        ];
        let rig = Rig::on(store, clock.clone(), vendors, http, None, keys).await;
        Self { rig, clock, stand }
    }

    /// A worker is there for a second.
    async fn work(&self) {
        let stop = Stop::default();
        let runner = Runner::new(self.rig.worker.clone(), "worker");
        let run = runner.run(ClaimFilter::All, &stop);
        let watch = async {
            let due = tokio::time::Instant::now() + Duration::from_secs(1);
            tokio::time::sleep_until(due).await;
            stop.drain();
        };
        tokio::join!(run, watch).0.unwrap();
    }

    /// So much later, it is there again.
    async fn later(&self, wait: Duration) {
        self.clock.skip(wait);
        self.work().await;
    }

    fn become_(&self, stand: Stand) {
        *self.stand.lock().unwrap() = stand;
    }

    /// How often hunter was asked for a person, how often for its account, and anybody else.
    fn asked(&self) -> (usize, usize, usize) {
        let sent = self.rig.http.sent();
        let of = |vendor: &str, path: &str| {
            sent.iter().filter(|it| it.vendor == vendor && it.path == path).count()
        };
        (of("hunter", "find"), of("hunter", "account"), of("apollo", "find"))
    }

    async fn job(&self, job: &Job) -> Job {
        self.rig.store.job(self.rig.workspace, job.id).await.unwrap()
    }
}

/// Some rows, and what the plan is but for this change.
async fn paused(scene: &Scene, rows: usize, change: impl FnOnce(&mut Plan)) -> Job {
    let mut plan = plan();
    change(&mut plan);
    let job = scene.rig.submit(&plan, (0..rows).map(person).collect()).await;
    scene.work().await;
    job
}

#[tokio::test(start_paused = true)]
async fn a_lost_provider_is_looked_at_for_free_every_ten_minutes() {
    for cause in ["auth", "out_of_credits"] {
        let scene = Scene::new(lost(cause), true, Arc::new(OneKey)).await;
        let job = paused(&scene, 200, |_| ()).await;
        let (calls, told, _) = scene.asked();
        assert_eq!((calls, told), (64, 0), "{cause}: those under way when it was found out");
        for times in 1..=6 {
            scene.later(9 * MINUTES).await;
            assert_eq!(scene.asked(), (64, times - 1, 0), "{cause}: too early");
            scene.later(2 * MINUTES).await;
            assert_eq!(scene.asked(), (64, times, 0), "{cause}: one look, and no call");
            assert_eq!(scene.job(&job).await.waiting, [format!("hunter:{cause}")]);
        }
        scene.become_(WELL);
        scene.later(11 * MINUTES).await;
        assert_eq!(scene.job(&job).await.state, JobState::Completed, "{cause}");
        assert_eq!(scene.asked(), (264, 7, 0), "{cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_no_free_look_can_tell_is_not_tried_again_by_itself() {
    for (cause, telling, told) in [
        ("auth", false, lost("auth").told),
        ("out_of_credits", false, (true, 0)),
        // The account has credits, and the plan still lacks the operation.
        ("plan", true, (true, 12)),
        ("plan", false, (true, 12)),
    ] {
        let stand = Stand { call: Some(cause), told };
        let scene = Scene::new(stand, telling, Arc::new(OneKey)).await;
        let job = paused(&scene, 200, |_| ()).await;
        let before = scene.asked().0;
        for _ in 0..6 {
            scene.later(DAYS).await;
        }
        assert_eq!((scene.asked().0, scene.asked().2), (before, 0), "{cause} {telling}");
        assert_eq!(scene.job(&job).await.waiting, [format!("hunter:{cause}")]);
        // Somebody set the key or tested it.
        scene.become_(WELL);
        let words = waits_for(&"hunter".parse().unwrap());
        for word in words {
            scene.rig.store.wake(scene.rig.workspace, Wake::Cause(word)).await.unwrap();
        }
        scene.work().await;
        assert_eq!(scene.job(&job).await.state, JobState::Completed, "{cause} {telling}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_the_pause_limit_its_cells_fail_and_nobody_else_is_asked() {
    for (cause, limit, wait) in [
        ("auth", None, 7 * DAYS),
        ("plan", None, 7 * DAYS),
        ("out_of_credits", Some("2h"), 120 * MINUTES),
    ] {
        for telling in [true, false] {
            let scene = Scene::new(lost(cause), telling, Arc::new(OneKey)).await;
            let change = |plan: &mut Plan| plan.pause_limit = limit.map(str::to_owned);
            let job = paused(&scene, 200, change).await;
            scene.later(wait - 10 * MINUTES).await;
            assert_eq!(scene.job(&job).await.state, JobState::Running, "{cause}");
            scene.later(11 * MINUTES).await;
            let ended = scene.job(&job).await;
            assert_eq!((ended.state, ended.counts.failed), (JobState::Failed, 200), "{cause}");
            for at in [0, 63, 64, 199] {
                let cell = scene.rig.cell(&ended, at, "email").await;
                assert_eq!(cell, format!("failed {cause}"), "{at}");
            }
            let (calls, _, others) = scene.asked();
            assert!(calls <= 128 && others == 0, "{cause} {telling}: {calls}, {others}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_wakes_a_job_gives_it_its_whole_patience_again() {
    let scene = Scene::new(lost("auth"), false, Arc::new(OneKey)).await;
    let job = paused(&scene, 10, |_| ()).await;
    scene.later(6 * DAYS).await;
    scene.rig.store.wake(scene.rig.workspace, Wake::Job(job.id)).await.unwrap();
    scene.later(Duration::from_secs(40)).await;
    scene.later(6 * DAYS).await;
    assert_eq!(scene.job(&job).await.state, JobState::Running);
    scene.later(DAYS + MINUTES).await;
    assert_eq!(scene.job(&job).await.state, JobState::Failed);
}

#[tokio::test(start_paused = true)]
async fn time_that_is_not_waited_is_not_counted() {
    // Well for a while after five days, then lost again: seven days from then.
    let scene = Scene::new(lost("out_of_credits"), true, Arc::new(OneKey)).await;
    let job = paused(&scene, 300, |_| ()).await;
    scene.later(5 * DAYS).await;
    // Told to be well, and it is not.
    scene.become_(Stand { call: Some("out_of_credits"), told: (true, 5) });
    scene.later(11 * MINUTES).await;
    scene.become_(lost("out_of_credits"));
    scene.later(6 * DAYS).await;
    assert_eq!(scene.job(&job).await.state, JobState::Running);
    scene.later(DAYS + MINUTES).await;
    assert_eq!(scene.job(&job).await.state, JobState::Failed);
}

#[tokio::test(start_paused = true)]
async fn a_lost_verifier_fails_its_cells_in_the_end() {
    let scene = Scene::new(WELL, false, Arc::new(NoVerifier)).await;
    let change = |plan: &mut Plan| {
        let steps = ["hunter", "apollo"].map(str::to_owned).to_vec();
        let verify = Some("zero".to_owned());
        plan.waterfalls.insert(field("email"), Waterfall { steps, verify, email: None });
        plan.accept.email.verify = morket_core::accept::Verify::Always;
    };
    let job = paused(&scene, 3, change).await;
    assert_eq!(scene.job(&job).await.waiting, ["zero:auth"]);
    scene.later(7 * DAYS).await;
    let ended = scene.job(&job).await;
    assert_eq!(ended.state, JobState::Failed);
    assert_eq!(scene.rig.cell(&ended, 0, "email").await, "failed auth");
    assert_eq!(scene.asked(), (3, 0, 0), "no dearer vendor in its place");
}

/// A key for everybody but the verifier.
#[derive(Debug)]
struct NoVerifier;

#[async_trait]
impl Keys for NoVerifier {
    async fn key(
        &self,
        _: WorkspaceId,
        slug: &ProviderSlug,
    ) -> morket_core::Result<Option<Secret<String>>> {
        Ok((slug.as_str() != "zero").then(|| Secret::new("k-123456789012".to_owned())))
    }
}

/// A key that is set one day.
#[derive(Debug, Default)]
struct Someday(AtomicBool);

#[async_trait]
impl Keys for Someday {
    async fn key(
        &self,
        _: WorkspaceId,
        _: &ProviderSlug,
    ) -> morket_core::Result<Option<Secret<String>>> {
        let there = self.0.load(Ordering::Relaxed);
        Ok(there.then(|| Secret::new("k-123456789012".to_owned())))
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_set_is_found_within_ten_minutes() {
    for telling in [true, false] {
        let keys = Arc::new(Someday::default());
        let scene = Scene::new(WELL, telling, keys.clone()).await;
        let job = paused(&scene, 10, |_| ()).await;
        scene.later(11 * MINUTES).await;
        assert_eq!(scene.asked(), (0, 0, 0));
        assert_eq!(scene.job(&job).await.waiting, ["hunter:auth"]);
        keys.0.store(true, Ordering::Relaxed);
        scene.later(11 * MINUTES).await;
        assert_eq!(scene.job(&job).await.state, JobState::Completed, "{telling}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_plan_says_of_a_lost_provider_is_done() {
    for (what, state, told, asked) in [
        (OnLost::Pause, JobState::Running, 2, 0),
        (OnLost::Wait, JobState::Running, 0, 0),
        (OnLost::Next, JobState::Completed, 0, 10),
    ] {
        let scene = Scene::new(lost("auth"), true, Arc::new(OneKey)).await;
        let job = paused(&scene, 10, |plan| plan.on_provider_lost = what).await;
        let now = scene.job(&job).await;
        assert_eq!((now.state, now.counts.failed), (state, 0), "{what:?}");
        let events = scene.rig.store.events(scene.rig.workspace).await.unwrap();
        let told_of = events.iter().filter(|it| !it.kind.starts_with("job.")).count();
        assert_eq!((told_of, scene.asked().2), (told, asked), "{what:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_is_paused_at_once_and_waits_where_the_plan_says_so() {
    for (what, at_least, at_most) in [(OnLost::Pause, 0, 10), (OnLost::Wait, 1_500, 1_520)] {
        let scene = Scene::new(lost("auth"), true, Arc::new(OneKey)).await;
        let mut plan = plan();
        plan.on_provider_lost = what;
        let job = scene.rig.submit(&plan, vec![person(0)]).await;
        let begun = tokio::time::Instant::now();
        let job = scene.rig.run(job.id, Duration::from_secs(1_500)).await;
        let took = begun.elapsed().as_secs();
        assert!((at_least..at_most).contains(&took), "{what:?}: {took} s");
        assert_eq!(job.waiting, ["hunter:auth"], "{what:?}");
    }
}
