//! What a job takes over from its base: which records of the two are the same, read a page at a
//! time; and, pure, what of the base's results is decided for the job too.

mod take;

pub(super) use take::{Taken, take};

use super::{cell::Detail, worker::Worker};
use crate::{
    JobId, Result, Store, Timestamp, WorkspaceId,
    accept::Identity,
    job::{BATCH, CellRow, CellStatus, Job, Record, RecordStatus, StepRow},
    plan::Program,
    privacy::Identifier,
    workspace::Workspace,
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What the base of a job holds of a batch's records.
#[derive(Clone, Debug)]
pub struct Base {
    /// The base.
    pub job: JobId,
    /// When the job on it was made: by then its values must be young enough.
    pub wanted_at: Timestamp,
    /// Its plan.
    pub program: Arc<Program>,
    /// By the number of the record that takes it over.
    pub records: BTreeMap<u32, Arc<BaseRecord>>,
}

/// What a base holds of one of its records.
#[derive(Clone, Debug, Default)]
pub struct BaseRecord {
    /// As it was given.
    pub input: Value,
    /// What came of it.
    pub cells: Vec<CellRow>,
    /// Who was asked for that.
    pub steps: Vec<StepRow>,
}

/// What tells a record from others, as far as a plan looks: the clean values of all fields that the
/// plan knows. Nothing, where the record has none of them.
pub(super) fn identity(program: &Program, input: &Value) -> Option<String> {
    let known = program.read(input);
    let some = known.iter().any(Option::is_some);
    some.then(|| json!(known).to_string())
}

impl Worker {
    /// What the base of a job holds of those of these records that are open, if it has one.
    pub(super) async fn base(
        &self,
        (job, workspace): (&Job, &Workspace),
        program: &Program,
        records: &[Record],
    ) -> Result<Option<Base>> {
        let open = records.iter().any(|it| it.status == RecordStatus::Pending);
        let Some(id) = job.base.filter(|_| open) else { return Ok(None) };
        let store = &*self.options.store;
        let base = store.job(workspace.id, id).await?;
        match self.compile(&base, workspace).await {
            Ok(planned) => {
                let planned = (&base, Arc::new(planned));
                Base::read(store, job, planned, program, records).await.map(Some)
            }
            // Somebody it asked is gone: nothing tells what of it may stand, and all is asked.
            Err(error) => {
                tracing::warn!(%error, base = %id, "the base of a job cannot be understood");
                Ok(None)
            }
        }
    }
}

impl Base {
    /// What the base of `job`, with its plan, holds of those of these records that are open: by its
    /// own records that are the same to `program`. It is read a page at a time; only what is about
    /// them stays in memory.
    pub async fn read(
        store: &dyn Store,
        job: &Job,
        (base, planned): (&Job, Arc<Program>),
        program: &Program,
        records: &[Record],
    ) -> Result<Self> {
        let (wanted_at, there) = (job.created_at, BTreeMap::new());
        let mut found = Self { job: base.id, wanted_at, program: planned, records: there };
        let mut wanted: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for record in records.iter().filter(|it| it.status == RecordStatus::Pending) {
            if let Some(identity) = identity(program, &record.input) {
                wanted.entry(identity).or_default().push(record.index);
            }
        }
        for first in (0..base.counts.total).step_by(BATCH as usize) {
            let range = first..first.saturating_add(BATCH);
            let mut same = Vec::new();
            for record in store.records(base.workspace, base.id, range).await? {
                let identity = identity(program, &record.input);
                // Of two that are the same, the second took over what the first found out.
                if let Some(theirs) = identity.and_then(|it| wanted.remove(&it)) {
                    same.push((record, theirs));
                }
            }
            found.hold(store, base.workspace, same).await?;
            if wanted.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    async fn hold(
        &mut self,
        store: &dyn Store,
        workspace: WorkspaceId,
        same: Vec<(Record, Vec<u32>)>,
    ) -> Result<()> {
        let (Some((first, _)), Some((last, _))) = (same.first(), same.last()) else {
            return Ok(());
        };
        let range = first.index..last.index.saturating_add(1);
        let mut cells: BTreeMap<u32, Vec<CellRow>> = BTreeMap::new();
        for row in store.cells(workspace, self.job, range.clone()).await? {
            cells.entry(row.cell.index).or_default().push(row);
        }
        let mut steps: BTreeMap<u32, Vec<StepRow>> = BTreeMap::new();
        for row in store.steps(workspace, self.job, range).await? {
            steps.entry(row.step.index).or_default().push(row);
        }
        for (record, theirs) in same {
            let (cells, steps) = (cells.remove(&record.index), steps.remove(&record.index));
            let (cells, steps) = (cells.unwrap_or_default(), steps.unwrap_or_default());
            let held = Arc::new(BaseRecord { input: record.input, cells, steps });
            self.records.extend(theirs.into_iter().map(|index| (index, held.clone())));
        }
        Ok(())
    }

    /// What was found out of the records, as records: whom it names, the list is asked about before
    /// a batch is opened.
    pub fn named(&self) -> Vec<Value> {
        self.records.values().flat_map(|it| it.named(|_| true)).collect()
    }
}

impl BaseRecord {
    /// Whom it says that the record is about; those it was told of by mistake are not among them.
    pub(super) fn names(&self, program: &Program) -> BTreeSet<Identifier> {
        let all = self.named(|it| it != Identity::Mismatch).into_iter();
        all.flat_map(|it| Identifier::of_record(&program.catalogue, &it)).collect()
    }

    /// The record with all that was found, and every value that was returned, as a record each.
    fn named(&self, wanted: impl Fn(Identity) -> bool) -> Vec<Value> {
        let (mut whole, mut all) = (self.input.clone(), Vec::new());
        for row in &self.cells {
            let (field, cell) = (row.cell.field.as_str(), &row.cell);
            if let (CellStatus::Found, Some(value), true) =
                (cell.status, &cell.value, whole.is_object())
            {
                whole[field] = value.clone();
            }
            let returned = detail(row).candidates.into_iter().filter(|it| wanted(it.identity));
            all.extend(returned.map(|it| json!({ field: it.value })));
        }
        all.push(whole);
        all
    }
}

fn detail(row: &CellRow) -> Detail {
    let detail = row.cell.detail.clone().and_then(|it| serde_json::from_value(it).ok());
    detail.unwrap_or_default()
}
