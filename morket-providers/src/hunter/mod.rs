//! Hunter.io: e-mail finder and verifier, people and companies.

mod enrich;
mod finder;
mod manifest;
mod refusal;
mod verifier;

use crate::kit::{json, milli_units, unknown_operation};
use morket_core::{
    Result, Secret,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Outcome, Parsed, Provider, Standing},
};
use serde_json::Value;

const FINDER: &str = "email_finder";
const VERIFIER: &str = "email_verifier";
const PERSON: &str = "person_find";
const COMPANY: &str = "company_find";

/// Hunter.io.
#[derive(Clone, Debug)]
pub struct Hunter {
    manifest: Manifest,
}

impl Hunter {
    /// As it is offered today.
    pub fn new() -> Self {
        Self { manifest: manifest::manifest() }
    }
}

impl Default for Hunter {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Hunter {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let request = match ask.operation.name.as_str() {
            FINDER => finder::request(ask)?,
            VERIFIER => verifier::request(ask)?,
            PERSON => enrich::person(ask)?,
            COMPANY => enrich::company(ask)?,
            _ => return Err(unknown_operation(ask.operation)),
        };
        // A header keeps the key out of every log of URLs.
        Ok(request.secret_header("x-api-key", ask.key()?))
    }

    /// The same question again: Hunter has no task id, and bills the verification once.
    fn poll(&self, ask: &Ask<'_>, _task: &str) -> Result<HttpRequest> {
        if ask.operation.name == VERIFIER {
            self.request(ask)
        } else {
            Err(unknown_operation(ask.operation))
        }
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        if let Some(refused) = refusal::read(ask.operation, answer, &body) {
            return refused.into();
        }
        let data = body.get("data").filter(|data| data.is_object());
        match (ask.operation.name.as_str(), answer.status, data) {
            (VERIFIER, ..) => verifier::parse(ask.operation, answer.status, data),
            (FINDER, 200, Some(data)) => finder::parse(ask.operation, data).into(),
            (PERSON, 200, Some(data)) => enrich::read_person(ask.operation, data).into(),
            (COMPANY, 200, Some(data)) => enrich::read_company(ask.operation, data).into(),
            _ => Outcome::Unknown.into(),
        }
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(format!("{base_url}/account"));
        Some(request.secret_header("x-api-key", key).free())
    }

    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let body = json(answer).unwrap_or(Value::Null);
        let text = |pointer| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let units = |name: &str| {
            let number = body.pointer(&format!("/data/requests/credits/{name}"))?;
            milli_units(&number.as_number()?.to_string())
        };
        // `available` is the whole allowance, and `used` can be fractional.
        let left = units("available").zip(units("used")).and_then(|(of, used)| of.minus(used).ok());
        Standing {
            key_works: match answer.status {
                200 if body.get("data").is_some_and(Value::is_object) => Some(true),
                401 => Some(false),
                _ => None,
            },
            plan: text("/data/plan_name"),
            left: left.map(|it| it.max(morket_core::VendorUnits::ZERO)),
            resets: text("/data/reset_date"),
        }
    }
}
