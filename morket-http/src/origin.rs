//! One origin: what was found out about it, and its connections.

use crate::{
    body::Lost,
    connect::{Connector, Dialled},
    egress::Target,
    http1::Connection,
    http2::Shared,
    message::Outgoing,
    pool::Pool,
};
use http::HeaderValue;
use morket_core::http::{FailureCause, HttpFailure, HttpResponse};
use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::Instant;

/// How often a request is tried on connections that turn out to be closed before it is written.
const ATTEMPTS: usize = 4;

/// What one exchange needs beside its origin.
pub(crate) struct Means<'a> {
    pub(crate) connector: &'a Connector,
    pub(crate) pool: &'a Pool,
    pub(crate) user_agent: &'a HeaderValue,
    pub(crate) idle_limit: Duration,
    pub(crate) idle_most: usize,
}

/// An origin that may be reached.
pub(crate) struct Origin {
    pub(crate) target: Target,
    /// What stands in `Host`.
    pub(crate) authority: HeaderValue,
    /// Set when requests are written to a proxy, with what it wants to see of us.
    pub(crate) proxy_headers: Option<Option<HeaderValue>>,
    idle: Mutex<Vec<Connection>>,
    shared: Mutex<Option<Shared>>,
    /// The last handshake chose HTTP/1.1: then everybody dials for themselves.
    speaks_http1: AtomicBool,
    dialling: tokio::sync::Mutex<()>,
}

impl Origin {
    /// Check the target and prepare what all its requests have in common.
    pub(crate) fn new(target: Target, connector: &Connector) -> Result<Self, HttpFailure> {
        connector.check(&target)?;
        let authority = HeaderValue::try_from(target.authority()).map_err(|_| {
            HttpFailure::unsent(FailureCause::Invalid, "the URL's host cannot be sent")
        })?;
        let proxy = connector.proxy_for(&target).filter(|_| !target.is_https());
        Ok(Self {
            proxy_headers: proxy.map(|proxy| proxy.authorization()),
            speaks_http1: AtomicBool::new(!target.is_https()),
            target,
            authority,
            idle: Mutex::default(),
            shared: Mutex::default(),
            dialling: tokio::sync::Mutex::new(()),
        })
    }

    /// Send one request over whichever connection is cheapest. `sent` tells, also after the caller
    /// has stopped waiting, whether bytes may have left.
    pub(crate) async fn send(
        &self,
        outgoing: &Outgoing,
        means: &Means<'_>,
        sent: &AtomicBool,
    ) -> Result<HttpResponse, HttpFailure> {
        for attempt in 1.. {
            let (open, kept) = match self.kept(means) {
                Some(open) => (open, true),
                None => Box::pin(self.open(means)).await?,
            };
            let result = match open {
                Open::One(mut connection) => {
                    let exchange = self.begin(&mut connection, outgoing, means, sent)?;
                    let result = exchange.await;
                    if result.is_ok() && connection.is_reusable().await {
                        self.keep(connection, means);
                    }
                    result
                }
                Open::Shared(shared) => {
                    let wire = outgoing.http2(self, means.user_agent)?;
                    Box::pin(shared.exchange(wire, outgoing.cap(), sent)).await
                }
            };
            let wrote = sent.load(Relaxed);
            match result {
                Ok(answer) => return Ok(answer),
                // Nothing was written: the server had closed a connection that was kept.
                Err(_) if kept && !wrote && attempt < ATTEMPTS => {}
                Err(lost) => return Err(self.failure(lost, wrote)),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// Apart, so that the built request lives on no future's stack.
    fn begin<'a>(
        &self,
        connection: &'a mut Connection,
        outgoing: &Outgoing,
        means: &Means<'_>,
        sent: &'a AtomicBool,
    ) -> Result<impl Future<Output = Result<HttpResponse, Lost>> + Send + use<'a>, HttpFailure>
    {
        let wire = outgoing.http1(self, means.user_agent)?;
        Ok(connection.exchange(wire, outgoing.cap(), sent))
    }

    fn kept(&self, means: &Means<'_>) -> Option<Open> {
        if let Some(connection) = self.lock_idle().pop()
            && connection.idle_since.elapsed() < means.idle_limit
        {
            return Some(Open::One(connection));
        }
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.as_ref().filter(|shared| shared.is_open()).cloned().map(Open::Shared)
    }

    fn keep(&self, mut connection: Connection, means: &Means<'_>) {
        connection.idle_since = Instant::now();
        let mut idle = self.lock_idle();
        if idle.len() < means.idle_most {
            idle.push(connection);
        }
    }

    /// A new connection. While it is open whether the origin speaks HTTP/2, one dials for all.
    async fn open(&self, means: &Means<'_>) -> Result<(Open, bool), HttpFailure> {
        if self.speaks_http1.load(Relaxed) {
            return Ok((self.dial(means).await?, false));
        }
        let turn = self.dialling.lock().await;
        if let Some(open) = self.kept(means) {
            return Ok((open, true));
        }
        if self.speaks_http1.load(Relaxed) {
            drop(turn);
            return Ok((self.dial(means).await?, false));
        }
        Ok((self.dial(means).await?, false))
    }

    async fn dial(&self, means: &Means<'_>) -> Result<Open, HttpFailure> {
        means.pool.sweep(means.idle_limit);
        let dialled = means.connector.dial(&self.target).await?;
        self.speaks_http1.store(!dialled.http2, Relaxed);
        let opened = self.speak(dialled).await;
        opened.map_err(|lost| self.failure(lost, false))
    }

    async fn speak(&self, dialled: Dialled) -> Result<Open, Lost> {
        if dialled.http2 {
            let shared = Shared::new(dialled).await?;
            let mut slot = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            *slot = Some(shared.clone());
            Ok(Open::Shared(shared))
        } else {
            Ok(Open::One(Connection::new(dialled).await?))
        }
    }

    /// Let go of what has been unused for too long; whether anything is left.
    pub(crate) fn sweep(&self, idle_limit: Duration) -> bool {
        let mut idle = self.lock_idle();
        idle.retain(|connection| connection.idle_since.elapsed() < idle_limit);
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.as_ref().is_some_and(|shared| !shared.is_open()) {
            *shared = None;
        }
        !idle.is_empty() || shared.is_some()
    }

    pub(crate) fn failure(&self, lost: Lost, sent: bool) -> HttpFailure {
        let detail = format!("{}: {}", self.target.host(), lost.what);
        HttpFailure { cause: lost.cause, sent, detail }
    }

    fn lock_idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection to write on.
enum Open {
    One(Connection),
    Shared(Shared),
}
