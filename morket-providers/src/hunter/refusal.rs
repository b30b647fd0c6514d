//! How Hunter says no. Its 403 is a throttle and its 429 an empty account.

use super::{COMPANY, PERSON};
use crate::kit::{retry_after, says};
use morket_core::{
    http::HttpResponse,
    provider::{Operation, Outcome},
};
use serde_json::Value;
use std::time::Duration;

/// What a refusal comes to; `None` when it is none.
pub(super) fn read(operation: &Operation, answer: &HttpResponse, body: &Value) -> Option<Outcome> {
    let errors = &body["errors"];
    let throttled =
        Outcome::RateLimited { retry_after: retry_after(answer).or(Some(Duration::from_secs(1))) };
    Some(match answer.status {
        400 | 422 => Outcome::InvalidInput,
        401 => Outcome::AuthFailed,
        403 => throttled,
        // Believed only with Hunter's own body: a wrong address answers 404 to everything, and a
        // miss is remembered.
        404 if finds(operation) && errors.is_array() => Outcome::Miss,
        429 if says(errors, &["per second", "per minute", "rate limit", "too fast"]) => throttled,
        // Else the documented reading: the month's allowance is used up. Should it have been a
        // throttle after all, the free account call shows credits and the work goes on.
        429 => Outcome::OutOfCredits,
        451 => Outcome::LegalBlock,
        // Credits are for addresses found; an error has none.
        500.. => Outcome::Transient,
        _ => return None,
    })
}

fn finds(operation: &Operation) -> bool {
    matches!(operation.name.as_str(), PERSON | COMPANY)
}
