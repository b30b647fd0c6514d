//! One row with the bytes it came in.

use super::encoding;
use serde_json::Value;
use std::borrow::Cow;

/// Where a cell lies in its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) quoted: bool,
}

/// One row with the bytes it came in. Made once and filled again for each row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its number among the rows, from 1; the header has 0, a blank line that of the row before.
    pub number: u64,
    /// The line of the file on which it begins, from 1.
    pub line: u64,
    pub(super) raw: Vec<u8>,
    /// Where the line's end begins.
    pub(super) body: usize,
    pub(super) cells: Vec<Cell>,
    /// In NDJSON: the values, by column.
    pub(super) json: Option<Vec<Option<Value>>>,
    pub(super) wide: bool,
}

impl Row {
    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.json.as_ref().map_or(self.cells.len(), Vec::len)
    }

    /// Whether it has no cell.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A line with nothing on it: kept where it stands, and no row.
    pub fn is_blank(&self) -> bool {
        self.raw[..self.body].iter().all(|it| it.is_ascii_whitespace()) && self.len() < 2
    }

    /// What it looked like, without the end of its line.
    pub fn body(&self) -> &[u8] {
        &self.raw[..self.body]
    }

    /// How its line ends: `\r\n`, `\n`, `\r`, or nothing at the end of the file.
    pub fn end(&self) -> &[u8] {
        &self.raw[self.body..]
    }

    /// The bytes of a cell, quotes included.
    pub fn raw_cell(&self, column: usize) -> Option<&[u8]> {
        self.cells.get(column).map(|cell| &self.raw[cell.start..cell.end])
    }

    /// The text of a cell; empty where the row is too short.
    pub fn text(&self, column: usize) -> Cow<'_, str> {
        if let Some(values) = &self.json {
            return match values.get(column).and_then(Option::as_ref) {
                None | Some(Value::Null) => Cow::Borrowed(""),
                Some(Value::String(text)) => Cow::Borrowed(text),
                Some(other) => Cow::Owned(other.to_string()),
            };
        }
        let Some(cell) = self.cells.get(column) else { return Cow::Borrowed("") };
        let raw = &self.raw[cell.start..cell.end];
        match cell.quoted {
            false => encoding::text(raw, self.wide),
            true => Cow::Owned(encoding::text(&unquoted(raw), self.wide).into_owned()),
        }
    }

    /// The value of a cell, if there is any.
    pub fn value(&self, column: usize) -> Option<Value> {
        if let Some(values) = &self.json {
            let value = values.get(column).and_then(Clone::clone);
            return value.filter(|it| !it.is_null() && it.as_str().is_none_or(|it| !is_void(it)));
        }
        let text = self.text(column);
        (!is_void(&text)).then(|| Value::String(text.into_owned()))
    }

    pub(super) fn clear(&mut self) {
        self.raw.clear();
        self.cells.clear();
        self.json = None;
        self.body = 0;
    }
}

fn is_void(text: &str) -> bool {
    text.chars().all(|it| it.is_whitespace() || it == '\0')
}

/// What stands between the quotes, and what was written behind them all the same.
fn unquoted(raw: &[u8]) -> Vec<u8> {
    let inner = raw.iter().position(|byte| *byte == b'"').map_or(raw.len(), |at| at + 1);
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = &raw[inner..];
    while let Some(at) = rest.iter().position(|byte| *byte == b'"') {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.first() {
            Some(b'"') => {
                out.push(b'"');
                rest = &rest[1..];
            }
            _ => break,
        }
    }
    out.extend_from_slice(rest);
    out
}
