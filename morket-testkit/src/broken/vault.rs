//! Vaults with one thing wrong.

use super::{
    Broken,
    defect::{Defect, Right, through},
    racy::dawdle,
};
use async_trait::async_trait;
use morket_core::{
    CredentialId, ErrorKind, JobId, Result, WorkspaceId,
    audit::NewAudit,
    vault::{
        CredentialStatus, KeyPlace, Purpose, SealedCredential, SealedValue, StoredCredential,
        Verify, WrappedKey,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "a credential is read without its tenant",
        must_fail: "p130_another_workspaces_credentials_are_not_found",
        walk: Some("p277_what_the_vault_refuses_has_one_kind"),
        wrap: |subject| through(subject, ReadsForeignCredentials::default()),
    },
    Broken {
        name: "the audit row of a refused credential stays",
        must_fail: "p092_a_refused_read_back_leaves_nothing",
        walk: None,
        wrap: |subject| through(subject, LogsRefused),
    },
    Broken {
        name: "a replacement is judged after it was written",
        must_fail: "p092_a_refused_replacement_leaves_the_old_value",
        walk: None,
        wrap: |subject| through(subject, JudgesLate),
    },
    Broken {
        name: "a rewrapped key is found under its old master",
        must_fail: "a_rewrapped_data_key_stands_in_the_place_of_the_old_one",
        walk: None,
        wrap: |subject| through(subject, KeepsOldWrappings::default()),
    },
    Broken {
        name: "a seal that was refused is counted",
        must_fail: "p089_seals_are_counted_up_to_the_budget",
        walk: None,
        wrap: |subject| through(subject, CountsRefusedSeals),
    },
    Broken {
        name: "a deleted workspace leaves its keys behind",
        must_fail: "p099_a_deleted_workspace_takes_its_keys_along",
        walk: None,
        wrap: |subject| through(subject, LeavesKeys::default()),
    },
    Broken {
        name: "a status that stands is noted again",
        must_fail: "a_status_is_noted_when_it_changes",
        walk: None,
        wrap: |subject| through(subject, NotesEveryStatus),
    },
    Broken {
        name: "a job's uses are looked up before one is noted",
        must_fail: "p195_the_tasks_of_a_job_write_one_audit_row",
        walk: None,
        wrap: |subject| through(subject, StaleUses::default()),
    },
    Broken {
        name: "a data key is looked up before it is put",
        must_fail: "one_data_key_stands_of_many_first_uses",
        walk: None,
        wrap: |subject| through(subject, StaleKeys),
    },
];

/// Whose a credential is, by its id alone.
#[derive(Default)]
struct ReadsForeignCredentials(Mutex<BTreeMap<CredentialId, WorkspaceId>>);

#[async_trait]
impl Defect for ReadsForeignCredentials {
    async fn put_credential(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        credential: SealedCredential,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        self.0.lock().unwrap().entry(credential.id).or_insert(workspace);
        right.store.put_credential(workspace, credential, verify, audit).await
    }

    async fn credential(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        id: CredentialId,
    ) -> Result<StoredCredential> {
        let owner = self.0.lock().unwrap().get(&id).copied().unwrap_or(workspace);
        match right.store.credential(workspace, id).await {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                right.store.credential(owner, id).await
            }
            other => other,
        }
    }
}

struct LogsRefused;

#[async_trait]
impl Defect for LogsRefused {
    async fn put_credential(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        credential: SealedCredential,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        let stored = right.store.put_credential(workspace, credential, verify, audit).await;
        if stored.as_ref().is_err_and(|it| it.kind() == ErrorKind::Internal) {
            right.store.audit(workspace, audit).await?;
        }
        stored
    }
}

struct JudgesLate;

#[async_trait]
impl Defect for JudgesLate {
    async fn replace_credential(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        id: CredentialId,
        value: SealedValue,
        verify: Verify,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        let accept: Verify = std::sync::Arc::new(|_| Ok(()));
        let replaced = right.store.replace_credential(workspace, id, value, accept, audit).await?;
        verify(&replaced.sealed.value.fields)?;
        Ok(replaced)
    }
}

/// Keys as they were before they were wrapped anew.
#[derive(Default)]
struct KeepsOldWrappings(Mutex<Vec<WrappedKey>>);

#[async_trait]
impl Defect for KeepsOldWrappings {
    async fn rewrap_data_key(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        expected: u32,
        key: WrappedKey,
        audit: NewAudit,
    ) -> Result<bool> {
        let (purpose, version) = (key.purpose, Some(key.version));
        let before = right.store.data_key(workspace, purpose, version).await?;
        let done = right.store.rewrap_data_key(workspace, expected, key, audit).await?;
        self.0.lock().unwrap().extend(before.filter(|_| done));
        Ok(done)
    }

    async fn data_keys_below(
        &self,
        right: &Right,
        version: u32,
        after: Option<KeyPlace>,
        limit: u32,
    ) -> Result<Vec<WrappedKey>> {
        let mut below = right.store.data_keys_below(version, after, limit).await?;
        let old = self.0.lock().unwrap();
        below.extend(old.iter().filter(|it| it.master_version < version).cloned());
        Ok(below)
    }
}

struct CountsRefusedSeals;

#[async_trait]
impl Defect for CountsRefusedSeals {
    async fn spend_seals(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        purpose: Purpose,
        version: u32,
        seals: u64,
    ) -> Result<bool> {
        let fits = right.store.spend_seals(workspace, purpose, version, seals).await?;
        if !fits {
            right.store.spend_seals(workspace, purpose, version, 1).await?;
        }
        Ok(fits)
    }
}

/// Data keys, by whose they are.
#[derive(Default)]
struct LeavesKeys(Mutex<Vec<WrappedKey>>, Mutex<BTreeSet<WorkspaceId>>);

#[async_trait]
impl Defect for LeavesKeys {
    async fn put_data_key(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        key: WrappedKey,
    ) -> Result<WrappedKey> {
        let stands = right.store.put_data_key(workspace, key).await?;
        self.0.lock().unwrap().push(stands.clone());
        Ok(stands)
    }

    async fn delete_workspace(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        audit: NewAudit,
    ) -> Result<()> {
        right.store.delete_workspace(workspace, audit).await?;
        self.1.lock().unwrap().insert(workspace);
        Ok(())
    }

    async fn data_keys_below(
        &self,
        right: &Right,
        version: u32,
        after: Option<KeyPlace>,
        limit: u32,
    ) -> Result<Vec<WrappedKey>> {
        let mut below = right.store.data_keys_below(version, after, limit).await?;
        let (keys, gone) = (self.0.lock().unwrap(), self.1.lock().unwrap());
        below.extend(keys.iter().filter(|it| gone.contains(&it.workspace)).cloned());
        Ok(below)
    }
}

struct NotesEveryStatus;

#[async_trait]
impl Defect for NotesEveryStatus {
    async fn set_credential_status(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        id: CredentialId,
        status: CredentialStatus,
        audit: NewAudit,
    ) -> Result<()> {
        let before = right.store.credential(workspace, id).await?.status;
        right.store.set_credential_status(workspace, id, status, audit).await?;
        if before == status {
            right.store.audit(workspace, audit).await?;
        }
        Ok(())
    }
}

/// Which job used which credential of which workspace.
type Uses = BTreeSet<(WorkspaceId, CredentialId, JobId)>;

#[derive(Default)]
struct StaleUses(Mutex<Uses>);

#[async_trait]
impl Defect for StaleUses {
    async fn use_credential(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        id: CredentialId,
        job: Option<JobId>,
        audit: NewAudit,
    ) -> Result<StoredCredential> {
        let Some(name) = job.map(|job| (workspace, id, job)) else {
            return right.store.use_credential(workspace, id, job, audit).await;
        };
        let was_there = self.0.lock().unwrap().contains(&name);
        dawdle().await;
        let used = right.store.use_credential(workspace, id, job, audit).await?;
        let overtaken = !self.0.lock().unwrap().insert(name) && !was_there;
        if overtaken {
            right.store.audit(workspace, audit).await?;
        }
        Ok(used)
    }
}

struct StaleKeys;

#[async_trait]
impl Defect for StaleKeys {
    async fn put_data_key(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        key: WrappedKey,
    ) -> Result<WrappedKey> {
        let (purpose, version) = (key.purpose, Some(key.version));
        let was_there = right.store.data_key(workspace, purpose, version).await?.is_some();
        dawdle().await;
        let stands = right.store.put_data_key(workspace, key.clone()).await?;
        Ok(if was_there { stands } else { key })
    }
}
