//! Bytes into rows. A machine that takes any pieces of the file, one after the other, and always
//! sees the same rows.

use super::{
    CELL_LIMIT, ROW_LIMIT,
    row::{Cell, Row},
};
use morket::{Error, Result};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// At the first byte of a cell, spaces before a quote included.
    Start,
    Plain,
    Quoted,
    /// Behind a quote within quotes: it ends them, or is the first of a pair.
    Quote,
    /// Behind a carriage return: a line feed belongs to it.
    Return,
}

#[derive(Clone, Debug)]
pub(super) struct Scanner {
    delimiter: u8,
    state: State,
    start: usize,
    quoted: bool,
    line: u64,
}

impl Scanner {
    /// A scanner for a file whose next line has this number.
    pub(super) fn new(delimiter: u8, line: u64) -> Self {
        Self { delimiter, state: State::Start, start: 0, quoted: false, line }
    }

    /// Take what belongs to this row; how much that was, and whether the row is complete.
    pub(super) fn feed(&mut self, bytes: &[u8], row: &mut Row) -> Result<(usize, bool)> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            match self.state {
                State::Plain | State::Quoted => {
                    let run = self.run(&bytes[at..]);
                    row.raw.extend_from_slice(&bytes[at..at + run]);
                    at += run;
                    self.check(row)?;
                    let Some(byte) = bytes.get(at) else { break };
                    if self.state == State::Quoted {
                        row.raw.push(*byte);
                        self.state = State::Quote;
                        at += 1;
                        continue;
                    }
                    at += 1;
                    if self.plain(*byte, row) {
                        return Ok((at, true));
                    }
                }
                State::Return => {
                    let feed = *byte == b'\n';
                    if feed {
                        row.raw.push(b'\n');
                    }
                    self.close(row);
                    return Ok((at + usize::from(feed), true));
                }
                State::Start | State::Quote => {
                    at += 1;
                    if self.edge(*byte, row) {
                        return Ok((at, true));
                    }
                }
            }
        }
        self.check(row)?;
        Ok((at, false))
    }

    /// The file is over; whether that completes a row.
    pub(super) fn finish(&mut self, row: &mut Row) -> Result<bool> {
        match self.state {
            State::Start if row.raw.is_empty() => return Ok(false),
            State::Quoted => {
                let opened = self.line + lines(&row.raw[..self.start]);
                let problem = format!(
                    "line {opened}, column {}: a quote opens here and never closes",
                    row.cells.len() + 1
                );
                return Err(Error::invalid("table.read", "file", problem));
            }
            State::Return => {}
            State::Start | State::Plain | State::Quote => {
                self.cell(row);
                row.body = row.raw.len();
            }
        }
        self.close(row);
        Ok(true)
    }

    /// How many bytes belong to the cell without a question.
    fn run(&self, bytes: &[u8]) -> usize {
        let stop = |byte: &u8| match self.state {
            State::Quoted => *byte == b'"',
            _ => *byte == self.delimiter || matches!(byte, b'\r' | b'\n'),
        };
        bytes.iter().position(stop).unwrap_or(bytes.len())
    }

    /// A byte that may change what the next ones mean; whether it completes the row.
    fn edge(&mut self, byte: u8, row: &mut Row) -> bool {
        match (self.state, byte) {
            (State::Start, b' ') => {
                row.raw.push(byte);
                return false;
            }
            (_, b'"') => {
                row.raw.push(byte);
                self.quoted = true;
                self.state = State::Quoted;
                return false;
            }
            _ => {}
        }
        self.state = State::Plain;
        self.plain(byte, row)
    }

    /// A byte outside quotes; whether it completes the row.
    fn plain(&mut self, byte: u8, row: &mut Row) -> bool {
        match byte {
            b'\n' | b'\r' => {
                self.cell(row);
                row.body = row.raw.len();
                row.raw.push(byte);
                self.state = State::Return;
                if byte == b'\n' {
                    self.close(row);
                }
                byte == b'\n'
            }
            byte => {
                if byte == self.delimiter {
                    self.cell(row);
                    self.start = row.raw.len() + 1;
                    self.state = State::Start;
                }
                row.raw.push(byte);
                false
            }
        }
    }

    fn cell(&mut self, row: &mut Row) {
        row.cells.push(Cell { start: self.start, end: row.raw.len(), quoted: self.quoted });
        self.quoted = false;
    }

    fn close(&mut self, row: &mut Row) {
        row.line = self.line;
        self.line += lines(&row.raw);
        self.start = 0;
        self.state = State::Start;
    }

    fn check(&self, row: &Row) -> Result<()> {
        let cell = row.raw.len() - self.start.min(row.raw.len());
        if cell <= CELL_LIMIT && row.raw.len() <= ROW_LIMIT {
            return Ok(());
        }
        let (what, limit) = match cell > CELL_LIMIT {
            true => ("cell", CELL_LIMIT),
            false => ("row", ROW_LIMIT),
        };
        let problem = format!(
            "line {}, column {}: the {what} is longer than {} MiB; most likely a quote before it \
             opens and never closes, or the file is no table",
            self.line,
            row.cells.len() + 1,
            limit >> 20,
        );
        Err(Error::invalid("table.read", "file", problem))
    }
}

/// How many lines end in these bytes; `\r\n` is one end.
fn lines(bytes: &[u8]) -> u64 {
    let mut count = 0;
    let mut after_return = false;
    for byte in bytes {
        count += u64::from(*byte == b'\r' || (*byte == b'\n' && !after_return));
        after_return = *byte == b'\r';
    }
    count
}
