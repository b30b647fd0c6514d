//! The sandbox through its socket, by a client that knows nothing but TCP.
#![cfg(feature = "sandbox")]

mod billing;
mod client;
mod control;
mod determinism;
mod dropcontact;
mod faults;
mod hunter;
mod inside;
mod limits;
mod pdl;
mod wire;
mod world;
mod zerobounce;
