//! Secrets of a request, found again in what a vendor sends back.

use base64::{Engine, engine::general_purpose::STANDARD};
use morket_core::{
    Secret,
    http::{HttpRequest, HttpResponse, encode},
    secret::REDACTED,
};
use serde_json::Value;

/// Shorter ones would be found everywhere; nobody gives out keys as short.
const SHORTEST: usize = 4;

/// Headers of an answer that are secrets themselves.
const SECRET_HEADERS: &[&str] = &["set-cookie", "authorization", "www-authenticate"];

/// Headers that are kept of an answer that is a secret as a whole.
const HARMLESS_HEADERS: &[&str] = &["content-type", "retry-after"];

/// Text of at most so many digits is a number, how long a token lasts, and no secret.
const MOST_DIGITS: usize = 8;

/// Everything that must not be written down, in every form in which it may come back.
pub(crate) struct Scrub {
    forms: Vec<Secret<Vec<u8>>>,
    /// The answer holds a secret that nobody knows yet.
    answer: bool,
}

impl Scrub {
    /// For the secrets of this request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let mut forms = Vec::new();
        for secret in request.secrets() {
            for part in parts(secret.expose()) {
                let escaped = Value::from(part.as_str()).to_string();
                let inner = escaped.trim_matches('"').to_owned();
                forms.extend([inner.replace('/', "\\/"), inner]);
                forms.extend([encode(&part), STANDARD.encode(&part), part]);
            }
        }
        // The longest first: what is contained in another form must not leave its rest behind.
        forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
        forms.dedup();
        let forms = forms.into_iter().map(|form| Secret::new(form.into_bytes())).collect();
        Self { forms, answer: request.has_secret_answer() }
    }

    /// The bytes without the secrets.
    pub(crate) fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.forms.iter().fold(bytes.to_vec(), |bytes, form| replace(bytes, form.expose()))
    }

    /// The text without the secrets.
    pub(crate) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// The answer without the secrets.
    pub(crate) fn answer(&self, answer: &HttpResponse) -> HttpResponse {
        let headers = answer.headers.iter().map(|(name, value)| {
            let secret = match self.answer {
                true => !HARMLESS_HEADERS.contains(&name.as_str()),
                false => SECRET_HEADERS.contains(&name.as_str()),
            };
            let value = if secret { REDACTED.to_owned() } else { self.text(value) };
            (self.text(name), value)
        });
        HttpResponse {
            status: answer.status,
            headers: headers.collect(),
            body: match self.answer {
                true => without_texts(&answer.body),
                false => self.bytes(&answer.body),
            },
        }
    }
}

/// A body in which no text is left: what is read in its place reads the same shape.
fn without_texts(body: &[u8]) -> Vec<u8> {
    match serde_json::from_slice(body) {
        Ok(document) => blank(document).to_string().into_bytes(),
        Err(_) if body.is_empty() => Vec::new(),
        Err(_) => REDACTED.into(),
    }
}

fn blank(value: Value) -> Value {
    let digits =
        |text: &str| text.len() <= MOST_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    match value {
        Value::String(text) if !digits(&text) => REDACTED.into(),
        Value::Array(all) => all.into_iter().map(blank).collect(),
        Value::Object(all) => all.into_iter().map(|(name, it)| (name, blank(it))).collect(),
        other => other,
    }
}

/// A secret, and what is secret in it: `Bearer KEY`, `Basic base64(user:password)`.
fn parts(secret: &str) -> Vec<String> {
    let mut parts = vec![secret.to_owned()];
    if let Some((scheme, value)) = secret.split_once(' ') {
        parts.push(value.to_owned());
        let basic = scheme.eq_ignore_ascii_case("basic");
        let login = STANDARD.decode(value).ok().filter(|_| basic);
        if let Some(login) = login.and_then(|login| String::from_utf8(login).ok()) {
            parts.extend(login.split(':').map(str::to_owned));
            parts.push(login);
        }
    }
    parts.retain(|part| part.len() >= SHORTEST);
    parts
}

fn replace(bytes: Vec<u8>, form: &[u8]) -> Vec<u8> {
    let found = |rest: &[u8]| rest.windows(form.len()).position(|window| window == form);
    let Some(mut at) = found(&bytes) else { return bytes };
    let mut clean = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    loop {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice(REDACTED.as_bytes());
        rest = &rest[at + form.len()..];
        match found(rest) {
            Some(next) => at = next,
            None => break,
        }
    }
    clean.extend_from_slice(rest);
    clean
}
