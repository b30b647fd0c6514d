//! What a run came to.

use std::{collections::BTreeMap, fmt};

/// What a run came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Its name.
    pub seed: u64,
    /// Applications of `step`.
    pub steps: u64,
    /// The hash of everything that happened, in order.
    pub hash: u64,
    /// Requests that left.
    pub sends: u64,
    /// What vendors answered, by kind.
    pub outcomes: BTreeMap<&'static str, u64>,
    /// Workers that died.
    pub crashes: u64,
    /// Commits whose answer was lost.
    pub unknown_commits: u64,
    /// Batches that were taken from another worker.
    pub takeovers: u64,
    /// Workers that found their lease gone.
    pub losses: u64,
    /// Times the whole of a batch parked.
    pub parks: u64,
    /// Times a worker heard nothing for a while.
    pub freezes: u64,
    /// Times a worker was asked to let go.
    pub drains: u64,
    /// Times nobody reached the store.
    pub outages: u64,
    /// Jobs that were cancelled.
    pub cancels: u64,
    /// Jobs that were based on a sample.
    pub wholes: u64,
    /// What must not be, if anything.
    pub violations: Vec<String>,
}

impl Report {
    /// Whether everything was as promised.
    pub fn is_sound(&self) -> bool {
        self.violations.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "seed {} hash {:016x} steps {} sends {} crashes {} unknown commits {} takeovers {} \
             losses {} parks {} freezes {} drains {} outages {} cancels {} wholes {}",
            self.seed,
            self.hash,
            self.steps,
            self.sends,
            self.crashes,
            self.unknown_commits,
            self.takeovers,
            self.losses,
            self.parks,
            self.freezes,
            self.drains,
            self.outages,
            self.cancels,
            self.wholes
        )?;
        for (kind, count) in &self.outcomes {
            write!(f, " {kind} {count}")?;
        }
        for violation in &self.violations {
            write!(f, "\n  violation: {violation}")?;
        }
        Ok(())
    }
}
