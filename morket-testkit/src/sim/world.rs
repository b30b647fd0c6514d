//! The scheduler: one queue of what will happen, in virtual time, and the hand that lets it happen.

use super::{
    Mutation, Options, Report,
    check::{self, Watcher},
    dice::Dice,
    process::{Process, Run},
    scene::Scene,
    store::{Errand, at_once},
    vendor::Vendors,
};
use morket_core::{
    Clock, JobId,
    engine::{Batch, Command, Ended, Event, GateIx, Now, Opening, Tuning},
    job::{BatchId, CallState, ClaimFilter, Claimed, JobStore},
    provider::Parsed,
};
use std::{
    collections::{BTreeMap, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    time::Duration,
};

/// How long a lease lasts in the simulation.
const TTL: Duration = Duration::from_secs(3);

/// When trouble ends: from then on everything answers, so that every run can come to its end.
const CALM: Duration = Duration::from_secs(90);

/// When a run counts as stuck.
const PATIENCE: Duration = Duration::from_secs(3_600);

/// How many workers there are.
const WORKERS: usize = 3;

/// What will happen.
enum Happening {
    /// A command reaches the store.
    Store { to: To, errand: Errand },
    /// An event reaches a batch.
    Event { to: To, event: Event },
    /// A request reaches its vendor.
    Vendor { to: To, command: Command },
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
    /// Somebody cancels a job.
    Cancel { job: JobId },
    /// Trouble ends.
    Calm,
}

/// A batch of a worker's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct To {
    worker: usize,
    life: u64,
    run: u64,
}

struct World {
    options: Options,
    dice: Dice,
    now: Duration,
    sequence: u64,
    queue: BTreeMap<(Duration, u64), Happening>,
    scene: Scene,
    vendors: Vendors,
    workers: Vec<Process>,
    runs: u64,
    trace: DefaultHasher,
    report: Report,
    watcher: Watcher,
    cancelling: Vec<JobId>,
    calm: bool,
}

/// Run one simulation.
pub fn run(options: Options) -> Report {
    let mut dice = Dice::new(options.seed);
    let scene = Scene::set(&mut dice);
    let mut world = World {
        options,
        now: Duration::from_secs(1),
        sequence: 0,
        queue: BTreeMap::new(),
        vendors: Vendors::new(options.seed),
        workers: Vec::new(),
        runs: 0,
        trace: DefaultHasher::new(),
        report: Report { seed: options.seed, ..Report::default() },
        watcher: Watcher::default(),
        cancelling: Vec::new(),
        calm: false,
        scene,
        dice,
    };
    world.begin();
    world.play();
    world.end()
}

impl World {
    fn begin(&mut self) {
        for number in 0..WORKERS {
            self.workers.push(Process::new(number, 0, self.now, 0));
            self.after_ms(0, 50, Happening::Look { worker: number, life: 0 });
        }
        for _ in 0..self.dice.below(5) {
            let worker = self.dice.below(WORKERS as u64) as usize;
            self.after_ms(100, 60_000, Happening::Crash { worker });
        }
        for _ in 0..self.dice.below(3) {
            let worker = self.dice.below(WORKERS as u64) as usize;
            self.after_ms(100, 60_000, Happening::Freeze { worker });
        }
        let worker = self.dice.below(WORKERS as u64) as usize;
        self.after_ms(100, 60_000, Happening::Jump { worker });
        if self.dice.percent(40) {
            let job = self.scene.jobs[self.dice.below(3) as usize];
            self.after_ms(100, 30_000, Happening::Cancel { job });
        }
        self.put(CALM, Happening::Calm);
    }

    fn put(&mut self, at: Duration, happening: Happening) {
        self.sequence += 1;
        self.queue.insert((at.max(self.now), self.sequence), happening);
    }

    fn after_ms(&mut self, from: u64, to: u64, happening: Happening) {
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
        let store = &self.scene.store;
        self.cancelling.is_empty()
            && self.workers.iter().all(|it| it.runs.is_empty())
            && self.scene.jobs.iter().all(|job| {
                at_once(store.job(self.scene.workspace, *job))
                    .is_ok_and(|it| it.state.is_terminal())
            })
    }

    fn end(mut self) -> Report {
        self.report.hash = self.trace.finish();
        let violations = check::all(&self.scene, &self.vendors, &self.watcher, &self.report);
        self.report.violations.append(&mut self.watcher.violations);
        self.report.violations.extend(violations);
        self.report
    }

    fn note(&mut self, what: &str, to: Option<To>) {
        (self.now, what, to).hash(&mut self.trace);
    }

    fn clock(&self, worker: usize) -> Now {
        let process = &self.workers[worker];
        let wall = self.scene.clock.now();
        let wall = morket_core::Timestamp::from_micros(wall.micros() + process.skew);
        Now { wall, mono: self.now - process.born }
    }

    /// Whether whom it is for is still there, and awake.
    fn reaches(&self, to: To) -> bool {
        let process = &self.workers[to.worker];
        process.alive && process.life == to.life && process.runs.contains_key(&to.run)
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Store { to, errand } => self.store(to, errand),
            Happening::Event { to, event } => self.event(to, event),
            Happening::Vendor { to, command } => self.vendor(to, command),
            Happening::Wake { to } => {
                if self.reaches(to) {
                    self.event(to, Event::Tick);
                }
            }
            Happening::Look { worker, life } => self.look(worker, life),
            Happening::Crash { worker } => self.crash(worker),
            Happening::Birth { worker } => {
                let life = self.workers[worker].life;
                self.workers[worker] = Process::new(worker, life, self.now, 0);
                self.after_ms(0, 50, Happening::Look { worker, life });
            }
            Happening::Freeze { worker } => {
                let until = self.now + self.dice.millis(500, 8_000);
                self.workers[worker].frozen_until = until;
            }
            Happening::Jump { worker } => {
                let skew = self.dice.below(20 * 365 * 86_400) as i64 * 1_000_000;
                self.workers[worker].skew = skew - 10 * 365 * 86_400 * 1_000_000;
            }
            Happening::Cancel { job } => self.cancel(job),
            Happening::Calm => {
                (self.calm, self.vendors.calm) = (true, true);
                for worker in &mut self.workers {
                    worker.skew = 0;
                }
            }
        }
    }

    fn crash(&mut self, worker: usize) {
        if self.calm || !self.workers[worker].alive {
            return;
        }
        self.note("crash", None);
        self.report.crashes += 1;
        let process = &mut self.workers[worker];
        (process.alive, process.life) = (false, process.life + 1);
        process.runs.clear();
        self.after_ms(10, 5_000, Happening::Birth { worker });
    }

    /// Cancel, and ask again until every lease holder has let go.
    fn cancel(&mut self, job: JobId) {
        let answer = at_once(self.scene.store.cancel_job(self.scene.workspace, job));
        let leased = answer.map(|it| it.leased).unwrap_or(0);
        if !self.cancelling.contains(&job) {
            self.note("cancel", None);
            self.report.cancels += 1;
            self.cancelling.push(job);
        }
        if leased == 0 {
            self.cancelling.retain(|it| *it != job);
            self.watcher.cancelled(job);
            return;
        }
        self.after_ms(50, 400, Happening::Cancel { job });
    }

    fn look(&mut self, worker: usize, life: u64) {
        let process = &self.workers[worker];
        if !process.alive || process.life != life {
            return;
        }
        self.after_ms(100, 400, Happening::Look { worker, life });
        let process = &self.workers[worker];
        if process.runs.len() >= 2 || process.frozen_until > self.now {
            return self.heartbeat(worker);
        }
        let name = process.name.clone();
        let store = self.scene.store.clone();
        if let Ok(Some(claimed)) = at_once(store.claim_batch(&name, TTL, ClaimFilter::All)) {
            self.take_up(worker, claimed);
        }
        self.heartbeat(worker);
    }

    /// Workers hear of a cancel with their heartbeat.
    fn heartbeat(&mut self, worker: usize) {
        let life = self.workers[worker].life;
        let runs: Vec<(u64, BatchId)> =
            self.workers[worker].runs.iter().map(|(run, it)| (*run, it.id)).collect();
        for (run, id) in runs {
            let job = at_once(self.scene.store.job(self.scene.workspace, id.job));
            if job.is_ok_and(|it| it.cancel_requested_at.is_some()) {
                let to = To { worker, life, run };
                self.after_ms(0, 20, Happening::Event { to, event: Event::Cancel });
            }
        }
    }

    fn take_up(&mut self, worker: usize, claimed: Claimed) {
        let (store, workspace) = (self.scene.store.clone(), self.scene.workspace);
        let (lease, id) = (claimed.lease, claimed.lease.batch);
        let range = claimed.first..claimed.first + claimed.size;
        if lease.fence > 1 {
            self.report.takeovers += 1;
        }
        self.runs += 1;
        let run = self.runs;
        let calls = at_once(store.open_calls(lease)).unwrap_or_default();
        self.watcher.taken_up(&calls);
        let now = self.clock(worker);
        let mut opening = Opening {
            claimed_at: now.mono,
            ttl: TTL,
            program: self.scene.program.clone(),
            gates: self.gates(worker),
            number: run,
            seed: self.dice.bytes16(),
            realm: vec![1],
            metered: true,
            cancelled: at_once(store.job(workspace, id.job))
                .is_ok_and(|it| it.cancel_requested_at.is_some()),
            records: at_once(store.records(workspace, id.job, range.clone())).unwrap_or_default(),
            cells: at_once(store.cells(workspace, id.job, range.clone())).unwrap_or_default(),
            steps: at_once(store.steps(workspace, id.job, range)).unwrap_or_default(),
            calls,
            claimed,
            tuning: Tuning { in_flight: 6, settle_at: 4, ..Tuning::default() },
        };
        if let Some(mutation) = self.options.mutation {
            mutation.opening(&mut opening);
        }
        self.report.steps += 1;
        let process = &mut self.workers[worker];
        let (batch, commands) = Batch::open(opening, &mut process.gates, now);
        process.runs.insert(run, Run { batch, id, wake: None });
        let to = To { worker, life: process.life, run };
        self.note("open", Some(to));
        self.obey(to, commands);
    }

    fn gates(&mut self, worker: usize) -> Vec<Option<GateIx>> {
        let program = self.scene.program.clone();
        let gates = &mut self.workers[worker].gates;
        let each = program.ops.iter();
        each.map(|op| Some(gates.enter(op.provider.as_str(), &op.operation))).collect()
    }

    /// An event reaches a batch; whatever it commands is set on its way.
    fn event(&mut self, to: To, event: Event) {
        if !self.reaches(to) {
            return;
        }
        let frozen = self.workers[to.worker].frozen_until;
        if frozen > self.now {
            return self.put(frozen, Happening::Event { to, event });
        }
        if self.options.mutation.is_some_and(|it| !it.hears(to.worker, &event)) {
            return;
        }
        let now = self.clock(to.worker);
        let process = &mut self.workers[to.worker];
        let Some(run) = process.runs.get_mut(&to.run) else { return };
        let mut commands = run.batch.step(&mut process.gates, now, event);
        commands.extend(run.batch.step(&mut process.gates, now, Event::Tick));
        self.report.steps += 2;
        self.obey(to, commands);
    }

    fn obey(&mut self, to: To, commands: Vec<Command>) {
        for mut command in commands {
            if let Some(mutation) = self.options.mutation {
                mutation.command(to.worker, &mut command);
            }
            self.note(name(&command), Some(to));
            match command {
                Command::End(ended) => return self.ended(to, &ended),
                Command::Tell(waiter, told) => {
                    let event = Event::Told(waiter.ask, told);
                    let to = To { run: waiter.batch, ..to };
                    self.put(self.now, Happening::Event { to, event });
                }
                Command::Send { .. } => {
                    self.watch_send(to, &command);
                    self.after_ms(1, 30, Happening::Vendor { to, command });
                }
                command => {
                    let Some(run) = self.workers[to.worker].runs.get(&to.run) else { return };
                    let (lease, mono) = (run.batch.lease(), self.clock(to.worker).mono);
                    if let Ok(errand) = Errand::of(command, lease, mono) {
                        self.watcher.errand(&errand);
                        self.after_ms(0, 10, Happening::Store { to, errand });
                    }
                }
            }
        }
        self.schedule(to);
    }

    fn watch_send(&mut self, to: To, command: &Command) {
        let Command::Send { call, op, task, .. } = command else { return };
        let Some(run) = self.workers[to.worker].runs.get(&to.run) else { return };
        let again = self.scene.program.op(*op).operation.retry_on_ambiguous;
        self.report.sends += 1;
        self.watcher.sent(run.id.job, *call, task.is_some(), again);
    }

    fn ended(&mut self, to: To, ended: &Ended) {
        self.workers[to.worker].runs.remove(&to.run);
        match ended {
            Ended::Parked { .. } => self.report.parks += 1,
            Ended::Broken(detail) => {
                self.report.violations.push(format!("broken: {detail}"));
            }
            Ended::Lost => self.report.losses += 1,
            Ended::Done { .. } | Ended::Released => {}
        }
    }

    /// Wake the batch when it asked to be.
    fn schedule(&mut self, to: To) {
        let born = self.workers[to.worker].born;
        let Some(run) = self.workers[to.worker].runs.get_mut(&to.run) else { return };
        let wake = run.batch.wake_at().map(|at| born + at);
        if let Some(at) = wake.filter(|at| run.wake.is_none_or(|old| *at < old || old <= self.now))
        {
            run.wake = Some(at);
            // Never at once: time must pass, or nothing would ever change.
            self.put(at.max(self.now + Duration::from_millis(1)), Happening::Wake { to });
        }
    }

    /// A command reaches the store: it is done, or not, and the answer comes back, or not.
    fn store(&mut self, to: To, mut errand: Errand) {
        let alive = self.workers[to.worker].alive && self.workers[to.worker].life == to.life;
        if !alive && self.dice.percent(50) {
            return;
        }
        let trouble = if self.calm { 100 } else { self.dice.below(100) };
        if trouble < 3 {
            // It never arrived: the worker tries again.
            return self.after_ms(20, 200, Happening::Store { to, errand });
        }
        if let Some(mutation) = self.options.mutation {
            let fence = self.current_fence(to);
            mutation.errand(&mut errand, fence);
        }
        let answered = self.options.mutation.and_then(|it| it.answers(&errand));
        let event = answered.unwrap_or_else(|| errand.run(&self.scene.store));
        if Mutation::applied(&event) {
            self.watcher.settled(&errand);
        }
        self.note(errand.name(), Some(to));
        if trouble < 7 && alive {
            // It was done, and nobody heard: the worker asks again.
            self.report.unknown_commits += 1;
            return self.after_ms(20, 200, Happening::Store { to, errand });
        }
        self.after_ms(0, 10, Happening::Event { to, event });
    }

    /// The fence of the batch as it really is, for a store that does not look.
    fn current_fence(&self, to: To) -> Option<i64> {
        let id = self.workers[to.worker].runs.get(&to.run)?.id;
        let others = self.workers.iter().flat_map(|it| it.runs.values());
        others.filter(|it| it.id == id).map(|it| it.batch.lease().fence).max()
    }

    fn vendor(&mut self, to: To, command: Command) {
        let Command::Send { call, op, records, task } = command else { return };
        let program = self.scene.program.clone();
        let op = program.op(op);
        let served = match &task {
            Some(task) => self.vendors.poll(op, task),
            None => self.vendors.serve(op, &records, call),
        };
        let word = match &served.answer {
            Ok(Parsed { verdicts: morket_core::provider::Verdicts::All(it), .. }) => {
                format!("{:?}", it.kind()).to_lowercase()
            }
            _ => served.word.to_owned(),
        };
        *self.report.outcomes.entry(word).or_insert(0) += 1;
        self.watcher.served(call, served.word);
        let event = Event::Answered(call, Box::new(served.answer));
        let slow = if self.dice.percent(4) { 4_000 } else { 40 };
        self.after_ms(1, slow, Happening::Event { to, event });
    }
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::Fund(..) => "Fund",
        Command::Look(..) => "Look",
        Command::Mark(_) => "Mark",
        Command::Send { .. } => "Send",
        Command::Settle(_) => "Settle",
        Command::Renew(..) => "Renew",
        Command::Tell(..) => "Tell",
        Command::End(_) => "End",
    }
}

/// What a call that was found under way may still be.
pub(super) fn is_orphan(state: CallState, task: bool) -> bool {
    state == CallState::Sent && !task
}
