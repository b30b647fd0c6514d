//! Measurements against peers in the same run, and the crash campaigns.
//!
//! Nothing here is a claim: `cargo xtask bench` and `cargo xtask crash` print what they measured
//! and end with a failure when a gate is not met.
#![allow(clippy::float_arithmetic, reason = "ratios and rates are measurements, not money")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a measurement is printed")]
#![allow(clippy::disallowed_methods, reason = "a measurement reads the machine's clock")]

pub mod crash;
pub mod engine;
pub mod fakes;
pub mod ledger;
pub mod scene;
#[cfg(feature = "virtual-time")]
pub mod spend;
