//! What vendors count: the calls of all workers with one key, in every window.

use morket_core::plan::Op;
use std::{collections::BTreeMap, time::Duration};

/// When calls left, by vendor. They are on the way for a while, and a vendor counts when they
/// arrive: therefore windows must be kept a fiftieth longer than the vendor's.
#[derive(Debug, Default)]
pub(super) struct Rates(BTreeMap<String, Vec<Duration>>);

impl Rates {
    /// A call leaves; which window it should not have left in.
    pub(super) fn sent(&mut self, op: &Op, now: Duration) -> Option<String> {
        let times = self.0.entry(op.provider.to_string()).or_default();
        times.push(now);
        op.operation.windows.iter().find_map(|window| {
            let kept = window.per + window.per / 50;
            let within = times.iter().rev().take_while(|at| **at + kept > now).count();
            let (max, per, slug) = (window.max, window.per, &op.provider);
            (within > max as usize)
                .then(|| format!("rate: {slug} was asked {within} times in {per:?}, not {max}"))
        })
    }
}
