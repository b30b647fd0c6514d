//! Scenes of jobs that are based on a sample.

use super::{BOTH, Stage, field, finder, found, people, plan, says, two};
use crate::{
    engine::FakeVendor,
    history::stage::{Asked, TTL},
};
use morket_core::{
    JobId,
    accept::Verify,
    plan::Plan,
    provider::{Answer, Outcome},
};
use serde_json::json;
use uuid::Uuid;

/// Two rows are run as a sample, and all three on top of it, by this plan.
fn whole(mut stage: Stage, plan: Plan) -> Stage {
    stage.finish(1);
    stage.elapse(60);
    stage.go_on_from(JobId(Uuid::from_u128(101)), plan);
    stage.job(people(3));
    stage
}

pub(super) fn sample(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match (it.vendor, it.before) {
        ("hunter", 0) => says(found()),
        ("hunter", 1..=3) => says(Outcome::Transient),
        _ => says(Outcome::Miss),
    };
    let mut stage = whole(Stage::set(story, plan(BOTH), &two(), people(2), script), plan(BOTH));
    stage.claim(1);
    stage.kill(1);
    stage.elapse(TTL.as_secs() + 1);
    stage.finish(2);
    stage
}

pub(super) fn judged_again(story: &str) -> Stage {
    let script = |it: &Asked<'_>| match it.vendor {
        "zerobounce" => {
            let values = vec![(field("email_status"), json!("valid"))];
            says(Outcome::Answer(Answer { values, ..Answer::default() }))
        }
        _ => says(found()),
    };
    let mut before = plan(&["hunter"]);
    let waterfall = before.waterfalls.get_mut(&field("email")).expect("it is there");
    waterfall.verify = Some("zerobounce".into());
    let mut plan = before.clone();
    plan.accept.email.verify = Verify::Always;
    let vendors = [finder("hunter"), FakeVendor::verifier("zerobounce")];
    let mut stage = whole(Stage::set(story, before, &vendors, people(2), script), plan);
    stage.finish(2);
    stage
}
