//! Numbered migrations in a table of our own, the same for every dialect.
//!
//! What a migration creates is written once, with the words in which dialects differ (`{uuid}`,
//! `{bytes}` …) left open; what only one database has (triggers, policies, roles) its adapter adds
//! under the same number. Each runs in one transaction, so an interrupted one leaves nothing.

mod base;
mod entities;
mod first;
mod flights;
mod invitations;
mod moving;
mod permits;
mod privacy;
mod second;
mod successors;
mod third;
mod webhooks;

use crate::{Session, Value, args};
use morket_core::{Error, ErrorKind, Result};

/// A step of the schema.
#[derive(Debug)]
pub struct Migration {
    /// Its number, from 1 without gaps.
    pub number: u32,
    /// What it brings.
    pub name: &'static str,
    /// How to get there.
    pub up: &'static [&'static str],
    /// How to get back.
    pub down: &'static [&'static str],
}

/// Every migration this release knows, in order.
pub static ALL: &[&Migration] = &[
    &first::SPINE,
    &second::VAULT,
    &third::IDENTITY,
    &invitations::INVITATIONS,
    &moving::MOVING,
    &successors::SUCCESSORS,
    &flights::FLIGHTS,
    &privacy::PRIVACY,
    &webhooks::WEBHOOKS,
    &permits::PERMITS,
    &entities::ENTITIES,
    &base::BASE,
];

/// What is to become of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Nothing: only where it is.
    Look,
    /// Up to this release.
    Up,
    /// Down to a migration; a ledger, an audit log or a vault that holds anything goes only when
    /// `destroy` says so.
    Down {
        /// Its number.
        to: u32,
        /// Whether what nobody could make good may go.
        destroy: bool,
    },
}

/// The words and statements in which a database differs.
#[derive(Debug)]
pub struct Dialect {
    /// What stands for `{word}` in the shared statements.
    pub words: &'static [(&'static str, &'static str)],
    /// What this database adds after a migration's own statements.
    pub after_up: fn(number: u32) -> &'static [&'static str],
    /// What this database removes before a migration's own statements.
    pub before_down: fn(number: u32) -> &'static [&'static str],
    /// How `_morket_migrations` is recognised: gives a row when it is there.
    pub has_table: &'static str,
}

impl Dialect {
    fn speak(&self, statement: &str) -> String {
        self.words.iter().fold(statement.to_owned(), |text, (word, own)| text.replace(word, own))
    }
}

/// Tables whose loss nobody could make good, and why.
const PRECIOUS: &[(&str, &str)] = &[
    ("ledger_entries", "ledger"),
    ("audit_log", "audit log"),
    ("workspace_keys", "vault"),
    ("suppressions", "suppression list"),
];

/// The number of the last migration that ran; zero for an empty database.
pub async fn version(session: &mut dyn Session, dialect: &Dialect) -> Result<u32> {
    if session.rows(dialect.has_table.into(), Vec::new()).await?.is_empty() {
        return Ok(0);
    }
    let sql = "SELECT COALESCE(MAX(number), 0) FROM _morket_migrations";
    let mut rows = session.rows(sql.into(), Vec::new()).await?;
    rows.first_mut().map_or(Ok(0), crate::Row::small)
}

/// Refuse a schema that another release made.
pub async fn check(session: &mut dyn Session, dialect: &Dialect) -> Result<()> {
    let (found, known) = (version(session, dialect).await?, latest());
    refuse_newer(session, found).await?;
    if found < known {
        let message = format!(
            "the schema is at migration {found}, this release needs {known} ({}): migrate first",
            ALL.last().map_or("", |it| it.name)
        );
        return Err(Error::new(ErrorKind::SchemaMismatch, "store.open", message));
    }
    Ok(())
}

/// The number of the newest migration this release knows.
pub fn latest() -> u32 {
    ALL.last().map_or(0, |it| it.number)
}

async fn refuse_newer(session: &mut dyn Session, found: u32) -> Result<()> {
    if found <= latest() {
        return Ok(());
    }
    let sql = "SELECT name FROM _morket_migrations ORDER BY number DESC LIMIT 1";
    let mut rows = session.rows(sql.into(), Vec::new()).await?;
    let name = rows.first_mut().map_or(Ok(String::new()), crate::Row::text)?;
    let message = format!(
        "the schema is at migration {found} ({name}), this release knows up to {}: \
         use a newer release of Morket",
        latest()
    );
    Err(Error::new(ErrorKind::SchemaMismatch, "store.open", message))
}

/// Bring the schema up to migration `to`; a second run does nothing.
///
/// The caller holds a lock under which nobody else migrates.
pub async fn up(session: &mut dyn Session, dialect: &Dialect, to: u32) -> Result<()> {
    let found = version(session, dialect).await?;
    refuse_newer(session, found).await?;
    if found == 0 {
        let sql = "CREATE TABLE IF NOT EXISTS _morket_migrations \
                   (number {int} PRIMARY KEY, name {text} NOT NULL, applied_at {int} NOT NULL)";
        session.run(dialect.speak(sql).into(), Vec::new()).await?;
    }
    for migration in ALL.iter().filter(|it| it.number > found && it.number <= to) {
        run(session, dialect, migration.up).await?;
        run(session, dialect, (dialect.after_up)(migration.number)).await?;
        let now = session.now();
        let sql = "INSERT INTO _morket_migrations (number, name, applied_at) VALUES ($1, $2, $3)";
        session.run(sql.into(), args![migration.number, migration.name, now]).await?;
    }
    Ok(())
}

/// Bring the schema back down to migration `to`. A ledger, an audit log or a vault that holds
/// anything is dropped only when `destroy` says so.
pub async fn down(
    session: &mut dyn Session,
    dialect: &Dialect,
    to: u32,
    destroy: bool,
) -> Result<()> {
    let found = version(session, dialect).await?;
    refuse_newer(session, found).await?;
    for migration in ALL.iter().rev().filter(|it| it.number > to && it.number <= found) {
        if !destroy {
            refuse_loss(session, migration).await?;
        }
        run(session, dialect, (dialect.before_down)(migration.number)).await?;
        run(session, dialect, migration.down).await?;
        let sql = "DELETE FROM _morket_migrations WHERE number = $1";
        session.run(sql.into(), args![migration.number]).await?;
    }
    Ok(())
}

async fn run(session: &mut dyn Session, dialect: &Dialect, statements: &[&str]) -> Result<()> {
    for statement in statements {
        session.run(dialect.speak(statement).into(), Vec::new()).await?;
    }
    Ok(())
}

async fn refuse_loss(session: &mut dyn Session, migration: &Migration) -> Result<()> {
    for (table, what) in PRECIOUS {
        let drops = format!("DROP TABLE {table}");
        if !migration.down.iter().any(|statement| *statement == drops) {
            continue;
        }
        let sql = format!("SELECT 1 FROM {table} LIMIT 1");
        if !session.rows(sql.into(), Vec::<Value>::new()).await?.is_empty() {
            let message = format!("the {what} is not empty; say `destroy` to drop it all the same");
            return Err(Error::new(ErrorKind::Conflict, "store.migrate_down", message));
        }
    }
    Ok(())
}
