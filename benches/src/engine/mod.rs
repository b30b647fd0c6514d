//! The engine beside a plain loop that sends the same requests: what it costs, in processor time,
//! to be told the reason of every cell.

mod memory;
mod pairs;
mod subject;

pub use memory::{weigh, weighed};
pub use pairs::{Effort, run};
pub use subject::work;
