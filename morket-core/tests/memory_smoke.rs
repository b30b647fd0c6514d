//! A first look at the in-memory store; the conformance suites say everything.

#![allow(clippy::unwrap_used)]

use morket_core::{
    CallId, Clock, Credits, ErrorKind, EventId, HoldId, JobId, MicroUsd, Result, Store, Timestamp,
    UserId, VendorUnits, WorkspaceId,
    audit::{Action, AuditStore, NewAudit},
    idempotency::{Begun, IdempotencyStore, RETENTION, Scope as RequestScope},
    job::{
        Answered, CallResult, CallState, CellStatus, CellWrite, ClaimFilter, Claimed, Closing,
        Counter, Dispatch, JobState, JobStore, LookupWrite, NewCall, NewJob, RecordStatus, Scope,
        Settled, Settlement, Spend, SpendTotal, SpendUnit, StepOutcome, StepWrite, Wake,
    },
    ledger::{Key, LedgerExt, LedgerStore, Op},
    memory::MemoryStore,
    name::{FieldName, ProviderSlug, step_key},
    outbox::{NewEvent, OutboxStore},
    page::Limit,
    rbac::{Actor, MemberChange, Role},
    workspace::{NewWorkspace, WorkspaceStore},
};
use serde_json::json;
use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};
use uuid::Uuid;

#[derive(Debug, Default)]
struct Hand(AtomicI64);

impl Hand {
    fn turn(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap();
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Nothing in this store ever waits.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("an in-memory step waited"),
    }
}

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.unwrap_err().kind()
}

const SECOND: Duration = Duration::from_secs(1);
const TTL: Duration = Duration::from_secs(15);
const DAY: Duration = Duration::from_secs(86_400);

struct World {
    clock: Arc<Hand>,
    store: MemoryStore,
    workspace: WorkspaceId,
    job: JobId,
}

fn audit(action: Action) -> NewAudit {
    NewAudit { actor: None, action, object: None }
}

fn hold(n: u128) -> HoldId {
    HoldId(Uuid::from_u128(n))
}

fn call(n: u128) -> CallId {
    CallId(Uuid::from_u128(n))
}

fn email() -> FieldName {
    FieldName::new("email").unwrap()
}

fn hunter() -> ProviderSlug {
    ProviderSlug::new("hunter").unwrap()
}

impl World {
    /// A prepaid workspace with 100 credits.
    fn new() -> Self {
        let clock = Arc::new(Hand::default());
        clock.turn(DAY);
        let store = MemoryStore::new(clock.clone());
        let workspace = WorkspaceId(Uuid::from_u128(1));
        let world = Self { clock, store, workspace, job: JobId(Uuid::from_u128(7)) };
        world.create(1);
        now(world.store.grant(workspace, "hi".parse().unwrap(), Credits::whole(100))).unwrap();
        world
    }

    fn create(&self, n: u128) -> WorkspaceId {
        let id = WorkspaceId(Uuid::from_u128(n));
        let new = NewWorkspace::embedded(id, "Acme").prepaid();
        now(self.store.create_workspace(new, audit(Action::WorkspaceCreated))).unwrap();
        id
    }

    fn sealed(&self, workspace: WorkspaceId, id: JobId, total: u32) {
        let job = NewJob {
            id,
            name: None,
            plan: json!({}),
            dispatch: Dispatch::Queued,
            worst_case: Credits::whole(1),
            created_by: None,
            retry_of: None,
        };
        now(self.store.open_job(workspace, job)).unwrap();
        for first in (0..total).step_by(1_000) {
            let records = (first..total.min(first + 1_000)).map(|n| json!(n)).collect();
            now(self.store.append_records(workspace, id, first, records)).unwrap();
        }
        now(self.store.seal_job(workspace, id, total)).unwrap();
    }

    fn claim(&self) -> Option<Claimed> {
        now(self.store.claim_batch("w", TTL, ClaimFilter::Queued)).unwrap()
    }

    fn claimed(&self) -> Claimed {
        self.sealed(self.workspace, self.job, 2);
        self.claim().unwrap()
    }

    fn mark(&self, it: &Claimed, n: u128, limit: Option<i64>) -> Result<()> {
        now(self.store.mark_sent(it.lease, vec![new_call(n, limit)])).unwrap().remove(0)
    }

    fn settle(
        &self,
        it: &Claimed,
        items: Vec<Answered>,
        closing: Option<Closing>,
    ) -> Result<Settled> {
        now(self.store.settle(Settlement { lease: it.lease, items, closing }))
    }

    fn spent(&self) -> i64 {
        let (job, provider, day) = (Some(self.job), Some(hunter()), None);
        let of = SpendTotal { scope: Scope::Job, job, provider, day, unit: SpendUnit::Usd };
        now(self.store.spent(self.workspace, of)).unwrap()
    }

    fn available(&self) -> Credits {
        now(self.store.account(self.workspace)).unwrap().available()
    }

    /// The answer for a record: found, one credit from this hold, five of vendor spend.
    fn answer(&self, index: u32, n: u128, from: HoldId) -> Answered {
        let key = step_key(self.job, index, &email(), &hunter());
        Answered {
            call: Some(CallResult {
                id: call(n),
                state: CallState::Settled,
                spend: Spend { units: VendorUnits(1), usd: Some(MicroUsd(5)) },
                counters: vec![counter(5, None)],
                task: None,
            }),
            steps: vec![StepWrite {
                index,
                field: email(),
                provider: hunter(),
                call: Some(call(n)),
                outcome: StepOutcome::Accepted,
                charge: Credits::whole(1),
            }],
            cells: vec![CellWrite {
                index,
                field: email(),
                status: CellStatus::Found,
                source: None,
                provider: None,
                call: None,
                value: Some(json!("a@b.c")),
                reason: None,
                detail: None,
            }],
            records: vec![(index, RecordStatus::Success)],
            money: vec![Op::Capture { hold: from, key, amount: Credits::whole(1) }],
            lookups: vec![LookupWrite {
                key: [u8::try_from(index).unwrap(); 32],
                provider: hunter(),
                call: call(n),
                answer: None,
                expires_at: self.clock.now().after(DAY),
            }],
            events: vec![event(u128::from(index) + 50)],
        }
    }
}

fn event(n: u128) -> NewEvent {
    NewEvent { id: EventId(Uuid::from_u128(n)), kind: "x".into(), payload: json!({}) }
}

fn counter(amount: i64, limit: Option<i64>) -> Counter {
    Counter { scope: Scope::Job, unit: SpendUnit::Usd, amount, limit }
}

fn new_call(n: u128, limit: Option<i64>) -> NewCall {
    NewCall {
        id: call(n),
        provider: hunter(),
        operation: "find".into(),
        composition: json!([n.to_string()]),
        worst: Spend { units: VendorUnits(10), usd: Some(MicroUsd(10)) },
        counters: vec![counter(10, limit)],
    }
}

fn results(settled: Settled) -> Vec<Option<ErrorKind>> {
    let (items, _) = settled.applied().unwrap();
    items.into_iter().map(|item| item.err().map(|error| error.kind())).collect()
}

#[test]
fn it_is_a_whole_store() {
    let world = World::new();
    let store: &dyn Store = &world.store;
    assert_eq!(now(store.verify_chain(world.workspace)).unwrap(), 1);
}

#[test]
fn a_job_runs_from_claim_to_its_one_event() {
    let world = World::new();
    let it = world.claimed();
    assert_eq!((it.first, it.size, it.lease.fence), (0, 2, 1));
    let prices = vec![Credits::whole(40), Credits::whole(50), Credits::whole(60)];
    let funded = now(world.store.fund_batch(it.lease, hold(1), prices.clone())).unwrap();
    assert_eq!((funded.covered, funded.missing), (2, Credits::whole(60)));
    assert_eq!(now(world.store.fund_batch(it.lease, hold(1), prices.clone())).unwrap(), funded);
    assert_eq!(kind(now(world.store.fund_batch(it.lease, hold(2), prices))), ErrorKind::Conflict);
    for n in [10, 11] {
        world.mark(&it, n, None).unwrap();
        world.mark(&it, n, None).unwrap();
    }
    assert_eq!(world.spent(), 20);
    let items = vec![world.answer(0, 10, hold(1)), world.answer(1, 11, hold(1))];
    assert_eq!(results(world.settle(&it, items.clone(), None).unwrap()), [None, None]);
    let cells = now(world.store.cells(world.workspace, world.job, 0..9)).unwrap();
    world.clock.turn(SECOND);
    let done = world.settle(&it, items, Some(Closing::Done)).unwrap();
    let (again, closed) = done.applied().unwrap();
    assert!(again.iter().all(Result::is_ok));
    let job = closed.unwrap().finished.unwrap();
    assert_eq!((job.state, job.counts.success), (JobState::Completed, 2));
    assert_eq!(now(world.store.cells(world.workspace, world.job, 0..9)).unwrap(), cells);
    assert_eq!((world.spent(), world.available()), (10, Credits::whole(98)));
    let kinds: Vec<_> =
        now(world.store.events(world.workspace)).unwrap().into_iter().map(|it| it.kind).collect();
    assert_eq!(kinds, ["x", "x", "job.completed"]);
    assert_eq!(now(world.store.verify_chain(world.workspace)).unwrap(), 3);
    assert!(world.claim().is_none());
}

#[test]
fn a_bad_item_keeps_its_spend_and_nothing_else() {
    let world = World::new();
    let it = world.claimed();
    now(world.store.fund_batch(it.lease, hold(1), vec![Credits::whole(9)])).unwrap();
    for n in [10, 11, 12] {
        world.mark(&it, n, None).unwrap();
    }
    let no_hold = world.answer(0, 10, hold(99));
    let mut outside = world.answer(1, 11, hold(1));
    outside.records.push((2, RecordStatus::Success));
    let unknown = world.answer(1, 77, hold(1));
    let good = world.answer(1, 12, hold(1));
    let items = vec![no_hold, outside, unknown, good];
    let expected =
        [Some(ErrorKind::NotFound), Some(ErrorKind::Validation), Some(ErrorKind::NotFound), None];
    assert_eq!(results(world.settle(&it, items, None).unwrap()), expected);
    assert_eq!(world.spent(), 15);
    let records = now(world.store.records(world.workspace, world.job, 0..9)).unwrap();
    assert_eq!(records[0].status, RecordStatus::Pending);
    assert_eq!(records[1].status, RecordStatus::Success);
    assert_eq!(now(world.store.steps(world.workspace, world.job, 0..1)).unwrap(), []);
    assert!(now(world.store.open_calls(it.lease)).unwrap().is_empty());
}

#[test]
fn done_with_an_open_record_writes_nothing_but_spend() {
    let world = World::new();
    let it = world.claimed();
    now(world.store.fund_batch(it.lease, hold(1), vec![Credits::whole(9)])).unwrap();
    world.mark(&it, 10, None).unwrap();
    let items = vec![world.answer(0, 10, hold(1))];
    let refused = world.settle(&it, items, Some(Closing::Done));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!((world.spent(), world.available()), (5, Credits::whole(91)));
    assert_eq!(
        now(world.store.statement(world.workspace, None, Limit::default())).unwrap().total,
        1
    );
    assert_eq!(now(world.store.cells(world.workspace, world.job, 0..9)).unwrap(), []);
    assert_eq!(now(world.store.events(world.workspace)).unwrap(), []);
}

#[test]
fn a_late_worker_only_tells_its_spend() {
    let world = World::new();
    let it = world.claimed();
    now(world.store.fund_batch(it.lease, hold(1), vec![Credits::whole(9)])).unwrap();
    world.mark(&it, 10, None).unwrap();
    world.clock.turn(TTL);
    let next = world.claim().unwrap();
    assert_eq!((next.lease.fence, next.hold.unwrap().id), (2, hold(1)));
    for _ in 0..2 {
        let stale = world.settle(&it, vec![world.answer(0, 10, hold(1))], Some(Closing::Done));
        assert!(matches!(stale.unwrap(), Settled::Stale { .. }));
    }
    assert_eq!((world.spent(), world.available()), (5, Credits::whole(91)));
    assert_eq!(kind(now(world.store.renew_lease(it.lease, TTL))), ErrorKind::StaleLease);
}

#[test]
fn a_ceiling_binds_before_anything_moves() {
    let world = World::new();
    let it = world.claimed();
    world.mark(&it, 10, Some(25)).unwrap();
    let twice = NewCall { counters: vec![counter(10, Some(25)); 2], ..new_call(11, None) };
    let refused =
        now(world.store.mark_sent(it.lease, vec![twice, new_call(12, Some(20))])).unwrap();
    let error = refused[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OverBudget);
    assert_eq!(error.message(), "job: 30 would pass the ceiling of 25");
    assert!(refused[1].is_ok());
    assert_eq!(world.spent(), 20);
    let ready = CallResult {
        id: call(10),
        state: CallState::Ready,
        spend: Spend::default(),
        counters: vec![],
        task: None,
    };
    let item = Answered { call: Some(ready), ..Answered::default() };
    assert_eq!(results(world.settle(&it, vec![item], None).unwrap()), [None]);
    assert_eq!(world.spent(), 10);
    world.mark(&it, 10, None).unwrap();
    assert_eq!(world.spent(), 20);
    let open = now(world.store.open_calls(it.lease)).unwrap();
    assert_eq!(open.iter().map(|it| it.attempts).collect::<Vec<_>>(), [2, 1]);
}

#[test]
fn a_parked_batch_keeps_exactly_what_it_names() {
    let world = World::new();
    let it = world.claimed();
    now(world.store.fund_batch(it.lease, hold(1), vec![Credits::whole(90)])).unwrap();
    let park = |id, amount| {
        let (on, next_hold) = (vec!["hunter".into()], Some((id, amount)));
        Some(Closing::Park { wake_at: None, on, next_hold })
    };
    let refused = world.settle(&it, vec![], park(hold(2), Credits::whole(101)));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InsufficientCredits);
    assert_eq!(world.available(), Credits::whole(10));
    let reused = world.settle(&it, vec![], park(hold(1), Credits::whole(90)));
    assert_eq!(reused.unwrap_err().kind(), ErrorKind::Conflict);
    world.settle(&it, vec![], park(hold(2), Credits::whole(7))).unwrap();
    assert_eq!(world.available(), Credits::whole(93));
    assert_eq!(now(world.store.job(world.workspace, world.job)).unwrap().waiting, ["hunter"]);
    world.clock.turn(DAY - SECOND);
    assert!(world.claim().is_none());
    assert_eq!(now(world.store.lapse_holds(9)).unwrap(), 0);
    world.clock.turn(SECOND);
    assert_eq!(now(world.store.lapse_holds(9)).unwrap(), 1);
    assert_eq!(world.available(), Credits::whole(100));
    assert_eq!(now(world.store.wake(world.workspace, Wake::Cause("hunter".into()))).unwrap(), 1);
    let next = world.claim().unwrap();
    assert_eq!(next.hold, None);
    assert!(now(world.store.job(world.workspace, world.job)).unwrap().waiting.is_empty());
}

#[test]
fn a_cancelled_job_ends_when_its_worker_lets_go() {
    let world = World::new();
    world.sealed(world.workspace, world.job, 1_001);
    let it = world.claim().unwrap();
    now(world.store.fund_batch(it.lease, hold(1), vec![Credits::whole(9)])).unwrap();
    let cancelling = now(world.store.cancel_job(world.workspace, world.job)).unwrap();
    assert_eq!((cancelling.leased, cancelling.job.counts.cancelled), (1, 1));
    assert_eq!(now(world.store.cancel_job(world.workspace, world.job)).unwrap(), cancelling);
    assert_eq!(kind(now(world.store.mark_sent(it.lease, vec![]))), ErrorKind::Conflict);
    assert!(world.claim().is_none());
    let deleted = world.store.delete_workspace(world.workspace, audit(Action::WorkspaceDeleted));
    assert_eq!(kind(now(deleted)), ErrorKind::Conflict);
    let (_, closed) = world.settle(&it, vec![], Some(Closing::Release)).unwrap().applied().unwrap();
    let job = closed.unwrap().finished.unwrap();
    assert_eq!((job.state, job.counts.cancelled), (JobState::Cancelled, 1_001));
    assert_eq!(world.available(), Credits::whole(100));
    let after = now(world.store.cancel_job(world.workspace, world.job)).unwrap();
    assert_eq!((after.leased, after.job), (0, *job));
}

#[test]
fn the_workspace_with_fewer_leases_comes_first() {
    let world = World::new();
    world.sealed(world.workspace, world.job, 3_000);
    assert_eq!(world.claim().unwrap().lease.batch.number, 0);
    world.clock.turn(SECOND);
    let other = world.create(2);
    now(world.store.grant(other, "hi".parse().unwrap(), Credits::whole(9))).unwrap();
    world.sealed(other, JobId(Uuid::from_u128(8)), 1);
    assert_eq!(world.claim().unwrap().lease.workspace, other);
    assert_eq!(world.claim().unwrap().lease.batch.number, 1);
    let page = now(world.store.jobs(other, None, Limit::new(1).unwrap())).unwrap();
    assert_eq!((page.rows.len(), page.total, page.next), (1, 1, None));
}

#[test]
fn building_is_repeatable_and_exact() {
    let world = World::new();
    let (store, at, id) = (&world.store, world.workspace, world.job);
    world.sealed(at, JobId(Uuid::from_u128(70)), 1);
    let job = NewJob {
        id,
        name: None,
        plan: json!({}),
        dispatch: Dispatch::Attended,
        worst_case: Credits::whole(200),
        created_by: None,
        retry_of: None,
    };
    now(store.open_job(at, job.clone())).unwrap();
    now(store.open_job(at, job.clone())).unwrap();
    let other = NewJob { worst_case: Credits::ZERO, ..job };
    assert_eq!(kind(now(store.open_job(at, other))), ErrorKind::Conflict);
    let append = |first, values: Vec<i32>| {
        let values = values.into_iter().map(|n| json!(n)).collect();
        now(store.append_records(at, id, first, values))
    };
    assert_eq!(append(0, vec![1, 2, 3]).unwrap(), 3);
    assert_eq!(append(1, vec![2, 3]).unwrap(), 3);
    assert_eq!(kind(append(2, vec![3, 4])), ErrorKind::Conflict);
    assert_eq!(append(4, vec![1]).unwrap_err().message(), "first: gap");
    assert_eq!(kind(now(store.seal_job(at, id, 2))), ErrorKind::Validation);
    assert_eq!(kind(now(store.seal_job(at, id, 3))), ErrorKind::InsufficientCredits);
    assert_eq!(kind(now(store.job(at, id))), ErrorKind::NotFound);
    world.clock.turn(SECOND);
    assert_eq!(now(store.collect_unsealed(world.clock.now())).unwrap(), 1);
    assert_eq!(kind(append(3, vec![1])), ErrorKind::NotFound);
    let (from, to) = (5, 2);
    let none = now(store.records(at, JobId(Uuid::from_u128(70)), from..to)).unwrap();
    assert_eq!(none, []);
}

#[test]
fn deletion_leaves_the_audit_log_alone() {
    let world = World::new();
    let (store, at) = (&world.store, world.workspace);
    let user = UserId(Uuid::from_u128(3));
    let add = MemberChange::Add(Role::Owner);
    now(store.change_member(at, Actor::Embedder, user, add, audit(Action::MemberAdded))).unwrap();
    let gone = MemberChange::Remove;
    let last = store.change_member(at, Actor::User(user), user, gone, audit(Action::MemberRemoved));
    assert_eq!(kind(now(last)), ErrorKind::Conflict);
    now(store.set_aside(at, hold(1), Credits::whole(5))).unwrap();
    now(store.publish(at, vec![event(1), event(1)])).unwrap();
    assert_eq!(now(store.events(at)).unwrap().len(), 1);
    now(store.delete_workspace(at, audit(Action::WorkspaceDeleted))).unwrap();
    assert_eq!(kind(now(store.account(at))), ErrorKind::NotFound);
    assert_eq!(now(store.claim_events(9, SECOND)).unwrap(), []);
    assert_eq!(now(store.workspaces_of(user)).unwrap(), []);
    let log = now(store.audit_log(at, None, Limit::new(2).unwrap())).unwrap();
    assert_eq!((log.total, log.rows[1].seq), (3, 2));
    let rest = now(store.audit_log(at, log.next, Limit::default())).unwrap();
    assert_eq!(rest.rows[0].audit.action, Action::WorkspaceDeleted);
    let again = NewWorkspace::embedded(at, "Acme").prepaid();
    let again = store.create_workspace(again, audit(Action::WorkspaceCreated));
    assert_eq!(kind(now(again)), ErrorKind::Conflict);
    assert_eq!(now(store.workspace(world.create(2))).unwrap().slug, "acme");
    assert_eq!(now(store.workspace(world.create(3))).unwrap().slug, "acme-2");
}

#[test]
fn a_request_runs_once_and_is_replayed() {
    let world = World::new();
    let (store, scope) = (&world.store, RequestScope::new(["a"]));
    let begin = |body| now(store.begin(&scope, "k", [body; 32], SECOND));
    let Begun::Run(first) = begin(1).unwrap() else { panic!("it is the first") };
    assert_eq!(kind(begin(1)), ErrorKind::InProgress);
    assert_eq!(kind(begin(2)), ErrorKind::IdempotencyMismatch);
    world.clock.turn(SECOND);
    let Begun::Run(second) = begin(1).unwrap() else { panic!("the first is gone") };
    assert_eq!(kind(now(store.finish(&scope, "k", first, vec![1]))), ErrorKind::StaleLease);
    now(store.finish(&scope, "k", second, vec![2])).unwrap();
    now(store.finish(&scope, "k", second, vec![3])).unwrap();
    now(store.abandon(&scope, "k", second)).unwrap();
    assert_eq!(begin(1).unwrap(), Begun::Replay(vec![2]));
    world.clock.turn(RETENTION - SECOND);
    assert!(matches!(begin(2).unwrap(), Begun::Run(_)));
    assert_eq!(now(store.prune_idempotency(world.clock.now().after(SECOND))).unwrap(), 0);
    world.clock.turn(SECOND * 2);
    assert_eq!(now(store.prune_idempotency(world.clock.now())).unwrap(), 1);
    assert_eq!(kind(now(store.begin(&scope, "a b", [0; 32], SECOND))), ErrorKind::Validation);
}

#[test]
fn an_event_is_given_until_it_is_acknowledged() {
    let world = World::new();
    let store = &world.store;
    now(store.publish(world.workspace, (1..=3).map(event).collect())).unwrap();
    let first = now(store.claim_events(2, SECOND)).unwrap();
    assert_eq!(first.iter().map(|it| it.id).collect::<Vec<_>>(), [event(1).id, event(2).id]);
    assert_eq!(now(store.claim_events(9, SECOND)).unwrap().len(), 1);
    now(store.ack_events(vec![event(1).id, event(9).id])).unwrap();
    world.clock.turn(SECOND);
    let again = now(store.claim_events(9, SECOND)).unwrap();
    assert_eq!(again.iter().map(|it| it.attempts).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn money_pages_and_prefixes() {
    let world = World::new();
    let (store, at) = (&world.store, world.workspace);
    let ask = |n: u128, whole| Op::Hold {
        id: hold(n),
        amount: Credits::whole(whole),
        batch: None,
        lapses_at: Some(world.clock.now().after(SECOND)),
    };
    let ops = vec![ask(1, 60), ask(2, 60), ask(3, 1)];
    let results = now(store.post(at, ops)).unwrap();
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, false]);
    world.clock.turn(SECOND);
    assert_eq!(now(store.lapse_holds(9)).unwrap(), 1);
    assert_eq!(world.available(), Credits::whole(100));
    for n in 0..3 {
        now(store.grant(at, Key::new(format!("g{n}")).unwrap(), Credits::whole(1))).unwrap();
    }
    let (mut after, mut seqs) = (None, Vec::new());
    loop {
        let page = now(store.statement(at, after, Limit::new(2).unwrap())).unwrap();
        seqs.extend(page.rows.iter().map(|entry| entry.seq));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seqs, [1, 2, 3, 4]);
}
