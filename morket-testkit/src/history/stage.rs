//! Where histories are made: jobs in a store, processes that work on them, vendors that answer as
//! a scene says, and a clock that the scene moves. Whatever can happen at once happens at once.

use super::{KEY, Making, Recorder};
use crate::{ManualClock, SeededRng, engine::FakeVendor};
use futures::FutureExt;
use morket_core::{
    Clock, Credits, HoldId, JobId, Timestamp, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{
        Base, Batch, Command, Ended, Event, Gates, Guard, Now, Opening, Tuning, Waiting, submit,
    },
    http::HttpFailure,
    job::{ClaimFilter, Dispatch, Job, JobStore, NewJob, Record},
    ledger::{LedgerExt, LedgerStore, Op},
    memory::MemoryStore,
    plan::{Plan, Program},
    privacy::SuppressionStore,
    provider::{Parsed, Provider},
    rbac::Principal,
    workspace::{NewWorkspace, WorkspaceStore},
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use uuid::Uuid;

/// How long a lease lasts on the stage.
pub(super) const TTL: Duration = Duration::from_secs(15);

/// What a vendor does with a request; nothing, when it never answers.
pub(super) type Reply = Option<Result<Parsed, HttpFailure>>;

/// A request, as a scene sees it.
pub(super) struct Asked<'a> {
    pub(super) vendor: &'a str,
    /// How often the vendor was asked before, tasks included.
    pub(super) before: usize,
    pub(super) records: usize,
    pub(super) task: Option<&'a str>,
}

/// Someone who works on a batch.
struct Hand {
    process: u64,
    number: u64,
    batch: Batch,
    todo: Vec<Command>,
    ended: Option<Ended>,
}

/// The stage.
pub(super) struct Stage {
    pub(super) store: Arc<MemoryStore>,
    pub(super) workspace: WorkspaceId,
    pub(super) tuning: Tuning,
    recorder: Recorder,
    clock: Arc<ManualClock>,
    making: Making,
    program: Arc<Program>,
    /// The job that later ones are based on, and what its program is made of.
    base: Option<(JobId, Making, Arc<Program>)>,
    script: fn(&Asked<'_>) -> Reply,
    asked: BTreeMap<String, usize>,
    processes: BTreeMap<u64, Gates>,
    hands: Vec<Hand>,
    opened: u64,
    jobs: u128,
}

/// The store in memory waits for nobody.
pub(super) fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the store in memory waits for nobody")
}

impl Stage {
    /// A prepaid workspace, these vendors, and a job of these rows.
    pub(super) fn set(
        story: &str,
        plan: Plan,
        vendors: &[FakeVendor],
        rows: Vec<Value>,
        script: fn(&Asked<'_>) -> Reply,
    ) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        clock.advance(Duration::from_secs(1_000));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let workspace = WorkspaceId(Uuid::from_u128(1));
        let new = NewWorkspace::embedded(workspace, "Stage").prepaid();
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        at_once(store.create_workspace(new, audit)).expect("a new workspace");
        at_once(store.privacy_key(workspace, KEY)).expect("it has none yet");
        let vendors = vendors.iter().map(|it| it.manifest().clone()).collect();
        let making = Making { plan, vendors, metered: true };
        let program = Arc::new(making.compile().expect("the plan is right"));
        let mut stage = Self {
            store,
            workspace,
            tuning: Tuning::default(),
            recorder: Recorder::new(story),
            clock,
            making,
            program,
            base: None,
            script,
            asked: BTreeMap::new(),
            processes: BTreeMap::new(),
            hands: Vec::new(),
            opened: 0,
            jobs: 0,
        };
        stage.grant(100);
        stage.job(rows);
        stage
    }

    pub(super) fn grant(&mut self, credits: i64) {
        let key = format!("grant-{credits}").parse().expect("a key");
        let amount = Credits::whole(credits);
        at_once(self.store.grant(self.workspace, key, amount)).expect("a grant");
    }

    /// Somebody sets all but so many credits aside for something else.
    pub(super) fn spend_all_but(&mut self, credits: i64) {
        let account = at_once(self.store.account(self.workspace)).expect("an account");
        let amount = Credits(account.available().0 - Credits::whole(credits).0);
        let id = HoldId(Uuid::from_u128(9));
        let hold = Op::Hold { id, amount, batch: None, lapses_at: None };
        at_once(self.store.post_one(self.workspace, hold)).expect("they are there");
    }

    /// One more job.
    pub(super) fn job(&mut self, rows: Vec<Value>) -> JobId {
        self.jobs += 1;
        let new = NewJob {
            id: JobId(Uuid::from_u128(100 + self.jobs)),
            name: None,
            plan: serde_json::to_value(&self.making.plan).expect("a plan is JSON"),
            dispatch: Dispatch::Queued,
            worst_case: self.program.estimate(&rows).expect("amounts are small").worst_charge,
            created_by: None,
            retry_of: None,
            base: self.base.as_ref().map(|it| it.0),
        };
        let id = new.id;
        at_once(submit(&*self.store, self.workspace, new, rows)).expect("a job");
        id
    }

    /// Jobs that are made from now on are based on this one, which has come to its end, and are of
    /// another plan.
    pub(super) fn go_on_from(&mut self, base: JobId, plan: Plan) {
        let making = Making { plan, ..self.making.clone() };
        let program = Arc::new(making.compile().expect("the plan is right"));
        let before = std::mem::replace(&mut self.making, making);
        self.base = Some((base, before, std::mem::replace(&mut self.program, program)));
    }

    /// What the base of a job holds of its records.
    fn base(&self, job: &Job, records: &[Record]) -> Option<Base> {
        let (base, _, program) = self.base.as_ref()?;
        let base = at_once(self.store.job(self.workspace, *base)).expect("a job");
        let (store, planned) = (&*self.store, (&base, program.clone()));
        let read = Base::read(store, job, planned, &self.program, records);
        Some(at_once(read).expect("it can be read"))
    }

    fn now(&self) -> Now {
        Now { wall: self.clock.now(), mono: self.clock.monotonic() }
    }

    /// This process takes up a batch, if there is one.
    pub(super) fn claim(&mut self, process: u64) -> bool {
        let claimed_at = self.clock.monotonic();
        let claimed = at_once(self.store.claim_batch("w", TTL, ClaimFilter::All));
        let Some(claimed) = claimed.expect("it can be asked") else { return false };
        self.opened += 1;
        let number = self.opened;
        let (lease, job) = (claimed.lease, claimed.lease.batch.job);
        let range = claimed.first..claimed.first + claimed.size;
        let (store, workspace) = (&*self.store, self.workspace);
        let records = at_once(store.records(workspace, job, range.clone())).expect("records");
        let (rng, catalogue) = (SeededRng::new(1), &self.program.catalogue);
        let stored = at_once(store.job(workspace, job)).expect("a job");
        let base = self.base(&stored, &records);
        let found = base.as_ref().map(Base::named).unwrap_or_default();
        let inputs = records.iter().map(|it| &it.input).chain(&found);
        let guard = at_once(Guard::ask(store, workspace, &rng, catalogue, inputs)).expect("a list");
        let waiting = Waiting { before: claimed.waited.clone(), ..Waiting::default() };
        let opening = Opening {
            guard,
            cells: at_once(store.cells(workspace, job, range.clone())).expect("cells"),
            steps: at_once(store.steps(workspace, job, range)).expect("steps"),
            base,
            records,
            calls: at_once(store.open_calls(lease)).expect("calls"),
            claimed,
            claimed_at,
            ttl: TTL,
            program: self.program.clone(),
            gates: Vec::new(),
            number,
            seed: [u8::try_from(number).expect("few are opened"); 16],
            realm: vec![1],
            metered: self.making.metered,
            cancelled: stored.cancel_requested_at.is_some(),
            waiting,
            tuning: self.tuning,
        };
        let names = self.program.ops.iter().map(|it| Some(it.provider.to_string())).collect();
        let now = self.now();
        let cooldown = self.tuning.cooldown;
        let gates = self.processes.entry(process).or_insert_with(|| Gates::new(cooldown));
        let made = (&self.making, names, self.base.as_ref().map(|it| &it.1));
        let (batch, commands) = self.recorder.open((process, gates), made, now, opening);
        self.hands.push(Hand { process, number, batch, todo: commands, ended: None });
        true
    }

    /// Whoever works is told something.
    pub(super) fn tell(&mut self, make: fn() -> Event) {
        (0..self.hands.len()).for_each(|at| self.step(at, make()));
    }

    fn step(&mut self, at: usize, event: Event) {
        let now = self.now();
        let hand = &mut self.hands[at];
        if hand.ended.is_some() {
            return;
        }
        let gates = self.processes.entry(hand.process).or_default();
        let commands = self.recorder.step(hand.number, &mut hand.batch, gates, now, event);
        hand.todo.extend(commands);
    }

    /// Everything is done that can be done now.
    pub(super) fn go(&mut self) {
        for _ in 0..10_000 {
            let Some(at) = self.hands.iter().position(|it| !it.todo.is_empty()) else {
                let before = self.hands.len();
                self.tell(|| Event::Tick);
                if self.hands.iter().take(before).all(|it| it.todo.is_empty()) {
                    return;
                }
                continue;
            };
            let command = self.hands[at].todo.remove(0);
            self.obey(at, command);
        }
        panic!("it never comes to rest");
    }

    fn obey(&mut self, at: usize, command: Command) {
        match command {
            Command::End(ended) => self.hands[at].ended = Some(ended),
            Command::Tell(waiter, told) => {
                let other = self.hands.iter().position(|it| it.number == waiter.batch);
                if let Some(other) = other {
                    self.step(other, Event::Told(waiter.ask, told));
                }
            }
            Command::Send { call, op, records, task } => {
                let vendor = self.program.op(op).provider.to_string();
                let before = self.asked.entry(vendor.clone()).or_default();
                let (vendor, task) = (vendor.as_str(), task.as_deref());
                let asked = Asked { vendor, before: *before, records: records.len(), task };
                *before += 1;
                if let Some(answer) = (self.script)(&asked) {
                    self.step(at, Event::Answered(call, Box::new(answer)));
                }
            }
            command => {
                let event = self.at_the_store(at, command);
                self.step(at, event);
            }
        }
    }

    fn at_the_store(&self, at: usize, command: Command) -> Event {
        let (store, lease) = (&*self.store, self.hands[at].batch.lease());
        match command {
            Command::Fund(hold, prices) => {
                Event::Funded(at_once(store.fund_batch(lease, hold, prices)))
            }
            Command::Look(asks, sought) => {
                Event::Looked(asks, at_once(store.recall(self.workspace, sought)))
            }
            Command::Mark(calls) => {
                let ids = calls.iter().map(|it| it.id).collect();
                Event::Marked(ids, at_once(store.mark_sent(lease, calls)))
            }
            Command::Watch(asks, keys) => {
                Event::Watched(asks, at_once(store.flights(self.workspace, keys)))
            }
            Command::Permits(purse, claim) => {
                Event::Permitted(purse, at_once(store.claim_permits(claim)))
            }
            Command::Settle(settlement) => Event::Settled(at_once(store.settle(*settlement))),
            Command::Screen(names) => {
                let listed = at_once(store.screen(self.workspace, names.clone()));
                Event::Screened(names, listed)
            }
            Command::Renew(lease, ttl) => {
                let asked_at = self.clock.monotonic();
                Event::Renewed(asked_at, at_once(store.renew_lease(lease, ttl)))
            }
            Command::Send { .. } | Command::Tell(..) | Command::End(_) => {
                unreachable!("these are not for the store")
            }
        }
    }

    /// Time passes, a second at a time, and everybody hears of it.
    pub(super) fn wait(&mut self, seconds: u64) {
        for _ in 0..seconds {
            self.clock.advance(Duration::from_secs(1));
            self.go();
        }
    }

    /// Time passes while nobody is there.
    pub(super) fn elapse(&mut self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// A process dies, and all that it works on with it.
    pub(super) fn kill(&mut self, process: u64) {
        self.processes.remove(&process);
        self.hands.retain(|it| it.process != process);
    }

    /// Somebody cancels every job.
    pub(super) fn cancel(&mut self) {
        for job in 1..=self.jobs {
            let job = JobId(Uuid::from_u128(100 + job));
            at_once(self.store.cancel_job(self.workspace, job)).expect("it can be cancelled");
        }
        self.tell(|| Event::Cancel);
    }

    /// How those who worked ended, in order.
    pub(super) fn ends(&self) -> Vec<String> {
        let ended = |it: &Hand| match &it.ended {
            Some(ended) => format!("{ended:?}"),
            None => "at work".to_owned(),
        };
        self.hands.iter().map(ended).collect()
    }

    /// Until every job is over, this process takes up what there is, sleeping where it must.
    pub(super) fn finish(&mut self, process: u64) {
        for _ in 0..200 {
            while self.claim(process) {
                self.go();
            }
            let over = (1..=self.jobs).all(|job| {
                let job = JobId(Uuid::from_u128(100 + job));
                let job = at_once(self.store.job(self.workspace, job)).expect("a job");
                job.state.is_terminal()
            });
            if over {
                return;
            }
            self.wait(1);
        }
        panic!("it never comes to an end: {:?}", self.ends());
    }

    /// What was written down.
    pub(super) fn history(&self) -> String {
        self.recorder.text()
    }
}
