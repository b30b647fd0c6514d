//! Killing processes and servers at work, and asking SQL what they left behind.
//!
//! Three parties: a worker that is killed, a witness that reads what the worker began and what was
//! acknowledged to it, and an auditor that knows nothing but tables.

pub mod audit;
pub mod campaign;
pub mod db;
pub mod draw;
pub mod engine;
pub mod hooks;
pub mod jobs;
pub mod line;
mod money;
pub mod place;
pub mod script;
pub mod server;
mod sha;
pub mod worker;

/// What follows `name` among arguments.
pub fn value(args: &[String], name: &str) -> Option<String> {
    let at = args.iter().position(|arg| arg == name)?;
    args.get(at + 1).cloned()
}
