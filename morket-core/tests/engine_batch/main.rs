//! A batch driven by hand: every event is told, every command looked at, nothing waits.

mod bench;
mod cancel;
mod drain;
mod purity;
mod takeover;
mod tasks;
