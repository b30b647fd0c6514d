//! MillionVerifier: whether an address receives mail. A bad key looks like a verdict.

use crate::kit::{json, retry_after, says, server_error, unknown_operation, verdict, verifier};
use morket_core::{
    Result,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Operation, Outcome, Parsed, Provider},
};
use serde_json::Value;

/// MillionVerifier.
#[derive(Clone, Debug)]
pub struct MillionVerifier {
    manifest: Manifest,
}

impl MillionVerifier {
    /// As it is offered today.
    pub fn new() -> Self {
        let base = "https://api.millionverifier.com/api/v3";
        Self { manifest: verifier("millionverifier", "MillionVerifier", base, Vec::new()) }
    }
}

impl Default for MillionVerifier {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for MillionVerifier {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        if ask.operation.name != "verify" {
            return Err(unknown_operation(ask.operation));
        }
        let request = HttpRequest::get(format!("{}/", ask.base_url));
        let request = request.query("email", ask.record().required("email")?);
        Ok(request.query("timeout", "10").secret_query("api", ask.key()?))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        let outcome = match answer.status {
            200 => refused(&body).unwrap_or_else(|| read(ask.operation, &body)),
            401 => Outcome::AuthFailed,
            429 => Outcome::RateLimited { retry_after: retry_after(answer) },
            other => server_error(other),
        };
        outcome.into()
    }
}

/// The text in `error` comes before the result, or a bad key would read as a verdict.
fn refused(body: &Value) -> Option<Outcome> {
    let error = &body["error"];
    if body["resultcode"] == 4 || says(error, &["apikey", "api key"]) {
        return Some(Outcome::AuthFailed);
    }
    match error {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        error if says(error, &["credit"]) => Some(Outcome::OutOfCredits),
        _ => Some(Outcome::Unknown),
    }
}

fn read(operation: &Operation, body: &Value) -> Outcome {
    match body["result"].as_str().map(str::trim) {
        Some("ok") => verdict(operation, "valid", body),
        Some("invalid") => verdict(operation, "invalid", body),
        Some("catch_all") => verdict(operation, "accept_all", body),
        None | Some("") => Outcome::Unknown,
        // `disposable` is a kind of address; `error` without a text, a verdict that failed.
        Some(_) => verdict(operation, "unknown", body),
    }
}
