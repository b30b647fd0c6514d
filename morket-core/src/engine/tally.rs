//! What a worker has done, counted: for a host's metrics. Whatever is counted here was written down
//! by the store, and it is counted when the store says so.

use crate::{
    Credits,
    job::{Answered, CallState, ItemResult, Settled},
    ledger::Op,
};

/// Counts since a worker began. Those of all workers together are what the store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls to vendors that are over: answered, or lost for good.
    pub calls: u64,
    /// Of those, the ones of which nobody knows what they came to.
    pub unknown: u64,
    /// How often those calls were sent again.
    pub retries: u64,
    /// How often a customer was charged.
    pub charges: u64,
    /// How much.
    pub charged: Credits,
}

impl Tally {
    /// Count what a settlement wrote.
    pub(super) fn note(&mut self, items: &[Answered], settled: &Settled) {
        let Settled::Applied { items: results, .. } = settled else { return };
        for (item, result) in items.iter().zip(results) {
            self.item(item, result);
        }
    }

    fn item(&mut self, item: &Answered, result: &ItemResult) {
        // What a vendor billed is kept even of an item that was refused.
        let call = item.call.as_ref().filter(|it| match it.state {
            CallState::Settled => true,
            CallState::Unknown => result.is_ok(),
            CallState::Ready | CallState::Sent => false,
        });
        if let Some(call) = call {
            self.calls += 1;
            self.unknown += u64::from(call.state == CallState::Unknown);
            self.retries += u64::from(call.attempts.saturating_sub(1));
        }
        for movement in item.money.iter().filter(|_| result.is_ok()) {
            if let Op::Capture { amount, .. } = movement {
                self.charges += 1;
                self.charged = Credits(self.charged.0.saturating_add(amount.0));
            }
        }
    }
}
