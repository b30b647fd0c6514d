//! Words that vendors put where they have nothing: whoever says them, and wherever, no cell has
//! them.

use super::{
    common::{fixture, fixtures, with_ask},
    generic::acme,
};
use morket_core::{
    accept::screen,
    field::Catalogue,
    http::HttpResponse,
    provider::{Outcome, Provider, Verdicts},
};
use morket_providers::builtin;
use morket_testkit::provider::inputs_for;
use serde_json::Value;
use std::sync::Arc;

/// What stands for nothing, in texts; the last two in addresses alone.
const WORDS: &[&str] = &[
    "N/A",
    "n/a",
    "unknown",
    "Unknown",
    "undefined",
    "null",
    "none",
    "not_found",
    "Not Found",
    "not available",
    "-",
    "--",
    "*****",
    "Ex***e",
    "j***@example.com",
    "email_not_unlocked@domain.com",
    "sample response",
    "unlock full access",
    "REDACTED FOR PRIVACY",
    "example@example.com",
    "test@test.com",
];

/// Put the word into every text of a body.
fn fill(body: &mut Value, word: &str) {
    match body {
        Value::String(text) => *text = word.to_owned(),
        Value::Array(items) => items.iter_mut().for_each(|it| fill(it, word)),
        Value::Object(map) => map.values_mut().for_each(|it| fill(it, word)),
        _ => {}
    }
}

/// The same; for some words also in one text after the other, the others left as they are.
fn filled(body: &Value, word: &str) -> Vec<Value> {
    let mut places = Vec::new();
    texts(body, "", &mut places);
    let alone = ["N/A", "unknown", "example@example.com"].contains(&word);
    let mut all: Vec<Value> = places
        .iter()
        .filter(|_| alone)
        .map(|place| {
            let mut one = body.clone();
            *one.pointer_mut(place).unwrap() = word.into();
            one
        })
        .collect();
    let mut whole = body.clone();
    fill(&mut whole, word);
    all.push(whole);
    all
}

fn texts(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, it)| texts(it, &format!("{at}/{i}"), found));
        }
        Value::Object(map) => map.iter().for_each(|(name, it)| {
            let name = name.replace('~', "~0").replace('/', "~1");
            texts(it, &format!("{at}/{name}"), found);
        }),
        _ => {}
    }
}

/// The values that the engine would look at.
fn clean_values(provider: &dyn Provider, operation: &str, answer: &HttpResponse) -> Vec<String> {
    let wanted = provider.manifest().operation(operation).unwrap();
    let records = [inputs_for(&wanted.inputs[0])];
    let parsed = with_ask(provider, operation, &records, |ask| provider.parse(ask, answer));
    let outcomes = match parsed.verdicts {
        Verdicts::All(outcome) => vec![outcome],
        Verdicts::Each(outcomes) => outcomes,
    };
    let mut values = Vec::new();
    for outcome in outcomes {
        let Outcome::Answer(answer) = outcome else { continue };
        let (clean, _) = screen(&answer, &wanted.outputs, Catalogue::standard());
        // A verdict may well be `unknown`.
        let clean = clean.into_iter().filter(|it| it.field.as_str() != "email_status");
        values.extend(clean.map(|it| format!("{} = {}", it.field, it.value)));
    }
    values
}

/// Whether a value is the word, or was made of it.
fn holds(value: &str, word: &str) -> bool {
    let (value, word) = (value.to_lowercase(), word.to_lowercase());
    let (field, inner) = value.split_once(" = ").unwrap_or_default();
    let inner = inner.trim_matches(['"', '[', ']']);
    // An address may well stand in a description; what is no one's may not stand as one's own.
    if word.contains('@') && !word.contains('*') && !field.contains("email") {
        return false;
    }
    inner == word || (word.len() > 2 && inner.ends_with(&format!("/{word}")))
}

#[test]
fn p023_no_cell_holds_what_stands_for_nothing() {
    // method: exhaustive
    let described: Arc<dyn Provider> = Arc::new(acme());
    let built_in = builtin();
    let named = built_in.iter().filter(|it| !it.guesses()).cloned();
    let mut wrong = Vec::new();
    for provider in named.chain([described]) {
        let slug = provider.manifest().slug.as_str();
        let folder = if slug == "acme" { "generic" } else { slug };
        let bodies = fixtures(folder).into_iter().map(|name| fixture(&name));
        for answer in bodies.filter(|it| it.status == 200) {
            let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { continue };
            for (word, body) in WORDS
                .iter()
                .flat_map(|word| filled(&body, word).into_iter().map(move |body| (*word, body)))
            {
                let spoilt = HttpResponse { body: body.to_string().into_bytes(), ..answer.clone() };
                for operation in &provider.manifest().operations {
                    let values = clean_values(provider.as_ref(), &operation.name, &spoilt);
                    let bad = values.into_iter().filter(|it| holds(it, word));
                    wrong.extend(bad.map(|it| format!("{slug} {}: {it}", operation.name)));
                }
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
