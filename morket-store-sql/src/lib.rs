//! What Morket's SQL stores share: tables, rows and every step of every port, written once over a
//! small [`Session`] trait.
//!
//! An adapter brings a [`Driver`]: connections, transactions, the handful of verbs in which
//! databases differ, and its own words for the schema. The rules (who may, what repeats mean, what
//! a hold covers) are core's; this crate loads what they need and writes what they decide.

mod audit;
#[cfg(feature = "crash-points")]
pub mod crash;
mod credential;
mod idempotency;
mod identity;
mod job;
mod ledger;
pub mod migrate;
mod names;
mod outbox;
mod privacy;
mod query;
mod session;
mod store;
mod table;
mod transfer;
mod value;
mod webhook;
mod workspace;

pub use session::{Driver, Lock, OnConflict, Rows, Scope, Session, Sql, Unit, Write};
pub use store::SqlStore;
pub use table::{Record, Table};
pub use transfer::{Moved, tables};
pub use value::{Kind, Row, Value};
