//! Two processes with one key, each with the store opened for itself.

use super::{FakeHttp, FakeVendor, OneKey, Rig, TokioClock, email_by};
use morket_core::{
    Store, Timestamp,
    job::JobState,
    plan::Plan,
    provider::{LimitScope, Window},
};
use serde_json::{Value, json};
use std::{future::Future, sync::Arc, time::Duration};

/// How many calls an hour the vendor lets through.
const MAX: u32 = 12;

/// How many people each of the two asks about.
const EACH: u32 = 18;

fn plan() -> Plan {
    email_by(&["hunter"])
}

fn people(of: &str) -> Vec<Value> {
    let person = |n| json!({ "full_name": format!("{of} {n}"), "company_domain": "c.example" });
    (0..EACH).map(person).collect()
}

/// Panics unless two workers together keep to a window of an hour, by the vendor's own count, and
/// finish their jobs hour by hour. `pass` lets time go by in the stores.
pub async fn two_workers_keep_one_window<F>(
    stores: [Arc<dyn Store>; 2],
    clock: Arc<TokioClock>,
    pass: impl Fn(Duration) -> F,
) where
    F: Future<Output = ()>,
{
    let values = json!({ "email": "ada@c.example", "email_status": "valid" });
    let http = FakeHttp::new(move |_| Ok(json!({ "is": "answer", "values": values })));
    let window = Window { max: MAX, per: HOUR, scope: LimitScope::Credential };
    let finder = FakeVendor::finder("hunter", &["email", "email_status"]).window(window);
    let [one, other] = stores;
    let one = Rig::on(one, clock.clone(), vec![finder], http, None, Arc::new(OneKey)).await;
    let other = one.beside_on(other);
    let ada = one.submit(&plan(), people("Ada")).await.id;
    let bob = other.submit(&plan(), people("Bob")).await.id;
    for hour in 1..=EACH * 2 / MAX {
        let (now, last) = (Duration::ZERO, hour == EACH * 2 / MAX);
        let (one_job, other_job) = tokio::join!(one.run(ada, now), other.run(bob, now));
        assert_eq!(one.http.sent().len(), (MAX * hour) as usize, "hour {hour}");
        let done = [one_job.state, other_job.state].iter().all(|it| *it == JobState::Completed);
        assert_eq!(done, last, "hour {hour}");
        // An hour as it is kept, and a minute for those who were here last.
        let by = HOUR + Duration::from_secs(60);
        clock.skip(by);
        pass(by).await;
    }
}

const HOUR: Duration = Duration::from_secs(3_600);

/// Some instant in 2026, for both.
pub const SHARING_BEGINS: Timestamp = Timestamp::from_micros(1_795_269_831_000_000);
