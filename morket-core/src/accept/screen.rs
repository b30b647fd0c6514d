//! What of an answer may be looked at: declared fields with clean values, and whole groups.

use super::Reason;
use crate::{
    field::{Catalogue, Group, Kind, normalised},
    name::FieldName,
    provider::Answer,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// A value in its canonical form, beside what the vendor wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Clean {
    /// Its field.
    pub field: FieldName,
    /// What is stored and compared.
    pub value: Value,
    /// What the vendor wrote, for the provenance.
    pub raw: Value,
}

/// Sort an answer's values: those that are of a declared field and clean, and the others with the
/// reason. Nothing else of an answer is ever kept. Of a field that comes twice, the first counts.
pub fn screen(
    answer: &Answer,
    outputs: &[FieldName],
    catalogue: &Catalogue,
) -> (Vec<Clean>, Vec<(FieldName, Reason)>) {
    let (mut clean, mut refused) = (Vec::<Clean>::new(), Vec::new());
    for (name, raw) in &answer.values {
        if clean.iter().any(|it| it.field == *name) {
            continue;
        }
        let Some(field) = catalogue.get(name).filter(|_| outputs.contains(name)) else {
            refused.push((name.clone(), Reason::Undeclared));
            continue;
        };
        match normalised(field.ty, raw) {
            Ok(value) => clean.push(Clean { field: name.clone(), value, raw: raw.clone() }),
            Err(fault) => refused.push((name.clone(), fault.into())),
        }
    }
    (clean, refused)
}

/// Which of the `offered` fields, all from the answer `source` and judged good, may be accepted on
/// a row that already `holds` values from answers: `None`, or the reason why not.
///
/// A group that another answer has begun is left to it, unless `mix` is set; what the user brought
/// along belongs to no answer and stands in nobody's way. A status goes with its own value: it
/// needs that value in the same answer, offered now or accepted before. (A verifier's status is
/// about a value that it did not find; it does not come through here.)
pub fn admit<S: PartialEq>(
    catalogue: &Catalogue,
    row: Kind,
    holds: &BTreeMap<FieldName, S>,
    source: &S,
    offered: &[FieldName],
    mix: bool,
) -> Vec<(FieldName, Option<Reason>)> {
    let group = |name: &FieldName| -> Option<Group> { catalogue.get(name)?.group_on(row) };
    let taken = |name: &FieldName| {
        group(name).is_some_and(|wanted| {
            holds.iter().any(|(held, by)| by != source && group(held) == Some(wanted))
        })
    };
    let alone = |name: &FieldName| {
        let value = name.as_str().strip_suffix("_status").and_then(|it| FieldName::new(it).ok());
        value.filter(|value| catalogue.get(value).is_some()).is_some_and(|value| {
            let before = holds.get(&value);
            let elsewhere = before.is_some_and(|by| by != source);
            elsewhere || (before.is_none() && !offered.contains(&value))
        })
    };
    let verdict = |name: &FieldName| {
        if alone(name) {
            return Some(Reason::StatusAlone);
        }
        (!mix && taken(name)).then_some(Reason::GroupMixed)
    };
    offered.iter().map(|name| (name.clone(), verdict(name))).collect()
}
