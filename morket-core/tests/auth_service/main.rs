//! Sign-in as a whole, over a store in memory. A hash is slow, so each test makes few of them.

#![cfg(feature = "identity")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod house;
mod passwords;
mod sessions;
mod walk;
mod watched;
