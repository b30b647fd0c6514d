//! Acceptance: whether an answer is about the right one, and whether its values are good enough.
//!
//! Vendors answer; the engine judges. All of it is pure, so that stored candidates can be judged
//! again under another policy at no cost.

mod identity;

pub use identity::{Identity, Known, identify};
