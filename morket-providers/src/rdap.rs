//! When and by whom a domain was registered, by the registries' own protocol.

use crate::kit::{AGENT, Pick, Reading, Take, alternatives, domain_asked, fields, free};
use crate::kit::{json, keyless, per_second, public_refusal};
use morket_core::{
    Result,
    field::Kind,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Operation, Outcome, Parsed, Provider},
};
use serde_json::Value;

/// The registries of domains.
#[derive(Clone, Debug)]
pub struct Rdap {
    manifest: Manifest,
}

impl Rdap {
    /// By the directory that leads to each domain's registry.
    pub fn new() -> Self {
        let domain = Operation {
            inputs: alternatives(&[&["company_domain"]]),
            outputs: fields(&["domain_registered_on", "registrar"]),
            windows: vec![per_second(1)],
            ..free("domain", Kind::Company)
        };
        let manifest = keyless("rdap", "Domain registries", "https://rdap.org", vec![domain]);
        Self { manifest }
    }
}

impl Default for Rdap {
    fn default() -> Self {
        Self::new()
    }
}

fn asking(url: String) -> HttpRequest {
    let request = HttpRequest::get(url).header("accept", "application/rdap+json");
    request.header("user-agent", AGENT).free()
}

impl Provider for Rdap {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        Ok(asking(format!("{}/domain/{}", ask.base_url, domain_asked(ask)?)))
    }

    /// The directory answers with the registry's address. Heeded only where it asks about the same
    /// domain, over TLS, or where a user leads all of it elsewhere, at that place.
    fn follow(&self, ask: &Ask<'_>, _: &str, answer: &HttpResponse) -> Option<HttpRequest> {
        let location = answer.header("location").filter(|_| (300..400).contains(&answer.status))?;
        let safe = location.starts_with("https://") && ask.base_url.starts_with("https://");
        let inside = location.strip_prefix(ask.base_url).is_some_and(|it| it.starts_with('/'));
        let domain = domain_asked(ask).ok()?;
        let same = location.to_ascii_lowercase().ends_with(&format!("/domain/{domain}"));
        ((safe || inside) && same && !location.contains(['@', '?', '#', ' ', '\\']))
            .then(|| asking(location.to_owned()))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        if let Some(refused) = public_refusal(answer) {
            return refused.into();
        }
        match (answer.status, json(answer)) {
            (200, Some(body)) if body["ldhName"].is_string() => read(ask.operation, &body),
            // Nobody has it, or its registry does not take part.
            (404, _) => Outcome::Miss,
            _ => Outcome::Unknown,
        }
        .into()
    }
}

const ROWS: &[Pick] = &[Pick::new("company_domain", &["/ldhName"], Take::Domain)];

fn read(operation: &Operation, body: &Value) -> Outcome {
    let listed = |name: &str| body[name].as_array().into_iter().flatten();
    let mut reading = Reading::new().rows(body, ROWS);
    let since = listed("events").find(|it| it["eventAction"] == "registration");
    let day = since.and_then(|it| it["eventDate"].as_str()).and_then(|it| it.get(..10));
    if let Some(day) = day {
        reading.first(crate::kit::field("domain_registered_on"), [&day.into()], Take::Text);
    }
    let registrar = |it: &&Value| {
        it["roles"].as_array().is_some_and(|roles| roles.iter().any(|role| role == "registrar"))
    };
    let card = listed("entities").find(registrar).and_then(|it| it.pointer("/vcardArray/1"));
    let lines = card.and_then(Value::as_array).into_iter().flatten();
    let name = lines.filter(|it| it[0] == "fn").map(|it| &it[3]);
    reading.first(crate::kit::field("registrar"), name, Take::Text);
    reading.outcome(operation, None)
}
