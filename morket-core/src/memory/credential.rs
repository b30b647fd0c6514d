//! Data keys and credentials.

use super::{MemoryStore, State, Tenant};
use crate::{
    CredentialId, JobId, Result, Timestamp, WorkspaceId,
    audit::NewAudit,
    vault::{
        CredentialStatus, CredentialStore, KeyPlace, Purpose, SealBudget, SealedCredential,
        SealedValue, StoredCredential, Verify, WrappedKey,
        refusal::{backwards, foreign_key, no_credential, no_key},
    },
};
use async_trait::async_trait;
use std::collections::{BTreeMap, BTreeSet};

/// A data key and what was sealed with it.
#[cfg_attr(test, derive(Debug))]
struct KeyRow {
    key: WrappedKey,
    budget: SealBudget,
}

/// What a workspace has in the vault; it goes with the workspace.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Safe {
    keys: BTreeMap<(&'static str, u32), KeyRow>,
    credentials: BTreeMap<CredentialId, StoredCredential>,
    uses: BTreeSet<(CredentialId, JobId)>,
}

impl Safe {
    fn latest(&self, purpose: Purpose) -> Option<&KeyRow> {
        let of_purpose = (purpose.code(), 0)..=(purpose.code(), u32::MAX);
        self.keys.range(of_purpose).next_back().map(|(_, row)| row)
    }

    fn key_mut(
        &mut self,
        operation: &'static str,
        purpose: Purpose,
        version: u32,
    ) -> Result<&mut KeyRow> {
        self.keys.get_mut(&(purpose.code(), version)).ok_or_else(|| no_key(operation))
    }

    fn get(&self, operation: &'static str, id: CredentialId) -> Result<&StoredCredential> {
        self.credentials.get(&id).ok_or_else(|| no_credential(operation))
    }

    /// Refuse a value whose data key is not there, or that does not read back as it should.
    fn check(&self, operation: &'static str, value: &SealedValue, verify: &Verify) -> Result<()> {
        if !self.keys.contains_key(&(Purpose::Credentials.code(), value.data_key_version)) {
            return Err(no_key(operation));
        }
        verify(&value.fields)
    }
}

impl Tenant {
    fn put_credential(
        &mut self,
        new: SealedCredential,
        verify: &Verify,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<StoredCredential> {
        if let Some(found) = self.safe.credentials.get(&new.id) {
            return found.clone().repeated(&new);
        }
        self.safe.check("vault.put_credential", &new.value, verify)?;
        let stored = new.stored(now);
        self.safe.credentials.insert(stored.sealed.id, stored.clone());
        self.note(audit, now);
        Ok(stored)
    }

    fn replace_credential(
        &mut self,
        id: CredentialId,
        value: &SealedValue,
        verify: &Verify,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<StoredCredential> {
        let found = self.safe.get("vault.replace_credential", id)?.clone();
        let Some(changed) = found.clone().replaced(value) else { return Ok(found) };
        self.safe.check("vault.replace_credential", value, verify)?;
        self.safe.credentials.insert(id, changed.clone());
        self.note(audit, now);
        Ok(changed)
    }

    fn use_credential(
        &mut self,
        id: CredentialId,
        job: Option<JobId>,
        audit: NewAudit,
        now: Timestamp,
    ) -> Result<StoredCredential> {
        let missing = || no_credential("vault.use_credential");
        let found = self.safe.credentials.get_mut(&id).ok_or_else(missing)?;
        found.last_used_at = Some(now);
        let found = found.clone();
        if job.is_none_or(|job| self.safe.uses.insert((id, job))) {
            self.note(audit, now);
        }
        Ok(found)
    }
}

impl State {
    fn data_keys_below(
        &self,
        master_version: u32,
        after: Option<KeyPlace>,
        limit: u32,
    ) -> Vec<WrappedKey> {
        let place = |it: KeyPlace| (it.workspace, it.purpose.code(), it.version);
        let after = after.map(place);
        let all = self.tenants.values().flat_map(|tenant| tenant.safe.keys.values());
        all.map(|row| &row.key)
            .filter(|key| key.master_version < master_version && Some(place(key.place())) > after)
            .take(limit as usize)
            .cloned()
            .collect()
    }
}

#[async_trait]
impl CredentialStore for MemoryStore {
    async fn data_key(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: Option<u32>,
    ) -> Result<Option<WrappedKey>> {
        self.step(|state, _| {
            let safe = &state.tenant("vault.data_key", workspace)?.safe;
            let found = match version {
                Some(version) => safe.keys.get(&(purpose.code(), version)),
                None => safe.latest(purpose),
            };
            Ok(found.map(|row| row.key.clone()))
        })
    }

    async fn put_data_key(&self, workspace: WorkspaceId, key: WrappedKey) -> Result<WrappedKey> {
        self.step(|state, _| {
            let safe = &mut state.tenant_mut("vault.put_data_key", workspace)?.safe;
            foreign_key("vault.put_data_key", workspace, &key)?;
            let place = (key.purpose.code(), key.version);
            let new = KeyRow { key, budget: SealBudget::default() };
            Ok(safe.keys.entry(place).or_insert(new).key.clone())
        })
    }

    async fn spend_seals(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: u32,
        seals: u64,
    ) -> Result<bool> {
        self.step(|state, _| {
            let safe = &mut state.tenant_mut("vault.spend_seals", workspace)?.safe;
            let row = safe.key_mut("vault.spend_seals", purpose, version)?;
            Ok(row.budget.spend(seals).is_ok())
        })
    }

    async fn rewrap_data_key(
        &self,
        workspace: WorkspaceId,
        expected_master_version: u32,
        key: WrappedKey,
        audit: NewAudit,
    ) -> Result<bool> {
        backwards(expected_master_version, &key)?;
        self.step(|state, now| {
            let tenant = state.tenant_mut("vault.rewrap_data_key", workspace)?;
            foreign_key("vault.rewrap_data_key", workspace, &key)?;
            let row = tenant.safe.key_mut("vault.rewrap_data_key", key.purpose, key.version)?;
            if row.key.master_version != expected_master_version {
                return Ok(false);
            }
            row.key = key;
            tenant.note(audit, now);
            Ok(true)
        })
    }

    async fn data_keys_below(
        &self,
        master_version: u32,
        after: Option<KeyPlace>,
        limit: u32,
    ) -> Result<Vec<WrappedKey>> {
        self.step(|state, _| Ok(state.data_keys_below(master_version, after, limit)))
    }

    async fn put_credential(
        &self,
        workspace: WorkspaceId,
        credential: SealedCredential,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        credential.validate()?;
        self.step(|state, now| {
            let tenant = state.tenant_mut("vault.put_credential", workspace)?;
            tenant.put_credential(credential, &verify, audit, now)
        })
    }

    async fn replace_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        value: SealedValue,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        value.validate()?;
        self.step(|state, now| {
            let tenant = state.tenant_mut("vault.replace_credential", workspace)?;
            tenant.replace_credential(id, &value, &verify, audit, now)
        })
    }

    async fn credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
    ) -> Result<StoredCredential> {
        self.step(|state, _| {
            state.tenant("vault.credential", workspace)?.safe.get("vault.credential", id).cloned()
        })
    }

    async fn credentials(&self, workspace: WorkspaceId) -> Result<Vec<StoredCredential>> {
        self.step(|state, _| {
            let safe = &state.tenant("vault.credentials", workspace)?.safe;
            let mut all: Vec<_> = safe.credentials.values().cloned().collect();
            let key = |it: &StoredCredential| (it.sealed.provider.clone(), it.sealed.name.clone());
            all.sort_by_cached_key(key);
            Ok(all)
        })
    }

    async fn set_credential_status(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        status: CredentialStatus,
        audit: NewAudit,
    ) -> Result<()> {
        self.step(|state, now| {
            let tenant = state.tenant_mut("vault.set_credential_status", workspace)?;
            let missing = || no_credential("vault.set_credential_status");
            let found = tenant.safe.credentials.get_mut(&id).ok_or_else(missing)?;
            if std::mem::replace(&mut found.status, status) != status {
                tenant.note(audit, now);
            }
            Ok(())
        })
    }

    async fn use_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        job: Option<JobId>,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        self.step(|state, now| {
            let tenant = state.tenant_mut("vault.use_credential", workspace)?;
            tenant.use_credential(id, job, audit, now)
        })
    }

    async fn delete_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        audit: NewAudit,
    ) -> Result<()> {
        self.step(|state, now| {
            let tenant = state.tenant_mut("vault.delete_credential", workspace)?;
            let safe = &mut tenant.safe;
            let gone = safe.credentials.remove(&id);
            gone.ok_or_else(|| no_credential("vault.delete_credential"))?;
            safe.uses.retain(|(credential, _)| *credential != id);
            tenant.note(audit, now);
            Ok(())
        })
    }
}
