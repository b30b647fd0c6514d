//! The promises of [`CredentialStore`](morket_core::vault::CredentialStore). What it keeps is bytes
//! to it, so the cases seal nothing: any bytes will do.

mod change;
mod key;
mod rotation;
mod tenant;
mod usage;
mod value;

use crate::{Subject, fresh};
use morket_core::{
    CredentialId, Error, Result, WorkspaceId,
    audit::{Action, NewAudit},
    name::FieldName,
    page::Limit,
    vault::{
        Purpose, SealedCredential, SealedField, SealedValue, StoredCredential, Verify, WrappedKey,
    },
};
use std::sync::Arc;
use uuid::Uuid;

cases! {
    ($)
    /// Every promise of the credential port, as tests over what `$make` gives.
    credential_suite;
    key {
        a_data_key_reads_as_it_was_put,
        a_data_key_that_stands_stays,
        one_data_key_stands_of_many_first_uses,
        a_data_key_that_names_another_workspace_is_not_found,
        p089_seals_are_counted_up_to_the_budget,
        p089_the_seals_of_many_at_once_stay_within_the_budget,
        the_seals_of_a_missing_data_key_are_refused,
    }
    rotation {
        a_rewrapped_data_key_stands_in_the_place_of_the_old_one,
        p093_one_of_many_rewrappings_at_once_wins,
        a_rewrapping_that_comes_too_late_changes_nothing,
        a_rewrapping_never_goes_back,
        a_missing_data_key_is_not_rewrapped,
        p093_a_walk_sees_every_data_key_below_once,
    }
    value {
        a_credential_reads_as_it_was_stored,
        p092_a_refused_read_back_leaves_nothing,
        p092_the_read_back_is_what_a_reader_is_given,
        a_credential_that_is_put_again_changes_nothing,
        a_credential_id_that_is_taken_is_refused,
        many_puts_of_one_credential_store_it_once,
        a_credential_whose_data_key_is_missing_is_refused,
        a_credential_without_proper_name_or_parts_is_refused,
    }
    change {
        a_replaced_value_keeps_what_it_belongs_to,
        p092_a_refused_replacement_leaves_the_old_value,
        the_value_that_stands_is_no_replacement,
        replacements_at_once_stay_whole,
        a_status_is_noted_when_it_changes,
        a_removed_credential_is_gone,
        one_of_many_removals_finds_the_credential,
    }
    usage {
        p195_a_job_uses_a_credential_in_one_audit_row,
        p195_the_tasks_of_a_job_write_one_audit_row,
        p195_without_a_job_each_use_writes_an_audit_row,
        a_use_is_the_last_use,
    }
    tenant {
        credentials_are_listed_by_provider_name_and_id,
        p130_another_workspaces_credentials_are_not_found,
        p137_a_credential_id_is_its_workspaces_own,
        p099_a_deleted_workspace_takes_its_keys_along,
        an_absent_workspace_has_no_vault,
    }
}

/// A workspace and what one does with its vault.
#[derive(Clone)]
pub(crate) struct Safe {
    pub(crate) subject: Subject,
    pub(crate) workspace: WorkspaceId,
}

impl Safe {
    /// One without a data key.
    async fn empty(subject: &Subject) -> Self {
        Self { subject: subject.clone(), workspace: subject.workspace(0).await }
    }

    /// One with a first data key.
    pub(crate) async fn new(subject: &Subject) -> Self {
        let safe = Self::empty(subject).await;
        safe.put_key(safe.key(1, 1)).await.unwrap();
        safe
    }

    /// A data key with bytes of its own.
    pub(crate) fn key(&self, version: u32, master_version: u32) -> WrappedKey {
        let sealed = fresh::<Uuid>().as_bytes().to_vec();
        let (workspace, purpose) = (self.workspace, Purpose::Credentials);
        WrappedKey { workspace, purpose, version, master_version, sealed }
    }

    pub(crate) async fn put_key(&self, key: WrappedKey) -> Result<WrappedKey> {
        self.subject.store.put_data_key(self.workspace, key).await
    }

    async fn latest_key(&self) -> Option<WrappedKey> {
        let found = self.subject.store.data_key(self.workspace, Purpose::Credentials, None);
        found.await.unwrap()
    }

    pub(crate) async fn spend(&self, version: u32, seals: u64) -> Result<bool> {
        let (store, purpose) = (&self.subject.store, Purpose::Credentials);
        store.spend_seals(self.workspace, purpose, version, seals).await
    }

    pub(crate) async fn rewrap(&self, expected: u32, key: WrappedKey) -> Result<bool> {
        let audit = NewAudit { actor: None, action: Action::KeyRewrapped, object: None };
        self.subject.store.rewrap_data_key(self.workspace, expected, key, audit).await
    }

    pub(crate) async fn put(
        &self,
        new: SealedCredential,
        verify: Verify,
    ) -> Result<StoredCredential> {
        let audit = audit(Action::CredentialCreated, new.id);
        self.subject.store.put_credential(self.workspace, new, verify, audit).await
    }

    /// A credential that is there.
    pub(crate) async fn stored(&self) -> StoredCredential {
        self.put(credential("hunter", "Main"), accept()).await.unwrap()
    }

    pub(crate) async fn replace(
        &self,
        id: CredentialId,
        value: SealedValue,
        verify: Verify,
    ) -> Result<StoredCredential> {
        let audit = audit(Action::CredentialUpdated, id);
        self.subject.store.replace_credential(self.workspace, id, value, verify, audit).await
    }

    pub(crate) async fn get(&self, id: CredentialId) -> Result<StoredCredential> {
        self.subject.store.credential(self.workspace, id).await
    }

    pub(crate) async fn list(&self) -> Vec<StoredCredential> {
        self.subject.store.credentials(self.workspace).await.unwrap()
    }

    pub(crate) async fn delete(&self, id: CredentialId) -> Result<()> {
        let audit = audit(Action::CredentialDeleted, id);
        self.subject.store.delete_credential(self.workspace, id, audit).await
    }

    /// What was noted since the workspace was created.
    async fn log(&self) -> Vec<NewAudit> {
        let limit = Limit::new(Limit::MAX).unwrap();
        let log = self.subject.store.audit_log(self.workspace, None, limit).await.unwrap();
        log.rows.into_iter().skip(1).map(|row| row.audit).collect()
    }
}

pub(crate) fn audit(action: Action, id: CredentialId) -> NewAudit {
    NewAudit { actor: Some(fresh()), action, object: Some(id.0) }
}

/// A credential with a value of its own, under the first data key.
pub(crate) fn credential(provider: &str, name: &str) -> SealedCredential {
    SealedCredential {
        id: fresh(),
        provider: provider.parse().unwrap(),
        name: name.to_owned(),
        value: value(),
        created_by: Some(fresh()),
    }
}

/// A value of two parts, unlike any other.
pub(crate) fn value() -> SealedValue {
    let part = |name| field(name, fresh::<Uuid>().as_bytes());
    let fields = vec![part("api_key"), part("api_secret")];
    SealedValue { fields, data_key_version: 1, mask: "••••1234".to_owned() }
}

pub(crate) fn field(name: &str, sealed: &[u8]) -> SealedField {
    SealedField { name: FieldName::new(name).unwrap(), sealed: sealed.to_vec() }
}

/// A read-back that finds nothing wrong.
pub(crate) fn accept() -> Verify {
    Arc::new(|_| Ok(()))
}

/// A read-back that does not find what was given.
pub(crate) fn refuse() -> Verify {
    Arc::new(|_| Err(Error::internal("suite.verify", "not what was given")))
}
