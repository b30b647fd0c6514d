//! Access tokens: short-lived JWTs of one shape, and every other shape refused.
//!
//! The token's header chooses nothing. Its algorithm and type must be the ones we use, its `kid`
//! must name a key we hold, and a header with any other member (`jwk`, `jku`, `x5u`, `crit` and
//! whatever comes next) is refused before a signature is computed.

use super::{AuthConfig, SigningKey, SigningKeys, config::MAX_ACCESS, refused};
use crate::{Error, Result, Rng, Secret, SessionId, Timestamp, UserId, rng::random};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use std::time::Duration;
use uuid::Uuid;

const TYPE: &str = "at+jwt";
const ALGORITHM: &str = "HS256";

/// Longer than any token of ours, short enough to be read in no time.
const MAX_BYTES: usize = 4096;

/// What a verified access token says.
///
/// It proves that we issued it, not that it still counts: the caller asks the store whether the
/// session and the `jti` were revoked, on every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AccessClaims {
    /// Who.
    pub user: UserId,
    /// From which sign-in.
    pub session: SessionId,
    /// This token's own id.
    pub jti: Uuid,
    /// From when.
    pub issued_at: Timestamp,
    /// Until when, exclusive.
    pub expires_at: Timestamp,
}

/// A new access token with what it says.
#[derive(Clone, Debug)]
pub struct IssuedAccess {
    /// The token, for the client.
    pub token: Secret<String>,
    /// What it says, for the audit log.
    pub claims: AccessClaims,
}

/// Issues and verifies access tokens; made by [`AuthConfig::build`].
#[derive(Clone, Debug)]
pub struct AccessTokens {
    config: AuthConfig,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Body {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    jti: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl AccessTokens {
    pub(super) fn new(config: AuthConfig) -> Self {
        Self { config }
    }

    /// How long a refresh token of this configuration lives.
    pub fn refresh_lifetime(&self) -> Duration {
        self.config.refresh_lifetime
    }

    /// How long after its use a refresh token may come again.
    pub fn refresh_grace(&self) -> Duration {
        self.config.refresh_grace
    }

    /// How long a session of this configuration lives.
    pub fn family_lifetime(&self) -> Duration {
        self.config.family_lifetime
    }

    /// The same, signing with `next`; the old key's tokens are good until the last has expired.
    pub fn rotate(mut self, next: SigningKey, now: Timestamp) -> Result<Self> {
        let until = now.after(self.config.access_lifetime);
        self.config.keys = self.config.keys.rotate(next, until)?;
        Ok(self)
    }

    /// The same with other keys.
    #[must_use]
    pub fn with_keys(mut self, keys: SigningKeys) -> Self {
        self.config.keys = keys;
        self
    }

    /// A token for `user`'s session, good from `now` for the configured lifetime.
    pub fn issue(
        &self,
        user: UserId,
        session: SessionId,
        now: Timestamp,
        rng: &dyn Rng,
    ) -> Result<IssuedAccess> {
        let iat = now.seconds();
        let exp = now.after(self.config.access_lifetime).seconds();
        let body = Body {
            iss: self.config.issuer.clone(),
            aud: self.config.audience.clone(),
            sub: user,
            sid: session,
            jti: uuid::Builder::from_random_bytes(random(rng)).into_uuid(),
            iat,
            nbf: iat,
            exp,
        };
        let (kid, secret) = self.config.keys.current();
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(TYPE.to_owned());
        header.kid = Some(kid.to_owned());
        let token = jsonwebtoken::encode(&header, &body, &EncodingKey::from_secret(secret))
            .map_err(|error| Error::internal("identity.issue", error.to_string()))?;
        Ok(IssuedAccess { token: Secret::new(token), claims: claims(&body) })
    }

    /// What `token` says, if it is one of ours and good at `now`. Every refusal reads the same.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<AccessClaims> {
        let body = self.authentic(token, now).filter(|body| self.good(body, now));
        body.as_ref().map(claims).ok_or_else(|| refused("identity.verify"))
    }

    /// The body of a token that we signed.
    fn authentic(&self, token: &str, now: Timestamp) -> Option<Body> {
        let head = head(token)?;
        if head.alg != ALGORITHM || head.typ != TYPE {
            return None;
        }
        let secret = self.config.keys.verifying(&head.kid, now)?;
        let key = DecodingKey::from_secret(secret);
        jsonwebtoken::decode::<Body>(token, &key, &signature_only()).ok().map(|token| token.claims)
    }

    /// Zero leeway: the clock that issued is the clock that verifies.
    fn good(&self, body: &Body, now: Timestamp) -> bool {
        let now = now.seconds();
        let lifetime = body.exp.checked_sub(body.iat);
        body.iss == self.config.issuer
            && body.aud == self.config.audience
            && body.nbf <= now
            && now < body.exp
            && lifetime.is_some_and(|seconds| seconds <= MAX_ACCESS.as_secs() as i64)
    }
}

/// The library checks the signature; times, issuer and audience are checked against our own clock
/// and configuration.
fn signature_only() -> Validation {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

fn head(token: &str) -> Option<Head> {
    if token.len() > MAX_BYTES {
        return None;
    }
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts[..] else { return None };
    if body.is_empty() || signature.is_empty() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()
}

fn claims(body: &Body) -> AccessClaims {
    let instant = |seconds: i64| Timestamp::from_micros(seconds.saturating_mul(1_000_000));
    AccessClaims {
        user: body.sub,
        session: body.sid,
        jti: body.jti,
        issued_at: instant(body.iat),
        expires_at: instant(body.exp),
    }
}
