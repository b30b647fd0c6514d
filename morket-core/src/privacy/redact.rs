//! What stays of a record, a cell, a call and an event when a person is erased. Pure: every store
//! calls these, so that all erase alike.

use super::Search;
use crate::{
    accept::Identity,
    engine::Detail,
    job::{CellStatus, CellWrite},
    webhook::Delivery,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How a record names somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// It does not.
    No,
    /// It is somebody else's; a vendor returned them by mistake.
    ByMistake,
    /// It is about them.
    Yes,
}

/// How a cell's value and detail name somebody.
pub fn named(search: &Search, value: Option<&Value>, detail: Option<&Value>) -> Named {
    if value.is_some_and(|it| search.is_in(it)) {
        return Named::Yes;
    }
    let Some(detail) = detail.filter(|it| search.is_in(it)) else { return Named::No };
    match serde_json::from_value::<Detail>(detail.clone()) {
        Ok(detail) => {
            let own = detail.candidates.iter().filter(|it| it.identity != Identity::Mismatch);
            let own = own.map(|it| &it.value).any(|it| search.is_in(it));
            if own { Named::Yes } else { Named::ByMistake }
        }
        Err(_) => Named::Yes,
    }
}

/// A cell's detail without the candidates and answers that name somebody.
pub fn without(search: &Search, detail: &Value) -> Option<Value> {
    let mut detail: Detail = serde_json::from_value(detail.clone()).ok()?;
    detail.candidates.retain(|it| !search.is_in(&it.value));
    detail.bought.retain(|it| !search.is_in(&json!(it.answer)));
    serde_json::to_value(detail).ok().filter(|it| *it != json!({}) && !search.is_in(it))
}

/// What stays of a cell: that there was one.
pub fn erased_cell(cell: &CellWrite) -> CellWrite {
    CellWrite {
        index: cell.index,
        field: cell.field.clone(),
        status: CellStatus::Skipped,
        source: None,
        provider: None,
        call: None,
        value: None,
        reason: Some("erased".to_owned()),
        detail: None,
    }
}

/// A call's composition without the inputs of these records, and of those that name somebody;
/// `None` when nothing is to be erased. Beside it the records it was erased for.
pub fn erased_composition(
    search: Option<&Search>,
    composition: &Value,
    records: &dyn Fn(u32) -> bool,
) -> Option<(Value, BTreeSet<u32>)> {
    let names = |it: &Value| search.is_some_and(|search| search.is_in(it));
    let index =
        |part: &Value| part.get(0).and_then(Value::as_u64).and_then(|it| it.try_into().ok());
    let Some(parts) = composition.as_array() else {
        return names(composition).then(|| (json!([]), BTreeSet::new()));
    };
    let (mut kept, mut erased, mut touched) = (Vec::new(), BTreeSet::new(), false);
    for part in parts {
        let record: Option<u32> = index(part);
        let due = names(part) || record.is_some_and(records);
        let inputs = part.get(2).and_then(Value::as_object).filter(|it| !it.is_empty());
        if due {
            erased.extend(record);
        }
        if !due || (inputs.is_none() && !names(part)) {
            kept.push(part.clone());
            continue;
        }
        touched = true;
        kept.extend(record.map(|index| {
            json!([
                index,
                part.get(1).filter(|it| !names(it)).cloned().unwrap_or_default(),
                {},
                null
            ])
        }));
    }
    (touched || !erased.is_empty()).then_some((Value::Array(kept), erased))
}

/// A delivery without what named somebody, in its body or in what its receiver answered; whether
/// there was anything. It stays what it was: the same event, in the same state, with its attempts.
pub fn redact_delivery(search: &Search, delivery: &mut Delivery) -> bool {
    let mut touched = false;
    let body: Option<Value> = serde_json::from_str(&delivery.body).ok();
    let names = |it: &Value| search.is_in(it);
    if body.as_ref().map_or_else(|| search.is_in_text(&delivery.body), names) {
        let mut left = body.filter(Value::is_object).unwrap_or_default();
        left["data"] = erased_payload();
        let left = if names(&left) { json!({ "data": erased_payload() }) } else { left };
        (delivery.body, touched) = (left.to_string(), true);
    }
    for attempt in delivery.attempts.iter_mut().filter(|it| search.is_in_text(&it.answer)) {
        attempt.answer.clear();
        touched = true;
    }
    touched
}

/// What stays of an event or a line of the feed that named somebody.
pub fn erased_payload() -> Value {
    json!({ "erased": true })
}
