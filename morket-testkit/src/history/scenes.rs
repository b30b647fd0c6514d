//! What histories are made of: a scene for each way in which a batch can go.

mod based;

use super::stage::{Asked, Reply, Stage, TTL, at_once};
use crate::engine::FakeVendor;
use morket_core::{
    JobId,
    engine::Event,
    field::Kind,
    http::{FailureCause, HttpFailure},
    job::{JobStore, Wake},
    name::{FieldName, ProviderSlug},
    plan::{Existing, OnLimit, OnLost, Plan, Waterfall},
    provider::{Answer, LimitScope, Outcome, Parsed, Returned, Verdicts, Window},
};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// A scene.
#[derive(Debug)]
pub struct Scene {
    /// The name of its file.
    pub name: &'static str,
    story: &'static str,
    play: fn(&str) -> Stage,
}

impl Scene {
    /// The history that this build makes of it.
    pub fn record(&self) -> String {
        (self.play)(self.story).history()
    }
}

/// Every scene.
pub const SCENES: &[Scene] = &[
    scene("waterfall", "two vendors, three people, one of whom nobody knows", waterfall),
    scene("bulk", "four people in calls of three, and a vendor that knows some of them", bulk),
    scene("task", "a task is submitted, sleeps, and is asked about by a later holder", task),
    scene("takeover", "a sender dies: nobody knows, and the next vendor is asked", takeover),
    scene("repeat", "a sender dies: the same call is sent again, for it costs once", repeat),
    scene("lost_answer", "an answer is lost on its way, another comes unreadable", lost_answer),
    scene("overtaken", "a lease ends unnoticed, and what its holder decided is refused", overtaken),
    scene("cancel", "a job is cancelled with a task under way and a row not begun", cancel),
    scene("drain", "a process lets go while a call is under way", drain),
    scene("lost_provider", "an account is empty: the batch sleeps until it is not", lost_provider),
    scene("refused_key", "a key is refused: the next vendor is asked for everybody", refused_key),
    scene("verify", "two candidates, one of which the verifier believes", verify),
    scene("existing", "values that are there are kept, or verified", existing),
    scene("cache", "a second job asks about the same people, and nobody is asked", cache),
    scene("budget", "a ceiling on a vendor's units is reached", budget),
    scene("twins", "two batches of one process ask the same, and so do two rows", twins),
    scene("heir", "one batch asks for two, fails, and the other asks for itself", heir),
    scene("far_twins", "two processes ask the same", far_twins),
    scene("throttled", "a vendor throttles, fails, and recovers", throttled),
    scene("windows", "a vendor lets one call through in four seconds", windows),
    scene("legal_block", "a vendor must not answer, and nobody is asked again", legal_block),
    scene("sample", "the whole takes over what a sample came to, and dies doing so", based::sample),
    scene(
        "judged_again",
        "the whole believes fewer addresses than its sample",
        based::judged_again,
    ),
    scene("credits", "what is there covers one row of two", credits),
];

const fn scene(name: &'static str, story: &'static str, play: fn(&str) -> Stage) -> Scene {
    Scene { name, story, play }
}

fn field(name: &str) -> FieldName {
    FieldName::new(name).expect("a field's name")
}

fn person(n: usize) -> Value {
    json!({ "full_name": format!("Ada Number{n}"), "company_domain": format!("c{n}.example") })
}

fn people(count: usize) -> Vec<Value> {
    (1..=count).map(person).collect()
}

/// A plan that asks these for an address, in this order.
fn plan(steps: &[&str]) -> Plan {
    let mut plan = Plan::of(Kind::Person, [field("email")]);
    let steps = steps.iter().map(ToString::to_string).collect();
    plan.waterfalls.insert(field("email"), Waterfall { steps, verify: None, email: None });
    plan
}

fn finder(slug: &str) -> FakeVendor {
    FakeVendor::finder(slug, &["email", "email_status"])
}

fn two() -> [FakeVendor; 2] {
    [finder("hunter"), finder("apollo")]
}

const BOTH: &[&str] = &["hunter", "apollo"];

/// An address, and what the vendor says of it.
fn answer(email: &str, status: Option<&str>) -> Outcome {
    let mut values = vec![(field("email"), json!(email))];
    values.extend(status.map(|it| (field("email_status"), json!(it))));
    let identity = Returned::default();
    Outcome::Answer(Answer { values, confidence: Some(90), identity, withheld: Vec::new() })
}

fn found() -> Outcome {
    answer("ada@found.example", Some("valid"))
}

fn says(outcome: Outcome) -> Reply {
    Some(Ok(outcome.into()))
}

fn pending(after: u64) -> Reply {
    says(Outcome::Pending { task: Some("t1".into()), after: Duration::from_secs(after) })
}

fn waterfall(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match (it.vendor, it.before) {
        ("hunter", 0) => says(found()),
        ("apollo", 0) => says(answer("ada@apollo.example", Some("valid"))),
        _ => says(Outcome::Miss),
    };
    let mut stage = Stage::set(story, plan(BOTH), &two(), people(3), script);
    stage.finish(1);
    stage
}

fn bulk(story: &str) -> Stage {
    let script = |it: &Asked<'_>| {
        let each = (0..it.records).map(|at| match (it.vendor, at) {
            ("hunter", 0) => Outcome::Miss,
            ("hunter", 1) => Outcome::InvalidInput,
            _ => found(),
        });
        let verdicts = Verdicts::Each(each.collect());
        Some(Ok(Parsed { verdicts, billed: None, limits: Vec::new() }))
    };
    let vendors = two().map(|it| it.bulk(3));
    let mut stage = Stage::set(story, plan(BOTH), &vendors, people(4), script);
    stage.finish(1);
    stage
}

fn task(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match (it.task, it.before) {
        (None, _) => pending(30),
        (Some(_), 1) => says(Outcome::Pending { task: None, after: Duration::from_secs(2) }),
        (Some(_), _) => says(found()),
    };
    let vendors = [finder("hunter").slow()];
    let mut stage = Stage::set(story, plan(&["hunter"]), &vendors, people(1), script);
    stage.claim(1);
    stage.go();
    stage.kill(1);
    stage.elapse(31);
    stage.finish(2);
    stage
}

/// The first request is never answered, and who sent it dies.
fn died(story: &str, first: FakeVendor) -> Stage {
    let script = |it: &Asked<'_>| match (it.vendor, it.before) {
        ("hunter", 0) => None,
        _ => says(found()),
    };
    let mut stage = Stage::set(story, plan(BOTH), &[first, finder("apollo")], people(1), script);
    stage.claim(1);
    stage.go();
    stage.kill(1);
    stage.elapse(TTL.as_secs() + 1);
    stage.finish(2);
    stage
}

fn takeover(story: &str) -> Stage {
    died(story, finder("hunter"))
}

fn repeat(story: &str) -> Stage {
    died(story, finder("hunter").repeatable())
}

fn lost_answer(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match (it.vendor, it.before) {
        ("hunter", 0) => Some(Err(HttpFailure::lost(FailureCause::Broken, "cut"))),
        ("hunter", 1) => says(Outcome::Unknown),
        ("hunter", 2) => Some(Err(HttpFailure::unsent(FailureCause::Unreachable, "no route"))),
        _ => says(found()),
    };
    let mut stage = Stage::set(story, plan(BOTH), &two(), people(3), script);
    stage.finish(1);
    stage
}

fn overtaken(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match (it.vendor, it.before) {
        ("hunter", 0) => None,
        _ => says(found()),
    };
    let mut stage = Stage::set(story, plan(BOTH), &two(), people(1), script);
    stage.claim(1);
    stage.go();
    // The first hears of nothing until somebody else has its batch.
    stage.elapse(TTL.as_secs() + 1);
    stage.claim(2);
    stage.go();
    stage
}

fn cancel(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.task {
        None => pending(2),
        Some(_) => says(found()),
    };
    let vendors = [finder("hunter").slow()];
    let mut stage = Stage::set(story, plan(&["hunter"]), &vendors, people(2), script);
    stage.tuning.in_flight = 1;
    stage.claim(1);
    stage.go();
    stage.cancel();
    stage.wait(3);
    stage
}

fn drain(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.task {
        None => pending(2),
        Some(_) => says(found()),
    };
    let vendors = [finder("hunter").slow()];
    let mut stage = Stage::set(story, plan(&["hunter"]), &vendors, people(2), script);
    stage.tuning.in_flight = 1;
    stage.claim(1);
    stage.go();
    stage.tell(|| Event::Drain);
    stage.wait(3);
    stage.finish(2);
    stage
}

fn lost_provider(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.before {
        0 => says(Outcome::OutOfCredits),
        _ => says(found()),
    };
    let mut plan = plan(&["hunter"]);
    plan.on_provider_lost = OnLost::Pause;
    let mut stage = Stage::set(story, plan, &[finder("hunter")], people(2), script);
    stage.claim(1);
    stage.go();
    stage.elapse(60);
    let job = JobId(Uuid::from_u128(101));
    at_once(stage.store.wake(stage.workspace, Wake::Job(job))).expect("it sleeps");
    stage.finish(1);
    stage
}

fn refused_key(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.vendor {
        "hunter" => says(Outcome::AuthFailed),
        _ => says(found()),
    };
    let mut plan = plan(BOTH);
    plan.on_provider_lost = OnLost::Next;
    let mut stage = Stage::set(story, plan, &two(), people(2), script);
    stage.finish(1);
    stage
}

fn verify(story: &str) -> Stage {
    let script = |it: &Asked<'_>| {
        let status = |word: &str| {
            let values = vec![(field("email_status"), json!(word))];
            says(Outcome::Answer(Answer { values, ..Answer::default() }))
        };
        match (it.vendor, it.before) {
            ("zerobounce", 0) => status("invalid"),
            ("zerobounce", 1) => says(Outcome::Transient),
            ("zerobounce", _) => status("valid"),
            (vendor, _) => says(answer(&format!("ada@{vendor}.example"), None)),
        }
    };
    let mut plan = plan(BOTH);
    let waterfall = plan.waterfalls.get_mut(&field("email")).expect("it is there");
    waterfall.verify = Some("zerobounce".into());
    let [hunter, apollo] = two();
    let vendors = [hunter, apollo, FakeVendor::verifier("zerobounce")];
    let mut stage = Stage::set(story, plan, &vendors, people(1), script);
    stage.finish(1);
    stage
}

fn existing(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.vendor {
        "zerobounce" => {
            let values = vec![(field("email_status"), json!("valid"))];
            says(Outcome::Answer(Answer { values, ..Answer::default() }))
        }
        _ => says(found()),
    };
    let mut plan = plan(&["hunter"]);
    plan.existing.insert(field("email"), Existing::Verify);
    plan.run_if = Some("company_domain != \"c2.example\"".into());
    let waterfall = plan.waterfalls.get_mut(&field("email")).expect("it is there");
    waterfall.verify = Some("zerobounce".into());
    let mut rows = people(3);
    rows[0]["email"] = json!("ada@c1.example");
    let vendors = [finder("hunter"), FakeVendor::verifier("zerobounce")];
    let mut stage = Stage::set(story, plan, &vendors, rows, script);
    stage.finish(1);
    stage
}

fn cache(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.before {
        0 => says(found()),
        _ => says(Outcome::Miss),
    };
    let mut stage = Stage::set(story, plan(BOTH), &two(), people(1), script);
    stage.finish(1);
    let mut again = person(1);
    again["company_name"] = json!("Numbers Ltd");
    stage.job(vec![again]);
    stage.finish(2);
    stage
}

fn budget(story: &str) -> Stage {
    let script = |_: &Asked<'_>| says(found());
    let mut plan = plan(&["hunter"]);
    plan.on_limit = OnLimit::Next;
    let hunter = ProviderSlug::new("hunter").expect("a slug");
    plan.budget.units.insert(hunter, "1".to_owned());
    let mut stage = Stage::set(story, plan, &[finder("hunter")], people(2), script);
    stage.finish(1);
    stage
}

fn twins(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.task {
        None => pending(1),
        Some(_) => says(found()),
    };
    let vendors = [finder("hunter").slow()];
    let rows = vec![person(1), person(1)];
    let mut stage = Stage::set(story, plan(&["hunter"]), &vendors, rows, script);
    stage.job(people(1));
    stage.claim(1);
    stage.claim(1);
    stage.go();
    stage.wait(3);
    stage.finish(1);
    stage
}

fn heir(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match (it.task, it.before) {
        (None, _) => pending(1),
        (Some(_), 1) => says(Outcome::InvalidInput),
        (Some(_), _) => says(found()),
    };
    let vendors = [finder("hunter").slow()];
    let mut stage = Stage::set(story, plan(&["hunter"]), &vendors, people(1), script);
    stage.job(people(1));
    stage.claim(1);
    stage.claim(1);
    stage.go();
    stage.wait(4);
    stage.finish(1);
    stage
}

fn far_twins(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.task {
        None => pending(1),
        Some(_) => says(found()),
    };
    let vendors = [finder("hunter").slow()];
    let mut stage = Stage::set(story, plan(&["hunter"]), &vendors, people(1), script);
    stage.job(people(1));
    stage.claim(1);
    stage.claim(2);
    stage.go();
    stage.wait(4);
    stage.finish(2);
    stage
}

fn throttled(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.before {
        0 => says(Outcome::RateLimited { retry_after: Some(Duration::from_secs(2)) }),
        1..=5 => says(Outcome::Transient),
        _ => says(found()),
    };
    let mut stage = Stage::set(story, plan(&["hunter"]), &[finder("hunter")], people(2), script);
    stage.tuning.cooldown = Duration::from_secs(3);
    stage.claim(1);
    stage.go();
    stage.wait(6);
    stage.tell(|| Event::Recovered);
    stage.finish(1);
    stage
}

fn windows(story: &str) -> Stage {
    let script = |_: &Asked<'_>| says(found());
    let window = Window { max: 1, per: Duration::from_secs(4), scope: LimitScope::Credential };
    let vendors = [finder("hunter").window(window)];
    let mut stage = Stage::set(story, plan(&["hunter"]), &vendors, people(2), script);
    stage.finish(1);
    stage
}

fn legal_block(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.before {
        0 => says(Outcome::LegalBlock),
        _ => says(found()),
    };
    let mut stage = Stage::set(story, plan(BOTH), &two(), people(2), script);
    stage.finish(1);
    stage.job(people(1));
    stage.finish(1);
    stage
}

fn credits(story: &str) -> Stage {
    let script = |_: &Asked<'_>| says(found());
    let mut stage = Stage::set(story, plan(&["hunter"]), &[finder("hunter")], people(2), script);
    stage.spend_all_but(2);
    stage.claim(1);
    stage.go();
    stage.grant(10);
    let job = JobId(Uuid::from_u128(101));
    at_once(stage.store.wake(stage.workspace, Wake::Job(job))).expect("it sleeps");
    stage.finish(1);
    stage
}
