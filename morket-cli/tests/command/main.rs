//! The command as a process: what it prints, writes and ends with.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod flow;
mod guide;
mod help;
mod input;
mod keys;
#[cfg(unix)]
mod signal;
mod support;
#[cfg(unix)]
mod terminal;
mod week;
