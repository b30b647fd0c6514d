//! People Data Labs: people, one by one or fifty at a time, and companies.

mod bulk;
mod company;
mod limits;
mod manifest;
mod person;
mod verdict;

use crate::kit::{json, milli_units, unknown_operation};
use morket_core::{
    Result, Secret, VendorUnits,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Outcome, Parsed, Provider, Standing, Verdicts},
};
use serde_json::Value;

const PERSON: &str = "person_enrich";
const BULK: &str = "person_bulk";
const COMPANY: &str = "company_enrich";

/// Matches below this are misses, and misses are free. The vendor's own default, 2, lets namesakes
/// through that would be paid for and then refused.
const MIN_LIKELIHOOD: u8 = 6;

/// People Data Labs.
#[derive(Clone, Debug)]
pub struct PeopleDataLabs {
    manifest: Manifest,
}

impl PeopleDataLabs {
    /// As it is offered today.
    pub fn new() -> Self {
        Self { manifest: manifest::manifest() }
    }
}

impl Default for PeopleDataLabs {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for PeopleDataLabs {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let request = match ask.operation.name.as_str() {
            PERSON => person::request(ask)?,
            BULK => bulk::request(ask)?,
            COMPANY => company::request(ask)?,
            _ => return Err(unknown_operation(ask.operation)),
        };
        Ok(request.secret_header("x-api-key", ask.key()?))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        let (http, operation) = (answer.status, ask.operation);
        let verdicts = match (operation.name.as_str(), &body) {
            (BULK, Value::Array(entries)) if http == 200 => {
                Verdicts::Each(bulk::parse(operation, ask.records.len(), entries))
            }
            // Fifty records and one object: whatever it is, it is no answer.
            (BULK, _) if http == 200 => Verdicts::All(Outcome::Unknown),
            _ => Verdicts::All(verdict::read(operation, http, Some(answer), &body)),
        };
        let spent = answer.header("x-call-credits-spent").and_then(milli_units);
        let billed = spent.or_else(|| withheld_but_billed(&verdicts));
        Parsed { verdicts, billed, limits: limits::read(answer) }
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(format!("{base_url}/person/enrich"));
        Some(request.secret_header("x-api-key", key).free())
    }

    /// A question without a person: refused as such when the key is good.
    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let object = json(answer).is_some_and(|body| body.is_object());
        Standing {
            key_works: match answer.status {
                400 | 402 if object => Some(true),
                401 => Some(false),
                _ => None,
            },
            left: answer.header("x-totallimit-remaining").and_then(milli_units),
            ..Standing::default()
        }
    }
}

/// A record of which the plan shows nothing was a 200 all the same, and a 200 is billed.
fn withheld_but_billed(verdicts: &Verdicts) -> Option<VendorUnits> {
    matches!(verdicts, Verdicts::All(Outcome::PlanLacks)).then_some(VendorUnits::whole(1))
}
