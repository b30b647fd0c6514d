//! What the `morket` command is made of, so that tests can call it without a process.

#![cfg_attr(not(feature = "sqlite"), allow(unused, reason = "without SQLite no keys are kept"))]

pub mod args;
pub mod brief;
pub mod config;
pub mod console;
mod copies;
pub mod exit;
pub mod folder;
pub mod keys;
mod keys_master;
mod keys_ring;
pub mod map;
pub mod output;
pub mod plan_keys;
pub mod rows;
pub mod run;
pub mod shell;
mod signal;
pub mod story;
pub mod summary;
pub mod table;
pub mod vendors;
pub mod verbs;
pub mod wish;
