//! What befalls workers, and what they do by themselves: die, freeze, look for work, let go.

use super::{
    Mutation, alone,
    process::{Process, Run},
    store::at_once,
    world::{Happening, TTL, To, WORKERS, World},
};
use morket_core::{
    JobId,
    engine::{Base, Batch, Event, GateIx, Opening, Tuning, Waiting},
    job::{ClaimFilter, Claimed, JobStore, Record},
};
use std::time::Duration;

/// How long a cancel may take: tasks are asked about for a minute, and what freezes comes back.
const CANCELLED_WITHIN: Duration = Duration::from_secs(90);

impl World {
    pub(super) fn crash(&mut self, worker: usize) {
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

    pub(super) fn birth(&mut self, worker: usize) {
        let life = self.workers[worker].life;
        self.workers[worker] = Process::new(worker, life, self.now, 0);
        self.after_ms(0, 50, Happening::Look { worker, life });
    }

    pub(super) fn freeze(&mut self, worker: usize) {
        if self.calm {
            return;
        }
        self.report.freezes += 1;
        let until = self.now + self.dice.millis(500, 8_000);
        self.workers[worker].frozen_until = until;
    }

    pub(super) fn jump(&mut self, worker: usize) {
        const YEAR: i64 = 365 * 86_400 * 1_000_000;
        let seconds = self.dice.below(20 * 365 * 86_400);
        if !self.options.steady {
            let skew = i64::try_from(seconds).unwrap_or(0) * 1_000_000;
            self.workers[worker].skew = skew - 10 * YEAR;
        }
    }

    pub(super) fn drain(&mut self, worker: usize) {
        self.report.drains += 1;
        let life = self.workers[worker].life;
        let runs: Vec<u64> = self.workers[worker].runs.keys().copied().collect();
        for run in runs {
            let to = To { worker, life, run };
            self.put(self.now, Happening::Event { to, event: Event::Drain });
        }
    }

    /// Cancel, and ask again until every lease holder has let go.
    pub(super) fn cancel(&mut self, job: JobId) {
        if self.now < self.outage_until {
            return self.after_ms(50, 400, Happening::Cancel { job });
        }
        if self.unwanted.insert(job) {
            self.note("cancel", None);
            self.report.cancels += 1;
            self.cancelling.insert(job, self.now);
        }
        let answer = at_once(self.scene.store.cancel_job(self.scene.workspace, job));
        let leased = answer.map(|it| it.leased).unwrap_or(0);
        if leased == 0 || self.options.mutation == Some(Mutation::CancelIgnored) {
            let since = self.cancelling.remove(&job).unwrap_or(self.now);
            if self.now > since + CANCELLED_WITHIN {
                let took = self.now - since;
                self.report.violations.push(format!("cancel: it took {took:?}"));
            }
            self.watcher.cancelled(job);
            self.watcher.look_at(&self.scene, job);
        }
        if leased > 0 {
            self.after_ms(50, 400, Happening::Cancel { job });
        }
    }

    pub(super) fn look(&mut self, worker: usize, life: u64) {
        let process = &self.workers[worker];
        if !process.alive || process.life != life {
            return;
        }
        self.after_ms(100, 400, Happening::Look { worker, life });
        let process = &self.workers[worker];
        if process.frozen_until > self.now || self.now < self.outage_until {
            return;
        }
        if process.runs.len() < 2 {
            let store = self.scene.store.clone();
            let name = &self.workers[worker].name;
            if let Ok(Some(claimed)) = at_once(store.claim_batch(name, TTL, ClaimFilter::All)) {
                self.take_up(worker, claimed);
            }
        }
        self.heartbeat(worker);
    }

    /// Workers hear of a cancel with their heartbeat.
    fn heartbeat(&mut self, worker: usize) {
        let process = &self.workers[worker];
        let unwanted = process.runs.iter().filter(|(_, it)| self.unwanted.contains(&it.id.job));
        let life = process.life;
        let told: Vec<To> = unwanted.map(|(run, _)| To { worker, life, run: *run }).collect();
        for to in told {
            self.after_ms(0, 20, Happening::Event { to, event: Event::Cancel });
        }
    }

    fn take_up(&mut self, worker: usize, claimed: Claimed) {
        let (store, workspace) = (self.scene.store.clone(), self.scene.workspace);
        let (lease, id) = (claimed.lease, claimed.lease.batch);
        let range = claimed.first..claimed.first + claimed.size;
        self.fences.insert(id, lease.fence);
        self.report.takeovers += u64::from(lease.fence > 1);
        self.runs += 1;
        let number = self.runs;
        let now = self.clock(worker);
        let program = self.scene.program(id.job).clone();
        let records = at_once(store.records(workspace, id.job, range.clone())).unwrap_or_default();
        let base = self.base(id.job, &records);
        let found = base.as_ref().map(Base::named).unwrap_or_default();
        let inputs = records.iter().map(|it| &it.input).chain(&found);
        let mut opening = Opening {
            guard: alone::guard(&self.scene, &program, inputs),
            claimed_at: now.mono,
            ttl: TTL,
            program,
            gates: self.gates(worker, id.job),
            number,
            seed: self.dice.bytes16(),
            realm: vec![1],
            metered: true,
            cancelled: self.unwanted.contains(&id.job),
            records,
            cells: at_once(store.cells(workspace, id.job, range.clone())).unwrap_or_default(),
            steps: at_once(store.steps(workspace, id.job, range)).unwrap_or_default(),
            calls: at_once(store.open_calls(lease)).unwrap_or_default(),
            claimed,
            base,
            waiting: Waiting::default(),
            tuning: Tuning { in_flight: 6, settle_at: 4, ..Tuning::default() },
        };
        if let Some(mutation) = self.options.mutation {
            mutation.opening(&mut opening);
        }
        self.report.steps += 1;
        let making = self.scene.making(id.job);
        let before = opening.base.as_ref().map(|it| self.scene.making(it.job));
        let process = &mut self.workers[worker];
        let (batch, commands) = match &mut self.history {
            Some(it) => {
                let names = opening.program.ops.iter().map(|op| Some(op.provider.to_string()));
                let (names, life) = (names.collect(), process.life * 100 + worker as u64);
                it.open((life, &mut process.gates), (making, names, before), now, opening)
            }
            None => Batch::open(opening, &mut process.gates, now),
        };
        process.runs.insert(number, Run { batch, id, wake: None });
        let to = To { worker, life: process.life, run: number };
        self.note("open", Some(to));
        self.obey(to, commands);
    }

    /// What the base of a job holds of its records, if it has one.
    fn base(&self, job: JobId, records: &[Record]) -> Option<Base> {
        let (store, workspace) = (&*self.scene.store, self.scene.workspace);
        let job = at_once(store.job(workspace, job)).ok()?;
        let base = at_once(store.job(workspace, job.base?)).ok()?;
        let planned = (&base, self.scene.program(base.id).clone());
        let program = self.scene.program(job.id);
        at_once(Base::read(store, &job, planned, program, records)).ok()
    }

    /// When a sample is over its whole begins, and trouble begins anew.
    pub(super) fn whole(&mut self) {
        let Some(sample) = self.scene.whole.as_ref().map(|it| it.sample) else { return };
        self.watcher.look_at(&self.scene, sample);
        if self.now < self.outage_until || !self.watcher.has_ended(sample) {
            return self.after_ms(50, 400, Happening::Whole);
        }
        let Some((whole, job)) = self.scene.begin(&mut self.dice) else { return };
        self.note("whole", None);
        self.report.wholes += 1;
        self.watcher.begins(&self.scene, &whole, job);
        for _ in 0..self.dice.below(4) {
            let worker = self.dice.below(WORKERS) as usize;
            self.after_ms(10, 8_000, Happening::Crash { worker });
        }
        if self.dice.percent(15) {
            self.after_ms(100, 10_000, Happening::Cancel { job });
        }
    }

    fn gates(&mut self, worker: usize, job: JobId) -> Vec<Option<GateIx>> {
        let program = self.scene.program(job).clone();
        let gates = &mut self.workers[worker].gates;
        let each = program.ops.iter();
        each.map(|op| Some(gates.enter(op.provider.as_str(), &op.operation))).collect()
    }
}
