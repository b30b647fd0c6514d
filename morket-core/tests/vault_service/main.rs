//! The vault as its callers meet it, over the in-memory store.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audit;
mod house;
mod rights;
mod rotation;
mod sealing;
mod secrecy;
mod troubled;
