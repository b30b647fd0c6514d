//! In: line by line into one transaction, which is given up at the first line that is wrong.

use super::{
    Moved,
    format::{self, Problem},
    tables, verify,
};
use crate::{OnConflict, Rows, Session, Table, Value, migrate};
use morket_core::{Error, ErrorKind, Result};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt},
    sync::mpsc::{Receiver, Sender},
};

const OPERATION: &str = "store.import";

/// Rows that are written at once.
const ROWS: usize = 500;

/// Bytes after which lines are handed on.
const CHUNK: usize = 256 * 1024;

/// The longest line: far above what any row holds, and nothing that fills the memory.
const LONGEST: u64 = 64 << 20;

/// Hand the lines on, a chunk at a time; stops quietly when nobody wants more.
pub(super) async fn feed(
    mut input: impl AsyncBufRead + Send + Unpin,
    out: Sender<Vec<Vec<u8>>>,
) -> Result<()> {
    let (mut chunk, mut bytes) = (Vec::new(), 0);
    let mut number = 0_u64;
    loop {
        let mut line = Vec::new();
        let read = (&mut input).take(LONGEST).read_until(b'\n', &mut line).await;
        let read = read.map_err(|error| {
            let message = "the export could not be read; see what caused it";
            Error::new(ErrorKind::StoreUnavailable, OPERATION, message).caused_by(error)
        })?;
        number += 1;
        if read as u64 == LONGEST {
            return Err(wrong(number, "the line is longer than any row"));
        }
        bytes += read;
        if read > 0 {
            chunk.push(line);
        }
        if read == 0 || bytes >= CHUNK {
            bytes = 0;
            let unwanted = out.send(std::mem::take(&mut chunk)).await.is_err();
            if unwanted || read == 0 {
                return Ok(());
            }
        }
    }
}

fn wrong(line: u64, problem: impl AsRef<str>) -> Error {
    Error::invalid(OPERATION, &format!("line {line}"), problem.as_ref())
}

/// Lines on their way in, and the sum over all that were taken.
struct Lines {
    input: Receiver<Vec<Vec<u8>>>,
    chunk: std::vec::IntoIter<Vec<u8>>,
    /// The number of the line that was taken last.
    number: u64,
    sum: Sha256,
}

impl Lines {
    async fn raw(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(line) = self.chunk.next() {
                self.number += 1;
                return Some(line);
            }
            self.chunk = self.input.recv().await?.into_iter();
        }
    }

    /// The next line with its bytes.
    async fn next(&mut self) -> Result<(Json, Vec<u8>)> {
        let Some(line) = self.raw().await else {
            return Err(wrong(self.number + 1, "the file ends before its end line"));
        };
        let parsed = serde_json::from_slice(&line);
        let parsed = parsed.map_err(|error| self.wrong(format!("no JSON: {error}")))?;
        Ok((parsed, line))
    }

    fn wrong(&self, problem: impl AsRef<str>) -> Error {
        wrong(self.number, problem)
    }

    fn named<T>(&self, result: Result<T, Problem>) -> Result<T> {
        result.map_err(|problem| self.wrong(problem))
    }
}

pub(super) async fn run(session: &mut dyn Session, input: Receiver<Vec<Vec<u8>>>) -> Result<Moved> {
    refuse_filled(session).await?;
    let chunk = Vec::new().into_iter();
    let mut lines = Lines { input, chunk, number: 0, sum: Sha256::new() };
    let (header, bytes) = lines.next().await?;
    lines.named(format::check_header(&header, migrate::latest())?)?;
    lines.sum.update(&bytes);
    let (mut rows, mut next) = (0, lines.next().await?);
    for table in tables() {
        let due = format::section(table);
        if next.0 != due {
            return Err(lines.wrong(format!("this should be the line of the table: {due}")));
        }
        lines.sum.update(&next.1);
        next = fill(session, table, &mut lines, &mut rows).await?;
    }
    let sum = lines.sum.clone().finalize();
    if next.0 != format::end(rows, &sum) {
        let problem = "this should be the end line; the rows before it, or their order, are not \
                       what was exported";
        return Err(lines.wrong(problem));
    }
    if lines.raw().await.is_some() {
        return Err(lines.wrong("nothing may follow the end line"));
    }
    for table in tables().into_iter().filter(|table| table.serial.is_some()) {
        session.renumber(table).await?;
    }
    Ok(Moved { rows, verified: verify::every_chain(session).await? })
}

async fn refuse_filled(session: &mut dyn Session) -> Result<()> {
    for table in tables() {
        let sql = format!("SELECT 1 FROM {} LIMIT 1", table.name);
        if !session.rows(sql.into(), Vec::new()).await?.is_empty() {
            let message = "the store is not empty; import into a new one";
            return Err(
                Error::new(ErrorKind::Conflict, OPERATION, message).with("table", table.name)
            );
        }
    }
    Ok(())
}

/// Take a table's rows; the line after them.
async fn fill(
    session: &mut dyn Session,
    table: &'static Table,
    lines: &mut Lines,
    rows: &mut u64,
) -> Result<(Json, Vec<u8>)> {
    let mut waiting = Vec::new();
    loop {
        let (line, bytes) = lines.next().await?;
        let Json::Array(cells) = line else {
            write(session, table, waiting, lines.number - 1).await?;
            return Ok((line, bytes));
        };
        waiting.push(lines.named(format::values(table, cells))?);
        lines.sum.update(&bytes);
        *rows += 1;
        if waiting.len() == ROWS {
            write(session, table, std::mem::take(&mut waiting), lines.number).await?;
        }
    }
}

/// Write rows of which the last stands in line `last`.
async fn write(
    session: &mut dyn Session,
    table: &'static Table,
    rows: Vec<Vec<Value>>,
    last: u64,
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let first = last + 1 - rows.len() as u64;
    let refused = |error: Error| {
        let problem = format!("the database refuses one of them: {}", error.message());
        match error.kind() {
            ErrorKind::StoreUnavailable | ErrorKind::DeadlineExceeded => error,
            _ => Error::invalid(OPERATION, &format!("lines {first} to {last}"), &problem)
                .caused_by(error),
        }
    };
    session.insert(table, Rows::new(rows), OnConflict::Fail).await.map_err(refused).map(drop)
}
