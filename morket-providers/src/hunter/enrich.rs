//! People and companies that Hunter knows already.

use crate::kit::{Pick, Reading, Take, known, linkedin_handle};
use morket_core::{
    Result,
    http::HttpRequest,
    provider::{Ask, Operation, Outcome},
};
use serde_json::Value;

pub(super) fn person(ask: &Ask<'_>) -> Result<HttpRequest> {
    let mut request = HttpRequest::get(format!("{}/people/find", ask.base_url));
    for (field, text) in known(ask.operation, ask.record())? {
        request = match field {
            "linkedin_url" => request.query("linkedin_handle", linkedin_handle(text)?),
            same => request.query(same, text),
        };
    }
    Ok(request)
}

pub(super) fn company(ask: &Ask<'_>) -> Result<HttpRequest> {
    let request = HttpRequest::get(format!("{}/companies/find", ask.base_url));
    Ok(request.query("domain", ask.record().required("company_domain")?))
}

const PERSON: &[Pick] = &[
    Pick::new("full_name", &["/name/fullName"], Take::Text),
    Pick::new("first_name", &["/name/givenName"], Take::Text),
    Pick::new("last_name", &["/name/familyName"], Take::Text),
    Pick::new("email", &["/email"], Take::Email),
    Pick::new("title", &["/employment/title"], Take::Text),
    Pick::new("seniority", &["/employment/seniority"], Take::Text),
    Pick::new("department", &["/employment/role"], Take::Text),
    Pick::new("phone", &["/phone"], Take::Phone),
    // The handle comes with `in/` or without it.
    Pick::new("linkedin_url", &["/linkedin/handle"], Take::Profile),
    Pick::new("location", &["/location"], Take::Text),
    Pick::new("city", &["/geo/city"], Take::Text),
    Pick::new("region", &["/geo/state"], Take::Text),
    Pick::new("country", &["/geo/country"], Take::Text),
    Pick::new("company_name", &["/employment/name"], Take::Text),
    Pick::new("company_domain", &["/employment/domain"], Take::Domain),
];

const COMPANY: &[Pick] = &[
    Pick::new("company_name", &["/name"], Take::Text),
    Pick::new("company_domain", &["/domain"], Take::Domain),
    Pick::new("company_linkedin_url", &["/linkedin/handle"], Take::CompanyPage),
    Pick::new("company_phone", &["/phone", "/site/phoneNumbers/0"], Take::Phone),
    Pick::new("industry", &["/category/industry"], Take::Text),
    // `employees` is a number of heads or a range of them.
    Pick::new("employee_count", &["/metrics/employees"], Take::Count),
    Pick::new("employee_range", &["/metrics/employeesRange", "/metrics/employees"], Take::Range),
    Pick::new("founded_year", &["/foundedYear"], Take::Year),
    Pick::new(
        "revenue",
        &["/metrics/annualRevenue", "/metrics/estimatedAnnualRevenue"],
        Take::Amount,
    ),
    Pick::new("technologies", &["/tech"], Take::List),
    Pick::new("description", &["/description"], Take::Text),
    Pick::new("location", &["/location"], Take::Text),
    Pick::new("city", &["/geo/city"], Take::Text),
    Pick::new("region", &["/geo/state"], Take::Text),
    Pick::new("country", &["/geo/country"], Take::Text),
];

pub(super) fn read_person(operation: &Operation, data: &Value) -> Outcome {
    // The address is stored, not checked: whoever needs certainty asks a verifier.
    Reading::new().rows(data, PERSON).email_status("unverified").outcome(operation, None)
}

pub(super) fn read_company(operation: &Operation, data: &Value) -> Outcome {
    Reading::new().rows(data, COMPANY).outcome(operation, None)
}
