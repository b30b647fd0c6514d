//! Whatever is asked in whatever order, what is stored adds up, and what is refused left nothing.

use super::{MemoryStore, State, batch::JobRow, call::CallRow};
use crate::{
    CallId, Clock, Credits, HoldId, JobId, MicroUsd, Result, Timestamp, VendorUnits, WorkspaceId,
    audit::{Action, NewAudit},
    job::{
        Answered, CallResult, CallState, ClaimFilter, Closing, Counter, CounterKey, Counts,
        Dispatch, JobStore, Lease, Moves, NewCall, NewJob, RecordStatus, Scope, Settlement, Spend,
        SpendUnit, StepOutcome, StepWrite, Wake, Wanted, terminal_event,
    },
    ledger::{Key, LedgerExt, Op},
    name::{FieldName, ProviderSlug, step_key},
    workspace::{NewWorkspace, WorkspaceStore},
};
use serde_json::json;
use std::{
    collections::BTreeMap,
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

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("an in-memory step waited"),
    }
}

impl State {
    fn assert_sound(&self) {
        let mut counters: BTreeMap<WorkspaceId, Moves> = BTreeMap::new();
        for ((workspace, _), CallRow { batch, call }) in &self.calls {
            let mine = counters.entry(*workspace).or_default();
            for it in &call.counters {
                let key = CounterKey::new(batch.job, &call.provider, call.day, &it.scope, it.unit);
                *mine.entry(key).or_default() += it.amount;
            }
        }
        for (id, tenant) in &self.tenants {
            let open = tenant.ledger.holds.values().filter(|hold| hold.is_open());
            let held = Credits::sum(open.map(|hold| hold.rest())).unwrap();
            assert_eq!(tenant.ledger.account.held, held);
            let mut mine = counters.remove(id).unwrap_or_default();
            mine.retain(|_, amount| *amount != 0);
            let shown = tenant.counters.iter().filter(|(_, amount)| **amount != 0);
            assert_eq!(shown.map(|(key, n)| (key.clone(), *n)).collect::<BTreeMap<_, _>>(), mine);
        }
        self.jobs.values().filter(|row| row.is_sealed()).for_each(|row| self.assert_job(row));
    }

    /// What it holds: vendor spend, and everything else.
    fn fingerprints(&self) -> (String, String) {
        let counters: Vec<_> = self.tenants.values().map(|tenant| &tenant.counters).collect();
        let tenants = self.tenants.values();
        let rest =
            tenants.map(|it| (&it.ledger, &it.audit, &it.members, &it.lookups, &it.entities));
        let rest: Vec<_> = rest.collect();
        let spend = format!("{:?} {counters:?}", self.calls);
        (spend, format!("{rest:?} {:?} {:?} {:?}", self.graves, self.jobs, self.outbox))
    }

    fn assert_job(&self, row: &JobRow) {
        let job = &row.job;
        let mut counts = Counts { total: row.len(), ..Counts::default() };
        row.records.iter().for_each(|record| counts.add(record.status, 1));
        assert_eq!(job.counts, counts);
        let ended = row.batches.iter().all(|batch| batch.is_done());
        assert_eq!((ended, ended), (job.state.is_terminal(), job.finished_at.is_some()));
        let ledger = &self.tenants[&job.workspace].ledger;
        for hold in ledger.holds.values().filter(|hold| hold.is_open()) {
            let Some(id) = hold.batch.filter(|id| id.job == job.id) else { continue };
            assert_eq!(row.batch(id.number).unwrap().hold, Some(hold.id));
        }
        let event = terminal_event(job.id, job.state, &job.counts);
        let told = self.outbox.of(job.workspace).into_iter().filter(|it| it.id == event.id);
        assert_eq!(told.count(), usize::from(ended));
    }
}

/// Numbers that look random and are the same in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        u32::try_from(self.0 >> 33).unwrap() % sides
    }

    fn id(&mut self, sides: u32) -> Uuid {
        Uuid::from_u128(u128::from(self.roll(sides)))
    }
}

struct Chaos {
    clock: Arc<Hand>,
    store: MemoryStore,
    dice: Dice,
    leases: Vec<Lease>,
    tried: BTreeMap<&'static str, (u32, u32)>,
}

const TTL: Duration = Duration::from_secs(15);

impl Chaos {
    fn note(&mut self, what: &'static str, went: u32, refused: u32) {
        let tried = self.tried.entry(what).or_default();
        *tried = (tried.0 + went, tried.1 + refused);
    }

    fn workspace(&mut self) -> WorkspaceId {
        WorkspaceId(self.dice.id(2))
    }

    /// A lease that is probably the last one given.
    fn lease(&mut self) -> Option<Lease> {
        let back = if self.dice.roll(4) > 0 { 0 } else { self.dice.roll(5) as usize };
        self.leases.iter().rev().nth(back).copied()
    }

    fn counters(&mut self, most: u32) -> Vec<Counter> {
        let limit = Some(i64::from(40 + self.dice.roll(80)));
        let amount = i64::from(self.dice.roll(most));
        let row = Scope::Row(self.dice.roll(3));
        let scopes = [Scope::Job, Scope::Day, Scope::Provider, Scope::Workspace, row];
        scopes
            .into_iter()
            .map(|scope| Counter { scope, unit: SpendUnit::Usd, amount, limit })
            .collect()
    }

    fn answer(&mut self, lease: Lease) -> Answered {
        let states = [CallState::Settled, CallState::Settled, CallState::Unknown, CallState::Ready];
        let index = lease.batch.number * 1_000 + self.dice.roll(3);
        let (field, provider) = (FieldName::new("f").unwrap(), ProviderSlug::new("p").unwrap());
        let id = CallId(self.dice.id(60));
        let charge = Credits(i64::from(self.dice.roll(3)));
        let key = step_key(lease.batch.job, index, &field, &provider);
        let hold = HoldId(self.dice.id(40));
        let outcome = StepOutcome::Accepted;
        let money = charge.is_positive().then_some(Op::Capture { hold, key, amount: charge });
        let call = CallResult {
            id,
            state: states[self.dice.roll(4) as usize],
            spend: Spend { units: VendorUnits(1), usd: Some(MicroUsd(1)) },
            counters: self.counters(9),
            task: None,
            attempts: 1,
        };
        Answered {
            call: (self.dice.roll(3) > 0).then_some(call),
            steps: vec![StepWrite { index, field, provider, call: None, outcome, charge }],
            records: vec![(index, RecordStatus::ALL[self.dice.roll(5) as usize])],
            money: money.into_iter().collect(),
            ..Answered::default()
        }
    }

    fn close_all(&mut self, lease: Lease) -> Answered {
        let first = lease.batch.number * 1_000;
        let size = if lease.batch.number == 0 { 1_000 } else { 3 };
        let status = RecordStatus::ALL[1 + self.dice.roll(3) as usize];
        let records = (first..first + size).map(|index| (index, status)).collect();
        Answered { records, ..Answered::default() }
    }

    fn settle(&mut self, lease: Lease) -> Result<()> {
        let mut items: Vec<_> = (0..self.dice.roll(4)).map(|_| self.answer(lease)).collect();
        let closing = match self.dice.roll(9) {
            0 => {
                items.push(self.close_all(lease));
                Some(Closing::Done)
            }
            1 => Some(Closing::Done),
            2 => Some(Closing::Release),
            3 | 4 => {
                let wake_in = (self.dice.roll(2) > 0).then_some(TTL);
                let amount = Credits(i64::from(self.dice.roll(200)));
                let next_hold = Some((HoldId(self.dice.id(40)), amount));
                Some(Closing::Park { wake_in, on: vec!["p".into()], next_hold })
            }
            _ => None,
        };
        let settled = now(self.store.settle(Settlement { lease, items: items.into(), closing }))?;
        let (items, closed) = settled.applied()?;
        let went = items.iter().filter(|item| item.is_ok()).count();
        self.note("item", u32::try_from(went).unwrap(), u32::try_from(items.len() - went).unwrap());
        let ended = closed.is_some_and(|it| it.finished.is_some());
        self.note("end", u32::from(ended), 0);
        Ok(())
    }

    fn build(&mut self) -> Result<()> {
        let (at, id) = (self.workspace(), JobId(self.dice.id(5)));
        let job = NewJob {
            id,
            name: None,
            plan: json!(null),
            dispatch: Dispatch::Queued,
            worst_case: Credits(i64::from(self.dice.roll(60))),
            created_by: None,
            retry_of: None,
            base: None,
        };
        now(self.store.open_job(at, job))?;
        now(self.store.append_records(at, id, 0, vec![json!(1); 1_000]))?;
        now(self.store.append_records(at, id, 1_000, vec![json!(1); 3]))?;
        now(self.store.seal_job(at, id, 1_003)).map(drop)
    }

    fn mark(&mut self, lease: Lease) -> Result<()> {
        let n = self.dice.roll(60);
        let new = NewCall {
            id: CallId(Uuid::from_u128(u128::from(n))),
            provider: ProviderSlug::new("p").unwrap(),
            operation: "o".into(),
            composition: json!(n).to_string().into(),
            worst: Spend::default(),
            counters: self.counters(12),
            wanted: vec![Wanted { key: [self.dice.roll(6) as u8; 32], seen: None }],
            attempts: 0,
        };
        let marked = now(self.store.mark_sent(lease, vec![new]));
        marked.and_then(|mut it| it.remove(0)).map(drop)
    }

    fn one(&mut self) -> (&'static str, Result<()>) {
        let lease = self.lease();
        match (self.dice.roll(24), lease) {
            (0, _) => ("build", self.build()),
            (1..=4, _) => {
                let claimed = now(self.store.claim_batch("w", TTL, ClaimFilter::All));
                let claimed = claimed.map(|it| self.leases.extend(it.map(|it| it.lease)));
                ("claim", claimed)
            }
            (5..=7, Some(lease)) => {
                let prices = vec![Credits(i64::from(self.dice.roll(30))); 3];
                let hold = HoldId(self.dice.id(40));
                ("fund", now(self.store.fund_batch(lease, hold, prices)).map(drop))
            }
            (8..=11, Some(lease)) => ("mark", self.mark(lease)),
            (12..=17, Some(lease)) => ("settle", self.settle(lease)),
            (18, _) if self.dice.roll(3) == 0 => {
                let (at, id) = (self.workspace(), JobId(self.dice.id(5)));
                ("cancel", now(self.store.cancel_job(at, id)).map(drop))
            }
            (19, _) => {
                let (at, which) = (self.workspace(), Wake::Cause("p".into()));
                ("wake", now(self.store.wake(at, which)).map(drop))
            }
            (20, _) => ("lapse", now(self.store.lapse_holds(3)).map(drop)),
            (21, _) => {
                let (at, hold) = (self.workspace(), HoldId(self.dice.id(40)));
                ("void", now(self.store.void(at, hold)).map(drop))
            }
            (22, _) if self.dice.roll(9) == 0 => {
                let at = self.workspace();
                let audit =
                    NewAudit { actor: None, action: Action::WorkspaceDeleted, object: None };
                ("delete", now(self.store.delete_workspace(at, audit)))
            }
            _ => {
                let span = [1_000_000, 20_000_000, 40_000_000_000][self.dice.roll(3) as usize];
                self.clock.0.fetch_add(span, Ordering::SeqCst);
                ("wait", Ok(()))
            }
        }
    }
}

fn run(seed: u64) -> BTreeMap<&'static str, (u32, u32)> {
    let clock = Arc::new(Hand::default());
    let store = MemoryStore::new(clock.clone());
    let (leases, tried) = (Vec::new(), BTreeMap::new());
    let mut chaos = Chaos { clock, store, dice: Dice(seed), leases, tried };
    for n in 0..2 {
        let id = WorkspaceId(Uuid::from_u128(n));
        let audit = NewAudit { actor: None, action: Action::WorkspaceCreated, object: None };
        let new = NewWorkspace::embedded(id, "w").prepaid();
        now(chaos.store.create_workspace(new, audit)).unwrap();
        now(chaos.store.grant(id, Key::new("g").unwrap(), Credits(500))).unwrap();
    }
    for _ in 0..300 {
        let before = chaos.store.state.lock().unwrap().fingerprints();
        let (what, result) = chaos.one();
        chaos.note(what, u32::from(result.is_ok()), u32::from(result.is_err()));
        let state = chaos.store.state.lock().unwrap();
        state.assert_sound();
        let after = state.fingerprints();
        match (what, result) {
            ("build", _) | (_, Ok(())) => {}
            ("settle", Err(refusal)) => assert_eq!(before.1, after.1, "{refusal}"),
            (_, Err(refusal)) => assert_eq!(before, after, "{what}: {refusal}"),
        }
    }
    chaos.tried
}

#[test]
fn what_is_stored_adds_up_whatever_is_asked() {
    let mut tried: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for seed in 0..8 {
        for (what, (went, refused)) in run(seed) {
            let sum = tried.entry(what).or_default();
            *sum = (sum.0 + went, sum.1 + refused);
        }
    }
    assert!(tried.len() >= 12 && tried.values().all(|(went, _)| *went > 0), "{tried:?}");
}
