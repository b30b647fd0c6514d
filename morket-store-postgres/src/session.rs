//! A PostgreSQL transaction with the verbs that Morket's stores need: whole batches go as one array
//! per column, so that a statement's text and plan do not depend on how many rows there are.

use crate::error::translate;
use async_trait::async_trait;
use morket_core::{Result, Timestamp};
use morket_store_sql::{Kind, Lock, OnConflict, Row, Rows, Session, Sql, Table, Value, Write};
use sqlx::{
    AssertSqlSafe, Column, PgConnection, Postgres, Row as _, TypeInfo, ValueRef,
    postgres::{PgArguments, PgRow},
    query::Query,
};
use uuid::Uuid;

/// A transaction in progress on this connection.
pub(crate) struct PgSession<'c> {
    pub(crate) connection: &'c mut PgConnection,
    pub(crate) now: Timestamp,
    /// The account's row, if the transaction began by locking it.
    pub(crate) account: Option<Row>,
}

type Bound = Query<'static, Postgres, PgArguments>;

fn query(sql: impl Into<String>) -> Bound {
    sqlx::query(AssertSqlSafe(sql.into()))
}

/// What is bound: a value, or a column of values as one array.
enum Argument {
    One(Value),
    Many(Kind, Vec<Value>),
}

/// A statement's text and what goes with it, numbered from wherever its caller is.
type Statement = (String, Vec<Argument>);

fn bound(sql: Sql, values: Vec<Value>) -> Bound {
    values.into_iter().fold(query(sql), bind_one)
}

fn with_arguments((sql, arguments): Statement) -> Bound {
    arguments.into_iter().fold(query(sql), |query, argument| match argument {
        Argument::One(value) => bind_one(query, value),
        Argument::Many(kind, column) => bind_column(query, kind, column),
    })
}

fn bind_one(query: Bound, value: Value) -> Bound {
    match value {
        Value::Int(value) => query.bind(value),
        Value::Text(value) => query.bind(value),
        Value::Bytes(value) => query.bind(value),
        Value::Uuid(value) => query.bind(value),
    }
}

fn bind_column(query: Bound, kind: Kind, column: Vec<Value>) -> Bound {
    match kind {
        Kind::Int => query.bind(column.into_iter().map(int).collect::<Vec<_>>()),
        Kind::Text => query.bind(column.into_iter().map(text).collect::<Vec<_>>()),
        Kind::Bytes => query.bind(column.into_iter().map(bytes).collect::<Vec<_>>()),
        Kind::Uuid => query.bind(column.into_iter().map(id).collect::<Vec<_>>()),
    }
}

/// One array per column, in order.
fn transposed(kinds: &[Kind], rows: impl ExactSizeIterator<Item = Vec<Value>>) -> Vec<Argument> {
    let column = |_: &Kind| Vec::with_capacity(rows.len());
    let mut columns: Vec<Vec<Value>> = kinds.iter().map(column).collect();
    for row in rows {
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    kinds.iter().zip(columns).map(|(kind, column)| Argument::Many(*kind, column)).collect()
}

fn int(value: Value) -> Option<i64> {
    if let Value::Int(value) = value { value } else { None }
}

fn text(value: Value) -> Option<String> {
    if let Value::Text(value) = value { value } else { None }
}

fn bytes(value: Value) -> Option<Vec<u8>> {
    if let Value::Bytes(value) = value { value } else { None }
}

fn id(value: Value) -> Option<Uuid> {
    if let Value::Uuid(value) = value { value } else { None }
}

/// `$1::bigint`, …, with values numbered after the first `skip`.
fn values(kinds: &[Kind], skip: usize) -> Vec<String> {
    let value = |(at, kind): (usize, &Kind)| {
        let kind = match kind {
            Kind::Int => "bigint",
            Kind::Text => "text",
            Kind::Bytes => "bytea",
            Kind::Uuid => "uuid",
        };
        format!("${}::{kind}", at + skip + 1)
    };
    kinds.iter().enumerate().map(value).collect()
}

/// `UNNEST($1::bigint[], …) AS given (c1, …)`, with values numbered after the first `skip`.
fn given(kinds: &[Kind], skip: usize) -> String {
    let arrays = values(kinds, skip).join("[], ");
    let names = names(kinds.len()).join(", ");
    format!("UNNEST({arrays}[]) AS given ({names})")
}

fn names(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("c{n}")).collect()
}

/// `left1 = given.c1`, …, for columns from the `skip`-th given one on.
fn pairs(prefix: &str, columns: &[&str], skip: usize) -> Vec<String> {
    let pair =
        |(at, column): (usize, &&str)| format!("{prefix}{column} = given.c{}", at + skip + 1);
    columns.iter().enumerate().map(pair).collect()
}

/// An insert of whole rows. The arrays are unnested side by side where each row is made: a function
/// in `FROM` would first collect all of them.
fn insert(table: &Table, conflict: OnConflict, rows: Rows, skip: usize) -> Statement {
    let kinds: Vec<Kind> = table.columns.iter().map(|(_, kind)| *kind).collect();
    let numbered = if table.serial.is_some() { "OVERRIDING SYSTEM VALUE " } else { "" };
    let sql = format!(
        "INSERT INTO {} ({}) {numbered}SELECT UNNEST({}[]){}",
        table.name,
        table.column_list(),
        values(&kinds, skip).join("[]), UNNEST("),
        conflict.clause(table)
    );
    (sql, transposed(&kinds, rows))
}

/// An update by primary key.
fn update(table: &Table, set: &[&str], rows: Vec<Vec<Value>>, skip: usize) -> Statement {
    let columns = || table.key.iter().chain(set);
    let kinds: Vec<Kind> = columns().map(|it| table.kind(it)).collect();
    if let [row] = &*rows {
        let pair = |(column, value)| format!("{column} = {value}");
        let pairs: Vec<_> = columns().zip(values(&kinds, skip)).map(pair).collect();
        let (key, set) = pairs.split_at(table.key.len());
        let (set, key) = (set.join(", "), key.join(" AND "));
        let sql = format!("UPDATE {} SET {set} WHERE {key}", table.name);
        return (sql, row.iter().cloned().map(Argument::One).collect());
    }
    let sql = format!(
        "UPDATE {name} SET {set} FROM (SELECT found.place, given.* FROM {given} \
         CROSS JOIN LATERAL ({rows}) found OFFSET 0) given WHERE {name}.ctid = given.place",
        name = table.name,
        set = pairs("", set, table.key.len()).join(", "),
        given = given(&kinds, skip),
        rows = by_index(table, "ctid AS place", table.key)
    );
    (sql, transposed(&kinds, rows.into_iter()))
}

/// Rows that have one of these keys. A lone one needs no join, as a lone update does not.
fn find(table: &Table, by: &[&str], keys: Vec<Vec<Value>>) -> Statement {
    let kinds: Vec<Kind> = by.iter().map(|column| table.kind(column)).collect();
    let columns = table.column_list();
    if let [key] = &*keys {
        let pair = |(column, value)| format!("{column} = {value}");
        let on = by.iter().zip(values(&kinds, 0)).map(pair).collect::<Vec<_>>().join(" AND ");
        let sql = format!("SELECT {columns} FROM {} WHERE {on}", table.name);
        return (sql, key.iter().cloned().map(Argument::One).collect());
    }
    let (given, rows) = (given(&kinds, 0), by_index(table, &columns, by));
    let sql = format!("SELECT found.* FROM {given} CROSS JOIN LATERAL ({rows}) found");
    (sql, transposed(&kinds, keys.into_iter()))
}

/// Rows by their key, one look at the index for each given one. The `OFFSET 0` keeps the planner
/// from turning it into a join over all of a tenant's rows, which it would find cheap as long as
/// nobody has counted them. Whoever updates holds a lock under which rows do not move.
fn by_index(table: &Table, columns: &str, by: &[&str]) -> String {
    let on = pairs("", by, 0).join(" AND ");
    format!("SELECT {columns} FROM {} WHERE {on} OFFSET 0", table.name)
}

/// A row as the stores read it.
pub(crate) fn read_row(row: &PgRow) -> Result<Row> {
    let value = |index: usize| -> Result<Value, sqlx::Error> {
        let raw = row.try_get_raw(index)?;
        let kind = raw.type_info();
        Ok(match kind.name() {
            "INT8" => Value::Int(row.try_get(index)?),
            "INT4" => Value::Int(row.try_get::<Option<i32>, _>(index)?.map(i64::from)),
            "UUID" => Value::Uuid(row.try_get(index)?),
            "BYTEA" => Value::Bytes(row.try_get(index)?),
            "BOOL" => Value::Int(row.try_get::<Option<bool>, _>(index)?.map(i64::from)),
            _ => Value::Text(row.try_get(index)?),
        })
    };
    let values = row.columns().iter().map(|column| value(column.ordinal()));
    values.collect::<Result<_, _>>().map(Row::new).map_err(translate)
}

impl PgSession<'_> {
    async fn fetch(&mut self, query: Bound) -> Result<Vec<Row>> {
        let rows = query.fetch_all(&mut *self.connection).await.map_err(translate)?;
        rows.iter().map(read_row).collect()
    }

    async fn execute(&mut self, query: Bound) -> Result<u64> {
        let done = query.execute(&mut *self.connection).await.map_err(translate)?;
        Ok(done.rows_affected())
    }
}

#[async_trait]
impl Session for PgSession<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn take_account(&mut self) -> Option<Row> {
        self.account.take()
    }

    async fn rows(&mut self, sql: Sql, values: Vec<Value>) -> Result<Vec<Row>> {
        self.fetch(bound(sql, values)).await
    }

    async fn lock(&mut self, sql: Sql, values: Vec<Value>, lock: Lock) -> Result<Vec<Row>> {
        let clause = match lock {
            Lock::Wait => " FOR UPDATE",
            Lock::Skip => " FOR UPDATE SKIP LOCKED",
        };
        self.fetch(bound(format!("{sql}{clause}").into(), values)).await
    }

    async fn run(&mut self, sql: Sql, values: Vec<Value>) -> Result<u64> {
        self.execute(bound(sql, values)).await
    }

    async fn insert(
        &mut self,
        table: &'static Table,
        rows: Rows,
        conflict: OnConflict,
    ) -> Result<u64> {
        self.execute(with_arguments(insert(table, conflict, rows, 0))).await
    }

    async fn find(
        &mut self,
        table: &'static Table,
        by: &'static [&'static str],
        keys: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>> {
        self.fetch(with_arguments(find(table, by, keys))).await
    }

    async fn update(
        &mut self,
        table: &'static Table,
        set: &'static [&'static str],
        rows: Vec<Vec<Value>>,
    ) -> Result<u64> {
        self.execute(with_arguments(update(table, set, rows, 0))).await
    }

    async fn renumber(&mut self, table: &'static Table) -> Result<()> {
        let Some(column) = table.serial else { return Ok(()) };
        let name = table.name;
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence('{name}', '{column}'), max({column})) FROM {name}"
        );
        self.rows(sql.into(), Vec::new()).await.map(drop)
    }

    async fn write(&mut self, writes: Vec<Write>) -> Result<()> {
        let (mut parts, mut arguments) = (Vec::new(), Vec::new());
        for (at, write) in writes.into_iter().enumerate() {
            let skip = arguments.len();
            let (sql, more) = match write {
                Write::Insert { table, rows, conflict } => insert(table, conflict, rows, skip),
                Write::Update { table, set, rows } => update(table, set, rows, skip),
            };
            parts.push(format!("w{at} AS ({sql})"));
            arguments.extend(more);
        }
        let sql = format!("WITH {} SELECT 1", parts.join(", "));
        self.execute(with_arguments((sql, arguments))).await.map(drop)
    }

    async fn notify(&mut self, channel: &'static str) -> Result<()> {
        let sql = "SELECT pg_notify($1, current_schema())";
        self.execute(bound(sql.into(), vec![Value::from(channel)])).await.map(drop)
    }
}
