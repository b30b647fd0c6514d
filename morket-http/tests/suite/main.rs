//! The client against servers that behave, misbehave and lie.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bounds;
mod corpus;
mod dial;
mod exchange;
mod forms;
mod proxy;
mod sent;
mod support;
mod tls;
