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

/// Rows per statement, largest first: few different statements, so that each stays prepared.
const CHUNKS: [usize; 5] = [256, 64, 16, 4, 1];

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
            "INTEGER" => Value::Int(Some(row.try_get(index)?)),
            "TEXT" => Value::Text(Some(row.try_get(index)?)),
            _ => Value::Bytes(Some(row.try_get_unchecked(index)?)),
        })
    };
    let values = row.columns().iter().map(|column| value(column.ordinal()));
    values.collect::<Result<_, _>>().map(Row::new).map_err(translate)
}

/// Split rows of `width` values into chunks of a few fixed sizes.
fn chunks(mut rows: Vec<Vec<Value>>, width: usize) -> Vec<Vec<Vec<Value>>> {
    let mut chunks = Vec::new();
    while !rows.is_empty() {
        let fits = |size: &&usize| **size <= rows.len() && **size * width <= MAX_VALUES;
        let size = CHUNKS.iter().find(fits).copied().unwrap_or(1);
        let rest = rows.split_off(size);
        chunks.push(std::mem::replace(&mut rows, rest));
    }
    chunks
}

/// `(?, ?), (?, ?)`: that many rows of that many values.
fn groups(rows: usize, width: usize) -> String {
    let group = format!("({})", vec!["?"; width].join(", "));
    vec![group; rows].join(", ")
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
        let mut written = 0;
        for chunk in chunks(rows, table.columns.len()) {
            let groups = groups(chunk.len(), table.columns.len());
            let sql = format!("INSERT INTO {} ({columns}) VALUES {groups}{clause}", table.name);
            written += self.run(sql.into(), chunk.into_iter().flatten().collect()).await?;
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
        for chunk in chunks(keys, by.len()) {
            let groups = groups(chunk.len(), by.len());
            let sql = format!(
                "SELECT {columns} FROM {} WHERE ({by_list}) IN (VALUES {groups})",
                table.name
            );
            found.extend(self.rows(sql.into(), chunk.into_iter().flatten().collect()).await?);
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
        for chunk in chunks(rows, width) {
            let groups = groups(chunk.len(), width);
            let names = names.join(", ");
            let sql = format!(
                "WITH given ({names}) AS (VALUES {groups}) \
                 UPDATE {} SET {set} FROM given WHERE {key}",
                table.name
            );
            touched += self.run(sql.into(), chunk.into_iter().flatten().collect()).await?;
        }
        Ok(touched)
    }

    async fn notify(&mut self, _: &'static str) -> Result<()> {
        Ok(())
    }
}
