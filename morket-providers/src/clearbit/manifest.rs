//! What Clearbit offers to those who hold a key.

use super::{COMBINED, COMPANY, PERSON, QUEUED};
use crate::kit::{alternatives, fields, paid, per_minute};
use morket_core::{
    VendorUnits,
    field::Kind,
    name::ProviderSlug,
    provider::{Manifest, Operation, Shape, Unfinished},
};
use std::time::Duration;

const PERSON_FIELDS: &[&str] = &[
    "full_name",
    "first_name",
    "last_name",
    "email",
    "email_status",
    "title",
    "seniority",
    "department",
    "linkedin_url",
    "twitter_url",
    "location",
    "city",
    "region",
    "country",
    "company_name",
    "company_domain",
];

const COMPANY_FIELDS: &[&str] = &[
    "company_name",
    "company_domain",
    "legal_name",
    "industry",
    "description",
    "employee_count",
    "employee_range",
    "founded_year",
    "revenue",
    "company_phone",
    "company_city",
    "company_country",
    "company_linkedin_url",
    "company_twitter_url",
    "logo_url",
    "technologies",
];

pub(super) fn manifest() -> Manifest {
    let both: Vec<&str> = PERSON_FIELDS
        .iter()
        .chain(COMPANY_FIELDS.iter().filter(|it| !PERSON_FIELDS.contains(it)))
        .copied()
        .collect();
    let operation = |name: &str, kind, needs: &str, gives: &[&str]| Operation {
        inputs: alternatives(&[&[needs]]),
        outputs: fields(gives),
        windows: vec![per_minute(600)],
        shape: Shape::Poll {
            first: QUEUED,
            every: QUEUED,
            // Three polls, and a little for the last one's answer.
            deadline: QUEUED * 3 + Duration::from_secs(5),
            unfinished: Unfinished::Miss,
        },
        ..paid(name, kind, VendorUnits::whole(1))
    };
    Manifest {
        slug: ProviderSlug::new("clearbit").expect("a valid slug"),
        name: "Clearbit (legacy keys only)".to_owned(),
        // People and companies live at hosts of their own.
        base_url: "https://{api}.clearbit.com".to_owned(),
        keyed: true,
        unit: "match".to_owned(),
        prices: Vec::new(),
        as_of: "2026-11-21".to_owned(),
        operations: vec![
            operation(PERSON, Kind::Person, "email", PERSON_FIELDS),
            operation(COMPANY, Kind::Company, "company_domain", COMPANY_FIELDS),
            operation(COMBINED, Kind::Person, "email", &both),
        ],
    }
}
