//! What ZeroBounce offers.

use super::{BATCH, VALIDATE};
use crate::kit::{alternatives, field, fields, paid, per_minute, per_second};
use morket_core::{
    VendorUnits,
    field::Kind,
    name::ProviderSlug,
    provider::{Manifest, Operation},
};

pub(super) fn manifest() -> Manifest {
    Manifest {
        slug: ProviderSlug::new("zerobounce").expect("a valid slug"),
        name: "ZeroBounce".to_owned(),
        base_url: "https://api.zerobounce.net/v2".to_owned(),
        keyed: true,
        unit: "credit".to_owned(),
        prices: Vec::new(),
        as_of: "2026-11-21".to_owned(),
        operations: vec![
            Operation { windows: vec![per_second(20)], ..verifier(VALIDATE) },
            Operation { bulk: 100, windows: vec![per_minute(5)], ..verifier(BATCH) },
        ],
    }
}

/// No limit is documented, but whoever calls too fast is shut out for up to a day: the windows
/// above are ours, and cautious.
fn verifier(name: &str) -> Operation {
    Operation {
        inputs: alternatives(&[&["email"]]),
        outputs: fields(&["email_status"]),
        verifies: Some(field("email")),
        ..paid(name, Kind::Person, VendorUnits::whole(1))
    }
}
