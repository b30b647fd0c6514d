//! What tells you that your adapter is right: conformance suites for every port of
//! `morket-core`, an oracle for the ledger, a driver that compares two stores, and a shelf of
//! deliberately broken stores that the suites must reject; with the clock, the dice and the
//! HTTP service that tests control. For vendors' adapters, [`provider::check_provider`].
//!
//! An adapter owes one function, and one line:
//!
//! ```text
//! async fn make() -> Option<morket_testkit::Subject> { /* a fresh store of its own */ }
//! morket_testkit::store_suite!(make);
//! ```
#![allow(clippy::unwrap_used, reason = "a case that cannot go on must panic")]

#[macro_use]
pub mod suite;

pub mod agreement;
pub mod audit;
pub mod broken;
pub mod clock;
pub mod crash;
pub mod credential;
pub mod engine;
pub mod equivalence;
pub mod history;
pub mod idempotency;
pub mod identity;
pub mod invitation;
pub mod job;
pub mod jumps;
pub mod ledger;
pub mod outbox;
pub mod privacy;
pub mod provider;
mod random;
pub mod rng;
pub mod serial;
pub mod service;
pub mod sim;
pub mod subject;
pub mod webhook;
pub mod workspace;

pub use clock::ManualClock;
pub use rng::SeededRng;
pub use subject::{Fresh, StoreClock, Subject, fresh};
pub use suite::{Case, block_on};
