//! Idempotency keys and first answers.

use super::MemoryStore;
use crate::{
    Error, ErrorKind, Result, Timestamp,
    idempotency::{Begun, IdempotencyStore, RETENTION, Scope, Ticket},
};
use async_trait::async_trait;
use std::{collections::BTreeMap, time::Duration};

/// Every request that is running or kept.
#[derive(Default)]
#[cfg_attr(test, derive(Debug))]
pub(super) struct Requests {
    rows: BTreeMap<(Scope, String), Request>,
    /// The last ticket given, of all keys: none is ever given twice.
    last_ticket: i64,
}

#[cfg_attr(test, derive(Debug))]
struct Request {
    body: [u8; 32],
    began_at: Timestamp,
    ticket: Ticket,
    progress: Progress,
}

#[cfg_attr(test, derive(Debug))]
enum Progress {
    Running { until: Timestamp },
    Finished { answer: Vec<u8> },
}

impl Request {
    fn is_running(&self, now: Timestamp) -> bool {
        matches!(self.progress, Progress::Running { until } if until > now)
    }
}

impl Requests {
    fn begin(
        &mut self,
        name: (Scope, String),
        body: [u8; 32],
        lease: Duration,
        now: Timestamp,
    ) -> Result<Begun> {
        let kept = self.rows.get(&name);
        let kept = kept.filter(|it| it.is_running(now) || it.began_at.after(RETENTION) > now);
        let began_at = match kept {
            None => now,
            Some(first) if first.body != body => {
                let message = "the idempotency key came before with another body";
                return Err(refused(ErrorKind::IdempotencyMismatch, "idempotency.begin", message));
            }
            Some(first) => match &first.progress {
                Progress::Finished { answer } => return Ok(Begun::Replay(answer.clone())),
                Progress::Running { until } if *until > now => {
                    let message = "the first request with this idempotency key is still running";
                    return Err(refused(ErrorKind::InProgress, "idempotency.begin", message));
                }
                Progress::Running { .. } => first.began_at,
            },
        };
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let progress = Progress::Running { until: now.after(lease) };
        self.rows.insert(name, Request { body, began_at, ticket, progress });
        Ok(Begun::Run(ticket))
    }

    /// The request this ticket still belongs to.
    fn held(
        &mut self,
        operation: &'static str,
        name: &(Scope, String),
        ticket: Ticket,
    ) -> Result<&mut Request> {
        self.rows.get_mut(name).filter(|request| request.ticket == ticket).ok_or_else(|| {
            let message = "another took this request over; what this one answers no longer counts";
            refused(ErrorKind::StaleLease, operation, message)
        })
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
        let name = name("idempotency.begin", scope, key)?;
        self.step(|state, now| state.requests.begin(name, body, lease, now))
    }

    async fn renew(&self, scope: &Scope, key: &str, ticket: Ticket, lease: Duration) -> Result<()> {
        let name = name("idempotency.renew", scope, key)?;
        self.step(|state, now| {
            let request = state.requests.held("idempotency.renew", &name, ticket)?;
            if let Progress::Running { until } = &mut request.progress {
                *until = now.after(lease);
            }
            Ok(())
        })
    }

    async fn finish(
        &self,
        scope: &Scope,
        key: &str,
        ticket: Ticket,
        answer: Vec<u8>,
    ) -> Result<()> {
        let name = name("idempotency.finish", scope, key)?;
        self.step(|state, _| {
            let request = state.requests.held("idempotency.finish", &name, ticket)?;
            if let Progress::Running { .. } = request.progress {
                request.progress = Progress::Finished { answer };
            }
            Ok(())
        })
    }

    async fn abandon(&self, scope: &Scope, key: &str, ticket: Ticket) -> Result<()> {
        let name = name("idempotency.abandon", scope, key)?;
        self.step(|state, _| {
            let rows = &mut state.requests.rows;
            let unfinished = |it: &Request| matches!(it.progress, Progress::Running { .. });
            if rows.get(&name).is_some_and(|it| it.ticket == ticket && unfinished(it)) {
                rows.remove(&name);
            }
            Ok(())
        })
    }

    async fn prune_idempotency(&self, before: Timestamp) -> Result<u32> {
        self.step(|state, now| {
            let rows = &mut state.requests.rows;
            let count = rows.len();
            rows.retain(|_, request| request.began_at >= before || request.is_running(now));
            Ok(u32::try_from(count - rows.len()).unwrap_or(u32::MAX))
        })
    }
}

fn name(operation: &'static str, scope: &Scope, key: &str) -> Result<(Scope, String)> {
    if !(1..=255).contains(&key.len()) || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Error::invalid(operation, "key", "must be 1 to 255 visible ASCII characters"));
    }
    Ok((scope.clone(), key.to_owned()))
}

fn refused(kind: ErrorKind, operation: &'static str, message: &str) -> Error {
    Error::new(kind, operation, message)
}
