//! A network that fails as a seed says, so that a run which found a defect can be run again.

use crate::fingerprint::Fingerprint;
use async_trait::async_trait;
use morket_core::http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse, Scrub};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// What happens to one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// 429 with `retry-after: 1`; the vendor does not see the request.
    Limited,
    /// 503; the vendor does not see the request.
    Failing,
    /// The connection breaks before a byte has left.
    Cut,
    /// The vendor serves it, and the answer is lost.
    Lost,
    /// The vendor serves it, and what comes back cannot be read.
    Garbage,
    /// The vendor serves it, and the answer takes long: past the request's limit it times out.
    Slow,
}

/// How many of a thousand attempts meet each fault; what is left goes well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FaultRates {
    /// Of [`Fault::Limited`].
    pub limited: u16,
    /// Of [`Fault::Failing`].
    pub failing: u16,
    /// Of [`Fault::Cut`].
    pub cut: u16,
    /// Of [`Fault::Lost`].
    pub lost: u16,
    /// Of [`Fault::Garbage`].
    pub garbage: u16,
    /// Of [`Fault::Slow`].
    pub slow: u16,
}

/// Fails by a seed. Which attempt fails depends on the seed, the request and how often it came
/// before, never on what else is under way: runs with other timing meet the same faults.
pub struct Faults {
    inner: Arc<dyn Http>,
    seed: u64,
    rates: FaultRates,
    delay: Duration,
    attempts: Mutex<HashMap<[u8; 32], u64>>,
}

impl Faults {
    /// Faults at these rates, in front of `inner`; a slow answer takes ten seconds.
    pub fn new(inner: Arc<dyn Http>, seed: u64, rates: FaultRates) -> Self {
        let delay = Duration::from_secs(10);
        Self { inner, seed, rates, delay, attempts: Mutex::default() }
    }

    /// Another time for a slow answer.
    #[must_use]
    pub fn slow_by(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// What will happen to this attempt (counted from 0) of this request.
    pub fn planned(&self, request: &HttpRequest, attempt: u64) -> Option<Fault> {
        self.draw(&digest(request), attempt)
    }

    fn draw(&self, digest: &[u8; 32], attempt: u64) -> Option<Fault> {
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(digest);
        hash.update(attempt.to_be_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(hash.finalize());
        let drawn = u32::from_be_bytes([a, b, c, d]) % 1000;
        let FaultRates { limited, failing, cut, lost, garbage, slow } = self.rates;
        let mut bound = 0;
        let rows = [
            (limited, Fault::Limited),
            (failing, Fault::Failing),
            (cut, Fault::Cut),
            (lost, Fault::Lost),
            (garbage, Fault::Garbage),
            (slow, Fault::Slow),
        ];
        rows.into_iter().find_map(|(rate, fault)| {
            bound += u32::from(rate);
            (drawn < bound).then_some(fault)
        })
    }

    fn next(&self, request: &HttpRequest) -> Option<Fault> {
        let digest = digest(request);
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let attempt = attempts.entry(digest).or_default();
        let fault = self.draw(&digest, *attempt);
        *attempt += 1;
        fault
    }
}

fn digest(request: &HttpRequest) -> [u8; 32] {
    Fingerprint::of(request, &Scrub::of(request)).digest()
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Faults");
        out.field("seed", &self.seed).field("rates", &self.rates).finish_non_exhaustive()
    }
}

#[async_trait]
impl Http for Faults {
    fn check(&self, url: &str) -> Result<(), HttpFailure> {
        self.inner.check(url)
    }

    fn is_recorded(&self) -> bool {
        self.inner.is_recorded()
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let limit = request.time_limit();
        match self.next(&request) {
            None => self.inner.send(request).await,
            Some(Fault::Limited) => Ok(HttpResponse {
                status: 429,
                headers: vec![("retry-after".to_owned(), "1".to_owned())],
                body: b"too many requests".to_vec(),
            }),
            Some(Fault::Failing) => Ok(HttpResponse::new(503, *b"unavailable")),
            Some(Fault::Cut) => {
                Err(HttpFailure::unsent(FailureCause::Broken, "a fault: cut before sending"))
            }
            Some(Fault::Lost) => {
                self.inner.send(request).await?;
                Err(HttpFailure::lost(FailureCause::Broken, "a fault: the answer was lost"))
            }
            Some(Fault::Garbage) => {
                let answer = self.inner.send(request).await?;
                Ok(HttpResponse { body: b"<html>\xff{\"half\":".to_vec(), ..answer })
            }
            Some(Fault::Slow) => {
                let answer = self.inner.send(request).await?;
                tokio::time::sleep(self.delay.min(limit)).await;
                if self.delay < limit {
                    return Ok(answer);
                }
                Err(HttpFailure::lost(FailureCause::Timeout, "a fault: the answer took too long"))
            }
        }
    }
}
