//! What a status and a body come to, for a call or for one entry of a bulk.

use super::{COMPANY, company, person};
use crate::kit::retry_after;
use morket_core::{
    http::HttpResponse,
    provider::{Operation, Outcome},
};
use serde_json::Value;

/// `answer` is there when the status is the call's own, so that its headers speak for it.
pub(super) fn read(
    operation: &Operation,
    status: u16,
    answer: Option<&HttpResponse>,
    body: &Value,
) -> Outcome {
    match status {
        200 => found(operation, body),
        400 => Outcome::InvalidInput,
        401 => Outcome::AuthFailed,
        402 => Outcome::OutOfCredits,
        // Only with the vendor's own body: a wrong address answers 404 to everything.
        404 if says_not_found(body) => Outcome::Miss,
        429 => Outcome::RateLimited { retry_after: answer.and_then(retry_after) },
        // Only a 200 is billed.
        500..600 => Outcome::Transient,
        _ => Outcome::Unknown,
    }
}

fn found(operation: &Operation, body: &Value) -> Outcome {
    let likelihood = body["likelihood"].as_u64().and_then(|it| u8::try_from(it).ok());
    // One to ten; the engine counts in percent.
    let confidence = likelihood.filter(|it| *it <= 10).map(|it| it * 10);
    let reading = match (operation.name.as_str(), body.get("data")) {
        (COMPANY, _) if body.get("name").is_some_and(|it| !it.is_null()) => company::read(body),
        (COMPANY, _) => return Outcome::Unknown,
        (_, Some(data)) if data.is_object() => person::read(data),
        _ => return Outcome::Unknown,
    };
    reading.outcome(operation, confidence)
}

/// `type` is a text or a list of them.
fn says_not_found(body: &Value) -> bool {
    let kind = &body["error"]["type"];
    kind == "not_found" || kind.as_array().is_some_and(|it| it.iter().any(|it| it == "not_found"))
}
