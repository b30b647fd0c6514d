//! One company.

use super::or_miss;
use crate::kit::{Pick, Reading, Take, known};
use morket_core::{
    Result,
    http::HttpRequest,
    provider::{Ask, Operation, Outcome},
};
use serde_json::Value;

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let mut request = HttpRequest::get(format!("{}/organizations/enrich", ask.base_url));
    for (field, text) in known(ask.operation, ask.record())? {
        request = match field {
            "company_domain" => request.query("domain", text),
            "company_linkedin_url" => request.query("linkedin_url", text),
            "company_name" => request.query("name", text),
            same => request.query(same, text),
        };
    }
    Ok(request)
}

const ROWS: &[Pick] = &[
    Pick::new("company_name", &["/name"], Take::Text),
    Pick::new("company_domain", &["/primary_domain", "/website_url"], Take::Domain),
    Pick::new("company_linkedin_url", &["/linkedin_url"], Take::CompanyPage),
    Pick::new("company_phone", &["/primary_phone/sanitized_number"], Take::Phone),
    Pick::new("industry", &["/industry"], Take::Text),
    Pick::new("employee_count", &["/estimated_num_employees"], Take::Count),
    Pick::new("founded_year", &["/founded_year"], Take::Year),
    Pick::new("revenue", &["/annual_revenue", "/annual_revenue_printed"], Take::Amount),
    Pick::new("technologies", &["/technology_names"], Take::List),
    Pick::new("description", &["/short_description"], Take::Text),
    Pick::new("location", &["/raw_address"], Take::Text),
    Pick::new("city", &["/city"], Take::Text),
    Pick::new("region", &["/state"], Take::Text),
    Pick::new("country", &["/country"], Take::Text),
];

/// An unknown company is null. That it may also be left out is hearsay: then nobody knows.
pub(super) fn read(operation: &Operation, body: &Value) -> Outcome {
    or_miss(body.get("organization"), |company| {
        Reading::new().rows(company, ROWS).outcome(operation, None)
    })
}
