//! One person.

use super::MIN_LIKELIHOOD;
use crate::kit::{Pick, Reading, Take, field, known};
use morket_core::{
    Result,
    http::HttpRequest,
    provider::{Ask, Inputs, Operation},
};
use serde_json::{Map, Value};

/// A record with none of these would be paid for and fill nothing, so it is asked to be a miss.
pub(super) const REQUIRED: &str = "job_title OR job_company_name OR emails OR phone_numbers";

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let mut body = params(ask.operation, ask.record())?;
    body.extend(options());
    // A body, not a query: what identifies a person stays out of every log of URLs.
    HttpRequest::post(format!("{}/person/enrich", ask.base_url)).json(&body)
}

/// What keeps weak matches free, and names as people write them.
pub(super) fn options() -> [(String, Value); 3] {
    [
        ("min_likelihood".to_owned(), MIN_LIKELIHOOD.into()),
        ("required".to_owned(), REQUIRED.into()),
        ("titlecase".to_owned(), true.into()),
    ]
}

pub(super) fn params(operation: &Operation, record: &Inputs) -> Result<Map<String, Value>> {
    let named = known(operation, record)?.into_iter().map(|(field, text)| {
        let param = match field {
            "linkedin_url" => "profile",
            "full_name" => "name",
            // It takes a company's name, site or page.
            "company_domain" | "company_name" => "company",
            same => same,
        };
        (param.to_owned(), Value::from(text))
    });
    Ok(named.collect())
}

const ROWS: &[Pick] = &[
    Pick::new("full_name", &["/full_name"], Take::Text),
    Pick::new("first_name", &["/first_name"], Take::Text),
    Pick::new("last_name", &["/last_name"], Take::Text),
    Pick::new("title", &["/job_title"], Take::Text),
    Pick::new("seniority", &["/job_title_levels/0"], Take::Text),
    Pick::new("department", &["/job_title_role"], Take::Text),
    Pick::new("mobile_phone", &["/mobile_phone"], Take::Phone),
    Pick::new("linkedin_url", &["/linkedin_url"], Take::Profile),
    Pick::new("location", &["/location_name"], Take::Text),
    Pick::new("city", &["/location_locality"], Take::Text),
    Pick::new("region", &["/location_region"], Take::Text),
    Pick::new("country", &["/location_country"], Take::Text),
    Pick::new("company_name", &["/job_company_name"], Take::Text),
    Pick::new("company_domain", &["/job_company_website"], Take::Domain),
    Pick::new("company_linkedin_url", &["/job_company_linkedin_url"], Take::CompanyPage),
    Pick::new("industry", &["/job_company_industry"], Take::Text),
    Pick::new("employee_count", &["/job_company_employee_count"], Take::Count),
    Pick::new("employee_range", &["/job_company_size"], Take::Range),
    Pick::new("founded_year", &["/job_company_founded"], Take::Year),
    Pick::new("revenue", &["/job_company_inferred_revenue"], Take::Amount),
];

/// The person in an answer. Contact fields of the free plan are booleans: they are withheld, never
/// values.
pub(super) fn read(data: &Value) -> Reading {
    let mut reading = Reading::gated();
    reading.first(field("email"), work_emails(data), Take::Email);
    let personal = one(data, "recommended_personal_email").chain(one(data, "personal_emails"));
    reading.first(field("personal_email"), personal, Take::Email);
    reading.first(field("phone"), one(data, "phone_numbers"), Take::Phone);
    reading.rows(data, ROWS).email_status("unverified")
}

/// The work address, in the order of trust. A personal one is another field.
fn work_emails(data: &Value) -> impl Iterator<Item = &Value> {
    let listed = data["emails"].as_array().into_iter().flatten();
    let current = listed.filter(|it| it["type"] == "current_professional");
    let current = current.filter_map(|it| it.get("address"));
    let gate = data.get("emails").filter(|it| it.is_boolean());
    data.get("work_email").into_iter().chain(current).chain(gate)
}

/// A value, or the first of a list. A boolean in place of a list stays one.
fn one<'v>(data: &'v Value, name: &str) -> impl Iterator<Item = &'v Value> + use<'v> {
    let value = data.get(name);
    value.and_then(|it| it.as_array().map_or(Some(it), |items| items.first())).into_iter()
}
