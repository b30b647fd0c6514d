//! The query service of Wikidata: it reads of a query what it asks about, and answers in its shape.

use super::{asked, found, gleif, known, mistakes};
use crate::sandbox::{
    account::Plan,
    api::{Answer, Api, Asked, Context, Refusal},
    http::{Params, Reply, Request},
    limits::Limit,
    world::Company,
};
use morket_core::VendorUnits;
use serde_json::{Value, json};

/// The query service.
#[derive(Debug)]
pub(in crate::sandbox) struct Wikidata;

/// What a query asks about.
#[derive(Debug)]
pub(in crate::sandbox) enum Question {
    Site(String),
    Label(String),
}

impl Api for Wikidata {
    type Question = Question;

    fn read<'a>(path: &str, request: &'a Request<'_>) -> Asked<'a, Question> {
        let params = Params::of_query(request.query);
        let query = params.get("query").filter(|_| path == "sparql");
        let between = |text: &str, from: &str, to: &str| {
            let rest = text.split_once(from)?.1;
            Some(rest.split_once(to)?.0.to_owned())
        };
        let question = query.and_then(|query| {
            if let Some(site) = between(query, "<https://", ">") {
                return Some((site.clone(), Question::Site(site)));
            }
            let label = between(query, "rdfs:label \"", "\"@en")?;
            Some((label.clone(), Question::Label(label)))
        });
        asked("sparql", question)
    }

    fn limits(_operation: &'static str, _plan: Plan) -> &'static [Limit] {
        &[]
    }

    fn least_balance(_question: &Question) -> VendorUnits {
        VendorUnits::ZERO
    }

    fn refuse(refusal: Refusal) -> Reply {
        super::refuse(refusal)
    }

    fn answer(context: &mut Context<'_>, question: &Question) -> Answer {
        let company = match question {
            Question::Site(site) => known(context, "wikidata", site.trim_end_matches('/')),
            Question::Label(label) => context
                .world
                .company_named(label)
                .and_then(|it| known(context, "wikidata", &it.domain)),
        };
        let rows: Vec<Value> =
            company.iter().flat_map(|it| rows(it, mistakes(context, "wikidata", it))).collect();
        found(&json!({"head": {"vars": []}, "results": {"bindings": rows}}))
    }
}

/// Two counts of heads, the newer one first; or somebody else's item.
fn rows(company: &Company, other: bool) -> Vec<Value> {
    let (name, site) = match other {
        true => ("Somebody Else".to_owned(), "https://elsewhere.invalid/".to_owned()),
        false => (company.name.clone(), format!("https://{}/", company.domain)),
    };
    let literal = |value: &str| json!({"type": "literal", "value": value});
    let uri = |value: &str| json!({"type": "uri", "value": value});
    let row = |employees: u32, year: u32| {
        json!({
            "item": uri("http://www.wikidata.org/entity/Q1000"),
            "itemLabel": literal(&name),
            "site": uri(&site),
            "industryLabel": literal(company.industry),
            "employees": literal(&employees.to_string()),
            "asOf": literal(&format!("{year}-01-01T00:00:00Z")),
            "inception": literal(&format!("{}-01-01T00:00:00Z", company.founded)),
            "cityLabel": literal(company.place.city),
            "countryLabel": literal(company.place.country),
            "linkedin": literal(&company.linkedin),
            "lei": literal(&gleif::lei(&company.domain)),
        })
    };
    vec![row(company.employees, 2025), row(company.employees.div_ceil(2), 2015)]
}
