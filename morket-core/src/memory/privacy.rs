//! The suppression list.

use super::MemoryStore;
use crate::{
    Error, Result, Timestamp, WorkspaceId,
    audit::NewAudit,
    page::{Cursor, Limit, Page},
    privacy::{
        Added, BATCH, Fingerprint, NewSuppression, PrivacyKey, Receipt, Screening, Suppression,
        SuppressionStore,
    },
};
use async_trait::async_trait;
use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

/// Whom a workspace leaves alone, and whom it forgot.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Shelf {
    key: Option<PrivacyKey>,
    list: BTreeMap<Fingerprint, Suppression>,
    pub(super) receipts: BTreeMap<crate::ErasureId, Receipt>,
}

impl Shelf {
    /// Put entries on the list; what is there stays.
    pub(super) fn add(
        &mut self,
        entries: impl IntoIterator<Item = NewSuppression>,
        at: Timestamp,
    ) -> Vec<Added> {
        let add = |entry: NewSuppression| {
            if self.list.contains_key(&entry.fingerprint) {
                return Added::Existing;
            }
            self.list.insert(entry.fingerprint, Suppression { entry, at });
            Added::Added
        };
        entries.into_iter().map(add).collect()
    }

    fn page(
        &self,
        workspace: WorkspaceId,
        after: Option<Fingerprint>,
        limit: Limit,
    ) -> Page<Suppression> {
        let from = after.map_or(Unbounded, Excluded);
        let rows = self.list.range((from, Unbounded)).map(|(_, row)| row.clone());
        let rows = rows.take(limit.rows() as usize + 1).collect();
        Page::cut(rows, limit, self.list.len() as u64, |row: &Suppression| {
            Cursor::new("suppressions", workspace, &row.entry.fingerprint.0)
        })
    }
}

/// The entry that a listing goes on after.
fn place(cursor: &Cursor, workspace: WorkspaceId) -> Result<Fingerprint> {
    let key = cursor.key("suppressions", workspace)?;
    let key = <[u8; 32]>::try_from(key);
    key.map(Fingerprint)
        .map_err(|_| Error::invalid("page", "cursor", "it was not made by this listing"))
}

#[async_trait]
impl SuppressionStore for MemoryStore {
    async fn privacy_key(&self, workspace: WorkspaceId, fresh: PrivacyKey) -> Result<PrivacyKey> {
        self.step(|state, _| {
            let shelf = &mut state.tenant_mut("suppression.key", workspace)?.privacy;
            Ok(shelf.key.get_or_insert(fresh).clone())
        })
    }

    async fn suppress(
        &self,
        workspace: WorkspaceId,
        entries: Vec<NewSuppression>,
        audit: NewAudit,
    ) -> Result<Vec<Added>> {
        NewSuppression::validate_all(&entries)?;
        self.step(|state, now| {
            let tenant = state.tenant_mut("suppression.add", workspace)?;
            let added = tenant.privacy.add(entries, now);
            if added.contains(&Added::Added) {
                tenant.note(audit, now);
            }
            Ok(added)
        })
    }

    async fn unsuppress(
        &self,
        workspace: WorkspaceId,
        fingerprints: Vec<Fingerprint>,
        audit: NewAudit,
    ) -> Result<u32> {
        if fingerprints.len() > BATCH {
            return Err(Error::invalid(
                "suppression.remove",
                "fingerprints",
                "at most 1,000 at once",
            ));
        }
        self.step(|state, now| {
            let tenant = state.tenant_mut("suppression.remove", workspace)?;
            let list = &mut tenant.privacy.list;
            let gone = fingerprints.iter().filter(|it| list.remove(it).is_some()).count();
            if gone > 0 {
                tenant.note(audit, now);
            }
            Ok(u32::try_from(gone).unwrap_or(u32::MAX))
        })
    }

    async fn suppressions(
        &self,
        workspace: WorkspaceId,
        after: Option<Cursor>,
        limit: Limit,
    ) -> Result<Page<Suppression>> {
        let after = after.map(|cursor| place(&cursor, workspace)).transpose()?;
        self.step(|state, _| {
            Ok(state.tenant("suppression.list", workspace)?.privacy.page(workspace, after, limit))
        })
    }

    async fn count_suppressions(&self, workspace: WorkspaceId) -> Result<u64> {
        self.step(|state, _| {
            Ok(state.tenant("suppression.count", workspace)?.privacy.list.len() as u64)
        })
    }

    async fn screen(
        &self,
        workspace: WorkspaceId,
        fingerprints: Vec<Fingerprint>,
    ) -> Result<Screening> {
        Screening::validate(&fingerprints)?;
        self.step(|state, _| {
            let list = &state.tenant("suppression.screen", workspace)?.privacy.list;
            let listed = fingerprints.into_iter().filter(|it| list.contains_key(it)).collect();
            Ok(Screening { listed, empty: list.is_empty() })
        })
    }
}
