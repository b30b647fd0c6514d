//! What Findymail's answers say.

use super::{FINDER, PHONE, VERIFIER};
use crate::kit::{Pick, Reading, Take, json, retry_after, says, server_error, verdict};
use morket_core::{
    http::HttpResponse,
    provider::{Operation, Outcome},
};
use serde_json::Value;

pub(super) fn read(operation: &Operation, answer: &HttpResponse) -> Outcome {
    let body = json(answer).unwrap_or(Value::Null);
    let verifies = operation.name == VERIFIER;
    match answer.status {
        200 => match body.get("error") {
            Some(error) if says(error, &["credit"]) => Outcome::OutOfCredits,
            Some(error) if !error.is_null() => Outcome::Unknown,
            _ => found(operation, &body),
        },
        // The vendor's own words: a page is no miss. A verifier knows no 404.
        404 if body.is_object() && !verifies => Outcome::Miss,
        // 423 is a subscription that is paused.
        402 | 423 => Outcome::OutOfCredits,
        401 | 403 => Outcome::AuthFailed,
        422 => Outcome::InvalidInput,
        429 => Outcome::RateLimited { retry_after: retry_after(answer) },
        // What is found is billed; a verification is billed always.
        other if !verifies => server_error(other),
        _ => Outcome::Unknown,
    }
}

const CONTACT: &[Pick] = &[
    Pick::new("email", &["/email"], Take::Email),
    Pick::new("full_name", &["/name"], Take::Text),
    Pick::new("company_domain", &["/domain"], Take::Domain),
];

const NUMBER: &[Pick] = &[Pick::new("phone", &["/phone"], Take::Phone)];

fn found(operation: &Operation, body: &Value) -> Outcome {
    match (operation.name.as_str(), body.get("contact"), body.get("phone")) {
        (FINDER, Some(Value::Null), _) => Outcome::Miss,
        (FINDER, Some(Value::Array(none)), _) if none.is_empty() => Outcome::Miss,
        (FINDER, Some(contact @ Value::Object(_)), _) => {
            // What they find they have verified.
            let reading = Reading::new().rows(contact, CONTACT).only_with("email");
            reading.email_status("valid").outcome(operation, None)
        }
        (PHONE, _, Some(_)) => Reading::new().rows(body, NUMBER).outcome(operation, None),
        (VERIFIER, ..) => verified(operation, body),
        _ => Outcome::Unknown,
    }
}

fn verified(operation: &Operation, body: &Value) -> Outcome {
    match &body["verified"] {
        Value::Bool(true) => verdict(operation, "valid", body),
        Value::Bool(false) => verdict(operation, "invalid", body),
        _ => Outcome::Unknown,
    }
}
