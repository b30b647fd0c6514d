//! The vault as callers use it: who may is proven before, what rests is sealed, what is shown is
//! masked.

use super::{
    Context, CredentialStatus, CredentialStore, CredentialView, DataKey, KeyRing, NewCredential,
    NewValue, OpenedCredential, Purpose, SealedCredential, SealedField, SealedValue,
    StoredCredential, Verify, WrappedKey, check_sealed, open, refusal, seal, view::Parts,
};
use crate::{
    Clock, CredentialId, Error, ErrorKind, JobId, Result, Rng, Secret, WorkspaceId,
    audit::{Action, NewAudit},
    name::ProviderSlug,
    rbac::{Allowed, Operation},
};
use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

/// Credentials of all workspaces, over one store and one ring of master keys.
///
/// Each method takes the proof that its caller may, and the tenant from that proof alone. Storing,
/// changing, opening and removing a credential each leave one audit row; a listing shows masks and
/// leaves none.
///
/// ```
/// # use morket_core::{Access, Result, Store, WorkspaceId, rbac::{Operation, Principal}};
/// # use morket_core::vault::{NewCredential, NewValue, Vault};
/// # use std::sync::Arc;
/// # async fn example(vault: Vault, store: Arc<dyn Store>, workspace: WorkspaceId) -> Result<()> {
/// let access = Access::new(store);
/// let may = access.allow(Principal::Embedder, workspace, Operation::PutCredential).await?;
/// let value = NewValue::key("sk_live_abcd1234");
/// let view = vault
///     .put(may, NewCredential { provider: "hunter".parse()?, name: "Main".into(), value })
///     .await?;
/// assert_eq!(view.mask, "••••1234");
///
/// let may = access.allow(Principal::Embedder, workspace, Operation::UseCredential).await?;
/// let opened = vault.open(may, view.id, None).await?;
/// assert_eq!(opened.key.expose(), "sk_live_abcd1234");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Vault {
    pub(super) store: Arc<dyn CredentialStore>,
    ring: RwLock<Arc<KeyRing>>,
    source: Option<Source>,
    clock: Arc<dyn Clock>,
    pub(super) rng: Arc<dyn Rng>,
}

/// Where a ring is read anew.
struct Source(Box<dyn Fn() -> Result<KeyRing> + Send + Sync>);

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl Vault {
    /// A vault over this store. Any [`Store`](crate::Store) is one.
    pub fn new(
        store: Arc<dyn CredentialStore>,
        ring: KeyRing,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self { store, ring: RwLock::new(Arc::new(ring)), source: None, clock, rng }
    }

    /// Where a data key needs a master key that is not in the ring, get another ring from here and
    /// try once more: a process that runs on meets a rotation of somebody else.
    #[must_use]
    pub fn reloading(
        mut self,
        source: impl Fn() -> Result<KeyRing> + Send + Sync + 'static,
    ) -> Self {
        self.source = Some(Source(Box::new(source)));
        self
    }

    /// Use another ring from now on, without a pause: what has begun ends with the old one.
    ///
    /// To rotate, give every process a ring with the old and the new master, then call
    /// [`rewrap_all`](Self::rewrap_all), then raise the minimum.
    pub fn use_ring(&self, ring: KeyRing) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring);
    }

    pub(super) fn ring(&self) -> Arc<KeyRing> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Store a credential. Needs [`Operation::PutCredential`].
    pub async fn put(&self, allowed: Allowed, new: NewCredential) -> Result<CredentialView> {
        let workspace = allowed.tenant(Operation::PutCredential)?;
        let NewCredential { provider, name, value } = new;
        let name = name.trim().to_owned();
        crate::workspace::check_name(&name)?;
        let id = CredentialId::new(self.clock.now(), &*self.rng);
        let (value, verify) = self.seal(workspace, id, &provider, value).await?;
        let created_by = allowed.principal().user();
        let sealed = SealedCredential { id, provider, name, value, created_by };
        let audit = audit(allowed, Action::CredentialCreated, id);
        Ok(self.store.put_credential(workspace, sealed, verify, audit).await?.into())
    }

    /// All credentials, masked. Needs [`Operation::ListCredentials`].
    pub async fn list(&self, allowed: Allowed) -> Result<Vec<CredentialView>> {
        let workspace = allowed.tenant(Operation::ListCredentials)?;
        let all = self.store.credentials(workspace).await?;
        Ok(all.into_iter().map(CredentialView::from).collect())
    }

    /// One credential, masked. Needs [`Operation::ListCredentials`].
    pub async fn get(&self, allowed: Allowed, id: CredentialId) -> Result<CredentialView> {
        let workspace = allowed.tenant(Operation::ListCredentials)?;
        Ok(self.store.credential(workspace, id).await?.into())
    }

    /// Open a credential for a job, or for something that is none. Needs
    /// [`Operation::UseCredential`].
    ///
    /// The audit row is there before the value is: one that does not open was asked for too.
    pub async fn open(
        &self,
        allowed: Allowed,
        id: CredentialId,
        job: Option<JobId>,
    ) -> Result<OpenedCredential> {
        let workspace = allowed.tenant(Operation::UseCredential)?;
        let audit = audit(allowed, Action::CredentialRead, id);
        let stored = self.store.use_credential(workspace, id, job, audit).await?;
        let version = Some(stored.sealed.value.data_key_version);
        let key = self.unwrapped(workspace, Purpose::Credentials, version).await?;
        let key = key.ok_or_else(|| refusal::no_key("vault.open"))?;
        let parts = open_parts(&key, workspace, id, &stored)?;
        OpenedCredential::from_parts(id, stored.sealed.provider, parts)
    }

    /// Give a credential another value. Needs [`Operation::PutCredential`].
    pub async fn replace(
        &self,
        allowed: Allowed,
        id: CredentialId,
        value: NewValue,
    ) -> Result<CredentialView> {
        let workspace = allowed.tenant(Operation::PutCredential)?;
        let provider = self.store.credential(workspace, id).await?.sealed.provider;
        let (value, verify) = self.seal(workspace, id, &provider, value).await?;
        let audit = audit(allowed, Action::CredentialUpdated, id);
        Ok(self.store.replace_credential(workspace, id, value, verify, audit).await?.into())
    }

    /// Say what a vendor made of a credential. Needs [`Operation::UseCredential`].
    pub async fn set_status(
        &self,
        allowed: Allowed,
        id: CredentialId,
        status: CredentialStatus,
    ) -> Result<()> {
        let workspace = allowed.tenant(Operation::UseCredential)?;
        let audit = audit(allowed, Action::CredentialUpdated, id);
        self.store.set_credential_status(workspace, id, status, audit).await
    }

    /// Remove a credential. Needs [`Operation::DeleteCredential`].
    pub async fn delete(&self, allowed: Allowed, id: CredentialId) -> Result<()> {
        let workspace = allowed.tenant(Operation::DeleteCredential)?;
        let audit = audit(allowed, Action::CredentialDeleted, id);
        self.store.delete_credential(workspace, id, audit).await
    }

    /// The value sealed for this one place, and what the store checks it with.
    async fn seal(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        provider: &ProviderSlug,
        value: NewValue,
    ) -> Result<(SealedValue, Verify)> {
        let mask = value.mask();
        let parts = value.into_parts()?;
        let purpose = Purpose::Credentials;
        let key = self.sealing_key(workspace, purpose, parts.len() as u64).await?;
        let mut fields = Vec::with_capacity(parts.len());
        for (name, part) in &parts {
            let aad = key.context(id, provider.as_str(), name.as_str()).aad();
            let sealed = seal(key.key(), &aad, part.expose().as_bytes(), &*self.rng)?;
            fields.push(SealedField { name: name.clone(), sealed });
        }
        let value = SealedValue { fields, data_key_version: key.version(), mask };
        Ok((value, verifier(key, id, provider.clone(), parts)))
    }

    /// A data key with room for `seals` more, which are counted before they are made. The first use
    /// of a workspace creates one; one that has sealed as often as is safe gets a successor.
    pub(super) async fn sealing_key(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        seals: u64,
    ) -> Result<DataKey> {
        let mut row = match self.store.data_key(workspace, purpose, None).await? {
            Some(row) => row,
            None => self.create_key(workspace, purpose, 1).await?,
        };
        while !self.store.spend_seals(workspace, purpose, row.version, seals).await? {
            let next = row.version.checked_add(1).ok_or_else(|| {
                Error::new(ErrorKind::KeyUnavailable, "vault.seal", "no data key version is left")
            })?;
            row = self.create_key(workspace, purpose, next).await?;
        }
        match self.unwrapped(workspace, purpose, Some(row.version)).await? {
            Some(key) => Ok(key),
            None => Err(refusal::no_key("vault.seal")),
        }
    }

    /// A data key, open; the newest if no version is named.
    pub(super) async fn unwrapped(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: Option<u32>,
    ) -> Result<Option<DataKey>> {
        let read = || self.store.data_key(workspace, purpose, version);
        // The ring is asked for after the row was read, so that it is no older than the row.
        let Some(row) = read().await? else { return Ok(None) };
        match (row.unwrap(&self.ring()), &self.source) {
            (Err(error), Some(source)) if error.kind() == ErrorKind::KeyUnavailable => {
                self.use_ring((source.0)()?);
                // What was read before may have been wrapped anew meanwhile.
                read().await?.map(|row| row.unwrap(&self.ring())).transpose()
            }
            (opened, _) => opened.map(Some),
        }
    }

    /// A new data key; another's if that was first.
    async fn create_key(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: u32,
    ) -> Result<WrappedKey> {
        let (_, row) = DataKey::create(&self.ring(), workspace, purpose, version, &*self.rng)?;
        self.store.put_data_key(workspace, row).await
    }
}

fn audit(allowed: Allowed, action: Action, id: CredentialId) -> NewAudit {
    NewAudit::new(allowed.principal(), action, Some(id.0))
}

/// Opens what the store read back, and compares: nothing rests that would not come back.
fn verifier(key: DataKey, id: CredentialId, provider: ProviderSlug, parts: Parts) -> Verify {
    Arc::new(move |fields| {
        let names = fields.iter().map(|field| &field.name);
        if !names.eq(parts.iter().map(|(name, _)| name)) {
            return Err(Error::internal("vault.verify", "other parts were read than written"));
        }
        for (field, (name, part)) in fields.iter().zip(&parts) {
            let aad = key.context(id, provider.as_str(), name.as_str()).aad();
            check_sealed(key.key(), &aad, &field.sealed, part.expose().as_bytes())?;
        }
        Ok(())
    })
}

/// All parts of a stored credential. Whose and which it is comes from the question, not from the
/// row, so a row that was moved does not open.
fn open_parts(
    key: &DataKey,
    workspace: WorkspaceId,
    id: CredentialId,
    stored: &StoredCredential,
) -> Result<Parts> {
    let sealed = &stored.sealed;
    let part = |field: &SealedField| {
        let place = Context {
            workspace,
            credential: id,
            provider: sealed.provider.as_str(),
            field: field.name.as_str(),
            data_key_version: sealed.value.data_key_version,
        };
        let opened = open(key.key(), &place.aad(), &field.sealed)?;
        let text = std::str::from_utf8(opened.expose());
        let text = text.map_err(|_| Error::internal("vault.open", "a part is not text"))?;
        Ok((field.name.clone(), Secret::new(text.to_owned())))
    };
    sealed.value.fields.iter().map(part).collect()
}
