//! Apollo.io: people, one by one or ten at a time, and companies.

mod company;
mod manifest;
mod person;
mod refusal;

use crate::kit::{json, milli_units, unknown_operation};
use morket_core::{
    Result, Secret,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, LimitHint, Manifest, Outcome, Parsed, Provider, Standing, Verdicts},
};
use serde_json::Value;
use std::time::Duration;

const PERSON: &str = "person_match";
const BULK: &str = "person_bulk";
const COMPANY: &str = "company_enrich";

/// Apollo.io.
#[derive(Clone, Debug)]
pub struct Apollo {
    manifest: Manifest,
}

impl Apollo {
    /// As it is offered today.
    pub fn new() -> Self {
        Self { manifest: manifest::manifest() }
    }
}

impl Default for Apollo {
    fn default() -> Self {
        Self::new()
    }
}

/// The key goes into the header and nowhere else: elsewhere it is refused.
fn with_key(request: HttpRequest, key: &Secret<String>) -> HttpRequest {
    let request = request.header("accept", "application/json").header("cache-control", "no-cache");
    request.secret_header("x-api-key", key)
}

impl Provider for Apollo {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let request = match ask.operation.name.as_str() {
            PERSON => person::request(ask)?,
            BULK => person::bulk_request(ask)?,
            COMPANY => company::request(ask)?,
            _ => return Err(unknown_operation(ask.operation)),
        };
        Ok(with_key(request, ask.key()?))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        let mut billed = None;
        let verdicts = match (answer.status, ask.operation.name.as_str()) {
            (200, BULK) => {
                let spent = body["credits_consumed"].as_number();
                billed = spent.and_then(|it| milli_units(&it.to_string()));
                person::read_all(ask.operation, ask.records.len(), &body["matches"])
            }
            (200, COMPANY) => Verdicts::All(company::read(ask.operation, &body)),
            (200, _) => Verdicts::All(person::read(ask.operation, body.get("person"))),
            _ => Verdicts::All(refusal::read(answer)),
        };
        Parsed { verdicts, billed, limits: limits(answer) }
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(format!("{base_url}/users/api_profile"));
        Some(with_key(request.query("include_credit_usage", "true"), key).free())
    }

    /// That a key works says nothing of its scope: enrichment may still be refused.
    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let object = json(answer).is_some_and(|body| body.is_object());
        let key_works = match answer.status {
            200 if object => Some(true),
            401 => Some(false),
            _ => None,
        };
        Standing { key_works, ..Standing::default() }
    }
}

/// An unlimited window sends an empty text: it says nothing.
fn limits(answer: &HttpResponse) -> Vec<LimitHint> {
    let windows = [
        (60, "x-rate-limit-minute", "x-minute-requests-left"),
        (3600, "x-rate-limit-hourly", "x-hourly-requests-left"),
        (24 * 3600, "x-rate-limit-24-hour", "x-24-hour-requests-left"),
    ];
    let number = |name| answer.header(name)?.trim().parse::<u32>().ok();
    let hints = windows.map(|(seconds, most, left)| LimitHint {
        per: Duration::from_secs(seconds),
        max: number(most),
        left: number(left),
        resets_in: None,
    });
    hints.into_iter().filter(|hint| hint.max.is_some() || hint.left.is_some()).collect()
}

/// An entry that is null is somebody whom the vendor does not know.
fn or_miss(entry: Option<&Value>, read: impl Fn(&Value) -> Outcome) -> Outcome {
    match entry {
        Some(Value::Null) => Outcome::Miss,
        Some(known @ Value::Object(_)) => read(known),
        _ => Outcome::Unknown,
    }
}
