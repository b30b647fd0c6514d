//! Idempotency keys: the first request with a key runs, its repeats get the same answer.

use crate::{Result, Timestamp};
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
