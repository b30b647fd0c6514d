//! The register of identifiers of legal entities.

use super::{asked, found, mistakes};
use crate::sandbox::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Params, Reply, Request},
    limits::Limit,
    world::Company,
};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// The register.
#[derive(Debug)]
pub(in crate::sandbox) struct Gleif;

/// Entities by name.
#[derive(Debug)]
pub(in crate::sandbox) struct Question(String);

const LIMITS: &[Limit] = &[Limit::new(60, 60)];

impl Api for Gleif {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let params = Params::of_query(request.query);
        let name = params.get("filter[entity.legalName]").map(str::to_owned);
        let name = name.filter(|_| path == "lei-records" && request.method == "GET");
        asked("lei-records", name.map(|name| (name.to_lowercase(), Question(name))))
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        LIMITS
    }

    fn least_balance(_question: &Question) -> VendorUnits {
        VendorUnits::ZERO
    }

    fn refuse(refusal: Refusal) -> Reply {
        super::refuse(refusal)
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        let world = context.world;
        let company = world.company_named(&question.0);
        let company = company.filter(|it| world.knows("gleif", context.options.knowledge, it));
        let records: Vec<Value> =
            company.iter().map(|it| record(it, mistakes(context, "gleif", it))).collect();
        found(&json!({"data": records, "meta": {"pagination": {"total": records.len()}}}))
    }
}

/// A company, or its namesake elsewhere.
fn record(company: &Company, namesake: bool) -> Value {
    let (city, country, name) = match namesake {
        true => ("Valletta", "MT", format!("{} Ltd", company.name)),
        false => (company.place.city, company.place.code, company.legal_name.clone()),
    };
    let address = json!({"addressLines": ["1 Sample Street"], "city": city, "region": null,
                         "country": country, "postalCode": "10000"});
    let lei = lei(&company.domain);
    json!({"id": lei, "attributes": {
        "lei": lei,
        "entity": {
            "legalName": {"name": name, "language": "en"},
            "otherNames": [],
            "legalAddress": address,
            "headquartersAddress": address,
            "registeredAs": "HRB 1",
            "jurisdiction": country,
            "category": "GENERAL",
            "legalForm": {"id": "2HBR"},
            "status": "ACTIVE",
            "creationDate": format!("{}-01-01T00:00:00Z", company.founded),
        },
        "registration": {"status": "ISSUED"},
    }})
}

/// Eighteen letters and digits, and two that check them.
pub(super) fn lei(domain: &str) -> String {
    let mut letters: String = domain.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.make_ascii_uppercase();
    let body = format!("9999{letters:0<14}");
    let body = &body[..18];
    let remainder = format!("{body}00").chars().fold(0_u32, |so_far, c| {
        let value = c.to_digit(36).unwrap_or(0);
        (so_far * if value > 9 { 100 } else { 10 } + value) % 97
    });
    format!("{body}{:02}", 98 - remainder)
}
