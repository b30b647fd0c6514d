//! The client: the port over pooled connections.

use crate::{
    connect::Connector,
    egress::{Target, split},
    message::Outgoing,
    options::Options,
    origin::{Means, Origin},
    pool::Pool,
};
use async_trait::async_trait;
use http::HeaderValue;
use morket_core::{
    Error, Result,
    http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse},
};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::time::timeout;

/// Sends requests over connections of its own. Clones share them.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    connector: Connector,
    pool: Pool,
    user_agent: HeaderValue,
    paid: bool,
    idle_limit: Duration,
    idle_most: usize,
}

impl Client {
    /// A client with these options.
    pub fn new(options: Options) -> Result<Self> {
        let user_agent = HeaderValue::from_str(&options.user_agent);
        let user_agent = user_agent
            .map_err(|_| Error::invalid("http.options", "user_agent", "is no header value"))?;
        Ok(Self(Arc::new(Inner {
            connector: Connector::new(&options)?,
            pool: Pool::default(),
            user_agent,
            paid: options.paid,
            idle_limit: options.idle_limit,
            idle_most: options.idle_per_origin,
        })))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("paid", &self.0.paid).finish_non_exhaustive()
    }
}

impl Inner {
    /// What can be refused at once, and what is needed to send the rest.
    fn prepare(&self, request: HttpRequest) -> Result<(Arc<Origin>, Outgoing), HttpFailure> {
        if request.is_paid() && !self.paid {
            let detail = "paid calls are switched off (MORKET_LIVE=0)";
            return Err(HttpFailure::unsent(FailureCause::Forbidden, detail));
        }
        let url = request.url();
        let (text, rest) = split(&url)?;
        let origin = self.pool.origin(text, &self.connector, self.idle_limit)?;
        Ok((origin, Outgoing::new(request, rest)?))
    }

    async fn exchange(
        &self,
        origin: &Origin,
        outgoing: &Outgoing,
    ) -> Result<HttpResponse, HttpFailure> {
        let means = Means {
            connector: &self.connector,
            pool: &self.pool,
            user_agent: &self.user_agent,
            idle_limit: self.idle_limit,
            idle_most: self.idle_most,
        };
        let sent = AtomicBool::new(false);
        let exchange = timeout(outgoing.time_limit(), origin.send(outgoing, &means, &sent));
        exchange.await.unwrap_or_else(|_| {
            let detail = format!("{}: no whole answer in time", origin.target.host());
            Err(HttpFailure { cause: FailureCause::Timeout, sent: sent.load(Relaxed), detail })
        })
    }
}

#[async_trait]
impl Http for Client {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let (origin, outgoing) = self.0.prepare(request)?;
        let result = self.0.exchange(&origin, &outgoing).await;
        match &result {
            Ok(answer) => tracing::trace!(host = %origin.target.host(), status = answer.status),
            Err(failure) => {
                tracing::debug!(cause = ?failure.cause, sent = failure.sent, "{failure}");
            }
        }
        result
    }

    fn check(&self, url: &str) -> Result<(), HttpFailure> {
        self.0.connector.check(&Target::parse(url)?)
    }
}
