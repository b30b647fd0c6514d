//! A job whose workers die: at any call of theirs to the store or the network, before it has an
//! effect or after, once or twice. Whoever takes over must come to what a worker that lives comes
//! to, and nobody is charged twice.

mod life;
mod run;
mod scene;
mod verdict;

pub(crate) use life::{Life, Mortal};
pub use run::{Ground, Told, every_pair, every_point};
pub use scene::Scene;
