//! What a plan may be expected to come to: nothing without a history, an interval with one, and
//! what comes of the run lies within it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    engine::{Fared, FieldForecast, Forecast},
    field::Kind,
    name::FieldName,
    plan::{Plan, Waterfall},
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use serde_json::{Value, json};
use std::time::Duration;

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

fn plan(steps: &[&str]) -> Plan {
    let mut plan = Plan::of(Kind::Person, [field("title")]);
    let steps = steps.iter().map(ToString::to_string).collect();
    plan.waterfalls.insert(field("title"), Waterfall { steps, verify: None, email: None });
    plan
}

/// Number n of these people; hunter knows every second, apollo every third.
fn person(n: usize) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": "example.com" })
}

fn people(range: std::ops::Range<usize>) -> Vec<Value> {
    range.map(person).collect()
}

fn says(sent: &Sent) -> Value {
    let name = sent.body[0]["full_name"].as_str().unwrap();
    let number: usize = name.trim_start_matches("Ada Number").parse().unwrap();
    let every = if sent.vendor == "hunter" { 2 } else { 3 };
    let identity = json!({ "full_name": name, "company_domain": "example.com" });
    match number % every {
        0 => json!({ "is": "answer", "values": { "title": "CTO" }, "identity": identity }),
        _ => json!({ "is": "miss" }),
    }
}

async fn rig() -> Rig {
    let finder = |slug| FakeVendor::finder(slug, &["title"]);
    let http = FakeHttp::new(|sent: &Sent| Ok(says(sent)));
    Rig::new(vec![finder("hunter"), finder("apollo")], http, None).await
}

fn the(forecast: &Forecast) -> &FieldForecast {
    &forecast.fields[0]
}

/// Under a clock that nobody waits for.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// Each row: what was run before, the plan that is looked at, and what is told of it.
#[test]
fn without_a_history_nothing_is_expected_and_with_one_an_interval() {
    let (hunter, both) = (&["hunter"][..], &["hunter", "apollo"][..]);
    for (before, rows, looked, told) in [
        (hunter, 0, hunter, "unknown: run a sample"),
        (hunter, 40, hunter, "35–65 % (after 40 at hunter)"),
        (hunter, 40, both, "unknown: run a sample"),
        (both, 40, both, "46–85 % (after 40 at hunter, 20 at apollo)"),
        (hunter, 400, hunter, "45–55 % (after 400 at hunter)"),
        // Bounded, however much there was.
        (hunter, 3_000, hunter, "47–53 % (after 2000 at hunter)"),
    ] {
        paused(async {
            let rig = rig().await;
            if rows > 0 {
                rig.finish(&plan(before), people(0..rows)).await;
            }
            let forecast = rig.forecast(&plan(looked), &people(10_000..10_100)).await;
            assert_eq!(the(&forecast).to_string(), told, "{rows} rows before");
            assert_eq!(forecast.spend.is_some(), the(&forecast).fill.is_some());
        });
    }
}

/// Calls, units and dollars: what is run lies within what was expected.
#[test]
fn what_comes_of_a_run_lies_within_what_was_expected() {
    paused(async {
        let (rig, plan) = (rig().await, plan(&["hunter", "apollo"]));
        rig.finish(&plan, people(0..300)).await;
        let rows = people(1_000..1_600);
        let forecast = rig.forecast(&plan, &rows).await;
        let before = rig.http.sent().len();
        let job = rig.finish(&plan, rows).await;
        let sent = rig.http.sent().split_off(before);
        let found = rig.cells(&job).await.iter().filter(|it| it.cell.value.is_some()).count();
        let fill = the(&forecast).fill.unwrap();
        let share = found as u64 * 1_000_000 / 600;
        assert!(fill.low <= share && share <= fill.high, "{share} of {fill:?}");
        assert!(fill.high - fill.low < 200_000, "{fill:?} says something");
        let spend = forecast.spend.unwrap();
        for it in &spend {
            let calls = sent.iter().filter(|sent| sent.vendor == it.provider.as_str());
            let answered = calls.clone().filter(|sent| says(sent)["is"] == "answer").count();
            let (calls, answered) = (calls.count() as u64, answered as i64 * 1_000);
            assert!(it.calls.0 <= calls && calls <= it.calls.1, "{calls} of {it:?}");
            let (least, most) = (it.units.0.0, it.units.1.0);
            assert!(least <= answered && answered <= most, "{answered} of {it:?}");
            assert!(it.usd.is_none(), "no price is known");
        }
        assert_eq!(spend[0].calls, (600, 600), "the first is asked about everybody");
    });
}

/// The same run again is no second trial, and neither is a twin; a failure says nothing.
#[test]
fn only_questions_that_were_asked_and_answered_count() {
    paused(async {
        let (rig, plan) = (rig().await, plan(&["hunter"]));
        let fared = async || the(&rig.forecast(&plan, &people(900..901)).await).rests_on[0].1;
        for _ in 0..3 {
            // A job is told from those before by when it was made.
            tokio::time::advance(Duration::from_secs(1)).await;
            rig.finish(&plan, people(0..10)).await;
            let expected = Fared { asked: 10, answered: 5, accepted: 5 };
            assert_eq!(fared().await, expected);
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        rig.finish(&plan, vec![person(50), person(50), person(50)]).await;
        assert_eq!(fared().await, Fared { asked: 11, answered: 6, accepted: 6 });
    });
    paused(async {
        let http = FakeHttp::new(|_: &Sent| Ok(json!({ "is": "unreadable" })));
        let rig = Rig::new(vec![FakeVendor::finder("hunter", &["title"])], http, None).await;
        rig.finish(&plan(&["hunter"]), people(0..5)).await;
        let forecast = rig.forecast(&plan(&["hunter"]), &people(5..6)).await;
        assert_eq!(the(&forecast).to_string(), Forecast::UNKNOWN);
    });
}

/// What is kept is not asked, and what was asked by another operation is another history.
#[test]
fn what_is_kept_costs_nothing_and_is_not_expected() {
    paused(async {
        let (rig, plan) = (rig().await, plan(&["hunter"]));
        rig.finish(&plan, people(0..20)).await;
        let forecast = rig.forecast(&plan, &people(0..20)).await;
        assert_eq!(the(&forecast).to_string(), "nobody is asked");
        assert_eq!(forecast.spend.unwrap().len(), 0);
        let half = rig.forecast(&plan, &people(10..30)).await;
        assert_eq!((the(&half).rows, half.spend.unwrap()[0].calls), (10, (10, 10)));
    });
}
