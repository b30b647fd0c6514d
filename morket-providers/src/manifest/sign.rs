//! Where the key goes, and how it is changed for a token.

use super::request::target;
use super::shape::{Auth, Exchange, Vendor};
use crate::kit::{json, milli_units};
use base64::{Engine, engine::general_purpose::STANDARD};
use morket_core::{
    Result, Secret,
    http::{HttpRequest, HttpResponse, Method, encode},
    provider::{Outcome, Token},
    secret::REDACTED,
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, time::Duration};

/// How long a token lives where nobody says.
const LASTS: Duration = Duration::from_secs(600);

/// The longest token.
const LONGEST: usize = 8 * 1024;

/// A finished request with its key. A key in a body goes there with the body.
pub(super) fn signed(auth: Option<&Auth>, to: HttpRequest, key: &Secret<String>) -> HttpRequest {
    let Some(auth) = auth else { return to };
    match (&auth.header, &auth.query) {
        (Some(name), _) => {
            let prefix = auth.prefix.as_deref().map(|it| format!("{it} ")).unwrap_or_default();
            to.secret_header(name, &Secret::new(format!("{prefix}{}", key.expose())))
        }
        (None, Some(name)) => to.secret_query(name, key),
        (None, None) if auth.basic => basic(to, key.expose()),
        (None, None) if auth.body.is_some() => to,
        (None, None) => to.bearer(key),
    }
}

/// `authorization: Basic …` of `user:password`, or of a user alone.
fn basic(to: HttpRequest, pair: &str) -> HttpRequest {
    let colon = if pair.contains(':') { "" } else { ":" };
    let encoded = STANDARD.encode(format!("{pair}{colon}"));
    to.secret_header("authorization", &Secret::new(format!("Basic {encoded}")))
}

impl Exchange {
    /// The request that changes a key, `id:secret`, for a token.
    pub(super) fn request(&self, base_url: &str, key: &Secret<String>) -> Result<HttpRequest> {
        let (id, secret) = key.expose().split_once(':').unwrap_or((key.expose(), ""));
        let nobody = |_: &str| None;
        let mut request = HttpRequest::new(Method::Post, "");
        request = target(request, base_url, &self.path, &nobody)?;
        let known = |name: &str| match name {
            "@id" => Some(id),
            "@secret" => Some(secret),
            _ => None,
        };
        let hidden = |name: &str| match name {
            "@id" | "@secret" => Some(REDACTED),
            _ => None,
        };
        let secrets = vec![Secret::new(id.to_owned()), Secret::new(secret.to_owned())];
        if let Some(fields) = &self.form {
            let (body, shown) = (form(fields, &known), form(fields, &hidden));
            request = request
                .header("content-type", "application/x-www-form-urlencoded")
                .secret_body(body.into_bytes(), shown.into_bytes(), secrets);
        } else if let Some(fields) = &self.json {
            let (body, shown) = (object(fields, &known), object(fields, &hidden));
            request = request.header("content-type", "application/json").secret_body(
                body.into_bytes(),
                shown.into_bytes(),
                secrets,
            );
        }
        Ok(if self.basic { basic(request, key.expose()) } else { request }.free())
    }

    /// The token in the answer, or what the refusal comes to.
    pub(super) fn token(
        &self,
        vendor: &Vendor,
        answer: &HttpResponse,
    ) -> Result<Token, Box<Outcome>> {
        let body = json(answer).unwrap_or(Value::Null);
        let usable = |it: &&str| {
            !it.is_empty() && it.len() <= LONGEST && it.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let token = self.token.first(&body).and_then(Value::as_str).filter(usable);
        match (answer.status, token) {
            (200..300, Some(token)) => {
                let told = self.expires_in.as_ref().and_then(|at| at.first(&body));
                let told = told.and_then(super::rule::scalar).and_then(|it| milli_units(&it));
                let told = told.and_then(|it| u64::try_from(it.0).ok()).map(Duration::from_millis);
                let lasts = told.or(self.lasts).unwrap_or(LASTS);
                Ok(Token { secret: Secret::new(token.to_owned()), lasts })
            }
            (400 | 401 | 403, _) => Err(Box::new(Outcome::AuthFailed)),
            (429, _) => {
                Err(Box::new(Outcome::RateLimited { retry_after: vendor.told_wait(answer, &body) }))
            }
            // Nothing has been asked yet, so nothing can have been billed.
            _ => Err(Box::new(Outcome::Transient)),
        }
    }
}

type Fields = BTreeMap<String, super::template::Template>;

/// A form's text; a field with an unknown value is left out.
pub(super) fn form<'k>(fields: &Fields, known: &dyn Fn(&str) -> Option<&'k str>) -> String {
    let pairs = fields.iter().filter_map(|(name, template)| {
        let value = template.render(known)?;
        // What stands for a secret is for people.
        let value = if value == REDACTED { value } else { encode(&value) };
        Some(format!("{}={value}", encode(name)))
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn object<'k>(fields: &Fields, known: &dyn Fn(&str) -> Option<&'k str>) -> String {
    let pairs = fields.iter().filter_map(|(name, it)| {
        let text: Value = it.render(known)?.into();
        Some((name.clone(), text))
    });
    Value::Object(pairs.collect::<Map<_, _>>()).to_string()
}
