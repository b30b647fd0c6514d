//! Bouncer: whether an address receives mail.

use crate::kit::{
    json, per_minute, retry_after, server_error, unknown_operation, verdict, verifier,
};
use morket_core::{
    Result,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Operation, Outcome, Parsed, Provider},
};
use serde_json::Value;

/// Bouncer.
#[derive(Clone, Debug)]
pub struct Bouncer {
    manifest: Manifest,
}

impl Bouncer {
    /// As it is offered today.
    pub fn new() -> Self {
        let base = "https://api.usebouncer.com/v1.1";
        Self { manifest: verifier("bouncer", "Bouncer", base, vec![per_minute(1000)]) }
    }
}

impl Default for Bouncer {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Bouncer {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        if ask.operation.name != "verify" {
            return Err(unknown_operation(ask.operation));
        }
        let request = HttpRequest::get(format!("{}/email/verify", ask.base_url));
        let request = request.query("email", ask.record().required("email")?);
        Ok(request.query("timeout", "10").secret_header("x-api-key", ask.key()?))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        let outcome = match answer.status {
            200 => read(ask.operation, &body),
            400 => Outcome::InvalidInput,
            401 | 403 => Outcome::AuthFailed,
            402 => Outcome::OutOfCredits,
            429 => Outcome::RateLimited { retry_after: retry_after(answer) },
            other => server_error(other),
        };
        outcome.into()
    }
}

fn read(operation: &Operation, body: &Value) -> Outcome {
    let reason = body["reason"].as_str();
    match body["status"].as_str().map(str::trim) {
        Some("deliverable") => verdict(operation, "valid", body),
        Some("undeliverable") => verdict(operation, "invalid", body),
        Some("risky") if reason == Some("low_deliverability") => {
            verdict(operation, "accept_all", body)
        }
        None | Some("") => Outcome::Unknown,
        // Another risk, or a server that wants to be asked later.
        Some(_) => verdict(operation, "unknown", body),
    }
}
