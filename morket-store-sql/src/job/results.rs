//! Steps, cells, lookups, spend and counters as rows. Names stand there as numbers.

use crate::{Record, Row, Value, args, names::Book as Names, table};
use morket_core::{
    CallId, Credits, JobId, Result, Timestamp, WorkspaceId,
    job::{
        CallState, CellRow, CellSource, CellStatus, CellWrite, LookupRow, LookupWrite, Spend,
        StepOutcome, StepRow, StepWrite,
    },
    name::{FieldName, ProviderSlug},
};

/// A step under its job's number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredStep {
    pub(super) workspace: WorkspaceId,
    pub(super) job_no: i64,
    pub(super) index: u32,
    pub(super) field: i64,
    pub(super) provider: i64,
    pub(super) call: Option<CallId>,
    pub(super) outcome: StepOutcome,
    pub(super) charge: Credits,
    pub(super) at: Timestamp,
}

impl StoredStep {
    pub(super) fn new(
        workspace: WorkspaceId,
        job_no: i64,
        step: &StepWrite,
        names: &Names,
        at: Timestamp,
    ) -> Result<Self> {
        Ok(Self {
            workspace,
            job_no,
            index: step.index,
            field: names.number(step.field.as_str())?,
            provider: names.number(step.provider.as_str())?,
            call: step.call,
            outcome: step.outcome,
            charge: step.charge,
            at,
        })
    }

    /// Its natural key within the job.
    pub(super) fn place(&self) -> (u32, i64, i64) {
        (self.index, self.field, self.provider)
    }

    /// Whether both say the same of the same step.
    pub(super) fn agrees_with(&self, other: &Self) -> bool {
        (self.call, self.outcome, self.charge) == (other.call, other.outcome, other.charge)
    }

    pub(super) fn shown(self, names: &Names) -> Result<StepRow> {
        let step = StepWrite {
            index: self.index,
            field: FieldName::new(names.text(self.field)?)?,
            provider: ProviderSlug::new(names.text(self.provider)?)?,
            call: self.call,
            outcome: self.outcome,
            charge: self.charge,
        };
        Ok(StepRow { step, at: self.at })
    }
}

impl Record for StoredStep {
    const TABLE: &'static crate::Table = table!(
        "steps", key ["job_no", "idx", "field", "provider"], {
        workspace_id: Uuid, job_no: Int, idx: Int, field: Int, provider: Int, call_id: Uuid,
        outcome: Int, charge: Int, at: Int,
    });

    fn values(&self) -> Vec<Value> {
        args![
            self.workspace,
            self.job_no,
            self.index,
            self.field,
            self.provider,
            self.call,
            self.outcome as u8,
            self.charge,
            self.at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        Ok(Self {
            workspace: WorkspaceId(row.uuid()?),
            job_no: row.int()?,
            index: row.small()?,
            field: row.int()?,
            provider: row.int()?,
            call: row.maybe_uuid()?.map(CallId),
            outcome: row.one_of(StepOutcome::from_number)?,
            charge: Credits(row.int()?),
            at: row.time()?,
        })
    }
}

/// A cell under its job's number.
pub(super) struct StoredCell {
    workspace: WorkspaceId,
    job_no: i64,
    field: i64,
    provider: Option<i64>,
    cell: CellWrite,
    at: Timestamp,
}

impl StoredCell {
    pub(super) fn new(
        workspace: WorkspaceId,
        job_no: i64,
        cell: &CellWrite,
        names: &Names,
        at: Timestamp,
    ) -> Result<Self> {
        let provider = cell.provider.as_ref().map(|it| names.number(it.as_str())).transpose()?;
        let field = names.number(cell.field.as_str())?;
        Ok(Self { workspace, job_no, field, provider, cell: cell.clone(), at })
    }

    /// The numbers whose names a reader needs.
    pub(super) fn numbers(&self) -> impl Iterator<Item = i64> + use<> {
        [Some(self.field), self.provider].into_iter().flatten()
    }

    pub(super) fn shown(mut self, names: &Names) -> Result<CellRow> {
        self.cell.field = FieldName::new(names.text(self.field)?)?;
        self.cell.provider =
            self.provider.map(|it| names.text(it).and_then(ProviderSlug::new)).transpose()?;
        Ok(CellRow { cell: self.cell, at: self.at })
    }
}

impl Record for StoredCell {
    const TABLE: &'static crate::Table = table!("cells", key ["job_no", "idx", "field"], {
        workspace_id: Uuid, job_no: Int, idx: Int, field: Int, status: Int, source: Int,
        provider: Int, call_id: Uuid, value: Text, reason: Text, detail: Text, at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.cell;
        args![
            self.workspace,
            self.job_no,
            it.index,
            self.field,
            it.status as u8,
            it.source.map(|source| source as u8),
            self.provider,
            it.call,
            it.value.as_ref().map(ToString::to_string),
            it.reason.as_deref(),
            it.detail.as_ref().map(ToString::to_string),
            self.at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, job_no) = (WorkspaceId(row.uuid()?), row.int()?);
        let (index, field) = (row.small()?, row.int()?);
        let status = row.one_of(CellStatus::from_number)?;
        let source = row.maybe_int()?.and_then(CellSource::from_number);
        let (provider, call) = (row.maybe_int()?, row.maybe_uuid()?.map(CallId));
        let (value, reason, detail) = (row.maybe_json()?, row.maybe_text()?, row.maybe_json()?);
        let at = row.time()?;
        let cell = CellWrite {
            index,
            field: FieldName::new("unnamed")?,
            status,
            source,
            provider: None,
            call,
            value,
            reason,
            detail,
        };
        Ok(Self { workspace, job_no, field, provider, cell, at })
    }
}

/// A kept answer or miss under its tenant.
pub(super) struct StoredLookup {
    workspace: WorkspaceId,
    pub(super) provider: i64,
    pub(super) row: LookupRow,
}

impl StoredLookup {
    pub(super) fn new(
        workspace: WorkspaceId,
        lookup: &LookupWrite,
        names: &Names,
        fetched_at: Timestamp,
    ) -> Result<Self> {
        let provider = names.number(lookup.provider.as_str())?;
        Ok(Self { workspace, provider, row: LookupRow { lookup: lookup.clone(), fetched_at } })
    }

    pub(super) fn shown(mut self, names: &Names) -> Result<LookupRow> {
        self.row.lookup.provider = ProviderSlug::new(names.text(self.provider)?)?;
        Ok(self.row)
    }
}

impl Record for StoredLookup {
    const TABLE: &'static crate::Table = table!("lookups", key ["workspace_id", "key"], {
        workspace_id: Uuid, key: Bytes, provider: Int, call_id: Uuid, answer: Text,
        fetched_at: Int, expires_at: Int,
    });

    fn values(&self) -> Vec<Value> {
        let it = &self.row.lookup;
        args![
            self.workspace,
            it.key,
            self.provider,
            it.call,
            it.answer.as_ref().map(ToString::to_string),
            self.row.fetched_at,
            it.expires_at,
        ]
    }

    fn read(row: &mut Row) -> Result<Self> {
        let (workspace, key, provider) = (WorkspaceId(row.uuid()?), row.hash()?, row.int()?);
        let (call, answer) = (CallId(row.uuid()?), row.maybe_json()?);
        let (fetched_at, expires_at) = (row.time()?, row.time()?);
        let unnamed = ProviderSlug::new("unnamed")?;
        let lookup = LookupWrite { key, provider: unnamed, call, answer, expires_at };
        Ok(Self { workspace, provider, row: LookupRow { lookup, fetched_at } })
    }
}

/// What a call was billed, or may have been: outlives the call itself.
pub(super) struct SpendRow {
    pub(super) workspace: WorkspaceId,
    pub(super) call: CallId,
    pub(super) job: JobId,
    pub(super) provider: i64,
    pub(super) operation: String,
    pub(super) spend: Spend,
    pub(super) state: CallState,
    pub(super) at: Timestamp,
}

impl SpendRow {
    pub(super) const TABLE: &'static crate::Table = table!(
        "vendor_spend", key ["workspace_id", "call_id"], {
        workspace_id: Uuid, call_id: Uuid, job_id: Uuid, provider: Int, operation: Text,
        units: Int, usd: Int, state: Int, at: Int,
    });

    pub(super) fn values(&self) -> Vec<Value> {
        args![
            self.workspace,
            self.call,
            self.job,
            self.provider,
            self.operation.as_str(),
            self.spend.units.0,
            self.spend.usd.map(|it| it.0),
            self.state as u8,
            self.at,
        ]
    }
}

/// A spend counter.
pub(super) struct CounterRow {
    pub(super) workspace: WorkspaceId,
    pub(super) key: String,
    pub(super) amount: i64,
}

impl Record for CounterRow {
    const TABLE: &'static crate::Table = table!("spend_counters", key ["workspace_id", "key"], {
        workspace_id: Uuid, key: Text, amount: Int,
    });

    fn values(&self) -> Vec<Value> {
        args![self.workspace, self.key.as_str(), self.amount]
    }

    fn read(row: &mut Row) -> Result<Self> {
        Ok(Self { workspace: WorkspaceId(row.uuid()?), key: row.text()?, amount: row.int()? })
    }
}
