//! Manifests in few lines: what most operations have in common; a vendor says the rest.

use morket_core::{
    Credits, MicroUsd, VendorUnits,
    field::Kind,
    name::FieldName,
    provider::{Billing, LimitScope, Operation, PriceList, Window},
};
use std::time::Duration;

/// A field's name that stands in the source.
///
/// # Panics
/// When it is no field name: the first test of its manifest tells.
pub fn field(name: &str) -> FieldName {
    FieldName::new(name).expect("a field name in the source is valid")
}

/// Several of them.
pub fn fields(names: &[&str]) -> Vec<FieldName> {
    names.iter().map(|name| field(name)).collect()
}

/// Alternatives of required inputs.
pub fn alternatives(of: &[&[&str]]) -> Vec<Vec<FieldName>> {
    of.iter().map(|names| fields(names)).collect()
}

/// An operation that costs this per answer and nothing for a miss; inputs and outputs are missing.
pub fn paid(name: &str, kind: Kind, units: VendorUnits) -> Operation {
    let (billing, credits) = (Billing::per_answer(units), Some(Credits(units.0)));
    Operation { billing, credits, ..Operation::new(name, kind) }
}

/// An operation that never costs anything; inputs and outputs are missing.
pub fn free(name: &str, kind: Kind) -> Operation {
    let paid = paid(name, kind, VendorUnits::ZERO);
    Operation { free: true, retry_on_ambiguous: true, ..paid }
}

/// So many calls a second with one key.
pub const fn per_second(max: u32) -> Window {
    Window { max, per: Duration::from_secs(1), scope: LimitScope::Credential }
}

/// So many calls a minute with one key.
pub const fn per_minute(max: u32) -> Window {
    Window { max, per: Duration::from_secs(60), scope: LimitScope::Credential }
}

/// A plan, what one unit costs on it, and how many units a month it holds.
pub fn price(plan: &str, usd_per_unit: MicroUsd, units_per_month: Option<i64>) -> PriceList {
    PriceList {
        plan: plan.to_owned(),
        usd_per_unit,
        units_per_month: units_per_month.map(VendorUnits::whole),
    }
}
