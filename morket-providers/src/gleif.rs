//! Legal entities, by the register of their identifiers.

use crate::kit::{AGENT, Pick, Reading, Take, alternatives, field, fields, free};
use crate::kit::{json, keyless, per_minute, public_refusal};
use morket_core::{
    Result,
    accept::{Identity, Known, identify},
    field::{Kind, country},
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Inputs, Manifest, Operation, Outcome, Parsed, Provider, Returned},
};
use serde_json::Value;

/// How many namesakes are looked through. Where there are more, nobody looked at all of them.
const PAGE: usize = 20;

/// The Global Legal Entity Identifier Foundation.
#[derive(Clone, Debug)]
pub struct Gleif {
    manifest: Manifest,
}

impl Gleif {
    /// As it is offered today.
    pub fn new() -> Self {
        let company = Operation {
            inputs: alternatives(&[&["legal_name"], &["company_name"]]),
            // Never sent: it chooses among namesakes.
            optional: fields(&["company_country"]),
            outputs: fields(&[
                "legal_name",
                "lei",
                "company_status",
                "company_city",
                "company_country",
                "founded_year",
            ]),
            windows: vec![per_minute(60)],
            ..free("company", Kind::Company)
        };
        let base = "https://api.gleif.org/api/v1";
        Self { manifest: keyless("gleif", "GLEIF", base, vec![company]) }
    }
}

impl Default for Gleif {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Gleif {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let request = HttpRequest::get(format!("{}/lei-records", ask.base_url))
            .query("filter[entity.legalName]", asked_name(ask.record())?)
            .query("page[size]", PAGE.to_string());
        let request = request.header("accept", "application/vnd.api+json");
        Ok(request.header("user-agent", AGENT).free())
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        if let Some(refused) = public_refusal(answer) {
            return refused.into();
        }
        let body = json(answer).filter(|_| answer.status == 200).unwrap_or(Value::Null);
        match body["data"].as_array().map(Vec::as_slice) {
            None => Outcome::Unknown,
            Some([]) => Outcome::Miss,
            Some(records) => match choose(ask.record(), records) {
                Some(record) => read(ask, record),
                None => Outcome::Miss,
            },
        }
        .into()
    }
}

fn asked_name(record: &Inputs) -> Result<&str> {
    record.text("legal_name").map_or_else(|| record.required("company_name"), Ok)
}

fn countries(record: &Value) -> impl Iterator<Item = &'static str> {
    let at = |name: &str| {
        record.pointer(&format!("/attributes/entity/{name}/country")).and_then(Value::as_str)
    };
    [at("headquartersAddress"), at("legalAddress")].into_iter().flatten().filter_map(country::code)
}

fn asked_country(record: &Inputs) -> Option<&'static str> {
    country::code(record.text("company_country")?)
}

/// The record that is asked about: of those in the country that is known, else of all, the only
/// one, or the only one that bears the name. Sister companies and namesakes, of which nothing tells
/// which is meant, are no answer; nor is one of a page that more may follow.
fn choose<'v>(asked: &Inputs, records: &'v [Value]) -> Option<&'v Value> {
    let name = asked_name(asked).ok()?;
    let country = asked_country(asked);
    let seated = |it: &&Value| countries(it).any(|its| Some(its) == country);
    let seated: Vec<_> = records.iter().filter(seated).collect();
    let near = if seated.is_empty() { records.iter().collect() } else { seated };
    let more = records.len() >= PAGE;
    let only = |of: Vec<&'v Value>| if let [one] = of[..] { Some(one) } else { None };
    let that = |test: &dyn Fn(&str) -> bool| {
        only(near.iter().copied().filter(|it| legal_name(it).is_some_and(test)).collect())
    };
    let very = |its: &str| its.trim().to_lowercase() == name.trim().to_lowercase();
    match (more, near.as_slice()) {
        (true, _) => None,
        (false, [one]) => Some(one),
        _ => that(&very).or_else(|| that(&|its| bears(its, name))),
    }
}

fn legal_name(record: &Value) -> Option<&str> {
    record.pointer("/attributes/entity/legalName/name").and_then(Value::as_str)
}

/// Whether a legal name is this name, legal forms apart: by the rule of the matcher.
fn bears(legal: &str, name: &str) -> bool {
    let known = Known { company_name: Some(name.to_owned()), ..Known::default() };
    let returned = Returned { company_name: Some(legal.to_owned()), ..Returned::default() };
    matches!(identify(Kind::Company, &known, &returned), Identity::Exact | Identity::Likely)
}

const ROWS: &[Pick] = &[
    Pick::new("legal_name", &["/entity/legalName/name"], Take::Text),
    // By what the register calls it, it is told from others.
    Pick::new("company_name", &["/entity/legalName/name"], Take::Text),
    Pick::new("lei", &["/lei"], Take::Text),
    Pick::new("company_city", &["/entity/headquartersAddress/city"], Take::Text),
];

fn read(ask: &Ask<'_>, record: &Value) -> Outcome {
    let attributes = record.get("attributes").filter(|it| it.is_object());
    let Some(attributes) = attributes else { return Outcome::Unknown };
    let mut reading = Reading::new().rows(attributes, ROWS).only_with("legal_name");
    if reading.get(&field("legal_name")).is_none() {
        return Outcome::Unknown;
    }
    let entity = &attributes["entity"];
    let asked = asked_country(ask.record());
    let seat = countries(record).find(|it| Some(*it) == asked).or(countries(record).next());
    if let Some(seat) = seat {
        reading.put("company_country", seat);
    }
    let status = entity["status"].as_str().map(str::to_ascii_lowercase);
    let status = status.filter(|it| ["active", "inactive"].contains(&it.as_str()));
    if let Some(status) = status {
        reading.put("company_status", status);
    }
    let year = entity["creationDate"].as_str().and_then(|it| it.get(..4));
    if let Some(year) = year {
        reading.first(field("founded_year"), [&year.into()], Take::Year);
    }
    reading.outcome(ask.operation, None)
}
