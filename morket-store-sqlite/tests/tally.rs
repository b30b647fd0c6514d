//! What workers count is what their store holds.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, unreachable_pub, reason = "shared by several test binaries")]
mod common;

use common::FolderClock;
use morket_core::{
    Credits, Timestamp,
    field::Kind,
    http::{FailureCause, HttpFailure},
    plan::Plan,
};
use morket_store_sqlite::{Sqlite, SqliteOptions};
use morket_testkit::engine::{FakeHttp, FakeVendor, OneKey, Rig, Sent, TokioClock};
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// What a vendor says of one record, and how the network fails, drawn from a seed.
fn say(seed: u64, sent: &Sent, record: &Value) -> Result<Value, HttpFailure> {
    let text = format!("{seed}{}{}{}", sent.vendor, record["full_name"], sent.before);
    let dice = text
        .bytes()
        .fold(seed, |dice, it| dice.wrapping_mul(0x0100_0000_01b3).wrapping_add(u64::from(it)));
    Ok(match (dice >> 8) % 8 {
        0..=2 => json!({ "is": "answer", "values":
            { "email": "ada@c.example", "email_status": "valid" } }),
        3 => json!({ "is": "miss" }),
        4 => json!({ "is": "rate_limited", "after": 0 }),
        5 => json!({ "is": "transient" }),
        6 => return Err(HttpFailure::lost(FailureCause::Broken, "cut")),
        _ => return Err(HttpFailure::unsent(FailureCause::Unreachable, "no route")),
    })
}

/// Calls that are over, how often they were sent again, and those of which nobody knows.
fn counted(file: &std::path::Path) -> (u64, u64, u64) {
    let only_read = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let connection = Connection::open_with_flags(file, only_read).unwrap();
    let sql = "SELECT count(*), coalesce(sum(max(attempts - 1, 0)), 0), \
               coalesce(sum(state = ?1), 0) FROM calls WHERE state IN (?2, ?1)";
    let (settled, unknown) =
        (morket_core::job::CallState::Settled as i64, morket_core::job::CallState::Unknown as i64);
    let counts = connection.query_row(sql, [unknown, settled], |row| row.try_into());
    let counts: (i64, i64, i64) = counts.unwrap();
    let [calls, retries, unknown] =
        [counts.0, counts.1, counts.2].map(|it| u64::try_from(it).unwrap());
    (calls, retries, unknown)
}

async fn check(seed: u64, bulk: u32) {
    let folder = FolderClock::new();
    let options = SqliteOptions::new(folder.file()).volatile();
    let sqlite = Sqlite::open(options, folder.clock()).await.unwrap();
    let http = FakeHttp::new(move |sent: &Sent| {
        let each = sent.body.as_array().cloned().unwrap_or_default();
        let mut each: Vec<Value> =
            each.iter().map(|it| say(seed, sent, it)).collect::<Result<_, _>>()?;
        Ok(if each.len() == 1 { each.remove(0) } else { Value::Array(each) })
    });
    let finder = |slug| {
        let finder = FakeVendor::finder(slug, &["email", "email_status"]).bulk(bulk);
        if seed.is_multiple_of(2) { finder.repeatable() } else { finder }
    };
    let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_000_000_000_000)));
    let (vendors, all) = (vec![finder("hunter"), finder("apollo")], Credits::whole(1_000));
    let rig =
        Rig::on(Arc::new(sqlite.store()), clock, vendors, http, Some(all), Arc::new(OneKey)).await;
    let beside = rig.beside();
    let plan = Plan::of(Kind::Person, ["email".parse().unwrap()]);
    let person = |n| json!({ "full_name": format!("Ada {n}"), "company_domain": "c.example" });
    let one = rig.submit(&plan, (0..20).map(person).collect()).await;
    let two = beside.submit(&plan, (10..30).map(person).collect()).await;
    let patience = Duration::ZERO;
    tokio::join!(rig.run(one.id, patience), beside.run(two.id, patience));
    let (a, b) = (rig.worker.tally(), beside.worker.tally());
    let counted = counted(&folder.file());
    assert_eq!((a.calls + b.calls, a.retries + b.retries, a.unknown + b.unknown), counted);
    let steps = [(&rig, &one), (&beside, &two)];
    let mut charges = 0;
    for (rig, job) in steps {
        let steps = rig.steps(job).await;
        charges += steps.iter().filter(|it| it.step.charge.is_positive()).count() as u64;
    }
    assert_eq!(a.charges + b.charges, charges);
    let balance = rig.money().await.0;
    assert_eq!(a.charged.0 + b.charged.0, all.0 - balance.0);
    assert!(counted.0 > 0 && charges > 0, "something was done: {a:?} {b:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p287_what_workers_count_is_what_their_store_holds() {
    // method: property
    // All at once: most of the time goes by in waiting for vendors.
    let checks = (1..=12)
        .map(|seed| tokio::spawn(check(seed, 1 + u32::try_from(seed % 3).expect("below three"))));
    for check in checks.collect::<Vec<_>>() {
        check.await.unwrap();
    }
}
