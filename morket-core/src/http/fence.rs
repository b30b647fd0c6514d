//! Which vendors an environment reaches: a live workspace none that is invented, a sandbox's only
//! those. One rule, for whoever compiles a plan and for every request that leaves. A workspace of
//! recorded traffic reaches nobody: it may name any vendor, and is answered by a recording.

use super::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse};
use crate::workspace::Environment;
use async_trait::async_trait;
use std::{collections::BTreeSet, sync::Arc};

/// The origins of fake vendors, and whose requests are judged by them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fence {
    environment: Environment,
    sandboxes: BTreeSet<String>,
}

impl Fence {
    /// The rule of an environment, where fake vendors live at these addresses.
    pub fn new<'a>(
        environment: Environment,
        sandboxes: impl IntoIterator<Item = &'a String>,
    ) -> Self {
        Self { environment, sandboxes: sandboxes.into_iter().map(|it| origin(it)).collect() }
    }

    /// Why nothing may be asked at this address; none when it may.
    pub fn refusal(&self, url: &str) -> Option<String> {
        let origin = origin(url);
        match (self.environment, self.sandboxes.contains(&origin)) {
            (Environment::Live, true) => Some(format!(
                "{origin} is a sandbox, and this workspace is live: take the base URL out, or work \
                 in a sandbox workspace"
            )),
            (Environment::Sandbox, false) => Some(format!(
                "{origin} is no sandbox, and this workspace reaches nothing else: give the \
                 provider a sandbox's base URL, and name its origin among the sandboxes"
            )),
            _ => None,
        }
    }
}

/// Scheme, host and port of a URL, in one form.
fn origin(url: &str) -> String {
    let url = url.trim().to_ascii_lowercase();
    let (scheme, rest) = url.split_once("://").unwrap_or(("", &url));
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let host = &rest[..end];
    let host = host.rsplit_once('@').map_or(host, |it| it.1);
    let usual = match scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let host = host.strip_suffix(usual).filter(|_| !usual.is_empty()).unwrap_or(host);
    format!("{scheme}://{host}")
}

/// A network behind a fence.
#[derive(Debug)]
pub(crate) struct Fenced {
    http: Arc<dyn Http>,
    fence: Fence,
}

impl Fenced {
    pub(crate) fn new(http: Arc<dyn Http>, fence: Fence) -> Self {
        Self { http, fence }
    }
}

#[async_trait]
impl Http for Fenced {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        self.check(&request.redacted_url())
            .inspect_err(|failure| tracing::warn!(%failure, "out of this environment's reach"))?;
        self.http.send(request).await
    }

    fn check(&self, url: &str) -> Result<(), HttpFailure> {
        let why = match self.fence.environment {
            Environment::Replay if !self.http.is_recorded() => Some(
                "this workspace is answered by recordings alone, and this network reaches \
                 vendors: give Morket one that replays"
                    .to_owned(),
            ),
            _ => self.fence.refusal(url),
        };
        why.map_or(Ok(()), |why| Err(HttpFailure::unsent(FailureCause::Forbidden, why)))
    }

    fn is_recorded(&self) -> bool {
        self.http.is_recorded()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(environment: Environment, url: &str, allowed: bool) {
        let sandboxes = ["http://127.0.0.1:4000/hunter".to_owned(), "http://Fake.test:80".into()];
        let refusal = Fence::new(environment, &sandboxes).refusal(url);
        assert_eq!(refusal.is_none(), allowed, "{environment:?} {url}: {refusal:?}");
    }

    #[test]
    fn an_environment_reaches_its_own_vendors_and_no_others() {
        for (url, is_sandbox) in [
            ("http://127.0.0.1:4000", true),
            ("http://127.0.0.1:4000/pdl/v5?key=1", true),
            ("HTTP://127.0.0.1:4000#x", true),
            ("http://somebody:secret@127.0.0.1:4000/", true),
            ("http://fake.test/", true),
            ("http://fake.test:80", true),
            ("http://fake.test:443", false),
            ("https://fake.test", false),
            ("http://127.0.0.1:4001", false),
            ("http://127.0.0.1:4000@api.hunter.io/", false),
            ("https://api.hunter.io/v2", false),
            ("", false),
        ] {
            check(Environment::Live, url, !is_sandbox);
            check(Environment::Sandbox, url, is_sandbox);
            check(Environment::Replay, url, true);
        }
    }
}
