//! What can be seen only while a run goes on: what left, when, for what, and what was written.

use super::{
    known::Known,
    scene::{Scene, Whole},
    spend::Calls,
    store::{Errand, Sending, at_once},
    twins::Twins,
    whole::Sampled,
};
use morket_core::{
    CallId, JobId,
    engine::Event,
    job::{Answered, CallState, JobStore, NewCall, Settled, Settlement, StepOutcome},
    plan::{OpIx, Program},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, hash_map::DefaultHasher},
    hash::{Hash, Hasher},
    time::Duration,
};

/// The most times a call leaves, throttled answers and repeats after kills aside.
const ATTEMPTS: u32 = 3;

/// The least a call waits before its second and its third attempt.
const WAITS: [Duration; 2] = [Duration::from_millis(800), Duration::from_millis(1_600)];

/// What a call's bytes are for: a record, a field, and the candidate that is verified.
type Serves = (u32, String, Option<u64>);

/// How often a call left, kills aside.
#[derive(Debug, Default)]
struct Tries {
    count: u32,
    /// When it was last answered, and whether it was told to wait.
    answered: Option<(Duration, bool)>,
}

/// A call as it was seen.
#[derive(Debug)]
struct Seen {
    job: JobId,
    serves: Vec<Serves>,
    /// Its row is in the store.
    marked: bool,
    /// How often it left since it was last known unbilled.
    at_risk: u32,
    first: Option<Sending>,
    tries: BTreeMap<u64, Tries>,
    /// How often it had left when it was last given back to be sent again.
    carried: u32,
}

/// What is watched while a run goes on.
#[derive(Debug, Default)]
pub(super) struct Watcher {
    pub(super) violations: Vec<String>,
    pub(super) spend: Calls,
    seen: BTreeMap<CallId, Seen>,
    /// Who was asked about a field of a record, in order: place in the chain, and call.
    asked: BTreeMap<(JobId, Serves), Vec<(usize, CallId)>>,
    /// Jobs whose cancel was acknowledged.
    stopped: BTreeSet<JobId>,
    twins: Twins,
    known: Known,
    sampled: Option<Sampled>,
    /// Calls that were given up without a result: as if they had never been.
    given_up: BTreeSet<CallId>,
    /// Cells whose acceptance has committed.
    accepted: BTreeSet<(JobId, u32, String)>,
    /// Results of jobs that have ended, as they were then.
    frozen: BTreeMap<JobId, u64>,
}

impl Watcher {
    pub(super) fn cancelled(&mut self, job: JobId) {
        self.stopped.insert(job);
    }

    pub(super) fn has_ended(&self, job: JobId) -> bool {
        self.frozen.contains_key(&job)
    }

    pub(super) fn job_of(&self, call: CallId) -> Option<JobId> {
        self.seen.get(&call).map(|it| it.job)
    }

    /// Whether a call of this job serves this record.
    pub(super) fn serves(&self, call: CallId, job: JobId, index: u32) -> bool {
        let ours = self.seen.get(&call).filter(|it| it.job == job);
        ours.is_some_and(|it| it.serves.iter().any(|part| part.0 == index))
    }

    fn wrong(&mut self, problem: String) {
        self.violations.push(problem);
    }

    /// The store has done this for a run, and says that.
    pub(super) fn stored(&mut self, (scene, run): (&Scene, u64), errand: &Errand, event: &Event) {
        let job = errand.batch().job;
        match (errand, event) {
            (Errand::Mark(_, calls), Event::Marked(_, Ok(results))) => {
                for (call, result) in calls.iter().zip(results) {
                    let Ok(marked) = result else {
                        self.twins.dropped(errand, call);
                        continue;
                    };
                    self.violations.extend(self.twins.marked(errand, call, marked, &self.spend));
                    if marked.is_sent() {
                        self.known.marked(errand, call);
                        self.marked(job, call);
                    }
                }
            }
            (Errand::Settle(it), Event::Settled(Ok(settled))) => {
                self.settled(run, it, settled);
                if it.closing.is_some() {
                    self.look_at(scene, job);
                }
            }
            (Errand::Look(..), Event::Looked(_, Ok(found))) => self.known.looked(errand, found),
            (Errand::Watch(..), Event::Watched(_, Ok(flights))) => {
                self.twins.watched(errand, flights);
            }
            _ => return,
        }
        let over = self.spend.over_ceiling(scene, job);
        self.violations.extend(over);
    }

    fn marked(&mut self, job: JobId, call: &NewCall) {
        self.spend.marked(call);
        let (serves, tries) = (composition(&call.composition), BTreeMap::new());
        let seen = self.seen.entry(call.id).or_insert_with(|| Seen {
            job,
            serves,
            marked: true,
            at_risk: 0,
            first: None,
            tries,
            carried: 0,
        });
        seen.marked = true;
    }

    fn settled(&mut self, run: u64, settlement: &Settlement, settled: &Settled) {
        self.spend.settled(settlement, settled);
        let Settled::Applied { items, .. } = settled else { return };
        let job = settlement.lease.batch.job;
        for (item, _) in settlement.items.iter().zip(items).filter(|(_, it)| it.is_ok()) {
            self.twins.settled(item);
            self.known.settled(item);
            self.given_back(run, item);
            for step in item.steps.iter().filter(|it| it.outcome == StepOutcome::Accepted) {
                self.accepted.insert((job, step.index, step.field.to_string()));
            }
        }
    }

    /// A call is to be sent again by whoever comes next, or by nobody. Of what another run sent
    /// that was killed, this one knows no more than the store.
    fn given_back(&mut self, run: u64, item: &Answered) {
        let Some(result) = &item.call else { return };
        if result.state == CallState::Settled && item.steps.is_empty() {
            self.given_up.insert(result.id);
        }
        let Some(seen) = self.seen.get_mut(&result.id) else { return };
        let doubtful = result.state == CallState::Sent && result.task.is_none();
        if result.state == CallState::Ready || doubtful {
            seen.carried = seen.tries.get(&run).map_or(seen.carried, |it| it.count);
            if result.attempts < seen.carried {
                let (told, left) = (result.attempts, seen.carried);
                self.wrong(format!("attempts: {} left {left} times and says {told}", result.id));
            }
        }
    }

    /// A call's bytes leave, or its task is asked about.
    pub(super) fn sent(
        &mut self,
        program: &Program,
        (job, run): (JobId, u64),
        now: Duration,
        sending: &Sending,
    ) {
        let id = sending.call;
        let new = || Seen {
            job,
            serves: Vec::new(),
            marked: false,
            at_risk: 0,
            first: None,
            tries: BTreeMap::new(),
            carried: 0,
        };
        let seen = self.seen.entry(id).or_insert_with(new);
        let again = program.op(sending.op).operation.retry_on_ambiguous;
        let mut wrong = Vec::new();
        if !seen.marked {
            wrong.push(format!("mark: {id} left without having been written down"));
        }
        if sending.task.is_some() {
            return self.violations.extend(wrong);
        }
        seen.at_risk += 1;
        if seen.at_risk > 1 && !again {
            wrong.push(format!("repeat: {id} left again, and may have been billed"));
        }
        let carried = || Tries { count: seen.carried, answered: None };
        wrong.extend(seen.tries.entry(run).or_insert_with(carried).left(id, now));
        let first = seen.first.is_none();
        if seen.first.get_or_insert_with(|| sending.clone()) != sending {
            wrong.push(format!("key: {id} is sent with other content than before"));
        }
        let serves = seen.serves.clone();
        if self.stopped.contains(&job) {
            wrong.push(format!("cancel: {id} left after it was acknowledged"));
        }
        let done = |it: &Serves| self.accepted.contains(&(job, it.0, it.1.clone()));
        if !serves.is_empty() && serves.iter().all(done) {
            wrong.push(format!("after accept: {id} left for cells that are found"));
        }
        if self.spend.is_decided(id) {
            wrong.push(format!("replay: {id} left though its result is written"));
        }
        if first {
            let ended = |job: JobId| self.frozen.contains_key(&job);
            let cached = program.use_cache;
            wrong.extend(self.twins.sent((job, cached), id, &self.spend, ended));
            wrong.extend(self.known.sent(program, sending).into_iter().filter(|_| cached));
            let parts = serves.iter().map(|it| (it.0, it.1.as_str(), it.2.is_some()));
            let sampled = self.sampled.iter();
            let asked = (&program.op(sending.op).provider, sending);
            wrong.extend(sampled.flat_map(|it| it.sent(job, asked, parts.clone())));
        }
        self.violations.extend(wrong);
        if first {
            for part in serves {
                self.in_order(program, job, sending.op, part, id);
            }
        }
    }

    /// Whoever is asked about a field comes after those that were asked before, and only once.
    fn in_order(&mut self, program: &Program, job: JobId, op: OpIx, part: Serves, call: CallId) {
        let field =
            |it: &&morket_core::plan::Chain| program.field(it.field).name.as_str() == part.1;
        let Some(chain) = program.chains.iter().find(field) else { return };
        let place = match part.2 {
            Some(_) => Some(0),
            None => chain.steps.iter().position(|it| *it == op),
        };
        let Some(place) = place else {
            return self.wrong(format!("order: {call} asks somebody who is not in the chain"));
        };
        let before = self.asked.entry((job, part.clone())).or_default();
        let later = before.iter().any(|it| it.0 > place);
        let again = |it: &CallId| *it != call && !self.given_up.contains(it);
        let same = before.iter().any(|it| it.0 == place && again(&it.1));
        before.push((place, call));
        if later {
            self.wrong(format!("order: {part:?} asks step {place} after a later one"));
        }
        if same {
            self.wrong(format!("twice: {part:?} asks step {place} by another call"));
        }
    }

    /// What the vendor answered: after some answers a call may leave again.
    pub(super) fn served(&mut self, call: CallId, run: u64, now: Duration, word: &str) {
        let Some(seen) = self.seen.get_mut(&call) else { return };
        if matches!(word, "rate_limited" | "transient" | "unsent") {
            seen.at_risk = seen.at_risk.saturating_sub(1);
        }
        if let Some(tries) = seen.tries.get_mut(&run) {
            let throttled = word == "rate_limited";
            tries.count = tries.count.saturating_sub(u32::from(throttled));
            tries.answered = Some((now, throttled));
        }
    }

    /// A verification that is decided by this settlement, as it was sent.
    pub(super) fn verification(&self, settlement: &Settlement) -> Option<Sending> {
        let steps = settlement.items.iter().flat_map(|it| &it.steps);
        let calls = steps.filter(|it| it.field.as_str().contains("__verify_"));
        calls.filter_map(|it| self.seen.get(&it.call?)).find_map(|it| it.first.clone())
    }

    /// A sample is over, and its whole begins.
    pub(super) fn begins(&mut self, scene: &Scene, whole: &Whole, job: JobId) {
        let address = |call: CallId| {
            let first = self.seen.get(&call)?.first.as_ref()?;
            first.records.first()?.text("email").map(str::to_owned)
        };
        self.sampled = Some(Sampled::read(scene, whole, job, address));
    }

    pub(super) fn check_whole(&self, scene: &Scene, found: &mut Vec<String>) {
        if let Some(sampled) = &self.sampled {
            sampled.check(scene, found);
        }
    }

    /// Once a job has ended its results stay as they are.
    pub(super) fn look_at(&mut self, scene: &Scene, job: JobId) {
        let ended = at_once(scene.store.job(scene.workspace, job));
        if !ended.is_ok_and(|it| it.state.is_terminal()) {
            return;
        }
        let results = digest(scene, job);
        if *self.frozen.entry(job).or_insert(results) != results {
            self.wrong(format!("frozen: the results of {job} changed after its end"));
        }
    }
}

impl Tries {
    /// It leaves once more.
    fn left(&mut self, call: CallId, now: Duration) -> Option<String> {
        self.count += 1;
        if self.count > ATTEMPTS {
            return Some(format!("attempts: {call} left {} times", self.count));
        }
        let wait = WAITS.get((self.count as usize).checked_sub(2)?)?;
        let (answered, _) = self.answered.filter(|(_, throttled)| !throttled)?;
        let early = now < answered + *wait;
        early.then(|| format!("attempts: {call} left again after {:?}", now - answered))
    }
}

fn digest(scene: &Scene, job: JobId) -> u64 {
    let (store, workspace) = (&scene.store, scene.workspace);
    let mut hash = DefaultHasher::new();
    format!("{:?}", at_once(store.records(workspace, job, 0..1_000))).hash(&mut hash);
    format!("{:?}", at_once(store.cells(workspace, job, 0..1_000))).hash(&mut hash);
    format!("{:?}", at_once(store.steps(workspace, job, 0..1_000))).hash(&mut hash);
    hash.finish()
}

fn composition(text: &str) -> Vec<Serves> {
    let mut serves = Vec::new();
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    for part in value.as_array().into_iter().flatten() {
        let index = part.get(0).and_then(Value::as_u64).and_then(|it| u32::try_from(it).ok());
        let fields = part.get(1).and_then(Value::as_array).into_iter().flatten();
        let candidate = part.get(3).and_then(Value::as_u64);
        for field in fields.filter_map(Value::as_str) {
            serves.extend(index.map(|index| (index, field.to_owned(), candidate)));
        }
    }
    serves
}
