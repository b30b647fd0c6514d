//! A batch driven by hand: every event is told, every command looked at, nothing waits.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alone;
mod base;
mod bench;
mod bought;
mod cancel;
mod drain;
mod permits;
mod purity;
mod takeover;
mod tasks;
