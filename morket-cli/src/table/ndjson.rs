//! Objects on lines. What stands in each is kept as it was written; only what is asked is read.

use super::row::Row;
use morket::{Error, Result};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Value, value::RawValue};
use std::fmt;

/// The members of an object in their order, values as they were written.
#[derive(Debug)]
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de> serde::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// The members of a line.
pub(super) fn members(line: &[u8], number: u64) -> Result<Members<'_>> {
    let wrong = |problem: String| {
        let problem = format!("line {number}: {problem}; each line must be one JSON object");
        Error::invalid("table.read", "file", problem)
    };
    let text = std::str::from_utf8(line).map_err(|_| wrong("is not UTF-8".to_owned()))?;
    serde_json::from_str(text).map_err(|error| {
        wrong(format!("column {}: {}", error.column(), {
            let text = error.to_string();
            text.split(" at line").next().unwrap_or_default().to_owned()
        }))
    })
}

/// Keys in the order in which they are first met on these lines.
pub(super) fn keys<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for line in lines.filter(|line| !line.iter().all(u8::is_ascii_whitespace)) {
        // A broken line is told when its turn comes.
        let Ok(Members(members)) = members(line, 0) else { continue };
        for (key, _) in members {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    keys
}

/// Reads the values of these columns into the row. Of a key that comes twice the last one counts,
/// as in every reader of JSON.
pub(super) fn read(row: &mut Row, columns: &[String]) -> Result<()> {
    if row.body().iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    let Members(members) = members(row.body(), row.line)?;
    let mut values: Vec<Option<Value>> = vec![None; columns.len()];
    for (key, raw) in members {
        if let Some(column) = columns.iter().position(|it| *it == key) {
            values[column] = serde_json::from_str(raw.get()).ok();
        }
    }
    row.json = Some(values);
    Ok(())
}

/// The object with members changed and added; everything else as it was written.
pub(super) fn with(
    line: &[u8],
    number: u64,
    changed: &[(String, Value)],
    added: &[(String, Value)],
) -> Result<Vec<u8>> {
    if changed.is_empty() {
        return Ok(behind(line, added));
    }
    let Members(members) = members(line, number)?;
    let mut out = Vec::with_capacity(line.len() + 64);
    for (key, raw) in &members {
        let new = changed.iter().find(|(changed, _)| changed == key);
        let text = new.map_or_else(|| raw.get().to_owned(), |(_, value)| value.to_string());
        member(&mut out, key, &text);
    }
    let missing = changed.iter().filter(|(key, _)| !members.iter().any(|(it, _)| it == key));
    for (key, value) in missing.chain(added) {
        member(&mut out, key, &value.to_string());
    }
    out.push(b'}');
    Ok(out)
}

fn member(out: &mut Vec<u8>, key: &str, value: &str) {
    out.push(if out.is_empty() { b'{' } else { b',' });
    out.extend_from_slice(Value::from(key).to_string().as_bytes());
    out.push(b':');
    out.extend_from_slice(value.as_bytes());
}

fn behind(line: &[u8], added: &[(String, Value)]) -> Vec<u8> {
    let Some(brace) = line.iter().rposition(|byte| *byte == b'}') else { return line.to_vec() };
    let (object, tail) = line.split_at(brace);
    let mut out = object.to_vec();
    let last = object.iter().rposition(|byte| !byte.is_ascii_whitespace());
    let mut first = last.is_none_or(|at| object[at] == b'{');
    for (key, value) in added {
        if !first {
            out.push(b',');
        }
        first = false;
        out.extend_from_slice(format!("{}:{value}", Value::from(key.as_str())).as_bytes());
    }
    out.extend_from_slice(tail);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_are_put_behind_what_was_written() {
        let rows = [
            (r#"{"a": 1.0}"#, r#"{"a": 1.0,"email":"x"}"#),
            (r#"{ }"#, r#"{ "email":"x"}"#),
            (r#"{"a":{"b":[]}} "#, r#"{"a":{"b":[]},"email":"x"} "#),
        ];
        for (line, expected) in rows {
            let added = [("email".to_owned(), json!("x"))];
            let out = with(line.as_bytes(), 1, &[], &added).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), expected);
        }
    }

    #[test]
    fn a_member_is_changed_where_it_stands() {
        let line = br#"{"b": 1e2, "email": null, "a": "\u00e9"}"#;
        let changed = [("email".to_owned(), json!("x")), ("new".to_owned(), json!(1))];
        let out = with(line, 1, &changed, &[]).unwrap();
        let expected = r#"{"b":1e2,"email":"x","a":"\u00e9","new":1}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn a_broken_line_is_pointed_at() {
        for (line, expected) in [
            ("{\"a\":", "line 7: column 5: EOF"),
            ("[1]", "line 7: column 0: invalid type"),
            ("{\"a\":1} x", "line 7: column 9: trailing"),
        ] {
            let error = members(line.as_bytes(), 7).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }
}
