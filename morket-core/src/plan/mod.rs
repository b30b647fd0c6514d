//! What is wanted, from whom, under which conditions and for how much: one document, the same in
//! every language, and the [`Program`] it comes to among the providers at hand.

mod amount;
mod compile;
mod condition;
mod document;
mod estimate;
mod program;

pub use amount::{parse_span, parse_usd};
pub use compile::{Settings, compile};
pub use condition::Condition;
pub use document::{Budget, Existing, OnAmbiguous, OnLimit, OnLost, Plan, Waterfall};
pub use estimate::{Estimate, ProviderEstimate};
pub use program::{Ceiling, Chain, FieldIx, Known, Op, OpIx, Program};
