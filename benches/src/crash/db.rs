//! Rows for the auditor: plain SQL, every value as text, nothing of the stores.

use super::place::Place;
use anyhow::Context;
use rusqlite::OpenFlags;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};
use std::collections::HashMap;

/// A row: its columns by name.
#[derive(Clone, Debug, Default)]
pub struct Found(HashMap<&'static str, Option<String>>);

impl Found {
    /// A text; empty for NULL.
    pub fn text(&self, column: &str) -> &str {
        self.0.get(column).and_then(Option::as_deref).unwrap_or_default()
    }

    /// A number; zero for NULL.
    pub fn int(&self, column: &str) -> i64 {
        self.text(column).parse().unwrap_or(0)
    }

    /// Whether there is no value.
    pub fn is_null(&self, column: &str) -> bool {
        self.0.get(column).is_none_or(Option::is_none)
    }
}

/// One snapshot of a database.
#[derive(Debug)]
pub enum Db {
    /// A file.
    Sqlite(rusqlite::Connection),
    /// A schema.
    Postgres(PgConnection),
}

impl Db {
    /// Connect and take a snapshot.
    pub async fn open(place: &Place) -> anyhow::Result<Self> {
        match place {
            Place::Sqlite { file, .. } => {
                let there = OpenFlags::SQLITE_OPEN_READ_WRITE;
                let it = rusqlite::Connection::open_with_flags(file, there)?;
                it.execute_batch("BEGIN")?;
                Ok(Self::Sqlite(it))
            }
            Place::Postgres { url, schema, .. } => {
                let mut it = PgConnection::connect(url).await?;
                it.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
                it.execute(AssertSqlSafe(format!("SET LOCAL search_path TO {schema}"))).await?;
                Ok(Self::Postgres(it))
            }
        }
    }

    /// Columns of a table. A column is named with its type: `i:` number, `t:` text, `u:` id, `b:`
    /// bytes; ids and bytes come as bare hex.
    pub async fn rows(
        &mut self,
        table: &str,
        columns: &[&'static str],
        tail: &str,
    ) -> anyhow::Result<Vec<Found>> {
        let names: Vec<&'static str> = columns.iter().map(|it| &it[2..]).collect();
        let asked = columns.iter().map(|it| match (&it[..1], &*self) {
            ("u" | "b", Self::Sqlite(_)) => format!("lower(hex({}))", &it[2..]),
            ("b", Self::Postgres(_)) => format!("encode({}, 'hex')", &it[2..]),
            ("u", Self::Postgres(_)) => format!("replace(CAST({} AS TEXT), '-', '')", &it[2..]),
            _ => format!("CAST({} AS TEXT)", &it[2..]),
        });
        let asked = asked.collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT {asked} FROM {table} {tail}");
        match self {
            Self::Sqlite(it) => {
                let mut statement = it.prepare(&sql).with_context(|| table.to_owned())?;
                let mut rows = statement.query([])?;
                let mut found = Vec::new();
                while let Some(row) = rows.next().with_context(|| table.to_owned())? {
                    found.push(values(&names, |at| row.get(at))?);
                }
                Ok(found)
            }
            Self::Postgres(it) => {
                let rows =
                    it.fetch_all(AssertSqlSafe(sql)).await.with_context(|| table.to_owned())?;
                rows.iter().map(|row| values(&names, |at| row.try_get(at))).collect()
            }
        }
    }
}

fn values<E: std::error::Error + Send + Sync + 'static>(
    names: &[&'static str],
    get: impl Fn(usize) -> Result<Option<String>, E>,
) -> anyhow::Result<Found> {
    let pair = |(at, name): (usize, &&'static str)| Ok((*name, get(at)?));
    Ok(Found(names.iter().enumerate().map(pair).collect::<anyhow::Result<_>>()?))
}
