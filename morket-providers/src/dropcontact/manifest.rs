//! What Dropcontact offers.

use super::{ENRICH, WAIT};
use crate::kit::{alternatives, fields, paid, per_second};
use morket_core::{
    VendorUnits,
    field::Kind,
    name::ProviderSlug,
    provider::{Manifest, Operation, Shape, Unfinished},
};
use std::time::Duration;

pub(super) fn manifest() -> Manifest {
    Manifest {
        slug: ProviderSlug::new("dropcontact").expect("a valid slug"),
        name: "Dropcontact".to_owned(),
        base_url: "https://api.dropcontact.com/v1".to_owned(),
        keyed: true,
        unit: "credit".to_owned(),
        prices: Vec::new(),
        as_of: "2026-11-21".to_owned(),
        operations: vec![enrich()],
    }
}

fn enrich() -> Operation {
    Operation {
        // No e-mail among them: one that is sent along is verified, and that costs even without a
        // result.
        inputs: alternatives(&[
            &["first_name", "last_name", "company_domain"],
            &["full_name", "company_domain"],
            &["first_name", "last_name", "company_name"],
            &["full_name", "company_name"],
        ]),
        optional: fields(&["linkedin_url"]),
        outputs: fields(&[
            "email",
            "email_status",
            "personal_email",
            "full_name",
            "first_name",
            "last_name",
            "title",
            "phone",
            "mobile_phone",
            "linkedin_url",
            "company_name",
            "company_domain",
            "company_linkedin_url",
            "employee_range",
            "industry",
            "country",
        ]),
        windows: vec![per_second(60)],
        // The vendor allows 250.
        bulk: 100,
        shape: Shape::Poll {
            first: WAIT,
            every: WAIT,
            deadline: Duration::from_secs(15 * 60),
            unfinished: Unfinished::Unknown,
        },
        ..paid(ENRICH, Kind::Person, VendorUnits::whole(1))
    }
}
