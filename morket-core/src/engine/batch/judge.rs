//! From a record's answer to its cells: clean value, right person, policy. The judging itself is
//! `accept`'s; here is what follows from it.

use super::{Batch, ask::Purpose, row::Result as OpResult};
use crate::{
    CallId, Credits,
    accept::{self, Ending, Identity, Judgement, Reason},
    engine::{
        cell::{Candidate, Fate, Verified},
        event::Now,
        gates::Gates,
        lookup,
    },
    field::{EmailStatus, FieldType, Kind, normalise},
    job::{CellSource, CellStatus, StepOutcome},
    ledger::Op as Movement,
    name::{FieldName, step_key},
    plan::{OnAmbiguous, OpIx},
    provider::{Answer, Inputs, Outcome},
};
use serde_json::Value;
use std::collections::BTreeMap;

impl Batch {
    /// What an operation came to, as far as one cell is concerned.
    pub(super) fn apply(&mut self, row: usize, cell: usize, result: &OpResult) {
        let program = self.program.clone();
        let chain = &program.chains[cell];
        let (op, call) = (result.op, Some(result.call));
        self.rows[row].cells[cell].pass(chain, op);
        self.rows[row].cells[cell].detail.bought.retain(|it| it.call != result.call);
        let failed = match &*result.outcome {
            Outcome::Answer(answer) if self.keep_back(row, cell, result, answer) => return,
            Outcome::Answer(answer) => return self.consider(row, cell, result, answer),
            Outcome::Miss => {
                self.rows[row].cells[cell].missed = true;
                return self.note_step(row, cell, op, call, StepOutcome::Miss);
            }
            Outcome::InvalidInput => {
                let provider = &program.op(op).provider;
                self.rows[row].cells[cell].skipped(provider, "invalid_input".to_owned());
                return self.note_step(row, cell, op, call, StepOutcome::InvalidInput);
            }
            Outcome::LegalBlock => return self.legal_block(row, cell, result),
            Outcome::AuthFailed => ("auth", StepOutcome::AuthFailed),
            Outcome::PlanLacks => ("plan", StepOutcome::PlanLacks),
            Outcome::OutOfCredits => ("out_of_credits", StepOutcome::OutOfCredits),
            Outcome::RateLimited { .. } => ("rate_limited", StepOutcome::RateLimited),
            Outcome::Transient => ("transient", StepOutcome::Transient),
            Outcome::Unknown | Outcome::Pending { .. } => ("ambiguous", StepOutcome::Ambiguous),
        };
        self.rows[row].cells[cell].failure.get_or_insert(failed.0);
        self.note_step(row, cell, op, call, failed.1);
        let ambiguous = failed.1 == StepOutcome::Ambiguous;
        if ambiguous && program.on_ambiguous == OnAmbiguous::Fail
            || self.ends_cell(result.outcome.kind())
        {
            self.end_cell(row, cell, CellStatus::Failed, Some(failed.0.to_owned()));
        }
    }

    /// Look at an answer for the sake of one cell.
    fn consider(&mut self, row: usize, cell: usize, result: &OpResult, it: &Answer) {
        let program = self.program.clone();
        let op = program.op(result.op);
        let field = program.field(program.chains[cell].field);
        let value = it.get(&field.name).and_then(|value| normalise(field.ty, value));
        let Some(value) = value else {
            self.rows[row].cells[cell].missed = true;
            return self.note_step(row, cell, result.op, Some(result.call), StepOutcome::Rejected);
        };
        let identity = accept::identify(op.operation.kind, &self.whom(row), &it.identity);
        let refused = self.inadmissible(row, cell, result.call, it);
        let refused = refused.or_else(|| self.too_vague(row, result.op, identity));
        let status = (field.ty == FieldType::Email).then(|| vendor_status(it)).flatten();
        let candidate = Candidate {
            value,
            provider: op.provider.clone(),
            operation: op.operation.name.clone(),
            call: result.call,
            free: result.free,
            akin: result.akin,
            sample: false,
            fetched_at: result.at,
            confidence: it.confidence,
            status,
            identity,
            fate: Fate::Open,
            verified: Vec::new(),
        };
        let it = &mut self.rows[row].cells[cell];
        it.detail.same_as_row = it.detail.same_as_row.or(result.twin);
        it.detail.candidates.push(candidate);
        let at = it.detail.candidates.len() - 1;
        match refused {
            Some(reason) => {
                it.missed = true;
                self.reject(row, cell, at, reason.code());
                self.note_cell(row, cell);
            }
            None => self.weigh(row, cell, at),
        }
    }

    /// Judge a candidate by everything that is known of it.
    pub(super) fn weigh(&mut self, row: usize, cell: usize, at: usize) {
        let program = self.program.clone();
        let chain = &program.chains[cell];
        let candidates = &self.rows[row].cells[cell].detail.candidates;
        let verdicts = candidates[at].verdicts();
        let ty = program.field(chain.field).ty;
        let judged = accept::judge(
            &case(ty, candidates, at, &verdicts, chain.verifier.is_some()),
            &chain.policy,
        );
        let it = &mut self.rows[row].cells[cell];
        it.missed = true;
        match judged {
            Judgement::Accept => self.accept(row, cell, at),
            Judgement::Verify => it.detail.candidates[at].fate = Fate::Open,
            Judgement::LastResort(reason) => {
                it.detail.candidates[at].fate = Fate::LastResort(reason.code().to_owned());
            }
            Judgement::Reject(reason) => self.reject(row, cell, at, reason.code()),
        }
        if self.rows[row].cells[cell].is_open() {
            self.note_cell(row, cell);
        }
    }

    /// Why a field of an answer may not be taken beside what the row holds, if so.
    fn inadmissible(&self, row: usize, cell: usize, call: CallId, it: &Answer) -> Option<Reason> {
        let program = &self.program;
        let name = |at: usize| program.field(program.chains[at].field).name.clone();
        let taken = self.rows[row].cells.iter().enumerate().filter_map(|(at, held)| {
            let accepted = |it: &&Candidate| it.fate == Fate::Accepted && !it.is_input();
            Some((name(at), held.detail.candidates.iter().find(accepted)?.call))
        });
        let taken: BTreeMap<FieldName, CallId> = taken.collect();
        let this = name(cell);
        let others = it.values.iter().map(|(name, _)| name.clone()).filter(|it| *it != this);
        let offered: Vec<FieldName> = [this.clone()].into_iter().chain(others).collect();
        let mix = program.chains[cell].policy.mix_groups;
        let verdicts =
            accept::admit(&program.catalogue, program.kind, &taken, &call, &offered, mix);
        verdicts.into_iter().find(|(name, _)| *name == this).and_then(|(_, reason)| reason)
    }

    /// Why nothing of an answer may be taken that has only a name in common with the question.
    fn too_vague(&self, row: usize, op: OpIx, identity: Identity) -> Option<Reason> {
        let operation = &self.program.op(op).operation;
        let asked_with = operation.alternative(|name| self.known(row, name.as_str()).is_some())?;
        let vague = identity == Identity::Unverifiable
            && accept::needs_resemblance(operation.kind, asked_with);
        vague.then_some(Reason::IdentityUnsure)
    }

    /// A candidate loses; it stays with the cell.
    fn reject(&mut self, row: usize, cell: usize, at: usize, reason: &str) {
        let candidate = &mut self.rows[row].cells[cell].detail.candidates[at];
        candidate.fate = Fate::Rejected(reason.to_owned());
        let (call, free) = (candidate.call, candidate.free);
        // A value of the user's own has no step.
        let Some(op) = self.op_of(row, cell, at) else { return };
        let charge = match self.program.charge_partial && !free {
            true => self.charge(row, op, call),
            false => Credits::ZERO,
        };
        self.priced_step(row, cell, op, Some(call), StepOutcome::Rejected, charge);
    }

    /// A candidate wins: it is charged, once a call, and its cell ends.
    fn accept(&mut self, row: usize, cell: usize, at: usize) {
        let op = self.op_of(row, cell, at);
        let candidate = &mut self.rows[row].cells[cell].detail.candidates[at];
        candidate.fate = Fate::Accepted;
        let (call, free, value) = (candidate.call, candidate.free, candidate.value.clone());
        if let Some(op) = op {
            let charge = if free { Credits::ZERO } else { self.charge(row, op, call) };
            self.priced_step(row, cell, op, Some(call), StepOutcome::Accepted, charge);
        }
        let field = usize::from(self.program.chains[cell].field.0);
        self.rows[row].known[field] = Some(value);
        self.lose_the_rest(row, cell);
        self.end_cell(row, cell, CellStatus::Found, None);
    }

    /// Candidates that were kept until the end lose with it.
    fn lose_the_rest(&mut self, row: usize, cell: usize) {
        for at in 0..self.rows[row].cells[cell].detail.candidates.len() {
            let reason = match &self.rows[row].cells[cell].detail.candidates[at].fate {
                Fate::LastResort(reason) => reason.clone(),
                Fate::Open => "not_verified".to_owned(),
                Fate::Accepted | Fate::Rejected(_) => continue,
            };
            self.reject(row, cell, at, &reason);
        }
    }

    /// Nothing is left to try: the best of what was kept is taken, or shown.
    pub(super) fn decide(&mut self, row: usize, cell: usize) {
        let (kept, ending) = self.ending(row, cell);
        let marked = match ending {
            Ending::Found(at) => {
                let fate = &self.rows[row].cells[cell].detail.candidates[kept[at]].fate;
                let reason = match fate {
                    Fate::LastResort(reason) => Some(reason.clone()),
                    _ => None,
                };
                self.accept(row, cell, kept[at]);
                return self.end_cell(row, cell, CellStatus::Found, reason);
            }
            Ending::Kept(_, reason) => Some(reason.code().to_owned()),
            Ending::Nothing => None,
        };
        self.lose_the_rest(row, cell);
        let (status, reason) = self.rows[row].cells[cell].verdict();
        let marked = marked.filter(|_| status == CellStatus::NoResult);
        let chain = &self.program.chains[cell];
        // Nobody was to find a value, and there was none to verify.
        let nothing = || {
            let none = status == CellStatus::Skipped && chain.steps.is_empty();
            none.then(|| format!("missing_input:{}", self.program.field(chain.field).name))
        };
        let reason = marked.or(reason).or_else(nothing);
        self.end_cell(row, cell, status, reason);
    }

    /// The candidates that are left, and what they come to.
    fn ending(&self, row: usize, cell: usize) -> (Vec<usize>, Ending) {
        let chain = &self.program.chains[cell];
        let ty = self.program.field(chain.field).ty;
        let all = &self.rows[row].cells[cell].detail.candidates;
        let left = |at: &usize| matches!(all[*at].fate, Fate::LastResort(_) | Fate::Open);
        let kept: Vec<usize> = (0..all.len()).filter(left).collect();
        let verdicts: Vec<_> = kept.iter().map(|at| all[*at].verdicts()).collect();
        let cases = kept.iter().zip(&verdicts);
        let cases: Vec<_> = cases
            .map(|(at, said)| (case(ty, all, *at, said, false), all[*at].confidence))
            .collect();
        let ending = accept::final_choice(&cases, &chain.policy);
        (kept, ending)
    }

    /// Ask the chain's verifier about a candidate.
    pub(super) fn verify(
        &mut self,
        gates: &mut Gates,
        now: Now,
        row: usize,
        cell: usize,
        at: usize,
    ) {
        let program = self.program.clone();
        let chain = &program.chains[cell];
        let Some(op) = chain.verifier else { return };
        let value = self.rows[row].cells[cell].detail.candidates[at].value.clone();
        let inputs = Inputs([(program.field(chain.field).name.clone(), value)].into());
        if self.resume_early(gates, now, (row, at), &inputs) {
            return;
        }
        self.rows[row].cells[cell].verifications += 1;
        let ask = self.new_ask(row, op, Purpose::Verify { cell, candidate: at }, inputs);
        self.rows[row].cells[cell].busy = crate::engine::cell::Busy::Asking(ask);
        if let Some(it) = self.asks.get_mut(ask) {
            it.cells.push(cell);
        }
        self.begin_ask(gates, now, ask);
    }

    /// What the verifier said.
    pub(super) fn apply_verdict(&mut self, row: usize, cell: usize, at: usize, result: &OpResult) {
        let program = self.program.clone();
        let by = program.op(result.op).provider.clone();
        let (status, step) = match &*result.outcome {
            Outcome::Answer(answer) => match vendor_status(answer) {
                Some(status) => (status, StepOutcome::Accepted),
                None => (EmailStatus::Unknown, StepOutcome::Rejected),
            },
            Outcome::Miss => (EmailStatus::Unknown, StepOutcome::Miss),
            Outcome::InvalidInput => (EmailStatus::Invalid, StepOutcome::InvalidInput),
            Outcome::Unknown => (EmailStatus::Unknown, StepOutcome::Ambiguous),
            Outcome::LegalBlock => (EmailStatus::Unknown, StepOutcome::LegalBlock),
            Outcome::AuthFailed => (EmailStatus::Unknown, StepOutcome::AuthFailed),
            Outcome::PlanLacks => (EmailStatus::Unknown, StepOutcome::PlanLacks),
            Outcome::OutOfCredits => (EmailStatus::Unknown, StepOutcome::OutOfCredits),
            Outcome::RateLimited { .. } => (EmailStatus::Unknown, StepOutcome::RateLimited),
            Outcome::Transient | Outcome::Pending { .. } => {
                (EmailStatus::Unknown, StepOutcome::Transient)
            }
        };
        let step = match step {
            StepOutcome::Accepted if status == EmailStatus::Unknown => StepOutcome::Rejected,
            step => step,
        };
        // The person objected meanwhile: nothing of the cell is left to judge, or to pay for.
        let open = self.rows[row].cells[cell].is_open();
        let paid = step == StepOutcome::Accepted && !result.free && open;
        let charge = if paid { self.charge(row, result.op, result.call) } else { Credits::ZERO };
        self.verdict_step(row, cell, result, step, charge);
        if !open {
            return;
        }
        let it = &mut self.rows[row].cells[cell];
        let verified = Verified { by, status, call: result.call };
        it.detail.candidates[at].verified.push(verified);
        match self.ends_cell(result.outcome.kind()) {
            true => {
                let cause = super::lost::word(result.outcome.kind()).to_owned();
                self.lose_the_rest(row, cell);
                self.end_cell(row, cell, CellStatus::Failed, Some(cause));
            }
            false => self.weigh(row, cell, at),
        }
    }

    /// A candidate that nobody will verify.
    pub(super) fn unverified(&mut self, row: usize, cell: usize, at: usize, reason: &str) {
        if !self.rows[row].cells[cell].is_open() {
            return;
        }
        self.reject(row, cell, at, reason);
        self.note_cell(row, cell);
    }

    /// The person objected: nothing of them is asked for or kept in this run.
    fn legal_block(&mut self, row: usize, cell: usize, result: &OpResult) {
        let program = self.program.clone();
        self.note_step(row, cell, result.op, Some(result.call), StepOutcome::LegalBlock);
        self.block(row, &program.op(result.op).provider);
        for (at, chain) in program.chains.iter().enumerate() {
            if program.field(chain.field).kind != Kind::Person {
                continue;
            }
            let it = &self.rows[row].cells[at];
            let withheld = it.ended == Some(CellStatus::Found);
            if !withheld && !it.is_open() {
                continue;
            }
            if withheld {
                self.refund(row, at);
                // What is withheld is no input of anybody else's question either.
                self.rows[row].known[usize::from(chain.field.0)] = None;
            }
            self.rows[row].cells[at].detail.candidates.clear();
            self.end_cell(row, at, CellStatus::Skipped, Some("suppressed".to_owned()));
        }
    }

    /// Give back what a withheld cell had captured.
    pub(super) fn refund(&mut self, row: usize, cell: usize) {
        let field = self.program.field(self.program.chains[cell].field).name.clone();
        let index = self.index(row);
        let taken = self.rows[row].captured.remove(&cell);
        if let Some(provider) = taken {
            let key = step_key(self.lease.batch.job, index, &field, &provider);
            self.draft.money.push(Movement::Refund { key: key.clone(), of: key });
        }
    }

    /// What a record is charged for a call: its price, the first time it is accepted.
    fn charge(&mut self, row: usize, op: OpIx, call: CallId) -> Credits {
        let price = self.program.op(op).price;
        match self.metered && price.is_positive() && self.rows[row].charged.insert(call) {
            true => price,
            false => Credits::ZERO,
        }
    }

    /// The operation a candidate came from.
    fn op_of(&self, row: usize, cell: usize, at: usize) -> Option<OpIx> {
        let it = &self.rows[row].cells[cell].detail.candidates[at];
        self.program.op_named(&it.provider, &it.operation)
    }

    /// Whom the row says it is about, and by which keys it was only found.
    pub(super) fn whom(&self, row: usize) -> accept::Known {
        let found = |name: &str| {
            let cells = self.program.chains.iter().zip(&self.rows[row].cells);
            let mut of = cells.filter(|(it, _)| self.program.field(it.field).name.as_str() == name);
            of.any(|(_, cell)| cell.detail.accepted().is_some_and(|it| !it.is_input()))
        };
        accept::Known {
            email_was_found: found("email"),
            linkedin_url_was_found: found("linkedin_url"),
            ..lookup::whom(&|name| self.known(row, name))
        }
    }

    /// A value of the user's own, to be judged like any other.
    pub(super) fn weigh_input(&mut self, now: Now, row: usize, cell: usize, value: Value) {
        let candidate = Candidate::input(value, now.wall);
        self.rows[row].cells[cell].detail.candidates.push(candidate);
        self.weigh(row, cell, 0);
    }

    /// Where a found cell's value came from.
    pub(super) fn source(&self, row: usize, cell: usize) -> CellSource {
        let detail = &self.rows[row].cells[cell].detail;
        match detail.accepted() {
            None => CellSource::Input,
            Some(taken) if taken.is_input() => CellSource::Input,
            Some(taken) if taken.sample => CellSource::Sample,
            Some(taken) if !taken.free => CellSource::Call,
            Some(_) if detail.same_as_row.is_some() => CellSource::Row,
            Some(_) => CellSource::Cache,
        }
    }
}

/// A candidate as it is judged.
fn case<'a>(
    ty: FieldType,
    all: &[Candidate],
    at: usize,
    verdicts: &'a [EmailStatus],
    verifier: bool,
) -> accept::Candidate<'a> {
    let candidate = &all[at];
    let same =
        |it: &&Candidate| it.value == candidate.value && matches!(it.fate, Fate::Rejected(_));
    let rejected_before = all[..at].iter().filter(same).count();
    accept::Candidate {
        ty,
        identity: candidate.identity,
        status: candidate.status,
        verdicts,
        rejected_before: u8::try_from(rejected_before).unwrap_or(u8::MAX),
        can_verify: verifier && verdicts.is_empty(),
    }
}

/// The vendor's own word on an address.
fn vendor_status(answer: &Answer) -> Option<EmailStatus> {
    let name = |it: &FieldName| it.as_str() == "email_status";
    let (_, value) = answer.values.iter().find(|(it, _)| name(it))?;
    let value: Value = normalise(FieldType::EmailStatus, value)?;
    serde_json::from_value(value).ok()
}
