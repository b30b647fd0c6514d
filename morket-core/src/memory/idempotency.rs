//! Idempotency keys and first answers.

use super::MemoryStore;
use crate::{
    Result, Timestamp,
    idempotency::{Begun, IdempotencyStore, Request, Scope, Ticket},
};
use async_trait::async_trait;
use std::{collections::BTreeMap, time::Duration};

/// Every request that is running or kept.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Requests(BTreeMap<Name, Request>);

/// What a request is kept under.
type Name = (Scope, String);

fn name(scope: &Scope, key: &str) -> Name {
    (scope.clone(), key.to_owned())
}

impl Requests {
    fn begin(
        &mut self,
        name: Name,
        body: [u8; 32],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Begun> {
        let (begun, request) = match self.0.get(&name).cloned() {
            Some(found) => found.begin_again(body, now, lease)?,
            None => {
                let first = Request::first(body, now, lease);
                (Begun::Run(first.ticket), Some(first))
            }
        };
        self.0.extend(request.map(|request| (name, request)));
        Ok(begun)
    }

    /// Change a request by one of the pure decisions.
    fn change(
        &mut self,
        name: Name,
        decide: impl FnOnce(Option<Request>) -> Result<Option<Request>>,
    ) -> Result<()> {
        match decide(self.0.get(&name).cloned())? {
            Some(request) => self.0.insert(name, request),
            None => self.0.remove(&name),
        };
        Ok(())
    }
}

#[async_trait]
impl IdempotencyStore for MemoryStore {
    async fn begin(
        &self,
        scope: &Scope,
        key: &str,
        body: [u8; 32],
        lease: Duration,
    ) -> Result<Begun> {
        Request::check_key(key)?;
        self.step(|state, now| state.requests.begin(name(scope, key), body, lease, now))
    }

    async fn renew(&self, scope: &Scope, key: &str, ticket: Ticket, lease: Duration) -> Result<()> {
        self.step(|state, now| {
            state.requests.change(name(scope, key), |found| {
                Request::renewed(found, ticket, now, lease).map(Some)
            })
        })
    }

    async fn finish(
        &self,
        scope: &Scope,
        key: &str,
        ticket: Ticket,
        answer: Vec<u8>,
    ) -> Result<()> {
        self.step(|state, _| {
            state.requests.change(name(scope, key), |found| {
                Request::finished(found, ticket, &answer).map(Some)
            })
        })
    }

    async fn abandon(&self, scope: &Scope, key: &str, ticket: Ticket) -> Result<()> {
        self.step(|state, _| {
            state.requests.change(name(scope, key), |found| Ok(Request::abandoned(found, ticket)))
        })
    }

    async fn prune_idempotency(&self, before: Timestamp) -> Result<u32> {
        self.step(|state, now| {
            let rows = &mut state.requests.0;
            let count = rows.len();
            let runs = |it: &Request| it.answer.is_none() && it.lease_until > now;
            rows.retain(|_, request| request.began_at >= before || runs(request));
            Ok(u32::try_from(count - rows.len()).unwrap_or(u32::MAX))
        })
    }
}
