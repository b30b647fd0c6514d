//! What verifiers of addresses have in common.

use super::{Pick, Reading, Take, alternatives, field, fields, paid};
use morket_core::{
    VendorUnits,
    field::Kind,
    name::ProviderSlug,
    provider::{Manifest, Operation, Outcome, Window},
};
use serde_json::Value;

/// A vendor that verifies one address per call, for one credit.
pub fn verifier(slug: &str, name: &str, base_url: &str, windows: Vec<Window>) -> Manifest {
    let operation = Operation {
        inputs: alternatives(&[&["email"]]),
        outputs: fields(&["email_status"]),
        verifies: Some(field("email")),
        windows,
        ..paid("verify", Kind::Person, VendorUnits::whole(1))
    };
    Manifest {
        slug: ProviderSlug::new(slug).expect("a slug in the source is valid"),
        name: name.to_owned(),
        base_url: base_url.to_owned(),
        keyed: true,
        unit: "credit".to_owned(),
        prices: Vec::new(),
        as_of: "2026-11-21".to_owned(),
        operations: vec![operation],
    }
}

/// A verdict. Where the vendor repeats the address, it tells which one the verdict is on.
pub fn verdict(operation: &Operation, status: &str, body: &Value) -> Outcome {
    const ADDRESS: &[Pick] = &[Pick::new("email", &["/email"], Take::Email)];
    let mut reading = Reading::new().rows(body, ADDRESS);
    reading.put("email_status", status);
    reading.outcome(operation, None)
}
