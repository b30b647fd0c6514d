//! Idempotency keys: the first request with a key runs, its repeats get the same answer.

use crate::{Error, ErrorKind, Result, Timestamp, secret::same_bytes};
use async_trait::async_trait;
use std::{fmt, time::Duration};

/// How long a key is honoured after its request began.
pub const RETENTION: Duration = Duration::from_secs(24 * 60 * 60);

/// What a key belongs to: tenant, principal and route in one, so that no two of them share keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(String);

impl Scope {
    /// The scope of `parts`, told apart whatever they hold.
    pub fn new<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        Self(parts.into_iter().map(|part| format!("{}:{part}", part.len())).collect())
    }

    /// The scope as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the first: run it, then finish with this ticket.
    Run(Ticket),
    /// It ran: answer with this, byte for byte.
    Replay(Vec<u8>),
}

/// The right to finish a request. A takeover after its lease makes it worthless.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket(pub i64);

/// A request as a store keeps it, with the rules of what may become of it. Pure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The hash of its canonical body.
    pub body: [u8; 32],
    /// When it first began.
    pub began_at: Timestamp,
    /// Until when its runner may run.
    pub lease_until: Timestamp,
    /// The runner's right; grows with every takeover.
    pub ticket: Ticket,
    /// The answer, once it is finished.
    pub answer: Option<Vec<u8>>,
}

impl Request {
    /// The first request under a key.
    pub fn first(body: [u8; 32], now: Timestamp, lease: Duration) -> Self {
        // By the clock, so that a ticket is not given again after its row was removed.
        let ticket = Ticket(now.micros());
        Self { body, began_at: now, lease_until: now + lease, ticket, answer: None }
    }

    /// Refuse a key that could not be a header's value.
    pub fn check_key(key: &str) -> Result<()> {
        if (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Ok(());
        }
        let problem = "must be 1 to 255 visible ASCII characters";
        Err(Error::invalid("idempotency.begin", "Idempotency-Key", problem))
    }

    /// The error of a row that came and went between two looks.
    pub fn contended() -> Error {
        let message = "another request with this key is running; try again";
        Error::new(ErrorKind::InProgress, "idempotency.begin", message)
    }

    /// What a repeat is told, and the row it leaves if that is another one.
    pub fn begin_again(
        self,
        body: [u8; 32],
        now: Timestamp,
        lease: Duration,
    ) -> Result<(Begun, Option<Self>)> {
        let running = self.answer.is_none() && self.lease_until > now;
        let ticket = Ticket(now.micros().max(self.ticket.0.saturating_add(1)));
        if self.began_at + RETENTION <= now && !running {
            let request = Self { ticket, ..Self::first(body, now, lease) };
            return Ok((Begun::Run(ticket), Some(request)));
        }
        if !same_bytes(&self.body, &body) {
            let message = "this Idempotency-Key came before with another body";
            return Err(Error::new(ErrorKind::IdempotencyMismatch, "idempotency.begin", message));
        }
        match self.answer {
            Some(answer) => Ok((Begun::Replay(answer), None)),
            None if running => Err(Self::contended()),
            None => {
                let request = Self { ticket, lease_until: now + lease, ..self };
                Ok((Begun::Run(ticket), Some(request)))
            }
        }
    }

    /// The row after its runner asked for more time.
    pub fn renewed(
        found: Option<Self>,
        ticket: Ticket,
        now: Timestamp,
        lease: Duration,
    ) -> Result<Self> {
        let request = Self::of(found, ticket)?;
        Ok(Self { lease_until: now + lease, ..request })
    }

    /// The row after its runner answered; a second answer does not replace the first.
    pub fn finished(found: Option<Self>, ticket: Ticket, answer: &[u8]) -> Result<Self> {
        let request = Self::of(found, ticket)?;
        let answer = request.answer.clone().or_else(|| Some(answer.to_vec()));
        Ok(Self { answer, ..request })
    }

    /// What is left after its runner gave up before it did anything: nothing, unless it finished.
    pub fn abandoned(found: Option<Self>, ticket: Ticket) -> Option<Self> {
        found.filter(|request| request.ticket != ticket || request.answer.is_some())
    }

    fn of(found: Option<Self>, ticket: Ticket) -> Result<Self> {
        found.filter(|request| request.ticket == ticket).ok_or_else(|| {
            let message = "another took this request over";
            Error::new(ErrorKind::StaleLease, "idempotency.finish", message)
        })
    }
}

/// Where keys and first answers live.
#[async_trait]
pub trait IdempotencyStore: fmt::Debug + Send + Sync + 'static {
    /// Begin a request: `body` is the hash of its canonical body, `lease` how long it may run
    /// before another may take over. A handler that runs longer renews.
    ///
    /// # Behavior
    /// - Of many at once with one key, one runs; the others are `InProgress`.
    /// - A finished one is replayed, byte for byte, for 24 h.
    /// - Another body under the same key is `IdempotencyMismatch`.
    /// - Another scope's key is another key.
    /// - After the lease has ended unfinished, the next one runs.
    /// - After 24 h the key begins anew, unless its request is still running.
    async fn begin(
        &self,
        scope: &Scope,
        key: &str,
        body: [u8; 32],
        lease: Duration,
    ) -> Result<Begun>;

    /// Go on running for `lease` from now.
    ///
    /// # Behavior
    /// - A ticket that was taken over is `StaleLease`.
    async fn renew(&self, scope: &Scope, key: &str, ticket: Ticket, lease: Duration) -> Result<()>;

    /// Keep the answer.
    ///
    /// # Behavior
    /// - A repeat with the same ticket keeps the first answer.
    /// - A ticket that was taken over is `StaleLease`, and the other's answer stays.
    async fn finish(&self, scope: &Scope, key: &str, ticket: Ticket, answer: Vec<u8>)
    -> Result<()>;

    /// Forget a request that was refused before it did anything: the next one runs.
    ///
    /// # Behavior
    /// - A finished request is not forgotten.
    async fn abandon(&self, scope: &Scope, key: &str, ticket: Ticket) -> Result<()>;

    /// Remove keys that began before `before` and are not running; how many.
    ///
    /// # Behavior
    /// - A running one stays.
    async fn prune_idempotency(&self, before: Timestamp) -> Result<u32>;
}

const _: Option<&dyn IdempotencyStore> = None;
