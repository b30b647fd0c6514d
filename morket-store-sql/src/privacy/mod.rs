//! The ports of privacy: the suppression list, and erasing.

mod answers;
mod erase;
mod expire;
mod rows;
mod search;

use crate::{
    OnConflict, Record, Scope, Session, SqlStore, Table, args, audit,
    query::{Writes, find, insert, number, select},
    store::live,
    workspace::lock,
};
use async_trait::async_trait;
use morket_core::{
    ErasureId, Error, Result, Timestamp, WorkspaceId,
    audit::NewAudit,
    page::{Cursor, Limit, Page},
    privacy::{
        Added, BATCH, Erasure, ErasureStore, Expiry, Fingerprint, NewSuppression, PrivacyKey,
        Receipt, Screening, Suppression, SuppressionStore,
    },
};
use rows::{KeyRow, ListRow, ReceiptRow};
use std::{collections::BTreeSet, sync::Arc};
use uuid::Uuid;

/// Tables that are declared whole.
pub(crate) static TABLES: &[&Table] = &[KeyRow::TABLE, ListRow::TABLE, ReceiptRow::TABLE];

/// The writes of entries that a settlement brings; those that are there stay.
pub(crate) fn collect(
    writes: &mut Writes,
    workspace: WorkspaceId,
    entries: Vec<NewSuppression>,
    at: Timestamp,
) {
    let rows = entries.into_iter().map(|entry| ListRow(workspace, Suppression { entry, at }));
    writes.insert(rows.collect(), OnConflict::Keep);
}

/// Put entries on the list in the middle of a transaction that holds the workspace's lock.
async fn add(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    entries: &[NewSuppression],
) -> Result<Vec<Added>> {
    let keys = entries.iter().map(|it| args![workspace, it.fingerprint.0]).collect();
    let there: Vec<ListRow> = find(session, &["workspace_id", "fingerprint"], keys).await?;
    let mut there: BTreeSet<Fingerprint> =
        there.into_iter().map(|it| it.1.entry.fingerprint).collect();
    let at = session.now();
    let (mut fresh, mut added) = (Vec::new(), Vec::with_capacity(entries.len()));
    for entry in entries {
        added.push(match there.insert(entry.fingerprint) {
            true => {
                fresh.push(ListRow(workspace, Suppression { entry: entry.clone(), at }));
                Added::Added
            }
            false => Added::Existing,
        });
    }
    insert(session, &fresh, OnConflict::Keep).await?;
    Ok(added)
}

async fn key_of(session: &mut dyn Session, workspace: WorkspaceId) -> Result<Option<PrivacyKey>> {
    let found: Vec<KeyRow> = select(session, "WHERE workspace_id = $1", args![workspace]).await?;
    Ok(found.into_iter().next().map(|it| it.1))
}

const COUNT: &str = "SELECT COUNT(*) FROM suppressions WHERE workspace_id = $1";

#[async_trait]
impl SuppressionStore for SqlStore {
    async fn privacy_key(&self, workspace: WorkspaceId, fresh: PrivacyKey) -> Result<PrivacyKey> {
        let known = self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                live(session, workspace).await?;
                key_of(session, workspace).await
            })
        });
        if let Some(known) = known.await? {
            return Ok(known);
        }
        let fresh = Arc::new(fresh);
        self.write(Scope::Tenant(workspace), move |session| {
            let fresh = PrivacyKey::clone(&fresh);
            Box::pin(async move {
                lock(session, workspace).await?;
                if let Some(known) = key_of(session, workspace).await? {
                    return Ok(known);
                }
                let row = KeyRow(workspace, fresh.clone(), session.now());
                insert(session, &[row], OnConflict::Fail).await?;
                Ok(fresh)
            })
        })
        .await
    }

    async fn suppress(
        &self,
        workspace: WorkspaceId,
        entries: Vec<NewSuppression>,
        audit: NewAudit,
    ) -> Result<Vec<Added>> {
        NewSuppression::validate_all(&entries)?;
        let entries = Arc::new(entries);
        self.write(Scope::Tenant(workspace), move |session| {
            let entries = entries.clone();
            Box::pin(async move {
                lock(session, workspace).await?;
                let added = add(session, workspace, &entries).await?;
                if added.contains(&Added::Added) {
                    audit::record(session, workspace, audit).await?;
                }
                Ok(added)
            })
        })
        .await
    }

    async fn unsuppress(
        &self,
        workspace: WorkspaceId,
        fingerprints: Vec<Fingerprint>,
        audit: NewAudit,
    ) -> Result<u32> {
        if fingerprints.len() > BATCH {
            let problem = "at most 1,000 at once";
            return Err(Error::invalid("suppression.remove", "fingerprints", problem));
        }
        let fingerprints = Arc::new(fingerprints);
        self.write(Scope::Tenant(workspace), move |session| {
            let fingerprints = fingerprints.clone();
            Box::pin(async move {
                lock(session, workspace).await?;
                let mut gone = 0;
                for fingerprint in fingerprints.iter() {
                    let sql = "DELETE FROM suppressions \
                               WHERE workspace_id = $1 AND fingerprint = $2";
                    gone += session.run(sql.into(), args![workspace, fingerprint.0]).await?;
                }
                if gone > 0 {
                    audit::record(session, workspace, audit).await?;
                }
                Ok(u32::try_from(gone).unwrap_or(u32::MAX))
            })
        })
        .await
    }

    async fn suppressions(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Suppression>> {
        let after = after.map(|it| it.key("suppressions", workspace)).transpose()?;
        let after = Arc::new(after.unwrap_or_default());
        self.read(Scope::Tenant(workspace), move |session| {
            let after = after.clone();
            Box::pin(async move {
                live(session, workspace).await?;
                let total = number(session, COUNT, args![workspace]).await?;
                let tail = "WHERE workspace_id = $1 AND fingerprint > $2 \
                            ORDER BY fingerprint LIMIT $3";
                let values = args![workspace, after.as_slice(), limit.rows() + 1];
                let rows: Vec<ListRow> = select(session, tail, values).await?;
                let rows = rows.into_iter().map(|it| it.1).collect();
                let total = u64::try_from(total).unwrap_or(0);
                Ok(Page::cut(rows, limit, total, |last: &Suppression| {
                    Cursor::new("suppressions", workspace, &last.entry.fingerprint.0)
                }))
            })
        })
        .await
    }

    async fn count_suppressions(&self, workspace: WorkspaceId) -> Result<u64> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                live(session, workspace).await?;
                let count = number(session, COUNT, args![workspace]).await?;
                Ok(u64::try_from(count).unwrap_or(0))
            })
        })
        .await
    }

    async fn screen(
        &self,
        workspace: WorkspaceId,
        fingerprints: Vec<Fingerprint>,
    ) -> Result<Screening> {
        Screening::validate(&fingerprints)?;
        let wanted: Arc<BTreeSet<Fingerprint>> = Arc::new(fingerprints.into_iter().collect());
        self.read(Scope::Tenant(workspace), move |session| {
            let wanted = wanted.clone();
            Box::pin(async move {
                live(session, workspace).await?;
                let sql = "SELECT 1 FROM suppressions WHERE workspace_id = $1 LIMIT 1";
                if session.rows(sql.into(), args![workspace]).await?.is_empty() {
                    return Ok(Screening { empty: true, ..Screening::default() });
                }
                let keys = wanted.iter().map(|it| args![workspace, it.0]).collect();
                let found: Vec<ListRow> =
                    find(session, &["workspace_id", "fingerprint"], keys).await?;
                let listed = found.into_iter().map(|it| it.1.entry.fingerprint).collect();
                Ok(Screening { listed, empty: false })
            })
        })
        .await
    }
}

#[async_trait]
impl ErasureStore for SqlStore {
    #[tracing::instrument(level = "debug", skip_all, fields(erasure = %erasure.id))]
    async fn forget(
        &self,
        workspace: WorkspaceId,
        erasure: Erasure,
        audit: NewAudit,
    ) -> Result<Receipt> {
        erasure.validate()?;
        let erasure = Arc::new(erasure);
        let receipt = self.write(Scope::Tenant(workspace), move |session| {
            let erasure = erasure.clone();
            Box::pin(async move { erase::forget(session, workspace, &erasure, audit).await })
        });
        let receipt = receipt.await?;
        self.scrub().await?;
        Ok(receipt)
    }

    async fn expire(
        &self,
        workspace: WorkspaceId,
        expiry: Expiry,
        audit: NewAudit,
    ) -> Result<Receipt> {
        expiry.validate()?;
        let receipt = self.write(Scope::Tenant(workspace), move |session| {
            Box::pin(expire::expire(session, workspace, expiry, audit))
        });
        let receipt = receipt.await?;
        if !receipt.erased.is_nothing() {
            self.scrub().await?;
        }
        Ok(receipt)
    }

    async fn receipt(&self, workspace: WorkspaceId, id: ErasureId) -> Result<Receipt> {
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                live(session, workspace).await?;
                let found = receipt(session, workspace, id).await?;
                found.ok_or_else(|| audit::missing("erasure.receipt", "receipt"))
            })
        })
        .await
    }

    async fn receipts(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Receipt>> {
        let after = after.map(|it| it.key("receipts", workspace)).transpose()?;
        let after = after.map(|it| Uuid::from_slice(&it)).transpose();
        let after = after
            .map_err(|_| Error::invalid("page", "cursor", "it was not made by this listing"))?;
        self.read(Scope::Tenant(workspace), move |session| {
            Box::pin(async move {
                live(session, workspace).await?;
                let sql = "SELECT COUNT(*) FROM erasures WHERE workspace_id = $1";
                let total = number(session, sql, args![workspace]).await?;
                let tail = "WHERE workspace_id = $1 AND id > $2 ORDER BY id LIMIT $3";
                let values = args![workspace, after.unwrap_or_default(), limit.rows() + 1];
                let rows: Vec<ReceiptRow> = select(session, tail, values).await?;
                let rows = rows.into_iter().map(|it| it.1).collect();
                let total = u64::try_from(total).unwrap_or(0);
                Ok(Page::cut(rows, limit, total, |last: &Receipt| {
                    Cursor::new("receipts", workspace, last.id.0.as_bytes())
                }))
            })
        })
        .await
    }
}

/// A receipt that was written before.
async fn receipt(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    id: ErasureId,
) -> Result<Option<Receipt>> {
    let tail = "WHERE workspace_id = $1 AND id = $2";
    let found: Vec<ReceiptRow> = select(session, tail, args![workspace, id]).await?;
    Ok(found.into_iter().next().map(|it| it.1))
}

/// Keep a receipt, with its audit row.
async fn keep(
    session: &mut dyn Session,
    workspace: WorkspaceId,
    receipt: Receipt,
    audit: NewAudit,
) -> Result<Receipt> {
    insert(session, &[ReceiptRow(workspace, receipt)], OnConflict::Fail).await?;
    audit::record(session, workspace, audit).await?;
    Ok(receipt)
}
