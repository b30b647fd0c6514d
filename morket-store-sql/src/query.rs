//! Records in and out of a session: thin helpers over its verbs.

use crate::{Lock, OnConflict, Record, Row, Rows, Session, Sql, Table, Value, Write};
use morket_core::Result;

fn select_from(table: &Table, tail: &str) -> Sql {
    format!("SELECT {} FROM {} {tail}", table.column_list(), table.name).into()
}

fn read_all<R: Record>(rows: Vec<Row>) -> Result<Vec<R>> {
    rows.into_iter().map(|mut row| R::read(&mut row)).collect()
}

/// The records that match `tail`, which begins with `WHERE`.
pub(crate) async fn select<R: Record>(
    session: &mut dyn Session,
    tail: &str,
    values: Vec<Value>,
) -> Result<Vec<R>> {
    read_all(session.rows(select_from(R::TABLE, tail), values).await?)
}

/// The same, locked until the transaction ends.
pub(crate) async fn select_locked<R: Record>(
    session: &mut dyn Session,
    tail: &str,
    values: Vec<Value>,
) -> Result<Vec<R>> {
    read_all(session.lock(select_from(R::TABLE, tail), values, Lock::Wait).await?)
}

/// The records whose columns `by` have one of these values.
pub(crate) async fn find<R: Record>(
    session: &mut dyn Session,
    by: &'static [&'static str],
    keys: Vec<Vec<Value>>,
) -> Result<Vec<R>> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    read_all(session.find(R::TABLE, by, keys).await?)
}

/// Insert records; how many were written.
pub(crate) async fn insert<R: Record>(
    session: &mut dyn Session,
    records: &[R],
    conflict: OnConflict,
) -> Result<u64> {
    if records.is_empty() {
        return Ok(0);
    }
    let rows: Vec<_> = records.iter().map(Record::values).collect();
    session.insert(R::TABLE, Rows::new(rows), conflict).await
}

/// Write every column of records that are there.
pub(crate) async fn save<R: Record>(
    session: &mut dyn Session,
    set: &'static [&'static str],
    records: &[R],
) -> Result<u64> {
    if records.is_empty() {
        return Ok(0);
    }
    let rows = records.iter().map(|record| key_and(R::TABLE, set, record.values())).collect();
    session.update(R::TABLE, set, rows).await
}

/// Writes that go out together, in the order in which they were collected.
#[derive(Default)]
pub(crate) struct Writes(Vec<Write>);

impl Writes {
    /// New records.
    pub(crate) fn insert<R: Record + 'static>(&mut self, records: Vec<R>, conflict: OnConflict) {
        let rows = records.into_iter().map(|record| record.values());
        self.insert_rows(R::TABLE, Rows::new(rows), conflict);
    }

    /// New rows of a table.
    pub(crate) fn insert_rows(&mut self, table: &'static Table, rows: Rows, conflict: OnConflict) {
        if rows.len() > 0 {
            self.0.push(Write::Insert { table, rows, conflict });
        }
    }

    /// Changed columns of records that are there.
    pub(crate) fn save<R: Record>(&mut self, set: &'static [&'static str], records: &[R]) {
        if records.is_empty() {
            return;
        }
        let rows = records.iter().map(|record| key_and(R::TABLE, set, record.values())).collect();
        self.0.push(Write::Update { table: R::TABLE, set, rows });
    }

    /// Send what was collected.
    pub(crate) async fn send(self, session: &mut dyn Session) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        session.write(self.0).await
    }
}

/// A row's primary key followed by the columns to set.
fn key_and(table: &Table, set: &[&str], values: Vec<Value>) -> Vec<Value> {
    let columns = table.key.iter().chain(set);
    columns.map(|column| values[table.position(column)].clone()).collect()
}

/// The first column of the only row: a count, a flag.
pub(crate) async fn number(
    session: &mut dyn Session,
    sql: &'static str,
    values: Vec<Value>,
) -> Result<i64> {
    match session.rows(sql.into(), values).await?.first_mut() {
        Some(row) => row.int(),
        None => Ok(0),
    }
}
