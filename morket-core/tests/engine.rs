//! The engine, run: a job goes in, cells come out, and everything that was sent is looked at.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use futures_util::FutureExt;
use morket_core::{
    Credits, JobId, Store, WorkspaceId,
    engine::{Runner, Stop},
    field::Kind,
    http::{FailureCause, HttpFailure},
    job::{ClaimFilter, JobState, StepOutcome, StepRow},
    name::FieldName,
    plan::{Existing, OnAmbiguous, OnLimit, OnLost, Plan, Waterfall},
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

fn plan(fields: &[(&str, &[&str], Option<&str>)]) -> Plan {
    let name = |it: &str| FieldName::new(it).unwrap();
    let mut plan = Plan::of(Kind::Person, fields.iter().map(|it| name(it.0)));
    for (field, steps, verify) in fields {
        let waterfall = Waterfall {
            steps: steps.iter().map(ToString::to_string).collect(),
            verify: verify.map(str::to_owned),
            email: None,
        };
        plan.waterfalls.insert(name(field), waterfall);
    }
    plan
}

fn person(n: usize) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": format!("c{n}.example") })
}

/// What a vendor answers to one record of a call, from a word.
fn say(word: &str, record: &Value) -> Result<Value, HttpFailure> {
    let domain = record.get("company_domain").and_then(Value::as_str).unwrap_or("c.example");
    Ok(match word {
        "answer" => json!({ "is": "answer", "values":
            { "email": format!("ada@{domain}"), "email_status": "valid", "title": "Engineer" } }),
        "title" => json!({ "is": "answer", "values": { "title": "Engineer" } }),
        "junk" => json!({ "is": "answer", "values": { "email": "N/A", "title": 7 } }),
        "valid" | "invalid" | "unknown" => {
            json!({ "is": "answer", "values": { "email_status": word } })
        }
        "429" => json!({ "is": "rate_limited", "after": 2 }),
        "lost" => return Err(HttpFailure::lost(FailureCause::Broken, "cut")),
        "unsent" => return Err(HttpFailure::unsent(FailureCause::Unreachable, "no route")),
        "refused" => return Err(HttpFailure::unsent(FailureCause::Refused, "not allowed")),
        other => json!({ "is": other }),
    })
}

/// Vendors that answer the n-th time they are asked the same by the n-th word of theirs.
fn script(lines: &'static [(&'static str, &'static [&'static str])]) -> FakeHttp {
    FakeHttp::new(move |sent: &Sent| {
        let (_, words) = lines.iter().find(|it| it.0 == sent.vendor).unwrap();
        let word = words[sent.before.min(words.len() - 1)];
        let each = sent.body.as_array().cloned().unwrap_or_else(|| vec![Value::Null]);
        let each: Result<Vec<Value>, _> = each.iter().map(|it| say(word, it)).collect();
        let mut each = each?;
        Ok(if each.len() == 1 { each.remove(0) } else { Value::Array(each) })
    })
}

fn vendors() -> Vec<FakeVendor> {
    let finders = ["hunter", "apollo", "prospeo"];
    let finders = finders.map(|it| FakeVendor::finder(it, &["email", "email_status", "title"]));
    finders.into_iter().chain([FakeVendor::verifier("zerobounce")]).collect()
}

/// One person, one e-mail address: by what vendors say, what becomes of the cell, who is asked how
/// often, and what it costs in milli-credits.
async fn check(
    change: fn(&mut Plan, &mut Vec<FakeVendor>),
    says: &'static [(&'static str, &'static [&'static str])],
    cell: &str,
    asked: &str,
    spent: i64,
) {
    let mut plan = plan(&[("email", &["hunter", "apollo"], None)]);
    let mut vendors = vendors();
    change(&mut plan, &mut vendors);
    let rig = Rig::new(vendors, script(says), Some(Credits::whole(100))).await;
    let job = rig.finish(&plan, vec![person(1)]).await;
    let sent: Vec<String> = rig.http.sent().into_iter().map(|it| it.vendor).collect();
    assert_eq!(sent.join(" "), asked, "{says:?}");
    assert_eq!(rig.cell(&job, 0, "email").await, cell, "{says:?}");
    let (balance, held) = rig.money().await;
    assert_eq!((100_000 - balance.0, held), (spent, Credits::ZERO), "{says:?}");
    assert!(job.state.is_terminal(), "{says:?}");
}

const FOUND: &str = "found ada@c1.example";

#[tokio::test(start_paused = true)]
async fn every_outcome_leads_where_it_should() {
    // method: exhaustive
    let same: fn(&mut Plan, &mut Vec<FakeVendor>) = |_, _| {};
    let next: fn(&mut Plan, &mut Vec<FakeVendor>) = |plan, _| {
        plan.on_provider_lost = OnLost::Next;
        plan.on_limit = OnLimit::Next;
    };
    check(same, &[("hunter", &["answer"])], FOUND, "hunter", 2_000).await;
    check(same, &[("hunter", &["miss"]), ("apollo", &["answer"])], FOUND, "hunter apollo", 2_000)
        .await;
    check(same, &[("hunter", &["miss"]), ("apollo", &["miss"])], "no_result", "hunter apollo", 0)
        .await;
    let junk = &[("hunter", &["junk"] as &[_]), ("apollo", &["answer"])];
    check(same, junk, FOUND, "hunter apollo", 2_000).await;
    let invalid = &[("hunter", &["invalid_input"] as &[_]), ("apollo", &["invalid_input"])];
    check(same, invalid, "skipped invalid_input", "hunter apollo", 0).await;
    let legal = &[("hunter", &["legal"] as &[_]), ("apollo", &["answer"])];
    check(same, legal, "skipped suppressed", "hunter", 0).await;
    for word in ["auth", "plan", "out_of_credits"] {
        let says: &'static [(&str, &[&str])] = match word {
            "auth" => &[("hunter", &["auth"]), ("apollo", &["miss"])],
            "plan" => &[("hunter", &["plan"]), ("apollo", &["miss"])],
            _ => &[("hunter", &["out_of_credits"]), ("apollo", &["miss"])],
        };
        check(next, says, &format!("failed {word}"), "hunter apollo", 0).await;
    }
    let limited = &[("hunter", &["429", "429", "answer"] as &[_])];
    check(same, limited, FOUND, "hunter hunter hunter", 2_000).await;
    let limited = &[("hunter", &["429"] as &[_]), ("apollo", &["answer"])];
    check(next, limited, FOUND, "hunter apollo", 2_000).await;
    let flaky = &[("hunter", &["transient", "unsent", "answer"] as &[_])];
    check(same, flaky, FOUND, "hunter hunter hunter", 2_000).await;
    let down = &[("hunter", &["transient"] as &[_]), ("apollo", &["answer"])];
    check(same, down, FOUND, "hunter hunter hunter apollo", 2_000).await;
    let down = &[("hunter", &["transient"] as &[_]), ("apollo", &["miss"])];
    check(same, down, "failed transient", "hunter hunter hunter apollo", 0).await;
    let refused = &[("hunter", &["refused"] as &[_]), ("apollo", &["miss"])];
    check(same, refused, "failed transient", "hunter apollo", 0).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_again_only_where_that_is_safe() {
    // method: exhaustive
    let same: fn(&mut Plan, &mut Vec<FakeVendor>) = |_, _| {};
    let fail: fn(&mut Plan, &mut Vec<FakeVendor>) = |plan, _| plan.on_ambiguous = OnAmbiguous::Fail;
    let again: fn(&mut Plan, &mut Vec<FakeVendor>) =
        |_, vendors| vendors[0] = vendors[0].clone().repeatable();
    let lost = &[("hunter", &["lost"] as &[_]), ("apollo", &["answer"])];
    check(same, lost, FOUND, "hunter apollo", 2_000).await;
    check(fail, lost, "failed ambiguous", "hunter", 0).await;
    check(again, lost, FOUND, "hunter hunter hunter apollo", 2_000).await;
    let lost = &[("hunter", &["lost"] as &[_]), ("apollo", &["miss"])];
    check(same, lost, "failed ambiguous", "hunter apollo", 0).await;
    let back = &[("hunter", &["lost", "answer"] as &[_])];
    check(again, back, FOUND, "hunter hunter", 2_000).await;
}

#[tokio::test(start_paused = true)]
async fn p043_every_attempt_of_a_call_carries_one_key() {
    let says = &[("hunter", &["transient", "429", "transient", "answer"] as &[_])];
    let rig = Rig::new(vendors(), script(says), None).await;
    let job = rig.finish(&plan(&[("email", &["hunter"], None)]), vec![person(1)]).await;
    assert_eq!(rig.cell(&job, 0, "email").await, FOUND);
    let keys: Vec<String> = rig.http.sent().into_iter().map(|it| it.key).collect();
    assert_eq!(keys.len(), 4);
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test(start_paused = true)]
async fn one_call_serves_every_field_its_answer_holds_and_is_charged_once() {
    let says = &[("hunter", &["answer"] as &[_])];
    let rig = Rig::new(vendors(), script(says), Some(Credits::whole(100))).await;
    let plan = plan(&[("title", &["hunter"], None), ("email", &["hunter", "apollo"], None)]);
    let job = rig.finish(&plan, vec![person(1)]).await;
    assert_eq!(rig.http.sent().len(), 1);
    assert_eq!(rig.cell(&job, 0, "title").await, "found Engineer");
    assert_eq!(rig.cell(&job, 0, "email").await, FOUND);
    let steps = rig.steps(&job).await;
    let charges: Vec<(String, i64)> =
        steps.iter().map(|it| (it.step.field.to_string(), it.step.charge.0)).collect();
    // The primary step is the first accepted one, in plan order.
    assert_eq!(charges, [("email".to_owned(), 0), ("title".to_owned(), 2_000)]);
    assert_eq!(rig.money().await.0, Credits::whole(98));
}

#[tokio::test(start_paused = true)]
async fn a_verifier_decides_and_is_paid_for_any_verdict() {
    let with: fn(&mut Plan, &mut Vec<FakeVendor>) = |it, _| {
        *it = plan(&[("email", &["hunter", "apollo"], Some("zerobounce"))]);
        it.accept.email.verify = morket_core::accept::Verify::Always;
    };
    let good = &[("hunter", &["answer"] as &[_]), ("zerobounce", &["valid"])];
    check(with, good, FOUND, "hunter zerobounce", 2_500).await;
    let bad =
        &[("hunter", &["answer"] as &[_]), ("apollo", &["miss"]), ("zerobounce", &["invalid"])];
    check(with, bad, "no_result email_invalid", "hunter zerobounce apollo", 500).await;
    let unknown =
        &[("hunter", &["answer"] as &[_]), ("apollo", &["miss"]), ("zerobounce", &["unknown"])];
    check(with, unknown, "no_result email_unknown", "hunter zerobounce apollo", 0).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_question_is_asked_once_and_its_twins_get_the_answer() {
    let says = &[("hunter", &["answer"] as &[_])];
    let rig = Rig::new(vendors(), script(says), Some(Credits::whole(100))).await;
    let plan = plan(&[("email", &["hunter"], None)]);
    let first = rig.finish(&plan, vec![person(1), person(2), person(1), person(1)]).await;
    assert_eq!(rig.http.sent().len(), 2);
    for index in [0, 2, 3] {
        assert_eq!(rig.cell(&first, index, "email").await, FOUND);
    }
    assert_eq!(rig.money().await.0, Credits::whole(96));
    // Tomorrow's job does not buy again what is stored.
    let second = rig.finish(&plan, vec![person(1), person(3)]).await;
    assert_eq!(rig.http.sent().len(), 3);
    assert_eq!(rig.cell(&second, 0, "email").await, FOUND);
    assert_eq!(rig.money().await.0, Credits::whole(94));
}

#[tokio::test(start_paused = true)]
async fn bulk_calls_gather_their_records() {
    let mut all = vendors();
    all[0] = all[0].clone().bulk(10);
    let rig = Rig::new(all, script(&[("hunter", &["answer"])]), Some(Credits::whole(100))).await;
    let rows = (0..25).map(person).collect();
    let job = rig.finish(&plan(&[("email", &["hunter"], None)]), rows).await;
    let sizes: Vec<usize> =
        rig.http.sent().iter().map(|it| it.body.as_array().map_or(0, Vec::len)).collect();
    assert_eq!(sizes, [10, 10, 5]);
    assert_eq!(job.state, JobState::Completed);
    assert_eq!(rig.cell(&job, 24, "email").await, "found ada@c24.example");
    assert_eq!(rig.money().await, (Credits::whole(50), Credits::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_task_is_submitted_once_and_asked_about_until_it_is_done() {
    let mut all = vendors();
    all[0] = all[0].clone().slow();
    let http = FakeHttp::new(|sent: &Sent| {
        Ok(match (sent.path.as_str(), sent.before) {
            ("find", 0) => json!({ "is": "pending", "task": "t1", "after": 30 }),
            ("task/t1", 0 | 1) => json!({ "is": "pending", "after": 3 }),
            ("task/t1", 2) => say("answer", &person(1))?,
            other => panic!("{other:?}"),
        })
    });
    let rig = Rig::new(all, http, Some(Credits::whole(100))).await;
    let job = rig.finish(&plan(&[("email", &["hunter"], None)]), vec![person(1)]).await;
    assert_eq!(rig.cell(&job, 0, "email").await, FOUND);
    assert_eq!(rig.http.sent().len(), 4);
    assert_eq!(rig.money().await, (Credits::whole(98), Credits::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_step_whose_input_is_unknown_is_not_tried() {
    let rig = Rig::new(vendors(), script(&[("hunter", &["answer"])]), None).await;
    let rows = vec![json!({ "full_name": "Ada" }), json!({ "company_domain": "n/a" })];
    let job = rig.finish(&plan(&[("email", &["hunter"], None)]), rows).await;
    assert_eq!(rig.http.sent().len(), 0);
    let missing = "skipped missing_input:company_domain";
    assert_eq!(rig.cell(&job, 0, "email").await, missing);
    assert_eq!(job.state, JobState::Completed);
    assert!(rig.steps(&job).await.iter().all(|it| it.step.outcome == StepOutcome::Skipped));
}

#[tokio::test(start_paused = true)]
async fn rows_the_plan_is_not_for_are_left_out() {
    let rig =
        Rig::new(vendors(), script(&[("hunter", &["answer"])]), Some(Credits::whole(9))).await;
    let mut plan = plan(&[("email", &["hunter"], None)]);
    plan.run_if = Some("country == 'DE'".into());
    let mut german = person(1);
    german["country"] = json!("Germany");
    let job = rig.finish(&plan, vec![german, person(2)]).await;
    assert_eq!(rig.cell(&job, 0, "email").await, FOUND);
    assert_eq!(rig.cell(&job, 1, "email").await, "skipped run_if");
    assert_eq!(rig.http.sent().len(), 1);
    assert_eq!(rig.money().await, (Credits::whole(7), Credits::ZERO));
}

#[tokio::test(start_paused = true)]
async fn values_that_are_there_are_kept_verified_or_asked_for_anew() {
    for (existing, cell, asked) in [
        (Existing::Keep, "found eve@x.example", ""),
        (Existing::Verify, "found ada@c1.example", "zerobounce hunter zerobounce"),
        (Existing::Refresh, "found ada@c1.example", "hunter zerobounce"),
    ] {
        let says = &[("hunter", &["answer"] as &[_]), ("zerobounce", &["invalid", "valid"])];
        let http = FakeHttp::new(move |sent: &Sent| {
            let (_, words) = says.iter().find(|it| it.0 == sent.vendor).unwrap();
            let record = &sent.body[0];
            let stranger = record["email"] == json!("eve@x.example");
            say(if sent.vendor == "zerobounce" && !stranger { "valid" } else { words[0] }, record)
        });
        let rig = Rig::new(vendors(), http, None).await;
        let mut plan = plan(&[("email", &["hunter"], Some("zerobounce"))]);
        plan.accept.email.verify = morket_core::accept::Verify::Always;
        plan.existing.insert(FieldName::new("email").unwrap(), existing);
        let mut row = person(1);
        row["email"] = json!("eve@x.example");
        let job = rig.finish(&plan, vec![row]).await;
        assert_eq!(rig.cell(&job, 0, "email").await, cell, "{existing:?}");
        let sent: Vec<String> = rig.http.sent().into_iter().map(|it| it.vendor).collect();
        assert_eq!(sent.join(" "), asked, "{existing:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_provider_pauses_its_rows_and_is_found_out_once() {
    let mended = Arc::new(AtomicBool::new(false));
    let good = mended.clone();
    let http = FakeHttp::new(move |sent: &Sent| {
        let word = match (sent.vendor.as_str(), good.load(Ordering::Relaxed)) {
            ("hunter", false) => "out_of_credits",
            _ => "answer",
        };
        say(word, &sent.body[0])
    });
    let rig = Rig::new(vendors(), http, Some(Credits::whole(1_000))).await;
    let plan = plan(&[("email", &["hunter", "apollo"], None), ("title", &["apollo"], None)]);
    let job = rig.submit(&plan, (0..50).map(person).collect()).await;
    let paused = rig.run(job.id, Duration::from_secs(60)).await;
    assert_eq!(paused.waiting, ["hunter:out_of_credits"]);
    let asked = |vendor: &str| rig.http.sent().iter().filter(|it| it.vendor == vendor).count();
    // Only what was in flight when it was found out; nothing went to a dearer vendor instead.
    assert!(asked("hunter") <= 64, "{}", asked("hunter"));
    assert_eq!(asked("apollo"), 50);
    // What stays set aside is the price of the calls that were begun, and of nothing else.
    assert_eq!(rig.money().await.1, Credits::whole(2 * asked("hunter") as i64));
    mended.store(true, Ordering::Relaxed);
    tokio::time::advance(Duration::from_secs(31)).await;
    let done = rig.run(job.id, Duration::from_secs(60)).await;
    assert_eq!(done.state, JobState::Completed);
    assert_eq!(rig.cell(&done, 49, "email").await, "found ada@c49.example");
    // 50 titles and 50 addresses, each call charged once.
    assert_eq!(rig.money().await, (Credits::whole(800), Credits::ZERO));
}

/// A job, once there is one.
type Place = (Arc<dyn Store>, WorkspaceId, JobId);

#[tokio::test(start_paused = true)]
async fn a_call_leaves_only_when_what_led_to_it_is_written() {
    let place: Arc<OnceLock<Place>> = Arc::default();
    let seen = place.clone();
    let http = FakeHttp::new(move |sent: &Sent| {
        if sent.vendor == "hunter" {
            return say("miss", &Value::Null);
        }
        let (store, workspace, job) = seen.get().unwrap();
        let steps = store.steps(*workspace, *job, 0..20).now_or_never().unwrap().unwrap();
        let who = sent.body[0]["full_name"].as_str().unwrap();
        let asked = |it: &&StepRow| who == format!("Ada Number{}", it.step.index);
        let steps: Vec<_> = steps.iter().filter(asked).map(|it| it.step.outcome).collect();
        assert_eq!(steps, [StepOutcome::Miss], "a successor must know whom {who} was asked of");
        say("answer", &sent.body[0])
    });
    let rig = Rig::new(vendors(), http, Some(Credits::whole(100))).await;
    let plan = plan(&[("email", &["hunter", "apollo"], None)]);
    let job = rig.submit(&plan, (0..20).map(person).collect()).await;
    place.set((rig.store.clone(), rig.workspace, job.id)).unwrap();
    let job = rig.run(job.id, Duration::from_secs(60)).await;
    assert_eq!((job.state, rig.http.sent().len()), (JobState::Completed, 40));
}

#[tokio::test(start_paused = true)]
async fn p082_a_small_job_begins_beside_a_batch_that_takes_long() {
    let http = script(&[("hunter", &["answer"])]).after(Duration::from_secs(3));
    let rig = Rig::new(vendors(), http, None).await;
    let plan = plan(&[("email", &["hunter"], None)]);
    let long = rig.submit(&plan, (0..1_000).map(person).collect()).await;
    let stop = Stop::default();
    let pass = async |seconds: u32| {
        for _ in 0..seconds * 20 {
            tokio::time::advance(Duration::from_millis(50)).await;
        }
    };
    let later = async {
        pass(1).await;
        let small = rig.submit(&plan, (20_000..20_010).map(person).collect()).await;
        pass(2).await;
        let begun =
            rig.http.sent().iter().filter(|it| it.body.to_string().contains("c2000")).count();
        stop.drain();
        (small.id, begun)
    };
    let runner = Runner::new(rig.worker.clone(), "rig").batches(2);
    let (ran, (small, begun)) = tokio::join!(runner.run(ClaimFilter::All, &stop), later);
    ran.unwrap();
    assert_eq!(begun, 10, "within two seconds");
    let state = async |job| rig.store.job(rig.workspace, job).await.unwrap().state;
    assert_eq!(state(small).await, JobState::Completed);
    assert_eq!(state(long.id).await, JobState::Running);
}

/// Answers that come without a pause do not drown the word to stop.
#[tokio::test(start_paused = true)]
async fn a_batch_that_is_always_busy_hears_that_it_is_to_stop() {
    let stop = Stop::default();
    let asked = stop.clone();
    let http = FakeHttp::new(move |sent: &Sent| {
        asked.drain();
        say("answer", &sent.body[0])
    });
    let rig = Rig::new(vendors(), http, None).await;
    let plan = plan(&[("email", &["hunter"], None)]);
    let job = rig.submit(&plan, (0..900).map(person).collect()).await.id;
    let runner = Runner::new(rig.worker.clone(), "busy");
    let ran = runner.run_job(rig.workspace, job, Duration::from_secs(9), &stop).await.unwrap();
    assert_eq!(ran.job.state, JobState::Running);
    assert!(rig.http.sent().len() <= 128, "{} calls", rig.http.sent().len());
}
