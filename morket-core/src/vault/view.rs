//! What callers hand to the vault and what they get from it.

use super::{CredentialStatus, MAX_SECRET_BYTES, StoredCredential, mask};
use crate::{
    CredentialId, Error, Result, Secret, Timestamp, UserId,
    name::{FieldName, ProviderSlug},
};

/// The part that every credential has.
pub(super) const KEY: &str = "api_key";
/// The part that some vendors ask for beside it.
pub(super) const SECRET: &str = "api_secret";

/// A credential's parts, in the clear.
pub(super) type Parts = Vec<(FieldName, Secret<String>)>;

/// A credential's value, as its owner gives it.
#[derive(Clone, Debug)]
pub struct NewValue {
    /// The vendor's key: not empty, at most 64 KiB.
    pub key: Secret<String>,
    /// The second half, for vendors that ask for one.
    pub secret: Option<Secret<String>>,
}

impl NewValue {
    /// A value of a key alone.
    pub fn key(key: impl Into<String>) -> Self {
        Self { key: Secret::new(key.into()), secret: None }
    }

    /// What may be shown of it.
    pub(super) fn mask(&self) -> String {
        mask(self.key.expose())
    }

    /// Its parts under their names, or an error naming the field that is wrong.
    pub(super) fn into_parts(self) -> Result<Parts> {
        check("key", &self.key)?;
        let mut parts = vec![(FieldName::new(KEY)?, self.key)];
        if let Some(secret) = self.secret {
            check("secret", &secret)?;
            parts.push((FieldName::new(SECRET)?, secret));
        }
        Ok(parts)
    }
}

fn check(field: &str, value: &Secret<String>) -> Result<()> {
    let problem = match value.expose() {
        value if value.trim().is_empty() => "must not be empty",
        value if value.len() > MAX_SECRET_BYTES => "must be at most 64 KiB",
        _ => return Ok(()),
    };
    Err(Error::invalid("vault.put", field, problem))
}

/// A credential to store.
#[derive(Clone, Debug)]
pub struct NewCredential {
    /// The vendor it is for.
    pub provider: ProviderSlug,
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// Its value.
    pub value: NewValue,
}

/// A credential as clients see it: nothing of its value but the mask.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct CredentialView {
    /// Its id.
    pub id: CredentialId,
    /// The vendor it is for.
    pub provider: ProviderSlug,
    /// What people call it.
    pub name: String,
    /// At most the last four characters of its key.
    pub mask: String,
    /// What is known about its worth.
    pub status: CredentialStatus,
    /// Who stored it; `None` is the embedding process.
    pub created_by: Option<UserId>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When it was last opened, if ever.
    pub last_used_at: Option<Timestamp>,
}

impl From<StoredCredential> for CredentialView {
    fn from(stored: StoredCredential) -> Self {
        let StoredCredential { sealed, status, created_at, last_used_at } = stored;
        Self {
            id: sealed.id,
            provider: sealed.provider,
            name: sealed.name,
            mask: sealed.value.mask,
            status,
            created_by: sealed.created_by,
            created_at,
            last_used_at,
        }
    }
}

/// A credential in the clear, for the one call it is opened for.
#[derive(Clone, Debug)]
pub struct OpenedCredential {
    /// Its id.
    pub id: CredentialId,
    /// The vendor it is for.
    pub provider: ProviderSlug,
    /// The vendor's key.
    pub key: Secret<String>,
    /// The second half, if it has one.
    pub secret: Option<Secret<String>>,
}

impl OpenedCredential {
    pub(super) fn from_parts(
        id: CredentialId,
        provider: ProviderSlug,
        parts: Parts,
    ) -> Result<Self> {
        let (mut key, mut secret) = (None, None);
        for (name, value) in parts {
            match name.as_str() {
                KEY => key = Some(value),
                SECRET => secret = Some(value),
                _ => return Err(Error::internal("vault.open", "a part that nobody asked for")),
            }
        }
        let key = key.ok_or_else(|| Error::internal("vault.open", "a credential without a key"))?;
        Ok(Self { id, provider, key, secret })
    }
}
