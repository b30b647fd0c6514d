//! ZeroBounce: whether addresses receive mail, one by one or a hundred at a time.

mod batch;
mod manifest;
mod verdict;

use crate::kit::{json, milli_units, retry_after, server_error, unknown_operation};
use morket_core::{
    Result, Secret, VendorUnits,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Outcome, Parsed, Provider, Standing},
};
use serde_json::Value;
use std::time::Duration;

const VALIDATE: &str = "validate";
const BATCH: &str = "validate_batch";

/// ZeroBounce.
#[derive(Clone, Debug)]
pub struct ZeroBounce {
    manifest: Manifest,
}

impl ZeroBounce {
    /// As it is offered today.
    pub fn new() -> Self {
        Self { manifest: manifest::manifest() }
    }
}

impl Default for ZeroBounce {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for ZeroBounce {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        match ask.operation.name.as_str() {
            VALIDATE => {
                let email = ask.record().required("email")?;
                let request = HttpRequest::get(format!("{}/validate", ask.base_url));
                // The address of a visitor is asked for too, and may be empty.
                let request = request.query("email", email).query("ip_address", "");
                Ok(request.secret_query("api_key", ask.key()?))
            }
            BATCH => batch::request(ask),
            _ => Err(unknown_operation(ask.operation)),
        }
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        if let Some(refused) = refused(answer, &body) {
            return refused.into();
        }
        if ask.operation.name == BATCH {
            return batch::parse(ask, &body);
        }
        let verdict::Priced { outcome, cost } = verdict::priced(ask.operation, &body);
        Parsed { billed: cost, ..outcome.into() }
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(format!("{base_url}/getcredits"));
        Some(request.secret_query("api_key", key).free())
    }

    /// The count comes as text, and minus one is a bad key.
    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let body = json(answer).unwrap_or(Value::Null);
        let credits = match body.get("Credits") {
            Some(Value::String(text)) if answer.status == 200 => text.trim().to_owned(),
            Some(Value::Number(number)) if answer.status == 200 => number.to_string(),
            _ => return Standing::default(),
        };
        let left: Option<VendorUnits> = milli_units(&credits);
        let key_works = if credits == "-1" { Some(false) } else { left.map(|_| true) };
        Standing { key_works, left, ..Standing::default() }
    }
}

/// Whoever calls too fast is shut out for a minute at least.
const SHUT_OUT: Duration = Duration::from_secs(60);

fn refused(answer: &HttpResponse, body: &Value) -> Option<Outcome> {
    let throttled = Outcome::RateLimited { retry_after: retry_after(answer).or(Some(SHUT_OUT)) };
    match answer.status {
        200 => body.get("error").and_then(verdict::refusal),
        400 | 422 => Some(Outcome::InvalidInput),
        401 => Some(Outcome::AuthFailed),
        // Their shield: it says nothing about the key.
        403 | 429 => Some(throttled),
        // Only verdicts are billed.
        other => Some(server_error(other)),
    }
}
