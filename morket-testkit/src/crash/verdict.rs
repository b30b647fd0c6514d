//! What a job has come to, and whether that is what it should: the six checks, and that it is what
//! a run without a death comes to.

use super::run::{GRANTED, Run};
use morket_core::{
    CallId, Credits,
    job::{CellStatus, RecordStatus, StepOutcome, StepRow},
    ledger::{Entry, EntryKind},
    name::step_key,
    page::Limit,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A cell's status, value, and who supplied it; a step's outcome and charge.
type Cells = BTreeMap<(u32, String), (CellStatus, Option<Value>, Option<String>)>;
type Steps = BTreeMap<(u32, String, String), (StepOutcome, Credits)>;

/// What a job came to.
#[derive(Debug, PartialEq)]
pub(super) struct Ends {
    cells: Cells,
    steps: Steps,
    /// How often each vendor was asked about each record or address.
    asked: BTreeMap<(String, String), usize>,
    /// Calls that left again.
    pub(super) repeated: u64,
    /// Steps of which nobody knows what became.
    pub(super) ambiguous: u64,
}

/// Read everything, and hold it to the six checks.
pub(super) async fn of(run: &Run) -> Ends {
    let all = 0..run.job.counts.total;
    let records = run.store.records(run.workspace, run.job.id, all.clone()).await.unwrap();
    let cells = run.store.cells(run.workspace, run.job.id, all.clone()).await.unwrap();
    let steps = run.store.steps(run.workspace, run.job.id, all).await.unwrap();
    assert!(run.job.state.is_terminal(), "the job is {:?}", run.job.state);
    assert_eq!(records.len(), run.job.counts.total as usize, "records are lost");
    assert_eq!(cells.len(), records.len() * 2, "cells are lost");
    let open = records.iter().filter(|it| it.status == RecordStatus::Pending).count();
    assert_eq!(open, 0, "records are open");
    money(run, &steps).await;
    let events = run.store.events(run.workspace).await.unwrap();
    let ends = events.iter().filter(|it| it.kind.starts_with("job.")).count();
    assert_eq!(ends, 1, "terminal events");
    let cells = cells.into_iter().map(|row| {
        let it = row.cell;
        let by = it.provider.map(|it| it.to_string());
        ((it.index, it.field.to_string()), (it.status, it.value, by))
    });
    let by_step: Steps = steps
        .iter()
        .map(|row| {
            let it = &row.step;
            let key = (it.index, it.field.to_string(), it.provider.to_string());
            (key, (it.outcome, it.charge))
        })
        .collect();
    let ambiguous = |it: &&StepRow| it.step.outcome == StepOutcome::Ambiguous;
    let ambiguous = steps.iter().filter(ambiguous).count() as u64;
    let repeated = repeats(run).len() as u64;
    Ends { cells: cells.collect(), steps: by_step, asked: asked(run), repeated, ambiguous }
}

fn asked(run: &Run) -> BTreeMap<(String, String), usize> {
    let mut asked = BTreeMap::new();
    for sent in run.http.sent() {
        for record in sent.body.as_array().into_iter().flatten() {
            *asked.entry((sent.vendor.clone(), record.to_string())).or_default() += 1;
        }
    }
    asked
}

/// The key of each call that left again, once for each time.
fn repeats(run: &Run) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let sent = run.http.sent().into_iter().filter(|it| !it.path.starts_with("task/"));
    sent.filter(|it| !seen.insert(it.key.clone())).map(|it| it.key).collect()
}

/// Each key nets its step's charge, each call is charged once a record, nothing is held, the sum is
/// the balance, the chain holds.
async fn money(run: &Run, steps: &[StepRow]) {
    let entries = entries(run).await;
    let mut net: BTreeMap<String, i64> = BTreeMap::new();
    for it in entries.iter().filter(|it| it.kind != EntryKind::Grant) {
        *net.entry(it.of.as_ref().unwrap_or(&it.key).to_string()).or_default() += it.amount.0;
    }
    let mut paid: BTreeSet<(u32, CallId)> = BTreeSet::new();
    let mut charged = 0;
    for StepRow { step, .. } in steps {
        let key = step_key(run.job.id, step.index, &step.field, &step.provider).to_string();
        let net = net.remove(&key).unwrap_or(0);
        assert_eq!(-net, step.charge.0, "{key} is not charged what it says");
        charged += step.charge.0;
        if step.charge.is_positive() {
            assert_eq!(step.outcome, StepOutcome::Accepted, "{key} is charged");
            let call = step.call.expect("what is charged was a call");
            assert!(paid.insert((step.index, call)), "{call} is charged twice for one record");
        }
    }
    net.retain(|_, amount| *amount != 0);
    assert!(net.is_empty(), "nobody's: {net:?}");
    let account = run.store.account(run.workspace).await.unwrap();
    assert_eq!(account.held, Credits::ZERO, "still held");
    assert_eq!(account.balance.0, GRANTED.0 - charged, "the balance");
    let sum: i64 = entries.iter().map(|it| it.amount.0).sum();
    let last = entries.last().map(|it| it.balance_after);
    assert_eq!((sum, last), (account.balance.0, Some(account.balance)), "the sum");
    run.store.verify_chain(run.workspace).await.unwrap();
}

async fn entries(run: &Run) -> Vec<Entry> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = run.store.statement(run.workspace, after, Limit::default()).await.unwrap();
        all.extend(page.rows);
        match page.next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    all.sort_by_key(|it| it.seq);
    all
}

/// Whether a run with deaths came to what it should.
pub(super) fn agree(
    run: &Run,
    repeatable: bool,
    expected: &Ends,
    ends: &Ends,
) -> Result<(), String> {
    let at_risk: BTreeSet<&String> = run.in_flight.iter().flatten().collect();
    let repeats = repeats(run);
    if let Some(stranger) = repeats.iter().find(|it| !at_risk.contains(it)) {
        return Err(format!("{stranger} left again, and was not on its way at a death"));
    }
    let most: usize = run.in_flight.iter().map(BTreeSet::len).sum();
    if repeats.len() > most {
        return Err(format!("{} calls left again, {most} were on their way", repeats.len()));
    }
    // Under another key it is the same question: who asks it again pays for it again.
    let most = |question: &(String, String)| expected.asked.get(question).copied().unwrap_or(1);
    let again = ends.asked.iter().map(|(question, times)| times.saturating_sub(most(question)));
    let (again, bound) = (again.sum::<usize>(), asked_again_at_most(run, &repeats));
    if again > bound {
        return Err(format!("{again} questions were asked again, at most {bound} may be"));
    }
    if repeatable {
        return same(expected, ends, |_| false);
    }
    if !repeats.is_empty() {
        return Err(format!("{repeats:?} left again, and may not"));
    }
    // What was lost may change the record it was about, and no other.
    let touched = |index: u32| {
        ends.steps.iter().any(|(key, it)| key.0 == index && it.0 == StepOutcome::Ambiguous)
    };
    let lost = ends.steps.values().filter(|it| it.0 == StepOutcome::Ambiguous).count();
    if lost > 0 && at_risk.is_empty() {
        return Err(format!("{lost} steps are ambiguous, and nothing was on its way"));
    }
    same(expected, ends, touched)
}

/// How many records are in the calls that left again: in a bulk call there are several.
fn asked_again_at_most(run: &Run, repeats: &[String]) -> usize {
    let records = |key: &String| {
        let sent = run.http.sent();
        let first = sent.iter().find(|it| it.key == *key);
        first.and_then(|it| it.body.as_array()).map_or(0, Vec::len)
    };
    repeats.iter().map(records).sum()
}

fn same(expected: &Ends, ends: &Ends, excused: impl Fn(u32) -> bool) -> Result<(), String> {
    for (key, cell) in &expected.cells {
        if ends.cells.get(key) != Some(cell) && !excused(key.0) {
            return Err(format!("cell {key:?} is {:?}, not {cell:?}", ends.cells.get(key)));
        }
    }
    for (key, step) in &expected.steps {
        if ends.steps.get(key) != Some(step) && !excused(key.0) {
            return Err(format!("step {key:?} is {:?}, not {step:?}", ends.steps.get(key)));
        }
    }
    let more = ends.steps.keys().find(|it| !expected.steps.contains_key(it) && !excused(it.0));
    more.map_or(Ok(()), |key| Err(format!("step {key:?} is one too many")))
}
