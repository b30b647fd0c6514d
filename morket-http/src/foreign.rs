//! The port over a `reqwest::Client` of the host's own, for those who settled how they go out.

use crate::{
    body::{Cap, Collector, Lost},
    egress::{Egress, Target},
};
use async_trait::async_trait;
use morket_core::http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse};

/// A client that somebody else built. What [`Client`](crate::Client) promises and this cannot:
///
/// - *Where it connects.* URLs are judged before they are sent; which address a name leads to is
///   not: that is up to the host's client, its resolver and its proxies.
/// - *Redirects.* A client that follows them has carried the request, secrets included, to wherever
///   it was told. Build it with `redirect::Policy::none()`: an answer from another URL than the one
///   that was asked is thrown away, but by then it has happened.
/// - *What has left.* Only a failure to connect or to build the request counts as unsent. All else
///   counts as sent, so some requests that never left will not be repeated.
/// - *How much is unpacked.* If the host has turned on decompression, the cap holds for what comes
///   out of it.
#[derive(Clone, Debug)]
pub struct Foreign {
    client: reqwest::Client,
    egress: Egress,
    paid: bool,
}

impl Foreign {
    /// Send through this client what these rules let pass.
    pub fn new(client: reqwest::Client, egress: Egress) -> Self {
        Self { client, egress, paid: true }
    }

    /// Whether requests that somebody may bill for are sent at all.
    #[must_use]
    pub fn paid(mut self, paid: bool) -> Self {
        self.paid = paid;
        self
    }

    fn build(&self, mut request: HttpRequest) -> Result<reqwest::Request, HttpFailure> {
        let invalid = || HttpFailure::unsent(FailureCause::Invalid, "the request cannot be sent");
        let url = request.url().parse().map_err(|_| invalid())?;
        let method = request.method().as_str().parse().map_err(|_| invalid())?;
        let mut built = self.client.request(method, reqwest::Url::clone(&url));
        for (name, value) in request.headers() {
            built = built.header(name, value);
        }
        built = built.timeout(request.time_limit());
        if let Some(body) = request.take_body() {
            built = built.body(body);
        }
        built.build().map_err(|_| invalid())
    }
}

#[async_trait]
impl Http for Foreign {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        if request.is_paid() && !self.paid {
            let detail = "paid calls are switched off (MORKET_LIVE=0)";
            return Err(HttpFailure::unsent(FailureCause::Forbidden, detail));
        }
        let target = Target::parse(&request.url())?;
        self.egress.check(&target)?;
        let cap = Cap { limit: request.body_limit(), cut: request.cuts_body() };
        let built = self.build(request)?;
        let asked = built.url().clone();
        let lost = |error: reqwest::Error| failure(&target, &error);
        let mut answer = self.client.execute(built).await.map_err(lost)?;
        if *answer.url() != asked {
            let detail = format!("{}: the client followed a redirect", target.host());
            return Err(HttpFailure::lost(FailureCause::Refused, detail));
        }
        let ended =
            |lost: Lost| HttpFailure::lost(lost.cause, format!("{}: {}", target.host(), lost.what));
        let mut collector =
            Collector::new(answer.headers(), answer.content_length(), cap).map_err(ended)?;
        while let Some(bytes) = answer.chunk().await.map_err(after_head(&target))? {
            if !collector.add(&bytes).map_err(ended)? {
                break;
            }
        }
        let (body, unpacked) = collector.finish().map_err(ended)?;
        let headers = crate::message::headers(answer.headers(), unpacked);
        Ok(HttpResponse { status: answer.status().as_u16(), headers, body })
    }

    fn check(&self, url: &str) -> Result<(), HttpFailure> {
        self.egress.check(&Target::parse(url)?)
    }
}

/// reqwest's own words carry the URL: only what kind of failure it was is told.
fn failure(target: &Target, error: &reqwest::Error) -> HttpFailure {
    let (cause, what) = match error {
        error if error.is_timeout() => (FailureCause::Timeout, "no whole answer in time"),
        error if error.is_connect() => (FailureCause::Unreachable, "no connection"),
        error if error.is_builder() => (FailureCause::Invalid, "the request cannot be sent"),
        _ => (FailureCause::Broken, "the connection broke"),
    };
    let sent = !(error.is_connect() || error.is_builder());
    HttpFailure { cause, sent, detail: format!("{}: {what}", target.host()) }
}

fn after_head(target: &Target) -> impl Fn(reqwest::Error) -> HttpFailure {
    move |error| HttpFailure { sent: true, ..failure(target, &error) }
}
