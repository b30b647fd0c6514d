//! What a call came to, for each of its records: spend, lookups, and on to the cells.

use super::{
    Batch,
    ask::{Landed, Purpose},
    call::{Flying, fitting},
};
use crate::{
    CallId, Result, VendorUnits,
    engine::{entity, event::Now, gates::Gates},
    http::HttpFailure,
    job::{CallResult, CallState, EntityWrite, LookupWrite, Spend, StepOutcome},
    plan::Op,
    provider::{Outcome, Parsed, Verdicts},
};
use std::{sync::Arc, time::Duration};

impl Batch {
    /// A call is over: everything that follows from it is written in one item.
    pub(super) fn conclude(&mut self, gates: &mut Gates, now: Now, at: usize, parsed: Parsed) {
        let Some(parsed) = self.screened(at, parsed) else { return };
        self.release_permit(gates, now, at);
        let Some(flying) = self.flying.take(at) else { return };
        self.by_call.remove(&flying.id);
        self.known_calls.insert(flying.id);
        let outcomes = match parsed.verdicts {
            // That a later attempt was not billed says nothing of an earlier one, and that a poll
            // was not, nothing of the task.
            Verdicts::All(it)
                if (flying.doubtful || flying.task.is_some()) && it.kind().is_unbilled() =>
            {
                vec![Outcome::Unknown; flying.asks.len()]
            }
            Verdicts::All(outcome) => vec![outcome; flying.asks.len()],
            Verdicts::Each(outcomes) => outcomes,
        };
        let result = self.result_of(&flying, &outcomes, parsed.billed);
        match result {
            Ok(result) => self.draft.call = flying.marked.then_some(result),
            Err(error) => return self.fail(error),
        }
        self.in_call = true;
        for (ask, outcome) in flying.asks.iter().zip(outcomes) {
            let (outcome, call) = (Arc::new(outcome), flying.id);
            self.keep_lookup(now, *ask, &flying, &outcome);
            let (at, job) = (now.wall, self.lease.batch.job);
            let landed = Landed { outcome, call, free: false, akin: false, at, twin: None, job };
            self.land(gates, now, *ask, landed);
        }
        self.in_call = false;
        self.flush_draft(now);
    }

    /// What a call cost whose batch is somebody else's by now: it replaces what is unknown.
    pub fn owed(&self, call: CallId, result: Result<Parsed, HttpFailure>) -> Option<CallResult> {
        let flying = self.flying.get(self.by_call.get(&call).copied()?)?;
        let parsed = fitting(result.ok()?, flying.records.len());
        let outcomes = match parsed.verdicts {
            Verdicts::All(outcome) => vec![outcome; flying.records.len()],
            Verdicts::Each(outcomes) => outcomes,
        };
        let known = |it: &Outcome| !matches!(it, Outcome::Unknown | Outcome::Pending { .. });
        match outcomes.iter().all(known) && !flying.doubtful && flying.marked {
            true => self.result_of(flying, &outcomes, parsed.billed).ok(),
            false => None,
        }
    }

    /// What the store must know of the call itself.
    fn result_of(
        &self,
        flying: &Flying,
        outcomes: &[Outcome],
        billed: Option<VendorUnits>,
    ) -> Result<CallResult> {
        let op = self.program.op(flying.op);
        let unknown = outcomes.iter().all(|it| matches!(it, Outcome::Unknown));
        let shares = outcomes.iter().map(|it| op.spend(units(op, it)));
        let shares: Vec<Spend> = shares.collect::<Result<_>>()?;
        let told = billed.map(|units| op.spend(units)).transpose()?;
        let spend = match told {
            Some(spend) if !unknown => spend,
            _ => op.spend(VendorUnits::sum(shares.iter().map(|it| it.units))?)?,
        };
        Ok(CallResult {
            id: flying.id,
            state: if unknown { CallState::Unknown } else { CallState::Settled },
            spend,
            counters: self.counters(flying, spend, &shares),
            task: None,
            attempts: flying.attempts,
        })
    }

    /// Answers and misses need not be bought again.
    fn keep_lookup(&mut self, now: Now, ask: usize, flying: &Flying, outcome: &Arc<Outcome>) {
        let Some(it) = self.asks.get(ask) else { return };
        let op = self.program.op(it.op);
        let answer = match &**outcome {
            Outcome::Answer(answer) => serde_json::to_value(answer).ok(),
            Outcome::Miss => None,
            _ => return,
        };
        if op.operation.retention == Some(Duration::ZERO) || self.is_withheld(it.row, outcome) {
            return;
        }
        let oldest = op.outputs.iter().map(|field| self.program.field(*field).ttl).max();
        let ttl = match answer {
            Some(_) => oldest.unwrap_or(op.miss_ttl),
            None => op.miss_ttl,
        };
        let ttl = op.operation.retention.map_or(ttl, |most| ttl.min(most));
        let landed = Landed {
            outcome: outcome.clone(),
            call: flying.id,
            free: true,
            akin: false,
            at: now.wall,
            twin: Some(self.index(it.row)),
            job: self.lease.batch.job,
        };
        self.fresh.insert(it.key, landed);
        let lookup = LookupWrite {
            key: it.key,
            provider: op.provider.clone(),
            call: flying.id,
            answer,
            expires_at: now.wall.after(ttl),
        };
        if lookup.answer.is_some() {
            let (secret, known) = (&self.screen.key, |name: &str| it.inputs.0.get(name));
            let about = entity::entities(&self.realm, secret, op, &it.inputs, &known);
            self.draft.entities.extend(EntityWrite::all(&lookup, about));
        }
        self.draft.lookups.push(lookup);
    }

    /// A task is written down before it is asked about.
    pub(super) fn store_task(&mut self, now: Now, at: usize) {
        let Some(flying) = self.flying.get(at) else { return };
        let op = self.program.op(flying.op);
        let call = op.worst(flying.asks.len()).and_then(|worst| {
            let shares = vec![op.worst(1)?; flying.asks.len()];
            Ok(CallResult {
                id: flying.id,
                state: CallState::Sent,
                spend: worst,
                counters: self.counters(flying, worst, &shares),
                task: flying.task.clone(),
                attempts: flying.attempts,
            })
        });
        match call {
            Ok(call) => {
                self.draft.call = Some(call);
                self.flush_draft(now);
            }
            Err(error) => self.fail(error),
        }
    }

    /// A call that never left is given up; its cells go on without it.
    pub(super) fn give_up_unsent(
        &mut self,
        gates: &mut Gates,
        now: Now,
        at: usize,
        reason: &'static str,
    ) {
        let Some(flying) = self.flying.take(at) else { return };
        self.by_call.remove(&flying.id);
        // One that was left ready stands in the store, though this holder has not marked it.
        if flying.marked || flying.composition.is_some() {
            let state = match flying.doubtful {
                true => CallState::Unknown,
                false => CallState::Settled,
            };
            self.draft.call = Some(super::close::result(&flying, state));
        }
        self.in_call = true;
        for at in flying.asks {
            let Some(ask) = self.asks.get(at) else { continue };
            let (row, op, purpose, cells) = (ask.row, ask.op, ask.purpose, ask.cells.clone());
            self.drop_ask(gates, at);
            for cell in cells {
                match purpose {
                    Purpose::Fill => self.pass_over(row, cell, op, reason),
                    Purpose::Verify { candidate, .. } => {
                        self.unverified(row, cell, candidate, reason);
                    }
                }
            }
            self.advance(gates, now, row);
        }
        self.in_call = false;
        self.flush_draft(now);
    }

    /// A step that is not tried, for a reason that is not the vendor's.
    fn pass_over(&mut self, row: usize, cell: usize, op: crate::plan::OpIx, reason: &'static str) {
        let program = self.program.clone();
        let chain = &program.chains[cell];
        let provider = &program.op(op).provider;
        let it = &mut self.rows[row].cells[cell];
        it.pass(chain, op);
        it.skipped(provider, reason.to_owned());
        self.note_step(row, cell, op, None, StepOutcome::Skipped);
    }
}

/// What a record's outcome costs, in the vendor's units.
fn units(op: &Op, outcome: &Outcome) -> VendorUnits {
    let billing = &op.operation.billing;
    match outcome {
        Outcome::Answer(_) => billing.answer,
        Outcome::Miss => billing.miss,
        Outcome::Unknown | Outcome::Pending { .. } => billing.worst(),
        _ => VendorUnits::ZERO,
    }
}
