//! Histories: what earlier releases were told and commanded, this one commands too.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_testkit::{
    history::{Divergence, KEY, SCENES, kept, replay},
    sim::{Options, recorded},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

#[test]
fn p075_what_every_kept_history_was_told_leads_to_what_it_commanded() {
    // method: exhaustive
    let kept = kept().unwrap();
    assert!(kept.len() >= SCENES.len(), "only {} histories are kept", kept.len());
    for path in kept {
        let replayed = replay(&fs::read_to_string(&path).unwrap());
        let replayed = replayed.unwrap_or_else(|it| panic!("{}: {it}", path.display()));
        assert!(replayed.batches > 0 && replayed.commands > 0, "{}", path.display());
    }
}

/// Lines of all kept histories, without the first of each.
fn lines() -> Vec<Value> {
    let texts = kept().unwrap().into_iter().map(|it| fs::read_to_string(it).unwrap());
    let lines = |text: String| {
        let lines = text.lines().skip(1).map(|it| serde_json::from_str(it).unwrap());
        lines.collect::<Vec<Value>>()
    };
    texts.flat_map(lines).collect()
}

/// The name of one of several.
fn name(of: &Value) -> String {
    let one = of.as_object().and_then(|it| it.keys().next().cloned());
    of.as_str().map(str::to_owned).or(one).unwrap()
}

#[test]
fn p075_kept_histories_tell_of_every_event_command_and_end() {
    // method: exhaustive
    let mut seen = BTreeSet::new();
    for line in lines() {
        let step = line.get("Step");
        seen.extend(step.map(|it| name(&it["event"])));
        let answer = step.and_then(|it| it.pointer("/event/Answered/result/Ok/verdicts/All"));
        seen.extend(answer.map(|it| name(&it["outcome"])));
        seen.extend(line.pointer("/Open/opened/base").map(|_| "Base".to_owned()));
        let commands = line.pointer("/Step/commands").or(line.pointer("/Open/commands"));
        for command in commands.and_then(Value::as_array).into_iter().flatten() {
            seen.insert(name(command));
            seen.extend(command.pointer("/End/ended").map(name));
            seen.extend(command.pointer("/Tell/told").map(name));
            seen.extend(command.pointer("/Settle/settlement/closing").map(name));
        }
    }
    let all = "Tick Funded Looked Marked Watched Answered Permitted Settled Screened Renewed Told \
               Recovered Cancel Drain Fund Look Mark Watch Permits Send Settle Screen Renew Tell \
               End Done Parked Released Lost Park Release Found Lead Answer Miss Pending \
               AuthFailed InvalidInput LegalBlock OutOfCredits RateLimited Transient Unknown \
               Base";
    let missing: Vec<&str> = all.split_whitespace().filter(|it| !seen.contains(*it)).collect();
    assert!(missing.is_empty(), "no history tells of {missing:?}");
}

#[test]
fn p075_whatever_happens_in_a_simulated_run_its_history_replays() {
    // method: model
    for seed in 1..=25 {
        let (report, history) = recorded(Options::seed(seed));
        let replayed = replay(&history).unwrap_or_else(|it| panic!("seed {seed}: {it}"));
        // The opening of a batch counts as a step there.
        let told = replayed.steps as u64 + replayed.batches as u64;
        assert_eq!(told, report.steps, "seed {seed}");
    }
}

/// Every number, text, truth and emptiness within a value, by its place.
fn leaves(value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            fields.iter().for_each(|(name, it)| leaves(it, &format!("{place}/{name}"), found));
        }
        Value::Array(each) if !each.is_empty() => {
            each.iter()
                .enumerate()
                .for_each(|(at, it)| leaves(it, &format!("{place}/{at}"), found));
        }
        _ => found.push(place.to_owned()),
    }
}

/// Another value of the same kind.
fn other(value: &Value) -> Value {
    match value {
        Value::Null | Value::Array(_) | Value::Object(_) => json!("something"),
        Value::Bool(it) => json!(!it),
        Value::Number(it) => json!(it.as_i64().map_or(7, |it| it.wrapping_add(1))),
        Value::String(it) => json!(format!("{it}0")),
    }
}

#[test]
fn p075_whatever_else_a_batch_commanded_it_is_noticed_at_its_line() {
    // method: exhaustive
    let mut changed = 0;
    for scene in ["waterfall", "bulk", "windows", "legal_block"] {
        let text = SCENES.iter().find(|it| it.name == scene).unwrap().record();
        let lines: Vec<&str> = text.lines().collect();
        for (at, line) in lines.iter().enumerate().skip(1) {
            let line: Value = serde_json::from_str(line).unwrap();
            let mut places = Vec::new();
            for commands in ["/Open/commands", "/Step/commands"] {
                let commands_there = line.pointer(commands);
                commands_there.into_iter().for_each(|it| leaves(it, commands, &mut places));
            }
            for place in places {
                let mut line = line.clone();
                let leaf = line.pointer_mut(&place).unwrap();
                *leaf = other(leaf);
                let line = line.to_string();
                let mut lines = lines[..=at].to_vec();
                lines[at] = &line;
                let divergence = replay(&lines.join("\n")).expect_err(&place);
                assert_eq!(divergence.line, at + 1, "{scene} {place}: {divergence}");
                let told = place.split_once("/commands").unwrap().1;
                assert_eq!(divergence.place, told, "{scene}: {divergence}");
                changed += 1;
            }
        }
    }
    assert!(changed > 500, "{changed} places");
}

/// A history of one scene in which this was replaced by that.
fn changed(scene: &str, this: &str, that: &str) -> Result<(), Divergence> {
    let text = SCENES.iter().find(|it| it.name == scene).unwrap().record();
    assert!(text.contains(this), "{scene} has no {this}");
    replay(&text.replacen(this, that, 1)).map(drop)
}

/// What a store answers that has a defect.
const FAILED: &str =
    r#""result":{"Err":{"kind":"INTERNAL_ERROR","operation":"x","message":"y","facts":{}}}"#;

/// A batch that decides otherwise: here because its plan, its vendors or its world are others.
#[test]
fn p075_a_step_that_decides_otherwise_is_noticed() {
    // method: exhaustive
    let what = "commands something else";
    let unreadable = "cannot be read";
    for (scene, this, that, said) in [
        // Another order, another price, another limit.
        ("waterfall", r#"["hunter","apollo"]"#, r#"["apollo","hunter"]"#, what),
        ("waterfall", r#""credits":2000"#, r#""credits":2001"#, what),
        ("windows", r#""max":1"#, r#""max":2"#, what),
        ("budget", r#""units":{"hunter":"1"}"#, r#""units":{"hunter":"2"}"#, what),
        ("lost_provider", r#""on_provider_lost":"pause""#, r#""on_provider_lost":"next""#, what),
        // Another way of going about it.
        ("waterfall", r#""in_flight":64"#, r#""in_flight":1"#, what),
        ("waterfall", r#""seed":[1,"#, r#""seed":[2,"#, what),
        ("task", r#""park_beyond":5000000000"#, r#""park_beyond":50000000000"#, what),
        // Another answer.
        ("waterfall", r#""All":{"outcome":"Miss"}"#, r#""All":{"outcome":"Unknown"}"#, what),
        ("cache", r#""result":{"Ok":[null]}"#, FAILED, what),
        // Another base.
        ("sample", r#""outcome":"miss""#, r#""outcome":"transient""#, what),
        ("sample", r#"[[0,{"cells""#, r#"[[2,{"cells""#, what),
        ("judged_again", r#""program":0,"records":[["#, r#""program":1,"records":[["#, what),
        ("sample", r#""program":0,"records":[["#, r#""program":7,"records":[["#, unreadable),
        // What this release does not know.
        ("waterfall", r#""event":"Tick""#, r#""event":"Tock""#, unreadable),
        ("waterfall", r#""in_flight":64"#, r#""in_flight":64,"in_time":1"#, unreadable),
        ("waterfall", r#""in_flight":64,"#, "", unreadable),
        ("waterfall", r#"{"morket_history":1"#, r#"{"morket_history":2"#, "form 2"),
        ("waterfall", r#"{"morket_history":1"#, r#"{"history":1"#, unreadable),
        ("twins", r#"{"Told":{"ask":0,"#, r#"{"Told":{"ask":9,"#, "nobody told it this"),
    ] {
        let divergence = changed(scene, this, that).expect_err(&format!("{scene}: {that}"));
        assert!(divergence.to_string().contains(said), "{scene}: {that}: {divergence}");
    }
    assert!(replay("").is_err());
}

#[test]
fn p075_a_divergence_says_where_what_was_expected_and_what_came() {
    let divergence = changed("waterfall", r#""credits":2000"#, r#""credits":2500"#).unwrap_err();
    let told = "line 3: batch 1 is taken up, and commands something else\n  \
                at       /0/Fund/prices/0\n  expected 4000\n  came     4500";
    assert_eq!(divergence.to_string(), told);
}

#[test]
fn p075_what_is_absent_is_left_out_so_that_something_new_may_be() {
    // method: exhaustive
    for line in lines() {
        let mut places = Vec::new();
        let commands = line.pointer("/Step/commands");
        commands.into_iter().for_each(|it| leaves(it, "", &mut places));
        // What the store keeps and never reads is written as it is kept.
        let ours = |it: &&String| {
            !["/detail/", "/answer/", "/payload/", "/value"].iter().any(|kept| it.contains(kept))
        };
        for place in places.iter().filter(ours) {
            let value = line["Step"]["commands"].pointer(place).unwrap();
            assert!(!absent(value), "{place} is {value}");
        }
    }
}

fn absent(value: &Value) -> bool {
    *value == Value::Null || *value == json!(false) || *value == json!([])
}

#[test]
fn p075_no_history_holds_the_key_of_fingerprints() {
    // method: model
    let bytes = KEY.expose();
    let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
    let secrets = [hex, serde_json::to_string(bytes).unwrap()];
    let scenes = SCENES.iter().map(|it| it.record());
    let runs = (1..=10).map(|seed| recorded(Options::seed(seed)).1);
    for text in scenes.chain(runs) {
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret}");
        }
    }
}
