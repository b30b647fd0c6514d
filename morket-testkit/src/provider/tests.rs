//! Providers that break one rule each: the check names it.

use super::*;
use morket_core::{
    Result, VendorUnits,
    field::Kind,
    http::HttpRequest,
    name::{FieldName, ProviderSlug},
    provider::{Answer, Billing, Manifest, Outcome, Parsed},
};
use serde_json::{Value, json};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Flaw {
    None,
    KeyInUrl,
    KeyInBody,
    NoKey,
    PathFromInput,
    HeaderFromInput,
    OwnAddress,
    Panic,
    Smuggles,
    Believes500,
    AnyType,
    PaidCheck,
    Endless,
}

#[derive(Debug)]
struct Flawed {
    flaw: Flaw,
    manifest: Manifest,
}

impl Flawed {
    fn new(flaw: Flaw) -> Self {
        let field = |name: &str| FieldName::new(name).unwrap();
        let operation = Operation {
            inputs: vec![vec![field("email")]],
            outputs: vec![field("title")],
            billing: Billing::per_answer(VendorUnits::whole(1)),
            ..Operation::new("find", Kind::Person)
        };
        let manifest = Manifest {
            slug: ProviderSlug::new("flawed").unwrap(),
            name: "Flawed".to_owned(),
            base_url: "https://api.example.com".to_owned(),
            keyed: true,
            unit: "call".to_owned(),
            prices: Vec::new(),
            as_of: "2026-11-21".to_owned(),
            operations: vec![operation],
        };
        Self { flaw, manifest }
    }
}

impl Provider for Flawed {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let email = ask.record().required("email")?;
        let key = match self.flaw {
            Flaw::NoKey => return Ok(HttpRequest::get(ask.base_url)),
            _ => ask.key()?,
        };
        let own = self.flaw == Flaw::OwnAddress;
        let base = if own { "https://api.example.com" } else { ask.base_url };
        let request = match self.flaw {
            Flaw::KeyInUrl => HttpRequest::get(base).query("key", key.expose().as_str()),
            Flaw::KeyInBody => HttpRequest::post(base).json(&json!({"key": key.expose()}))?,
            Flaw::PathFromInput => HttpRequest::get(format!("{base}/{email}")),
            Flaw::HeaderFromInput => HttpRequest::get(base).header("x-email", email),
            _ => HttpRequest::get(base).query("email", email),
        };
        Ok(request.bearer(key))
    }

    fn parse(&self, _: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body: Value = match self.flaw {
            Flaw::Panic => serde_json::from_slice(&answer.body).unwrap(),
            _ => serde_json::from_slice(&answer.body).unwrap_or_default(),
        };
        let (name, value) = match self.flaw {
            Flaw::Smuggles => ("email".to_owned(), json!("ada@example.com")),
            Flaw::AnyType => ("title".to_owned(), body["title"].clone()),
            _ => ("title".to_owned(), json!("CEO")),
        };
        let answers = answer.status == 200 || self.flaw == Flaw::Believes500;
        match self.flaw {
            Flaw::Endless => Outcome::Pending { task: None, after: Duration::ZERO }.into(),
            _ if answers && body.get("title").is_some_and(|it| !it.is_null()) => {
                let values = vec![(FieldName::new(name).unwrap(), value)];
                Outcome::Answer(Answer { values, ..Answer::default() }).into()
            }
            _ => Outcome::Unknown.into(),
        }
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(base_url).bearer(key);
        Some(if self.flaw == Flaw::PaidCheck { request } else { request.free() })
    }
}

#[test]
fn each_broken_rule_is_named() {
    for (flaw, expected) in [
        (Flaw::KeyInUrl, "shows its key"),
        (Flaw::KeyInBody, "shows its key"),
        (Flaw::NoKey, "leaves its key out"),
        (Flaw::NoKey, "is asked without the key it needs"),
        (Flaw::PathFromInput, "break out of its place in the address"),
        (Flaw::HeaderFromInput, "break out of its header"),
        (Flaw::OwnAddress, "goes elsewhere"),
        (Flaw::Panic, "makes it panic"),
        (Flaw::Smuggles, "email is not declared"),
        (Flaw::Believes500, "a failure is taken for an answer"),
        (Flaw::AnyType, "is no value of that field"),
        (Flaw::PaidCheck, "is not marked as free"),
        (Flaw::Endless, "waits for a task that nobody can ask about"),
    ] {
        let found = problems(&Flawed::new(flaw));
        assert!(found.iter().any(|it| it.contains(expected)), "{flaw:?}: {found:?}");
    }
    check_provider(&Flawed::new(Flaw::None));
}

#[test]
fn a_manifest_that_cannot_be_charged_is_named() {
    let mut provider = Flawed::new(Flaw::None);
    provider.manifest.operations[0].billing = Billing::default();
    assert!(problems(&provider)[0].starts_with("the manifest: "));
}
