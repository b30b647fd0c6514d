//! What the `morket` command is made of, so that tests can call it without a process.

pub mod map;
pub mod table;
