//! A table from any stream of bytes, row by row.

use super::{
    CELL_LIMIT, Dialect, Encoding, Format, Row, ndjson, scan::Scanner, sniff::sniff, wide::Narrow,
};
use morket::{Error, Result};
use std::{collections::HashMap, io::Read};

/// How much of a file is looked at before its first row.
const START: usize = 256 << 10;
/// The most columns, as in spreadsheets.
const COLUMNS: usize = 16_384;
const PIECE: usize = 64 << 10;

/// What was met while reading, all rows so far together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shape {
    /// Rows, header and blank lines apart.
    pub rows: u64,
    /// Cells of the widest row, the header included.
    pub width: usize,
    /// Rows with fewer cells than the header.
    pub short: u64,
    /// Rows with more cells than the header.
    pub long: u64,
    /// The lines of the first few of those.
    pub ragged: Vec<u64>,
    /// Whether there are bytes that are not UTF-8.
    pub latin: bool,
}

/// A table from any stream of bytes, row by row, in memory for one row.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    narrow: Option<Narrow>,
    /// What was read and not used, from `at` on.
    buffer: Vec<u8>,
    at: usize,
    over: bool,
    scanner: Scanner,
    lines: u64,
    dialect: Dialect,
    header: Row,
    names: Vec<String>,
    shape: Shape,
}

impl<R: Read> Reader<R> {
    /// Look at the beginning: encoding, delimiter, header.
    pub fn open(source: R) -> Result<Self> {
        let mut reader = Self {
            source,
            narrow: None,
            buffer: Vec::new(),
            at: 0,
            over: false,
            scanner: Scanner::new(b',', 1),
            lines: 0,
            dialect: Dialect::default(),
            header: Row::default(),
            names: Vec::new(),
            shape: Shape::default(),
        };
        let (encoding, mark) = reader.begin()?;
        while !reader.over && reader.buffer.len() < START {
            reader.more()?;
        }
        reader.dialect = sniff(&reader.buffer, reader.over, encoding, mark)?;
        reader.at = reader.dialect.preamble.len();
        let line = 1 + u64::from(reader.at > 0);
        reader.scanner = Scanner::new(reader.dialect.delimiter(), line);
        match reader.dialect.format {
            Format::Csv { .. } => reader.read_header()?,
            Format::Ndjson => {
                let complete = reader.buffer.iter().rposition(|byte| *byte == b'\n');
                let end = if reader.over { reader.buffer.len() } else { complete.unwrap_or(0) };
                reader.names = ndjson::keys(reader.buffer[..end].split(|byte| *byte == b'\n'));
            }
        }
        Ok(reader)
    }

    /// The first bytes: a byte order mark goes, and decides.
    fn begin(&mut self) -> Result<(Encoding, bool)> {
        let mut first = Vec::new();
        while first.len() < 3 {
            let mut piece = [0; 3];
            let room = 3 - first.len();
            match self.read(&mut piece[..room])? {
                0 => break,
                read => first.extend_from_slice(&piece[..read]),
            }
        }
        let marked = Encoding::marked(&first);
        let encoding = marked.unwrap_or_default();
        self.narrow = encoding.wide().map(Narrow::new);
        let rest = &first[marked.map_or(0, |it| it.mark().len())..];
        match &mut self.narrow {
            Some(narrow) => narrow.feed(rest, &mut self.buffer),
            None => self.buffer.extend_from_slice(rest),
        }
        Ok((encoding, marked.is_some()))
    }

    /// How it is written. That a file is in Windows-1252 is known when the first such byte has been
    /// met: ask again at the end.
    pub fn dialect(&self) -> Dialect {
        let mut dialect = self.dialect.clone();
        if self.shape.latin && self.narrow.is_none() {
            dialect.encoding = Encoding::Windows1252;
        }
        dialect
    }

    /// What its columns are called, each once: a name that comes again is counted, `Email (2)`.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The header as it was written; empty where rows are objects.
    pub fn header(&self) -> &Row {
        &self.header
    }

    /// What was met so far.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Read the next row or blank line into `row`; whether there was one.
    pub fn next(&mut self, row: &mut Row) -> Result<bool> {
        if !self.scan(row)? {
            return Ok(false);
        }
        if self.dialect.format == Format::Ndjson {
            ndjson::read(row, &self.names)?;
        }
        if !row.is_blank() {
            self.shape.rows += 1;
            self.measure(row);
        }
        row.number = self.shape.rows;
        Ok(true)
    }

    fn measure(&mut self, row: &Row) {
        let shape = &mut self.shape;
        shape.latin |= std::str::from_utf8(&row.raw).is_err();
        shape.width = shape.width.max(row.len());
        let header = self.names.len();
        shape.short += u64::from(row.len() < header);
        shape.long += u64::from(row.len() > header);
        if row.len() != header && shape.ragged.len() < 5 {
            shape.ragged.push(row.line);
        }
    }

    /// The next line of text with its cells, whatever is on it.
    fn scan(&mut self, row: &mut Row) -> Result<bool> {
        row.clear();
        row.wide = self.narrow.is_some();
        loop {
            if self.at == self.buffer.len() {
                if self.over {
                    return self.last(row);
                }
                self.more()?;
                continue;
            }
            let rest = &self.buffer[self.at..];
            let (used, done) = match self.dialect.format {
                Format::Csv { .. } => self.scanner.feed(rest, row)?,
                Format::Ndjson => line(rest, row)?,
            };
            self.at += used;
            if done {
                self.count_line(row);
                return Ok(true);
            }
        }
    }

    fn last(&mut self, row: &mut Row) -> Result<bool> {
        match self.dialect.format {
            Format::Csv { .. } => self.scanner.finish(row),
            Format::Ndjson if row.raw.is_empty() => Ok(false),
            Format::Ndjson => {
                row.body = row.raw.len();
                self.count_line(row);
                Ok(true)
            }
        }
    }

    /// The scanner counts its lines itself.
    fn count_line(&mut self, row: &mut Row) {
        if self.dialect.format == Format::Ndjson {
            self.lines += 1;
            row.line = self.lines;
        }
    }

    fn read_header(&mut self) -> Result<()> {
        let mut header = Row::default();
        loop {
            if !self.scan(&mut header)? {
                return Err(Error::invalid("table.read", "file", "is empty"));
            }
            if !header.is_blank() {
                break;
            }
            let blank = String::from_utf8_lossy(&header.raw).into_owned();
            self.dialect.preamble.push_str(&blank);
        }
        self.shape.latin = std::str::from_utf8(&header.raw).is_err();
        self.shape.width = header.len();
        if header.len() > COLUMNS {
            let problem =
                format!("its header has {} columns; {COLUMNS} are the most", header.len());
            return Err(Error::invalid("table.read", "file", problem));
        }
        self.names = names(&header);
        self.header = header;
        Ok(())
    }

    fn more(&mut self) -> Result<()> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        let mut piece = vec![0; PIECE];
        let read = self.read(&mut piece)?;
        let piece = &piece[..read];
        self.over = read == 0;
        match &mut self.narrow {
            None => self.buffer.extend_from_slice(piece),
            Some(narrow) if read == 0 => narrow.finish(&mut self.buffer)?,
            Some(narrow) => narrow.feed(piece, &mut self.buffer),
        }
        Ok(())
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        loop {
            match self.source.read(into) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let problem = format!("cannot be read: {error}");
                    return Err(Error::invalid("table.read", "file", problem).caused_by(error));
                }
                Ok(read) => return Ok(read),
            }
        }
    }
}

/// A line of an NDJSON file: all before the line feed.
fn line(bytes: &[u8], row: &mut Row) -> Result<(usize, bool)> {
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let used = end.map_or(bytes.len(), |end| end + 1);
    row.raw.extend_from_slice(&bytes[..used]);
    if row.raw.len() > CELL_LIMIT {
        let problem = format!("a line is longer than {} MiB", CELL_LIMIT >> 20);
        return Err(Error::invalid("table.read", "file", problem));
    }
    if end.is_some() {
        let end = if row.raw.ends_with(b"\r\n") { 2 } else { 1 };
        row.body = row.raw.len() - end;
    }
    Ok((used, end.is_some()))
}

/// What columns are called: trimmed, each once, never empty.
fn names(header: &Row) -> Vec<String> {
    let mut taken: HashMap<String, usize> = HashMap::new();
    let mut unique = |name: String| {
        let mut candidate = name.clone();
        let mut count = taken.get(&name).copied().unwrap_or(0);
        while taken.contains_key(&candidate) {
            count += 1;
            candidate = format!("{name} ({})", count + 1);
        }
        taken.insert(name, count);
        taken.entry(candidate.clone()).or_insert(0);
        candidate
    };
    let name = |column: usize| {
        let text = header.text(column).replace('\0', "");
        match text.trim() {
            "" => format!("column {}", column + 1),
            name => name.to_owned(),
        }
    };
    (0..header.len()).map(|column| unique(name(column))).collect()
}
