//! Out: every table in the order of its key, a few hundred rows at a time.

use super::{Moved, format, tables};
use crate::{Row, Session, Sql, Table, Value, migrate};
use morket_core::{Error, ErrorKind, Result};
use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::io;
use tokio::{
    io::{AsyncWrite, AsyncWriteExt},
    sync::mpsc::{Receiver, Sender},
};

/// Rows that are read at once.
const ROWS: i64 = 500;

/// Bytes after which a chunk is sent.
const CHUNK: usize = 256 * 1024;

/// Lines on their way out, and the sum over all of them.
struct Lines {
    out: Sender<Vec<u8>>,
    chunk: Vec<u8>,
    sum: Sha256,
    rows: u64,
}

impl Lines {
    async fn put(&mut self, line: &Json) -> Result<()> {
        let from = self.chunk.len();
        self.chunk.extend_from_slice(line.to_string().as_bytes());
        self.chunk.push(b'\n');
        self.sum.update(&self.chunk[from..]);
        if self.chunk.len() >= CHUNK { self.send().await } else { Ok(()) }
    }

    async fn send(&mut self) -> Result<()> {
        let message = "whoever took the lines has gone";
        let gone = |_| Error::new(ErrorKind::StoreUnavailable, "store.export", message);
        self.out.send(std::mem::take(&mut self.chunk)).await.map_err(gone)
    }
}

pub(super) async fn run(session: &mut dyn Session, out: Sender<Vec<u8>>) -> Result<Moved> {
    let mut lines = Lines { out, chunk: Vec::new(), sum: Sha256::new(), rows: 0 };
    lines.put(&format::header(migrate::latest())).await?;
    for table in tables() {
        lines.put(&format::section(table)).await?;
        one_table(session, table, &mut lines).await?;
    }
    let end = format::end(lines.rows, &lines.sum.clone().finalize());
    lines.put(&end).await?;
    lines.send().await?;
    Ok(Moved { rows: lines.rows, verified: 0 })
}

async fn one_table(session: &mut dyn Session, table: &Table, lines: &mut Lines) -> Result<()> {
    let mut after = Vec::new();
    loop {
        let rows = session.rows(page(table, !after.is_empty()), after).await?;
        let full = i64::try_from(rows.len()).is_ok_and(|count| count == ROWS);
        after = match rows.last() {
            Some(last) if full => key(table, last.clone())?,
            _ => Vec::new(),
        };
        for mut row in rows {
            lines.put(&format::line(table, &mut row)?).await?;
            lines.rows += 1;
        }
        if after.is_empty() {
            return Ok(());
        }
    }
}

/// The next rows by key. Both databases order ids, bytes and text by their bytes.
fn page(table: &Table, goes_on: bool) -> Sql {
    let (columns, key) = (table.column_list(), table.key.join(", "));
    let places = (1..=table.key.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let after = if goes_on { format!("WHERE ({key}) > ({places})") } else { String::new() };
    format!("SELECT {columns} FROM {} {after} ORDER BY {key} LIMIT {ROWS}", table.name).into()
}

fn key(table: &Table, row: Row) -> Result<Vec<Value>> {
    let values = row.typed(table)?;
    Ok(table.key.iter().map(|name| values[table.position(name)].clone()).collect())
}

/// Write chunks as they come.
pub(super) async fn drain(
    mut chunks: Receiver<Vec<u8>>,
    mut out: impl AsyncWrite + Send + Unpin,
) -> Result<()> {
    while let Some(chunk) = chunks.recv().await {
        out.write_all(&chunk).await.map_err(unwritten)?;
    }
    out.flush().await.map_err(unwritten)
}

fn unwritten(error: io::Error) -> Error {
    let message = "the export could not be written; see what caused it";
    Error::new(ErrorKind::StoreUnavailable, "store.export", message).caused_by(error)
}
