//! Findymail: verified addresses, verification, and telephone numbers.

mod manifest;
mod read;

use crate::kit::{json, known, milli_units, unknown_operation};
use morket_core::{
    Result, Secret,
    http::{HttpRequest, HttpResponse},
    provider::{Ask, Manifest, Parsed, Provider, Standing},
};
use serde_json::{Value, json};

const FINDER: &str = "email_finder";
const VERIFIER: &str = "email_verifier";
const PHONE: &str = "phone_finder";

/// Findymail.
#[derive(Clone, Debug)]
pub struct Findymail {
    manifest: Manifest,
}

impl Findymail {
    /// As it is offered today.
    pub fn new() -> Self {
        Self { manifest: manifest::manifest() }
    }
}

impl Default for Findymail {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Findymail {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        let (path, body) = match ask.operation.name.as_str() {
            FINDER => finder(ask)?,
            VERIFIER => ("verify", json!({"email": ask.record().required("email")?})),
            PHONE => {
                let profile = ask.record().required("linkedin_url")?;
                ("search/phone", json!({"linkedin_url": profile}))
            }
            _ => return Err(unknown_operation(ask.operation)),
        };
        let request = HttpRequest::post(format!("{}/{path}", ask.base_url)).json(&body)?;
        // Without it some errors come as redirects to a page.
        Ok(request.header("accept", "application/json").bearer(ask.key()?))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        read::read(ask.operation, answer).into()
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(format!("{base_url}/credits"));
        Some(request.header("accept", "application/json").bearer(key).free())
    }

    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let body = json(answer).unwrap_or(Value::Null);
        let left = body["credits"].as_number();
        Standing {
            key_works: match answer.status {
                200 if body.is_object() && body.get("error").is_none() => Some(true),
                401 => Some(false),
                _ => None,
            },
            left: left.and_then(|it| milli_units(&it.to_string())),
            ..Standing::default()
        }
    }
}

/// By profile, or by name and company; `domain` takes a company's name as well.
fn finder(ask: &Ask<'_>) -> Result<(&'static str, Value)> {
    let known = known(ask.operation, ask.record())?;
    let text = |name: &str| known.iter().find(|(field, _)| *field == name).map(|(_, text)| *text);
    if let Some(profile) = text("linkedin_url") {
        return Ok(("search/business-profile", json!({"linkedin_url": profile})));
    }
    let parts = [text("full_name"), text("first_name"), text("last_name")];
    let name = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let domain = text("company_domain").or_else(|| text("company_name"));
    Ok(("search/name", json!({"name": name, "domain": domain})))
}
