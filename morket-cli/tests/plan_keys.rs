//! What editors are told of a plan is what a plan may hold: no key more, none less.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket::{
    accept::{CatchAll, EmailPolicy, Policy, Sure, Verify},
    field::{EmailStatus, Kind},
    name::FieldName,
    plan::{Budget, Existing, OnAmbiguous, OnLimit, OnLost, Plan, Waterfall},
};
use morket_cli::plan_keys::{KEYS, Shape, schema};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A plan in which every key is set. A key that is new does not compile here.
fn full() -> Plan {
    let email: FieldName = "email".parse().unwrap();
    let text = |it: &str| Some(it.to_owned());
    let policy = EmailPolicy {
        accept: vec![EmailStatus::Valid],
        catch_all: CatchAll::LastResort,
        verify: Verify::Always,
        max_verifications: 1,
    };
    let waterfall = Waterfall {
        steps: vec!["hunter".into()],
        verify: text("zerobounce"),
        email: Some(policy.clone()),
    };
    Plan {
        kind: Kind::Person,
        want: vec![email.clone()],
        waterfalls: [(email.clone(), waterfall)].into(),
        accept: Policy {
            identity: vec![Sure::Exact],
            changed_company: true,
            mix_groups: true,
            email: policy,
        },
        run_if: text("company_domain != null"),
        existing: [(email.clone(), Existing::Refresh)].into(),
        budget: Budget {
            job: text("1usd"),
            per_row: text("$0.12"),
            per_day: text("1.5 USD"),
            workspace: text("1usd"),
            units: [("hunter".parse().unwrap(), "500".to_owned())].into(),
        },
        prices: [("hunter".parse().unwrap(), "starter".to_owned())].into(),
        on_provider_lost: OnLost::Next,
        pause_limit: text("12h"),
        on_limit: OnLimit::Next,
        on_ambiguous: OnAmbiguous::Fail,
        charge_partial: true,
        max_age: [(email.clone(), "90d".to_owned())].into(),
        retry_misses: text("30d"),
        no_cache: true,
        map: [("Website".to_owned(), email)].into(),
    }
}

/// Names that the user chooses, by what they stand in.
const OPEN: &[&str] = &["waterfalls", "existing", "prices", "max_age", "map", "budget.units"];

fn paths(value: &Value, at: &str, out: &mut BTreeSet<String>) {
    let Some(members) = value.as_object() else {
        out.insert(at.to_owned());
        return;
    };
    for (name, value) in members {
        let name = if OPEN.contains(&at) { "*" } else { name };
        let dot = if at.is_empty() { "" } else { "." };
        paths(value, &format!("{at}{dot}{name}"), out);
    }
}

#[test]
fn every_key_is_known_and_no_other() {
    let mut there = BTreeSet::new();
    paths(&serde_json::to_value(full()).unwrap(), "", &mut there);
    let told: BTreeSet<String> = KEYS.iter().map(|it| it.path.to_owned()).collect();
    assert_eq!(told, there);
    assert_eq!(told.len(), KEYS.len(), "a key stands twice");
}

/// The full plan with this value at a key.
fn with(path: &str, new: Value) -> Value {
    let mut plan = serde_json::to_value(full()).unwrap();
    let mut here = &mut plan;
    for name in path.split('.') {
        here = match name {
            "*" => here.as_object_mut().unwrap().values_mut().next().unwrap(),
            name => &mut here[name],
        };
    }
    *here = new;
    plan
}

#[test]
fn what_the_schema_takes_a_plan_takes() {
    for key in KEYS {
        let values: Vec<Value> = match key.shape {
            Shape::OneOf(words) => words.iter().map(|it| json!(it)).collect(),
            Shape::SomeOf(words) => words.iter().map(|it| json!([it])).collect(),
            Shape::Texts => vec![json!(["email"])],
            Shape::Flag => vec![json!(false)],
            Shape::Byte => vec![json!(0), json!(255)],
            Shape::Text | Shape::Dollars | Shape::Units | Shape::Span => vec![json!("email")],
        };
        let read = |it| serde_json::from_value::<Plan>(with(key.path, it));
        for value in values {
            assert!(read(value.clone()).is_ok(), "{}: {value}", key.path);
        }
        for wrong in [json!(256), json!({ "a": 1 }), json!(["burn", 1])] {
            assert!(read(wrong.clone()).is_err(), "{}: {wrong}", key.path);
        }
        if let Shape::OneOf(_) = key.shape {
            assert!(read(json!("burn")).is_err(), "{}", key.path);
        }
    }
    let stranger = with("budget", json!({ "total": "1usd" }));
    assert!(serde_json::from_value::<Plan>(stranger).is_err());
}

#[test]
fn the_schema_names_every_key_and_closes_every_table() {
    let schema = schema();
    for key in KEYS {
        let mut here = &schema;
        for name in key.path.split('.') {
            assert!(here["additionalProperties"].is_object() == (name == "*"), "{}", key.path);
            here = match name {
                "*" => &here["additionalProperties"],
                name => &here["properties"][name],
            };
        }
        assert_eq!(here["description"], key.about, "{}", key.path);
    }
    assert_eq!(schema["required"], json!(["kind", "want"]));
}
