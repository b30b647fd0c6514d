//! The scheduler: one queue of what will happen, in virtual time, and the hand that lets it happen.

use super::{
    Options, Report, check,
    dice::Dice,
    process::Process,
    rates::Rates,
    scene::Scene,
    store::{Errand, Sending},
    vendor::Vendors,
    watch::Watcher,
};
use crate::history::Recorder;
use morket_core::{
    Clock, JobId, Timestamp,
    engine::{Event, Now},
    job::BatchId,
};
use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    time::Duration,
};

/// How long a lease lasts in the simulation.
pub(super) const TTL: Duration = Duration::from_secs(3);

/// When trouble ends: from then on everything answers, so that every run can come to its end.
const CALM: Duration = Duration::from_secs(90);

/// When a run counts as stuck.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// How many workers there are.
pub(super) const WORKERS: u64 = 3;

/// What will happen.
pub(super) enum Happening {
    /// A command reaches the store.
    Store { to: To, errand: Errand },
    /// An event reaches a batch.
    Event { to: To, event: Event },
    /// A request reaches its vendor.
    Vendor { to: To, sending: Sending },
    /// A batch is told that time has passed.
    Wake { to: To },
    /// A worker looks for work.
    Look { worker: usize, life: u64 },
    /// A worker dies.
    Crash { worker: usize },
    /// Another takes its place.
    Birth { worker: usize },
    /// A worker hears nothing for a while.
    Freeze { worker: usize },
    /// A worker's wall clock jumps.
    Jump { worker: usize },
    /// A worker is asked to let go of what it does.
    Drain { worker: usize },
    /// Nobody reaches the store for a while.
    Outage,
    /// Somebody cancels a job.
    Cancel { job: JobId },
    /// The whole of a sample begins, if that is over.
    Whole,
    /// Trouble ends.
    Calm,
}

/// A batch of a worker's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct To {
    pub(super) worker: usize,
    pub(super) life: u64,
    pub(super) run: u64,
}

pub(super) struct World {
    pub(super) options: Options,
    pub(super) dice: Dice,
    pub(super) now: Duration,
    sequence: u64,
    queue: BTreeMap<(Duration, u64), Happening>,
    pub(super) scene: Scene,
    pub(super) vendors: Vendors,
    pub(super) rates: Rates,
    pub(super) workers: Vec<Process>,
    pub(super) runs: u64,
    trace: DefaultHasher,
    pub(super) report: Report,
    pub(super) watcher: Watcher,
    /// Jobs whose cancel was asked for, and since when, until it is acknowledged.
    pub(super) cancelling: BTreeMap<JobId, Duration>,
    /// Jobs whose cancel was ever asked for.
    pub(super) unwanted: BTreeSet<JobId>,
    /// The fence under which each batch was last given.
    pub(super) fences: BTreeMap<BatchId, i64>,
    /// Until then nobody reaches the store.
    pub(super) outage_until: Duration,
    pub(super) calm: bool,
    /// What batches are told and command, where somebody wants to have it.
    pub(super) history: Option<Recorder>,
}

/// Run one simulation.
pub fn run(options: Options) -> Report {
    play(options, None).0
}

/// Run one simulation, and write down what its batches were told and commanded.
pub fn recorded(options: Options) -> (Report, String) {
    let (report, history) = play(options, Some(Recorder::new("a simulated run")));
    (report, history.map(|it| it.text()).unwrap_or_default())
}

fn play(options: Options, history: Option<Recorder>) -> (Report, Option<Recorder>) {
    let mut dice = Dice::new(options.seed);
    let scene = Scene::set(&mut dice);
    let mut world = World {
        options,
        now: Duration::from_secs(1),
        sequence: 0,
        queue: BTreeMap::new(),
        vendors: Vendors::new(options.seed),
        rates: Rates::default(),
        workers: Vec::new(),
        runs: 0,
        trace: DefaultHasher::new(),
        report: Report { seed: options.seed, ..Report::default() },
        watcher: Watcher::default(),
        cancelling: BTreeMap::new(),
        unwanted: BTreeSet::new(),
        fences: BTreeMap::new(),
        outage_until: Duration::ZERO,
        calm: false,
        history,
        scene,
        dice,
    };
    world.begin();
    world.play();
    let history = world.history.take();
    (world.end(), history)
}

impl World {
    fn begin(&mut self) {
        for worker in 0..WORKERS as usize {
            self.workers.push(Process::new(worker, 0, self.now, 0));
            self.after_ms(0, 50, Happening::Look { worker, life: 0 });
        }
        self.trouble(5, 60_000, |worker| Happening::Crash { worker });
        self.trouble(4, 60_000, |worker| Happening::Freeze { worker });
        self.trouble(3, 40_000, |worker| Happening::Drain { worker });
        self.trouble(2, 30_000, |_| Happening::Outage);
        self.trouble(4, 60_000, |worker| Happening::Jump { worker });
        if self.dice.percent(50) {
            let job = self.scene.jobs[self.dice.below(3) as usize];
            self.after_ms(100, 20_000, Happening::Cancel { job });
        }
        self.put(CALM, Happening::Calm);
        self.whole();
    }

    /// Up to so many of a kind, some time before that instant.
    fn trouble(&mut self, most: u64, before: u64, what: fn(usize) -> Happening) {
        for _ in 0..self.dice.below(most + 1) {
            let worker = self.dice.below(WORKERS) as usize;
            self.after_ms(100, before, what(worker));
        }
    }

    pub(super) fn put(&mut self, at: Duration, happening: Happening) {
        self.sequence += 1;
        self.queue.insert((at.max(self.now), self.sequence), happening);
    }

    pub(super) fn after_ms(&mut self, from: u64, to: u64, happening: Happening) {
        let wait = self.dice.millis(from, to);
        self.put(self.now + wait, happening);
    }

    fn play(&mut self) {
        while let Some(((at, _), happening)) = self.queue.pop_first() {
            self.scene.clock.advance(at.saturating_sub(self.now));
            self.now = at;
            self.happen(happening);
            if self.report.steps > self.options.steps || self.now > PATIENCE {
                self.report.violations.push("liveness: it never comes to an end".into());
                return;
            }
            if self.calm && self.all_over() {
                return;
            }
        }
    }

    fn all_over(&self) -> bool {
        self.cancelling.is_empty()
            && self.scene.whole.is_none()
            && self.workers.iter().all(|it| it.runs.is_empty())
            && self.scene.jobs.iter().all(|job| self.watcher.has_ended(*job))
    }

    fn end(mut self) -> Report {
        self.report.hash = self.trace.finish();
        let violations = check::all(&self.scene, &self.vendors, &mut self.watcher);
        self.report.violations.append(&mut self.watcher.violations);
        self.report.violations.extend(violations);
        self.report
    }

    pub(super) fn note(&mut self, what: &str, to: Option<To>) {
        (self.now, what, to).hash(&mut self.trace);
    }

    pub(super) fn clock(&self, worker: usize) -> Now {
        let process = &self.workers[worker];
        let wall = self.scene.clock.now();
        let wall = Timestamp::from_micros(wall.micros() + process.skew);
        Now { wall, mono: self.now - process.born }
    }

    /// Whether whom it is for is still there.
    pub(super) fn reaches(&self, to: To) -> bool {
        let process = &self.workers[to.worker];
        process.alive && process.life == to.life && process.runs.contains_key(&to.run)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Store { to, errand } => self.store(to, errand),
            Happening::Event { to, event } => self.event(to, event),
            Happening::Vendor { to, sending } => self.vendor(to, sending),
            Happening::Wake { to } => self.event(to, Event::Tick),
            Happening::Look { worker, life } => self.look(worker, life),
            Happening::Crash { worker } => self.crash(worker),
            Happening::Birth { worker } => self.birth(worker),
            Happening::Freeze { worker } => self.freeze(worker),
            Happening::Jump { worker } => self.jump(worker),
            Happening::Drain { worker } => self.drain(worker),
            Happening::Outage => {
                self.report.outages += 1;
                self.outage_until = self.now + self.dice.millis(200, 5_000);
            }
            Happening::Cancel { job } => self.cancel(job),
            Happening::Whole => self.whole(),
            Happening::Calm => {
                (self.calm, self.vendors.calm) = (true, true);
                for worker in &mut self.workers {
                    worker.skew = 0;
                }
            }
        }
    }
}
