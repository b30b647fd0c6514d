//! Vendors of data: for each a manifest, a request and a reading of the answer.
//!
//! An adapter is pure. It never waits, retries, limits, caches or judges; that is the engine's.
//! What they are made of, [`kit`], is there for adapters of your own too.

pub mod apollo;
mod builtin;
pub mod dropcontact;
pub mod generic;
pub mod hunter;
pub mod kit;
pub mod manifest;
pub mod people_data_labs;
pub mod prospeo;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod zerobounce;

pub use builtin::builtin;
