//! A job in a store, and workers whose every move a test makes.

use futures_util::FutureExt;
use morket_core::{
    CallId, Clock, Credits, JobId, Timestamp, VendorUnits, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{
        Base, Batch, Command, Ended, Event, Gates, Guard, Now, Opening, Tuning, Waiting, submit,
    },
    http::{FailureCause, HttpFailure},
    job::{
        CallState, CellRow, ClaimFilter, Dispatch, Job, JobStore, NewJob, Record, Scope,
        SpendTotal, SpendUnit,
    },
    ledger::LedgerExt,
    memory::MemoryStore,
    name::{FieldName, ProviderSlug},
    plan::{Plan, Program, Settings, compile},
    privacy::SuppressionStore,
    provider::{Answer, Outcome, Parsed, Registry},
    rbac::Principal,
    workspace::{NewWorkspace, WorkspaceStore},
};
use morket_testkit::{ManualClock, SeededRng, engine::FakeVendor};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

pub(crate) const TTL: Duration = Duration::from_secs(15);

/// What a test waits for is there already.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the store in memory waits for nobody")
}

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

pub(crate) fn person(n: usize) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": format!("c{n}.example") })
}

/// A plan that asks hunter, then apollo, for an address.
pub(crate) fn plan() -> Plan {
    let mut plan = Plan::of(morket_core::field::Kind::Person, [field("email")]);
    let steps = ["hunter", "apollo"].map(str::to_owned).to_vec();
    let waterfall = morket_core::plan::Waterfall { steps, verify: None, email: None };
    plan.waterfalls.insert(field("email"), waterfall);
    plan
}

pub(crate) fn finders() -> Vec<FakeVendor> {
    ["hunter", "apollo"].map(|it| FakeVendor::finder(it, &["email", "email_status"])).to_vec()
}

/// An address that is accepted.
pub(crate) fn found() -> Outcome {
    let values =
        vec![(field("email"), json!("ada@c1.example")), (field("email_status"), json!("valid"))];
    Outcome::Answer(Answer { values, ..Answer::default() })
}

pub(crate) fn throttled(seconds: u64) -> Outcome {
    Outcome::RateLimited { retry_after: Some(secs(seconds)) }
}

pub(crate) fn task(name: &str) -> Outcome {
    Outcome::Pending { task: Some(name.to_owned()), after: secs(1) }
}

/// A prepaid workspace with one job, on a store whose clock a test moves.
pub(crate) struct Bench {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) workspace: WorkspaceId,
    pub(crate) job: JobId,
    pub(crate) program: Arc<Program>,
    pub(crate) tuning: Tuning,
    /// Whether the workspace pays in credits.
    pub(crate) metered: bool,
}

impl Bench {
    pub(crate) fn new(plan: &Plan, vendors: Vec<FakeVendor>, rows: usize) -> Self {
        Self::of(plan, vendors, (1..=rows).map(person).collect())
    }

    pub(crate) fn of(plan: &Plan, vendors: Vec<FakeVendor>, rows: Vec<Value>) -> Self {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        clock.advance(secs(1_000));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let workspace = WorkspaceId(Uuid::from_u128(1));
        let new = NewWorkspace::embedded(workspace, "Bench").prepaid();
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        at_once(store.create_workspace(new, audit)).unwrap();
        at_once(store.grant(workspace, "all".parse().unwrap(), Credits::whole(100))).unwrap();
        let mut registry = Registry::new();
        vendors.into_iter().for_each(|it| registry.register(Arc::new(it)).unwrap());
        let mut settings = Settings::new(Arc::new(registry));
        settings.keys = settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
        settings.metered = true;
        let program = Arc::new(compile(plan, &settings).unwrap());
        let job = JobId(Uuid::from_u128(2));
        let new = NewJob {
            id: job,
            name: None,
            plan: serde_json::to_value(plan).unwrap(),
            dispatch: Dispatch::Queued,
            worst_case: program.estimate(&rows).unwrap().worst_charge,
            created_by: None,
            retry_of: None,
            base: None,
        };
        at_once(submit(&*store, workspace, new, rows)).unwrap();
        Self { store, clock, workspace, job, program, tuning: Tuning::default(), metered: true }
    }

    /// The same again as a job of its own, on the one before, which has come to its end.
    pub(crate) fn on_top(&mut self) {
        let base = self.job();
        let records = at_once(self.store.records(self.workspace, self.job, 0..1_000)).unwrap();
        self.job = JobId(Uuid::from_u128(3));
        let new = NewJob {
            id: self.job,
            name: None,
            plan: base.plan,
            dispatch: Dispatch::Queued,
            worst_case: base.worst_case,
            created_by: None,
            retry_of: None,
            base: Some(base.id),
        };
        let rows = records.into_iter().map(|it| it.input);
        at_once(submit(&*self.store, self.workspace, new, rows)).unwrap();
    }

    fn base(&self, job: &Job, records: &[Record]) -> Option<Base> {
        let base = at_once(self.store.job(self.workspace, job.base?)).unwrap();
        let (store, planned) = (&*self.store, (&base, self.program.clone()));
        Some(at_once(Base::read(store, job, planned, &self.program, records)).unwrap())
    }

    pub(crate) fn wait(&self, span: Duration) {
        self.clock.advance(span);
    }

    fn now(&self) -> Now {
        Now { wall: self.clock.now(), mono: self.clock.monotonic() }
    }

    /// What the suppression list says of the job's records.
    fn guard(&self) -> Guard {
        let records = at_once(self.store.records(self.workspace, self.job, 0..1_000)).unwrap();
        let inputs = records.iter().map(|it| &it.input);
        let rng = SeededRng::new(1);
        let catalogue = &self.program.catalogue;
        at_once(Guard::ask(&*self.store, self.workspace, &rng, catalogue, inputs)).unwrap()
    }

    /// A worker claims the batch, if it can.
    pub(crate) fn claim(&self, name: u8) -> Option<Hand<'_>> {
        let claimed_at = self.clock.monotonic();
        let claimed = at_once(self.store.claim_batch("w", TTL, ClaimFilter::All)).unwrap()?;
        let mut gates = Gates::default();
        let ops = self.program.ops.iter();
        let entered =
            ops.map(|op| Some(gates.enter(op.provider.as_str(), &op.operation))).collect();
        let range = claimed.first..claimed.first + claimed.size;
        let job = self.job();
        let records = at_once(self.store.records(self.workspace, self.job, range.clone())).unwrap();
        let base = self.base(&job, &records);
        let opening = Opening {
            claimed_at,
            ttl: TTL,
            program: self.program.clone(),
            gates: entered,
            number: u64::from(name),
            seed: [name; 16],
            realm: vec![1],
            metered: self.metered,
            cancelled: job.cancel_requested_at.is_some(),
            records,
            cells: at_once(self.store.cells(self.workspace, self.job, range.clone())).unwrap(),
            steps: at_once(self.store.steps(self.workspace, self.job, range)).unwrap(),
            calls: at_once(self.store.open_calls(claimed.lease)).unwrap(),
            claimed,
            base,
            guard: self.guard(),
            waiting: Waiting::default(),
            tuning: self.tuning,
        };
        let (batch, commands) = Batch::open(opening, &mut gates, self.now());
        let mut hand = Hand {
            bench: self,
            batch,
            gates,
            todo: Vec::new(),
            sent: Vec::new(),
            ended: None,
            trace: Vec::new(),
        };
        hand.obey(commands);
        Some(hand)
    }

    /// A worker claims the batch and does all that leads up to its first calls.
    pub(crate) fn start(&self, name: u8) -> Hand<'_> {
        let mut hand = self.claim(name).expect("a batch that can be claimed");
        hand.go();
        hand
    }

    pub(crate) fn job(&self) -> Job {
        at_once(self.store.job(self.workspace, self.job)).unwrap()
    }

    pub(crate) fn cells(&self) -> Vec<CellRow> {
        at_once(self.store.cells(self.workspace, self.job, 0..1_000)).unwrap()
    }

    /// The first cell in a word or two.
    pub(crate) fn cell(&self) -> String {
        let Some(CellRow { cell, .. }) = self.cells().into_iter().next() else {
            return "absent".into();
        };
        let reason = cell.reason.unwrap_or_default();
        format!("{:?} {reason}", cell.status).trim().to_lowercase()
    }

    /// Charged, and still held, in milli-credits.
    pub(crate) fn money(&self) -> (i64, i64) {
        use morket_core::ledger::LedgerStore;
        let account = at_once(self.store.account(self.workspace)).unwrap();
        (100_000 - account.balance.0, account.held.0)
    }

    /// What the job's counter shows of a provider's units.
    pub(crate) fn units(&self, provider: &str) -> VendorUnits {
        let (provider, job) = (Some(ProviderSlug::new(provider).unwrap()), Some(self.job));
        let counter =
            SpendTotal { scope: Scope::Job, job, provider, day: None, unit: SpendUnit::Units };
        VendorUnits(at_once(self.store.spent(self.workspace, counter)).unwrap())
    }
}

/// Bytes that are on their way.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bytes {
    pub(crate) call: CallId,
    pub(crate) vendor: String,
    pub(crate) task: Option<String>,
    pub(crate) records: usize,
}

/// A worker, and what it was told to do and has not done.
pub(crate) struct Hand<'a> {
    bench: &'a Bench,
    pub(crate) batch: Batch,
    gates: Gates,
    pub(crate) todo: Vec<Command>,
    /// Everything that ever left.
    pub(crate) sent: Vec<Bytes>,
    pub(crate) ended: Option<Ended>,
    pub(crate) trace: Vec<String>,
}

fn name(command: &Command) -> &'static str {
    match command {
        Command::Fund(..) => "fund",
        Command::Look(..) => "look",
        Command::Mark(_) => "mark",
        Command::Watch(..) => "watch",
        Command::Permits(..) => "permits",
        Command::Settle(_) => "settle",
        Command::Renew(..) => "renew",
        Command::Screen(_) => "screen",
        Command::Send { .. } | Command::Tell(..) | Command::End(_) => "",
    }
}

impl Hand<'_> {
    fn obey(&mut self, commands: Vec<Command>) {
        for command in commands {
            self.trace.push(format!("{command:?}"));
            match command {
                Command::End(ended) => self.ended = Some(ended),
                Command::Send { call, op, records, task } => {
                    let vendor = self.bench.program.op(op).provider.to_string();
                    self.sent.push(Bytes { call, vendor, task, records: records.len() });
                }
                Command::Tell(waiter, told) => self.tell(Event::Told(waiter.ask, told)),
                command => self.todo.push(command),
            }
        }
    }

    /// Something happens.
    pub(crate) fn tell(&mut self, event: Event) {
        let commands = self.batch.step(&mut self.gates, self.bench.now(), event);
        self.obey(commands);
    }

    /// What the store makes of the first thing to do of this kind; nobody is told yet.
    pub(crate) fn at_the_store(&mut self, kind: &str) -> Event {
        let at = self.todo.iter().position(|it| name(it) == kind);
        let at = at.unwrap_or_else(|| panic!("no {kind} among {:?}", self.todo));
        let (store, lease) = (&self.bench.store, self.batch.lease());
        match self.todo.remove(at) {
            Command::Fund(hold, prices) => {
                Event::Funded(at_once(store.fund_batch(lease, hold, prices)))
            }
            Command::Look(asks, sought) => {
                let found = at_once(store.recall(self.bench.workspace, sought));
                Event::Looked(asks, found)
            }
            Command::Mark(calls) => {
                let ids = calls.iter().map(|it| it.id).collect();
                Event::Marked(ids, at_once(store.mark_sent(lease, calls)))
            }
            Command::Permits(purse, claim) => {
                Event::Permitted(purse, at_once(store.claim_permits(claim)))
            }
            Command::Watch(asks, keys) => {
                let flights = at_once(store.flights(self.bench.workspace, keys)).unwrap();
                Event::Watched(asks, Ok(flights))
            }
            Command::Settle(settlement) => Event::Settled(at_once(store.settle(*settlement))),
            Command::Screen(names) => {
                let listed = at_once(store.screen(self.bench.workspace, names.clone()));
                Event::Screened(names, listed)
            }
            Command::Renew(lease, ttl) => {
                let asked_at = self.bench.clock.monotonic();
                Event::Renewed(asked_at, at_once(store.renew_lease(lease, ttl)))
            }
            other => panic!("{other:?} is nothing for the store"),
        }
    }

    /// Whether something of this kind is to be done.
    pub(crate) fn wants(&self, kind: &str) -> bool {
        self.todo.iter().any(|it| name(it) == kind)
    }

    /// Everything that the store can do is done, and told, until nothing is left but this.
    pub(crate) fn go_until(&mut self, kept: &str) {
        for _ in 0..10_000 {
            self.tell(Event::Tick);
            let next = self.todo.iter().map(name).find(|it| *it != kept);
            let Some(next) = next.filter(|_| self.ended.is_none()) else { return };
            let event = self.at_the_store(next);
            self.tell(event);
        }
        panic!("it never comes to rest");
    }

    pub(crate) fn go(&mut self) {
        self.go_until("");
    }

    /// A while passes, and it is told.
    pub(crate) fn wait(&mut self, span: Duration) {
        self.bench.wait(span);
        self.go();
    }

    /// What left last.
    pub(crate) fn last(&self) -> Bytes {
        self.sent.last().cloned().expect("nothing left")
    }

    pub(crate) fn answer(&mut self, call: CallId, outcome: Outcome) {
        self.hear(call, Ok(outcome.into()));
    }

    pub(crate) fn hear(&mut self, call: CallId, result: Result<Parsed, HttpFailure>) {
        self.tell(Event::Answered(call, Box::new(result)));
    }

    /// The answer to what left last, and all that follows.
    pub(crate) fn reply(&mut self, outcome: Outcome) {
        self.answer(self.last().call, outcome);
        self.go();
    }

    /// The answer to what left last is lost.
    pub(crate) fn lose(&mut self) {
        self.hear(self.last().call, Err(HttpFailure::lost(FailureCause::Broken, "cut")));
        self.go();
    }

    /// Who was asked, in order.
    pub(crate) fn asked(&self) -> String {
        let names = self.sent.iter().map(|it| match it.task {
            Some(_) => format!("{}?", it.vendor),
            None => it.vendor.clone(),
        });
        names.collect::<Vec<_>>().join(" ")
    }

    /// The state of a call that is not settled, as the store has it.
    pub(crate) fn state(&self, call: CallId) -> Option<CallState> {
        let calls = at_once(self.bench.store.open_calls(self.batch.lease())).unwrap();
        calls.iter().find(|it| it.id == call).map(|it| it.state)
    }
}
