//! A network that is not waited for: what does not answer soon is taken for absent, and not asked
//! again.

use async_trait::async_trait;
use morket::http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long a source has to answer.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Any network, for those who only want to see.
#[derive(Debug)]
pub struct Brief {
    inner: Arc<dyn Http>,
    /// Scheme, host and port of those that were not there.
    absent: Mutex<BTreeSet<String>>,
}

impl Brief {
    /// Over this network.
    pub fn over(inner: Arc<dyn Http>) -> Self {
        Self { inner, absent: Mutex::default() }
    }
}

fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    format!("{scheme}://{}", &rest[..end])
}

#[async_trait]
impl Http for Brief {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let origin = origin(&request.redacted_url());
        let absent = || self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        if absent().contains(&origin) {
            let detail = "it was not there a moment ago";
            return Err(HttpFailure::unsent(FailureCause::Unreachable, detail));
        }
        let patience = request.time_limit().min(PATIENCE);
        let answer = self.inner.send(request.timeout(patience)).await;
        if answer.is_err() {
            absent().insert(origin);
        }
        answer
    }

    fn is_recorded(&self) -> bool {
        self.inner.is_recorded()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[derive(Debug, Default)]
    struct Dead(AtomicUsize);

    #[async_trait]
    impl Http for Dead {
        async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
            self.0.fetch_add(1, Ordering::Relaxed);
            assert!(request.time_limit() <= PATIENCE);
            Err(HttpFailure::unsent(FailureCause::Timeout, "nobody"))
        }
    }

    #[tokio::test]
    async fn whoever_is_not_there_is_asked_once() {
        let dead = Arc::new(Dead::default());
        let brief = Brief::over(dead.clone());
        for (url, asked) in [
            ("https://a.example/x", 1),
            ("https://a.example/y?z", 1),
            ("https://b.example", 2),
            ("https://b.example:8443/", 3),
            ("http://a.example/", 4),
        ] {
            assert!(brief.send(HttpRequest::get(url)).await.is_err());
            assert_eq!(dead.0.load(Ordering::Relaxed), asked, "{url}");
        }
    }
}
