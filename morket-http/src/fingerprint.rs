//! What makes two requests the same one, without their secrets.

use morket_core::http::{HttpRequest, Scrub};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Headers that differ between two runs of the same thing.
const PASSING: &[&str] =
    &["user-agent", "accept-encoding", "idempotency-key", "x-request-id", "traceparent", "date"];

/// A request as it may be written down.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    /// SHA-256 of the body, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl Fingerprint {
    /// Secrets are replaced wherever they stand: the same call with another key is the same.
    pub(crate) fn of(request: &HttpRequest, scrub: &Scrub) -> Self {
        let mut headers: Vec<_> = request
            .redacted_headers()
            .filter(|(name, _)| !PASSING.contains(name))
            .map(|(name, value)| (name.to_owned(), scrub.text(value)))
            .collect();
        headers.sort();
        Self {
            method: request.method().as_str().to_owned(),
            url: scrub.text(&request.redacted_url()),
            headers,
            body: request.body_bytes().map(|body| hex(&Sha256::digest(scrub.bytes(body)))),
        }
    }

    /// What of it can be read.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let headers = self.headers.iter().map(|(_, value)| value.as_str());
        headers.chain([self.url.as_str()])
    }

    /// Bytes that differ where fingerprints differ.
    pub(crate) fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut add = |text: &str| {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        };
        add(&self.method);
        add(&self.url);
        for (name, value) in &self.headers {
            add(name);
            add(value);
        }
        add(self.body.as_deref().unwrap_or_default());
        hash.finalize().into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
