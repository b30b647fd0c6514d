//! NeverBounce: whether an address receives mail. Every refusal of its own is a 200.

use crate::kit::{json, retry_after, says, server_error, unknown_operation, verdict, verifier};
use morket_core::{
    Result,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Operation, Outcome, Parsed, Provider},
};
use serde_json::Value;

/// NeverBounce.
#[derive(Clone, Debug)]
pub struct NeverBounce {
    manifest: Manifest,
}

impl NeverBounce {
    /// As it is offered today.
    pub fn new() -> Self {
        let base = "https://api.neverbounce.com/v4.2";
        Self { manifest: verifier("neverbounce", "NeverBounce", base, Vec::new()) }
    }
}

impl Default for NeverBounce {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for NeverBounce {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        if ask.operation.name != "verify" {
            return Err(unknown_operation(ask.operation));
        }
        let request = HttpRequest::get(format!("{}/single/check", ask.base_url));
        let request = request.query("email", ask.record().required("email")?);
        Ok(request.query("timeout", "10").secret_query("key", ask.key()?))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        let throttled = Outcome::RateLimited { retry_after: retry_after(answer) };
        let outcome = match (answer.status, body["status"].as_str()) {
            (200, Some("success")) => read(ask.operation, &body),
            (200, Some("auth_failure" | "bad_referrer")) => Outcome::AuthFailed,
            (200, Some("throttle_triggered")) => throttled,
            (200, Some("temp_unavail")) => Outcome::Transient,
            // An empty account has no status of its own.
            (200, Some(_)) if says(&body["message"], &["credit", "balance"]) => {
                Outcome::OutOfCredits
            }
            (401, _) => Outcome::AuthFailed,
            (429, _) => throttled,
            (other, _) => server_error(other),
        };
        outcome.into()
    }
}

fn read(operation: &Operation, body: &Value) -> Outcome {
    match body["result"].as_str().map(str::trim) {
        Some("valid") => verdict(operation, "valid", body),
        Some("invalid") => verdict(operation, "invalid", body),
        Some("catchall") => verdict(operation, "accept_all", body),
        None | Some("") => Outcome::Unknown,
        // `disposable` is a kind of address, not a verdict on this one.
        Some(_) => verdict(operation, "unknown", body),
    }
}
