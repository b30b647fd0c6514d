//! Job stores that get wrong who asks what.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    Result, WorkspaceId,
    job::{Flight, FlightState, Lease, Marked, NewCall},
};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "two batches ask the same at once",
        must_fail: "what_another_batch_asks_is_taken",
        walk: None,
        wrap: |subject| through(subject, NeverTaken),
    },
    Broken {
        name: "what was asked is never free again",
        must_fail: "what_a_call_asked_is_free_when_it_is_over",
        walk: None,
        wrap: |subject| through(subject, NeverFree::default()),
    },
    Broken {
        name: "an answer that came since is bought again",
        must_fail: "what_was_answered_since_is_taken",
        walk: None,
        wrap: |subject| through(subject, ForgetsAnswers),
    },
    Broken {
        name: "a parked batch lets go of what it asks",
        must_fail: "a_parked_batch_keeps_what_it_asks",
        walk: None,
        wrap: |subject| through(subject, FreesParked),
    },
    Broken {
        name: "what an attended job left is waited for like anything else",
        must_fail: "what_an_attended_job_left_nobody_waits_for",
        walk: None,
        wrap: |subject| through(subject, WaitsForTheDead),
    },
    Broken {
        name: "what an attended job left is asked by others",
        must_fail: "what_an_attended_job_left_nobody_waits_for",
        walk: None,
        wrap: |subject| through(subject, FreesLeft),
    },
];

/// Nobody asks anything in particular.
struct NeverTaken;

#[async_trait]
impl Defect for NeverTaken {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        let marked = right.store.mark_sent(lease, calls.clone()).await?;
        let asked = |it: &Flight| matches!(it.state, FlightState::Asked { .. });
        let mut results = Vec::new();
        for (call, result) in calls.into_iter().zip(marked) {
            results.push(match result {
                // Only what is under way beside something else in one call.
                Ok(Marked::Taken(flights))
                    if call.wanted.len() > 1 && flights.iter().all(asked) =>
                {
                    let alone = NewCall { wanted: Vec::new(), ..call };
                    right.store.mark_sent(lease, vec![alone]).await?.remove(0)
                }
                other => other,
            });
        }
        Ok(results)
    }
}

/// Keys that somebody was refused, and for whose sake.
#[derive(Default)]
struct NeverFree(Mutex<BTreeMap<(WorkspaceId, [u8; 32]), Flight>>);

#[async_trait]
impl Defect for NeverFree {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        let open = right.store.open_calls(lease).await.unwrap_or_default();
        let key = |call: &NewCall| Some((lease.workspace, call.wanted.first()?.key));
        let held = |call: &NewCall| self.0.lock().unwrap().get(&key(call)?).copied();
        let mut results = Vec::new();
        for call in calls {
            let theirs = held(&call).filter(|it| open.iter().all(|mine| mine.id != it.call));
            let over =
                right.store.flights(lease.workspace, theirs.iter().map(|it| it.key).collect());
            let ended = over.await?.iter().any(|it| it.state == FlightState::Unknown);
            if let Some(flight) = theirs.filter(|_| ended) {
                results.push(Ok(Marked::Taken(vec![flight])));
                continue;
            }
            let result = right.store.mark_sent(lease, vec![call.clone()]).await?.remove(0);
            if let (Ok(Marked::Taken(flights)), Some(key)) = (&result, key(&call)) {
                self.0.lock().unwrap().insert(key, flights[0]);
            }
            results.push(result);
        }
        Ok(results)
    }
}

struct ForgetsAnswers;

#[async_trait]
impl Defect for ForgetsAnswers {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        mut calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        for wanted in calls.iter_mut().flat_map(|it| &mut it.wanted) {
            let kept = right.store.lookups(lease.workspace, vec![wanted.key]).await?;
            wanted.seen = kept.first().map(|it| it.lookup.call);
        }
        right.store.mark_sent(lease, calls).await
    }
}

struct WaitsForTheDead;

#[async_trait]
impl Defect for WaitsForTheDead {
    async fn flights(
        &self,
        right: &Right,
        workspace: WorkspaceId,
        keys: Vec<[u8; 32]>,
    ) -> Result<Vec<Flight>> {
        let mut flights = right.store.flights(workspace, keys).await?;
        for flight in flights.iter_mut().filter(|it| it.state == FlightState::Left) {
            flight.state = FlightState::Asked { wait: Duration::ZERO };
        }
        Ok(flights)
    }
}

struct FreesLeft;

#[async_trait]
impl Defect for FreesLeft {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        mut calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        for call in &mut calls {
            let keys = call.wanted.iter().map(|it| it.key).collect();
            let flights = right.store.flights(lease.workspace, keys).await?;
            let left = |it: &Flight| it.state == FlightState::Left;
            call.wanted.retain(|it| !flights.iter().any(|of| of.key == it.key && left(of)));
        }
        right.store.mark_sent(lease, calls).await
    }
}

struct FreesParked;

#[async_trait]
impl Defect for FreesParked {
    async fn mark_sent(
        &self,
        right: &Right,
        lease: Lease,
        mut calls: Vec<NewCall>,
    ) -> Result<Vec<Result<Marked>>> {
        for call in &mut calls {
            let keys = call.wanted.iter().map(|it| it.key).collect();
            let flights = right.store.flights(lease.workspace, keys).await?;
            let asleep = |it: &Flight| match it.state {
                FlightState::Asked { wait } => !wait.is_zero(),
                _ => false,
            };
            call.wanted.retain(|it| !flights.iter().any(|of| of.key == it.key && asleep(of)));
        }
        right.store.mark_sent(lease, calls).await
    }
}
