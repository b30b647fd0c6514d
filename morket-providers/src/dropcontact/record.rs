//! One person of a batch, on the way out and on the way back.

use crate::kit::{Pick, Reading, Take, Taken, field, known};
use morket_core::{
    Result,
    provider::{Inputs, Operation, Outcome},
};
use serde_json::{Map, Value, json};
use std::cmp::Reverse;

/// What carries the row there and back: nobody promises an order.
const ROW: &str = "morket_row";

pub(super) fn params(operation: &Operation, record: &Inputs, row: usize) -> Result<Value> {
    let mut params = Map::new();
    for (field, text) in known(operation, record)? {
        let name = match field {
            "company_domain" => "website",
            "company_name" => "company",
            "linkedin_url" => "linkedin",
            same => same,
        };
        params.insert(name.to_owned(), text.into());
    }
    params.insert("custom_fields".to_owned(), json!({ROW: row.to_string()}));
    Ok(params.into())
}

/// The outcome of each record. One that is missing or doubled is unknown.
pub(super) fn read_all(operation: &Operation, records: usize, entries: &[Value]) -> Vec<Outcome> {
    let mut found: Vec<Option<Outcome>> = vec![None; records];
    for entry in entries {
        let row = entry["custom_fields"][ROW].as_str().and_then(|it| it.parse::<usize>().ok());
        if let Some(slot) = row.and_then(|row| found.get_mut(row)) {
            let first = slot.is_none();
            *slot = Some(if first { read(operation, entry) } else { Outcome::Unknown });
        }
    }
    found.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Unknown)).collect()
}

const ROWS: &[Pick] = &[
    Pick::new("full_name", &["/full_name"], Take::Text),
    Pick::new("first_name", &["/first_name"], Take::Text),
    Pick::new("last_name", &["/last_name"], Take::Text),
    Pick::new("title", &["/job"], Take::Text),
    Pick::new("phone", &["/phone"], Take::Phone),
    Pick::new("mobile_phone", &["/mobile_phone"], Take::Phone),
    Pick::new("linkedin_url", &["/linkedin"], Take::Profile),
    Pick::new("company_name", &["/company"], Take::Text),
    Pick::new("company_domain", &["/website"], Take::Domain),
    Pick::new("company_linkedin_url", &["/company_linkedin"], Take::CompanyPage),
    Pick::new("employee_range", &["/nb_employees"], Take::Range),
    Pick::new("industry", &["/industry"], Take::Text),
    Pick::new("country", &["/country"], Take::Text),
];

/// Names come back as they were sent; a record without an address is how the vendor says that it
/// found nothing, and it bills nothing for it.
fn read(operation: &Operation, entry: &Value) -> Outcome {
    let mut reading = Reading::new();
    match &entry["email"] {
        Value::Null => return Outcome::Miss,
        Value::Array(addresses) if addresses.is_empty() => return Outcome::Miss,
        Value::Array(addresses) => read_addresses(&mut reading, addresses),
        _ => return Outcome::Unknown,
    }
    let reading = reading.rows(entry, ROWS);
    let has = |name: &str| reading.get(&field(name)).is_some();
    if has("email") || has("personal_email") {
        reading.outcome(operation, None)
    } else {
        reading.only_with("email").outcome(operation, None)
    }
}

/// The best work address, with what is said of it; and a personal one, which is another field.
fn read_addresses(reading: &mut Reading, addresses: &[Value]) {
    let (personal, mut work): (Vec<_>, Vec<_>) = addresses.iter().partition(|it| is_personal(it));
    work.sort_by_key(|address| Reverse(rank(address).0));
    reading.first(field("email"), work.iter().map(|it| text(it)), Take::Email);
    let usable = |it: &&&Value| matches!(Take::Email.of(text(it)), Taken::Value(_));
    if let Some(best) = work.iter().find(usable) {
        reading.put("email_status", rank(best).1);
    }
    reading.first(field("personal_email"), personal.into_iter().map(text), Take::Email);
}

fn text(address: &Value) -> &Value {
    address.get("email").unwrap_or(address)
}

fn is_personal(address: &Value) -> bool {
    address["qualification"].as_str().is_some_and(|it| it.trim().ends_with("@perso"))
}

/// How good an address is, and the status it gets. `generic` is an office's, not a person's, and
/// what `random` means nobody says.
fn rank(address: &Value) -> (u8, &'static str) {
    match address["qualification"].as_str().map(str::trim) {
        Some("nominative@pro") => (3, "valid"),
        Some("catch-all@pro") => (2, "accept_all"),
        Some(invalid) if invalid.split('@').next() == Some("invalid") => (0, "invalid"),
        _ => (1, "unknown"),
    }
}
