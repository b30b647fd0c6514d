//! Vendors of data: for each a manifest, a request and a reading of the answer.
//!
//! An adapter is pure. It never waits, retries, limits, caches or judges; that is the engine's.
//! What they are made of, [`kit`], is there for adapters of your own too.

pub mod apollo;
mod builtin;
pub mod clearbit;
pub mod dns;
pub mod dropcontact;
pub mod email_patterns;
pub mod github;
pub mod gleif;
pub mod hunter;
pub mod kit;
pub mod manifest;
pub mod people_data_labs;
pub mod prospeo;
pub mod rdap;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod website;
pub mod wikidata;
pub mod zerobounce;

pub use builtin::builtin;
