//! The data-enrichment engine you embed: ask for fields, name the providers, set a budget; get
//! values with their provenance, never paying twice and never paying for nothing.
//!
//! This crate is what users add. It knows every adapter, each behind a feature, and offers the same
//! services over whichever store was chosen:
//!
//! ```
//! # async fn example() -> morket::Result<()> {
//! use morket::{Credits, Morket, ledger::LedgerExt, workspace::NewWorkspace};
//!
//! let mk = Morket::builder().memory().build().await?;
//! let workspace = mk.create_workspace("Acme").prepaid().await?;
//! mk.store().grant(workspace.id, "welcome".parse()?, Credits::whole(100)).await?;
//! assert_eq!(mk.store().account(workspace.id).await?.available(), Credits::whole(100));
//! # Ok(()) }
//! ```

mod builder;
mod edge;
mod enrich;
mod forget;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod migrate;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
mod moving;

/// The README's examples, compiled and run as documentation tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

pub use builder::{Builder, Morket};
pub use edge::{OsRng, SystemClock};
pub use enrich::{Engine, Enriched, GivenKeys, Sampled};
pub use forget::Forget;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use migrate::{Change, Schema};
pub use morket_core::*;
#[cfg(feature = "http")]
pub use morket_http as network;
#[cfg(feature = "providers")]
pub use morket_providers as providers;
#[cfg(feature = "postgres")]
pub use morket_store_postgres as postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub use morket_store_sql::Moved;
#[cfg(feature = "sqlite")]
pub use morket_store_sqlite as sqlite;
