//! The lines of an export.
//!
//! ```text
//! {"morket":"store","format":1,"schema":4}
//! {"table":"names","columns":[["number","int"],["name","text"]]}
//! [1,"email"]
//! …
//! {"end":{"rows":1,"sha256":"…"}}
//! ```
//!
//! A table's line stands before its rows, also when it has none, and tables stand in one order.
//! Bytes are base64, ids are hyphenated; what is absent is `null`.

use crate::{Kind, Row, Table, Value};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use morket_core::{Error, ErrorKind, Result};
use serde_json::{Value as Json, json};
use uuid::Uuid;

/// The layout of the lines; a new layout gets a new number.
const FORMAT: u64 = 1;

/// Why a line is not what it should be: becomes an error that names it.
pub(super) type Problem = String;

pub(super) fn header(schema: u32) -> Json {
    json!({"morket": "store", "format": FORMAT, "schema": schema})
}

/// Refuse another format, or the export of another schema.
pub(super) fn check_header(found: &Json, schema: u32) -> Result<Result<(), Problem>> {
    if found["morket"] != "store" || !found["format"].is_u64() {
        return Ok(Err("this is no export of a store".to_owned()));
    }
    if found["format"] != FORMAT {
        let problem = format!("format {} is another release's, this one reads 1", found["format"]);
        return Ok(Err(problem));
    }
    if found["schema"] != schema {
        let message = format!(
            "the export is of schema {}, this store is at {schema}: let this release migrate the \
             source, then export again",
            found["schema"]
        );
        return Err(Error::new(ErrorKind::SchemaMismatch, "store.import", message));
    }
    match *found == header(schema) {
        true => Ok(Ok(())),
        false => Ok(Err("the first line holds more than it may".to_owned())),
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Int => "int",
        Kind::Text => "text",
        Kind::Bytes => "bytes",
        Kind::Uuid => "uuid",
    }
}

pub(super) fn section(table: &Table) -> Json {
    let columns = table.columns.iter().map(|(name, kind)| json!([name, word(*kind)]));
    json!({"table": table.name, "columns": columns.collect::<Json>()})
}

pub(super) fn end(rows: u64, sum: &[u8]) -> Json {
    json!({"end": {"rows": rows, "sha256": BASE64.encode(sum)}})
}

/// A row as its line, in the table's order.
pub(super) fn line(table: &Table, row: &mut Row) -> Result<Json> {
    let cell = |row: &mut Row, kind| -> Result<Json> {
        Ok(match kind {
            Kind::Int => json!(row.maybe_int()?),
            Kind::Text => json!(row.maybe_text()?),
            Kind::Bytes => json!(row.maybe_bytes()?.map(|bytes| BASE64.encode(bytes))),
            Kind::Uuid => json!(row.maybe_uuid()?.map(|id| id.to_string())),
        })
    };
    table.columns.iter().map(|(_, kind)| cell(row, *kind)).collect()
}

/// The values of a line, in the table's order.
pub(super) fn values(table: &Table, cells: Vec<Json>) -> Result<Vec<Value>, Problem> {
    if cells.len() != table.columns.len() {
        let (due, found) = (table.columns.len(), cells.len());
        return Err(format!("a row of {} has {due} columns, this one {found}", table.name));
    }
    let pairs = cells.into_iter().zip(table.columns);
    pairs.map(|(cell, (name, kind))| value(cell, *kind).ok_or_else(|| wrong(name, *kind))).collect()
}

fn wrong(column: &str, kind: Kind) -> Problem {
    let due = match kind {
        Kind::Int => "a whole number",
        Kind::Text => "text",
        Kind::Bytes => "base64",
        Kind::Uuid => "a UUID",
    };
    format!("{column} must be {due} or null")
}

fn value(cell: Json, kind: Kind) -> Option<Value> {
    Some(match (kind, cell) {
        (Kind::Int, Json::Null) => Value::Int(None),
        (Kind::Text, Json::Null) => Value::Text(None),
        (Kind::Bytes, Json::Null) => Value::Bytes(None),
        (Kind::Uuid, Json::Null) => Value::Uuid(None),
        (Kind::Int, cell) => Value::Int(Some(cell.as_i64()?)),
        (Kind::Text, Json::String(text)) => Value::Text(Some(text)),
        (Kind::Bytes, Json::String(text)) => Value::Bytes(Some(BASE64.decode(text).ok()?)),
        (Kind::Uuid, Json::String(text)) => Value::Uuid(Some(Uuid::try_parse(&text).ok()?)),
        _ => return None,
    })
}
