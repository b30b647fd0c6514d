//! What became of a cell, in words: for output columns and for `why`.

use crate::rows::Unusable;
use morket::{
    CallId, MicroUsd, Timestamp, VendorUnits,
    accept::Identity,
    engine::{Candidate, Detail, Fate},
    job::{CellSource, CellStatus, CellWrite, Job, StepOutcome, StepRow, StepWrite},
    name::{FieldName, ProviderSlug},
    plan::{Op, Program},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// The word for how a cell came out.
pub fn word(status: CellStatus) -> &'static str {
    match status {
        CellStatus::Pending => "pending",
        CellStatus::Found => "found",
        CellStatus::NoResult => "no_result",
        CellStatus::Skipped => "skipped",
        CellStatus::Failed => "failed",
        CellStatus::Cancelled => "cancelled",
    }
}

/// Why a cell is as it is. Where a row could not be used, what stood in it.
pub fn reason(cell: &CellWrite, unusable: &[Unusable]) -> Option<String> {
    let reason = cell.reason.as_deref();
    let bad = unusable.first().filter(|_| {
        cell.status == CellStatus::Skipped
            && reason.is_none_or(|it| it.starts_with("missing_input") || it == "invalid_input")
    });
    match (bad, reason) {
        (Some(bad), _) => Some(bad.reason()),
        (None, Some(reason)) => Some(reason.to_owned()),
        (None, None) => match cell.source {
            Some(CellSource::Cache) => Some("cached".to_owned()),
            Some(CellSource::Sample) => Some("from the sample".to_owned()),
            Some(CellSource::Row) => Some("same as another row".to_owned()),
            Some(CellSource::Input) => Some("was there".to_owned()),
            _ => None,
        },
    }
}

/// Who supplied a found value.
pub fn supplier(cell: &CellWrite) -> Option<String> {
    let found = cell.status == CellStatus::Found;
    cell.provider.as_ref().filter(|_| found).map(ProviderSlug::to_string)
}

/// The candidate that was taken.
pub fn taken(detail: &Detail) -> Option<Candidate> {
    detail.candidates.iter().find(|it| it.fate == Fate::Accepted).cloned()
}

/// The word for whom an answer was about.
pub fn identity(identity: Identity) -> String {
    let word = serde_json::to_value(identity).ok();
    word.and_then(|it| it.as_str().map(str::to_owned)).unwrap_or_default()
}

/// An instant as people read it, in UTC.
pub fn minute(at: Timestamp) -> String {
    let text: String = at.to_string().chars().take(16).collect();
    text.replace('T', " ")
}

/// When a call was made, by its id.
pub fn called_at(call: CallId) -> Timestamp {
    let (seconds, nanos) = call.0.get_timestamp().map_or((0, 0), |it| it.to_unix());
    Timestamp::default().after(Duration::new(seconds, nanos))
}

/// The operation that a step used.
fn op<'a>(program: &'a Program, field: &FieldName, provider: &ProviderSlug) -> Option<&'a Op> {
    let (base, rest) = field.as_str().split_once("__").unwrap_or((field.as_str(), ""));
    let chain = program.chains.iter().find(|it| program.field(it.field).name.as_str() == base)?;
    let mut steps: Vec<_> = chain.steps.iter().chain(&chain.verifier).collect();
    if rest.starts_with("verify") {
        // Who finds may verify too, by another operation.
        steps.reverse();
    }
    steps.into_iter().map(|it| program.op(*it)).find(|it| it.provider == *provider)
}

/// The most that the vendor may bill for what a step asked, and for that in dollars.
pub fn worst(program: &Program, step: &StepWrite) -> Option<(VendorUnits, Option<MicroUsd>)> {
    let op = op(program, &step.field, &step.provider)?;
    let units = op.operation.billing.worst();
    Some((units, op.usd_per_unit.and_then(|price| price.for_units(units).ok())))
}

/// What each field of a record cost at vendors. A call that served several is counted at the first.
pub fn costs(program: &Program, job: &Job, steps: &[StepRow]) -> BTreeMap<FieldName, String> {
    let mut seen = BTreeSet::new();
    let mut sums: BTreeMap<FieldName, (Option<i64>, String)> = BTreeMap::new();
    for StepRow { step, .. } in steps {
        let own = step.call.filter(|call| job.made(*call));
        let Some(call) = own.filter(|call| seen.insert(*call)) else { continue };
        let Some(op) = op(program, &step.field, &step.provider) else { continue };
        let billing = &op.operation.billing;
        let units = match step.outcome {
            StepOutcome::Accepted | StepOutcome::Rejected => billing.answer,
            StepOutcome::Miss => billing.miss,
            StepOutcome::Ambiguous => billing.worst(),
            _ => continue,
        };
        let _ = call;
        let base = step.field.as_str().split("__").next().unwrap_or_default();
        let Ok(field) = FieldName::new(base) else { continue };
        let usd = op.usd_per_unit.and_then(|price| price.for_units(units).ok());
        let sum = sums.entry(field).or_insert((Some(0), String::new()));
        sum.0 = sum.0.zip(usd).map(|(sum, usd)| sum.saturating_add(usd.0));
        let plus = if sum.1.is_empty() { "" } else { " + " };
        sum.1.push_str(&format!("{plus}{units} {} of {}", op.adapter.manifest().unit, op.provider));
    }
    let shown = |(usd, units): (Option<i64>, String)| match usd {
        Some(usd) => format!("{} USD", MicroUsd(usd)),
        None => units,
    };
    sums.into_iter().map(|(field, sum)| (field, shown(sum))).collect()
}

/// What a verdict on a candidate says.
fn fate(fate: &Fate) -> String {
    match fate {
        Fate::Open => "waits for a verifier".to_owned(),
        Fate::LastResort(reason) => format!("kept as the last resort ({reason})"),
        Fate::Accepted => "accepted".to_owned(),
        Fate::Rejected(reason) => format!("rejected ({reason})"),
    }
}

/// Where in a field's waterfall a step stands.
fn place<'p>(program: &'p Program, field: &FieldName) -> impl Fn(&StepWrite) -> usize + 'p {
    let chain = program.chains.iter().find(|it| program.field(it.field).name == *field);
    let order = chain.map(|it| it.steps.as_slice()).unwrap_or_default();
    move |step| {
        // A provider stands in a waterfall once.
        let here = |op: &Op| op.provider == step.provider;
        order.iter().position(|it| here(program.op(*it))).unwrap_or(order.len())
    }
}

/// The story of one cell, line by line.
pub fn why(program: &Program, job: &Job, cell: &CellWrite, steps: &[StepRow]) -> Vec<String> {
    let value = cell.value.as_ref().map(crate::table::plain).unwrap_or_default();
    let mut lines = vec![match (cell.status, reason(cell, &[])) {
        (CellStatus::Found, _) => format!("{}: {value}", cell.field),
        (status, None) => format!("{}: {}", cell.field, word(status)),
        (status, Some(reason)) => format!("{}: {} ({reason})", cell.field, word(status)),
    }];
    let detail = cell.detail.clone().and_then(|it| serde_json::from_value::<Detail>(it).ok());
    let detail = detail.unwrap_or_default();
    let verify = format!("{}__verify_", cell.field);
    let own =
        |it: &&StepRow| it.step.field == cell.field || it.step.field.as_str().starts_with(&verify);
    let mut steps: Vec<&StepRow> = steps.iter().filter(own).collect();
    // What was taken over was written down in one instant: then the plan knows the order.
    let place = place(program, &cell.field);
    steps.sort_by_key(|it| (it.at, it.step.field.as_str().len(), place(&it.step)));
    for (number, StepRow { step, at }) in steps.iter().enumerate() {
        let outcome = serde_json::to_value(step.outcome).ok();
        let outcome = outcome.as_ref().and_then(|it| it.as_str()).unwrap_or("?").to_owned();
        let before = step.call.is_some_and(|call| !job.made(call));
        let free = if before { ", from a call that was paid for before" } else { "" };
        let verb = if step.field == cell.field { "asked" } else { "verified by" };
        let at = minute(*at);
        lines.push(format!("  {}. {verb} {}: {outcome}{free} ({at})", number + 1, step.provider));
    }
    for it in &detail.candidates {
        let value = crate::table::plain(&it.value);
        let who = if it.is_input() { "your file" } else { it.provider.as_str() };
        lines.push(format!("  - {who} has {value}: {}", fate(&it.fate)));
        let verdicts = it.verified.iter();
        lines.extend(verdicts.map(|by| format!("      {} says {}", by.by, by.status.as_str())));
        lines.push(format!("      identity: {}", identity(it.identity)));
        if it.akin {
            let when = minute(it.fetched_at);
            lines.push(format!(
                "      from an earlier answer about the same one, asked with other inputs ({when})"
            ));
        }
    }
    for (provider, reason) in &detail.untried {
        lines.push(format!("  - {provider} was not asked: {reason}"));
    }
    if let Some(base) = detail.base {
        lines.push(format!("  - taken over from run {base}, at no cost"));
    }
    if let Some(twin) = detail.same_as_row {
        lines.push(format!("  - the same as row {}", twin + 1));
    }
    if let Some(cost) =
        costs(program, job, &steps.iter().map(|it| (*it).clone()).collect::<Vec<_>>())
            .remove(&cell.field)
    {
        lines.push(format!("  cost: {cost}"));
    }
    lines
}
