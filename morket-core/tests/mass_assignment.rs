//! What can be read from outside takes the fields it names and no others: nobody gives itself a
//! role, a balance or another workspace by sending more than was asked for.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    accept::{EmailPolicy, Policy},
    identity::Attempts,
    job::{Counter, Counts, Spend, Waited},
    ledger::Recharge,
    plan::{Plan, Waterfall},
    provider::{Billing, Window},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, path::Path};

/// Reads a value; whether it was taken.
type Read = fn(Value) -> bool;

fn reads<T: DeserializeOwned>(value: Value) -> bool {
    serde_json::from_value::<T>(value).is_ok()
}

/// Every type with named fields that can be read, how, and from what.
fn readable() -> Vec<(&'static str, Read, Value)> {
    vec![
        ("Attempts", reads::<Attempts>, json!({"failures": [7]})),
        (
            "Counts",
            reads::<Counts>,
            json!({"total": 5, "success": 1, "failed": 1, "skipped": 1, "cancelled": 1}),
        ),
        ("Spend", reads::<Spend>, json!({"units": 4, "usd": null})),
        (
            "Counter",
            reads::<Counter>,
            json!({"scope": "job", "unit": "usd", "amount": 4, "limit": null}),
        ),
        ("Waited", reads::<Waited>, json!({"on": "hunter:auth", "since": null})),
        ("Recharge", reads::<Recharge>, json!({"threshold": 10, "amount": 50})),
        ("Plan", reads::<Plan>, json!({"kind": "person", "want": ["email"]})),
        ("Waterfall", reads::<Waterfall>, json!({"steps": ["hunter"]})),
        ("Policy", reads::<Policy>, json!({"mix_groups": true})),
        ("EmailPolicy", reads::<EmailPolicy>, json!({"catch_all": "accept"})),
        ("Billing", reads::<Billing>, json!({"answer": 1000, "miss": 0})),
        (
            "Window",
            reads::<Window>,
            json!({"max": 15, "per": {"secs": 1, "nanos": 0}, "scope": "credential"}),
        ),
    ]
}

/// Types that nobody outside can send, and why.
const INSIDE: &[(&str, &str)] = &[
    ("Answer", "a vendor's answer as we stored it; a later release may have stored more"),
    ("Returned", "part of an answer"),
    ("Budget", "refuses unknown fields too; its `workspace` is a ceiling"),
    ("Candidate", "part of a cell as we stored it; a later release may have stored more"),
    ("Detail", "part of a cell"),
    ("Awaited", "part of a cell"),
    ("Bought", "part of a cell"),
    ("Verified", "part of a cell"),
    ("Part", "part of a call as we stored it; refuses unknown fields too"),
    ("EmailFlags", "refuses unknown fields too; its `role` says what kind of mailbox it is"),
    ("SealedSecret", "a column of ours; refuses unknown fields too"),
    ("Attempt", "a column of ours; refuses unknown fields too"),
    ("Head", "an access token's head; private, and refuses unknown fields too"),
    ("Body", "an access token's claims, read after our signature; what is unknown has no effect"),
];

/// What somebody would try.
const EXTRA: &[&str] = &[
    "role",
    "roles",
    "workspace_id",
    "workspaceId",
    "workspace",
    "balance",
    "held",
    "credits",
    "owner",
    "user_id",
    "id",
    "is_admin",
    "metering",
    "created_at",
    "__proto__",
];

#[test]
fn p134_nothing_takes_more_fields_than_it_names() {
    // method: exhaustive
    for (name, read, whole) in readable() {
        assert!(read(whole.clone()), "{name}: {whole}");
        for extra in EXTRA {
            for value in [json!("owner"), json!(1_000_000), Value::Null] {
                let mut more = whole.clone();
                more[extra] = value;
                assert!(!read(more.clone()), "{name} took {more}");
            }
        }
    }
}

/// The names of structs with named fields that the sources make readable.
fn found(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found(&path, names);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("Deserialize") {
            let item = text[at..].split_once("struct ");
            // Between the derive and its own item stand attributes alone.
            let Some((_, item)) = item.filter(|(it, _)| !it.contains(['{', ';'])) else { continue };
            let name: String = item.chars().take_while(|it| it.is_alphanumeric()).collect();
            if item[name.len()..].trim_start().starts_with('{') {
                names.insert(name);
            }
        }
    }
}

#[test]
fn p134_every_type_that_can_be_read_is_looked_at() {
    // method: exhaustive
    let mut names = BTreeSet::new();
    found(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut names);
    let listed = readable().into_iter().map(|it| it.0).chain(INSIDE.iter().map(|it| it.0));
    assert_eq!(names, listed.map(str::to_owned).collect());
}
