//! Acceptance: whether an answer is about the right one, and whether its values are good enough.
//!
//! Vendors answer; the engine judges. All of it is pure, so that stored candidates can be judged
//! again under another policy at no cost. For each answer, in this order:
//!
//! 1. [`screen`] keeps declared fields with clean values.
//! 2. [`identify`] tells whom the answer is about.
//! 3. [`judge`] decides each value under the field's [`Policy`].
//! 4. [`admit`] keeps groups together.
//! 5. [`final_choice`] ends a waterfall that accepted nothing.

mod finish;
mod identity;
mod judge;
mod policy;
mod reason;
mod screen;

pub use finish::{Ending, final_choice};
pub(crate) use identity::one_name;
pub use identity::{Identity, Known, identify, named_at, needs_resemblance};
pub use judge::{Candidate, Judgement, judge};
pub use policy::{CatchAll, EmailPolicy, Policy, Sure, Verify};
pub use reason::Reason;
pub use screen::{Clean, admit, screen};
