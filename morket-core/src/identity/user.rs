//! Users as stores keep them, and the rules of what becomes of them.

use super::{EmailAddress, NewSession};
use crate::{Error, ErrorKind, Result, Timestamp, UserId};
use sha2::{Digest, Sha256};
use std::fmt;

/// A user to create.
#[derive(Clone)]
pub struct NewUser {
    /// Its id, made by the caller, so that a repeat creates nothing twice.
    pub id: UserId,
    /// The address it signs in with.
    pub email: EmailAddress,
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// Its password's hash.
    pub password_hash: PasswordHash,
}

impl NewUser {
    /// Refuse what no store should see.
    pub fn validate(&self) -> Result<()> {
        let problem = match self.name.trim().chars().count() {
            0 => "must not be empty",
            1..=100 if self.name.chars().any(char::is_control) => {
                "must not hold control characters"
            }
            1..=100 => return Ok(()),
            _ => "must have at most 100 characters",
        };
        Err(Error::invalid("user.create", "name", problem))
    }

    /// The hash of everything it is created from: a repeat has the same one.
    pub fn fingerprint(&self) -> [u8; 32] {
        let parts =
            serde_json::json!([self.email.written(), self.name, self.password_hash.as_str()]);
        Sha256::digest(parts.to_string()).into()
    }

    /// The error for an id that another user has.
    pub fn id_taken() -> Error {
        Error::new(ErrorKind::Conflict, "user.create", "id: it names another user")
    }

    /// The error for an address that another user has.
    pub fn email_taken() -> Error {
        Error::new(ErrorKind::Conflict, "user.create", "email: it has an account already")
    }
}

/// A name and an address are a person's data: they are not printed.
impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a stored hash is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashChange {
    /// The same password at today's cost: sessions go on.
    Upgrade,
    /// Another password: every session ends, and sign-ins with the old one come to nothing.
    Password,
}

/// A user as it stands.
#[derive(Clone)]
pub struct User {
    /// Its id.
    pub id: UserId,
    /// The address it signs in with, and that mail goes to.
    pub email: EmailAddress,
    /// What people call it.
    pub name: String,
    /// Its password's hash.
    pub password_hash: PasswordHash,
    /// Grows with every new password, not with an upgrade of the hash.
    pub password_version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was disabled, if it is.
    pub disabled_at: Option<Timestamp>,
}

impl User {
    /// The user that is created at `now`.
    pub fn create(new: NewUser, now: Timestamp) -> Self {
        Self {
            id: new.id,
            email: new.email,
            name: new.name,
            password_hash: new.password_hash,
            password_version: 1,
            created_at: now,
            disabled_at: None,
        }
    }

    /// The error for an id that no user has.
    pub fn unknown(operation: &'static str) -> Error {
        Error::new(ErrorKind::NotFound, operation, "user: not found")
    }

    /// The user with another hash, provided that it still has the `expected` one.
    pub fn with_hash(
        self,
        hash: PasswordHash,
        expected: Option<&PasswordHash>,
        change: HashChange,
    ) -> Result<Self> {
        if expected.is_some_and(|expected| *expected != self.password_hash) {
            let message = "password: it was changed meanwhile";
            return Err(Error::new(ErrorKind::Conflict, "user.set_password_hash", message));
        }
        let more = i64::from(change == HashChange::Password);
        let password_version = self.password_version.saturating_add(more);
        Ok(Self { password_hash: hash, password_version, ..self })
    }

    /// The user after it was disabled or enabled; a repeat keeps the first instant.
    #[must_use]
    pub fn with_disabled(self, disabled: bool, now: Timestamp) -> Self {
        let disabled_at = disabled.then(|| self.disabled_at.unwrap_or(now));
        Self { disabled_at, ..self }
    }

    /// Whether a sign-in that was verified a moment ago may still begin.
    pub fn admits(&self, new: &NewSession) -> bool {
        self.disabled_at.is_none() && self.password_version == new.password_version
    }
}

/// A name, an address and a hash belong in no log.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

/// What is stored of a password: a PHC string.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// A hash read back from a store, or brought along from another system. It need not verify.
    pub fn stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text a store writes down.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}
