//! Calls are written down before their bytes leave, and what the store says to that.

use super::{Batch, call::Leg};
use crate::{
    CallId, ErrorKind, Result,
    engine::{
        event::{Command, Now},
        gates::Gates,
    },
    job::{Marked, NewCall},
    provider::Outcome,
};
use std::time::Duration;

impl Batch {
    /// Write down the calls that were gathered. What a call follows from is durable before it is
    /// marked: a successor that finds it finds all that led to it, and asks nobody twice.
    pub(super) fn mark(&mut self) {
        if self.to_mark.is_empty() || self.marking > 0 {
            return;
        }
        let all = std::mem::take(&mut self.to_mark);
        let (calls, rest): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| self.is_due(it));
        self.to_mark = rest;
        if !calls.is_empty() {
            self.marking += 1;
            self.commands.push(Command::Mark(calls));
        }
    }

    /// Whether all that is known of a call's rows is written.
    fn is_due(&self, call: &NewCall) -> bool {
        let flying = self.by_call.get(&call.id).and_then(|at| self.flying.get(*at));
        let asks = flying.into_iter().flat_map(|it| &it.asks);
        let rows = asks.filter_map(|ask| self.asks.get(*ask)).map(|it| it.row);
        rows.into_iter().all(|row| self.settler.has_written(self.rows[row].item))
    }

    pub(super) fn on_marked(
        &mut self,
        gates: &mut Gates,
        now: Now,
        calls: &[CallId],
        result: Result<Vec<Result<Marked>>>,
    ) {
        self.marking -= 1;
        let results = match result {
            Ok(results) => results,
            Err(error) if error.kind() == ErrorKind::Conflict => {
                return self.refuse_marks(gates, now, calls);
            }
            Err(error) => return self.fail(error),
        };
        for (call, result) in calls.iter().zip(results) {
            let Some(at) = self.by_call.get(call).copied() else { continue };
            match result {
                Ok(Marked::Taken(flights)) => self.taken(gates, now, at, &flights),
                Ok(Marked::Sent) => {
                    if let Some(flying) = self.flying.get_mut(at) {
                        flying.marked = true;
                    }
                    match self.must_wait(now, at) || self.is_late(now, at) {
                        true => self.release_permit(gates, now, at),
                        false => self.send(now, at),
                    }
                }
                Err(error) if error.kind() == ErrorKind::OverBudget => {
                    let scope = error.facts().iter().find(|(name, _)| *name == "scope");
                    let day = scope.is_some_and(|(_, value)| value == "day");
                    self.over_budget(gates, now, at, day);
                }
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    self.settled_elsewhere(gates, now, at);
                }
                Err(error) => return self.fail(error),
            }
        }
    }

    /// The job is being cancelled: nothing was written, and nothing may leave.
    fn refuse_marks(&mut self, gates: &mut Gates, now: Now, calls: &[CallId]) {
        for call in calls {
            let Some(at) = self.by_call.get(call).copied() else { continue };
            self.release_permit(gates, now, at);
            if let Some(flying) = self.flying.get_mut(at) {
                flying.leg = Leg::Held(now.mono);
            }
        }
        self.cancel(gates, now);
        // The cancel may have been heard of before: these came back since.
        self.drop_unsent(gates);
    }

    /// A worker that lost the batch has written down what this call was billed, but not what it
    /// found. Where asking again is safe it is asked under a new id; elsewhere nobody will know.
    fn settled_elsewhere(&mut self, gates: &mut Gates, now: Now, at: usize) {
        self.release_permit(gates, now, at);
        let Some(flying) = self.flying.get_mut(at) else { return };
        (flying.marked, flying.composition) = (false, None);
        if !self.program.op(flying.op).operation.retry_on_ambiguous {
            return self.conclude(gates, now, at, Outcome::Unknown.into());
        }
        let old = flying.id;
        let id = self.ids.call(now.wall);
        flying.id = id;
        (flying.leg, flying.attempts, flying.task) = (Leg::New, 0, None);
        self.by_call.remove(&old);
        self.by_call.insert(id, at);
        self.agenda.push_back(at);
    }

    /// A ceiling keeps it back: the day's until midnight, any other for good.
    fn over_budget(&mut self, gates: &mut Gates, now: Now, at: usize, day: bool) {
        self.release_permit(gates, now, at);
        if day {
            const DAY: i64 = 86_400_000_000;
            let rest = DAY - now.wall.micros().rem_euclid(DAY);
            let until = now.mono + Duration::from_micros(u64::try_from(rest).unwrap_or(0));
            return self.hold_until(at, until, Leg::Held);
        }
        self.give_up_unsent(gates, now, at, "over_budget");
    }

    /// The call as the store must know it before its bytes leave.
    pub(super) fn new_call(&self, at: usize) -> Result<Option<NewCall>> {
        let Some(flying) = self.flying.get(at) else { return Ok(None) };
        let op = self.program.op(flying.op);
        let worst = op.worst(flying.asks.len())?;
        let each = op.worst(1)?;
        let shares = vec![each; flying.asks.len()];
        let left = flying.composition.clone();
        let composition = left.unwrap_or_else(|| self.composition(flying));
        Ok(Some(NewCall {
            id: flying.id,
            provider: op.provider.clone(),
            operation: op.operation.name.clone(),
            composition,
            worst,
            counters: self.counters(flying, worst, &shares),
            wanted: self.wanted(flying),
            attempts: flying.attempts,
        }))
    }
}
