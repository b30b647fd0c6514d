//! What the engine spends at vendors beside a plain waterfall that asks field by field, at equal
//! fill; and whether it goes as fast as vendors allow without being told off.
//!
//! Both sides ask the same vendors of the same invented world, and what each is billed is what the
//! vendors' own books say.

mod gates;
mod list;
mod matrix;
mod naive;
mod ours;
mod pace;
mod stage;

pub use gates::{Effort, run};
