//! Companies by their website or name, as Wikidata describes them.

mod query;
mod read;

use crate::kit::{AGENT, alternatives, domain_asked, fields, free, json, keyless, per_minute};
use crate::kit::{public_refusal, retry_after};
use morket_core::{
    Result,
    field::Kind,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Operation, Outcome, Parsed, Provider},
};
use serde_json::Value;

/// Wikidata.
#[derive(Clone, Debug)]
pub struct Wikidata {
    manifest: Manifest,
}

impl Wikidata {
    /// By its query service.
    pub fn new() -> Self {
        let company = Operation {
            inputs: alternatives(&[&["company_domain"], &["company_name"]]),
            outputs: fields(&[
                "company_name",
                "company_domain",
                "industry",
                "employee_count",
                "founded_year",
                "company_city",
                "company_country",
                "company_linkedin_url",
                "company_twitter_url",
                "company_facebook_url",
                "company_github_url",
                "lei",
            ]),
            // A minute of computing per minute: most of these take a second.
            windows: vec![per_minute(60)],
            ..free("company", Kind::Company)
        };
        let base = "https://query.wikidata.org";
        Self { manifest: keyless("wikidata", "Wikidata", base, vec![company]) }
    }
}

impl Default for Wikidata {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Wikidata {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let record = ask.record();
        let query = match record.text("company_domain") {
            Some(_) => query::by_domain(&domain_asked(ask)?),
            None => query::by_name(record.required("company_name")?),
        };
        let request = HttpRequest::get(format!("{}/sparql", ask.base_url));
        let request = request.query("format", "json").query("query", query);
        Ok(request.header("user-agent", AGENT).free())
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let outcome = match answer.status {
            // It says how long where it is too much.
            429 => Outcome::RateLimited { retry_after: retry_after(answer) },
            200 => read(ask, json(answer).as_ref()),
            _ => public_refusal(answer).unwrap_or(Outcome::Unknown),
        };
        outcome.into()
    }
}

fn read(ask: &Ask<'_>, body: Option<&Value>) -> Outcome {
    let found = body.and_then(|it| it.pointer("/results/bindings")).and_then(Value::as_array);
    let Some(found) = found else { return Outcome::Unknown };
    if found.is_empty() {
        return Outcome::Miss;
    }
    let by_domain = ask.record().text("company_domain").is_some();
    read::company(ask.operation, found, by_domain)
}
