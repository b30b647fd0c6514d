//! What a vendor knows of a key.

use super::limits::Gate;
use morket_core::VendorUnits;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// A vendor's plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Plan {
    /// What everybody gets for nothing.
    Free,
    /// What is paid for.
    #[default]
    Paid,
    /// The same, by a key that may not ask for everything: Apollo's lacks the scope to enrich.
    Scoped,
}

/// A key's account, as seen and set from outside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountState {
    /// Whether the vendor takes the key.
    #[serde(default = "yes")]
    pub good: bool,
    /// The plan.
    #[serde(default)]
    pub plan: Plan,
    /// What is left, in thousandths of a credit.
    #[serde(rename = "credits_milli")]
    pub credits: VendorUnits,
    /// What has been used, likewise.
    #[serde(rename = "used_milli", default)]
    pub used: VendorUnits,
}

fn yes() -> bool {
    true
}

impl AccountState {
    /// A good, paid account with so many credits.
    pub const fn with_credits(credits: VendorUnits) -> Self {
        Self { good: true, plan: Plan::Paid, credits, used: VendorUnits::ZERO }
    }

    /// What an account is before anybody says otherwise: its name tells.
    pub(super) fn of_name(key: &str, credits: VendorUnits, open_door: bool) -> Self {
        let fresh = Self::with_credits(credits);
        Self {
            good: open_door && !key.starts_with("bad"),
            plan: match key {
                _ if key.starts_with("free") => Plan::Free,
                _ if key.starts_with("scoped") => Plan::Scoped,
                _ => Plan::Paid,
            },
            credits: if key.starts_with("empty") { VendorUnits::ZERO } else { credits },
            ..fresh
        }
    }
}

/// An account with what it remembers.
#[derive(Debug)]
pub(super) struct Account {
    pub(super) state: AccountState,
    /// Gates by the operation they stand before.
    pub(super) gates: HashMap<&'static str, Gate>,
    /// What was bought once and costs nothing again, by digest.
    pub(super) bought: HashSet<u64>,
}

impl Account {
    pub(super) fn new(state: AccountState) -> Self {
        Self { state, gates: HashMap::new(), bought: HashSet::new() }
    }

    /// Whether it holds at least this much.
    pub(super) fn affords(&self, price: VendorUnits) -> bool {
        self.state.credits >= price
    }

    /// Takes the price, or as much of it as there is; what was taken.
    pub(super) fn bill(&mut self, price: VendorUnits) -> VendorUnits {
        let taken = price.min(self.state.credits).max(VendorUnits::ZERO);
        self.state.credits = self.state.credits.minus(taken).unwrap_or(VendorUnits::ZERO);
        self.state.used = self.state.used.plus(taken).unwrap_or(self.state.used);
        taken
    }
}

/// A key as logs may show it: a digest that tells keys apart.
pub(super) fn masked(key: &str) -> String {
    format!("key-{:08x}", super::dice::digest(key.as_bytes()) >> 32)
}
