//! The command as a process: what it prints, writes and ends with.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(unix)]
mod beside;
mod corpus;
#[cfg(unix)]
mod docs;
#[cfg(unix)]
mod ends;
mod fakes;
mod flow;
mod garbage;
#[cfg(unix)]
mod guide;
mod help;
#[cfg(unix)]
mod hooks;
mod house;
mod input;
mod keys;
mod privacy;
mod reuse;
#[cfg(all(unix, feature = "postgres"))]
mod server;
#[cfg(unix)]
mod signal;
mod support;
#[cfg(unix)]
mod terminal;
mod trial;
mod vendors;
mod week;
