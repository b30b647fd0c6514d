//! The calls that a worker makes under a lease.

use super::{
    act::{Act, HOUR, Names, Side, TTL},
    scrub::{kind, seen},
};
use crate::job;
use morket_core::{
    Credits, HoldId, JobId, Result,
    job::{
        Answered, CallState, ClaimFilter, Closing, Entity, EntityKind, EntityWrite, LookupWrite,
        Marked, NewCall, PermitClaim, Permits, Rate, RateLimit, RecordStatus, Returned, Scope,
        Settled, Settlement, Sought, StepOutcome, Wanted,
    },
    ledger::Op,
    name::step_key,
};
use serde_json::json;
use std::time::Duration;

impl Side {
    /// What is done under a lease: the job's last one, whether it still counts or not.
    pub(super) async fn work(&mut self, act: Act) -> String {
        let (store, job) = (self.subject.store.clone(), self.job(Act { choice: 0, ..act }));
        if act.kind == 15 {
            let claimed = store.claim_batch("worker", TTL, ClaimFilter::Job(job)).await;
            if let Ok(Some(claimed)) = &claimed {
                self.leases.insert(job, claimed.lease);
            }
            return seen(claimed);
        }
        let Some(lease) = self.leases.get(&job).copied() else { return "no lease yet".into() };
        let call = self.call(act);
        match act.kind {
            16 => seen(store.renew_lease(lease, TTL).await) + &seen(store.open_calls(lease).await),
            17 => {
                let hold = self.names.holds[usize::from(act.choice % 2)];
                let prices = [act.amount, 3, 4].map(Credits).to_vec();
                seen(store.fund_batch(lease, hold, prices).await)
            }
            18 => {
                let marked = store.mark_sent(lease, vec![call]).await;
                let kinds = |it: Result<Marked>| kind(it.map(|it| it.is_sent()));
                seen(marked.map(|results| results.into_iter().map(kinds).collect::<Vec<_>>()))
            }
            _ => {
                let mut items = vec![self.item(act, job, &call), self.ending(act)];
                if act.amount % 3 == 0 {
                    let lookup = self.lookup(act, &call).await;
                    items[0].entities.extend(EntityWrite::all(&lookup, vec![entity(act.choice)]));
                    items[0].lookups.push(lookup);
                }
                let closing = self.closing(act).await;
                settled(store.settle(Settlement { lease, items: items.into(), closing }).await)
            }
        }
    }

    /// Of one holder, so that no presence of others ends between two calls; hours that no jumps of
    /// the clock add up to.
    pub(super) async fn permits(&self, act: Act) -> String {
        let mut key = [act.place; 32];
        key[..16].copy_from_slice(self.names.users[0].0.as_bytes());
        let rates = vec![Rate { max: 9, per: HOUR * 7 }];
        let slice = act.amount.unsigned_abs() % 4 + 1;
        let used = u32::from(act.other);
        let told = Returned { slice, used, last_used_ago: Duration::from_secs(1) };
        let claim = PermitClaim {
            limits: vec![RateLimit { key, rates }],
            holder: 1,
            slice: act.amount.unsigned_abs() + 1,
            want: u32::from(act.choice),
            span: Duration::from_secs(5),
            returned: vec![told],
            cool: None,
            told: Vec::new(),
        };
        let given = self.subject.store.claim_permits(claim).await;
        seen(given.map(|it| match it {
            Permits::Granted(count) => Some(count),
            Permits::NotBefore(_) => None,
        }))
    }

    fn call(&self, act: Act) -> NewCall {
        let scope =
            [Scope::Job, Scope::Provider, Scope::Workspace][usize::from(act.choice) % 3].clone();
        let number = usize::from(act.choice) % 3 + 3 * (usize::from(act.other) / 2);
        let id = self.names.calls[usize::from(act.place)][number];
        // Not the keys of stored answers: whose answer is whose, ids tell, and they differ.
        let key = [10 + act.place % 2; 32];
        let wanted = vec![Wanted { key, seen: None }];
        NewCall { id, wanted, ..job::limited(scope, 10, Some(15)) }
    }

    fn item(&self, act: Act, job: JobId, call: &NewCall) -> Answered {
        let index = u32::from(act.choice) % 3;
        let state = [CallState::Settled, CallState::Unknown, CallState::Ready][index as usize];
        let mut item = job::answer(index, Some(call.id));
        if act.amount % 2 == 0 {
            item.call = Some(job::result(call.id, state, 4));
        }
        if act.amount > 40 {
            item.steps[0].outcome = StepOutcome::Rejected;
        } else if act.amount > 20 {
            let amount = Credits(act.amount / 10);
            let step = &mut item.steps[0];
            step.charge = amount;
            let key = step_key(job, index, &step.field, &step.provider);
            let hold = self.names.holds[usize::from(act.choice % 2)];
            item.money = vec![Op::Capture { hold, key, amount }];
        }
        item
    }

    /// Hours that no jumps of the clock add up to.
    async fn lookup(&self, act: Act, call: &NewCall) -> LookupWrite {
        LookupWrite {
            key: [act.choice % 2; 32],
            provider: call.provider.clone(),
            call: call.id,
            answer: (act.choice > 1).then(|| json!({"n": act.amount})),
            expires_at: self.subject.clock.now().await + HOUR * 7,
        }
    }

    fn ending(&self, act: Act) -> Answered {
        let status = [RecordStatus::Success, RecordStatus::Failed, RecordStatus::Skipped];
        let status = status[usize::from(act.choice) / 2];
        match act.amount % 4 {
            0 => job::answered([(0, status), (1, status), (2, RecordStatus::Success)]),
            _ => Answered::default(),
        }
    }

    async fn closing(&self, act: Act) -> Option<Closing> {
        match act.choice {
            0 | 1 => Some(Closing::Done),
            2 => Some(Closing::Release),
            3 => {
                let next_hold = Some((fixed(&self.names, act), Credits(act.amount)));
                Some(Closing::Park { wake_in: Some(HOUR), on: vec!["key".into()], next_hold })
            }
            _ => None,
        }
    }
}

/// A question that nobody asked, about whom another one was.
pub(super) fn sought(number: u8) -> Sought {
    Sought { key: [8; 32], about: vec![entity(number)] }
}

/// Another one for each key, so that no two answers are about the same.
fn entity(number: u8) -> Entity {
    Entity { kind: EntityKind::Email, hash: [number % 2; 32] }
}

/// A hold that a park opens: one name for each place of a sequence.
fn fixed(names: &Names, act: Act) -> HoldId {
    names.holds[usize::from(act.other) + 3]
}

fn settled(result: Result<Settled>) -> String {
    match result {
        Ok(Settled::Applied { items, closed }) => {
            let items: Vec<_> = items.into_iter().map(kind).collect();
            seen(Ok((items, closed)))
        }
        other => seen(other),
    }
}
