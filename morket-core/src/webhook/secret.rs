//! What payloads are signed with.

use crate::{Error, Result, Rng, Secret, Timestamp, rng::random};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

const PREFIX: &str = "whsec_";

/// How many random bytes a secret of ours has; the least allowed is 24.
const BYTES: usize = 32;

/// For how long at most a secret signs beside its successor.
pub const MAX_OVERLAP: Duration = Duration::from_secs(7 * 86_400);

/// The key of the signature: the bytes behind `whsec_`, decoded.
#[derive(Clone)]
pub struct SigningSecret(Secret<Vec<u8>>);

impl SigningSecret {
    /// A new one.
    pub fn generate(rng: &dyn Rng) -> Self {
        Self(Secret::new(random::<BYTES>(rng).to_vec()))
    }

    /// From its text, `whsec_` and base64 of 24 to 64 bytes.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |problem: &str| Error::invalid("webhook.secret", "secret", problem);
        let encoded = text.strip_prefix(PREFIX).ok_or_else(|| wrong("must begin with whsec_"))?;
        let bytes = BASE64.decode(encoded).map_err(|_| wrong("is not base64 behind whsec_"))?;
        Self::from_bytes(bytes)
    }

    /// From its bytes, 24 to 64 of them.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self> {
        let secret = Self(Secret::new(bytes));
        if (24..=64).contains(&secret.bytes().len()) {
            return Ok(secret);
        }
        Err(Error::invalid("webhook.secret", "secret", "must have 24 to 64 bytes"))
    }

    /// As the receiver is given it, once.
    pub fn text(&self) -> Secret<String> {
        Secret::new(format!("{PREFIX}{}", BASE64.encode(self.bytes())))
    }

    /// The texts by which it may be told: with and without what stands before it, and its bytes.
    pub(super) fn texts(&self) -> [Secret<String>; 3] {
        let hex = self.bytes().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        [self.text(), Secret::new(BASE64.encode(self.bytes())), Secret::new(hex)]
    }

    /// The key.
    pub fn bytes(&self) -> &[u8] {
        self.0.expose()
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A secret as a store keeps it: sealed for this one endpoint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedSecret {
    /// The sealed bytes.
    #[serde(with = "bytes")]
    pub sealed: Vec<u8>,
    /// The version of the data key they are sealed with.
    pub data_key_version: u32,
    /// When it began to sign; none while it is on its way to the store.
    pub since: Option<Timestamp>,
    /// When it ceases to sign; none for the current one.
    pub until: Option<Timestamp>,
}

impl SealedSecret {
    /// Whether it signs at this instant.
    pub fn signs(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedSecret")
            .field("bytes", &self.sealed.len())
            .field("data_key_version", &self.data_key_version)
            .field("since", &self.since)
            .field("until", &self.until)
            .finish()
    }
}

/// Bytes as base64, for the one column they stand in.
mod bytes {
    use super::{BASE64, Engine};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text).map_err(|_| D::Error::custom("not base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_24_to_64_bytes_are_a_secret() {
        for (length, fits) in [(0, false), (23, false), (24, true), (64, true), (65, false)] {
            assert_eq!(SigningSecret::from_bytes(vec![7; length]).is_ok(), fits, "{length}");
            let text = format!("whsec_{}", BASE64.encode(vec![7; length]));
            assert_eq!(SigningSecret::parse(&text).is_ok(), fits, "{length}");
        }
        for text in ["", "whsec_", "wh_AAAA", "whsec_*", "whsec_AAAA"] {
            assert!(SigningSecret::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn p096_no_secret_shows_in_debug() {
        let secret = SigningSecret::from_bytes(b"canary-canary-canary-canary".to_vec()).unwrap();
        assert_eq!(format!("{secret:?} {:?}", secret.text()), "[REDACTED] [REDACTED]");
    }
}
