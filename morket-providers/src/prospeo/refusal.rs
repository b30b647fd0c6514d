//! How Prospeo says no: a code in the body, which may come with any status, 200 included.

use crate::kit::retry_after;
use morket_core::{http::HttpResponse, provider::Outcome};
use serde_json::Value;

/// What a refusal comes to; `None` when the body is to be read.
pub(super) fn read(answer: &HttpResponse, body: &Value) -> Option<Outcome> {
    let throttled = Outcome::RateLimited { retry_after: retry_after(answer) };
    match body["error_code"].as_str() {
        Some("NO_MATCH" | "NO_RESULTS") => return Some(Outcome::Miss),
        Some("INSUFFICIENT_CREDITS") => return Some(Outcome::OutOfCredits),
        Some("INVALID_DATAPOINTS" | "INVALID_REQUEST" | "INVALID_FILTERS") => {
            return Some(Outcome::InvalidInput);
        }
        Some("INVALID_API_KEY") => return Some(Outcome::AuthFailed),
        Some("RATE_LIMITED") => return Some(throttled),
        Some("INTERNAL_ERROR") => return Some(Outcome::Transient),
        _ => {}
    }
    match answer.status {
        200 if body["error"] == false => None,
        401 => Some(Outcome::AuthFailed),
        429 => Some(throttled),
        // Only matches are billed.
        500..600 => Some(Outcome::Transient),
        // A code that is not documented: a 400 may be a miss, a bad input, an empty account.
        _ => Some(Outcome::Unknown),
    }
}
