//! Deliveries over real sockets: to servers of our own, and to receivers that verify with the
//! libraries of Standard Webhooks.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod loopback;
mod receivers;
mod support;
