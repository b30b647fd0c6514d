//! Tables of every kind that people have: read right, and given back byte for byte.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod corpus;
mod random;
mod support;
