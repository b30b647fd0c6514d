//! A worker of the simulation: gates of its own, a clock of its own, and the batches it runs.

use morket_core::{
    engine::{Batch, Gates},
    job::BatchId,
};
use std::{collections::BTreeMap, time::Duration};

/// A batch a worker runs.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) batch: Batch,
    pub(super) id: BatchId,
    /// The instant it is next told that time has passed.
    pub(super) wake: Option<Duration>,
}

/// A worker.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) name: String,
    /// Raised when it dies: what was on the way to the old one reaches nobody.
    pub(super) life: u64,
    pub(super) alive: bool,
    /// Until then it hears nothing, as after a long pause of its machine.
    pub(super) frozen_until: Duration,
    /// By how much its wall clock is wrong, in microseconds.
    pub(super) skew: i64,
    pub(super) born: Duration,
    pub(super) gates: Gates,
    pub(super) runs: BTreeMap<u64, Run>,
}

impl Process {
    pub(super) fn new(number: usize, life: u64, now: Duration, skew: i64) -> Self {
        Self {
            name: format!("w{number}.{life}"),
            life,
            alive: true,
            frozen_until: Duration::ZERO,
            skew,
            born: now,
            gates: Gates::default(),
            runs: BTreeMap::new(),
        }
    }
}
