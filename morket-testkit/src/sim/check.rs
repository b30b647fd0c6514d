//! What must hold when a run is over: the six checks, and that what was taken is true and paid for.

use super::{
    alone,
    scene::Scene,
    store::at_once,
    vendor::{Vendors, text},
    watch::Watcher,
};
use morket_core::{
    CallId, Credits,
    job::{
        CellRow, CellStatus, CellWrite, Job, JobState, JobStore, Record, RecordStatus, Scope,
        SpendTotal, SpendUnit, StepOutcome, StepRow,
    },
    ledger::{EntryKind, LedgerStore},
    name::{FieldName, step_key},
    outbox::OutboxStore,
    page::Limit,
    provider::{Inputs, Outcome},
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that must hold when a run is over.
pub(super) fn all(scene: &Scene, vendors: &Vendors, watcher: &mut Watcher) -> Vec<String> {
    let mut found = Vec::new();
    let mut unexplained = entries(scene);
    let charged: i64 = unexplained.values().map(|net| -net).sum();
    for id in &scene.jobs {
        watcher.look_at(scene, *id);
        let Ok(job) = at_once(scene.store.job(scene.workspace, *id)) else {
            found.push(format!("a: job {id} is gone"));
            continue;
        };
        let results = Results::read(scene, job);
        results.complete(&mut found);
        results.true_values(vendors, &mut found);
        results.charges(scene, watcher, &mut unexplained, &mut found);
        results.ends_once(scene, &mut found);
    }
    for (key, net) in unexplained.iter().filter(|(_, net)| **net != 0) {
        found.push(format!("b: nobody's {key} nets {net}"));
    }
    money(scene, charged, &mut found);
    alone::check(scene, vendors, &mut found);
    watcher.check_whole(scene, &mut found);
    spend(scene, vendors, watcher, &mut found);
    found
}

/// A job with all that came of it.
struct Results {
    job: Job,
    records: Vec<Record>,
    cells: Vec<CellRow>,
    steps: Vec<StepRow>,
}

impl Results {
    fn read(scene: &Scene, job: Job) -> Self {
        let (store, workspace, all) = (&scene.store, scene.workspace, 0..job.counts.total);
        Self {
            records: at_once(store.records(workspace, job.id, all.clone())).unwrap_or_default(),
            cells: at_once(store.cells(workspace, job.id, all.clone())).unwrap_or_default(),
            steps: at_once(store.steps(workspace, job.id, all)).unwrap_or_default(),
            job,
        }
    }

    /// Every record, and every cell of it, has come to one end.
    fn complete(&self, found: &mut Vec<String>) {
        let (id, state, total) = (self.job.id, self.job.state, self.job.counts.total as usize);
        if !state.is_terminal() {
            found.push(format!("a: job {id} is {state:?}, waiting for {:?}", self.job.waiting));
        }
        let open = self.records.iter().filter(|it| it.status == RecordStatus::Pending).count();
        if self.records.len() != total || open > 0 {
            found.push(format!("a: of {total} records {open} are open"));
        }
        if self.cells.len() != total * 2 && state != JobState::Cancelled {
            found.push(format!("a: {} cells of {total} records", self.cells.len()));
        }
        for CellRow { cell, .. } in &self.cells {
            if cell.status == CellStatus::Pending {
                found.push(format!("a: cell {} {} is open", cell.index, cell.field));
            }
        }
    }

    fn input(&self, index: u32) -> Inputs {
        let record = self.records.get(index as usize).map(|it| it.input.clone());
        Inputs(serde_json::from_value(record.unwrap_or_default()).unwrap_or_default())
    }

    /// What was taken is what the vendor told, of the right person, and good.
    fn true_values(&self, vendors: &Vendors, found: &mut Vec<String>) {
        for CellRow { cell, .. } in &self.cells {
            let (Some(provider), Some(value)) = (&cell.provider, &cell.value) else { continue };
            let CellWrite { index, field, .. } = cell;
            let input = self.input(*index);
            let Outcome::Answer(told) = vendors.truth(provider.as_str(), &input) else {
                found.push(format!("value: {provider} never told {index} {field}"));
                continue;
            };
            if told.get(field) != Some(value) {
                found.push(format!("value: {index} {field} is {value}, and was not told"));
            }
            if told.identity.full_name.as_deref() != input.text("full_name") {
                found.push(format!("person: {index} {field} is of {:?}", told.identity));
            }
            if field.as_str() == "email" && !is_good(vendors, &told, value) {
                found.push(format!(
                    "accept: {index} {field} is {value}, and nobody said it is good"
                ));
            }
        }
    }

    /// Each step stands once, and its net is its price if it was accepted, else nothing.
    fn charges(
        &self,
        scene: &Scene,
        watcher: &Watcher,
        unexplained: &mut BTreeMap<String, i64>,
        found: &mut Vec<String>,
    ) {
        let id = self.job.id;
        let (mut seen, mut paid, mut bought) =
            (BTreeSet::new(), BTreeSet::new(), BTreeMap::<_, CallId>::new());
        for StepRow { step, .. } in &self.steps {
            let key = step_key(id, step.index, &step.field, &step.provider).to_string();
            let net = unexplained.remove(&key).unwrap_or(0);
            if !seen.insert(key.clone()) {
                found.push(format!("b: {key} stands twice"));
            }
            let withheld = net == 0 && step.charge.is_positive();
            if net != -step.charge.0 && !withheld {
                found.push(format!("b: net of {key} is {net}, and it says {}", step.charge.0));
            }
            if !step.charge.is_positive() {
                continue;
            }
            if step.outcome != StepOutcome::Accepted {
                found.push(format!("b: not accepted but {:?} and charged: {key}", step.outcome));
            }
            let Some(call) = step.call else { continue };
            if !watcher.serves(call, id, step.index) {
                found.push(format!("b: charged for a call of somebody else: {key}"));
            }
            if !paid.insert((step.index, call)) {
                found.push(format!("b: charged again for {call}: {key}"));
            }
            let op = scene.ops().iter().find(|it| it.provider == step.provider);
            if op.is_none_or(|it| it.price != step.charge) {
                found.push(format!("b: price of {key} is {}", step.charge));
            }
            // A twin gets its twin's answer for nothing.
            if step.field.as_str().contains("__verify_") {
                continue;
            }
            let whom = (step.provider.clone(), text(&self.input(step.index)));
            if *bought.entry(whom).or_insert(call) != call {
                found.push(format!("b: bought for a twin too: {key}"));
            }
        }
    }

    fn ends_once(&self, scene: &Scene, found: &mut Vec<String>) {
        let id = self.job.id;
        let events = at_once(scene.store.events(scene.workspace)).unwrap_or_default();
        let ends = events.iter().filter(|it| {
            it.kind.starts_with("job.") && it.payload.get("job") == Some(&serde_json::json!(id))
        });
        let ends = ends.count();
        if ends != usize::from(self.job.state.is_terminal()) {
            found.push(format!("f: {ends} terminal events of job {id}"));
        }
    }
}

/// Whether the finder or the verifier says that an address is good.
fn is_good(vendors: &Vendors, told: &morket_core::provider::Answer, email: &Value) -> bool {
    let name = |it: &str| FieldName::new(it).expect("a field's name");
    let valid = Value::from("valid");
    let asked = Inputs([(name("email"), email.clone())].into());
    let verdict = vendors.truth("zerobounce", &asked);
    let said = match &verdict {
        Outcome::Answer(it) => it.get(&name("email_status")),
        _ => None,
    };
    told.get(&name("email_status")).or(said) == Some(&valid)
}

/// Net of all captures and refunds, by key.
fn entries(scene: &Scene) -> BTreeMap<String, i64> {
    let mut net = BTreeMap::new();
    let mut after = None;
    loop {
        let page = at_once(scene.store.statement(scene.workspace, after, Limit::default()));
        let Ok(page) = page else { break };
        for entry in page.rows {
            if matches!(entry.kind, EntryKind::Capture | EntryKind::Refund) {
                let key = entry.of.as_ref().unwrap_or(&entry.key);
                *net.entry(key.to_string()).or_insert(0) += entry.amount.0;
            }
        }
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    net
}

fn money(scene: &Scene, charged: i64, found: &mut Vec<String>) {
    let Ok(account) = at_once(scene.store.account(scene.workspace)) else { return };
    if account.held != Credits::ZERO {
        found.push(format!("d: {} are still held", account.held));
    }
    if account.balance.0 != scene.granted.0 - charged {
        found.push(format!("c: balance {} after charges of {charged}", account.balance));
    }
    if let Err(error) = at_once(scene.store.verify_chain(scene.workspace)) {
        found.push(format!("e: {error}"));
    }
}

/// Counters show what vendors billed for what is settled, and the worst of what is not.
fn spend(scene: &Scene, vendors: &Vendors, watcher: &Watcher, found: &mut Vec<String>) {
    for op in scene.ops() {
        let counter = SpendTotal {
            scope: Scope::Provider,
            job: None,
            provider: Some(op.provider.clone()),
            day: None,
            unit: SpendUnit::Units,
        };
        let counted = at_once(scene.store.spent(scene.workspace, counter)).unwrap_or(0);
        let billed = vendors.units.get(op.provider.as_str()).copied().unwrap_or(0);
        let due = watcher.spend.due(&op.provider, vendors);
        if counted < billed || counted != due {
            let slug = &op.provider;
            found.push(format!("spend: {slug} billed {billed}, counts {counted}, due {due}"));
        }
    }
    for (call, times) in vendors.submitted.iter().filter(|(_, times)| **times > 1) {
        found.push(format!("tasks: {call} submitted {times} of them"));
    }
}
