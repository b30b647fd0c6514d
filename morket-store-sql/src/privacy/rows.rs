//! Keys, entries and receipts as rows.

use crate::{Record, Row, Table, Value, args, table};
use morket_core::{
    ErasureId, Result, Timestamp, WorkspaceId,
    privacy::{
        Cause, Erased, Fingerprint, IdentifierKind, NewSuppression, PrivacyKey, Receipt, Source,
        Suppression,
    },
};

/// What a workspace's fingerprints are made with.
pub(super) struct KeyRow(pub(super) WorkspaceId, pub(super) PrivacyKey, pub(super) Timestamp);

impl Record for KeyRow {
    const TABLE: &'static Table = table!("privacy_keys", key ["workspace_id"], {
        workspace_id: Uuid, key: Bytes, created_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        args![self.0, *self.1.expose(), self.2]
    }

    fn read(row: &mut Row) -> Result<Self> {
        Ok(Self(WorkspaceId(row.uuid()?), PrivacyKey::new(row.hash()?), row.time()?))
    }
}

/// An entry under its tenant.
pub(super) struct ListRow(pub(super) WorkspaceId, pub(super) Suppression);

impl Record for ListRow {
    const TABLE: &'static Table = table!("suppressions", key ["workspace_id", "fingerprint"], {
        workspace_id: Uuid, fingerprint: Bytes, kind: Int, source: Int, reason: Text, at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let Suppression { entry, at } = &self.1;
        args![
            self.0,
            entry.fingerprint.0,
            entry.kind as u8,
            entry.source as u8,
            entry.reason.as_deref(),
            *at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, fingerprint) = (WorkspaceId(row.uuid()?), Fingerprint(row.hash()?));
        let kind = row.one_of(IdentifierKind::from_number)?;
        let (source, reason) = (row.one_of(Source::from_number)?, row.maybe_text()?);
        let entry = NewSuppression { fingerprint, kind, source, reason };
        Ok(Self(workspace, Suppression { entry, at: row.time()? }))
    }
}

/// A receipt under its tenant.
pub(super) struct ReceiptRow(pub(super) WorkspaceId, pub(super) Receipt);

impl Record for ReceiptRow {
    const TABLE: &'static Table = table!("erasures", key ["workspace_id", "id"], {
        workspace_id: Uuid, id: Uuid, cause: Int, subject: Bytes, records: Int, cells: Int,
        calls: Int, lookups: Int, events: Int, suppressed: Int, at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let Receipt { id, cause, subject, erased, at } = self.1;
        args![
            self.0,
            id,
            cause as u8,
            subject.map(|it| it.0.to_vec()),
            erased.records,
            erased.cells,
            erased.calls,
            erased.lookups,
            erased.events,
            erased.suppressed,
            at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, id) = (WorkspaceId(row.uuid()?), ErasureId(row.uuid()?));
        let cause = row.one_of(Cause::from_number)?;
        let subject = row.maybe_bytes()?.and_then(|it| it.try_into().ok()).map(Fingerprint);
        let erased = Erased {
            records: row.small()?,
            cells: row.small()?,
            calls: row.small()?,
            lookups: row.small()?,
            events: row.small()?,
            suppressed: row.small()?,
        };
        Ok(Self(workspace, Receipt { id, cause, subject, erased, at: row.time()? }))
    }
}
