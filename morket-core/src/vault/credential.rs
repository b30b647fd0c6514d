//! What a store keeps of a credential, and what it decides about a repeat: functions of data, so
//! that every adapter decides alike.

use crate::{
    CredentialId, Error, ErrorKind, Result, Timestamp, UserId,
    name::{FieldName, ProviderSlug},
};
use std::{collections::BTreeSet, fmt};

/// What is known about a credential's worth. The number is what stores keep.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum CredentialStatus {
    /// Nobody has tried it yet.
    #[default]
    Untested = 1,
    /// The vendor took it.
    Valid = 2,
    /// The vendor refused it.
    Invalid = 3,
    /// The vendor knows it, and its balance there is spent.
    OutOfCredits = 4,
}

impl CredentialStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Untested, Self::Valid, Self::Invalid, Self::OutOfCredits];

    /// The status with this number.
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|it| *it as i64 == number)
    }
}

/// One part of a credential, sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedField {
    /// Which part (`api_key`, `api_secret`); the seal is bound to it.
    pub name: FieldName,
    /// What [`seal`](super::seal) made.
    pub sealed: Vec<u8>,
}

/// Ciphertext tells nobody anything, and a log is no place to keep it.
impl fmt::Debug for SealedField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} sealed bytes", self.name, self.sealed.len())
    }
}

/// A credential's value as it rests: what changes together when the value is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedValue {
    /// Its parts.
    pub fields: Vec<SealedField>,
    /// The version of the workspace's data key they are sealed with.
    pub data_key_version: u32,
    /// What may be shown of it, as [`mask`](super::mask) gives it.
    pub mask: String,
}

/// A credential to store. A repeat is one that equals it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedCredential {
    /// Its id, made by the caller: the seal is bound to it.
    pub id: CredentialId,
    /// The vendor it is for.
    pub provider: ProviderSlug,
    /// What people call it: 1 to 100 characters.
    pub name: String,
    /// Its value.
    pub value: SealedValue,
    /// Who stored it; `None` is the embedding process.
    pub created_by: Option<UserId>,
}

/// A credential as a store keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCredential {
    /// What was stored, with the value that stands now.
    pub sealed: SealedCredential,
    /// What is known about its worth.
    pub status: CredentialStatus,
    /// When it was first stored, by the store's clock.
    pub created_at: Timestamp,
    /// When it was last opened, if ever.
    pub last_used_at: Option<Timestamp>,
}

impl SealedValue {
    /// Refuse what could not be told apart when it is opened.
    pub fn validate(&self) -> Result<()> {
        let names: BTreeSet<_> = self.fields.iter().map(|field| &field.name).collect();
        if names.is_empty() || names.len() < self.fields.len() {
            let problem = "needs at least one part, each under a name of its own";
            return Err(Error::invalid("vault.put_credential", "fields", problem));
        }
        Ok(())
    }
}

impl SealedCredential {
    /// Refuse what no store should see.
    pub fn validate(&self) -> Result<()> {
        crate::workspace::check_name(&self.name)?;
        self.value.validate()
    }

    /// Itself, stored now.
    pub fn stored(self, now: Timestamp) -> StoredCredential {
        StoredCredential {
            sealed: self,
            status: CredentialStatus::Untested,
            created_at: now,
            last_used_at: None,
        }
    }
}

impl StoredCredential {
    /// Itself if `again` is the same put repeated; else the id is another credential's.
    pub fn repeated(self, again: &SealedCredential) -> Result<Self> {
        if self.sealed == *again {
            return Ok(self);
        }
        let message = "id: it names another credential";
        Err(Error::new(ErrorKind::Conflict, "vault.put_credential", message))
    }

    /// With another value, untested again; `None` when it already has that one.
    pub fn replaced(mut self, value: &SealedValue) -> Option<Self> {
        if self.sealed.value == *value {
            return None;
        }
        self.sealed.value = value.clone();
        self.status = CredentialStatus::Untested;
        Some(self)
    }
}

/// All fields in one string of bytes: name and seal of each, behind their lengths.
pub fn encode_fields(fields: &[SealedField]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        for part in [field.name.as_str().as_bytes(), &field.sealed] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part);
        }
    }
    bytes
}

/// What [`encode_fields`] made; anything else is `Tampered`.
pub fn decode_fields(bytes: &[u8]) -> Result<Vec<SealedField>> {
    let broken =
        || Error::new(ErrorKind::Tampered, "vault.fields", "a stored credential is broken");
    let mut rest = bytes;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        let name = std::str::from_utf8(part(&mut rest).ok_or_else(broken)?);
        let name = name.ok().and_then(|name| FieldName::new(name).ok()).ok_or_else(broken)?;
        let sealed = part(&mut rest).ok_or_else(broken)?.to_vec();
        fields.push(SealedField { name, sealed });
    }
    Ok(fields)
}

fn part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, tail) = rest.split_first_chunk()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let (part, tail) = tail.split_at_checked(length)?;
    *rest = tail;
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, sealed: &[u8]) -> SealedField {
        SealedField { name: FieldName::new(name).unwrap(), sealed: sealed.to_vec() }
    }

    #[test]
    fn fields_are_read_back_as_they_were_written() {
        for fields in [
            vec![],
            vec![field("api_key", b"")],
            vec![field("api_key", &[0; 300]), field("api_secret", b"\x00\x01")],
        ] {
            assert_eq!(decode_fields(&encode_fields(&fields)).unwrap(), fields);
        }
    }

    #[test]
    fn a_cut_anywhere_is_noticed() {
        let whole = [field("api_key", b"one"), field("api_secret", b"two")];
        let bytes = encode_fields(&whole);
        let boundary = encode_fields(&whole[..1]).len();
        for end in (1..bytes.len()).filter(|end| *end != boundary) {
            assert_eq!(decode_fields(&bytes[..end]).unwrap_err().kind(), ErrorKind::Tampered);
        }
    }
}
