//! What Hunter offers.

use super::{COMPANY, FINDER, PERSON, VERIFIER};
use crate::kit::{alternatives, field, fields, paid, per_minute, per_second, price};
use morket_core::{
    MicroUsd, VendorUnits,
    field::Kind,
    name::ProviderSlug,
    provider::{Manifest, Operation, Shape, Unfinished},
};
use std::time::Duration;

/// One credit. The verifier takes half of one and enrichment a fifth on most plans, yet a whole one
/// on others: what is planned with is the most it can be.
const ONE: VendorUnits = VendorUnits::whole(1);

pub(super) fn manifest() -> Manifest {
    Manifest {
        slug: ProviderSlug::new("hunter").expect("a valid slug"),
        name: "Hunter".to_owned(),
        base_url: "https://api.hunter.io/v2".to_owned(),
        keyed: true,
        unit: "credit".to_owned(),
        prices: vec![price("free", MicroUsd::ZERO, Some(50))],
        as_of: "2026-11-21".to_owned(),
        operations: vec![finder(), verifier(), person(), company()],
    }
}

fn finder() -> Operation {
    Operation {
        // A domain gives better results than a company's name, so it comes first.
        inputs: alternatives(&[
            &["full_name", "company_domain"],
            &["first_name", "last_name", "company_domain"],
            &["linkedin_url", "company_domain"],
            &["full_name", "company_name"],
            &["first_name", "last_name", "company_name"],
            &["linkedin_url", "company_name"],
        ]),
        outputs: fields(&[
            "email",
            "email_status",
            "first_name",
            "last_name",
            "title",
            "phone",
            "linkedin_url",
            "company_name",
            "company_domain",
        ]),
        windows: vec![per_second(15), per_minute(500)],
        ..paid(FINDER, Kind::Person, ONE)
    }
}

fn verifier() -> Operation {
    Operation {
        inputs: alternatives(&[&["email"]]),
        outputs: fields(&["email_status"]),
        verifies: Some(field("email")),
        windows: vec![per_second(10), per_minute(300)],
        shape: Shape::Poll {
            first: Duration::from_secs(5),
            every: Duration::from_secs(10),
            deadline: Duration::from_secs(300),
            unfinished: Unfinished::Unknown,
        },
        // A verification is counted once.
        retry_on_ambiguous: true,
        ..paid(VERIFIER, Kind::Person, ONE)
    }
}

fn person() -> Operation {
    Operation {
        inputs: alternatives(&[&["email"], &["linkedin_url"]]),
        outputs: fields(&[
            "full_name",
            "first_name",
            "last_name",
            "email",
            "email_status",
            "title",
            "seniority",
            "department",
            "phone",
            "linkedin_url",
            "location",
            "city",
            "region",
            "country",
            "company_name",
            "company_domain",
        ]),
        windows: vec![per_second(15), per_minute(500)],
        ..paid(PERSON, Kind::Person, ONE)
    }
}

fn company() -> Operation {
    Operation {
        inputs: alternatives(&[&["company_domain"]]),
        outputs: fields(&[
            "company_name",
            "company_domain",
            "company_linkedin_url",
            "company_phone",
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
        windows: vec![per_second(15), per_minute(500)],
        ..paid(COMPANY, Kind::Company, ONE)
    }
}
