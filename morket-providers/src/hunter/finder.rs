//! An address from a name and a company.

use crate::kit::{Pick, Reading, Take, known, linkedin_handle};
use morket_core::{
    Result,
    http::HttpRequest,
    provider::{Ask, Operation, Outcome},
};
use serde_json::Value;

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let mut request = HttpRequest::get(format!("{}/email-finder", ask.base_url));
    for (field, text) in known(ask.operation, ask.record())? {
        request = match field {
            "company_domain" => request.query("domain", text),
            "company_name" => request.query("company", text),
            "linkedin_url" => request.query("linkedin_handle", linkedin_handle(text)?),
            same => request.query(same, text),
        };
    }
    Ok(request)
}

const ROWS: &[Pick] = &[
    Pick::new("email", &["/email"], Take::Email),
    Pick::new("first_name", &["/first_name"], Take::Text),
    Pick::new("last_name", &["/last_name"], Take::Text),
    Pick::new("title", &["/position"], Take::Text),
    Pick::new("phone", &["/phone_number"], Take::Phone),
    Pick::new("linkedin_url", &["/linkedin_url"], Take::Profile),
    Pick::new("company_name", &["/company"], Take::Text),
    Pick::new("company_domain", &["/domain"], Take::Domain),
];

/// Names come back as they were asked for, so without an address there is no answer.
pub(super) fn parse(operation: &Operation, data: &Value) -> Outcome {
    let reading = Reading::new().rows(data, ROWS).only_with("email");
    reading.email_status(status(data)).outcome(operation, percent(&data["score"]))
}

/// How sure the address is. Without a verification it was seen on a page, or made from a pattern.
fn status(data: &Value) -> &'static str {
    let verified = data.pointer("/verification/status").and_then(Value::as_str);
    let seen = data["sources"].as_array().is_some_and(|sources| !sources.is_empty());
    match verified {
        Some("valid") => "valid",
        Some("accept_all") => "accept_all",
        Some("invalid") => "invalid",
        Some(_) => "unknown",
        None if data["accept_all"] == true => "accept_all",
        None if seen => "unverified",
        None => "guessed",
    }
}

fn percent(score: &Value) -> Option<u8> {
    score.as_u64().and_then(|it| u8::try_from(it).ok()).filter(|it| *it <= 100)
}
