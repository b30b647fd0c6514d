//! Webhooks: signatures, schedules, what comes of attempts, and the courier that makes them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod anything;
mod conclude;
mod courier;
mod schedule;
mod sign;
mod support;
