//! Limits of a run: missing keys, open breakers, ceilings, poison, and how much is under way.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, Timestamp,
    engine::Tuning,
    field::Kind,
    http::{FailureCause, HttpFailure},
    job::{JobState, Scope, SpendTotal, SpendUnit},
    memory::MemoryStore,
    name::FieldName,
    plan::{OnLost, Plan, Waterfall},
};
use morket_testkit::engine::{
    Defect, FakeHttp, FakeVendor, NoKeys, POISON, Rig, Sent, TokioClock, email_by,
};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

/// A plan that asks hunter, then apollo.
fn plan() -> Plan {
    email_by(&["hunter", "apollo"])
}

fn finders() -> Vec<FakeVendor> {
    let finder = |it: &str| FakeVendor::finder(it, &["email", "email_status"]);
    vec![finder("hunter"), finder("apollo")]
}

fn person(n: usize) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": format!("c{n}.example") })
}

fn answer(record: &Value) -> Value {
    let domain = record["company_domain"].as_str().unwrap_or("c.example");
    let email = format!("ada@{domain}");
    json!({ "is": "answer", "values": { "email": email, "email_status": "valid" } })
}

/// One answer for each record of a call.
fn answers(sent: &Sent) -> Value {
    let each: Vec<Value> = sent.body.as_array().into_iter().flatten().map(answer).collect();
    if each.len() == 1 { each[0].clone() } else { Value::Array(each) }
}

/// A network in which hunter does this, and apollo answers.
fn network(hunter: fn(&Sent) -> Result<Value, HttpFailure>) -> FakeHttp {
    FakeHttp::new(move |sent| match sent.vendor.as_str() {
        "hunter" => hunter(sent),
        _ => Ok(answers(sent)),
    })
}

async fn counter(rig: &Rig, total: SpendTotal) -> i64 {
    rig.store.spent(rig.workspace, total).await.unwrap()
}

fn asked(rig: &Rig, vendor: &str) -> usize {
    rig.http.sent().iter().filter(|it| it.vendor == vendor).count()
}

#[tokio::test(start_paused = true)]
async fn p020_without_a_key_nobody_is_asked() {
    // method: exhaustive
    for (lost, expected) in [(OnLost::Next, "failed auth"), (OnLost::Pause, "absent")] {
        let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        let store = Arc::new(MemoryStore::new(clock.clone()));
        let credits = Some(Credits::whole(100));
        let http = network(|sent| Ok(answers(sent)));
        let rig = Rig::on(store, clock, finders(), http, credits, Arc::new(NoKeys)).await;
        let mut plan = plan();
        plan.on_provider_lost = lost;
        let job = rig.submit(&plan, (0..20).map(person).collect()).await;
        let job = rig.run(job.id, Duration::ZERO).await;
        assert_eq!(rig.http.sent().len(), 0, "{lost:?}");
        assert_eq!(rig.money().await.0, Credits::whole(100), "{lost:?}");
        assert_eq!(rig.cell(&job, 0, "email").await, expected, "{lost:?}");
        let waiting = if lost == OnLost::Pause { vec!["hunter:auth".to_owned()] } else { vec![] };
        assert_eq!(job.waiting, waiting, "the user is told");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_key_is_found_out_once_not_a_thousand_times() {
    for cause in ["auth", "plan", "out_of_credits"] {
        let http = FakeHttp::new(move |_| Ok(json!({ "is": cause })));
        let rig = Rig::new(finders(), http.after(Duration::from_millis(100)), None).await;
        let job = rig.submit(&plan(), (0..1_000).map(person).collect()).await;
        let job = rig.run(job.id, Duration::ZERO).await;
        assert_eq!(job.waiting, [format!("hunter:{cause}")]);
        // Those that were under way when the first one came back, and no more.
        assert!(asked(&rig, "hunter") <= 64, "{cause}: {}", asked(&rig, "hunter"));
        assert_eq!(asked(&rig, "apollo"), 0, "{cause}");
    }
}

/// In the step that parks: once for each job and cause, however often it is looked at again.
#[tokio::test(start_paused = true)]
async fn a_lost_provider_is_told_once() {
    for (cause, kinds) in [
        ("auth", &["provider.paused", "credential.invalid"][..]),
        ("plan", &["provider.paused"]),
        ("out_of_credits", &["provider.paused"]),
    ] {
        let http = FakeHttp::new(move |_| Ok(json!({ "is": cause })));
        let rig = Rig::new(finders(), http, None).await;
        let job = rig.submit(&plan(), (0..1_500).map(person).collect()).await;
        for _ in 0..2 {
            rig.run(job.id, Duration::ZERO).await;
        }
        let events = rig.store.events(rig.workspace).await.unwrap();
        let told: Vec<_> = events.iter().map(|it| it.kind.as_str()).collect();
        assert_eq!(told, kinds, "{cause}");
        let payload = json!({ "job": job.id, "provider": "hunter", "cause": cause });
        assert!(events.iter().all(|it| it.payload == payload));
    }
}

fn down(_: &Sent) -> Result<Value, HttpFailure> {
    Ok(json!({ "is": "transient" }))
}

#[tokio::test(start_paused = true)]
async fn p021_an_open_provider_is_passed_over_where_the_plan_says_so() {
    // method: exhaustive
    let rig = Rig::new(finders(), network(down), Some(Credits::whole(1_000))).await;
    let mut next = plan();
    next.on_provider_lost = OnLost::Next;
    let job = rig.finish(&next, (0..200).map(person).collect()).await;
    assert_eq!(job.state, JobState::Completed);
    assert_eq!(asked(&rig, "apollo"), 200);
    // What was under way when it opened, and at most a probe a minute.
    assert!(asked(&rig, "hunter") <= 64 + 1, "{}", asked(&rig, "hunter"));
    let noted = rig.cells(&job).await;
    let noted = noted.iter().filter(|it| {
        it.cell.detail.as_ref().is_some_and(|it| it.to_string().contains("provider_down"))
    });
    assert!(noted.count() >= 200 - 65, "the record notes who was passed over");
}

#[tokio::test(start_paused = true)]
async fn p014_p021_rows_of_an_open_provider_wait_and_cost_nothing() {
    // method: exhaustive
    let rig = Rig::new(finders(), network(down), Some(Credits::whole(1_000))).await;
    let job = rig.submit(&plan(), (0..200).map(person).collect()).await;
    let job = rig.run(job.id, Duration::ZERO).await;
    assert_eq!((job.state, asked(&rig, "apollo")), (JobState::Running, 0));
    assert_eq!(job.waiting, ["hunter:limit"]);
    let before = asked(&rig, "hunter");
    assert!(before <= 64, "{before}");
    assert_eq!(rig.money().await.0, Credits::whole(1_000));
    // As long as it is open, looking again asks nobody and charges nothing.
    for _ in 0..20 {
        tokio::time::advance(Duration::from_secs(2)).await;
        rig.run(job.id, Duration::ZERO).await;
        assert_eq!(asked(&rig, "hunter"), before);
        assert_eq!(rig.money().await.0, Credits::whole(1_000));
    }
    tokio::time::advance(Duration::from_secs(30)).await;
    rig.run(job.id, Duration::from_secs(1)).await;
    assert_eq!(asked(&rig, "hunter"), before + 1, "one probe");
}

#[tokio::test(start_paused = true)]
async fn p009_one_vendors_trouble_is_not_anothers() {
    // method: exhaustive
    let rig = Rig::new(finders(), network(down), None).await;
    rig.submit(&plan(), (0..50).map(person).collect()).await;
    let mut other = Plan::of(Kind::Person, [field("email")]);
    let steps = vec!["apollo".to_owned()];
    other.waterfalls.insert(field("email"), Waterfall { steps, verify: None, email: None });
    let both = [plan(), other].map(|plan| async {
        let plan = plan;
        let job = rig.submit(&plan, (100..200).map(person).collect()).await;
        rig.run(job.id, Duration::ZERO).await
    });
    let [down, up] = both;
    let (down, up) = tokio::join!(down, up);
    assert_eq!((down.state, up.state), (JobState::Running, JobState::Completed));
    assert_eq!(asked(&rig, "apollo"), 100);
}

/// A ceiling, and how many of ten rows at five cents each it lets through.
async fn ceiling(change: fn(&mut Plan), through: u32, reason: &str) {
    let rig = Rig::new(finders(), network(|sent| Ok(answers(sent))), None).await;
    let mut plan = plan();
    plan.waterfalls.get_mut(&field("email")).unwrap().steps.pop();
    plan.prices.insert("hunter".parse().unwrap(), "starter".into());
    change(&mut plan);
    let job = rig.submit(&plan, (0..10).map(person).collect()).await;
    let job = rig.run(job.id, Duration::ZERO).await;
    assert_eq!(asked(&rig, "hunter"), through as usize, "{:?}", plan.budget);
    assert_eq!(job.counts.success, through, "{:?}", plan.budget);
    let usd = SpendTotal {
        scope: Scope::Workspace,
        job: None,
        provider: None,
        day: None,
        unit: SpendUnit::Usd,
    };
    assert_eq!(counter(&rig, usd).await, 50_000 * i64::from(through), "{:?}", plan.budget);
    for index in 0..10 {
        let cell = rig.cell(&job, index, "email").await;
        assert!(cell.starts_with("found") || cell == reason, "{cell}: {:?}", plan.budget);
    }
    let parks = reason == "absent";
    assert_eq!(job.state, if parks { JobState::Running } else { JobState::Completed });
    assert_eq!(job.waiting.is_empty(), !parks, "{:?}", job.waiting);
}

#[tokio::test(start_paused = true)]
async fn p027_no_ceiling_is_ever_passed() {
    // method: exhaustive
    let over = "skipped over_budget";
    ceiling(|_| {}, 10, over).await;
    ceiling(|plan| plan.budget.job = Some("0.12usd".into()), 2, over).await;
    ceiling(|plan| plan.budget.job = Some("0.5usd".into()), 10, over).await;
    ceiling(|plan| plan.budget.job = Some("0usd".into()), 0, over).await;
    ceiling(|plan| plan.budget.per_row = Some("0.049999usd".into()), 0, over).await;
    ceiling(|plan| plan.budget.per_row = Some("0.05usd".into()), 10, over).await;
    ceiling(|plan| plan.budget.workspace = Some("0.15usd".into()), 3, over).await;
    ceiling(|plan| plan.budget.per_day = Some("0.2usd".into()), 4, "absent").await;
    let units: fn(&mut Plan) = |plan| {
        plan.budget.units.insert("hunter".parse().unwrap(), "7".into());
    };
    ceiling(units, 7, over).await;
}

#[tokio::test(start_paused = true)]
async fn p027_the_days_ceiling_waits_for_midnight() {
    let rig = Rig::new(finders(), network(|sent| Ok(answers(sent))), None).await;
    let mut plan = plan();
    plan.waterfalls.get_mut(&field("email")).unwrap().steps.pop();
    plan.prices.insert("hunter".parse().unwrap(), "starter".into());
    plan.budget.per_day = Some("0.2usd".into());
    let job = rig.submit(&plan, (0..10).map(person).collect()).await;
    // Four a day: two whole days later the last two are asked for.
    let mut seen = Vec::new();
    for _ in 0..4 {
        let now = rig.run(job.id, Duration::ZERO).await;
        seen.push(asked(&rig, "hunter"));
        if now.state.is_terminal() {
            break;
        }
        tokio::time::advance(Duration::from_secs(86_400)).await;
    }
    assert_eq!(seen, [4, 8, 10]);
}

#[tokio::test(start_paused = true)]
async fn p027_an_answer_that_was_lost_stays_counted() {
    let lost: fn(&Sent) -> Result<Value, HttpFailure> =
        |_| Err(HttpFailure::lost(FailureCause::Broken, "cut"));
    let rig = Rig::new(finders(), network(lost), None).await;
    let mut plan = plan();
    plan.prices = ["hunter", "apollo"].map(|it| (it.parse().unwrap(), "starter".into())).into();
    plan.budget.job = Some("0.2usd".into());
    let job = rig.finish(&plan, (0..3).map(person).collect()).await;
    // Three lost ones count in full, so that one more is all that is left.
    assert_eq!((asked(&rig, "hunter"), asked(&rig, "apollo")), (3, 1));
    assert_eq!(job.counts.failed, 2);
}

#[tokio::test(start_paused = true)]
async fn p077_a_record_that_breaks_the_adapter_fails_alone() {
    // method: exhaustive
    for (defect, cell) in [
        (Defect::Request, "failed transient"),
        (Defect::Parse, "failed ambiguous"),
        (Defect::Refusal, "skipped invalid_input"),
    ] {
        let mut vendors = finders();
        vendors[0] = vendors[0].clone().defective(defect);
        let rig =
            Rig::new(vendors, network(|sent| Ok(answers(sent))), Some(Credits::whole(1_000))).await;
        let mut plan = plan();
        plan.waterfalls.get_mut(&field("email")).unwrap().steps.pop();
        let mut rows: Vec<Value> = (0..100).map(person).collect();
        let poisoned = [0, 7, 50, 99];
        for at in poisoned {
            rows[at]["full_name"] = POISON.into();
        }
        let job = rig.finish(&plan, rows).await;
        for at in 0..100 {
            let seen = rig.cell(&job, at as u32, "email").await;
            match poisoned.contains(&at) {
                true => assert_eq!(seen, cell, "{defect:?}"),
                false => assert_eq!(seen, format!("found ada@c{at}.example"), "{defect:?}"),
            }
        }
        assert!(job.state.is_terminal());
        assert_eq!(rig.money().await, (Credits::whole(1_000 - 2 * 96), Credits::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn p077_requests_that_cannot_be_built_say_nothing_of_the_vendor() {
    // method: exhaustive
    let refused: fn(&Sent) -> Result<Value, HttpFailure> = |sent| match sent.body[0]["full_name"] {
        ref it if it == POISON => {
            Err(HttpFailure::unsent(FailureCause::Refused, "a private address"))
        }
        _ => Ok(answers(sent)),
    };
    for defect in [Some(Defect::Request), Some(Defect::Refusal), None] {
        let mut vendors = finders();
        if let Some(defect) = defect {
            vendors[0] = vendors[0].clone().defective(defect);
        }
        let http =
            if defect.is_some() { network(|sent| Ok(answers(sent))) } else { network(refused) };
        let rig = Rig::new(vendors, http.after(Duration::from_millis(10)), None).await;
        let mut plan = plan();
        plan.waterfalls.get_mut(&field("email")).unwrap().steps.pop();
        plan.on_provider_lost = OnLost::Next;
        let mut rows: Vec<Value> = (0..200).map(person).collect();
        for row in rows.iter_mut().take(30) {
            row["full_name"] = POISON.into();
        }
        let job = rig.finish(&plan, rows).await;
        assert_eq!(job.counts.success, 170, "{defect:?}: the breaker stayed closed");
    }
}

#[tokio::test(start_paused = true)]
async fn p080_what_is_under_way_does_not_grow_with_the_job() {
    // method: exhaustive
    let cap = Tuning::default().in_flight;
    for (rows, bulk) in [(10, 1), (64, 1), (1_000, 1), (3_000, 1), (3_000, 10)] {
        let mut vendors = finders();
        vendors[0] = vendors[0].clone().bulk(bulk);
        let http = network(|sent| Ok(answers(sent))).after(Duration::from_millis(50));
        let rig = Rig::new(vendors, http, None).await;
        let job = rig.finish(&plan(), (0..rows).map(person).collect()).await;
        assert_eq!(job.counts.success as usize, rows);
        // Four batches at once, of which each keeps to its cap.
        let batches = rows.div_ceil(1_000).min(4);
        let most = (cap * batches).min(rows);
        assert!(rig.http.busiest() <= most, "{rows} rows: {} calls at once", rig.http.busiest());
        if bulk == 1 {
            assert_eq!(rig.http.busiest(), most, "and it uses what it may");
        }
    }
}

/// However it is put: in a second, in ten, or a task that is never done.
#[tokio::test(start_paused = true)]
async fn a_vendor_that_is_never_ready_keeps_nobody_for_ever() {
    let again = |after: u64| json!({ "is": "rate_limited", "after": after });
    let task = json!({ "is": "pending", "task": "t", "after": 1 });
    for (says, patience, slow) in
        [(again(1), 60, false), (again(1), 0, false), (again(10), 60, false), (task, 30, true)]
    {
        let said = says.clone();
        let http = FakeHttp::new(move |_| Ok(said.clone())).after(Duration::from_millis(100));
        let vendor = FakeVendor::finder("hunter", &["email", "email_status"]);
        let vendor = if slow { vendor.slow() } else { vendor };
        let apollo = FakeVendor::finder("apollo", &["email", "email_status"]);
        let rig = Rig::new(vec![vendor, apollo], http, None).await;
        let job = rig.submit(&plan(), (0..3).map(person).collect()).await;
        let begun = tokio::time::Instant::now();
        let job = rig.run(job.id, Duration::from_secs(patience)).await;
        let took = begun.elapsed().as_secs();
        assert_eq!(job.state, JobState::Running, "{says}");
        assert!(took >= patience && took <= patience * 3 / 2 + 10, "{says}: {took} s");
    }
}

/// Patience is for waits: a vendor may take its time over each answer.
#[tokio::test(start_paused = true)]
async fn whoever_gets_on_is_not_let_go() {
    let http = network(|sent| Ok(answers(sent))).after(Duration::from_secs(20));
    let rig = Rig::new(finders(), http, None).await;
    let job = rig.submit(&plan(), (0..700).map(person).collect()).await;
    let job = rig.run(job.id, Duration::ZERO).await;
    assert_eq!(job.state, JobState::Completed);
}
