//! Data keys and credentials as rows.

use crate::{Record, Row, Value, args, table};
use morket_core::{
    CredentialId, Error, Result, UserId, WorkspaceId,
    name::ProviderSlug,
    vault::{
        CredentialStatus, SealBudget, SealedCredential, SealedValue, StoredCredential, WrappedKey,
        decode_fields, encode_fields,
    },
};

/// A data key with how often it has sealed.
pub(super) struct KeyRow {
    pub(super) key: WrappedKey,
    pub(super) budget: SealBudget,
}

impl Record for KeyRow {
    const TABLE: &'static crate::Table = table!(
        "workspace_keys", key ["workspace_id", "purpose", "version"], {
        workspace_id: Uuid, purpose: Text, version: Int, master_version: Int, sealed: Bytes,
        seals: Int,
    });

    fn values(&self) -> Vec<Value> {
        let key = &self.key;
        args![
            key.workspace,
            key.purpose.code(),
            key.version,
            key.master_version,
            key.sealed.as_slice(),
            i64::try_from(self.budget.used()).unwrap_or(i64::MAX),
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let key = WrappedKey {
            workspace: WorkspaceId(row.uuid()?),
            purpose: row.text()?.parse()?,
            version: row.small()?,
            master_version: row.small()?,
            sealed: row.bytes()?,
        };
        let used = u64::try_from(row.int()?);
        let used = used.map_err(|_| Error::internal("vault.seals", "a count below zero"))?;
        Ok(Self { key, budget: SealBudget::resume(used) })
    }
}

/// A credential with the workspace it belongs to.
pub(super) struct CredentialRow(pub(super) WorkspaceId, pub(super) StoredCredential);

impl Record for CredentialRow {
    const TABLE: &'static crate::Table = table!("credentials", key ["workspace_id", "id"], {
        workspace_id: Uuid, id: Uuid, provider: Text, name: Text, fields: Bytes,
        data_key_version: Int, mask: Text, status: Int, created_by: Uuid, created_at: Int,
        last_used_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let Self(workspace, StoredCredential { sealed, status, created_at, last_used_at }) = self;
        args![
            *workspace,
            sealed.id,
            sealed.provider.as_str(),
            sealed.name.as_str(),
            encode_fields(&sealed.value.fields),
            sealed.value.data_key_version,
            sealed.value.mask.as_str(),
            *status as u8,
            sealed.created_by,
            *created_at,
            *last_used_at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, id) = (WorkspaceId(row.uuid()?), CredentialId(row.uuid()?));
        let (provider, name) = (ProviderSlug::new(row.text()?)?, row.text()?);
        let value = SealedValue {
            fields: decode_fields(&row.bytes()?)?,
            data_key_version: row.small()?,
            mask: row.text()?,
        };
        let status = row.one_of(CredentialStatus::from_number)?;
        let created_by = row.maybe_uuid()?.map(UserId);
        let sealed = SealedCredential { id, provider, name, value, created_by };
        let (created_at, last_used_at) = (row.time()?, row.maybe_time()?);
        Ok(Self(workspace, StoredCredential { sealed, status, created_at, last_used_at }))
    }
}
