//! What Prospeo offers.

use super::{BULK, MOBILE, PERSON};
use crate::kit::{alternatives, fields, paid};
use morket_core::{
    VendorUnits,
    field::Kind,
    name::{FieldName, ProviderSlug},
    provider::{Billing, Manifest, Operation},
};

pub(super) fn manifest() -> Manifest {
    Manifest {
        slug: ProviderSlug::new("prospeo").expect("a valid slug"),
        name: "Prospeo".to_owned(),
        base_url: "https://api.prospeo.io".to_owned(),
        keyed: true,
        unit: "credit".to_owned(),
        prices: Vec::new(),
        as_of: "2026-11-21".to_owned(),
        operations: vec![
            person(PERSON, VendorUnits::whole(1)),
            // A number costs ten times as much, so it is asked for apart.
            Operation {
                outputs: fields(&["mobile_phone"]),
                // A person without a number is a match all the same.
                billing: Billing { answer: VendorUnits::whole(10), miss: VendorUnits::whole(1) },
                ..person(MOBILE, VendorUnits::whole(10))
            },
            Operation { bulk: 50, ..person(BULK, VendorUnits::whole(1)) },
        ],
    }
}

fn person(name: &str, units: VendorUnits) -> Operation {
    Operation {
        inputs: alternatives(&[
            &["linkedin_url"],
            &["email"],
            &["full_name", "company_domain"],
            &["first_name", "last_name", "company_domain"],
            &["full_name", "company_linkedin_url"],
            &["full_name", "company_name"],
            &["first_name", "last_name", "company_name"],
        ]),
        outputs: outputs(),
        // The same person again is free for life.
        retry_on_ambiguous: true,
        ..paid(name, Kind::Person, units)
    }
}

fn outputs() -> Vec<FieldName> {
    fields(&[
        "email",
        "email_status",
        "full_name",
        "first_name",
        "last_name",
        "title",
        "seniority",
        "department",
        "linkedin_url",
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
        "technologies",
    ])
}
