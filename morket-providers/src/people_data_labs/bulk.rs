//! Fifty people in a call.

use super::{
    person::{options, params},
    verdict,
};
use morket_core::{
    Result,
    http::HttpRequest,
    provider::{Ask, Operation, Outcome},
};
use serde_json::{Map, Value, json};

/// An answer of fifty whole profiles fits; the vendor itself stops at one megabyte.
const LARGEST: usize = 8 << 20;

pub(super) fn request(ask: &Ask<'_>) -> Result<HttpRequest> {
    let requests = ask.records.iter().enumerate().map(|(row, record)| {
        let params = params(ask.operation, record)?;
        Ok(json!({"params": params, "metadata": {"row": row}}))
    });
    let requests = requests.collect::<Result<Vec<_>>>()?;
    let mut body: Map<String, Value> = options().into_iter().collect();
    body.insert("requests".to_owned(), requests.into());
    let request = HttpRequest::post(format!("{}/person/bulk", ask.base_url));
    Ok(request.json(&body)?.max_body(LARGEST))
}

/// Each entry has a status of its own. It is matched by the row that was sent along, and by its
/// place only where no entry names a row and none is missing.
pub(super) fn parse(operation: &Operation, records: usize, entries: &[Value]) -> Vec<Outcome> {
    let row = |entry: &Value| entry.pointer("/metadata/row").and_then(Value::as_u64);
    let unnamed = entries.iter().all(|entry| row(entry).is_none());
    let by_place = unnamed && entries.len() == records;
    let mut found: Vec<Option<Outcome>> = vec![None; records];
    for (place, entry) in entries.iter().enumerate() {
        let named = row(entry).and_then(|it| usize::try_from(it).ok());
        let target = if by_place { Some(place) } else { named };
        if let Some(slot) = target.and_then(|it| found.get_mut(it)) {
            // Two answers for one record: nobody knows which is its own.
            let first = slot.is_none();
            *slot = Some(if first { read(operation, entry) } else { Outcome::Unknown });
        }
    }
    found.into_iter().map(|outcome| outcome.unwrap_or(Outcome::Unknown)).collect()
}

fn read(operation: &Operation, entry: &Value) -> Outcome {
    let status = entry["status"].as_u64().and_then(|it| u16::try_from(it).ok());
    status.map_or(Outcome::Unknown, |status| verdict::read(operation, status, None, entry))
}
