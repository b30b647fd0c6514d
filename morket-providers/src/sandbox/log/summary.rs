//! Counts over all calls, whatever the log in memory still holds.

use super::{Delivery, Entry, Outcome};
use crate::sandbox::{Fault, Vendor};
use morket_core::VendorUnits;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What all vendors saw.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// The seed of the world and its faults.
    pub seed: u64,
    /// The number of the last call.
    pub last_seq: u64,
    /// Each vendor's part.
    pub vendors: BTreeMap<Vendor, VendorSummary>,
}

/// What one vendor saw.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct VendorSummary {
    /// All that arrived.
    pub calls: u64,
    /// All that was billed, in thousandths of the vendor's unit.
    #[serde(rename = "billed_milli")]
    pub billed: VendorUnits,
    /// Calls by what was decided.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Calls by what went wrong on purpose.
    pub faults: BTreeMap<Fault, u64>,
    /// Answers handed over whole.
    pub delivered: u64,
    /// By endpoint.
    pub operations: BTreeMap<String, OperationTotals>,
    /// Inputs that came more than once, in the order of their second arrival.
    pub repeats: Vec<Repeat>,
}

/// What one endpoint saw.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct OperationTotals {
    /// All that arrived.
    pub calls: u64,
    /// What was billed.
    #[serde(rename = "billed_milli")]
    pub billed: VendorUnits,
}

/// An input that came more than once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Repeat {
    /// The endpoint.
    pub operation: String,
    /// The canonical input.
    pub input: String,
    /// Each time it came.
    pub arrivals: Vec<Arrival>,
}

/// One time that an input came.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Arrival {
    /// The call's number.
    pub seq: u64,
    /// When it arrived.
    pub at_us: i64,
    /// What was decided.
    pub outcome: Outcome,
    /// What it cost.
    #[serde(rename = "billed_milli")]
    pub billed: VendorUnits,
}

/// Counts as they are kept.
#[derive(Debug, Default)]
pub(super) struct Totals {
    counts: VendorSummary,
    operations: BTreeMap<&'static str, OperationTotals>,
    /// By digest of the input: its first arrival, then its place among the repeats.
    seen: HashMap<u64, Seen>,
}

#[derive(Debug)]
enum Seen {
    Once(Arrival),
    Again(usize),
}

impl Totals {
    pub(super) fn count(&mut self, entry: &Entry, input: u64) {
        let counts = &mut self.counts;
        counts.calls += 1;
        counts.billed = sum(counts.billed, entry.billed);
        *counts.outcomes.entry(entry.outcome).or_default() += 1;
        if let Some(fault) = entry.fault {
            *counts.faults.entry(fault).or_default() += 1;
        }
        if let std::borrow::Cow::Borrowed(operation) = entry.operation {
            let totals = self.operations.entry(operation).or_default();
            totals.calls += 1;
            totals.billed = sum(totals.billed, entry.billed);
        }
        self.note_arrival(entry, input);
    }

    fn note_arrival(&mut self, entry: &Entry, input: u64) {
        let Entry { seq, at_us, outcome, billed, .. } = *entry;
        let arrival = Arrival { seq, at_us, outcome, billed };
        let repeats = &mut self.counts.repeats;
        match self.seen.get(&input) {
            None => drop(self.seen.insert(input, Seen::Once(arrival))),
            Some(Seen::Again(place)) => repeats[*place].arrivals.push(arrival),
            Some(Seen::Once(first)) => {
                let (operation, input_text) = (entry.operation.to_string(), entry.input.clone());
                let arrivals = vec![*first, arrival];
                repeats.push(Repeat { operation, input: input_text, arrivals });
                self.seen.insert(input, Seen::Again(repeats.len() - 1));
            }
        }
    }

    pub(super) fn settle(&mut self, delivery: Delivery) {
        self.counts.delivered += u64::from(delivery == Delivery::Delivered);
    }

    pub(super) fn summary(&self) -> VendorSummary {
        let operations = self.operations.iter();
        VendorSummary {
            operations: operations.map(|(name, totals)| ((*name).to_owned(), *totals)).collect(),
            ..self.counts.clone()
        }
    }
}

fn sum(one: VendorUnits, other: VendorUnits) -> VendorUnits {
    one.plus(other).unwrap_or(one)
}
