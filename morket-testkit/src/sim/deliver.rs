//! What passes between batches, store and vendors: late, twice, or not at all.

use super::{
    Mutation,
    store::{Errand, Sending},
    world::{Happening, To, World},
};
use morket_core::{
    engine::{Command, Ended, Event},
    provider::{Parsed, Verdicts},
};
use std::time::Duration;

impl World {
    /// An event reaches a batch; whatever it commands is set on its way.
    pub(super) fn event(&mut self, to: To, event: Event) {
        if !self.reaches(to) {
            return;
        }
        let frozen = self.workers[to.worker].frozen_until;
        if frozen > self.now {
            return self.put(frozen, Happening::Event { to, event });
        }
        if self.options.mutation.is_some_and(|it| !it.hears(&event)) {
            return;
        }
        let now = self.clock(to.worker);
        let process = &mut self.workers[to.worker];
        let Some(run) = process.runs.get_mut(&to.run) else { return };
        let ticked = matches!(event, Event::Tick);
        let history = &mut self.history;
        let mut step = |event| match history {
            Some(it) => it.step(to.run, &mut run.batch, &mut process.gates, now, event),
            None => run.batch.step(&mut process.gates, now, event),
        };
        let mut commands = step(event);
        self.report.steps += 1;
        if !ticked {
            commands.extend(step(Event::Tick));
            self.report.steps += 1;
        }
        self.obey(to, commands);
    }

    pub(super) fn obey(&mut self, to: To, commands: Vec<Command>) {
        for command in commands {
            self.note(name(&command), Some(to));
            match command {
                Command::End(ended) => return self.ended(to, &ended),
                Command::Tell(waiter, told) => {
                    let event = Event::Told(waiter.ask, told);
                    let to = To { run: waiter.batch, ..to };
                    self.put(self.now, Happening::Event { to, event });
                }
                Command::Send { call, op, records, task } => {
                    let mut sending = Sending { call, op, records, task };
                    if self.options.mutation == Some(Mutation::PollSubmitsAgain) {
                        sending.task = None;
                    }
                    self.send(to, sending);
                }
                command => self.give(to, command),
            }
        }
        self.schedule(to);
    }

    /// A command for the store sets out. Some workers freeze or die at just that moment.
    fn give(&mut self, to: To, command: Command) {
        let Some(run) = self.workers[to.worker].runs.get(&to.run) else { return };
        let (lease, mono) = (run.batch.lease(), self.clock(to.worker).mono);
        let Some(mut errand) = Errand::of(command, lease, mono) else { return };
        if let Some(mutation) = self.options.mutation {
            mutation.given(&mut errand, &self.scene);
        }
        let misfortune = if self.calm { 1_000 } else { self.dice.below(1_000) };
        self.after_ms(0, 10, Happening::Store { to, errand });
        match misfortune {
            0..6 => self.freeze(to.worker),
            6..8 => self.after_ms(0, 12, Happening::Crash { worker: to.worker }),
            _ => {}
        }
    }

    /// A call's bytes leave.
    fn send(&mut self, to: To, sending: Sending) {
        let Some(job) = self.workers[to.worker].runs.get(&to.run).map(|it| it.id.job) else {
            return;
        };
        self.report.sends += 1;
        let program = self.scene.program(job);
        // Asking how a task stands takes no place.
        if sending.task.is_none() {
            let broken = self.rates.sent(program.op(sending.op), self.now);
            self.watcher.violations.extend(broken);
        }
        self.watcher.sent(program, (job, to.run), self.now, &sending);
        self.after_ms(1, 30, Happening::Vendor { to, sending });
    }

    fn ended(&mut self, to: To, ended: &Ended) {
        self.workers[to.worker].runs.remove(&to.run);
        match ended {
            Ended::Parked { .. } => self.report.parks += 1,
            Ended::Broken(error) => {
                self.report.violations.push(format!("broken: {error}"));
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
            // Never at once: time must pass, or nothing would ever change.
            let at = at.max(self.now + Duration::from_millis(1));
            run.wake = Some(at);
            self.put(at, Happening::Wake { to });
        }
    }

    /// A command reaches the store: it is done, or not, and the answer comes back, or not.
    pub(super) fn store(&mut self, to: To, errand: Errand) {
        let alive = self.workers[to.worker].alive && self.workers[to.worker].life == to.life;
        if !alive && self.dice.percent(50) {
            return;
        }
        let trouble = if self.calm { 100 } else { self.dice.below(100) };
        if trouble < 3 || self.now < self.outage_until {
            // It never arrived: the worker tries again.
            return self.after_ms(20, 200, Happening::Store { to, errand });
        }
        let event = self.carry_out(to.run, &errand);
        self.note(errand.name(), Some(to));
        if trouble < 7 && alive {
            // It was done, and nobody heard: the worker asks again.
            self.report.unknown_commits += 1;
            if let (Some(Mutation::VerificationReplayed), Errand::Settle(it)) =
                (self.options.mutation, &errand)
                && let Some(sending) = self.watcher.verification(it)
            {
                self.send(to, sending);
            }
            return self.after_ms(20, 200, Happening::Store { to, errand });
        }
        self.after_ms(0, 10, Happening::Event { to, event });
    }

    fn carry_out(&mut self, run: u64, errand: &Errand) -> Event {
        let Some(mutation) = self.options.mutation else {
            let event = errand.run(&self.scene.store);
            self.watcher.stored((&self.scene, run), errand, &event);
            return event;
        };
        if let Some(event) = mutation.answers(errand) {
            return event;
        }
        let mut errand = errand.clone();
        if let Some(fence) = self.fences.get(&errand.batch()).filter(|_| mutation.is_unfenced()) {
            errand.refence(*fence);
        }
        let given = errand.clone();
        mutation.marks(&mut errand, &self.scene);
        let mut event = errand.run(&self.scene.store);
        self.watcher.stored((&self.scene, run), &given, &event);
        mutation.says(&mut event);
        mutation.done(&errand, &event, &self.scene, self.dice.bytes16());
        event
    }

    pub(super) fn vendor(&mut self, to: To, sending: Sending) {
        let Some(job) = self.watcher.job_of(sending.call) else { return };
        let program = self.scene.program(job).clone();
        let op = program.op(sending.op);
        let mut served = match &sending.task {
            Some(task) => self.vendors.poll(op, task),
            None => self.vendors.serve(op, &sending.records, sending.call),
        };
        let word = match &served.answer {
            Ok(Parsed { verdicts: Verdicts::All(it), .. }) => kind(it.kind()),
            _ => served.word,
        };
        *self.report.outcomes.entry(word).or_insert(0) += 1;
        self.note(word, Some(to));
        self.watcher.served(sending.call, to.run, self.now, served.word);
        if let Some(mutation) = self.options.mutation {
            mutation.heard(&mut served.answer, &sending.records);
            if self.reaches(to) && mutation.sends_again(op, &sending, served.word) {
                return self.send(to, sending);
            }
        }
        let event = Event::Answered(sending.call, Box::new(served.answer));
        let slow = if self.dice.percent(4) { 4_000 } else { 40 };
        self.after_ms(1, slow, Happening::Event { to, event });
    }
}

fn kind(it: morket_core::provider::OutcomeKind) -> &'static str {
    use morket_core::provider::OutcomeKind::{
        Answer, AuthFailed, InvalidInput, LegalBlock, Miss, OutOfCredits, Pending, PlanLacks,
        RateLimited, Transient, Unknown,
    };
    match it {
        Answer => "answer",
        Miss => "miss",
        Pending => "pending",
        InvalidInput => "invalid_input",
        AuthFailed => "auth",
        PlanLacks => "plan",
        OutOfCredits => "out_of_credits",
        RateLimited => "rate_limited",
        LegalBlock => "legal_block",
        Transient => "transient",
        Unknown => "unknown",
    }
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::Fund(..) => "Fund",
        Command::Look(..) => "Look",
        Command::Mark(_) => "Mark",
        Command::Watch(..) => "Watch",
        Command::Permits(..) => "Permits",
        Command::Send { .. } => "Send",
        Command::Settle(_) => "Settle",
        Command::Renew(..) => "Renew",
        Command::Screen(_) => "Screen",
        Command::Tell(..) => "Tell",
        Command::End(_) => "End",
    }
}
