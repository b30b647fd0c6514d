//! Runs: one worker after another, each but the last with a point at which it dies.

use super::{
    life::{Life, Mortal, MortalHttp},
    scene::Scene,
    verdict::{self, Ends},
};
use crate::{
    ManualClock, SeededRng, Subject,
    broken::through,
    engine::{FakeHttp, OneKey, TokioClock},
};
use morket_core::{
    Clock, Credits, JobId, Rng, Store, Timestamp, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{Runner, Stop, Tuning, Worker, WorkerOptions, submit},
    job::{CallState, Dispatch, Job, NewJob},
    ledger::LedgerExt,
    plan::Settings,
    provider::Registry,
    rbac::Principal,
    workspace::NewWorkspace,
};
use std::{collections::BTreeSet, future::Future, sync::Arc, time::Duration};

/// How long a lease lasts here.
const TTL: Duration = Duration::from_secs(15);

/// What every workspace begins with.
pub(super) const GRANTED: Credits = Credits::whole(10_000);

/// A store that nobody else uses, and the clock it lives by.
#[derive(Clone, Debug)]
pub struct Ground {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Its clock.
    pub clock: Arc<TokioClock>,
}

/// What came of many runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// Runs in which somebody died.
    pub runs: u64,
    /// Calls that were on their way when somebody died.
    pub in_flight: u64,
    /// Calls that were made again.
    pub repeated: u64,
    /// Steps of which nobody knows what became.
    pub ambiguous: u64,
}

/// One run: where it stands, and how it goes on.
pub(super) struct Run {
    pub(super) store: Arc<dyn Store>,
    pub(super) http: Arc<FakeHttp>,
    pub(super) workspace: WorkspaceId,
    pub(super) job: Job,
    scene: Scene,
    clock: Arc<TokioClock>,
    settings: Settings,
    born: u64,
    /// The keys of calls that were on their way when somebody died.
    pub(super) in_flight: Vec<BTreeSet<String>>,
}

impl Run {
    async fn new(ground: Ground, scene: Scene) -> Self {
        let Ground { store, clock } = ground;
        let rng = SeededRng::new(7);
        let workspace = WorkspaceId::new(clock.now(), &rng);
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        let new = NewWorkspace::embedded(workspace, "Crash").prepaid();
        store.create_workspace(new, audit).await.unwrap();
        store.grant(workspace, "all".parse().unwrap(), GRANTED).await.unwrap();
        let mut registry = Registry::new();
        for vendor in scene.vendors() {
            registry.register(Arc::new(vendor)).unwrap();
        }
        let mut settings = Settings::new(Arc::new(registry));
        settings.keys = settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
        settings.metered = true;
        let new = NewJob {
            id: JobId::new(clock.now(), &rng as &dyn Rng),
            name: None,
            plan: serde_json::to_value(scene.plan()).unwrap(),
            dispatch: Dispatch::Attended,
            worst_case: Credits::ZERO,
            created_by: None,
            retry_of: None,
            base: None,
        };
        let job = submit(&*store, workspace, new, scene.rows()).await.unwrap();
        let http = Arc::new(scene.network());
        let in_flight = Vec::new();
        Self { store, http, workspace, job, scene, clock, settings, born: 0, in_flight }
    }

    /// A new process with a life of its own works until it dies or has nothing left to do; whether
    /// it died.
    async fn live(&mut self, life: &Arc<Life>) -> bool {
        self.born += 1;
        // The clock of the subject is nobody's: time passes by `self.clock`.
        let nobodys = Arc::new(ManualClock::at(Timestamp::default()));
        let mortal = through(Subject::new(self.store.clone(), nobodys), Mortal(life.clone()));
        let worker = Worker::new(WorkerOptions {
            store: mortal.store,
            http: Arc::new(MortalHttp(life.clone(), self.http.clone())),
            clock: self.clock.clone(),
            rng: Arc::new(SeededRng::new(100 + self.born)),
            keys: Arc::new(OneKey),
            settings: self.settings.clone(),
            ttl: TTL,
            tuning: Tuning { in_flight: 4, settle_at: self.scene.settle_at, ..Tuning::default() },
        });
        let runner = Runner::new(Arc::new(worker), format!("hand-{}", self.born));
        let (stop, patience) = (Stop::default(), Duration::from_secs(60));
        tokio::select! {
            biased;
            () = life.died() => true,
            ran = runner.run_job(self.workspace, self.job.id, patience, &stop) => {
                self.job = ran.unwrap().job;
                false
            }
        }
    }

    /// Live up to this point; whether it came to it. What is on its way then is noted, and the
    /// lease lapses.
    async fn die_at(&mut self, point: u64) -> bool {
        let life = Life::until(point);
        if !self.live(&life).await {
            return false;
        }
        let mut marked = BTreeSet::new();
        for lease in life.leases() {
            let open = self.store.open_calls(lease).await.unwrap_or_default();
            let sent = open.into_iter().filter(|it| it.state == CallState::Sent);
            marked.extend(sent.map(|it| it.id.to_string()));
        }
        self.in_flight.push(marked);
        self.clock.skip(TTL + Duration::from_secs(1));
        true
    }

    /// Nobody dies any more.
    async fn finish(&mut self) -> u64 {
        let life = Life::until(0);
        assert!(!self.live(&life).await, "nobody was to die");
        life.points()
    }
}

/// What a run without a death comes to, and its points.
async fn undisturbed<F: Future<Output = Ground>>(
    ground: &impl Fn() -> F,
    scene: Scene,
) -> (Ends, u64) {
    let mut run = Run::new(ground().await, scene).await;
    let points = run.finish().await;
    let ends = verdict::of(&run).await;
    assert_eq!(ends.repeated, 0, "nobody died, and calls were repeated");
    (ends, points)
}

/// One run with these deaths; `None` when it ended before the last of them.
async fn disturbed(
    ground: Ground,
    scene: Scene,
    deaths: &[u64],
    expected: &Ends,
    told: &mut Told,
) -> bool {
    let mut run = Run::new(ground, scene).await;
    for death in deaths {
        if !run.die_at(*death).await {
            return false;
        }
    }
    run.finish().await;
    let ends = verdict::of(&run).await;
    verdict::agree(&run, scene.repeatable, expected, &ends)
        .unwrap_or_else(|problem| panic!("{scene:?}, deaths at {deaths:?}: {problem}"));
    told.runs += 1;
    told.in_flight += run.in_flight.iter().map(|it| it.len() as u64).sum::<u64>();
    told.repeated += ends.repeated;
    told.ambiguous += ends.ambiguous;
    true
}

/// A death at every `stride`-th point, until a run ends before its own.
pub async fn every_point<F: Future<Output = Ground>>(
    ground: impl Fn() -> F,
    scene: Scene,
    stride: u64,
) -> Told {
    let (expected, points) = undisturbed(&ground, scene).await;
    let (mut told, mut point) = (Told::default(), 1);
    while disturbed(ground().await, scene, &[point], &expected, &mut told).await {
        point += stride.max(1);
    }
    assert!(point + stride * 8 > points, "run {point} ended, and there are {points} points");
    told
}

/// A death at every point, and one at every `stride`-th point of what is left after it.
pub async fn every_pair<F: Future<Output = Ground>>(
    ground: impl Fn() -> F,
    scene: Scene,
    stride: u64,
) -> Told {
    let (expected, points) = undisturbed(&ground, scene).await;
    let (mut told, mut first) = (Told::default(), 1);
    loop {
        let mut second = 1 + first % stride.max(1);
        while disturbed(ground().await, scene, &[first, second], &expected, &mut told).await {
            second += stride.max(1);
        }
        if !disturbed(ground().await, scene, &[first], &expected, &mut told).await {
            break;
        }
        first += 1;
    }
    assert!(first + 8 > points, "run {first} ended, and there are {points} points");
    told
}
