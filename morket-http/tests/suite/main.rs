//! The client against servers that behave, misbehave and lie.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod babble;
mod bounds;
mod cassette;
mod corpus;
mod dial;
mod exchange;
mod faults;
#[cfg(feature = "reqwest")]
mod foreign;
mod forms;
mod proxy;
mod quiet;
mod reach;
mod sent;
mod support;
mod tls;
