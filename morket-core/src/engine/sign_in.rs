//! Keys changed for tokens, where a vendor wants that: once for all calls of a key, again when the
//! token ends or is refused.

use super::keyed::Keyed;
use crate::{
    Clock, Secret,
    http::{FailureCause, Http, HttpFailure, HttpRequest},
    plan::Op,
    provider::{Outcome, Provider, Token},
};
use std::{
    panic::AssertUnwindSafe,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// How long before its end a token is no longer trusted.
const LEEWAY: Duration = Duration::from_secs(30);

/// Why there is no token. Nothing was asked of the vendor, so nothing was billed.
#[derive(Clone, Debug, PartialEq)]
pub enum Refused {
    /// The vendor's answer.
    Outcome(Box<Outcome>),
    /// There was no answer.
    Failure(HttpFailure),
}

/// Change a key for a token at this vendor; `None` when it takes the key itself.
pub async fn sign_in(
    adapter: &dyn Provider,
    base_url: &str,
    key: &Secret<String>,
    http: &dyn Http,
) -> Result<Option<Token>, Refused> {
    match request(adapter, base_url, key)? {
        Some(request) => change(adapter, request, http).await.map(Some),
        None => Ok(None),
    }
}

fn request(
    adapter: &dyn Provider,
    base_url: &str,
    key: &Secret<String>,
) -> Result<Option<HttpRequest>, Refused> {
    let unsent =
        |detail: String| Refused::Failure(HttpFailure::unsent(FailureCause::Invalid, detail));
    let build = AssertUnwindSafe(|| adapter.sign_in(base_url, key));
    match std::panic::catch_unwind(build) {
        Ok(None) => Ok(None),
        Ok(Some(Ok(request))) => Ok(Some(request.free().secret_answer())),
        Ok(Some(Err(error))) => Err(unsent(error.to_string())),
        Err(_) => Err(unsent("the provider's code panicked while signing in".to_owned())),
    }
}

async fn change(
    adapter: &dyn Provider,
    request: HttpRequest,
    http: &dyn Http,
) -> Result<Token, Refused> {
    // What may have left was the sign-in, which nobody bills.
    let unbilled = |failure| Refused::Failure(HttpFailure { sent: false, ..failure });
    let answer = http.send(request).await.map_err(unbilled)?;
    let read = AssertUnwindSafe(|| adapter.parse_sign_in(&answer));
    let token =
        std::panic::catch_unwind(read).unwrap_or_else(|_| Err(Box::new(Outcome::Transient)));
    token.map_err(Refused::Outcome)
}

#[derive(Debug)]
struct Held {
    token: Secret<String>,
    until: Duration,
}

/// A key's token, and how the attempts at one ended.
#[derive(Debug, Default)]
struct Desk {
    /// How many attempts are over: whoever comes notes it before waiting.
    over: AtomicU64,
    held: tokio::sync::Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    token: Option<Held>,
    /// Why the last attempt failed, and which one it was.
    refused: Option<(u64, Refused)>,
}

/// The tokens of a worker.
#[derive(Debug, Default)]
pub(super) struct Tokens(Keyed<Desk>);

impl Tokens {
    /// The token that stands for this key now; `None` when the vendor takes the key itself. One
    /// that was refused, `spent`, is not given again.
    pub(super) async fn of(
        &self,
        op: &Op,
        key: &Secret<String>,
        spent: Option<&Secret<String>>,
        http: &dyn Http,
        clock: &dyn Clock,
    ) -> Result<Option<Secret<String>>, Refused> {
        let adapter = op.adapter.as_ref();
        let Some(request) = request(adapter, &op.base_url, key)? else { return Ok(None) };
        let slot = self.0.of(op, key);
        let before = slot.over.load(Ordering::SeqCst);
        // Whoever comes meanwhile waits for what comes of this one's attempt.
        let mut known = slot.held.lock().await;
        let fresh = known.token.as_ref().filter(|it| {
            let refused = spent.is_some_and(|spent| spent.expose() == it.token.expose());
            it.until > clock.monotonic() && !refused
        });
        if let Some(held) = fresh {
            return Ok(Some(held.token.clone()));
        }
        // It failed while this call waited, so it is heard and not repeated; whoever comes later
        // tries anew.
        if let Some((_, refused)) = known.refused.as_ref().filter(|(nth, _)| *nth > before) {
            return Err(refused.clone());
        }
        let changed = change(adapter, request, http).await;
        let nth = slot.over.fetch_add(1, Ordering::SeqCst).saturating_add(1);
        match changed {
            Ok(token) => {
                let lasts = token.lasts.saturating_sub(LEEWAY).max(token.lasts / 2);
                let until = clock.monotonic().saturating_add(lasts);
                let token = Held { token: token.secret, until };
                let secret = token.token.clone();
                *known = Known { token: Some(token), refused: None };
                Ok(Some(secret))
            }
            Err(refused) => {
                known.refused = Some((nth, refused.clone()));
                Err(refused)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Credits, Result as Answered, Timestamp,
        field::Kind,
        http::HttpResponse,
        name::ProviderSlug,
        provider::{Ask, Manifest, Operation, Parsed},
    };
    use std::{
        sync::{Arc, atomic::AtomicUsize},
        task::{Context, Waker},
    };

    /// A clock that stands still.
    #[derive(Debug)]
    struct Noon;

    impl Clock for Noon {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(0)
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
    }

    /// A vendor that signs in, and a network that answers after others had their turn: with these
    /// statuses, one after another, and then with 200.
    #[derive(Debug, Default)]
    struct Acme(Vec<u16>, AtomicUsize);

    #[async_trait::async_trait]
    impl Http for Acme {
        async fn send(&self, _: HttpRequest) -> Result<HttpResponse, HttpFailure> {
            let nth = self.1.fetch_add(1, Ordering::SeqCst);
            for _ in 0..4 {
                tokio::task::yield_now().await;
            }
            match self.0.get(nth).copied().unwrap_or(200) {
                0 => Err(HttpFailure::unsent(FailureCause::Broken, "the line is cut")),
                status => Ok(HttpResponse::new(status, format!("t-{nth}"))),
            }
        }
    }

    impl Provider for Acme {
        fn manifest(&self) -> &Manifest {
            unreachable!("nobody looks")
        }

        fn request(&self, _: &Ask<'_>) -> Answered<HttpRequest> {
            unreachable!("nobody asks")
        }

        fn parse(&self, _: &Ask<'_>, _: &HttpResponse) -> Parsed {
            unreachable!("nobody answers")
        }

        fn sign_in(&self, url: &str, _: &Secret<String>) -> Option<Answered<HttpRequest>> {
            Some(Ok(HttpRequest::get(url)))
        }

        fn parse_sign_in(&self, answer: &HttpResponse) -> Result<Token, Box<Outcome>> {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            match answer.status {
                200 => Ok(Token { secret: Secret::new(text), lasts: Duration::from_secs(3600) }),
                401 => Err(Box::new(Outcome::AuthFailed)),
                _ => Err(Box::new(Outcome::Transient)),
            }
        }
    }

    fn op() -> Op {
        Op {
            provider: ProviderSlug::new("acme").unwrap(),
            adapter: Arc::new(Acme::default()),
            operation: Operation::new("find", Kind::Person),
            base_url: "https://api.acme.example".to_owned(),
            price: Credits(0),
            usd_per_unit: None,
            outputs: Vec::new(),
            miss_ttl: Duration::ZERO,
        }
    }

    /// Who asks: with which key, and which token was refused to them.
    async fn ask(tokens: &Tokens, http: &Acme, key: &str, spent: Option<&str>) -> String {
        let (key, spent) = (Secret::new(key.to_owned()), spent.map(|it| Secret::new(it.into())));
        match tokens.of(&op(), &key, spent.as_ref(), http, &Noon).await {
            Ok(token) => token.unwrap().expose().clone(),
            Err(Refused::Outcome(outcome)) => format!("{:?}", outcome.kind()),
            Err(Refused::Failure(failure)) => format!("{:?}", failure.cause),
        }
    }

    #[tokio::test]
    async fn a_failed_sign_in_is_heard_by_all_who_wait_and_by_nobody_later() {
        for (status, heard) in [(401, "AuthFailed"), (503, "Transient"), (0, "Broken")] {
            let (tokens, http) = (Tokens::default(), Acme(vec![status], AtomicUsize::new(0)));
            let me = || ask(&tokens, &http, "a", None);
            let all = tokio::join!(me(), me(), me());
            assert_eq!([all.0, all.1, all.2], [heard; 3], "{status}");
            assert_eq!(http.1.load(Ordering::SeqCst), 1, "{status}: found out once");
            // Whoever comes later tries anew, and one is enough for all.
            let all = tokio::join!(me(), me(), ask(&tokens, &http, "a", Some("t-0")));
            assert_eq!([all.0, all.1, all.2], ["t-1"; 3], "{status}");
            assert_eq!(http.1.load(Ordering::SeqCst), 2, "{status}");
            assert_eq!(ask(&tokens, &http, "b", None).await, "t-2", "another key");
            assert_eq!(me().await, "t-1", "an old failure is forgotten");
        }
    }

    #[tokio::test]
    async fn who_is_refused_a_token_hears_of_the_same_failure() {
        let (tokens, http) = (Tokens::default(), Acme(vec![200, 503], AtomicUsize::new(0)));
        assert_eq!(ask(&tokens, &http, "a", None).await, "t-0");
        let me = || ask(&tokens, &http, "a", Some("t-0"));
        let both = tokio::join!(me(), me());
        assert_eq!([both.0, both.1], ["Transient"; 2]);
        assert_eq!(http.1.load(Ordering::SeqCst), 2);
        assert_eq!(me().await, "t-2");
    }

    #[tokio::test]
    async fn an_attempt_that_is_dropped_is_made_by_the_next() {
        let (tokens, http) = (Tokens::default(), Acme(vec![503], AtomicUsize::new(0)));
        let me = || ask(&tokens, &http, "a", None);
        let (mut first, mut second) = (Box::pin(me()), Box::pin(me()));
        let mut context = Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(&mut context).is_pending());
        assert!(second.as_mut().poll(&mut context).is_pending());
        drop(first);
        assert_eq!(second.await, "t-1", "nobody heard how the first would have ended");
    }
}
