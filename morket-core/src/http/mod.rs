//! The port through which everything leaves: one request, one answer, no policy.
//!
//! Retries, limits, breakers and caches belong to the engine; where a connection may go, to the
//! adapter. A failure must say the one thing money depends on: whether a byte may have left.

mod fence;
mod request;
mod scrub;
mod wait;

pub use fence::Fence;
pub(crate) use fence::Fenced;
pub use request::{HttpRequest, Method, encode};
pub use scrub::Scrub;
pub use wait::retry_after;

use async_trait::async_trait;
use std::fmt;

/// Sends requests.
#[async_trait]
pub trait Http: fmt::Debug + Send + Sync + 'static {
    /// Send a request and read the whole answer.
    ///
    /// # Behavior
    /// - Any status is an answer; redirects are answers too and are never followed.
    /// - The request's timeout covers everything from the dial to the last byte of the body.
    /// - A body above the request's cap ends the exchange with `TooLarge`, however it is packed;
    ///   one that [may be cut](HttpRequest::cut_body) is cut there instead, and is an answer.
    /// - `sent` is false only when no byte of the request can have left.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure>;

    /// Whether a request to this URL might be sent, as far as its text tells: for URLs that users
    /// give, before they are kept. A network that cannot tell refuses all.
    ///
    /// # Behavior
    /// - What is refused here is refused by [`send`](Self::send) too; nothing is resolved.
    fn check(&self, _url: &str) -> Result<(), HttpFailure> {
        let detail = "this network does not say where it may go";
        Err(HttpFailure::unsent(FailureCause::Forbidden, detail))
    }

    /// Whether it answers from what was recorded and from nothing else: then nothing leaves, and
    /// workspaces of recorded traffic may be served by it. Whoever wraps a network passes on what
    /// it says.
    ///
    /// # Behavior
    /// - A network that says so dials nobody, whatever it is sent.
    /// - A request that was not recorded fails, and `sent` is false.
    fn is_recorded(&self) -> bool {
        false
    }
}

const _: Option<&dyn Http> = None;

/// An answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpResponse {
    /// The status code.
    pub status: u16,
    /// Names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body, unpacked.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// An answer without headers: what most tests need.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// The first header of this name, which is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureCause {
    /// The target is one that may not be reached from here.
    Refused,
    /// The name or the address could not be reached.
    Unreachable,
    /// The time was over.
    Timeout,
    /// The connection broke.
    Broken,
    /// The body was larger than allowed.
    TooLarge,
    /// What came back is not HTTP, or not what its headers say.
    Malformed,
    /// Paid calls are switched off, or the recording has no such request.
    Forbidden,
    /// The request itself cannot be sent.
    Invalid,
}

/// An exchange without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpFailure {
    /// Why.
    pub cause: FailureCause,
    /// Whether a byte of the request may have left: then the vendor may have served and billed it.
    pub sent: bool,
    /// What to tell: never a secret, never more of the URL than its host.
    pub detail: String,
}

impl HttpFailure {
    /// A failure before any byte left.
    pub fn unsent(cause: FailureCause, detail: impl Into<String>) -> Self {
        Self { cause, sent: false, detail: detail.into() }
    }

    /// A failure after bytes may have left.
    pub fn lost(cause: FailureCause, detail: impl Into<String>) -> Self {
        Self { cause, sent: true, detail: detail.into() }
    }
}

impl fmt::Display for HttpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::error::one_line(&self.detail))
    }
}

impl std::error::Error for HttpFailure {}
