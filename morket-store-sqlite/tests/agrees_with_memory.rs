//! SQLite and the in-memory store say the same where their rules once differed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    CallId, Credits, HoldId, JobId, Result, Store, Timestamp, VendorUnits, WorkspaceId,
    audit::{Action, NewAudit},
    job::{
        Answered, CellStatus, CellWrite, ClaimFilter, Closing, Dispatch, LookupWrite, NewCall,
        NewJob, Settlement, Spend, Wake,
    },
    ledger::{LedgerExt, Op},
    memory::MemoryStore,
    name::{FieldName, ProviderSlug},
    workspace::NewWorkspace,
};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::ManualClock;
use serde_json::json;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

const HOUR: Duration = Duration::from_secs(3_600);

fn kind<T: std::fmt::Debug>(result: Result<T>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn hold(n: u128) -> HoldId {
    HoldId(Uuid::from_u128(n))
}

fn job(n: u128) -> JobId {
    JobId(Uuid::from_u128(n))
}

fn call(n: u128) -> NewCall {
    NewCall {
        id: CallId(Uuid::from_u128(n)),
        provider: ProviderSlug::new("hunter").unwrap(),
        operation: "find".into(),
        composition: json!([n]).to_string().into(),
        worst: Spend { units: VendorUnits(1), usd: None },
        counters: Vec::new(),
        wanted: Vec::new(),
        attempts: 0,
    }
}

fn cell(value: u32) -> Answered {
    let cell = CellWrite {
        index: 0,
        field: FieldName::new("email").unwrap(),
        status: CellStatus::Found,
        source: None,
        provider: None,
        call: None,
        value: Some(json!(value)),
        reason: None,
        detail: None,
    };
    Answered { cells: vec![cell], ..Answered::default() }
}

/// What a store says, step by step.
struct Told<'a> {
    store: &'a dyn Store,
    clock: &'a ManualClock,
    lines: Vec<String>,
}

impl Told<'_> {
    fn say<T: std::fmt::Debug>(&mut self, what: &str, result: Result<T>) {
        self.lines.push(format!("{what}: {}", kind(result)));
    }

    async fn workspace(&self, n: u128, prepaid: bool) -> WorkspaceId {
        let id = WorkspaceId(Uuid::from_u128(n));
        let new = NewWorkspace::embedded(id, "Acme");
        let new = if prepaid { new.prepaid() } else { new };
        let audit = NewAudit { actor: None, action: Action::WorkspaceCreated, object: None };
        self.store.create_workspace(new, audit).await.unwrap();
        if prepaid {
            self.store.grant(id, "hi".parse().unwrap(), Credits(100)).await.unwrap();
        }
        id
    }

    async fn appended(&self, at: WorkspaceId, id: JobId, total: u32, worst: i64) {
        let new = NewJob {
            id,
            name: None,
            plan: json!({}),
            dispatch: Dispatch::Queued,
            worst_case: Credits(worst),
            created_by: None,
            retry_of: None,
            base: None,
        };
        self.store.open_job(at, new).await.unwrap();
        for first in (0..total).step_by(1_000) {
            let records = vec![json!(1); (total - first).min(1_000) as usize];
            self.store.append_records(at, id, first, records).await.unwrap();
        }
    }

    async fn sealing(&mut self, prepaid: WorkspaceId, unmetered: WorkspaceId) {
        self.appended(unmetered, job(1), 2, 1).await;
        self.appended(prepaid, job(1), 1_001, 5).await;
        self.appended(prepaid, job(2), 1, 500).await;
        let stranger = WorkspaceId(Uuid::from_u128(99));
        for (at, id, total) in [
            (stranger, job(1), 0),
            (stranger, job(1), 1),
            (prepaid, job(9), 1),
            (unmetered, job(1), 7),
            (prepaid, job(1), 7),
            (prepaid, job(2), 7),
            (prepaid, job(2), 1),
            (prepaid, job(1), 1_001),
            (prepaid, job(1), 7),
            (prepaid, job(1), 1_001),
        ] {
            let sealed = self.store.seal_job(at, id, total).await;
            self.say("seal", sealed);
        }
        for id in [job(1), job(2), job(9)] {
            let woken = self.store.wake(prepaid, Wake::Job(id)).await;
            self.say("wake", woken);
            let woken = self.store.wake(unmetered, Wake::Job(id)).await;
            self.say("wake", woken);
        }
    }

    async fn working(&mut self, at: WorkspaceId) {
        let ttl = Duration::from_secs(60);
        let store = self.store;
        let a = store.claim_batch("a", ttl, ClaimFilter::Job(job(1))).await.unwrap().unwrap();
        let b = store.claim_batch("b", ttl, ClaimFilter::Job(job(1))).await.unwrap().unwrap();
        let marked = store.mark_sent(a.lease, vec![call(1), call(2)]).await.unwrap();
        marked.into_iter().for_each(|it| self.say("mark", it));
        let marked = store.mark_sent(b.lease, vec![call(1), call(3)]).await.unwrap();
        marked.into_iter().for_each(|it| self.say("mark in another batch", it));
        self.say("fund", store.fund_batch(a.lease, hold(1), vec![Credits(5)]).await);
        self.say("fund again", store.fund_batch(a.lease, hold(1), vec![Credits(3); 2]).await);
        self.say("fund other", store.fund_batch(a.lease, hold(2), vec![Credits(3)]).await);
        for values in [vec![1], vec![1], vec![2, 1], vec![2], vec![1, 2]] {
            let items = values.into_iter().map(cell).collect();
            let settlement = Settlement { lease: a.lease, items, closing: None };
            self.say("settle", store.settle(settlement).await);
            self.say("cells", store.cells(at, job(1), 0..2).await);
            self.clock.advance(Duration::from_secs(1));
        }
        let lookup = |n: u8| LookupWrite {
            key: [n; 32],
            provider: ProviderSlug::new("hunter").unwrap(),
            call: CallId(Uuid::from_u128(1)),
            answer: None,
            expires_at: Timestamp::from_micros(i64::MAX),
        };
        let kept = Answered { lookups: vec![lookup(1), lookup(2)], ..Answered::default() };
        let settlement = Settlement { lease: a.lease, items: [kept].into(), closing: None };
        self.say("settle", store.settle(settlement).await);
        let keys = [2, 1, 2, 3, 2].map(|n| [n; 32]).to_vec();
        self.say("lookups", store.lookups(at, keys.clone()).await);
        self.say("ages", store.lookup_ages(at, keys).await);
        for id in [1, 7] {
            let next_hold = Some((hold(id), Credits(4)));
            let closing = Some(Closing::Park { wake_in: None, on: vec!["x".into()], next_hold });
            let settlement = Settlement { lease: a.lease, items: [].into(), closing };
            self.say("park", store.settle(settlement).await);
        }
    }

    async fn lapsing(&mut self, at: WorkspaceId) {
        let store = self.store;
        self.clock.advance(HOUR * 23);
        self.say("wake", store.wake(at, Wake::Job(job(1))).await);
        self.clock.advance(HOUR * 23);
        self.say("lapse", store.lapse_holds(9).await);
        let batch = Some(morket_core::job::BatchId { job: job(1), number: 44 });
        let op = Op::Hold { id: hold(8), amount: Credits(2), batch, lapses_at: None };
        self.say("hold", store.post_one(at, op).await);
        self.say("lapse of no batch", store.lapse_holds(9).await);
        self.clock.advance(HOUR * 2);
        self.say("lapse", store.lapse_holds(9).await);
        self.say("account", store.account(at).await);
    }
}

async fn told(store: &dyn Store, clock: &ManualClock) -> Vec<String> {
    let mut told = Told { store, clock, lines: Vec::new() };
    let prepaid = told.workspace(1, true).await;
    let unmetered = told.workspace(2, false).await;
    told.sealing(prepaid, unmetered).await;
    told.working(prepaid).await;
    told.lapsing(prepaid).await;
    told.lines
}

#[tokio::test]
async fn both_say_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::at(Timestamp::default()));
    let memory = told(&MemoryStore::new(clock.clone()), &clock).await;
    let clock = Arc::new(ManualClock::at(Timestamp::default()));
    let options = SqliteOptions::new(folder.path().join("morket.db"));
    let sqlite = Sqlite::open(options, clock.clone()).await.unwrap();
    let sqlite_says = told(&sqlite.store(), &clock).await;
    for (memory, sqlite) in memory.iter().zip(&sqlite_says) {
        assert_eq!(memory, sqlite);
    }
    assert_eq!(memory.len(), sqlite_says.len());
    let say = |what: &str| memory.iter().filter(|it| it.starts_with(what)).collect::<Vec<_>>();
    assert!(say("lapse")[1..].iter().all(|it| it.ends_with(": 1")), "{:?}", say("lapse"));
    sqlite.close().await;
}
