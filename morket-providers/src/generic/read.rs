//! From an answer to an outcome: the rules, then the status, then the fields.

use super::{Endpoint, Output};
use crate::kit::{Reading, Take, json, retry_after};
use morket_core::{
    http::HttpResponse,
    provider::{Operation, Outcome},
};
use serde_json::Value;

const STATUSES: [&str; 6] = ["valid", "accept_all", "guessed", "unverified", "invalid", "unknown"];

pub(super) fn read(endpoint: &Endpoint, operation: &Operation, answer: &HttpResponse) -> Outcome {
    let body = json(answer).unwrap_or(Value::Null);
    let wait = retry_after(answer);
    if let Some(rule) = endpoint.rules.iter().find(|rule| rule.holds(answer.status, &body)) {
        return rule.then.outcome(wait);
    }
    match answer.status {
        200..300 => fields(endpoint, operation, &body),
        400 | 422 => Outcome::InvalidInput,
        401 | 403 => Outcome::AuthFailed,
        402 => Outcome::OutOfCredits,
        429 => Outcome::RateLimited { retry_after: wait },
        451 => Outcome::LegalBlock,
        500..600 if operation.free || endpoint.unbilled_errors => Outcome::Transient,
        // A 404 too: of a vendor nobody has tried, a wrong path is as likely as a miss, and a miss
        // is remembered. Who knows better says so in a rule.
        _ => Outcome::Unknown,
    }
}

/// Nothing at any of the places is no miss: this may be a refusal that no rule names.
fn fields(endpoint: &Endpoint, operation: &Operation, body: &Value) -> Outcome {
    let places = endpoint.outputs.values().flat_map(|output| &output.at);
    if !places.into_iter().any(|pointer| body.pointer(pointer).is_some()) || body.is_null() {
        return Outcome::Unknown;
    }
    let mut reading = Reading::new();
    for (name, output) in &endpoint.outputs {
        let found = found(output, body);
        match name.as_str() {
            "email_status" => {}
            _ if output.words.is_empty() => reading.first(name.clone(), found, output.take),
            _ => {
                let meant: Vec<_> = found.map(|it| meaning(output, it)).collect();
                reading.first(name.clone(), &meant, output.take);
            }
        }
    }
    if let Some(needed) = &endpoint.only_with {
        reading = reading.only_with(needed.as_str());
    }
    let percent = endpoint.confidence.as_ref().and_then(|at| body.pointer(at)?.as_u64());
    let confidence = percent.and_then(|it| u8::try_from(it).ok()).filter(|it| *it <= 100);
    with_status(endpoint, reading, body).outcome(operation, confidence)
}

fn found<'v>(output: &'v Output, body: &'v Value) -> impl Iterator<Item = &'v Value> {
    output.at.iter().filter_map(|pointer| body.pointer(pointer))
}

/// What the vendor's word means. One that is not listed stays of a kind that nothing takes.
fn meaning(output: &Output, word: &Value) -> Value {
    let text = word.as_str().map_or_else(|| word.to_string(), str::to_owned);
    match output.words.get(text.trim()) {
        Some(meaning) => meaning.as_str().into(),
        None if word.is_null() => Value::Null,
        None => Value::Bool(false),
    }
}

/// How sure the address is: beside it where there is one to be found, alone for a verifier.
fn with_status(endpoint: &Endpoint, mut reading: Reading, body: &Value) -> Reading {
    let output = endpoint.outputs.iter().find(|(name, _)| name.as_str() == "email_status");
    let Some((name, output)) = output else { return reading };
    let told = found(output, body).find(|it| !it.is_null() && **it != "");
    let Some(told) = told else { return reading };
    let explained = !output.words.is_empty();
    if !(told.is_string() || (explained && (told.is_boolean() || told.is_number()))) {
        // No word at all: it spoils the field.
        reading.first(name.clone(), [told], Take::Text);
        return reading;
    }
    let meant = if explained { meaning(output, told) } else { told.clone() };
    let known = meant.as_str().map(str::trim).filter(|it| STATUSES.contains(it));
    // A word that nobody explained is no verdict.
    let status = known.unwrap_or("unknown");
    let finds = endpoint.outputs.keys().any(|name| name.as_str() == "email");
    if finds {
        return reading.email_status(status);
    }
    reading.put("email_status", status);
    reading
}
