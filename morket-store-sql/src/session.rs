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

impl OnConflict {
    /// What an insert says after its values: both dialects say it alike.
    pub fn clause(self, table: &Table) -> String {
        match self {
            Self::Fail => String::new(),
            Self::Keep => " ON CONFLICT DO NOTHING".to_owned(),
            Self::ReplaceChanged => {
                let replace = Self::Replace.clause(table);
                format!("{replace} WHERE {}", table.differs())
            }
            Self::Replace => {
                let set = table.columns.iter().map(|(name, _)| format!("{name} = excluded.{name}"));
                let set = set.collect::<Vec<_>>().join(", ");
                format!(" ON CONFLICT ({}) DO UPDATE SET {set}", table.key.join(", "))
            }
        }
    }
}

/// Rows on their way into a table, each made when it is asked for: a thousand of them are never in
/// memory at once.
pub struct Rows(Box<dyn ExactSizeIterator<Item = Vec<Value>> + Send>);

impl Rows {
    /// Rows that are made as they are taken.
    pub fn new<I>(rows: I) -> Self
    where
        I: IntoIterator<Item = Vec<Value>>,
        I::IntoIter: ExactSizeIterator + Send + 'static,
    {
        Self(Box::new(rows.into_iter()))
    }
}

impl Iterator for Rows {
    type Item = Vec<Value>;

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl ExactSizeIterator for Rows {}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rows").field(&self.len()).finish()
    }
}

/// One of several writes that go out together.
#[derive(Debug)]
pub enum Write {
    /// Rows of a table, in the order of its columns.
    Insert {
        /// Where to.
        table: &'static Table,
        /// What.
        rows: Rows,
        /// What to do with a row whose key is there already.
        conflict: OnConflict,
    },
    /// New values for rows: the primary key first, then what is set.
    Update {
        /// Where to.
        table: &'static Table,
        /// Which columns.
        set: &'static [&'static str],
        /// What.
        rows: Vec<Vec<Value>>,
    },
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

    /// The account's row, if the transaction began by locking it: a database at the end of a wire
    /// brings it along in the first round trip. Given once.
    fn take_account(&mut self) -> Option<Row> {
        None
    }

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
        rows: Rows,
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

    /// Go on numbering after the highest number in the table's serial column; nothing where the
    /// database does so by itself.
    async fn renumber(&mut self, _: &'static Table) -> Result<()> {
        Ok(())
    }

    /// Several writes of different rows, none of which looks at what another wrote. A database at
    /// the end of a wire takes them in one round trip.
    async fn write(&mut self, writes: Vec<Write>) -> Result<()> {
        for write in writes {
            match write {
                Write::Insert { table, rows, conflict } => {
                    self.insert(table, rows, conflict).await?;
                }
                Write::Update { table, set, rows } => {
                    self.update(table, set, rows).await?;
                }
            }
        }
        Ok(())
    }

    /// Tell listeners on this channel when the transaction has committed; nothing where there is
    /// nobody to tell.
    async fn notify(&mut self, channel: &'static str) -> Result<()>;
}

/// Whose data a transaction may touch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One workspace's.
    Tenant(WorkspaceId),
    /// One workspace's, beginning with its account locked: see [`Session::take_account`].
    Ledger(WorkspaceId),
    /// Everybody's: claim, relay, sweep, sign-in.
    System,
}

impl Scope {
    /// What locks the account, for a transaction that begins so; everything in it is ours or a
    /// UUID, so nothing needs escaping.
    pub fn account_query(self) -> Option<String> {
        match self {
            Self::Ledger(workspace) => Some(crate::ledger::book::account_query(workspace)),
            Self::Tenant(_) | Self::System => None,
        }
    }
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

    /// Let nothing that was deleted and committed be found in the database's files, as far as that
    /// is in its hands; nothing where it is not.
    async fn scrub(&self) -> Result<()> {
        Ok(())
    }

    /// Stop: what was acknowledged is durable, connections are closed.
    async fn close(&self);
}
