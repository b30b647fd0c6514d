//! Whether an answer is about the right one, and whether its values are good enough.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod identity;
mod identity_rules;
mod judging;
mod policies;
mod screening;
