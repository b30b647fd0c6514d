//! What was erased is in no file of the database: not in its pages, not in its log.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    CallId, Clock, Credits, JobId, Store, Timestamp, WorkspaceId,
    audit::{Action, NewAudit},
    job::{
        Answered, CellStatus, CellWrite, ClaimFilter, Closing, Counter, Dispatch, LookupWrite,
        NewCall, NewJob, RecordStatus, Scope, Settlement, Spend, SpendUnit,
    },
    name::{FieldName, ProviderSlug},
    outbox::NewEvent,
    privacy::{Erasure, Fingerprint, Identifier},
    rbac::Principal,
    workspace::NewWorkspace,
};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::{ManualClock, block_on, fresh};
use serde_json::json;
use std::{fs, path::Path, sync::Arc, time::Duration};

const CANARY: &str = "canary.yellow-wing@example.com";
const NAME: &str = "Canary Yellow-Wing";

/// How often bytes stand in the files of a folder.
fn hits(folder: &Path, needle: &str) -> usize {
    let files = fs::read_dir(folder).unwrap().map(|it| fs::read(it.unwrap().path()).unwrap());
    let of =
        |bytes: Vec<u8>| bytes.windows(needle.len()).filter(|it| *it == needle.as_bytes()).count();
    files.map(of).sum()
}

fn audit(action: Action) -> NewAudit {
    NewAudit::new(Principal::Embedder, action, None)
}

/// A job for many people, one of whom is the canary in every way that a store knows.
async fn fill(store: &dyn Store, of: WorkspaceId, clock: &ManualClock, rows: u32) -> JobId {
    let job: JobId = fresh();
    let new = NewJob {
        id: job,
        name: None,
        plan: json!({}),
        dispatch: Dispatch::Queued,
        worst_case: Credits::ZERO,
        created_by: None,
        retry_of: None,
        base: None,
    };
    store.open_job(of, new).await.unwrap();
    let who = |index: u32| match index % 97 {
        5 => CANARY.to_owned(),
        _ => format!("person-{index}@example.com"),
    };
    let record = |index: u32| match index % 97 {
        5 => json!({"email": CANARY, "full_name": NAME, "pad": "x".repeat(300)}),
        _ => {
            let pad = "y".repeat(index as usize % 700);
            json!({"email": who(index), "full_name": format!("P {index}"), "pad": pad})
        }
    };
    store.append_records(of, job, 0, (0..rows).map(record).collect()).await.unwrap();
    store.seal_job(of, job, rows).await.unwrap();
    let claimed = store.claim_batch("w", Duration::from_secs(600), ClaimFilter::All).await;
    let lease = claimed.unwrap().unwrap().lease;
    let (email, hunter) = (FieldName::new("email").unwrap(), ProviderSlug::new("hunter").unwrap());
    for index in 0..rows {
        let call: CallId = fresh();
        let new = call_about(call, &hunter, index, &who(index));
        store.mark_sent(lease, vec![new]).await.unwrap();
        let cell = CellWrite {
            index,
            field: email.clone(),
            status: CellStatus::Found,
            source: None,
            provider: Some(hunter.clone()),
            call: Some(call),
            value: Some(json!(who(index))),
            reason: None,
            detail: Some(json!({"note": who(index)})),
        };
        let mut key = [0; 32];
        key[..4].copy_from_slice(&index.to_be_bytes());
        let answer = Some(json!({"values": [["email", who(index)]], "who": record(index)}));
        let expires_at = Clock::now(clock).after(Duration::from_secs(9_000));
        let lookup = LookupWrite { key, provider: hunter.clone(), call, answer, expires_at };
        let item = Answered {
            cells: vec![cell],
            records: vec![(index, RecordStatus::Success)],
            lookups: vec![lookup],
            ..Answered::default()
        };
        let closing = (index + 1 == rows).then_some(Closing::Done);
        let settlement = Settlement { lease, items: [item].into(), closing };
        store.settle(settlement).await.unwrap().applied().unwrap().0.remove(0).unwrap();
    }
    let event = NewEvent { id: fresh(), kind: "n".into(), payload: json!({"to": CANARY}) };
    store.publish(of, vec![event]).await.unwrap();
    job
}

fn call_about(id: CallId, provider: &ProviderSlug, index: u32, who: &str) -> NewCall {
    NewCall {
        id,
        provider: provider.clone(),
        operation: "find".into(),
        composition: json!([[index, ["email"], {"email": who}, null]]).to_string().into(),
        worst: Spend::default(),
        counters: vec![Counter {
            scope: Scope::Job,
            unit: SpendUnit::Units,
            amount: 1,
            limit: None,
        }],
        wanted: Vec::new(),
        attempts: 0,
    }
}

#[test]
fn what_was_erased_is_in_no_file() {
    block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_795 << 40)));
        let options = SqliteOptions::new(folder.path().join("morket.db")).volatile();
        let sqlite = Sqlite::open(options, clock.clone()).await.unwrap();
        let store: Arc<dyn Store> = Arc::new(sqlite.store());
        let new = NewWorkspace::embedded(fresh(), "House");
        let of = store.create_workspace(new, audit(Action::WorkspaceCreated)).await.unwrap().id;
        fill(&*store, of, &clock, 400).await;
        assert!(hits(folder.path(), CANARY) > 10, "the search finds what is there");
        let erasure = Erasure {
            id: fresh(),
            names: [Identifier::guess(CANARY).unwrap()].into(),
            subject: Fingerprint([1; 32]),
            suppress: Vec::new(),
        };
        let receipt = store.forget(of, erasure, audit(Action::SubjectErased)).await.unwrap();
        assert_eq!((receipt.erased.records, receipt.erased.lookups), (5, 5));
        for ended in [false, true] {
            if ended {
                sqlite.close().await;
            }
            for needle in [CANARY, NAME, "canary", "Yellow-Wing"] {
                assert_eq!(hits(folder.path(), needle), 0, "{needle}, ended: {ended}");
            }
            assert!(hits(folder.path(), "person-7@example.com") > 0, "others stay");
        }
    });
}
