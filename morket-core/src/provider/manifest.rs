//! What a vendor offers, as data.

use super::Operation;
use crate::{Error, MicroUsd, Result, VendorUnits, name::ProviderSlug};

/// A vendor and its operations.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// The name plans use.
    pub slug: ProviderSlug,
    /// The name people read.
    pub name: String,
    /// Where it lives unless overridden: scheme, host and common path, no slash at the end.
    pub base_url: String,
    /// Whether it asks for a key.
    pub keyed: bool,
    /// What its unit is called, e.g. `credit`.
    pub unit: String,
    /// What a unit costs on each of its plans.
    pub prices: Vec<PriceList>,
    /// When prices and limits were last looked up, `YYYY-MM-DD`.
    pub as_of: String,
    /// What can be asked.
    pub operations: Vec<Operation>,
}

/// What a unit costs on a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceList {
    /// The plan's name, in lower case.
    pub plan: String,
    /// The price of one whole unit.
    pub usd_per_unit: MicroUsd,
    /// How many units a month it holds, if it says.
    pub units_per_month: Option<VendorUnits>,
}

impl Manifest {
    /// An operation by its name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.operations.iter().find(|it| it.name == name)
    }

    /// Refuse what could not be run or charged.
    pub fn validate(&self) -> Result<()> {
        let wrong = |field: &str, problem: &str| {
            Err(Error::invalid("provider.register", field, problem).with("provider", &self.slug))
        };
        let web = ["https://", "http://"].iter().any(|it| self.base_url.starts_with(it));
        if !web || self.base_url.ends_with('/') || self.base_url.contains(['?', '#', ' ', '@']) {
            return wrong("base_url", "must be http(s)://host[/path], nothing after it");
        }
        if self.operations.is_empty() {
            return wrong("operations", "must not be empty");
        }
        for (at, operation) in self.operations.iter().enumerate() {
            operation.validate().map_err(|error| error.with("provider", &self.slug))?;
            if self.operations[..at].iter().any(|it| it.name == operation.name) {
                return wrong("operations", "a name stands twice");
            }
        }
        Ok(())
    }
}
