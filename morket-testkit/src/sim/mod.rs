//! The simulator: real engine, real rules, a store that answers late, twice or not at all, vendors
//! that fail in every way they have, workers that freeze, crash and take over - all under one
//! seeded scheduler on virtual time.
//!
//! A step is one application of [`Batch::step`](morket_core::engine::Batch::step). The same seed
//! gives the same trace, and the trace's hash says so.

mod acts;
mod alone;
mod check;
mod deliver;
mod dice;
mod known;
mod mutate;
mod process;
mod rates;
mod report;
mod scene;
mod spend;
mod store;
mod twins;
mod vendor;
mod watch;
mod whole;
mod world;

pub use mutate::Mutation;
pub use report::Report;
pub use world::{recorded, run};

/// What to simulate.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The run's name: everything follows from it.
    pub seed: u64,
    /// How many steps a run may take before it counts as stuck.
    pub steps: u64,
    /// Nobody's wall clock jumps.
    pub steady: bool,
    /// A bug to plant.
    pub mutation: Option<Mutation>,
}

impl Options {
    /// A run of at most a hundred thousand steps.
    pub fn seed(seed: u64) -> Self {
        Self { seed, steps: 100_000, steady: false, mutation: None }
    }

    /// The same run on wall clocks that never jump.
    #[must_use]
    pub fn steady(mut self) -> Self {
        self.steady = true;
        self
    }

    /// The same run with a bug in it.
    #[must_use]
    pub fn with(mut self, mutation: Mutation) -> Self {
        self.mutation = Some(mutation);
        self
    }
}
