//! What an operator decides about sign-in, and the bounds that nobody may leave.

use super::{AccessTokens, SigningKeys, session::MAX_GRACE};
use crate::{Error, Result};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// The longest life of an access token.
pub const MAX_ACCESS: Duration = Duration::from_secs(15 * 60);

/// The longest life of one refresh token.
pub const MAX_REFRESH: Duration = Duration::from_secs(7 * 86_400);

/// The longest life of a session, however often it is refreshed.
pub const MAX_FAMILY: Duration = Duration::from_secs(90 * 86_400);

/// How tokens are made. Nothing is accepted until [`build`](Self::build) has looked at all of it.
///
/// ```
/// use morket_core::identity::{AuthConfig, SigningKey, SigningKeys};
/// use std::time::Duration;
///
/// # let secret: Vec<u8> = (0..32).collect();
/// let keys = SigningKeys::new(SigningKey::new("2026-11", secret)?);
/// let config = AuthConfig::new("https://morket.example", "morket", keys);
/// assert!(config.clone().build().is_ok());
///
/// let hour = AuthConfig { access_lifetime: Duration::from_secs(3600), ..config };
/// assert!(hour.build().unwrap_err().message().starts_with("access_lifetime: "));
/// # Ok::<(), morket_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct AuthConfig {
    /// Who issues the tokens.
    pub issuer: String,
    /// Whom they are for.
    pub audience: String,
    /// How long an access token is good: at most 15 minutes.
    pub access_lifetime: Duration,
    /// How long a refresh token is good: at most 7 days.
    pub refresh_lifetime: Duration,
    /// For how long after its use a refresh token may come once more: none, or at most 10 seconds.
    ///
    /// Without it a client whose response got lost, or that races with itself, is signed out
    /// everywhere when it tries again. With it the first such repeat gets another pair, and the one
    /// that was lost is void: a lost response is made good, two tabs that refresh at once are still
    /// signed out by the one that got the void pair, and a thief within the window is noticed when
    /// either of the two tokens is shown.
    pub refresh_grace: Duration,
    /// How long a session may be refreshed: at most 90 days.
    pub family_lifetime: Duration,
    /// What access tokens are signed with.
    pub keys: SigningKeys,
}

impl AuthConfig {
    /// The usual lifetimes: 15 minutes, 7 days, 30 days, and no grace.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>, keys: SigningKeys) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            access_lifetime: 15 * MINUTE,
            refresh_lifetime: 7 * DAY,
            refresh_grace: Duration::ZERO,
            family_lifetime: 30 * DAY,
            keys,
        }
    }

    /// Refuse what is out of bounds, naming it.
    pub fn build(self) -> Result<AccessTokens> {
        named("issuer", &self.issuer)?;
        named("audience", &self.audience)?;
        lifetime("access_lifetime", self.access_lifetime, MAX_ACCESS)?;
        lifetime("refresh_lifetime", self.refresh_lifetime, MAX_REFRESH)?;
        lifetime("family_lifetime", self.family_lifetime, MAX_FAMILY)?;
        if self.refresh_grace > MAX_GRACE {
            let problem = "must be at most 10 seconds";
            return Err(Error::invalid("identity.config", "refresh_grace", problem));
        }
        Ok(AccessTokens::new(self))
    }
}

fn named(field: &str, value: &str) -> Result<()> {
    if value.trim().is_empty() {
        return Err(Error::invalid("identity.config", field, "must not be empty"));
    }
    Ok(())
}

fn lifetime(field: &str, value: Duration, longest: Duration) -> Result<()> {
    if value < Duration::from_secs(1) || value > longest {
        let problem = format!("must be between 1 and {} seconds", longest.as_secs());
        return Err(Error::invalid("identity.config", field, problem));
    }
    Ok(())
}
