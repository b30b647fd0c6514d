//! Steps on data keys, with the workspace's row locked by those that write.

use super::rows::KeyRow;
use crate::{
    OnConflict, Session, Value, args, audit,
    query::{insert, save, select},
    store::live,
    workspace::lock,
};
use morket_core::{
    Result, WorkspaceId,
    audit::NewAudit,
    vault::{
        KeyPlace, Purpose, SealBudget, WrappedKey,
        refusal::{foreign_key, no_key},
    },
};

pub(super) async fn latest(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    purpose: Purpose,
) -> Result<Option<WrappedKey>> {
    live(session, workspace).await?;
    let tail = "WHERE workspace_id = $1 AND purpose = $2 ORDER BY version DESC LIMIT 1";
    let found: Vec<KeyRow> = select(session, tail, args![workspace, purpose.code()]).await?;
    Ok(found.into_iter().next().map(|row| row.key))
}

pub(super) async fn of_version(
    session: &mut dyn Session,
    place: KeyPlace,
) -> Result<Option<WrappedKey>> {
    live(session, place.workspace).await?;
    Ok(row(session, place).await?.map(|row| row.key))
}

/// One key's row; in a workspace that is locked nobody else changes it.
async fn row(session: &mut dyn Session, place: KeyPlace) -> Result<Option<KeyRow>> {
    let KeyPlace { workspace, purpose, version } = place;
    let tail = "WHERE workspace_id = $1 AND purpose = $2 AND version = $3";
    let found = select(session, tail, args![workspace, purpose.code(), version]).await?;
    Ok(found.into_iter().next())
}

/// The row of a key that must be there.
pub(super) async fn must_be(
    session: &mut dyn Session,
    operation: &'static str,
    place: KeyPlace,
) -> Result<KeyRow> {
    row(session, place).await?.ok_or_else(|| no_key(operation))
}

pub(super) async fn put(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    key: WrappedKey,
) -> Result<WrappedKey> {
    lock(session, workspace).await?;
    foreign_key("vault.put_data_key", workspace, &key)?;
    let place = key.place();
    let new = KeyRow { key, budget: SealBudget::default() };
    insert(session, &[new], OnConflict::Keep).await?;
    Ok(must_be(session, "vault.put_data_key", place).await?.key)
}

pub(super) async fn spend(session: &mut dyn Session, place: KeyPlace, seals: u64) -> Result<bool> {
    lock(session, place.workspace).await?;
    let mut row = must_be(session, "vault.spend_seals", place).await?;
    if row.budget.spend(seals).is_err() {
        return Ok(false);
    }
    save(session, &["seals"], &[row]).await?;
    Ok(true)
}

pub(super) async fn rewrap(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    expected_master_version: u32,
    key: WrappedKey,
    audit: NewAudit,
) -> Result<bool> {
    lock(session, workspace).await?;
    foreign_key("vault.rewrap_data_key", workspace, &key)?;
    let mut row = must_be(session, "vault.rewrap_data_key", key.place()).await?;
    if row.key.master_version != expected_master_version {
        return Ok(false);
    }
    row.key = key;
    save(session, &["master_version", "sealed"], &[row]).await?;
    audit::record(session, workspace, audit).await?;
    Ok(true)
}

pub(super) async fn below(
    session: &mut dyn Session,
    master_version: u32,
    after: Option<KeyPlace>,
    limit: u32,
) -> Result<Vec<WrappedKey>> {
    let order = "ORDER BY workspace_id, purpose, version LIMIT";
    let (tail, values): (String, Vec<Value>) = match after {
        Some(KeyPlace { workspace, purpose, version }) => (
            format!(
                "WHERE master_version < $1 \
                 AND (workspace_id, purpose, version) > ($2, $3, $4) {order} $5"
            ),
            args![master_version, workspace, purpose.code(), version, limit],
        ),
        None => (format!("WHERE master_version < $1 {order} $2"), args![master_version, limit]),
    };
    let rows: Vec<KeyRow> = select(session, &tail, values).await?;
    Ok(rows.into_iter().map(|row| row.key).collect())
}
