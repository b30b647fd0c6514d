//! A manifest that works, its changes, and questions to it.

use morket_core::{
    CallId, Secret,
    http::{HttpRequest, HttpResponse},
    name::FieldName,
    provider::{Ask, Inputs, Outcome, Parsed, Provider, Verdicts},
};
use morket_providers::manifest::{ManifestProvider, parse};
use serde_json::Value;

pub(crate) const KEY: &str = "canary-id:canary-secret";

/// A small manifest that is right, line by line.
pub(crate) const RIGHT: &str = r#"slug = "acme"
name = "Acme"
base_url = "https://api.acme.example/v1"
as_of = "2026-11-21"

[auth]
header = "x-api-key"

[[operation]]
name = "find"
kind = "person"
inputs = [["email"]]
billing = { answer = "1" }

[operation.request]
path = "/people"
query = { mail = "{{ email }}" }

[operation.output]
full_name = "$.name"
title = { at = "$.job" }

[[operation.outcome]]
status = 404
then = "miss"
"#;

/// The vendor of a manifest that is right.
pub(crate) fn vendor(text: &str) -> ManifestProvider {
    parse(text).unwrap_or_else(|problems| {
        let all: Vec<_> = problems.iter().map(ToString::to_string).collect();
        panic!("{}\n{text}", all.join("\n"))
    })
}

/// The right manifest with one part of it replaced.
pub(crate) fn changed(from: &str, to: &str) -> String {
    assert!(RIGHT.contains(from), "{from}");
    RIGHT.replacen(from, to, 1)
}

/// Records from `{"field": value}` objects.
pub(crate) fn records(of: &[Value]) -> Vec<Inputs> {
    let record = |value: &Value| {
        let fields = value.as_object().unwrap().iter();
        Inputs(
            fields.map(|(name, it)| (FieldName::new(name.as_str()).unwrap(), it.clone())).collect(),
        )
    };
    of.iter().map(record).collect()
}

/// A question to the first operation.
pub(crate) fn with_ask<T>(
    provider: &ManifestProvider,
    of: &[Value],
    act: impl FnOnce(&Ask<'_>) -> T,
) -> T {
    let manifest = provider.manifest();
    let (key, records) = (Secret::new(KEY.to_owned()), records(of));
    act(&Ask {
        operation: &manifest.operations[0],
        base_url: &manifest.base_url,
        key: Some(&key),
        records: &records,
        call: CallId(uuid::Uuid::nil()),
    })
}

pub(crate) fn request(provider: &ManifestProvider, of: &[Value]) -> HttpRequest {
    with_ask(provider, of, |ask| provider.request(ask)).unwrap()
}

pub(crate) fn read(provider: &ManifestProvider, of: &[Value], answer: &HttpResponse) -> Parsed {
    with_ask(provider, of, |ask| provider.parse(ask, answer))
}

/// An answer with headers.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &Value) -> HttpResponse {
    let mut answer = HttpResponse::new(status, body.to_string());
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    answer.headers = headers.iter().map(owned).collect();
    answer
}

/// A request as text, without its secrets.
pub(crate) fn show(request: &HttpRequest) -> String {
    let mut text = format!("{} {}", request.method().as_str(), request.redacted_url());
    for (name, value) in request.redacted_headers() {
        text.push_str(&format!("\n{name}: {value}"));
    }
    if let Some(body) = request.redacted_body() {
        text.push_str(&format!("\n{}", String::from_utf8_lossy(body)));
    }
    text
}

/// Outcomes in a line: kinds, and values by name.
pub(crate) fn outcomes(parsed: &Parsed) -> String {
    let all = match &parsed.verdicts {
        Verdicts::All(outcome) => std::slice::from_ref(outcome),
        Verdicts::Each(each) => each,
    };
    let show = |outcome: &Outcome| match outcome {
        Outcome::Answer(answer) => {
            let values = answer.values.iter().map(|(name, value)| format!("{name}={value}"));
            values.collect::<Vec<_>>().join(" ")
        }
        Outcome::Pending { task, after } => format!("Pending {task:?} {}s", after.as_secs()),
        Outcome::RateLimited { retry_after: Some(after) } => format!("Wait {}s", after.as_secs()),
        other => format!("{:?}", other.kind()),
    };
    let text = all.iter().map(show).collect::<Vec<_>>().join(" | ");
    match parsed.billed {
        Some(billed) => format!("{text}; billed {billed}"),
        None => text,
    }
}
