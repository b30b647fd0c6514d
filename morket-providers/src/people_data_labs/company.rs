//! One company. Its fields stand at the top of the body, not under `data`.

use super::MIN_LIKELIHOOD;
use crate::kit::{Pick, Reading, Take, known};
use morket_core::{Result, http::HttpRequest, provider::Ask};
use serde_json::Value;

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let mut request = HttpRequest::get(format!("{}/company/enrich", ask.base_url));
    for (field, text) in known(ask.operation, ask.record())? {
        request = match field {
            "company_domain" => request.query("website", text),
            "company_linkedin_url" => request.query("profile", text),
            "company_name" => request.query("name", text),
            same => request.query(same, text),
        };
    }
    Ok(request.query("min_likelihood", MIN_LIKELIHOOD.to_string()).query("titlecase", "true"))
}

const ROWS: &[Pick] = &[
    Pick::new("company_name", &["/display_name", "/name"], Take::Text),
    Pick::new("company_domain", &["/website"], Take::Domain),
    Pick::new("company_linkedin_url", &["/linkedin_url"], Take::CompanyPage),
    Pick::new("industry", &["/industry"], Take::Text),
    Pick::new("employee_count", &["/employee_count"], Take::Count),
    Pick::new("employee_range", &["/size"], Take::Range),
    Pick::new("founded_year", &["/founded"], Take::Year),
    Pick::new("revenue", &["/inferred_revenue"], Take::Amount),
    Pick::new("technologies", &["/technologies_used"], Take::List),
    Pick::new("description", &["/summary"], Take::Text),
    Pick::new("location", &["/location/name"], Take::Text),
    Pick::new("city", &["/location/locality"], Take::Text),
    Pick::new("region", &["/location/region"], Take::Text),
    Pick::new("country", &["/location/country"], Take::Text),
];

pub(super) fn read(body: &Value) -> Reading {
    Reading::gated().rows(body, ROWS)
}
