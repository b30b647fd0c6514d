//! A request under construction. Whatever is secret in it stays hidden in every rendering but one.

use crate::{Error, Result, Secret, secret::REDACTED};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{fmt, time::Duration};

/// The methods that vendors use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// Read.
    Get,
    /// Submit.
    Post,
    /// Replace.
    Put,
    /// Change.
    Patch,
    /// Remove.
    Delete,
}

impl Method {
    /// As it stands on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

#[derive(Clone)]
enum Text {
    Plain(String),
    Hidden(Secret<String>),
}

impl Text {
    fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Hidden(secret) => secret.expose(),
        }
    }

    fn redacted(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Hidden(_) => REDACTED,
        }
    }
}

/// One request. Built by pure code, sent by the [`Http`](super::Http) port.
///
/// ```
/// use morket_core::{Secret, http::HttpRequest};
///
/// let key = Secret::new("k-123".to_owned());
/// let request = HttpRequest::get("https://api.example.com/v2")
///     .segment("a/b")?
///     .query("email", "ada@example.com")
///     .secret_query("api_key", &key);
/// assert_eq!(request.url(), "https://api.example.com/v2/a%2Fb?email=ada%40example.com&api_key=k-123");
/// assert!(request.redacted_url().ends_with("api_key=[REDACTED]"));
/// # Ok::<(), morket_core::Error>(())
/// ```
#[derive(Clone)]
pub struct HttpRequest {
    method: Method,
    base: String,
    query: Vec<(String, Text)>,
    headers: Vec<(String, Text)>,
    body: Option<Vec<u8>>,
    /// The body for people, where it differs.
    shown: Option<Vec<u8>>,
    /// What is secret in the body.
    hidden: Vec<Secret<String>>,
    timeout: Duration,
    max_body: usize,
    cut: bool,
    paid: bool,
    secret_answer: bool,
}

impl HttpRequest {
    /// How long an exchange may take unless it says otherwise.
    pub const TIMEOUT: Duration = Duration::from_secs(30);

    /// How large an answer may be unless it says otherwise.
    pub const MAX_BODY: usize = 4 << 20;

    /// A request to this URL; it must not end in a slash when segments follow.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Self {
            method,
            base: url.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            shown: None,
            hidden: Vec::new(),
            timeout: Self::TIMEOUT,
            max_body: Self::MAX_BODY,
            cut: false,
            paid: true,
            secret_answer: false,
        }
    }

    /// A reading request.
    pub fn get(url: impl Into<String>) -> Self {
        Self::new(Method::Get, url)
    }

    /// A submitting request.
    pub fn post(url: impl Into<String>) -> Self {
        Self::new(Method::Post, url)
    }

    /// One more segment of the path, percent-encoded. Empty, `.` and `..` are refused: servers read
    /// them as a way up, encoded or not.
    pub fn segment(mut self, segment: &str) -> Result<Self> {
        if matches!(segment, "" | "." | "..") {
            return Err(Error::invalid(
                "http.request",
                "path",
                "a segment cannot be empty or dots",
            ));
        }
        self.base.push('/');
        self.base.push_str(&encode(segment));
        Ok(self)
    }

    /// One more parameter.
    #[must_use]
    pub fn query(mut self, name: &str, value: impl Into<String>) -> Self {
        self.query.push((name.to_owned(), Text::Plain(value.into())));
        self
    }

    /// One more parameter that nobody may see.
    #[must_use]
    pub fn secret_query(mut self, name: &str, value: &Secret<String>) -> Self {
        self.query.push((name.to_owned(), Text::Hidden(value.clone())));
        self
    }

    /// One more header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), Text::Plain(value.into())));
        self
    }

    /// One more header that nobody may see.
    #[must_use]
    pub fn secret_header(mut self, name: &str, value: &Secret<String>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), Text::Hidden(value.clone())));
        self
    }

    /// `authorization: Bearer …`.
    #[must_use]
    pub fn bearer(self, key: &Secret<String>) -> Self {
        let value = Secret::new(format!("Bearer {}", key.expose()));
        self.secret_header("authorization", &value)
    }

    /// A JSON body.
    pub fn json(self, body: &impl Serialize) -> Result<Self> {
        let bytes = serde_json::to_vec(body).map_err(|error| {
            Error::internal("http.request", "the body cannot be written").caused_by(error)
        })?;
        Ok(self.header("content-type", "application/json").body(bytes))
    }

    /// A JSON object as body, with one more field in it that nobody may see: some vendors take the
    /// key there and nowhere else.
    pub fn secret_json(
        self,
        mut body: Map<String, Value>,
        field: &str,
        value: &Secret<String>,
    ) -> Result<Self> {
        body.insert(field.to_owned(), REDACTED.into());
        let shown = Value::Object(body.clone()).to_string().into_bytes();
        body.insert(field.to_owned(), value.expose().as_str().into());
        Ok(Self { shown: Some(shown), hidden: vec![value.clone()], ..self.json(&body)? })
    }

    /// A body with secrets in it, and the same for people, without them.
    #[must_use]
    pub fn secret_body(self, bytes: Vec<u8>, shown: Vec<u8>, secrets: Vec<Secret<String>>) -> Self {
        Self { shown: Some(shown), hidden: secrets, ..self.body(bytes) }
    }

    /// A body as it is.
    #[must_use]
    pub fn body(mut self, bytes: Vec<u8>) -> Self {
        (self.body, self.shown, self.hidden) = (Some(bytes), None, Vec::new());
        self
    }

    /// Another timeout.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Another cap on the answer.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// An answer above the cap is cut there, not refused: when its status is what matters.
    #[must_use]
    pub fn cut_body(mut self) -> Self {
        self.cut = true;
        self
    }

    /// It costs nothing: it may be sent where paid calls are switched off.
    #[must_use]
    pub fn free(mut self) -> Self {
        self.paid = false;
        self
    }

    /// What it is answered with is a secret itself, a token: no recording holds it.
    #[must_use]
    pub fn secret_answer(mut self) -> Self {
        self.secret_answer = true;
        self
    }

    /// Its method.
    pub fn method(&self) -> Method {
        self.method
    }

    /// The whole URL, secrets in it: for the wire alone.
    pub fn url(&self) -> String {
        self.render(|text| encode(text.expose()))
    }

    /// The URL for people.
    pub fn redacted_url(&self) -> String {
        self.render(|text| match text {
            Text::Plain(text) => encode(text),
            Text::Hidden(_) => REDACTED.to_owned(),
        })
    }

    fn render(&self, show: impl Fn(&Text) -> String) -> String {
        let mut url = self.base.clone();
        let mut separator = if url.contains('?') { '&' } else { '?' };
        for (name, value) in &self.query {
            url.push(separator);
            separator = '&';
            url.push_str(&encode(name));
            url.push('=');
            url.push_str(&show(value));
        }
        url
    }

    /// The headers, secrets in them: for the wire alone.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.expose()))
    }

    /// The headers for people.
    pub fn redacted_headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.redacted()))
    }

    /// Whatever is hidden in it: for scrubbing from what comes back, and for nothing else.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret<String>> {
        let placed = self.query.iter().chain(&self.headers).filter_map(|(_, value)| match value {
            Text::Plain(_) => None,
            Text::Hidden(secret) => Some(secret),
        });
        placed.chain(&self.hidden)
    }

    /// The body for people.
    pub fn redacted_body(&self) -> Option<&[u8]> {
        self.shown.as_deref().or(self.body.as_deref())
    }

    /// Its body, secrets in it: for the wire alone.
    pub fn body_bytes(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }

    /// The body itself, taken out.
    pub fn take_body(&mut self) -> Option<Vec<u8>> {
        self.body.take()
    }

    /// How long the exchange may take.
    pub fn time_limit(&self) -> Duration {
        self.timeout
    }

    /// How large the answer may be.
    pub fn body_limit(&self) -> usize {
        self.max_body
    }

    /// Whether an answer above the limit is cut there.
    pub fn cuts_body(&self) -> bool {
        self.cut
    }

    /// Whether somebody may bill for it.
    pub fn is_paid(&self) -> bool {
        self.paid
    }

    /// Whether its answer is a secret.
    pub fn has_secret_answer(&self) -> bool {
        self.secret_answer
    }
}

impl fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.redacted_headers().collect();
        f.debug_struct("HttpRequest")
            .field("method", &self.method.as_str())
            .field("url", &self.redacted_url())
            .field("headers", &headers)
            .field("body", &self.body.as_ref().map(Vec::len))
            .finish()
    }
}

/// Percent-encode everything but unreserved characters.
pub fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                const HEX: &[u8; 16] = b"0123456789ABCDEF";
                encoded.push('%');
                encoded.push(char::from(HEX[usize::from(byte >> 4)]));
                encoded.push(char::from(HEX[usize::from(byte & 15)]));
            }
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_place() {
        for (segment, url) in [
            ("a/../b", "https://x.example/a%2F..%2Fb"),
            ("q?x=1#f", "https://x.example/q%3Fx%3D1%23f"),
            ("ä\r\n", "https://x.example/%C3%A4%0D%0A"),
        ] {
            let request = HttpRequest::get("https://x.example").segment(segment).unwrap();
            assert_eq!(request.url(), url);
        }
        for segment in ["", ".", ".."] {
            assert!(HttpRequest::get("https://x.example").segment(segment).is_err());
        }
        let request = HttpRequest::get("https://x.example/?a=1").query("b", "c&d");
        assert_eq!(request.url(), "https://x.example/?a=1&b=c%26d");
    }

    #[test]
    fn secrets_are_seen_by_the_wire_alone() {
        let key = Secret::new("canary".to_owned());
        let request = HttpRequest::post("https://x.example")
            .bearer(&key)
            .secret_header("X-Key", &key)
            .secret_query("k", &key)
            .secret_json(Map::from_iter([("a".to_owned(), 1.into())]), "key", &key)
            .unwrap();
        assert!(!format!("{request:?} {}", request.redacted_url()).contains("canary"));
        assert_eq!(request.redacted_body(), Some(&br#"{"a":1,"key":"[REDACTED]"}"#[..]));
        assert_eq!(request.body_bytes(), Some(&br#"{"a":1,"key":"canary"}"#[..]));
        assert!(request.url().contains("canary"));
        let headers: Vec<_> = request.headers().collect();
        let hidden: Vec<_> = request.secrets().map(|secret| secret.expose().as_str()).collect();
        assert_eq!(hidden, ["canary", "Bearer canary", "canary", "canary"]);
        assert_eq!(headers[..2], [("authorization", "Bearer canary"), ("x-key", "canary")]);
        let secrets = vec![Secret::new("canary".to_owned())];
        let form = HttpRequest::post("https://x.example").secret_body(
            b"s=canary".to_vec(),
            b"s=[REDACTED]".to_vec(),
            secrets,
        );
        assert_eq!(form.redacted_body(), Some(&b"s=[REDACTED]"[..]));
        assert_eq!(form.secrets().count(), 1);
        let plain = request.body(b"plain".to_vec());
        assert_eq!(plain.redacted_body(), Some(&b"plain"[..]));
    }
}
