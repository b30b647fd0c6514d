//! The sandbox through its socket, by a client that knows nothing but TCP, and by the adapters.
#![allow(clippy::unwrap_used, reason = "a case that cannot go on must panic")]
#![cfg(feature = "sandbox")]

mod billing;
mod client;
mod control;
mod determinism;
mod dropcontact;
mod faults;
mod finders;
mod hunter;
mod inside;
mod limits;
mod pdl;
mod places;
mod verifiers;
mod wire;
mod world;
mod zerobounce;
