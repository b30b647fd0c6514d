//! What a database must offer for Morket's stores: a transaction with a handful of verbs.
//!
//! Statements are written once, with `$1` for the first value, in the SQL that both dialects
//! share. The verbs below are where they differ: how many rows at once are inserted, looked up or
//! updated, how rows are locked, and what the clock says.

use crate::{Row, Table, Value};
use async_trait::async_trait;
use futures::future::BoxFuture;
use morket_core::{Result, Timestamp, WorkspaceId};
use std::{borrow::Cow, fmt, sync::Arc};

/// The text of a statement.
pub type Sql = Cow<'static, str>;

/// What to do with a row whose key is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnConflict {
    /// Fail: the caller made sure that it is not.
    Fail,
    /// Leave the old row.
    Keep,
    /// Replace every column of the old row.
    Replace,
    /// The same, unless nothing but its time (`at`) would change: then the old row is left.
    ReplaceChanged,
}

/// How rows that are read are locked until the transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Wait for them.
    Wait,
    /// Pass over those that another holds.
    Skip,
}

/// A transaction in progress.
#[async_trait]
pub trait Session: Send {
    /// The store's clock, as it was when the transaction began.
    fn now(&self) -> Timestamp;

    /// The rows of a query.
    async fn rows(&mut self, sql: Sql, values: Vec<Value>) -> Result<Vec<Row>>;

    /// The rows of a query, locked; a database with a single writer has nothing to lock.
    async fn lock(&mut self, sql: Sql, values: Vec<Value>, lock: Lock) -> Result<Vec<Row>>;

    /// Run a statement; how many rows it touched.
    async fn run(&mut self, sql: Sql, values: Vec<Value>) -> Result<u64>;

    /// Insert rows of a table, in the order of its columns; how many were written.
    async fn insert(
        &mut self,
        table: &'static Table,
        rows: Vec<Vec<Value>>,
        conflict: OnConflict,
    ) -> Result<u64>;

    /// The rows of a table whose columns `by` have one of these values.
    async fn find(
        &mut self,
        table: &'static Table,
        by: &'static [&'static str],
        keys: Vec<Vec<Value>>,
    ) -> Result<Vec<Row>>;

    /// Write `set` of the rows that have the given primary keys; each row of values holds the key
    /// first, then what is set. How many rows were touched.
    async fn update(
        &mut self,
        table: &'static Table,
        set: &'static [&'static str],
        rows: Vec<Vec<Value>>,
    ) -> Result<u64>;

    /// Tell listeners on this channel when the transaction has committed; nothing where there is
    /// nobody to tell.
    async fn notify(&mut self, channel: &'static str) -> Result<()>;
}

/// Whose data a transaction may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One workspace's.
    Tenant(WorkspaceId),
    /// Everybody's: claim, relay, sweep, sign-in.
    System,
}

/// What runs inside a transaction. It may run again after a deadlock, so it owns its inputs.
pub type Unit = Arc<dyn for<'s> Fn(&'s mut dyn Session) -> BoxFuture<'s, Result<()>> + Send + Sync>;

/// A database that runs units of work.
#[async_trait]
pub trait Driver: fmt::Debug + Send + Sync + 'static {
    /// Run `unit` and commit what it did, or nothing of it. Goes on when the caller stops waiting.
    async fn write(&self, scope: Scope, unit: Unit) -> Result<()>;

    /// Run `unit` on one snapshot, without writing.
    async fn read(&self, scope: Scope, unit: Unit) -> Result<()>;

    /// Stop: what was acknowledged is durable, connections are closed.
    async fn close(&self);
}
