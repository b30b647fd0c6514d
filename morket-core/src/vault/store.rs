//! The port that keeps data keys and credentials. It sees wrapped keys and sealed values alone.

use super::{
    CredentialStatus, Purpose, SealedCredential, SealedField, SealedValue, StoredCredential,
    WrappedKey,
};
use crate::{CredentialId, JobId, Result, WorkspaceId, audit::NewAudit};
use async_trait::async_trait;
use std::{fmt, sync::Arc};

/// Opens what was read back and compares it with what was given; an error undoes the write.
pub type Verify = Arc<dyn Fn(&[SealedField]) -> Result<()> + Send + Sync>;

/// Which data key: one row of a store, and its place in a listing across workspaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPlace {
    /// Whose it is.
    pub workspace: WorkspaceId,
    /// What it seals.
    pub purpose: Purpose,
    /// Its version.
    pub version: u32,
}

impl WrappedKey {
    /// Which data key it is.
    pub fn place(&self) -> KeyPlace {
        KeyPlace { workspace: self.workspace, purpose: self.purpose, version: self.version }
    }
}

/// Where data keys and credentials rest. Each method is one atomic step, its audit row included.
///
/// Deleting a workspace destroys its data keys and credentials, see
/// [`delete_workspace`](crate::workspace::WorkspaceStore::delete_workspace).
#[async_trait]
pub trait CredentialStore: fmt::Debug + Send + Sync + 'static {
    /// A data key of this version, or the latest one.
    ///
    /// # Behavior
    /// - Of an unknown or deleted workspace it is `NotFound`.
    /// - A version or purpose without a key is `None`, as is another workspace's.
    async fn data_key(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: Option<u32>,
    ) -> Result<Option<WrappedKey>>;

    /// Store a data key; what stands afterwards under its purpose and version.
    ///
    /// # Behavior
    /// - Of many at once one stands, and all get that one.
    /// - A key that stands already stays, whatever is put.
    /// - A key that names another workspace is `NotFound`.
    async fn put_data_key(&self, workspace: WorkspaceId, key: WrappedKey) -> Result<WrappedKey>;

    /// Count `seals` more under a data key, before they are made; `false` when its
    /// [`SealBudget`](super::SealBudget) has no room for them.
    ///
    /// # Behavior
    /// - What is refused is not counted.
    /// - All together never pass the budget, also when many count at once.
    /// - A key that is not there is `KeyUnavailable`.
    async fn spend_seals(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: u32,
        seals: u64,
    ) -> Result<bool>;

    /// Replace a data key's wrapping, if it still carries the master version that was read.
    ///
    /// # Behavior
    /// - Of many at once one is `true`; it alone writes an audit row.
    /// - `false` changes nothing.
    /// - A master version that is not later than the expected one is `Validation`.
    /// - A key that is not there is `KeyUnavailable`; one of another workspace is `NotFound`.
    /// - Seals counted before stay counted.
    async fn rewrap_data_key(
        &self,
        workspace: WorkspaceId,
        expected_master_version: u32,
        key: WrappedKey,
        audit: NewAudit,
    ) -> Result<bool>;

    /// Keys of all workspaces that are wrapped under an older master version, by workspace,
    /// purpose's code and version. For the operator, not for a tenant.
    ///
    /// # Behavior
    /// - Read on after the last place of each answer, every key that is below is seen once.
    /// - At most `limit` keys are there; an empty answer is the end.
    async fn data_keys_below(
        &self,
        master_version: u32,
        after: Option<KeyPlace>,
        limit: u32,
    ) -> Result<Vec<WrappedKey>>;

    /// Store a credential, read it back, and let `verify` judge what was read before it counts.
    ///
    /// # Behavior
    /// - A refusal of `verify` is the answer, and leaves nothing, no audit row either.
    /// - `verify` is given what a reader would be given.
    /// - A repeat with the same content changes nothing and writes no audit row.
    /// - An id that names another credential of this workspace is `Conflict`.
    /// - A data key version that is not there is `KeyUnavailable`.
    /// - An empty name, or parts that share a name, is `Validation`.
    async fn put_credential(
        &self,
        workspace: WorkspaceId,
        credential: SealedCredential,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential>;

    /// Give a credential another value, with the same read-back.
    ///
    /// # Behavior
    /// - Id, provider, name, creator, creation and last use stay; the status is `Untested` again.
    /// - A refusal of `verify` is the answer, and the old value stands.
    /// - Of many at once each answer is one whole value, and the last of them stands.
    /// - The value that stands already changes nothing and writes no audit row.
    /// - An unknown or another workspace's id is `NotFound`.
    /// - A data key version that is not there is `KeyUnavailable`.
    async fn replace_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        value: SealedValue,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential>;

    /// One credential.
    ///
    /// # Behavior
    /// - An unknown or another workspace's id is `NotFound`.
    async fn credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
    ) -> Result<StoredCredential>;

    /// All credentials of a workspace, by provider, name and id.
    ///
    /// # Behavior
    /// - Only this workspace's are there; of an unknown or deleted one it is `NotFound`.
    async fn credentials(&self, workspace: WorkspaceId) -> Result<Vec<StoredCredential>>;

    /// Say what is known about a credential's worth.
    ///
    /// # Behavior
    /// - The status it has already changes nothing and writes no audit row.
    /// - An unknown or another workspace's id is `NotFound`.
    async fn set_credential_status(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        status: CredentialStatus,
        audit: NewAudit,
    ) -> Result<()>;

    /// Note that a credential is about to be opened, and give it.
    ///
    /// # Behavior
    /// - Its last use is now, by the store's clock.
    /// - One audit row is written per job and credential, also when many tasks ask at once.
    /// - Without a job each use writes an audit row.
    /// - An unknown or another workspace's id is `NotFound`, and leaves no audit row.
    async fn use_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        job: Option<JobId>,
        audit: NewAudit,
    ) -> Result<StoredCredential>;

    /// Remove a credential.
    ///
    /// # Behavior
    /// - Afterwards it is `NotFound`, for a second removal too, which writes no audit row.
    /// - Which jobs used it is forgotten with it.
    /// - An unknown or another workspace's id is `NotFound`.
    async fn delete_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        audit: NewAudit,
    ) -> Result<()>;
}

const _: Option<&dyn CredentialStore> = None;

/// The refusals that every adapter words alike.
pub mod refusal {
    use crate::{Error, ErrorKind, Result, WorkspaceId, vault::WrappedKey};

    /// A data key that is needed and not there.
    pub fn no_key(operation: &'static str) -> Error {
        Error::new(ErrorKind::KeyUnavailable, operation, "this data key is not there")
    }

    /// A credential that is not there, or another's.
    pub fn no_credential(operation: &'static str) -> Error {
        Error::new(ErrorKind::NotFound, operation, "credential: not found")
    }

    /// Refuse a key that is handed in for a workspace it does not name.
    pub fn foreign_key(
        operation: &'static str,
        workspace: WorkspaceId,
        key: &WrappedKey,
    ) -> Result<()> {
        if key.workspace == workspace {
            return Ok(());
        }
        Err(Error::new(ErrorKind::NotFound, operation, "data key: not found"))
    }

    /// Refuse a rewrapping that would take a key back to an older master.
    pub fn backwards(expected_master_version: u32, key: &WrappedKey) -> Result<()> {
        if key.master_version > expected_master_version {
            return Ok(());
        }
        let problem = "must be later than the one it replaces";
        Err(Error::invalid("vault.rewrap_data_key", "master_version", problem))
    }
}
