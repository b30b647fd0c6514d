//! What People Data Labs offers.

use super::{BULK, COMPANY, PERSON};
use crate::kit::{alternatives, fields, paid, per_minute, price};
use morket_core::{
    MicroUsd, VendorUnits,
    field::Kind,
    name::ProviderSlug,
    provider::{Manifest, Operation},
};

/// One credit per record found.
const ONE: VendorUnits = VendorUnits::whole(1);

pub(super) fn manifest() -> Manifest {
    Manifest {
        slug: ProviderSlug::new("people-data-labs").expect("a valid slug"),
        name: "People Data Labs".to_owned(),
        base_url: "https://api.peopledatalabs.com/v5".to_owned(),
        keyed: true,
        unit: "credit".to_owned(),
        // A person's credit in the dearest tier; a company's is cheaper.
        prices: vec![
            price("free", MicroUsd::ZERO, Some(100)),
            price("pro", MicroUsd(280_000), None),
            price("pro-annual", MicroUsd(224_000), None),
        ],
        as_of: "2026-11-21".to_owned(),
        operations: vec![
            person(PERSON),
            // The vendor allows a hundred, but cuts the answer at one megabyte.
            Operation { bulk: 50, ..person(BULK) },
            company(),
        ],
    }
}

fn person(name: &str) -> Operation {
    Operation {
        inputs: alternatives(&[
            &["linkedin_url"],
            &["email"],
            &["full_name", "company_domain"],
            &["first_name", "last_name", "company_domain"],
            &["full_name", "company_name"],
            &["first_name", "last_name", "company_name"],
            &["full_name", "location"],
            &["first_name", "last_name", "location"],
        ]),
        outputs: fields(&[
            "full_name",
            "first_name",
            "last_name",
            "email",
            "email_status",
            "personal_email",
            "title",
            "seniority",
            "department",
            "phone",
            "mobile_phone",
            "linkedin_url",
            "location",
            "city",
            "region",
            "country",
            "company_name",
            "company_domain",
            "company_linkedin_url",
            "industry",
            "employee_count",
            "employee_range",
            "founded_year",
            "revenue",
        ]),
        // What the free plan allows: a paid one's headers tell of a thousand.
        windows: vec![per_minute(100)],
        ..paid(name, Kind::Person, ONE)
    }
}

fn company() -> Operation {
    Operation {
        inputs: alternatives(&[&["company_domain"], &["company_linkedin_url"], &["company_name"]]),
        optional: fields(&["country"]),
        outputs: fields(&[
            "company_name",
            "company_domain",
            "company_linkedin_url",
            "industry",
            "employee_count",
            "employee_range",
            "founded_year",
            "revenue",
            "technologies",
            "description",
            "location",
            "city",
            "region",
            "country",
        ]),
        windows: vec![per_minute(100)],
        ..paid(COMPANY, Kind::Company, ONE)
    }
}
