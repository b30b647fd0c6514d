//! A SQLite transaction with the verbs that Morket's stores need.

use crate::error::translate;
use async_trait::async_trait;
use morket_core::{Result, Timestamp};
use morket_store_sql::{Lock, OnConflict, Row, Session, Sql, Table, Value};
use sqlx::{
    AssertSqlSafe, Column, Row as _, Sqlite, SqliteConnection, TypeInfo, ValueRef,
    query::Query,
    sqlite::{SqliteArguments, SqliteRow},
};

/// Rows per statement: few different statements, so that each stays prepared.
const SIZES: [usize; 7] = [1, 4, 16, 32, 64, 128, 256];

/// The most values of one statement that SQLite binds.
const MAX_VALUES: usize = 32_766;

/// A transaction in progress on this connection.
pub(crate) struct SqliteSession<'c> {
    pub(crate) connection: &'c mut SqliteConnection,
    pub(crate) now: Timestamp,
}

fn bound(sql: Sql, values: Vec<Value>) -> Query<'static, Sqlite, SqliteArguments> {
    let query = sqlx::query(AssertSqlSafe(sql.into_owned()));
    values.into_iter().fold(query, |query, value| match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
        Value::Uuid(value) => query.bind(value.map(|it| it.as_bytes().to_vec())),
    })
}

fn row(row: &SqliteRow) -> Result<Row> {
    let value = |index: usize| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(index)?;
        if raw.is_null() {
            return Ok(Value::Int(None));
        }
        let kind = raw.type_info();
        Ok(match kind.name() {
            "INTEGER" => Value::Int(Some(row.try_get_unchecked(index)?)),
            "TEXT" => Value::Text(Some(row.try_get_unchecked(index)?)),
            _ => Value::Bytes(Some(row.try_get_unchecked(index)?)),
        })
    };
    let values = row.columns().iter().map(|column| value(column.ordinal()));
    values.collect::<Result<_, _>>().map(Row::new).map_err(translate)
}

/// What fills a statement's last rows.
#[derive(Clone, Copy)]
enum Filling {
    /// The last row once more.
    Repeated,
    /// Nothing but NULL.
    Nulls,
}

/// Split rows of `width` values into one statement's each, almost always a single one: how many
/// rows it has, and their values. A statement of the next size is filled up, since each one more
/// costs two turns of a thread.
fn statements(
    mut rows: Vec<Vec<Value>>,
    width: usize,
    filling: Filling,
) -> Vec<(usize, Vec<Value>)> {
    let fits = |size: &&usize| **size * width <= MAX_VALUES;
    let most = SIZES.iter().rev().find(fits).copied().unwrap_or(1);
    let mut statements = Vec::with_capacity(1);
    while !rows.is_empty() {
        let rest = rows.split_off(rows.len().min(most));
        let size = SIZES.iter().find(|size| **size >= rows.len()).copied().unwrap_or(most);
        let filler = match (filling, rows.last()) {
            (Filling::Repeated, Some(last)) if rows.len() < size => last.clone(),
            _ => vec![Value::Int(None); width],
        };
        let missing = size - rows.len();
        let filled = rows.into_iter().chain(std::iter::repeat_n(filler, missing));
        statements.push((size, filled.flatten().collect()));
        rows = rest;
    }
    statements
}

/// `(?, ?), (?, ?)`: that many rows of that many values.
fn groups(rows: usize, width: usize) -> String {
    let group = format!("({}?), ", "?, ".repeat(width.saturating_sub(1)));
    let mut groups = group.repeat(rows);
    groups.truncate(groups.len().saturating_sub(2));
    groups
}

#[async_trait]
impl Session for SqliteSession<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn rows(&mut self, sql: Sql, values: Vec<Value>) -> Result<Vec<Row>> {
        let rows = bound(sql, values).fetch_all(&mut *self.connection).await.map_err(translate)?;
        rows.iter().map(row).collect()
    }

    async fn lock(&mut self, sql: Sql, values: Vec<Value>, _: Lock) -> Result<Vec<Row>> {
        self.rows(sql, values).await
    }

    async fn run(&mut self, sql: Sql, values: Vec<Value>) -> Result<u64> {
        let done = bound(sql, values).execute(&mut *self.connection).await.map_err(translate)?;
        Ok(done.rows_affected())
    }

    async fn insert(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Value>>,
        conflict: OnConflict,
    ) -> Result<u64> {
        let (columns, clause) = (table.column_list(), conflict.clause(table));
        let (width, name) = (table.columns.len(), table.name);
        // A key is never NULL: rows without one only fill the statement.
        let there = format!("column{} IS NOT NULL", table.position(table.key[0]) + 1);
        let mut written = 0;
        for (size, values) in statements(rows, width, Filling::Nulls) {
            let groups = groups(size, width);
            let sql = format!(
                "INSERT INTO {name} ({columns}) \
                 SELECT * FROM (VALUES {groups}) WHERE {there}{clause}"
            );
            written += self.run(sql.into(), values).await?;
        }
        Ok(written)
    }

    async fn find(
        &mut self,
        table: &'static Table,
        by: &'static [&'static str],
        keys: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>> {
        let (columns, by_list) = (table.column_list(), by.join(", "));
        let mut found = Vec::new();
        for (size, values) in statements(keys, by.len(), Filling::Repeated) {
            let groups = groups(size, by.len());
            let sql = format!(
                "SELECT {columns} FROM {} WHERE ({by_list}) IN (VALUES {groups})",
                table.name
            );
            found.extend(self.rows(sql.into(), values).await?);
        }
        Ok(found)
    }

    async fn update(
        &mut self,
        table: &'static Table,
        set: &'static [&'static str],
        rows: Vec<Vec<Value>>,
    ) -> Result<u64> {
        let width = table.key.len() + set.len();
        let names = (1..=width).map(|n| format!("c{n}")).collect::<Vec<_>>();
        let (key_names, set_names) = names.split_at(table.key.len());
        let pairs = |columns: &[&str], names: &[String], qualified: bool| {
            let table = if qualified { format!("{}.", table.name) } else { String::new() };
            let pair = |(column, name)| format!("{table}{column} = given.{name}");
            columns.iter().zip(names).map(pair).collect::<Vec<_>>()
        };
        let set = pairs(set, set_names, false).join(", ");
        let key = pairs(table.key, key_names, true).join(" AND ");
        let mut touched = 0;
        for (size, values) in statements(rows, width, Filling::Nulls) {
            let groups = groups(size, width);
            let names = names.join(", ");
            let sql = format!(
                "WITH given ({names}) AS (VALUES {groups}) \
                 UPDATE {} SET {set} FROM given WHERE {key}",
                table.name
            );
            touched += self.run(sql.into(), values).await?;
        }
        Ok(touched)
    }

    async fn notify(&mut self, _: &'static str) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_go_in_few_statements_of_few_sizes() {
        for (width, rows) in [1, 4, 15, 400].into_iter().flat_map(|w| (0..700).map(move |n| (w, n)))
        {
            let given: Vec<_> = (0..rows).map(|n| vec![Value::Int(Some(n)); width]).collect();
            let made = statements(given, width, Filling::Nulls);
            let most = if width == 400 { 64 } else { 256 };
            assert_eq!(made.len(), usize::try_from(rows).unwrap().div_ceil(most));
            let mut seen = 0;
            for (size, values) in made {
                assert!(SIZES.contains(&size) && values.len() == size * width);
                assert_eq!(groups(size, width).matches('?').count(), values.len());
                let real = values.iter().step_by(width).take_while(|it| **it != Value::Int(None));
                for value in real {
                    assert_eq!(*value, Value::Int(Some(seen)));
                    seen += 1;
                }
            }
            assert_eq!(seen, rows);
        }
    }
}
