//! Fifty people in a call.

use super::person;
use crate::kit::milli_units;
use morket_core::{
    Result, VendorUnits,
    http::HttpRequest,
    provider::{Ask, Outcome, Verdicts},
};
use serde_json::{Value, json};

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let data = ask.records.iter().enumerate().map(|(row, record)| {
        let mut params = person::params(ask.operation, record)?;
        params.insert("identifier".to_owned(), row.to_string().into());
        Ok(params)
    });
    let data = data.collect::<Result<Vec<_>>>()?;
    let body = json!({"only_verified_email": false, "enrich_mobile": false, "data": data});
    HttpRequest::post(format!("{}/bulk-enrich-person", ask.base_url)).json(&body)
}

/// Three lists, matched by the identifier that was sent along. Who stands in none of them, or in
/// two, is unknown.
pub(super) fn parse(ask: &Ask<'_>, body: &Value) -> (Verdicts, Option<VendorUnits>) {
    let list = |name: &str| body[name].as_array().map(Vec::as_slice).unwrap_or_default();
    if !body["matched"].is_array() {
        return (Verdicts::All(Outcome::Unknown), None);
    }
    let person = |it: &Value| person::read(ask.operation, it);
    let matched = list("matched").iter().map(|it| (&it["identifier"], person(it)));
    let missed = list("not_matched").iter().map(|it| (it, Outcome::Miss));
    let invalid = list("invalid_datapoints").iter().map(|it| (it, Outcome::InvalidInput));
    let mut found: Vec<Option<Outcome>> = vec![None; ask.records.len()];
    for (identifier, outcome) in matched.chain(missed).chain(invalid) {
        let row = identifier.as_str().and_then(|it| it.parse::<usize>().ok());
        if let Some(slot) = row.and_then(|row| found.get_mut(row)) {
            let first = slot.is_none();
            *slot = Some(if first { outcome } else { Outcome::Unknown });
        }
    }
    let each = found.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Unknown)).collect();
    let cost = body["total_cost"].as_number().and_then(|it| milli_units(&it.to_string()));
    (Verdicts::Each(each), cost)
}
