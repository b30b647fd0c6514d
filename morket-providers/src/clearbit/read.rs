//! People and companies in Clearbit's answers.

use super::{COMBINED, COMPANY};
use crate::kit::{Pick, Reading, Take, field};
use morket_core::{
    field::{Kind, text::is_placeholder},
    provider::{Ask, Operation, Outcome},
};
use serde_json::Value;

const PERSON_ROWS: &[Pick] = &[
    Pick::new("full_name", &["/name/fullName"], Take::Text),
    Pick::new("first_name", &["/name/givenName"], Take::Text),
    Pick::new("last_name", &["/name/familyName"], Take::Text),
    Pick::new("email", &["/email"], Take::Email),
    Pick::new("title", &["/employment/title"], Take::Text),
    Pick::new("seniority", &["/employment/seniority"], Take::Text),
    Pick::new("department", &["/employment/role"], Take::Text),
    Pick::new("linkedin_url", &["/linkedin/handle"], Take::Profile),
    Pick::new("location", &["/location"], Take::Text),
    Pick::new("city", &["/geo/city"], Take::Text),
    Pick::new("region", &["/geo/state"], Take::Text),
    Pick::new("country", &["/geo/country"], Take::Text),
    Pick::new("company_name", &["/employment/name"], Take::Text),
    Pick::new("company_domain", &["/employment/domain"], Take::Domain),
];

const COMPANY_ROWS: &[Pick] = &[
    Pick::new("company_name", &["/name"], Take::Text),
    Pick::new("company_domain", &["/domain"], Take::Domain),
    Pick::new("legal_name", &["/legalName"], Take::Text),
    Pick::new("industry", &["/category/industry"], Take::Text),
    Pick::new("description", &["/description"], Take::Text),
    Pick::new("employee_count", &["/metrics/employees"], Take::Count),
    Pick::new("employee_range", &["/metrics/employeesRange"], Take::Range),
    Pick::new("founded_year", &["/foundedYear"], Take::Year),
    Pick::new(
        "revenue",
        &["/metrics/annualRevenue", "/metrics/estimatedAnnualRevenue"],
        Take::Amount,
    ),
    Pick::new("company_phone", &["/phone", "/site/phoneNumbers/0"], Take::Phone),
    Pick::new("company_city", &["/geo/city"], Take::Text),
    Pick::new("company_country", &["/geo/country"], Take::Text),
    Pick::new("company_linkedin_url", &["/linkedin/handle"], Take::CompanyPage),
    Pick::new("technologies", &["/tech"], Take::List),
];

/// A host that is gone: what it served can be shown to nobody.
const DEAD_LOGOS: &str = "logo.clearbit.com";

pub(super) fn read(ask: &Ask<'_>, body: &Value) -> Outcome {
    let operation = ask.operation;
    match operation.name.as_str() {
        COMBINED => combined(operation, body),
        COMPANY if body["domain"].is_string() || body["name"].is_string() => {
            company(Reading::new(), body).outcome(operation, None)
        }
        _ if operation.kind == Kind::Person && body["name"].is_object() => {
            person(body).outcome(operation, None)
        }
        _ => Outcome::Unknown,
    }
}

/// Either side may be null.
fn combined(operation: &Operation, body: &Value) -> Outcome {
    let [of_person, of_company] = ["person", "company"].map(|name| body.get(name));
    let (Some(of_person), Some(of_company)) = (of_person, of_company) else {
        return Outcome::Unknown;
    };
    let odd = |it: &Value| !(it.is_object() || it.is_null());
    if odd(of_person) || odd(of_company) {
        return Outcome::Unknown;
    }
    // Where the person works comes first: it is whom the question is about.
    company(person(of_person), of_company).outcome(operation, None)
}

/// Nobody has looked whether the address works.
fn person(body: &Value) -> Reading {
    let mut reading = Reading::new().rows(body, PERSON_ROWS).email_status("unverified");
    twitter(&mut reading, "twitter_url", body);
    reading
}

fn company(reading: Reading, body: &Value) -> Reading {
    let mut reading = reading.rows(body, COMPANY_ROWS);
    twitter(&mut reading, "company_twitter_url", body);
    let logo = body.get("logo").filter(|it| !it.as_str().unwrap_or("").contains(DEAD_LOGOS));
    reading.first(field("logo_url"), logo, Take::Text);
    reading
}

fn twitter(reading: &mut Reading, name: &str, body: &Value) {
    let handle = body.pointer("/twitter/handle");
    if let Some(Value::String(text)) = handle {
        let is_plain = text.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
        if is_plain && !is_placeholder(text) && (1..=15).contains(&text.len()) {
            reading.put(name, format!("https://twitter.com/{text}"));
        }
    }
}
