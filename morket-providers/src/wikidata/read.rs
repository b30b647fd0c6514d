//! A company from the rows of an answer: each property that has several values makes several rows.

use super::query::domain_of;
use crate::kit::{Reading, Take, field};
use morket_core::field::text::is_placeholder;
use morket_core::provider::{Operation, Outcome};
use serde_json::Value;
use std::collections::BTreeMap;

/// Which field a variable becomes, what it wants, and what stands before it.
const ROWS: &[(&str, &str, Take, &str)] = &[
    ("industry", "industryLabel", Take::Text, ""),
    ("company_city", "cityLabel", Take::Text, ""),
    ("company_country", "countryLabel", Take::Text, ""),
    ("company_linkedin_url", "linkedin", Take::CompanyPage, "company/"),
    ("company_twitter_url", "x", Take::Text, "https://twitter.com/"),
    ("company_facebook_url", "facebook", Take::Text, "https://www.facebook.com/"),
    ("company_github_url", "github", Take::Text, "https://github.com/"),
    ("lei", "lei", Take::Text, ""),
];

pub(super) fn company(operation: &Operation, rows: &[Value], by_domain: bool) -> Outcome {
    let mut items: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in rows {
        let Some(item) = text(row, "item") else { return Outcome::Unknown };
        items.entry(item).or_default().push(row);
    }
    // A company and its brand share a website: the company is the one that employs people. Several
    // of one name are namesakes, and of equals nothing tells which is meant either.
    if !by_domain && items.len() > 1 {
        return Outcome::Miss;
    }
    let telling = |rows: &Vec<&Value>| {
        let has = |name: &str| rows.iter().any(|row| text(row, name).is_some());
        (has("employees"), has("industryLabel"), has("inception"))
    };
    let Some(most) = items.values().map(&telling).max() else { return Outcome::Unknown };
    let mut best = items.values().filter(|rows| telling(rows) == most);
    match (best.next(), best.next()) {
        (Some(rows), None) => read(operation, rows),
        _ => Outcome::Miss,
    }
}

fn read(operation: &Operation, rows: &[&Value]) -> Outcome {
    let mut reading = Reading::new();
    put(&mut reading, "company_name", rows, "itemLabel", Take::Text, "");
    for (name, variable, take, before) in ROWS {
        put(&mut reading, name, rows, variable, *take, before);
    }
    if let Some(domain) = rows.iter().find_map(|row| domain_of(text(row, "site")?)) {
        reading.put("company_domain", domain);
    }
    if let Some(heads) = latest(rows) {
        reading.first(field("employee_count"), [&heads.into()], Take::Count);
    }
    let year = rows.iter().find_map(|row| text(row, "inception")?.get(..4));
    if let Some(year) = year {
        reading.first(field("founded_year"), [&year.into()], Take::Year);
    }
    reading.outcome(operation, None)
}

fn put(
    reading: &mut Reading,
    name: &str,
    rows: &[&Value],
    variable: &str,
    take: Take,
    before: &str,
) {
    let found = rows.iter().filter_map(|row| text(row, variable)).filter(|it| !is_number(it));
    let whole: Vec<Value> = found.map(|it| format!("{before}{it}").into()).collect();
    reading.first(field(name), &whole, take);
}

/// The head count of the latest date; one without a date is older than all.
fn latest<'v>(rows: &[&'v Value]) -> Option<&'v str> {
    let counts = rows.iter().filter_map(|row| Some((text(row, "asOf"), text(row, "employees")?)));
    counts.max().map(|(_, heads)| heads.trim_start_matches('+'))
}

fn text<'v>(row: &'v Value, variable: &str) -> Option<&'v str> {
    let value = row.get(variable)?.get("value")?.as_str()?.trim();
    (!is_placeholder(value)).then_some(value)
}

/// `Q42`: what stands where an item has no name in the language that was asked for.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('Q').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}
