//! Steps on credentials, with the workspace's row locked by those that write.

use super::{keys, rows::CredentialRow};
use crate::{
    OnConflict, Session, args, audit,
    query::{insert, save, select},
    store::live,
    workspace::lock,
};
use morket_core::{
    CredentialId, JobId, Result, WorkspaceId,
    audit::NewAudit,
    vault::{
        CredentialStatus, KeyPlace, Purpose, SealedCredential, SealedValue, StoredCredential,
        Verify, refusal::no_credential,
    },
};

async fn find(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: CredentialId,
) -> Result<Option<StoredCredential>> {
    let tail = "WHERE workspace_id = $1 AND id = $2";
    let found: Vec<CredentialRow> = select(session, tail, args![workspace, id]).await?;
    Ok(found.into_iter().next().map(|row| row.1))
}

async fn must_be(
    session: &mut dyn Session,
    operation: &'static str,
    workspace: WorkspaceId,
    id: CredentialId,
) -> Result<StoredCredential> {
    find(session, workspace, id).await?.ok_or_else(|| no_credential(operation))
}

/// Refuse a value whose data key is gone: it would rest where nobody can open it.
async fn key_is_there(
    session: &mut dyn Session,
    operation: &'static str,
    workspace: WorkspaceId,
    value: &SealedValue,
) -> Result<()> {
    let (purpose, version) = (Purpose::Credentials, value.data_key_version);
    keys::must_be(session, operation, KeyPlace { workspace, purpose, version }).await.map(drop)
}

/// What a reader would be given now, judged before it is committed.
async fn read_back(
    session: &mut dyn Session,
    operation: &'static str,
    workspace: WorkspaceId,
    id: CredentialId,
    verify: &Verify,
) -> Result<StoredCredential> {
    let stored = must_be(session, operation, workspace, id).await?;
    verify(&stored.sealed.value.fields)?;
    Ok(stored)
}

pub(super) async fn put(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    new: &SealedCredential,
    verify: &Verify,
    audit: NewAudit,
) -> Result<StoredCredential> {
    let operation = "vault.put_credential";
    lock(session, workspace).await?;
    if let Some(found) = find(session, workspace, new.id).await? {
        return found.repeated(new);
    }
    key_is_there(session, operation, workspace, &new.value).await?;
    let row = CredentialRow(workspace, new.clone().stored(session.now()));
    insert(session, &[row], OnConflict::Fail).await?;
    let stored = read_back(session, operation, workspace, new.id, verify).await?;
    audit::record(session, workspace, audit).await?;
    Ok(stored)
}

pub(super) async fn replace(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: CredentialId,
    value: &SealedValue,
    verify: &Verify,
    audit: NewAudit,
) -> Result<StoredCredential> {
    let operation = "vault.replace_credential";
    lock(session, workspace).await?;
    let found = must_be(session, operation, workspace, id).await?;
    let Some(changed) = found.clone().replaced(value) else { return Ok(found) };
    key_is_there(session, operation, workspace, value).await?;
    let set = &["fields", "data_key_version", "mask", "status"];
    save(session, set, &[CredentialRow(workspace, changed)]).await?;
    let stored = read_back(session, operation, workspace, id, verify).await?;
    audit::record(session, workspace, audit).await?;
    Ok(stored)
}

pub(super) async fn get(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: CredentialId,
) -> Result<StoredCredential> {
    live(session, workspace).await?;
    must_be(session, "vault.credential", workspace, id).await
}

pub(super) async fn list(
    session: &mut dyn Session,
    workspace: WorkspaceId,
) -> Result<Vec<StoredCredential>> {
    live(session, workspace).await?;
    let tail = "WHERE workspace_id = $1 ORDER BY provider, name, id";
    let rows: Vec<CredentialRow> = select(session, tail, args![workspace]).await?;
    Ok(rows.into_iter().map(|row| row.1).collect())
}

pub(super) async fn set_status(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: CredentialId,
    status: CredentialStatus,
    audit: NewAudit,
) -> Result<()> {
    lock(session, workspace).await?;
    let mut found = must_be(session, "vault.set_credential_status", workspace, id).await?;
    if found.status == status {
        return Ok(());
    }
    found.status = status;
    save(session, &["status"], &[CredentialRow(workspace, found)]).await?;
    audit::record(session, workspace, audit).await
}

pub(super) async fn open(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: CredentialId,
    job: Option<JobId>,
    audit: NewAudit,
) -> Result<StoredCredential> {
    lock(session, workspace).await?;
    let mut found = must_be(session, "vault.use_credential", workspace, id).await?;
    found.last_used_at = Some(session.now());
    save(session, &["last_used_at"], &[CredentialRow(workspace, found.clone())]).await?;
    let first = match job {
        Some(job) => {
            let sql = "INSERT INTO credential_uses (workspace_id, credential_id, job_id) \
                       VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
            session.run(sql.into(), args![workspace, id, job]).await? == 1
        }
        None => true,
    };
    if first {
        audit::record(session, workspace, audit).await?;
    }
    Ok(found)
}

pub(super) async fn delete(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: CredentialId,
    audit: NewAudit,
) -> Result<()> {
    lock(session, workspace).await?;
    let sql = "DELETE FROM credentials WHERE workspace_id = $1 AND id = $2";
    if session.run(sql.into(), args![workspace, id]).await? == 0 {
        return Err(no_credential("vault.delete_credential"));
    }
    let sql = "DELETE FROM credential_uses WHERE workspace_id = $1 AND credential_id = $2";
    session.run(sql.into(), args![workspace, id]).await?;
    audit::record(session, workspace, audit).await
}
