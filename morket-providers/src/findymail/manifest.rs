//! What Findymail offers.

use super::{FINDER, PHONE, VERIFIER};
use crate::kit::{alternatives, field, fields, paid};
use morket_core::{
    VendorUnits,
    field::Kind,
    name::ProviderSlug,
    provider::{Billing, Manifest, Operation},
};

const ONE: VendorUnits = VendorUnits::whole(1);

pub(super) fn manifest() -> Manifest {
    Manifest {
        slug: ProviderSlug::new("findymail").expect("a valid slug"),
        name: "Findymail".to_owned(),
        base_url: "https://app.findymail.com/api".to_owned(),
        keyed: true,
        unit: "credit".to_owned(),
        prices: Vec::new(),
        as_of: "2026-11-21".to_owned(),
        operations: vec![finder(), verifier(), phone()],
    }
}

// The vendor limits how many calls run at a time, 300, and not how many a minute: no window.

fn finder() -> Operation {
    Operation {
        inputs: alternatives(&[
            &["linkedin_url"],
            &["full_name", "company_domain"],
            &["first_name", "last_name", "company_domain"],
            &["full_name", "company_name"],
            &["first_name", "last_name", "company_name"],
        ]),
        outputs: fields(&["email", "email_status"]),
        ..paid(FINDER, Kind::Person, ONE)
    }
}

fn verifier() -> Operation {
    Operation {
        inputs: alternatives(&[&["email"]]),
        outputs: fields(&["email_status"]),
        verifies: Some(field("email")),
        // A verification is billed whatever it says.
        billing: Billing { answer: ONE, miss: ONE },
        ..paid(VERIFIER, Kind::Person, ONE)
    }
}

fn phone() -> Operation {
    Operation {
        inputs: alternatives(&[&["linkedin_url"]]),
        outputs: fields(&["phone"]),
        ..paid(PHONE, Kind::Person, VendorUnits::whole(10))
    }
}
