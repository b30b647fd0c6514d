//! Clearbit: people and companies, for those who still hold a key. None is sold any more.

mod manifest;
mod read;

use crate::kit::{json, resets_in, retry_after, server_error, unknown_operation};
use morket_core::{
    Result,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, LimitHint, Manifest, Outcome, Parsed, Provider, Verdicts},
};
use serde_json::Value;
use std::time::Duration;

const PERSON: &str = "person_find";
const COMPANY: &str = "company_find";
const COMBINED: &str = "combined_find";

/// When a queued question is asked again.
const QUEUED: Duration = Duration::from_secs(60);

/// What stands for one of its two hosts in its address.
const HOST: &str = "{api}";

/// Clearbit.
#[derive(Clone, Debug)]
pub struct Clearbit {
    manifest: Manifest,
}

impl Clearbit {
    /// As it answers today.
    pub fn new() -> Self {
        Self { manifest: manifest::manifest() }
    }
}

impl Default for Clearbit {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Clearbit {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let (host, path, name, input) = match ask.operation.name.as_str() {
            PERSON => ("person", "v2/people/find", "email", "email"),
            COMBINED => ("person", "v2/combined/find", "email", "email"),
            COMPANY => ("company", "v2/companies/find", "domain", "company_domain"),
            _ => return Err(unknown_operation(ask.operation)),
        };
        let base = ask.base_url.replace(HOST, host);
        let request = HttpRequest::get(format!("{base}/{path}"));
        let request = request.query(name, ask.record().required(input)?);
        Ok(request.header("api-version", "2019-12-19").bearer(ask.key()?))
    }

    /// The same question again: it has no tasks, and a queued one is looked up meanwhile.
    fn poll(&self, ask: &Ask<'_>, _task: &str) -> Result<HttpRequest> {
        self.request(ask)
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        let outcome = match answer.status {
            200 if body.is_object() && body.get("error").is_none() => read::read(ask, &body),
            // The body is empty, or says `queued`.
            202 => Outcome::Pending { task: Some("queued".to_owned()), after: QUEUED },
            404 if is_error(&body, "unknown_record") => Outcome::Miss,
            400 | 422 => Outcome::InvalidInput,
            401 => Outcome::AuthFailed,
            402 => Outcome::OutOfCredits,
            429 => {
                let until = || resets_in(answer, "x-ratelimit-reset");
                Outcome::RateLimited { retry_after: retry_after(answer).or_else(until) }
            }
            // A wrong route too: it is no miss.
            status => server_error(status),
        };
        Parsed { verdicts: Verdicts::All(outcome), billed: None, limits: limits(answer) }
    }
}

/// `error` is an object or a list of them.
fn is_error(body: &Value, kind: &str) -> bool {
    let error = &body["error"];
    let one = |it: &Value| it["type"] == kind;
    one(error) || error.as_array().is_some_and(|all| all.iter().any(one))
}

/// What its headers tell of the minute's calls.
fn limits(answer: &HttpResponse) -> Vec<LimitHint> {
    let count = |name: &str| answer.header(name).and_then(|it| it.trim().parse().ok());
    let (max, left) = (count("x-ratelimit-limit"), count("x-ratelimit-remaining"));
    let resets_in = resets_in(answer, "x-ratelimit-reset");
    let told = max.is_some() || left.is_some();
    let hint = LimitHint { per: Duration::from_secs(60), max, left, resets_in };
    told.then_some(hint).into_iter().collect()
}
