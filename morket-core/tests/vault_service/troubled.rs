//! A store that fails at a chosen call, or does not keep what it is given.

use async_trait::async_trait;
use morket_core::{
    CredentialId, Error, ErrorKind, JobId, Result, WorkspaceId,
    audit::NewAudit,
    vault::{
        CredentialStatus, CredentialStore, KeyPlace, Purpose, SealedCredential, SealedValue,
        StoredCredential, Verify, WrappedKey,
    },
};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The call with this number, from zero, is not made.
    Before(usize),
    /// The call with this number is made, and its answer is lost.
    After(usize),
    /// One bit of each value that is written is another.
    Mangles,
    /// Values are written with their parts in another order.
    Shuffles,
}

/// The store beneath, with that trouble.
#[derive(Debug)]
pub(crate) struct Troubled {
    pub(crate) store: Arc<dyn CredentialStore>,
    pub(crate) trouble: Trouble,
    pub(crate) calls: AtomicUsize,
}

impl Troubled {
    pub(crate) fn new(store: Arc<dyn CredentialStore>, trouble: Trouble) -> Self {
        Self { store, trouble, calls: AtomicUsize::new(0) }
    }

    /// Make a call, unless this is where it breaks off.
    async fn call<T>(&self, call: impl Future<Output = Result<T>> + Send) -> Result<T> {
        let number = self.calls.fetch_add(1, Ordering::SeqCst);
        let lost = || Error::new(ErrorKind::StoreUnavailable, "troubled", "the connection broke");
        if self.trouble == Trouble::Before(number) {
            return Err(lost());
        }
        let answer = call.await;
        if self.trouble == Trouble::After(number) { Err(lost()) } else { answer }
    }

    fn spoil(&self, value: &mut SealedValue) {
        match self.trouble {
            Trouble::Mangles => *value.fields[0].sealed.last_mut().unwrap() ^= 1,
            Trouble::Shuffles => value.fields.reverse(),
            Trouble::Before(_) | Trouble::After(_) => {}
        }
    }
}

#[async_trait]
impl CredentialStore for Troubled {
    async fn data_key(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: Option<u32>,
    ) -> Result<Option<WrappedKey>> {
        self.call(self.store.data_key(workspace, purpose, version)).await
    }

    async fn put_data_key(&self, workspace: WorkspaceId, key: WrappedKey) -> Result<WrappedKey> {
        self.call(self.store.put_data_key(workspace, key)).await
    }

    async fn spend_seals(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: u32,
        seals: u64,
    ) -> Result<bool> {
        self.call(self.store.spend_seals(workspace, purpose, version, seals)).await
    }

    async fn rewrap_data_key(
        &self,
        workspace: WorkspaceId,
        expected: u32,
        key: WrappedKey,
        audit: NewAudit,
    ) -> Result<bool> {
        self.call(self.store.rewrap_data_key(workspace, expected, key, audit)).await
    }

    async fn data_keys_below(
        &self,
        master_version: u32,
        after: Option<KeyPlace>,
        limit: u32,
    ) -> Result<Vec<WrappedKey>> {
        self.call(self.store.data_keys_below(master_version, after, limit)).await
    }

    async fn put_credential(
        &self,
        workspace: WorkspaceId,
        mut credential: SealedCredential,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        self.spoil(&mut credential.value);
        self.call(self.store.put_credential(workspace, credential, verify, audit)).await
    }

    async fn replace_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        mut value: SealedValue,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        self.spoil(&mut value);
        self.call(self.store.replace_credential(workspace, id, value, verify, audit)).await
    }

    async fn credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
    ) -> Result<StoredCredential> {
        self.call(self.store.credential(workspace, id)).await
    }

    async fn credentials(&self, workspace: WorkspaceId) -> Result<Vec<StoredCredential>> {
        self.call(self.store.credentials(workspace)).await
    }

    async fn set_credential_status(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        status: CredentialStatus,
        audit: NewAudit,
    ) -> Result<()> {
        self.call(self.store.set_credential_status(workspace, id, status, audit)).await
    }

    async fn use_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        job: Option<JobId>,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        self.call(self.store.use_credential(workspace, id, job, audit)).await
    }

    async fn delete_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        audit: NewAudit,
    ) -> Result<()> {
        self.call(self.store.delete_credential(workspace, id, audit)).await
    }
}
