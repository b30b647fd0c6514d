//! People.

use super::or_miss;
use crate::kit::{Pick, Reading, Take, known};
use morket_core::{
    Result,
    http::HttpRequest,
    provider::{Ask, Inputs, Operation, Outcome, Verdicts},
};
use serde_json::{Map, Value, json};

/// As JSON, which the vendor's own tools send: what identifies a person stays out of every log of
/// URLs.
pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let body = params(ask.operation, ask.record())?;
    HttpRequest::post(format!("{}/people/match", ask.base_url)).json(&body)
}

pub(super) fn bulk_request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let details = ask.records.iter().map(|record| params(ask.operation, record));
    let details = details.collect::<Result<Vec<_>>>()?;
    let request = HttpRequest::post(format!("{}/people/bulk_match", ask.base_url));
    request.json(&json!({"details": details}))
}

fn params(operation: &Operation, record: &Inputs) -> Result<Map<String, Value>> {
    let named = known(operation, record)?.into_iter().map(|(field, text)| {
        let name = match field {
            "full_name" => "name",
            "company_domain" => "domain",
            "company_name" => "organization_name",
            same => same,
        };
        (name.to_owned(), Value::from(text))
    });
    Ok(named.collect())
}

/// The order is kept and unknown people are null, so an answer of another length is none.
pub(super) fn read_all(operation: &Operation, records: usize, matches: &Value) -> Verdicts {
    match matches.as_array().filter(|it| it.len() == records) {
        Some(matches) => {
            Verdicts::Each(matches.iter().map(|it| read(operation, Some(it))).collect())
        }
        None => Verdicts::All(Outcome::Unknown),
    }
}

const ROWS: &[Pick] = &[
    Pick::new("email", &["/email"], Take::Email),
    Pick::new("full_name", &["/name"], Take::Text),
    Pick::new("first_name", &["/first_name"], Take::Text),
    Pick::new("last_name", &["/last_name"], Take::Text),
    Pick::new("title", &["/title"], Take::Text),
    Pick::new("seniority", &["/seniority"], Take::Text),
    Pick::new("linkedin_url", &["/linkedin_url"], Take::Profile),
    Pick::new("location", &["/formatted_address"], Take::Text),
    Pick::new("city", &["/city"], Take::Text),
    Pick::new("region", &["/state"], Take::Text),
    Pick::new("country", &["/country"], Take::Text),
    Pick::new("company_name", &["/organization/name"], Take::Text),
    Pick::new("company_domain", &["/organization/primary_domain"], Take::Domain),
    Pick::new("company_linkedin_url", &["/organization/linkedin_url"], Take::CompanyPage),
    // The switchboard: never the person's number.
    Pick::new("company_phone", &["/organization/primary_phone/sanitized_number"], Take::Phone),
    Pick::new("industry", &["/organization/industry"], Take::Text),
    Pick::new("employee_count", &["/organization/estimated_num_employees"], Take::Count),
    Pick::new("founded_year", &["/organization/founded_year"], Take::Year),
    Pick::new("revenue", &["/organization/annual_revenue"], Take::Amount),
    Pick::new("technologies", &["/organization/technology_names"], Take::List),
];

pub(super) fn read(operation: &Operation, person: Option<&Value>) -> Outcome {
    or_miss(person, |person| {
        let mut reading = Reading::new().rows(person, ROWS);
        let department = person.pointer("/departments/0").and_then(Value::as_str);
        if let Some(name) = department.map(|it| it.strip_prefix("master_").unwrap_or(it)) {
            reading.first(crate::kit::field("department"), [&Value::from(name)], Take::Text);
        }
        reading.email_status(status(person)).outcome(operation, None)
    })
}

/// Only `verified` is sure. A locked address has no status, as it is no address.
fn status(person: &Value) -> &'static str {
    match person["email_status"].as_str() {
        Some("verified") => "valid",
        Some("unverified") => "unverified",
        Some("likely to engage" | "extrapolated" | "guessed") => "guessed",
        Some("unavailable") => "invalid",
        _ => "unknown",
    }
}
