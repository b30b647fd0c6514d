//! What stands at an output's places, after its transforms. Whether it is a value of that field is
//! judged by what the field wants.

use super::{read::is_status, shape::Pick, words};
use crate::kit::Take;
use morket_core::{
    field::{Catalogue, FieldType},
    name::FieldName,
};
use serde_json::Value;
use std::borrow::Cow;

/// How sure an address can be.
pub(super) const STATUSES: [&str; 6] =
    ["valid", "accept_all", "guessed", "unverified", "invalid", "unknown"];

/// Whether a word tells how sure an address is.
pub(super) fn is_word(text: &str) -> bool {
    STATUSES.contains(&text)
}

/// The most candidates of one field that are looked at.
const MOST: usize = 1000;

/// What may be this field's value, the best first, and what the field wants. What no transform
/// changes is borrowed: a place may be the whole body, and be named many times.
pub(super) fn candidates<'v>(
    name: &FieldName,
    picks: &'v [Pick],
    body: &'v Value,
) -> (Vec<Cow<'v, Value>>, Take) {
    let take = picks.iter().find_map(|it| it.take).unwrap_or_else(|| usual(name));
    let mut found = Vec::new();
    for pick in picks {
        pick.find(body, &mut found);
    }
    if is_status(name.as_str()) {
        for value in &mut found {
            if !value.is_null() && !value.as_str().is_some_and(|it| is_word(it.trim())) {
                *value = Cow::Owned(no_value());
            }
        }
    }
    (found, take)
}

/// Something that no field takes.
fn no_value() -> Value {
    Value::Array(Vec::new())
}

/// What a field of the catalogue wants.
fn usual(name: &FieldName) -> Take {
    match Catalogue::standard().get(name).map(|it| it.ty) {
        Some(FieldType::Email) => Take::Email,
        Some(FieldType::Domain | FieldType::CompanyDomain) => Take::Domain,
        Some(FieldType::LinkedinPerson) => Take::Profile,
        Some(FieldType::LinkedinCompany) => Take::CompanyPage,
        Some(FieldType::Phone) => Take::Phone,
        Some(FieldType::Integer | FieldType::Count) => Take::Count,
        Some(FieldType::Range) => Take::Range,
        Some(FieldType::Money) => Take::Amount,
        Some(FieldType::Year) => Take::Year,
        Some(FieldType::TextList) => Take::List,
        _ => Take::Text,
    }
}

impl Pick {
    fn find<'v>(&self, body: &'v Value, found: &mut Vec<Cow<'v, Value>>) {
        let there = || self.at.iter().flat_map(|path| path.all(body));
        let room = MOST.saturating_sub(found.len());
        match &self.value {
            Some(text) if self.at.is_empty() || there().any(|it| !it.is_null()) => {
                found.push(Cow::Owned(text.as_str().into()));
            }
            Some(_) => {}
            None => found.extend(there().take(room).map(|value| self.changed(value))),
        }
    }

    fn changed<'v>(&self, value: &'v Value) -> Cow<'v, Value> {
        let value = match value {
            Value::String(text) => match self.cut(text) {
                Some(same) if same.len() == text.len() => Cow::Borrowed(value),
                Some(part) => Cow::Owned(Value::String(part.to_owned())),
                None => return Cow::Owned(Value::Null),
            },
            other => Cow::Borrowed(other),
        };
        if self.map.is_empty() { value } else { Cow::Owned(self.meaning(&value)) }
    }

    fn cut<'t>(&self, text: &'t str) -> Option<&'t str> {
        let cuts = self.split.is_some() || self.regex.is_some();
        if cuts && text.len() > words::LONGEST_TEXT {
            return None;
        }
        let mut rest = text;
        if let Some(separator) = &self.split {
            rest = words::part(rest, separator, self.part)?;
        }
        if let Some(pattern) = &self.regex {
            rest = words::captured(pattern, rest)?;
        }
        Some(rest)
    }

    /// What the vendor's word means. One that nobody explained is no value.
    fn meaning(&self, word: &Value) -> Value {
        let text = match word {
            Value::String(text) => Cow::Borrowed(text.trim()),
            Value::Bool(_) | Value::Number(_) => Cow::Owned(word.to_string()),
            Value::Null => return Value::Null,
            _ => return no_value(),
        };
        match (self.map.get(text.as_ref()), &self.other) {
            (Some(meaning), _) => meaning.as_str().into(),
            (None, _) if text.is_empty() => Value::Null,
            (None, Some(other)) if word.is_string() => other.as_str().into(),
            _ => no_value(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Deserialize)]
    struct Row {
        pick: super::super::shape::OneOrMany<Pick>,
    }

    fn check(name: &str, text: &str, expected: Value) {
        let row: Row = toml::from_str(&format!("pick = {text}")).unwrap();
        let body = json!({
            "name": "Example, Ada", "state": "good", "ok": true, "n": 3, "none": null, "": "",
            "size": "about 51-200 people",
            "phones": [{"t": "work", "n": "1"}, {"t": "cell", "n": "2"}]
        });
        let name = FieldName::new(name).unwrap();
        let (found, _) = candidates(&name, row.pick.as_slice(), &body);
        let found = found.into_iter().map(Cow::into_owned).collect();
        assert_eq!(Value::Array(found), expected, "{text}");
    }

    #[test]
    fn every_transform_does_one_thing() {
        for (text, expected) in [
            ("'$.name'", json!(["Example, Ada"])),
            ("{ at = ['$.none', '$.name'] }", json!([null, "Example, Ada"])),
            ("{ at = '$.name', split = ',', part = 1 }", json!(["Ada"])),
            ("{ at = '$.name', split = ',', part = 7 }", json!([null])),
            ("{ at = '$.size', regex = '\\d+-\\d+' }", json!(["51-200"])),
            ("{ at = '$.size', regex = 'about (\\d+)' }", json!(["51"])),
            ("{ at = '$.size', regex = 'x' }", json!([null])),
            ("{ at = '$.state', map = { good = 'fine' } }", json!(["fine"])),
            ("{ at = '$.ok', map = { true = 'yes' } }", json!(["yes"])),
            ("{ at = '$.n', map = { 4 = 'four' } }", json!([[]])),
            ("{ at = '$.n', map = { 4 = 'four' }, else = 'other' }", json!([[]])),
            ("{ at = '$.state', map = { bad = 'x' }, else = 'other' }", json!(["other"])),
            ("{ at = '$.none', map = { bad = 'x' }, else = 'other' }", json!([null])),
            ("{ at = \"$['']\", map = { bad = 'x' }, else = 'other' }", json!([null])),
            ("{ at = \"$.phones[?t='cell'].n\" }", json!(["2"])),
            ("{ value = 'fixed' }", json!(["fixed"])),
            ("{ value = 'fixed', at = '$.none' }", json!([])),
            ("[{ value = 'a', at = '$.none' }, '$.state']", json!(["good"])),
        ] {
            check("title", text, expected);
        }
        // What is no status is no value of that field.
        check("email_status", "'$.state'", json!([[]]));
        check("email_status", "{ at = '$.state', map = { good = 'valid' } }", json!(["valid"]));
    }

    #[test]
    fn p158_what_is_not_changed_is_not_copied() {
        let body = json!({"page": "x".repeat(words::LONGEST_TEXT + 1), "n": vec![1; 3000]});
        for (text, count) in [
            ("'$'", 1),
            ("['$', '$', '$.page']", 3),
            ("{ at = ['$', '$', '$.n', '$.page'] }", 4),
            ("['$.n[*]', '$.n[*]', '$']", MOST),
            ("{ at = '$.n', split = ',', regex = 'x' }", 1),
        ] {
            let row: Row = toml::from_str(&format!("pick = {text}")).unwrap();
            let name = FieldName::new("title").unwrap();
            let (found, _) = candidates(&name, row.pick.as_slice(), &body);
            assert_eq!(found.len(), count, "{text}");
            assert!(found.iter().all(|it| matches!(it, Cow::Borrowed(_))), "{text}");
        }
        // A page is no field: nobody cuts it, and nothing of it is kept.
        let row: Row = toml::from_str("pick = { at = '$.page', regex = '^(x+)+$' }").unwrap();
        let name = FieldName::new("title").unwrap();
        assert_eq!(*candidates(&name, row.pick.as_slice(), &body).0[0], Value::Null);
    }
}
