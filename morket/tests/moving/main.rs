//! A store moves whole, whatever is in it and whichever way; a damaged export moves nothing.

#![cfg(feature = "sqlite")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod garbage;
mod house;
mod whole;
