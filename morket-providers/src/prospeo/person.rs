//! One person, with or without a mobile number.

use super::MOBILE;
use crate::kit::{Pick, Reading, Take, field, known};
use morket_core::{
    Result,
    http::HttpRequest,
    provider::{Ask, Inputs, Operation, Outcome},
};
use serde_json::{Map, Value, json};

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let mobile = ask.operation.name == MOBILE;
    let body = json!({
        "only_verified_email": false,
        "enrich_mobile": mobile,
        "only_verified_mobile": mobile,
        "data": params(ask.operation, ask.record())?,
    });
    HttpRequest::post(format!("{}/enrich-person", ask.base_url)).json(&body)
}

pub(super) fn params(operation: &Operation, record: &Inputs) -> Result<Map<String, Value>> {
    let named = known(operation, record)?.into_iter().map(|(field, text)| {
        let name = if field == "company_domain" { "company_website" } else { field };
        (name.to_owned(), Value::from(text))
    });
    Ok(named.collect())
}

const ROWS: &[Pick] = &[
    Pick::new("full_name", &["/person/full_name"], Take::Text),
    Pick::new("first_name", &["/person/first_name"], Take::Text),
    Pick::new("last_name", &["/person/last_name"], Take::Text),
    Pick::new("title", &["/person/current_job_title"], Take::Text),
    Pick::new("linkedin_url", &["/person/linkedin_url"], Take::Profile),
    Pick::new("city", &["/person/location/city"], Take::Text),
    Pick::new("region", &["/person/location/state"], Take::Text),
    Pick::new("country", &["/person/location/country"], Take::Text),
    Pick::new("company_name", &["/company/name"], Take::Text),
    Pick::new("company_domain", &["/company/domain", "/company/website"], Take::Domain),
    Pick::new("company_linkedin_url", &["/company/linkedin_url"], Take::CompanyPage),
    Pick::new("industry", &["/company/industry"], Take::Text),
    Pick::new("employee_count", &["/company/employee_count"], Take::Count),
    Pick::new("employee_range", &["/company/employee_range"], Take::Range),
    Pick::new("founded_year", &["/company/founded"], Take::Year),
    Pick::new("revenue", &["/company/revenue_range_printed"], Take::Amount),
    Pick::new("technologies", &["/company/technology/technology_names"], Take::List),
];

/// A `person` and a `company` that may be null.
pub(super) fn read(operation: &Operation, entry: &Value) -> Outcome {
    if !entry["person"].is_object() {
        return Outcome::Unknown;
    }
    let mut reading = Reading::new();
    revealed(&mut reading, "email", &entry["person"]["email"], &["email"], Take::Email);
    let numbers = ["mobile_international", "mobile"];
    revealed(&mut reading, "mobile_phone", &entry["person"]["mobile"], &numbers, Take::Phone);
    let jobs = entry["person"]["job_history"].as_array().into_iter().flatten();
    for job in jobs.filter(|job| job["current"] == true).take(1) {
        reading.first(field("seniority"), job.get("seniority"), Take::Text);
        reading.first(field("department"), job.pointer("/departments/0"), Take::Text);
    }
    let status = match entry["person"]["email"]["status"].as_str() {
        Some("VERIFIED") => "valid",
        Some("UNVERIFIED") => "unverified",
        _ => "unknown",
    };
    reading.rows(entry, ROWS).email_status(status).outcome(operation, None)
}

/// What is not revealed is masked: it says that there is one, and is none.
fn revealed(reading: &mut Reading, name: &str, part: &Value, at: &[&str], take: Take) {
    let found = at.iter().filter_map(|it| part.get(*it));
    if part["revealed"] == true {
        reading.first(field(name), found, take);
    } else if found.into_iter().any(|it| it.as_str().is_some_and(|it| !it.is_empty())) {
        reading.withhold(name);
    }
}
