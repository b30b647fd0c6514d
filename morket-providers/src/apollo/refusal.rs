//! How Apollo says no. Some of it is plain text, and an empty account has no shape of its own.

use crate::kit::{retry_after, says, server_error};
use morket_core::{http::HttpResponse, provider::Outcome};
use serde_json::Value;

pub(super) fn read(answer: &HttpResponse) -> Outcome {
    let text = Value::from(String::from_utf8_lossy(&answer.body).into_owned());
    let no_credits = says(&text, &["credit"]);
    match answer.status {
        400 => Outcome::InvalidInput,
        401 => Outcome::AuthFailed,
        402 => Outcome::OutOfCredits,
        403 | 422 if no_credits => Outcome::OutOfCredits,
        // The key is good and lacks the scope, or its plan the endpoint.
        403 => Outcome::PlanLacks,
        422 => Outcome::InvalidInput,
        429 => Outcome::RateLimited { retry_after: retry_after(answer) },
        other => server_error(other),
    }
}
