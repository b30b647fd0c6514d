//! Data keys: random, one per workspace and purpose, at rest only in wrapped form.

use super::{Context, Key, KeyRing, Purpose, context::join, open, seal_verified, wrapping_key};
use crate::{CredentialId, Error, ErrorKind, Result, Rng, Secret, WorkspaceId, rng::random};

/// An unwrapped data key: what a workspace's secrets are sealed with.
#[derive(Clone, Debug)]
pub struct DataKey {
    workspace: WorkspaceId,
    purpose: Purpose,
    version: u32,
    key: Key,
}

/// A data key as a store keeps it. It opens only with the master version it is tagged with, and
/// only as the row it was written as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrappedKey {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// What it seals.
    pub purpose: Purpose,
    /// The data key's own version.
    pub version: u32,
    /// The master version that opens it.
    pub master_version: u32,
    /// The sealed key. Destroying these bytes destroys everything sealed with it.
    pub sealed: Vec<u8>,
}

impl DataKey {
    /// A new random key, and the row to store before anything is sealed with it.
    pub fn create(
        ring: &KeyRing,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: u32,
        rng: &dyn Rng,
    ) -> Result<(Self, WrappedKey)> {
        let key = Self { workspace, purpose, version, key: Secret::new(random(rng)) };
        let wrapped = key.wrap(ring, rng)?;
        Ok((key, wrapped))
    }

    /// Whose it is.
    pub fn workspace(&self) -> WorkspaceId {
        self.workspace
    }

    /// What it seals.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Its version, written beside everything it seals.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// The key itself, for [`seal`](super::seal) and [`open`].
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// The place of one secret under this key: workspace and version cannot be mixed up.
    pub fn context<'a>(
        &self,
        credential: CredentialId,
        provider: &'a str,
        field: &'a str,
    ) -> Context<'a> {
        Context {
            workspace: self.workspace,
            credential,
            provider,
            field,
            data_key_version: self.version,
        }
    }

    /// Wrapped under the ring's current master.
    fn wrap(&self, ring: &KeyRing, rng: &dyn Rng) -> Result<WrappedKey> {
        let mut row = WrappedKey {
            workspace: self.workspace,
            purpose: self.purpose,
            version: self.version,
            master_version: ring.current(),
            sealed: Vec::new(),
        };
        let wrapping = row.wrapping_key(ring)?;
        row.sealed = seal_verified(&wrapping, &row.aad(), self.key.expose(), rng)?;
        Ok(row)
    }
}

impl WrappedKey {
    /// The data key, if the ring still holds the master it is tagged with.
    pub fn unwrap(&self, ring: &KeyRing) -> Result<DataKey> {
        let opened = open(&self.wrapping_key(ring)?, &self.aad(), &self.sealed)?;
        let key = opened.expose().as_slice().try_into().map_err(|_| {
            Error::new(ErrorKind::Tampered, "vault.unwrap", "a wrapped key has a wrong length")
        })?;
        Ok(DataKey {
            workspace: self.workspace,
            purpose: self.purpose,
            version: self.version,
            key: Secret::new(key),
        })
    }

    /// The same data key under the ring's current master; itself when it already is.
    ///
    /// The store replaces the row only if it still carries the old master version, so that two
    /// rotations at once cannot undo each other.
    pub fn rewrap(&self, ring: &KeyRing, rng: &dyn Rng) -> Result<Self> {
        let key = self.unwrap(ring)?;
        if self.master_version == ring.current() {
            return Ok(self.clone());
        }
        key.wrap(ring, rng)
    }

    fn wrapping_key(&self, ring: &KeyRing) -> Result<Key> {
        wrapping_key(ring.get(self.master_version)?, self.workspace, self.purpose)
    }

    fn aad(&self) -> Vec<u8> {
        join([
            b"morket/v1/data-key".as_slice(),
            self.workspace.0.as_bytes(),
            self.purpose.code().as_bytes(),
            &self.version.to_be_bytes(),
            &self.master_version.to_be_bytes(),
        ])
    }
}
