//! A table back out: what came in, byte for byte, and columns behind it.

use super::{Dialect, Format, Row, formula::neutralise, is_formula, ndjson};
use morket::{Error, Result};
use serde_json::Value;
use std::{borrow::Cow, io::Write};

/// A column that is written beside those that came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// It is no new one: its values take the place of those of this input column.
    pub replaces: Option<usize>,
}

/// A table back out: what came in, byte for byte, and columns behind it.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    dialect: Dialect,
    /// Input columns, by name, where rows are objects.
    names: Vec<String>,
    /// Cells of the widest input row: new columns stand behind it in every row.
    width: usize,
    columns: Vec<Column>,
    safe: bool,
    lost: u64,
    piece: Vec<u8>,
}

impl<W: Write> Writer<W> {
    /// Write as `dialect` says. `names` are the input's columns, `width` the cells of its widest
    /// row.
    pub fn new(
        out: W,
        dialect: Dialect,
        names: &[String],
        width: usize,
        columns: Vec<Column>,
    ) -> Self {
        let (names, width) = (names.to_vec(), width.max(names.len()));
        Self { out, dialect, names, width, columns, safe: false, lost: 0, piece: Vec::new() }
    }

    /// Neutralise what a spreadsheet would run, in input columns too.
    #[must_use]
    pub fn spreadsheet_safe(mut self, safe: bool) -> Self {
        self.safe = safe && self.dialect.format != Format::Ndjson;
        self
    }

    /// How many values had letters that the file's encoding lacks.
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Write what stands before the rows.
    pub fn header(&mut self, header: &Row) -> Result<()> {
        if self.dialect.mark {
            let mark = self.dialect.encoding.mark();
            self.out.write_all(mark).map_err(cannot)?;
        }
        self.piece.extend_from_slice(self.dialect.preamble.as_bytes());
        if self.dialect.format == Format::Ndjson {
            return self.put();
        }
        let names: Vec<Value> = self
            .columns
            .iter()
            .map(|it| match it.replaces {
                None => Value::from(it.name.as_str()),
                Some(_) => Value::Null,
            })
            .collect();
        self.cells(header, &names);
        self.piece.extend_from_slice(header.end());
        self.put()
    }

    /// Write a row with a value for each column. `Null` is an empty cell, and leaves a cell that
    /// would be replaced as it is.
    pub fn row(&mut self, row: &Row, values: &[Value]) -> Result<()> {
        if row.is_blank() {
            self.piece.extend_from_slice(&row.raw);
            return self.put();
        }
        match self.dialect.format {
            Format::Csv { .. } => self.cells(row, values),
            Format::Ndjson => self.members(row, values)?,
        }
        self.piece.extend_from_slice(row.end());
        self.put()
    }

    /// Nothing more comes.
    pub fn finish(mut self) -> Result<W> {
        self.out.flush().map_err(cannot)?;
        Ok(self.out)
    }

    fn put(&mut self) -> Result<()> {
        let bytes = self.dialect.encoding.outside(&self.piece);
        self.out.write_all(&bytes).map_err(cannot)?;
        self.piece.clear();
        Ok(())
    }

    fn cells(&mut self, row: &Row, values: &[Value]) {
        let delimiter = self.dialect.delimiter();
        let replaced = |column| self.columns.iter().position(|it| it.replaces == Some(column));
        let touched = self.safe || self.columns.iter().any(|it| it.replaces.is_some());
        let mut texts: Vec<(usize, String)> = Vec::new();
        if touched {
            for column in 0..row.len().max(self.names.len()) {
                let value = replaced(column).and_then(|at| values.get(at)).map(plain);
                let new = value.filter(|text| !text.is_empty());
                let old = || Some(row.text(column)).filter(|it| self.safe && is_unsafe(it));
                let text = new.or_else(|| old().map(Cow::into_owned));
                texts.extend(text.map(|text| (column, text)));
            }
        }
        if texts.is_empty() {
            self.piece.extend_from_slice(row.body());
        } else {
            for column in 0..row.len() {
                if column > 0 {
                    self.piece.push(delimiter);
                }
                match texts.iter().find(|(at, _)| *at == column) {
                    Some((_, text)) => self.cell(text),
                    None => self.piece.extend_from_slice(row.raw_cell(column).unwrap_or_default()),
                }
            }
        }
        let mut open = row.len();
        let appended = self.columns.iter().zip(values).filter(|(it, _)| it.replaces.is_none());
        let appended: Vec<String> = appended.map(|(_, value)| plain(value)).collect();
        // Nothing is added behind a short row unless something must stand in its column.
        let last = texts.last().map_or(0, |(column, _)| column + 1);
        let width = if appended.is_empty() { last } else { self.width };
        while open < width {
            self.piece.push(delimiter);
            if let Some((_, text)) = texts.iter().find(|(at, _)| *at == open) {
                self.cell(text);
            }
            open += 1;
        }
        for text in appended {
            self.piece.push(delimiter);
            self.cell(&text);
        }
    }

    fn cell(&mut self, text: &str) {
        let text = if self.safe { neutralise(text) } else { Cow::Borrowed(text) };
        let (bytes, lost) = self.dialect.encoding.inside(&text);
        self.lost += u64::from(lost);
        quote(&mut self.piece, &bytes);
    }

    fn members(&mut self, row: &Row, values: &[Value]) -> Result<()> {
        let (mut changed, mut added) = (Vec::new(), Vec::new());
        for (column, value) in self.columns.iter().zip(values) {
            match column.replaces {
                None => added.push((column.name.clone(), value.clone())),
                Some(_) if value.is_null() => {}
                Some(at) => {
                    let name = self.names.get(at).cloned().unwrap_or_default();
                    changed.push((name, value.clone()));
                }
            }
        }
        let line = ndjson::with(row.body(), row.line, &changed, &added)?;
        self.piece.extend_from_slice(&line);
        Ok(())
    }
}

fn is_unsafe(text: &str) -> bool {
    is_formula(text.trim_start_matches('\''))
}

fn cannot(error: std::io::Error) -> Error {
    let kind = morket::ErrorKind::StoreUnavailable;
    Error::new(kind, "table.write", format!("the output cannot be written: {error}"))
        .caused_by(error)
}

/// A value as it stands in a cell.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join("; "),
        Value::Object(members) => match members.get("printed") {
            Some(Value::String(printed)) => printed.clone(),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

/// Quotes stand around whatever any reader might take for something else.
fn quote(out: &mut Vec<u8>, cell: &[u8]) {
    let harmless = |byte: &u8| {
        !byte.is_ascii() || byte.is_ascii_alphanumeric() || b" .-_@:/+'()&%#!?".contains(byte)
    };
    let ends_in_space = cell.first() == Some(&b' ') || cell.last() == Some(&b' ');
    if cell.iter().all(harmless) && !ends_in_space && !cell.starts_with(b"\xef\xbb\xbf") {
        return out.extend_from_slice(cell);
    }
    out.push(b'"');
    for byte in cell {
        if *byte == b'"' {
            out.push(b'"');
        }
        out.push(*byte);
    }
    out.push(b'"');
}

/// A row of these texts, without its line's end.
pub fn compose(dialect: &Dialect, cells: &[impl AsRef<str>]) -> Vec<u8> {
    let mut out = Vec::new();
    for (column, cell) in cells.iter().enumerate() {
        if column > 0 {
            out.push(dialect.delimiter());
        }
        quote(&mut out, &dialect.encoding.inside(cell.as_ref()).0);
    }
    // A line with nothing on it would be no row.
    if out.is_empty() {
        out.extend_from_slice(b"\"\"");
    }
    out
}
