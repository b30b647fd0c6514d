//! The credential port: what it sees is wrapped and sealed, so it needs no key.

mod keys;
mod rows;
mod steps;

use crate::{Record, Scope, SqlStore, Table};
use async_trait::async_trait;
use morket_core::{
    CredentialId, JobId, Result, WorkspaceId,
    audit::NewAudit,
    vault::{
        CredentialStatus, CredentialStore, KeyPlace, Purpose, SealedCredential, SealedValue,
        StoredCredential, Verify, WrappedKey, refusal::backwards,
    },
};
use std::sync::Arc;

/// Tables that are declared whole.
pub(crate) static TABLES: &[&Table] = &[rows::KeyRow::TABLE, rows::CredentialRow::TABLE];

#[async_trait]
impl CredentialStore for SqlStore {
    async fn data_key(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: Option<u32>,
    ) -> Result<Option<WrappedKey>> {
        self.read(Scope::Tenant(workspace), move |session| match version {
            Some(version) => {
                Box::pin(keys::of_version(session, KeyPlace { workspace, purpose, version }))
            }
            None => Box::pin(keys::latest(session, workspace, purpose)),
        })
        .await
    }

    async fn put_data_key(&self, workspace: WorkspaceId, key: WrappedKey) -> Result<WrappedKey> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(keys::put(session, workspace, key.clone()))
        })
        .await
    }

    async fn spend_seals(
        &self,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: u32,
        seals: u64,
    ) -> Result<bool> {
        let place = KeyPlace { workspace, purpose, version };
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(keys::spend(session, place, seals))
        })
        .await
    }

    async fn rewrap_data_key(
        &self,
        workspace: WorkspaceId,
        expected_master_version: u32,
        key: WrappedKey,
        audit: NewAudit,
    ) -> Result<bool> {
        backwards(expected_master_version, &key)?;
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(keys::rewrap(session, workspace, expected_master_version, key.clone(), audit))
        })
        .await
    }

    async fn data_keys_below(
        &self,
        master_version: u32,
        after: Option<KeyPlace>,
        limit: u32,
    ) -> Result<Vec<WrappedKey>> {
        self.read(Scope::System, move |session| {
            Box::pin(keys::below(session, master_version, after, limit))
        })
        .await
    }

    async fn put_credential(
        &self,
        workspace: WorkspaceId,
        credential: SealedCredential,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        credential.validate()?;
        let given = Arc::new((credential, verify));
        self.write(Scope::Tenant(workspace), move |session| {
            let given = given.clone();
            Box::pin(async move { steps::put(session, workspace, &given.0, &given.1, audit).await })
        })
        .await
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
        let given = Arc::new((value, verify));
        self.write(Scope::Tenant(workspace), move |session| {
            let given = given.clone();
            Box::pin(async move {
                steps::replace(session, workspace, id, &given.0, &given.1, audit).await
            })
        })
        .await
    }

    async fn credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
    ) -> Result<StoredCredential> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::get(session, workspace, id))
        })
        .await
    }

    async fn credentials(&self, workspace: WorkspaceId) -> Result<Vec<StoredCredential>> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::list(session, workspace))
        })
        .await
    }

    async fn set_credential_status(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        status: CredentialStatus,
        audit: NewAudit,
    ) -> Result<()> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::set_status(session, workspace, id, status, audit))
        })
        .await
    }

    async fn use_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        job: Option<JobId>,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::open(session, workspace, id, job, audit))
        })
        .await
    }

    async fn delete_credential(
        &self,
        workspace: WorkspaceId,
        id: CredentialId,
        audit: NewAudit,
    ) -> Result<()> {
        self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(steps::delete(session, workspace, id, audit))
        })
        .await
    }
}
