//! The whole run of an earlier sample: what the sample had come to by then is taken over, and
//! nobody is asked for it again. It goes by the people's names, not by what the engine compares.

use super::{
    scene::{Scene, Whole},
    store::{Sending, at_once},
};
use morket_core::{
    CallId, Credits, JobId,
    job::{CellRow, CellSource, CellStatus, JobStore, StepOutcome, StepRow},
    name::ProviderSlug,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Whom a vendor was asked about, and for which field; or an address that it was asked about.
type Question = (ProviderSlug, String, Option<String>);

/// What a sample had come to when the whole began.
#[derive(Debug)]
pub(super) struct Sampled {
    sample: JobId,
    job: JobId,
    /// Whether the plan is the sample's.
    same_plan: bool,
    /// Who stands in the whole's rows.
    names: Vec<String>,
    /// What nobody is to be asked again.
    decided: BTreeSet<Question>,
    /// The sample's cells and steps, by name and field; of two of a name the first's.
    cells: BTreeMap<(String, String), CellRow>,
    steps: BTreeMap<(String, String), Vec<StepRow>>,
}

/// The vendor said something, or may have been paid.
fn is_decided(StepRow { step, .. }: &StepRow) -> bool {
    let said = matches!(
        step.outcome,
        StepOutcome::Accepted
            | StepOutcome::Rejected
            | StepOutcome::Miss
            | StepOutcome::InvalidInput
            | StepOutcome::Ambiguous
    );
    said && step.call.is_some()
}

fn name_of(row: &Value) -> String {
    row["full_name"].as_str().unwrap_or_default().to_owned()
}

/// The field that a step is for, be it a verification.
fn field_of(step: &StepRow) -> String {
    let field = step.step.field.as_str();
    field.split_once("__verify_").map_or(field, |it| it.0).to_owned()
}

impl Sampled {
    /// Read what a sample came to; `address` tells which one a call asked about.
    pub(super) fn read(
        scene: &Scene,
        whole: &Whole,
        job: JobId,
        address: impl Fn(CallId) -> Option<String>,
    ) -> Self {
        let (store, workspace, all) = (&scene.store, scene.workspace, 0..1_000);
        let sample = whole.sample;
        let records = at_once(store.records(workspace, sample, all.clone())).unwrap_or_default();
        let mut first = BTreeMap::new();
        for record in &records {
            first.entry(name_of(&record.input)).or_insert(record.index);
        }
        let whom = |index: u32| {
            let name = records.get(index as usize).map(|it| name_of(&it.input));
            name.filter(|it| first.get(it) == Some(&index))
        };
        let (mut cells, mut steps, mut decided) =
            (BTreeMap::new(), BTreeMap::<_, Vec<StepRow>>::new(), BTreeSet::new());
        for row in at_once(store.cells(workspace, sample, all.clone())).unwrap_or_default() {
            let Some(name) = whom(row.cell.index) else { continue };
            cells.insert((name, row.cell.field.to_string()), row);
        }
        for row in at_once(store.steps(workspace, sample, all)).unwrap_or_default() {
            let Some(name) = whom(row.step.index) else { continue };
            let (field, provider) = (field_of(&row), row.step.provider.clone());
            // Of whom was left alone by what was found, nothing is there to take over.
            let cell: Option<&CellRow> = cells.get(&(name.clone(), field.clone()));
            let withheld = cell.is_some_and(|it| it.cell.status == CellStatus::Skipped);
            if is_decided(&row) && !withheld {
                let address = row.step.call.and_then(&address);
                decided.insert(match row.step.field.as_str() == field {
                    true => (provider, name.clone(), Some(field.clone())),
                    false => (provider, address.unwrap_or_default(), None),
                });
            }
            steps.entry((name, field)).or_default().push(row);
        }
        let names = whole.rows.iter().map(name_of).collect();
        let same_plan = whole.same_plan;
        Self { sample, job, same_plan, names, decided, cells, steps }
    }

    /// A call leaves for the first time, for these records and fields.
    pub(super) fn sent<'a>(
        &self,
        job: JobId,
        (provider, sending): (&ProviderSlug, &Sending),
        serves: impl Iterator<Item = (u32, &'a str, bool)>,
    ) -> Vec<String> {
        let again = serves.filter_map(|(index, field, verifies)| {
            let name = self.names.get(index as usize)?.clone();
            let question = match verifies {
                false => (provider.clone(), name, Some(field.to_owned())),
                true => (provider.clone(), sending.records.first()?.text("email")?.into(), None),
            };
            let known = job == self.job && self.decided.contains(&question);
            known.then(|| format!("sampled: {} asks {question:?} again", sending.call))
        });
        again.collect()
    }

    /// What was decided is there, for nothing, and says where it is from.
    pub(super) fn check(&self, scene: &Scene, found: &mut Vec<String>) {
        let (store, workspace, all) = (&scene.store, scene.workspace, 0..1_000);
        let mut steps: BTreeMap<(u32, String), Vec<StepRow>> = BTreeMap::new();
        for row in at_once(store.steps(workspace, self.job, all.clone())).unwrap_or_default() {
            steps.entry((row.step.index, field_of(&row))).or_default().push(row);
        }
        for row in at_once(store.cells(workspace, self.job, all)).unwrap_or_default() {
            let (index, field) = (row.cell.index, row.cell.field.to_string());
            let Some(name) = self.names.get(index as usize) else { continue };
            let place = (name.clone(), field.clone());
            let Some(before) = self.cells.get(&place) else { continue };
            let judged = self.same_plan || field != "email";
            let stands = before.cell.status == CellStatus::Found && judged;
            // Whoever is left alone since, or was not come to, has nothing.
            let over = matches!(row.cell.status, CellStatus::Skipped | CellStatus::Cancelled);
            let Some(theirs) = self.steps.get(&place).filter(|_| stands && !over) else { continue };
            let (ours, none) = (&row.cell, Vec::new());
            let what =
                |it: &CellRow| (it.cell.value.clone(), it.cell.provider.clone(), it.cell.call);
            if what(&row) != what(before) || ours.source != Some(CellSource::Sample) {
                found.push(format!("sampled: {index} {field} is {ours:?}, not {:?}", before.cell));
            }
            let steps = steps.get(&(index, field.clone())).unwrap_or(&none);
            if steps.iter().any(|it| it.step.charge != Credits::ZERO) {
                found.push(format!("sampled: {index} {field} of {} is charged again", self.sample));
            }
            if said(steps) != said(theirs) {
                found.push(format!("sampled: {index} {field} says {steps:?}, not {theirs:?}"));
            }
        }
    }
}

/// Which calls said what.
fn said(steps: &[StepRow]) -> BTreeSet<(ProviderSlug, Option<CallId>, StepOutcome)> {
    let said = steps.iter().filter(|it| is_decided(it)).map(|it| &it.step);
    said.map(|it| (it.provider.clone(), it.call, it.outcome)).collect()
}
