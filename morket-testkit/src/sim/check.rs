//! What must hold of every run: the six checks, and what can be seen only while it runs.

use super::{
    Report,
    scene::Scene,
    store::{Errand, at_once},
    vendor::Vendors,
    world::is_orphan,
};
use morket_core::{
    CallId, Credits, JobId,
    job::{
        Call, CellStatus, JobState, JobStore, RecordStatus, Scope, SpendTotal, SpendUnit,
        StepOutcome,
    },
    ledger::{EntryKind, LedgerStore},
    name::step_key,
    outbox::OutboxStore,
    page::Limit,
    provider::{Inputs, Outcome},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is watched while a run goes on.
#[derive(Debug, Default)]
pub(super) struct Watcher {
    pub(super) violations: Vec<String>,
    /// How often a call that must not be repeated left, since it was last known unbilled.
    at_risk: BTreeMap<CallId, u32>,
    /// Jobs whose cancel was acknowledged.
    stopped: BTreeSet<JobId>,
    /// Calls and the cells they serve.
    serves: BTreeMap<CallId, Vec<(u32, String)>>,
    /// Cells whose acceptance has committed.
    accepted: BTreeSet<(JobId, u32, String)>,
    marked: BTreeSet<CallId>,
}

impl Watcher {
    pub(super) fn cancelled(&mut self, job: JobId) {
        self.stopped.insert(job);
    }

    /// A command for the store is under way.
    pub(super) fn errand(&mut self, errand: &Errand) {
        let Errand::Mark(_, calls) = errand else { return };
        for call in calls {
            self.serves.insert(call.id, composition(&call.composition));
        }
    }

    /// A batch is taken up: what its calls serve is known from what is stored.
    pub(super) fn taken_up(&mut self, calls: &[Call]) {
        for call in calls {
            self.serves.insert(call.id, composition(&call.composition));
            if !is_orphan(call.state, call.task.is_some()) {
                self.at_risk.remove(&call.id);
            }
        }
    }

    /// A settlement was applied.
    pub(super) fn settled(&mut self, errand: &Errand) {
        match errand {
            Errand::Mark(_, calls) => self.marked.extend(calls.iter().map(|it| it.id)),
            Errand::Settle(settlement) => {
                let job = settlement.lease.batch.job;
                let steps = settlement.items.iter().flat_map(|it| &it.steps);
                for step in steps.filter(|it| it.outcome == StepOutcome::Accepted) {
                    self.accepted.insert((job, step.index, step.field.to_string()));
                }
            }
            _ => {}
        }
    }

    /// A call's bytes leave.
    pub(super) fn sent(&mut self, job: JobId, call: CallId, poll: bool, again: bool) {
        if poll {
            return;
        }
        if self.stopped.contains(&job) {
            self.violations.push(format!("cancel: {call} left after it was acknowledged"));
        }
        let times = self.at_risk.entry(call).or_insert(0);
        *times += 1;
        if *times > 1 && !again {
            self.violations.push(format!("repeat: {call} left again, and may have been billed"));
        }
        let cells = self.serves.get(&call).cloned().unwrap_or_default();
        let done = |it: &(u32, String)| self.accepted.contains(&(job, it.0, it.1.clone()));
        if !cells.is_empty() && cells.iter().all(done) {
            self.violations.push(format!("after accept: {call} left for cells that are found"));
        }
        if cells.is_empty() {
            self.violations.push(format!("mark: {call} left without having been written down"));
        }
    }

    /// What the vendor answered: after some answers a call may leave again.
    pub(super) fn served(&mut self, call: CallId, word: &str) {
        if matches!(word, "rate_limited" | "transient" | "unsent") {
            self.at_risk.remove(&call);
        }
    }
}

fn composition(value: &Value) -> Vec<(u32, String)> {
    let parts = value.as_array().into_iter().flatten();
    let cells = parts.flat_map(|part| {
        let index = part.get(0).and_then(Value::as_u64).unwrap_or(0);
        let fields = part.get(1).and_then(Value::as_array).cloned().unwrap_or_default();
        // A verification serves a cell that is not accepted yet; its own step has another name.
        fields
            .into_iter()
            .filter_map(move |it| Some((u32::try_from(index).ok()?, it.as_str()?.to_owned())))
    });
    cells.collect()
}

/// Everything that must hold when a run is over.
pub(super) fn all(scene: &Scene, vendors: &Vendors, _: &Watcher, report: &Report) -> Vec<String> {
    let mut found = Vec::new();
    let mut charged = Credits::ZERO;
    for job in &scene.jobs {
        charged = Credits(charged.0 + one_job(scene, vendors, *job, &mut found).0);
    }
    money(scene, charged, &mut found);
    spend(scene, vendors, report, &mut found);
    found
}

fn one_job(scene: &Scene, vendors: &Vendors, id: JobId, found: &mut Vec<String>) -> Credits {
    let (store, workspace) = (&scene.store, scene.workspace);
    let Ok(job) = at_once(store.job(workspace, id)) else {
        found.push(format!("job {id} is gone"));
        return Credits::ZERO;
    };
    let total = job.counts.total;
    if !job.state.is_terminal() {
        found.push(format!("job {id} is {:?}, waiting for {:?}", job.state, job.waiting));
    }
    let records = at_once(store.records(workspace, id, 0..total)).unwrap_or_default();
    let open = records.iter().filter(|it| it.status == RecordStatus::Pending).count();
    if records.len() != total as usize || open > 0 {
        found.push(format!("a: of {total} records {} are there, {open} open", records.len()));
    }
    let cells = at_once(store.cells(workspace, id, 0..total)).unwrap_or_default();
    let steps = at_once(store.steps(workspace, id, 0..total)).unwrap_or_default();
    if cells.len() != total as usize * 2 && job.state != JobState::Cancelled {
        found.push(format!("a: {} cells of {total} records", cells.len()));
    }
    for row in &cells {
        let cell = &row.cell;
        if cell.status == CellStatus::Pending {
            found.push(format!("a: cell {} {} is open", cell.index, cell.field));
        }
        let (Some(provider), Some(value)) = (&cell.provider, &cell.value) else { continue };
        let record = records.get(cell.index as usize).map(|it| inputs(&it.input));
        let truth = record.map(|it| vendors.truth(provider.as_str(), &it));
        let told = match &truth {
            Some(Outcome::Answer(answer)) => answer.get(&cell.field),
            _ => None,
        };
        if told != Some(value) {
            found.push(format!("value: {} {} is {value}, not {told:?}", cell.index, cell.field));
        }
    }
    let entries = entries(scene);
    let mut charged = Credits::ZERO;
    let mut seen = BTreeSet::new();
    for row in &steps {
        let step = &row.step;
        let key = step_key(id, step.index, &step.field, &step.provider);
        if !seen.insert(key.to_string()) {
            found.push(format!("b: {key} stands twice"));
        }
        let net: i64 = entries.get(key.as_str()).copied().unwrap_or(0);
        let withheld = net == 0 && step.charge.is_positive();
        if net != -step.charge.0 && !withheld {
            found.push(format!("b: {key} nets {net}, and says {}", step.charge.0));
        }
        if step.charge.is_positive() && step.outcome != StepOutcome::Accepted {
            found.push(format!("b: {key} came to {:?} and is charged", step.outcome));
        }
        charged = Credits(charged.0 - net);
    }
    prices(scene, &steps, found);
    let events = at_once(store.events(workspace)).unwrap_or_default();
    let of_job = |it: &&morket_core::outbox::Event| {
        it.kind.starts_with("job.") && it.payload.get("job") == Some(&serde_json::json!(id))
    };
    let ends = events.iter().filter(of_job).count();
    if ends != usize::from(job.state.is_terminal()) {
        found.push(format!("f: {ends} terminal events of job {id}"));
    }
    charged
}

/// A call is charged once for a record, its price and no other, and never when nothing was bought.
fn prices(scene: &Scene, steps: &[morket_core::job::StepRow], found: &mut Vec<String>) {
    let mut by_call: BTreeMap<(u32, CallId), Vec<i64>> = BTreeMap::new();
    for row in steps.iter().filter(|it| it.step.charge.is_positive()) {
        let Some(call) = row.step.call else { continue };
        by_call.entry((row.step.index, call)).or_default().push(row.step.charge.0);
        let known = scene.program.ops.iter().find(|it| it.provider == row.step.provider);
        if known.is_none_or(|it| it.price != row.step.charge) {
            found.push(format!("b: {} charges {}", row.step.provider, row.step.charge));
        }
    }
    for ((index, call), charges) in by_call {
        if charges.len() > 1 {
            found.push(format!("b: record {index} is charged {charges:?} for call {call}"));
        }
    }
}

fn inputs(record: &Value) -> Inputs {
    Inputs(serde_json::from_value(record.clone()).unwrap_or_default())
}

/// Net of all entries, by key.
fn entries(scene: &Scene) -> BTreeMap<String, i64> {
    let mut net = BTreeMap::new();
    let mut after = None;
    loop {
        let page = at_once(scene.store.statement(scene.workspace, after, Limit::default()));
        let Ok(page) = page else { break };
        for entry in page.rows {
            if matches!(entry.kind, EntryKind::Capture | EntryKind::Refund) {
                *net.entry(entry.key.to_string()).or_insert(0) += entry.amount.0;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    net
}

fn money(scene: &Scene, charged: Credits, found: &mut Vec<String>) {
    let Ok(account) = at_once(scene.store.account(scene.workspace)) else { return };
    if account.held != Credits::ZERO {
        found.push(format!("d: {} are still held", account.held));
    }
    if account.balance.0 != scene.granted.0 - charged.0 {
        found.push(format!("c: balance {} after charges of {charged}", account.balance));
    }
    if let Err(error) = at_once(scene.store.verify_chain(scene.workspace)) {
        found.push(format!("e: {error}"));
    }
}

/// Counters are never below what vendors billed, nor above what could have been.
fn spend(scene: &Scene, vendors: &Vendors, report: &Report, found: &mut Vec<String>) {
    for op in &scene.program.ops {
        let counter = SpendTotal {
            scope: Scope::Provider,
            job: None,
            provider: Some(op.provider.clone()),
            day: None,
            unit: SpendUnit::Units,
        };
        let counted = at_once(scene.store.spent(scene.workspace, counter)).unwrap_or(0);
        let billed = vendors.units.get(op.provider.as_str()).copied().unwrap_or(0);
        if counted < billed {
            found.push(format!("spend: {} billed {billed}, counted {counted}", op.provider));
        }
        // Without a doubt about any call, what is counted is what was billed.
        if counted > billed && report.is_clear() {
            found.push(format!("spend: {} billed {billed}, counts {counted}", op.provider));
        }
    }
    for (call, times) in vendors.submitted.iter().filter(|(_, times)| **times > 1) {
        found.push(format!("tasks: {call} submitted {times} of them"));
    }
}
