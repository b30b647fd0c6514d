//! The keys that access tokens are signed with, by their id.

use crate::{Error, Result, Secret, Timestamp};
use std::{collections::BTreeMap, fmt};

/// The shortest signing secret: as long as the hash's output.
pub const MIN_SECRET_BYTES: usize = 32;

/// One signing key: an id that tokens name it by, and the secret.
#[derive(Clone)]
pub struct SigningKey {
    kid: String,
    secret: Secret<Vec<u8>>,
}

impl SigningKey {
    /// A key. `kid` is 1 to 64 of `A-Z a-z 0-9 . _ -`; the secret has at least 32 bytes, not all
    /// equal.
    pub fn new(kid: impl Into<String>, secret: impl Into<Secret<Vec<u8>>>) -> Result<Self> {
        let (kid, secret) = (kid.into(), secret.into());
        let wrong =
            |field, problem: &'static str| Err(Error::invalid("identity.signing", field, problem));
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=64).contains(&kid.len()) || !kid.bytes().all(plain) {
            return wrong("signing_key_id", "must be 1 to 64 letters, digits, '.', '_' or '-'");
        }
        let bytes = secret.expose();
        if bytes.len() < MIN_SECRET_BYTES || bytes.iter().all(|byte| *byte == bytes[0]) {
            return wrong("signing_key", "must be at least 32 random bytes");
        }
        Ok(Self { kid, secret })
    }
}

/// The key that signs now, and those whose tokens are still accepted.
#[derive(Clone)]
pub struct SigningKeys {
    current: SigningKey,
    others: BTreeMap<String, (Secret<Vec<u8>>, Timestamp)>,
}

impl SigningKeys {
    /// One key that signs and verifies.
    pub fn new(current: SigningKey) -> Self {
        Self { current, others: BTreeMap::new() }
    }

    /// Accept tokens of `key` too, until `until`: a predecessor whose tokens are still out, or a
    /// successor that another process already signs with.
    pub fn also_accept(mut self, key: SigningKey, until: Timestamp) -> Result<Self> {
        if key.kid == self.current.kid || self.others.contains_key(&key.kid) {
            let problem = "must be unique among the signing keys";
            return Err(Error::invalid("identity.signing", "signing_key_id", problem));
        }
        self.others.insert(key.kid, (key.secret, until));
        Ok(self)
    }

    /// Sign with `next` from now on; accept the old key's tokens until `until`.
    pub fn rotate(self, next: SigningKey, until: Timestamp) -> Result<Self> {
        let mut others = self.others;
        others.remove(&next.kid);
        Self { current: next, others }.also_accept(self.current, until)
    }

    /// The same keys without `kid`: its tokens are refused at once. The current key stays.
    #[must_use]
    pub fn without(mut self, kid: &str) -> Self {
        self.others.remove(kid);
        self
    }

    pub(super) fn current(&self) -> (&str, &[u8]) {
        (&self.current.kid, self.current.secret.expose())
    }

    /// The secret of `kid`, if its tokens are accepted at `now`.
    pub(super) fn verifying(&self, kid: &str, now: Timestamp) -> Option<&[u8]> {
        if kid == self.current.kid {
            return Some(self.current.secret.expose());
        }
        let (secret, until) = self.others.get(kid)?;
        (now < *until).then(|| secret.expose().as_slice())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys")
            .field("current", &self.current.kid)
            .field("others", &self.others.keys())
            .finish()
    }
}
