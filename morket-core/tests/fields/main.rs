//! What a clean value of each type looks like, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contacts;
mod properties;
mod values;
