//! The command as a process: what it prints, writes and ends with.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod corpus;
#[cfg(unix)]
mod docs;
#[cfg(unix)]
mod ends;
mod flow;
mod guide;
mod help;
mod house;
mod input;
mod keys;
mod privacy;
#[cfg(unix)]
mod signal;
mod support;
#[cfg(unix)]
mod terminal;
mod trial;
mod vendors;
mod week;
