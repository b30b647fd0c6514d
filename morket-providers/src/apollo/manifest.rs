//! What Apollo offers.

use super::{BULK, COMPANY, PERSON};
use crate::kit::{alternatives, fields, paid};
use morket_core::{
    VendorUnits,
    field::Kind,
    name::ProviderSlug,
    provider::{LimitScope, Manifest, Operation, Window},
};
use std::time::Duration;

const ONE: VendorUnits = VendorUnits::whole(1);

/// What the free plan allows, per endpoint. A paid one's headers tell of a thousand; the free
/// plan's hours and days are told by headers too.
const FREE: Window = Window { max: 50, per: Duration::from_secs(60), scope: LimitScope::Endpoint };

pub(super) fn manifest() -> Manifest {
    Manifest {
        slug: ProviderSlug::new("apollo").expect("a valid slug"),
        name: "Apollo".to_owned(),
        base_url: "https://api.apollo.io/api/v1".to_owned(),
        keyed: true,
        unit: "credit".to_owned(),
        prices: Vec::new(),
        as_of: "2026-11-21".to_owned(),
        operations: vec![
            person(PERSON),
            Operation { bulk: 10, windows: vec![Window { max: 20, ..FREE }], ..person(BULK) },
            company(),
        ],
    }
}

fn person(name: &str) -> Operation {
    Operation {
        inputs: alternatives(&[
            &["linkedin_url"],
            &["email"],
            &["first_name", "last_name", "company_domain"],
            &["full_name", "company_domain"],
            &["first_name", "last_name", "company_name"],
            &["full_name", "company_name"],
        ]),
        // Telephone numbers come later, to an address of one's own: they are not asked for.
        outputs: fields(&[
            "email",
            "email_status",
            "full_name",
            "first_name",
            "last_name",
            "title",
            "seniority",
            "department",
            "linkedin_url",
            "location",
            "city",
            "region",
            "country",
            "company_name",
            "company_domain",
            "company_linkedin_url",
            "company_phone",
            "industry",
            "employee_count",
            "founded_year",
            "revenue",
            "technologies",
        ]),
        windows: vec![FREE],
        ..paid(name, Kind::Person, ONE)
    }
}

fn company() -> Operation {
    Operation {
        inputs: alternatives(&[&["company_domain"], &["company_linkedin_url"], &["company_name"]]),
        outputs: fields(&[
            "company_name",
            "company_domain",
            "company_linkedin_url",
            "company_phone",
            "industry",
            "employee_count",
            "founded_year",
            "revenue",
            "technologies",
            "description",
            "location",
            "city",
            "region",
            "country",
        ]),
        windows: vec![FREE],
        ..paid(COMPANY, Kind::Company, ONE)
    }
}
