//! Secrets of a request, found again in what a vendor sends back.

use super::{HttpFailure, HttpRequest, HttpResponse, encode};
use crate::{Secret, secret::REDACTED};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::Value;
use std::fmt::{self, Write};

/// Shorter ones would be found everywhere; nobody gives out keys as short.
const SHORTEST: usize = 4;

/// In answers that are read, a shorter one may be a word of theirs.
const SHORTEST_READ: usize = 8;

/// Headers of an answer that are secrets themselves.
const SECRET_HEADERS: &[&str] = &["set-cookie", "authorization", "www-authenticate"];

/// Headers that are kept of an answer that is a secret as a whole.
const HARMLESS_HEADERS: &[&str] = &["content-type", "retry-after"];

/// Text of at most so many digits is a number, how long a token lasts, and no secret.
const MOST_DIGITS: usize = 8;

/// Everything that must not be written down, in every form in which it may come back: as it is, in
/// base64, hexadecimal, percent-encoded, and as a text of JSON.
pub struct Scrub {
    forms: Vec<Secret<Vec<u8>>>,
    /// The answer holds a secret that nobody knows yet.
    answer: bool,
}

impl fmt::Debug for Scrub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Scrub({} forms)", self.forms.len())
    }
}

impl Scrub {
    /// For the secrets of this request, where nothing but a recording is made.
    pub fn of(request: &HttpRequest) -> Self {
        let parts = request.secrets().flat_map(|it| parts(it.expose(), true));
        let answer = request.has_secret_answer();
        Self { answer, ..Self::of_parts(parts.filter(|it| it.len() >= SHORTEST)) }
    }

    /// For the secrets of this request, where its answer is read: whoever a key belongs to may be
    /// named in it.
    pub fn of_read(request: &HttpRequest) -> Self {
        let parts = request.secrets().flat_map(|it| parts(it.expose(), false));
        Self::of_parts(parts.filter(|it| it.len() >= SHORTEST_READ))
    }

    /// For these secrets.
    pub fn of_secrets<'a>(secrets: impl IntoIterator<Item = &'a Secret<String>>) -> Self {
        let parts = secrets.into_iter().map(|it| it.expose().clone());
        Self::of_parts(parts.filter(|it| it.len() >= SHORTEST_READ))
    }

    fn of_parts(parts: impl Iterator<Item = String>) -> Self {
        let mut forms = Vec::new();
        for part in parts {
            let escaped = Value::from(part.as_str()).to_string();
            let inner = escaped.trim_matches('"').to_owned();
            let hex = part.bytes().fold(String::new(), |mut hex, byte| {
                let _it_is_a_string = write!(hex, "{byte:02x}");
                hex
            });
            // Padded or not, and with either alphabet: what is longer is taken out first.
            let coded = STANDARD.encode(&part);
            let bare = coded.trim_end_matches('=').to_owned();
            forms.extend([coded, bare, URL_SAFE_NO_PAD.encode(&part)]);
            forms.extend([hex.to_uppercase(), hex, inner.replace('/', "\\/"), inner]);
            forms.extend([encode(&part), part]);
        }
        // The longest first: what is contained in another form must not leave its rest behind.
        forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        forms.dedup();
        let forms = forms.into_iter().map(|form| Secret::new(form.into_bytes())).collect();
        Self { forms, answer: false }
    }

    /// The answer as it may be read: the secrets of its request are gone, all else is as it was.
    #[must_use]
    pub fn read(&self, mut answer: HttpResponse) -> HttpResponse {
        if !self.forms.is_empty() {
            answer.body = self.bytes_of(answer.body);
            for (_, value) in &mut answer.headers {
                *value = self.text_of(std::mem::take(value));
            }
        }
        answer
    }

    /// The failure without the secrets.
    #[must_use]
    pub fn failure(&self, failure: HttpFailure) -> HttpFailure {
        HttpFailure { detail: self.text_of(failure.detail), ..failure }
    }

    fn bytes_of(&self, bytes: Vec<u8>) -> Vec<u8> {
        self.forms.iter().fold(bytes, |bytes, form| replace(bytes, form.expose()))
    }

    fn text_of(&self, text: String) -> String {
        match self.forms.iter().any(|it| found(text.as_bytes(), it.expose()).is_some()) {
            true => self.text(&text),
            false => text,
        }
    }

    /// The bytes without the secrets.
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        self.bytes_of(bytes.to_vec())
    }

    /// The text without the secrets.
    pub fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.bytes(text.as_bytes())).into_owned()
    }

    /// The answer without the secrets, and without headers that are secrets themselves.
    pub fn answer(&self, answer: &HttpResponse) -> HttpResponse {
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

/// A secret, and what is secret in it: `Bearer KEY`, `Basic base64(user:password)`. The user is, if
/// there is no password.
fn parts(secret: &str, users: bool) -> Vec<String> {
    let mut parts = vec![secret.to_owned()];
    if let Some((scheme, value)) = secret.split_once(' ') {
        parts.push(value.to_owned());
        let basic = scheme.eq_ignore_ascii_case("basic");
        let login = STANDARD.decode(value).ok().filter(|_| basic);
        if let Some(login) = login.and_then(|login| String::from_utf8(login).ok()) {
            let (user, password) = login.split_once(':').unwrap_or((login.as_str(), ""));
            let shown = !users && !password.is_empty();
            parts.extend((!shown).then(|| user.to_owned()));
            parts.extend(password.split(':').chain([password]).map(str::to_owned));
            parts.push(login);
        }
    }
    parts
}

/// Where a form begins.
fn found(bytes: &[u8], form: &[u8]) -> Option<usize> {
    let (first, mut from) = (*form.first()?, 0);
    // Most places are passed over by their first byte alone.
    while let Some(at) = bytes.get(from..)?.iter().position(|it| *it == first) {
        from += at;
        if bytes[from..].starts_with(form) {
            return Some(from);
        }
        from += 1;
    }
    None
}

fn replace(bytes: Vec<u8>, form: &[u8]) -> Vec<u8> {
    let Some(mut at) = found(&bytes, form) else { return bytes };
    let mut clean = Vec::with_capacity(bytes.len());
    let mut rest = bytes.as_slice();
    loop {
        clean.extend_from_slice(&rest[..at]);
        clean.extend_from_slice(REDACTED.as_bytes());
        rest = &rest[at + form.len()..];
        match found(rest, form) {
            Some(next) => at = next,
            None => break,
        }
    }
    clean.extend_from_slice(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(secret: &str, said: &str, read: &str) {
        let secret = Secret::new(secret.to_owned());
        let request = HttpRequest::get("https://api.example").secret_header("x-key", &secret);
        let answer = HttpResponse::new(200, said);
        let scrub = Scrub::of_read(&request);
        assert_eq!(String::from_utf8(scrub.read(answer).body).unwrap(), read);
        let failure = HttpFailure::lost(crate::http::FailureCause::Broken, said);
        assert_eq!(scrub.failure(failure).detail, read);
    }

    #[test]
    fn an_answer_is_read_without_the_key_that_it_repeats() {
        let key = "long-enough+key";
        check(key, "a long-enough+key, twice: long-enough+key", "a [REDACTED], twice: [REDACTED]");
        check(key, "?k=long-enough%2Bkey&x", "?k=[REDACTED]&x");
        check(&format!("Bearer {key}"), "it is long-enough+key", "it is [REDACTED]");
        let hex: String = key.bytes().map(|it| format!("{it:02X}")).collect();
        check(key, &format!("<{hex}>"), "<[REDACTED]>");
        check(key, "nothing of it: long-enough", "nothing of it: long-enough");
        check("demo", "a demo of ours", "a demo of ours");
        let login = |text: &str| format!("Basic {}", STANDARD.encode(text));
        check(
            &login("me@corp.example:pass-word-1"),
            "me@corp.example pass-word-1",
            "me@corp.example [REDACTED]",
        );
        check(&login("key-of-ours:"), "it is key-of-ours", "it is [REDACTED]");
    }
}
