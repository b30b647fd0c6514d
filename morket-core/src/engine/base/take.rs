//! What a cell takes over from the base's cell of the same field and record. Pure.
//!
//! What a vendor has said stands, whether it was found or not; so does what nobody knows, for it
//! may have been paid for. What was surely not billed is asked again. Where the plan differs in
//! what an address must be, what was returned is judged again; where it differs in more, the cell
//! is asked like any other.

use super::{Base, BaseRecord, detail};
use crate::{
    accept::{Policy, Reason},
    engine::cell::{Candidate, Detail, Fate},
    field::FieldType,
    job::{CellStatus, CellWrite, StepOutcome, StepRow},
    name::FieldName,
    plan::{Chain, OpIx, Program},
};
use std::time::Duration;

/// What a cell takes over.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::engine) struct Taken {
    /// What was returned for it.
    pub(in crate::engine) detail: Detail,
    /// What was asked for it; verifications are numbered anew.
    pub(in crate::engine) steps: Vec<StepRow>,
    /// Candidates that are to be judged again.
    pub(in crate::engine) open: Vec<usize>,
    /// The cell as it came out, where nothing is left to ask or to judge.
    pub(in crate::engine) ended: Option<CellWrite>,
}

/// How long a value is believed at least: whoever wants none that is older than the run means this
/// one, of which the base is a part.
const AT_LEAST: Duration = Duration::from_secs(86_400);

/// How a policy relates to the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Policies {
    /// It accepts the same of this field.
    Same,
    /// It differs in what an address must be.
    Addresses,
    /// It differs in more.
    Differ,
}

fn policies(before: &Policy, now: &Policy, ty: FieldType) -> Policies {
    match (Policy { email: now.email.clone(), ..before.clone() }) == *now {
        false => Policies::Differ,
        true if ty == FieldType::Email && before.email != now.email => Policies::Addresses,
        true => Policies::Same,
    }
}

/// The chain by which an earlier plan asked for a field, if the plan now asks the same of the same
/// vendors in the same order.
fn same_waterfall<'a>(before: &'a Program, program: &Program, chain: &Chain) -> Option<&'a Chain> {
    let field = &program.field(chain.field).name;
    let theirs = before.chains.iter().find(|it| before.field(it.field).name == *field)?;
    let whom = |program: &Program, it: &Chain| -> Vec<_> {
        let op = |ix: &OpIx| {
            let op = program.op(*ix);
            let operation = (op.operation.name.clone(), op.operation.version);
            (op.provider.clone(), operation, op.base_url.clone())
        };
        it.steps.iter().chain(&it.verifier).map(op).collect()
    };
    let same = whom(before, theirs) == whom(program, chain)
        && theirs.steps.len() == chain.steps.len()
        && theirs.existing == chain.existing
        && (before.kind, before.on_ambiguous) == (program.kind, program.on_ambiguous);
    same.then_some(theirs)
}

/// Whether a step is over for good: the vendor has said something, or may have been paid.
fn is_decided(step: &StepRow) -> bool {
    let outcome = matches!(
        step.step.outcome,
        StepOutcome::Accepted
            | StepOutcome::Rejected
            | StepOutcome::Miss
            | StepOutcome::InvalidInput
            | StepOutcome::Ambiguous
    );
    outcome && step.step.call.is_some()
}

/// Whether a candidate lost for something that no policy for addresses changes.
fn stays_rejected(it: &Candidate) -> bool {
    let reasons = [
        Reason::IdentityMismatch,
        Reason::IdentityUnsure,
        Reason::ChangedCompany,
        Reason::GroupMixed,
        Reason::StatusAlone,
    ];
    matches!(&it.fate, Fate::Rejected(reason) if reasons.iter().any(|it| it.code() == reason))
}

/// What a cell takes over, of candidates that may be `kept`; nothing where there is nothing.
pub(in crate::engine) fn take(
    base: &Base,
    held: &BaseRecord,
    (program, chain): (&Program, &Chain),
    kept: &dyn Fn(&Candidate) -> bool,
) -> Option<Taken> {
    let field = program.field(chain.field);
    let theirs = same_waterfall(&base.program, program, chain)?;
    let policies = policies(&theirs.policy, &chain.policy, field.ty);
    // A job that was cancelled has asked for cells that it never wrote.
    let row = held.cells.iter().find(|it| it.cell.field == field.name);
    if policies == Policies::Differ || row.is_some_and(|it| was_withheld(&it.cell)) {
        return None;
    }
    let mut detail = row.map(detail).unwrap_or_default();
    detail.candidates.retain(kept);
    let alive = |it: &Candidate| !it.is_input() && !matches!(it.fate, Fate::Rejected(_));
    let believed = field.ttl.max(AT_LEAST);
    let old = |it: &Candidate| alive(it) && base.wanted_at.since(it.fetched_at) > believed;
    if detail.candidates.iter().any(old) {
        return None;
    }
    let (mut open, mut steps) = (Vec::new(), Vec::new());
    for (at, candidate) in detail.candidates.iter_mut().enumerate() {
        (candidate.sample, candidate.free) = (!candidate.is_input(), true);
        let unheard = verdicts(held, &field.name, candidate, &mut steps);
        let again = policies == Policies::Addresses && !stays_rejected(candidate);
        if again || (unheard && candidate.fate != Fate::Accepted) {
            candidate.fate = Fate::Open;
        }
        if candidate.fate == Fate::Open {
            open.push(at);
        }
    }
    // What is judged again has its step when that is done.
    let by = |at: &usize, step: &StepRow| detail.candidates[*at].provider == step.step.provider;
    let asked = || held.steps.iter().filter(|it| it.step.field == field.name);
    let said = asked().filter(|it| is_decided(it) && !open.iter().any(|at| by(at, it)));
    steps.extend(said.cloned());
    let taken = detail.candidates.iter().any(|it| it.fate == Fate::Accepted);
    let over = match row.map(|it| it.cell.status) {
        Some(CellStatus::Found) => taken,
        Some(CellStatus::NoResult | CellStatus::Failed) => {
            asked().all(is_decided) && detail.untried.is_empty()
        }
        _ => false,
    };
    let ended = row.filter(|_| over && open.is_empty()).map(|it| it.cell.clone());
    let untried = std::mem::take(&mut detail.untried);
    detail.untried = if ended.is_some() { untried } else { Vec::new() };
    (detail.base, detail.same_as_row) = (Some(base.job), None);
    detail.bought.clear();
    let nothing = steps.is_empty() && detail.candidates.is_empty();
    (!nothing).then_some(Taken { detail, steps, open, ended })
}

/// Keep what verifiers said of a candidate, with their steps; whether one could not say anything,
/// and is asked again.
fn verdicts(
    held: &BaseRecord,
    field: &FieldName,
    candidate: &mut Candidate,
    steps: &mut Vec<StepRow>,
) -> bool {
    let (prefix, before) = (format!("{field}__verify_"), candidate.verified.len());
    candidate.verified.retain(|verdict| {
        let step = held.steps.iter().find(|StepRow { step, .. }| {
            let of_field = step.field.as_str().starts_with(&prefix);
            of_field && (step.call, &step.provider) == (Some(verdict.call), &verdict.by)
        });
        let number = steps.len() + 1;
        let named = FieldName::new(format!("{prefix}{number}")).ok();
        let Some((step, named)) = step.filter(|it| is_decided(it)).zip(named) else {
            return false;
        };
        let mut step = step.clone();
        step.step.field = named;
        steps.push(step);
        true
    });
    candidate.verified.len() < before
}

/// Whether somebody was left alone or erased, or the plan was not for the record.
fn was_withheld(cell: &CellWrite) -> bool {
    cell.status == CellStatus::Skipped
        && matches!(cell.reason.as_deref(), Some("suppressed" | "erased" | "run_if"))
}
