//! Jobs that are killed: workers run real plans against a sandbox that is the witness, and nothing
//! is believed but the store's tables and the sandbox's log.

mod audit;
pub mod campaign;
pub mod exhaustive;
mod people;

pub use people::work;
