//! Prospeo: people with verified addresses, their mobile numbers, and fifty people at a time.

mod bulk;
mod limits;
mod manifest;
mod person;
mod refusal;

use crate::kit::{json, milli_units, unknown_operation};
use morket_core::{
    Result, Secret, VendorUnits,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Outcome, Parsed, Provider, Standing, Verdicts},
};
use serde_json::Value;

const PERSON: &str = "person_enrich";
const MOBILE: &str = "person_mobile";
const BULK: &str = "person_bulk";

/// Prospeo.
#[derive(Clone, Debug)]
pub struct Prospeo {
    manifest: Manifest,
}

impl Prospeo {
    /// As it is offered today.
    pub fn new() -> Self {
        Self { manifest: manifest::manifest() }
    }
}

impl Default for Prospeo {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Prospeo {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let request = match ask.operation.name.as_str() {
            PERSON | MOBILE => person::request(ask)?,
            BULK => bulk::request(ask)?,
            _ => return Err(unknown_operation(ask.operation)),
        };
        Ok(request.secret_header("x-key", ask.key()?))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        let (verdicts, billed) = match refusal::read(answer, &body) {
            Some(refused) => (Verdicts::All(refused), None),
            None if ask.operation.name == BULK => bulk::parse(ask, &body),
            None => {
                let free = body["free_enrichment"] == true;
                let outcome = person::read(ask.operation, &body);
                let known = !matches!(outcome, Outcome::Unknown);
                (Verdicts::All(outcome), (free && known).then_some(VendorUnits::ZERO))
            }
        };
        Parsed { verdicts, billed, limits: limits::read(answer) }
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(format!("{base_url}/account-information"));
        Some(request.secret_header("x-key", key).free())
    }

    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let body = json(answer).unwrap_or(Value::Null);
        let response = &body["response"];
        let text = |name: &str| response[name].as_str().map(str::to_owned);
        let left = response["remaining_credits"].as_number();
        Standing {
            key_works: match answer.status {
                200 if body["error"] == false => Some(true),
                401 => Some(false),
                _ => None,
            },
            plan: text("current_plan"),
            left: left.and_then(|it| milli_units(&it.to_string())),
            resets: text("next_quota_renewal_date"),
        }
    }
}
