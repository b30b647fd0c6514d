//! What a file is, from its beginning.

use super::{Encoding, row::Row, scan::Scanner};
use morket::{Error, Result};
use serde::{Deserialize, Serialize};

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Cells between delimiters.
    Csv {
        /// What stands between them.
        delimiter: char,
    },
    /// An object on each line.
    Ndjson,
}

/// How a file is written, so that more can be written the same way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dialect {
    /// Its rows.
    pub format: Format,
    /// Its letters.
    pub encoding: Encoding,
    /// Whether it begins with a byte order mark.
    pub mark: bool,
    /// How its lines end: that of the first.
    pub line_end: String,
    /// The line before the header that tells spreadsheets the delimiter, if there is one.
    pub preamble: String,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            format: Format::Csv { delimiter: ',' },
            encoding: Encoding::Utf8,
            mark: false,
            line_end: "\n".to_owned(),
            preamble: String::new(),
        }
    }
}

impl Dialect {
    /// The delimiter as it stands in rows; a comma where rows are objects.
    pub(super) fn delimiter(&self) -> u8 {
        match self.format {
            Format::Csv { delimiter } => u8::try_from(delimiter).unwrap_or(b','),
            Format::Ndjson => b',',
        }
    }
}

/// How many rows are looked at.
const ROWS: usize = 200;
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The dialect of a file that begins so; `whole` when there is no more of it.
pub(super) fn sniff(start: &[u8], whole: bool, encoding: Encoding, mark: bool) -> Result<Dialect> {
    let mut dialect = Dialect { encoding, mark, ..Dialect::default() };
    dialect.line_end = line_end(start);
    match start.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None if whole => return Err(Error::invalid("table.read", "file", "is empty")),
        Some(b'{') => dialect.format = Format::Ndjson,
        Some(b'[') if is_json(start) => {
            let problem = "is one JSON array; write an object on each line (`jq -c '.[]'` does)";
            return Err(Error::invalid("table.read", "file", problem));
        }
        _ => {
            if let Some(problem) = foreign(start) {
                return Err(Error::invalid("table.read", "file", problem));
            }
            let (preamble, told) = preamble(start);
            dialect.preamble = preamble;
            let start = &start[dialect.preamble.len()..];
            let delimiter = told.unwrap_or_else(|| delimiter(start, whole));
            dialect.format = Format::Csv { delimiter: char::from(delimiter) };
        }
    }
    Ok(dialect)
}

fn is_json(start: &[u8]) -> bool {
    let mut letters = start.iter().filter(|byte| !byte.is_ascii_whitespace());
    letters.nth(1).is_some_and(|byte| matches!(byte, b'{' | b'[' | b']' | b'"'))
}

/// Files that people take for tables.
fn foreign(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"\xd0\xcf\x11\xe0") {
        return Some("is a spreadsheet or an archive; save the sheet as CSV");
    }
    if start.starts_with(b"\x1f\x8b") {
        return Some("is compressed; unpack it first (`gunzip -c FILE | morket enrich -`)");
    }
    if start.starts_with(b"PAR1") {
        return Some("is Parquet; write it as CSV first");
    }
    let nul = start.iter().filter(|byte| **byte == 0).count();
    if start.len() >= 16 && nul * 5 > start.len() * 2 {
        return Some("looks like UTF-16 without its mark; save it as UTF-8");
    }
    None
}

fn line_end(start: &[u8]) -> String {
    let at = start.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let end = match at.map(|at| &start[at..]) {
        Some([b'\r', b'\n', ..]) => "\r\n",
        Some([b'\r', ..]) => "\r",
        _ => "\n",
    };
    end.to_owned()
}

/// `sep=;` on a line of its own, as spreadsheets write and read it.
fn preamble(start: &[u8]) -> (String, Option<u8>) {
    let end = start.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
    let Some(end) = end else { return (String::new(), None) };
    let (line, after) = start.split_at(end);
    let Some([delimiter]) = line.strip_prefix(b"sep=") else { return (String::new(), None) };
    let end = if after.starts_with(b"\r\n") { 2 } else { 1 };
    let line = &start[..line.len() + end];
    (String::from_utf8_lossy(line).into_owned(), Some(*delimiter))
}

/// The delimiter under which the most rows have as many cells as the header; of several one that no
/// space follows, then the one that makes the most cells, then the most usual.
fn delimiter(start: &[u8], whole: bool) -> u8 {
    let best = DELIMITERS.iter().rev().max_by_key(|delimiter| score(start, whole, **delimiter));
    best.copied().unwrap_or(b',')
}

fn score(start: &[u8], whole: bool, delimiter: u8) -> (bool, usize, bool, usize) {
    let (counts, tight) = counts(start, whole, delimiter);
    let Some((header, rows)) = counts.split_first() else { return (false, 0, false, 0) };
    let alike = rows.iter().filter(|count| *count == header).count();
    // In tenths: one ragged row must not outweigh a delimiter that makes more sense.
    let share = if rows.is_empty() { 10 } else { alike * 10 / rows.len() };
    (*header > 1, share, tight, *header)
}

/// How many cells each row has, and whether none of the header's begins with a space.
fn counts(start: &[u8], whole: bool, delimiter: u8) -> (Vec<usize>, bool) {
    let (mut scanner, mut row) = (Scanner::new(delimiter, 1), Row::default());
    let (mut counts, mut tight) = (Vec::new(), true);
    let mut rest = start;
    while counts.len() < ROWS {
        row.clear();
        let done = match scanner.feed(rest, &mut row) {
            Ok((used, done)) => {
                rest = &rest[used..];
                done || (whole && scanner.finish(&mut row).unwrap_or(false))
            }
            Err(_) => false,
        };
        if !done {
            break;
        }
        if !row.is_blank() {
            let spaced = |at| row.raw_cell(at).is_some_and(|it| it.first() == Some(&b' '));
            tight &= !counts.is_empty() || !(1..row.len()).any(spaced);
            counts.push(row.len());
        }
    }
    // Not even one row within the piece: the header is longer than that, or a quote is open.
    if counts.is_empty() && !row.cells.is_empty() {
        counts.push(row.cells.len() + 1);
    }
    (counts, tight)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: char) {
        let dialect = sniff(text.as_bytes(), true, Encoding::Utf8, false).unwrap();
        assert_eq!(dialect.format, Format::Csv { delimiter: expected }, "{text:?}");
    }

    #[test]
    fn delimiters_are_told_by_the_shape_of_the_rows() {
        let rows = [
            ("a,b\n1,2\n", ','),
            ("a;b\n1,5;2,5\n3,5;4,5\n", ';'),
            ("a\tb c, d\n1\t2\n", '\t'),
            ("a|b\n1|2\n", '|'),
            ("a\n1\n2\n", ','),
            ("\"a;b\",c\n\"1;2;3\",4\n", ','),
            ("a,b\n\"one;\ntwo;\nthree;\",2\n", ','),
            ("Name, first;Company\nAda, L;Example\n", ';'),
            ("a,b,c\n1,2\n1,2,3\n1,2,3\n", ','),
            ("sep=|\na,b|c\n", '|'),
            ("a;b;c", ';'),
            ("company,notes\nx,\"a|b|c\"\ny,d|e\n", ','),
        ];
        for (text, expected) in rows {
            check(text, expected);
        }
    }

    #[test]
    fn what_is_no_table_is_told_what_to_do() {
        let rows: &[(&[u8], &str)] = &[
            (b"", "is empty"),
            (b" \r\n \n", "is empty"),
            (b"PK\x03\x04 and so on", "save the sheet as CSV"),
            (b"\x1f\x8b\x08", "unpack it first"),
            (b"[{\"a\":1}]", "an object on each line"),
            (b"a\0,\0b\0\n\x001\0,\x002\0\n\0", "UTF-16 without its mark"),
        ];
        for (bytes, expected) in rows {
            let error = sniff(bytes, true, Encoding::Utf8, false).unwrap_err();
            assert!(error.message().contains(expected), "{error}");
        }
    }
}
