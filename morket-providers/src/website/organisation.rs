//! The company as a page describes it for machines: JSON-LD, `Organization`.

use crate::kit::{Pick, Reading, Take, field};
use serde_json::Value;

/// What counts as a company.
const KINDS: &[&str] = &["Organization", "Corporation", "LocalBusiness", "OnlineBusiness"];

const ROWS: &[Pick] = &[
    Pick::new("company_name", &["/name"], Take::Text),
    Pick::new("description", &["/description"], Take::Text),
    Pick::new("company_phone", &["/telephone"], Take::Phone),
    Pick::new("employee_count", &["/numberOfEmployees/value", "/numberOfEmployees"], Take::Count),
    Pick::new("company_city", &["/address/addressLocality"], Take::Text),
    Pick::new(
        "company_country",
        &["/address/addressCountry/name", "/address/addressCountry"],
        Take::Text,
    ),
];

/// The company in a block of JSON-LD: itself, one of a list, or one of a graph.
pub(super) fn find(block: &str) -> Option<Value> {
    let value: Value = serde_json::from_str(block.trim()).ok()?;
    let graph = value.get("@graph").and_then(Value::as_array);
    let all = graph.or(value.as_array()).map_or(std::slice::from_ref(&value), Vec::as_slice);
    all.iter().find(|it| is_company(&it["@type"])).cloned()
}

fn is_company(kind: &Value) -> bool {
    let one = |it: &Value| it.as_str().is_some_and(|it| KINDS.contains(&it));
    one(kind) || kind.as_array().is_some_and(|all| all.iter().any(one))
}

/// What it says.
pub(super) fn read(reading: Reading, company: &Value) -> Reading {
    let mut reading = reading.rows(company, ROWS);
    let year = company["foundingDate"].as_str().and_then(|it| it.get(..4));
    if let Some(year) = year {
        reading.first(field("founded_year"), [&year.into()], Take::Year);
    }
    reading
}

/// The addresses of its pages elsewhere.
pub(super) fn pages(company: &Value) -> impl Iterator<Item = &str> {
    let same = &company["sameAs"];
    let one = same.as_str().into_iter();
    one.chain(same.as_array().into_iter().flatten().filter_map(Value::as_str))
}

/// The address of its logo.
pub(super) fn logo(company: &Value) -> Option<&str> {
    company["logo"].as_str().or_else(|| company.pointer("/logo/url")?.as_str())
}
