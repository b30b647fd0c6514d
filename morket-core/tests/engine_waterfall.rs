//! The waterfall against a reference of twenty lines: random answers of three vendors in a row.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits,
    engine::Runner,
    field::Kind,
    http::{FailureCause, HttpFailure},
    job::{CellStatus, Job, StepOutcome, StepRow},
    name::FieldName,
    plan::{OnLimit, OnLost, Plan, Waterfall, compile},
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;

const VENDORS: [&str; 3] = ["hunter", "apollo", "prospeo"];

/// What a vendor can say.
const WORDS: [&str; 12] = [
    "answer",
    "answer",
    "junk",
    "miss",
    "invalid_input",
    "legal",
    "auth",
    "plan",
    "out_of_credits",
    "transient",
    "lost",
    "rate_limited",
];

/// What three vendors say, and which of them may be asked again after a lost answer.
type Case = [(&'static str, bool); 3];

fn cases() -> impl Strategy<Value = Case> {
    let one = || (prop::sample::select(&WORDS[..]), any::<bool>());
    (one(), one(), one()).prop_map(|(one, two, three)| [one, two, three])
}

/// What must come of it: who is asked, what becomes of the cell, what is charged in milli-credits.
fn reference(case: &Case) -> (Vec<&'static str>, String, i64) {
    let (mut asked, mut failed, mut missed) = (Vec::new(), None, false);
    for (vendor, (word, again)) in VENDORS.into_iter().zip(*case) {
        let times = if word == "transient" || (word == "lost" && again) { 3 } else { 1 };
        asked.extend(vec![vendor; times]);
        match word {
            "answer" => return (asked, format!("found ada@{vendor}.example"), 2_000),
            "legal" => return (asked, "skipped suppressed".to_owned(), 0),
            "junk" | "miss" => missed = true,
            "invalid_input" => {}
            "lost" => failed = failed.or(Some("ambiguous")),
            other => failed = failed.or(Some(other)),
        }
    }
    let cell = match (failed, missed) {
        (Some(failed), _) => format!("failed {failed}"),
        (None, true) => "no_result".to_owned(),
        (None, false) => "skipped invalid_input".to_owned(),
    };
    (asked, cell, 0)
}

fn say(word: &str, vendor: &str) -> Result<Value, HttpFailure> {
    let email = format!("ada@{vendor}.example");
    Ok(match word {
        "answer" => json!({ "is": "answer", "values": {
            "email": email, "email_status": "valid", "smuggled": "x", "title": "smuggled" } }),
        "junk" => json!({ "is": "answer", "values": { "email": "N/A", "smuggled": 1 } }),
        "lost" => return Err(HttpFailure::lost(FailureCause::Broken, "cut")),
        other => json!({ "is": other }),
    })
}

fn field(name: &str) -> FieldName {
    FieldName::new(name).unwrap()
}

fn plan() -> Plan {
    let mut plan = Plan::of(Kind::Person, [field("email")]);
    let steps = VENDORS.map(str::to_owned).to_vec();
    plan.waterfalls.insert(field("email"), Waterfall { steps, verify: None, email: None });
    plan.prices = VENDORS.map(|it| (it.parse().unwrap(), "starter".to_owned())).into();
    plan.on_provider_lost = OnLost::Next;
    plan.on_limit = OnLimit::Next;
    plan
}

/// Everything that a run left.
struct Ran {
    rig: Rig,
    job: Job,
    asked: Vec<String>,
    cell: String,
    steps: Vec<StepRow>,
    charged: i64,
}

async fn run(case: Case) -> Ran {
    let vendors = VENDORS.iter().zip(case).map(|(slug, (_, again))| {
        let vendor = FakeVendor::finder(slug, &["email", "email_status"]);
        if again { vendor.repeatable() } else { vendor }
    });
    let http = FakeHttp::new(move |sent: &Sent| {
        let at = VENDORS.iter().position(|it| *it == sent.vendor).unwrap();
        say(case[at].0, &sent.vendor)
    });
    let rig = Rig::new(vendors.collect(), http, Some(Credits::whole(100))).await;
    let row = json!({ "full_name": "Ada", "company_domain": "c.example" });
    let job = rig.finish(&plan(), vec![row]).await;
    let asked = rig.http.sent().into_iter().map(|it| it.vendor).collect();
    let (cell, steps) = (rig.cell(&job, 0, "email").await, rig.steps(&job).await);
    let (balance, held) = rig.money().await;
    assert_eq!(held, Credits::ZERO);
    Ran { rig, job, asked, cell, steps, charged: 100_000 - balance.0 }
}

/// Under a clock that nobody waits for.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(future)
}

proptest! {
    #[test]
    fn p015_the_first_complete_answer_wins(case in cases()) {
        // method: model
        let ran = paused(run(case));
        let (_, cell, _) = reference(&case);
        prop_assert_eq!(ran.cell, cell);
        prop_assert!(ran.job.state.is_terminal());
    }

    #[test]
    fn p016_vendors_are_asked_in_the_order_of_the_plan(case in cases()) {
        // method: model
        let ran = paused(run(case));
        let (asked, _, _) = reference(&case);
        prop_assert_eq!(&ran.asked, &asked);
        let mut once = ran.asked.clone();
        once.dedup();
        let places = once.iter().map(|it| VENDORS.iter().position(|name| name == it).unwrap());
        prop_assert!(places.is_sorted(), "{:?}", ran.asked);
    }

    #[test]
    fn p017_only_the_accepted_answer_is_charged(case in cases()) {
        // method: model
        let ran = paused(run(case));
        prop_assert_eq!(ran.charged, reference(&case).2);
        let accepted = |it: &&StepRow| it.step.outcome == StepOutcome::Accepted;
        let price: i64 = ran.steps.iter().filter(accepted).map(|it| it.step.charge.0).sum();
        prop_assert_eq!(ran.charged, price);
        prop_assert!(ran.steps.iter().filter(accepted).count() <= 1);
    }

    #[test]
    fn p018_what_is_not_complete_is_neither_accepted_nor_charged(case in cases()) {
        // method: property
        let ran = paused(run(case));
        for StepRow { step, .. } in ran.steps {
            let at = VENDORS.iter().position(|it| *it == step.provider.as_str()).unwrap();
            let complete = case[at].0 == "answer";
            prop_assert_eq!(step.outcome == StepOutcome::Accepted, complete, "{:?}", step);
            prop_assert_eq!(step.charge.is_positive(), complete, "{:?}", step);
        }
    }

    #[test]
    fn p019_nobody_is_asked_after_an_answer_was_accepted(case in cases()) {
        // method: property
        let ran = paused(run(case));
        if let Some(winner) = case.iter().position(|it| it.0 == "answer") {
            prop_assert!(ran.asked.iter().all(|it| VENDORS[..=winner].contains(&it.as_str())));
        }
        // Neither when the job is run again, nor when it is asked for again.
        let before = ran.rig.http.sent().len();
        paused(async {
            let runner = Runner::new(ran.rig.worker.clone(), "again");
            let stop = morket_core::engine::Stop::default();
            runner.run_job(ran.rig.workspace, ran.job.id, Duration::ZERO, &stop).await.unwrap();
        });
        prop_assert_eq!(ran.rig.http.sent().len(), before);
    }

    #[test]
    fn p022_a_vendor_is_asked_three_times_at_most(case in cases()) {
        // method: model
        let ran = paused(run(case));
        for (vendor, (word, again)) in VENDORS.into_iter().zip(case) {
            let times = ran.asked.iter().filter(|it| *it == vendor).count();
            let most = if word == "transient" || (word == "lost" && again) { 3 } else { 1 };
            prop_assert!(times <= most, "{}: {} times", vendor, times);
        }
    }

    #[test]
    fn p024_fields_that_were_not_declared_are_not_kept(case in cases()) {
        // method: property
        let ran = paused(run(case));
        let cells = paused(ran.rig.cells(&ran.job));
        prop_assert_eq!(cells.len(), 1);
        prop_assert_eq!(&cells[0].cell.field, &field("email"));
        let kept = format!("{:?} {:?}", cells, ran.steps);
        prop_assert!(!kept.contains("smuggled"), "{}", kept);
    }

    #[test]
    fn p025_what_was_found_says_where_it_is_from(case in cases()) {
        // method: property
        let ran = paused(run(case));
        for cell in paused(ran.rig.cells(&ran.job)) {
            let cell = cell.cell;
            if cell.status != CellStatus::Found {
                prop_assert!(cell.provider.is_none() && cell.value.is_none(), "{:?}", cell);
                continue;
            }
            let provider = cell.provider.clone().unwrap();
            let step = ran.steps.iter().find(|it| it.step.outcome == StepOutcome::Accepted);
            let step = &step.unwrap().step;
            prop_assert_eq!((&step.provider, step.call), (&provider, cell.call));
            prop_assert!(step.charge.is_positive() && step.call.is_some());
            let detail = cell.detail.unwrap();
            let accepted = &detail["candidates"].as_array().unwrap().iter()
                .find(|it| it["fate"] == "accepted").cloned().unwrap();
            prop_assert_eq!(&accepted["provider"], provider.as_str());
            prop_assert!(accepted["fetched_at"].as_i64().unwrap() > 0);
        }
    }

    #[test]
    fn p026_the_same_answers_lead_to_the_same_end(case in cases()) {
        // method: property
        let (one, two) = (paused(run(case)), paused(run(case)));
        prop_assert_eq!((&one.asked, &one.cell), (&two.asked, &two.cell));
        let plain = |ran: &Ran| -> Vec<_> {
            ran.steps.iter().map(|it| (it.step.provider.clone(), it.step.outcome)).collect()
        };
        prop_assert_eq!(plain(&one), plain(&two));
    }

    #[test]
    fn p028_the_estimate_is_never_exceeded(case in cases()) {
        // method: property
        let ran = paused(run(case));
        prop_assert!(ran.charged <= ran.job.worst_case.0);
        let (estimate, spent) = paused(async {
            let rig = &ran.rig;
            let workspace = rig.store.workspace(rig.workspace).await.unwrap();
            let settings = rig.worker.settings(&workspace).await.unwrap();
            let rows = [json!({ "full_name": "Ada", "company_domain": "c.example" })];
            let estimate = compile(&plan(), &settings).unwrap().estimate(&rows).unwrap();
            let total = morket_core::job::SpendTotal {
                scope: morket_core::job::Scope::Job,
                job: Some(ran.job.id),
                provider: None,
                day: None,
                unit: morket_core::job::SpendUnit::Usd,
            };
            (estimate, rig.store.spent(rig.workspace, total).await.unwrap())
        });
        prop_assert!(spent <= estimate.worst_usd.unwrap().0);
        let calls: u64 = estimate.providers.iter().map(|it| it.calls).sum();
        prop_assert_eq!(calls, 3);
    }

    #[test]
    fn p034_a_step_stands_once(case in cases()) {
        // method: property
        let ran = paused(run(case));
        let mut keys: Vec<_> =
            ran.steps.iter().map(|it| (it.step.index, &it.step.field, &it.step.provider)).collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        prop_assert_eq!(keys.len(), all);
    }
}

#[test]
fn p035_a_job_that_is_run_again_asks_nobody() {
    // method: exhaustive
    for (at, word) in WORDS.into_iter().enumerate() {
        let case = [(word, at % 2 == 0), ("miss", false), ("answer", true)];
        let ran = paused(run(case));
        let before = (ran.rig.http.sent().len(), paused(ran.rig.cells(&ran.job)), ran.charged);
        let again = paused(ran.rig.run(ran.job.id, Duration::ZERO));
        let (balance, _) = paused(ran.rig.money());
        let sent = ran.rig.http.sent().len();
        assert_eq!((sent, paused(ran.rig.cells(&ran.job)), 100_000 - balance.0), before, "{word}");
        assert_eq!(again, ran.job, "{word}");
        assert_eq!(paused(ran.rig.steps(&ran.job)), ran.steps, "{word}");
    }
}
