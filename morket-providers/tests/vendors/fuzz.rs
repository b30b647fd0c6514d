//! Fixtures bent out of shape, and bytes from nowhere: no panic, nothing undeclared, no stand-in.

use super::{
    common::{fixture, fixtures, with_ask},
    generic::acme,
};
use morket_core::{http::HttpResponse, provider::Provider};
use morket_providers::{builtin, manifest::parse};
use morket_testkit::provider::{inputs_for, problems_of};
use proptest::{prelude::*, sample::Index, test_runner::TestRunner};
use serde_json::{Value, json};
use std::sync::Arc;

/// One way to bend a body.
#[derive(Clone, Debug)]
struct Bend {
    /// Which of its parts.
    at: Index,
    /// What happens to it.
    how: How,
}

#[derive(Clone, Debug)]
enum How {
    Replace(Value),
    Remove,
    Wrap(u8),
    Repeat,
}

fn nasty() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        (10_usize..20_000).prop_map(|length| "x".repeat(length).into()),
        prop::sample::select(
            &["", "N/A", "*****", "email_not_unlocked@domain.com", "\u{0}", "0"][..]
        )
        .prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[{"email": {"email": []}}], null, true])),
        Just(json!({"type": ["not_found"], "error": {"error": false}, "row": -1})),
    ]
}

fn bend() -> impl Strategy<Value = Bend> {
    let how = prop_oneof![
        4 => nasty().prop_map(How::Replace),
        2 => Just(How::Remove),
        1 => (1_u8..120).prop_map(How::Wrap),
        1 => Just(How::Repeat),
    ];
    (any::<Index>(), how).prop_map(|(at, how)| Bend { at, how })
}

/// Every place in a body, as a pointer.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, it)| places(it, &format!("{at}/{i}"), found));
        }
        Value::Object(map) => map.iter().for_each(|(name, it)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            places(it, &format!("{at}/{name}"), found);
        }),
        _ => {}
    }
}

fn apply(body: &mut Value, bend: &Bend) {
    let mut found = Vec::new();
    places(body, "", &mut found);
    let place = &found[bend.at.index(found.len())];
    let Some(target) = body.pointer_mut(place) else { return };
    match &bend.how {
        How::Replace(value) => *target = value.clone(),
        How::Wrap(levels) => {
            for level in 0..*levels {
                let inner = target.take();
                *target = if level % 2 == 0 { json!([inner]) } else { json!({"data": inner}) };
            }
        }
        How::Repeat => *target = Value::Array(vec![target.clone(); 3]),
        How::Remove => {
            let (parent, name) = place.rsplit_once('/').unwrap_or(("", ""));
            match body.pointer_mut(parent) {
                Some(Value::Object(map)) => drop(map.remove(name)),
                Some(Value::Array(items)) => drop(items.pop()),
                _ => *body = Value::Null,
            }
        }
    }
}

/// The same for a page: cut short, a piece doubled, a mark put where it does not belong.
fn tear(page: &mut Vec<u8>, bend: &Bend) {
    let at = bend.at.index(page.len() + 1);
    match &bend.how {
        How::Remove => page.truncate(at),
        How::Repeat => page.extend_from_within(at..),
        How::Wrap(mark) => page.insert(at, b"<>\"'&;=/\xff"[usize::from(*mark) % 9]),
        How::Replace(value) => {
            page.splice(at..at, value.to_string().into_bytes());
        }
    }
}

/// A provider, one of its operations, and where its fixtures lie.
pub(crate) type Target = (Arc<dyn Provider>, String, String);

/// A vendor of a manifest that uses every transform, reads records of a bulk answer, and waits.
const MANIFEST: &str = r#"
slug = "gamma"
name = "Gamma"
base_url = "https://api.gamma.example"
as_of = "2026-11-21"

[[operation]]
name = "find"
kind = "person"
inputs = [["full_name", "company_domain"]]
billing = { answer = "1", told = "$.score" }
confidence = "$.score"
gated = true
request = { path = "/{{ company_domain }}", query = { name = "{{ full_name }}" } }
poll = { path = "/tasks/{{ @task }}" }
identity = { full_name = { at = "$.contact.name", regex = "^[^,]+" } }

[operation.output]
email = ["$.contact.mails[?kind='work'].mail", "$.contact.mail"]
email_status = { at = "$.contact.state", map = { deliverable = "valid", true = "accept_all" } }
first_name = { at = "$.contact.name", split = " ", part = 0 }
technologies = "$.contact.tags"
employee_count = ["$.contact.heads", "$.contact[*].heads"]
title = { value = "Known", at = "$[?ok=true]" }

[[operation.outcome]]
status = "2xx"
at = "$.message"
matches = "(?i)wait|quota"
then = "pending"
task = "$.message"

[[operation]]
name = "many"
kind = "person"
inputs = [["email"]]
billing = { answer = "1" }
bulk = { max = 3, answers = "$.contact.tags", key = "$", input = "email" }
output = { full_name = "$.name", phone = "$.mail" }

[operation.request]
path = "/bulk"
json = { all = { "$each" = { mail = "{{ email }}" } } }

[[operation.outcome]]
each = true
exists = true
billed = "0.5"
then = "answer"
"#;

/// Every operation of every built-in provider, and of two that are described.
pub(crate) fn targets() -> Vec<Target> {
    let described: Arc<dyn Provider> = Arc::new(acme());
    let of_file: Arc<dyn Provider> = Arc::new(parse(MANIFEST).unwrap());
    let built_in = builtin();
    let named = built_in.iter().map(|it| (Arc::clone(it), it.manifest().slug.to_string()));
    // Who asks nobody is answered by nobody.
    let named = named.filter(|(it, _)| !it.guesses());
    let all = named.chain([described, of_file].map(|it| (it, "generic".to_owned())));
    let of_each = |(provider, folder): (Arc<dyn Provider>, String)| {
        let names = provider.manifest().operations.iter().map(|it| it.name.clone());
        let names: Vec<_> = names.collect();
        names.into_iter().map(move |name| (Arc::clone(&provider), name, folder.clone()))
    };
    all.flat_map(of_each).collect()
}

/// What must hold of anything read from anything.
fn judge(provider: &dyn Provider, operation: &str, answer: &HttpResponse) -> Vec<String> {
    let wanted = provider.manifest().operation(operation).unwrap();
    let record = inputs_for(&wanted.inputs[0]);
    let records = vec![record; usize::try_from(wanted.bulk.min(3)).unwrap()];
    with_ask(provider, operation, &records, |ask| {
        let lead = provider.follow(ask, ask.base_url, answer);
        let away = lead.filter(|it| it.is_paid()).map(|_| "leads on to what costs".to_owned());
        away.into_iter().chain(problems_of(ask, &provider.parse(ask, answer))).collect()
    })
}

/// A recorded answer of this vendor, bent; one in four with another status.
fn bent(vendor: &str) -> impl Strategy<Value = HttpResponse> + use<> {
    let statuses = prop_oneof![3 => Just(None), 1 => (100_u16..600).prop_map(Some)];
    let recorded = prop::sample::select(fixtures(vendor));
    (recorded, prop::collection::vec(bend(), 0..5), statuses).prop_map(|(name, bends, status)| {
        let mut answer = fixture(&name);
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(mut body) => {
                bends.iter().for_each(|bend| apply(&mut body, bend));
                answer.body = body.to_string().into_bytes();
            }
            Err(_) => bends.iter().for_each(|bend| tear(&mut answer.body, bend)),
        }
        answer.status = status.unwrap_or(answer.status);
        answer
    })
}

fn any_answer() -> impl Strategy<Value = HttpResponse> {
    (any::<u16>(), prop::collection::vec(any::<u8>(), 0..200))
        .prop_map(|(status, body)| HttpResponse::new(status, body))
}

/// Each operation is drawn about as often as a test of its own would run.
fn runner(targets: usize) -> TestRunner {
    let each = ProptestConfig::default().cases;
    let cases = each.saturating_mul(u32::try_from(targets).unwrap());
    TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..Default::default() })
}

#[test]
fn p024_whatever_is_answered_only_declared_fields_of_their_type_come_out() {
    // method: property
    let targets = targets();
    let drawn = (0..targets.len()).prop_flat_map({
        let folders: Vec<_> = targets.iter().map(|(.., folder)| folder.clone()).collect();
        move |at| (Just(at), prop_oneof![9 => bent(&folders[at]), 1 => any_answer()])
    });
    let judged = runner(targets.len()).run(&drawn, |(at, answer)| {
        let (provider, operation, folder) = &targets[at];
        let problems = judge(provider.as_ref(), operation, &answer);
        prop_assert!(problems.is_empty(), "{folder} {operation}: {problems:?}");
        Ok(())
    });
    judged.unwrap();
}
