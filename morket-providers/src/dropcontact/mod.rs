//! Dropcontact: addresses worked out for up to a hundred people at a time, some minutes later.

mod manifest;
mod record;

use crate::kit::{json, milli_units, retry_after, says, unknown_operation};
use morket_core::{
    Result, Secret,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Outcome, Parsed, Provider, Standing, Verdicts},
};
use serde_json::{Value, json};
use std::time::Duration;

const ENRICH: &str = "enrich";

/// What the vendor itself asks to wait.
const WAIT: Duration = Duration::from_secs(30);

/// Dropcontact.
#[derive(Clone, Debug)]
pub struct Dropcontact {
    manifest: Manifest,
}

impl Dropcontact {
    /// As it is offered today.
    pub fn new() -> Self {
        Self { manifest: manifest::manifest() }
    }
}

impl Default for Dropcontact {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Dropcontact {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let rows = ask.records.iter().enumerate();
        let data = rows.map(|(row, it)| record::params(ask.operation, it, row));
        // Qualifications follow the language, so it is fixed.
        let body = json!({
            "data": data.collect::<Result<Vec<_>>>()?,
            "siren": false,
            "language": "en",
        });
        let request = HttpRequest::post(format!("{}/enrich/all", ask.base_url));
        Ok(request.json(&body)?.secret_header("x-access-token", ask.key()?))
    }

    fn poll(&self, ask: &Ask<'_>, task: &str) -> Result<HttpRequest> {
        if ask.operation.name != ENRICH {
            return Err(unknown_operation(ask.operation));
        }
        let request = HttpRequest::get(format!("{}/enrich/all", ask.base_url)).segment(task)?;
        Ok(request.secret_header("x-access-token", ask.key()?).free())
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = json(answer).unwrap_or(Value::Null);
        match answer.status {
            200..=202 => read(ask, &body),
            400 | 422 => Outcome::InvalidInput.into(),
            401 => Outcome::AuthFailed.into(),
            // The whole batch is refused: fewer records might pass, which is for the engine to try.
            403 => Outcome::OutOfCredits.into(),
            429 => Outcome::RateLimited { retry_after: retry_after(answer) }.into(),
            // Dropcontact's own error, with its own words: nothing was taken on. Anything from what
            // stands between may hide a batch that was.
            500..600 if body.get("detail").is_some() => Outcome::Transient.into(),
            _ => Outcome::Unknown.into(),
        }
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(format!("{base_url}/account/credits"));
        Some(request.secret_header("x-access-token", key).free())
    }

    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let body = json(answer).unwrap_or(Value::Null);
        let left = ["credits_left", "credits"].iter().find_map(|name| body[*name].as_number());
        Standing {
            key_works: match answer.status {
                200 if body.is_object() => Some(true),
                401 => Some(false),
                _ => None,
            },
            left: left.and_then(|it| milli_units(&it.to_string())),
            ..Standing::default()
        }
    }
}

/// An acknowledgement, a word that it takes time, or the people.
fn read(ask: &Ask<'_>, body: &Value) -> Parsed {
    let task = body["request_id"].as_str().map(str::trim).filter(|it| !it.is_empty());
    match (&body["data"], task) {
        (Value::Array(entries), _) => {
            let each = record::read_all(ask.operation, ask.records.len(), entries);
            Parsed { verdicts: Verdicts::Each(each), ..Outcome::Unknown.into() }
        }
        // A flag that is neither here nor there is no reason to lose a batch that has an id.
        (_, Some(task)) if body["error"] != true => {
            Outcome::Pending { task: Some(task.to_owned()), after: WAIT }.into()
        }
        // An unknown id and trouble on their side say the same: the deadline ends the waiting.
        _ if says(&body["reason"], &["not ready", "try again"]) => {
            Outcome::Pending { task: None, after: seconds(&body["reason"]).unwrap_or(WAIT) }.into()
        }
        _ if says(&body["reason"], &["credit"]) => Outcome::OutOfCredits.into(),
        _ => Outcome::Unknown.into(),
    }
}

/// The number in `try again in 30 seconds`, within reason.
fn seconds(reason: &Value) -> Option<Duration> {
    let text = reason.as_str()?;
    let number: String = text.chars().filter(char::is_ascii_digit).take(6).collect();
    let seconds = number.parse::<u64>().ok()?;
    (1..=600).contains(&seconds).then(|| Duration::from_secs(seconds))
}
