//! A SQLite transaction with the verbs that Morket's stores need.
//!
//! The connection is used by the thread that polls the unit, so every verb is done when it is
//! called: nothing waits, and a row costs one step of a statement that stays prepared.

use crate::error::translate;
use async_trait::async_trait;
use morket_core::{Error, Result, Timestamp};
use morket_store_sql::{Lock, OnConflict, Row, Rows, Session, Sql, Table, Value};
use rusqlite::{
    CachedStatement, Connection, Statement,
    types::{ToSqlOutput, ValueRef},
};
use std::collections::HashSet;

/// A transaction in progress on this connection.
pub(crate) struct SqliteSession<'c> {
    pub(crate) connection: &'c mut Connection,
    pub(crate) now: Timestamp,
}

/// Run a statement that is kept prepared, with nothing to bind.
pub(crate) fn exec(connection: &Connection, sql: &str) -> Result<()> {
    prepared(connection, sql)?.raw_execute().map(drop).map_err(translate)
}

fn prepared<'c>(connection: &'c Connection, sql: &str) -> Result<CachedStatement<'c>> {
    connection.prepare_cached(sql).map_err(translate)
}

fn bind(statement: &mut Statement<'_>, at: usize, value: &Value) -> Result<()> {
    let value = match value {
        Value::Int(Some(value)) => ValueRef::Integer(*value),
        Value::Text(Some(value)) => ValueRef::Text(value.as_bytes()),
        Value::Bytes(Some(value)) => ValueRef::Blob(value),
        Value::Uuid(Some(value)) => ValueRef::Blob(value.as_bytes()),
        Value::Int(None) | Value::Text(None) | Value::Bytes(None) | Value::Uuid(None) => {
            ValueRef::Null
        }
    };
    statement.raw_bind_parameter(at, ToSqlOutput::Borrowed(value)).map_err(translate)
}

/// Bind to places that are numbered as they stand, after a row that was `before`. A statement keeps
/// what it was given, and each text is copied into it: a tenant, a hold, a time are given once.
fn bind_row(statement: &mut Statement<'_>, before: &[Value], values: &[Value]) -> Result<()> {
    let changed = (1..).zip(values).filter(|(at, value)| before.get(at - 1) != Some(*value));
    changed.into_iter().try_for_each(|(at, value)| bind(statement, at, value))
}

/// Bind `$1` and its like. To SQLite these are names, numbered by where each stands first.
fn bind_named(statement: &mut Statement<'_>, values: &[Value]) -> Result<()> {
    for at in 1..=statement.parameter_count() {
        let name = statement.parameter_name(at).and_then(|it| it.strip_prefix('$'));
        let number: Option<usize> = name.and_then(|it| it.parse().ok());
        let value = number.and_then(|number| values.get(number.checked_sub(1)?));
        let value = value.ok_or_else(|| {
            let message = "a statement names a value that it was not given";
            Error::internal("store.sqlite", message)
        })?;
        bind(statement, at, value)?;
    }
    Ok(())
}

/// The rows of a statement that is bound.
fn collect(statement: &mut Statement<'_>, into: &mut Vec<Row>) -> Result<()> {
    let columns = statement.column_count();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(translate)? {
        let value = |at| row.get_ref(at).map_err(translate).and_then(value);
        into.push(Row::new((0..columns).map(value).collect::<Result<_>>()?));
    }
    Ok(())
}

fn value(found: ValueRef<'_>) -> Result<Value> {
    let wrong = |what: &str| Error::internal("store.sqlite", format!("a value is {what}"));
    Ok(match found {
        ValueRef::Null => Value::Int(None),
        ValueRef::Integer(value) => Value::Int(Some(value)),
        ValueRef::Text(value) => {
            let text = std::str::from_utf8(value).map_err(|_| wrong("no Unicode"))?;
            Value::Text(Some(text.to_owned()))
        }
        ValueRef::Blob(value) => Value::Bytes(Some(value.to_vec())),
        ValueRef::Real(_) => return Err(wrong("a fraction")),
    })
}

/// `a = ?1 AND b = ?2`, numbered from `first`, or the same with commas.
fn equals(columns: &[&str], first: usize, between: &str) -> String {
    let equal = |(at, name): (usize, &&str)| format!("{name} = ?{at}");
    (first..).zip(columns).map(equal).collect::<Vec<_>>().join(between)
}

impl SqliteSession<'_> {
    /// Run a statement once for each row; how many rows it touched.
    fn each(&mut self, sql: &str, rows: impl Iterator<Item = Vec<Value>>) -> Result<u64> {
        let mut statement = prepared(self.connection, sql)?;
        let (mut before, mut touched) = (Vec::new(), 0);
        for row in rows {
            bind_row(&mut statement, &before, &row)?;
            touched += statement.raw_execute().map_err(translate)? as u64;
            before = row;
        }
        Ok(touched)
    }
}

#[async_trait]
impl Session for SqliteSession<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    async fn rows(&mut self, sql: Sql, values: Vec<Value>) -> Result<Vec<Row>> {
        let mut statement = prepared(self.connection, &sql)?;
        bind_named(&mut statement, &values)?;
        let mut found = Vec::new();
        collect(&mut statement, &mut found)?;
        Ok(found)
    }

    async fn lock(&mut self, sql: Sql, values: Vec<Value>, _: Lock) -> Result<Vec<Row>> {
        self.rows(sql, values).await
    }

    async fn run(&mut self, sql: Sql, values: Vec<Value>) -> Result<u64> {
        let mut statement = prepared(self.connection, &sql)?;
        bind_named(&mut statement, &values)?;
        statement.raw_execute().map(|touched| touched as u64).map_err(translate)
    }

    async fn insert(
        &mut self,
        table: &'static Table,
        rows: Rows,
        conflict: OnConflict,
    ) -> Result<u64> {
        let (name, columns, clause) = (table.name, table.column_list(), conflict.clause(table));
        let places = vec!["?"; table.columns.len()].join(", ");
        let sql = format!("INSERT INTO {name} ({columns}) VALUES ({places}){clause}");
        self.each(&sql, rows)
    }

    async fn find(
        &mut self,
        table: &'static Table,
        by: &'static [&'static str],
        keys: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>> {
        let (columns, by) = (table.column_list(), equals(by, 1, " AND "));
        let sql = format!("SELECT {columns} FROM {} WHERE {by}", table.name);
        let mut statement = prepared(self.connection, &sql)?;
        let (mut asked, mut found) = (HashSet::with_capacity(keys.len()), Vec::new());
        for key in keys.iter().filter(|key| asked.insert(*key)) {
            bind_row(&mut statement, &[], key)?;
            collect(&mut statement, &mut found)?;
        }
        Ok(found)
    }

    async fn update(
        &mut self,
        table: &'static Table,
        set: &'static [&'static str],
        rows: Vec<Vec<Value>>,
    ) -> Result<u64> {
        let key = equals(table.key, 1, " AND ");
        let set = equals(set, table.key.len() + 1, ", ");
        self.each(&format!("UPDATE {} SET {set} WHERE {key}", table.name), rows.into_iter())
    }

    async fn notify(&mut self, _: &'static str) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use morket_core::ErrorKind;
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    static PAIRS: &Table = morket_store_sql::table!("pairs", key ["a"], { a: Int, b: Text, });

    /// A table of two rows.
    fn pairs() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        let rows = "CREATE TABLE pairs (a INTEGER PRIMARY KEY, b TEXT NOT NULL); \
                    INSERT INTO pairs VALUES (1, 'one'), (2, 'two')";
        connection.execute_batch(rows).unwrap();
        connection
    }

    fn row(a: i64, b: &str) -> Vec<Value> {
        vec![Value::from(a), Value::from(b)]
    }

    /// The table after `work`.
    fn after(work: impl AsyncFnOnce(&mut SqliteSession<'_>)) -> Vec<(i64, String)> {
        let mut connection = pairs();
        let now = Timestamp::from_micros(0);
        block_on(work(&mut SqliteSession { connection: &mut connection, now }));
        let mut all = connection.prepare("SELECT a, b FROM pairs ORDER BY a").unwrap();
        all.query_map([], |row| row.try_into()).unwrap().collect::<Result<_, _>>().unwrap()
    }

    #[test]
    fn values_are_bound_by_their_numbers_wherever_they_stand() {
        after(async |session| {
            let sql = "SELECT b FROM pairs WHERE b = $2 AND a = $1 AND $2 <> 'one'";
            let mut found = session.rows(sql.into(), row(2, "two")).await.unwrap();
            assert_eq!((found.len(), found[0].text().unwrap().as_str()), (1, "two"));
            for (sql, values) in [
                ("SELECT $2", vec![Value::from(1_i64)]),
                ("SELECT $0", vec![Value::from(1_i64)]),
                ("SELECT ?", vec![Value::from(1_i64)]),
                ("SELECT 1.5", Vec::new()),
                ("SELECT CAST(x'ff' AS TEXT)", Vec::new()),
            ] {
                let refused = session.rows(sql.into(), values).await.unwrap_err();
                assert_eq!(refused.kind(), ErrorKind::Internal, "{sql}");
            }
        });
    }

    #[test]
    fn a_key_that_is_asked_for_twice_is_found_once() {
        after(async |session| {
            let keys = [2_i64, 9, 2, 1].map(|it| vec![Value::from(it)]).to_vec();
            let found = session.find(PAIRS, &["a"], keys).await.unwrap();
            let mut found: Vec<i64> = found.into_iter().map(|mut it| it.int().unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, [1, 2]);
            let nobody = vec![vec![Value::Int(None)]];
            assert!(session.find(PAIRS, &["a"], nobody).await.unwrap().is_empty());
        });
    }

    #[test]
    fn what_a_row_shares_with_the_one_before_is_written_too() {
        let there = after(async |session| {
            let pair =
                |a: i64, b: Option<&str>| vec![Value::from(a), Value::from(b.map(String::from))];
            let same = [pair(3, Some("x")), pair(4, Some("x")), pair(5, Some("y"))];
            session.insert(PAIRS, Rows::new(same), OnConflict::Fail).await.unwrap();
            let null = Rows::new([pair(6, Some("y")), pair(7, None)]);
            let refused = session.insert(PAIRS, null, OnConflict::Fail).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Internal, "no text that the row before had");
            let rows = vec![row(1, "z"), row(2, "z"), row(5, "z")];
            assert_eq!(session.update(PAIRS, &["b"], rows).await.unwrap(), 3);
        });
        let due = [(1, "z"), (2, "z"), (3, "x"), (4, "x"), (5, "z"), (6, "y")];
        assert_eq!(there, due.map(|(a, b)| (a, b.to_owned())));
    }

    #[test]
    fn a_row_is_made_when_it_is_written() {
        after(async |session| {
            let made = Arc::new(AtomicU32::new(0));
            let counted = made.clone();
            let rows = (2..9).collect::<Vec<_>>().into_iter().map(move |a| {
                counted.fetch_add(1, Ordering::Relaxed);
                row(a, "new")
            });
            let refused = session.insert(PAIRS, Rows::new(rows), OnConflict::Fail).await;
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::Conflict);
            assert_eq!(made.load(Ordering::Relaxed), 1, "none beyond the one that was refused");
        });
    }

    #[test]
    fn rows_are_counted_as_far_as_they_are_written() {
        let there = after(async |session| {
            let rows = || Rows::new([row(2, "other"), row(3, "three")]);
            let refused = session.insert(PAIRS, rows(), OnConflict::Fail).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Conflict);
            assert_eq!(session.insert(PAIRS, rows(), OnConflict::Keep).await.unwrap(), 1);
            assert_eq!(session.insert(PAIRS, rows(), OnConflict::ReplaceChanged).await.unwrap(), 1);
            let rows = vec![row(3, "four"), row(9, "nobody")];
            assert_eq!(session.update(PAIRS, &["b"], rows).await.unwrap(), 1);
        });
        let due = [(1, "one"), (2, "other"), (3, "four")].map(|(a, b)| (a, b.to_owned()));
        assert_eq!(there, due);
    }
}
