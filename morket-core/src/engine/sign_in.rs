//! Keys changed for tokens, where a vendor wants that: once for all calls of a key, again when the
//! token ends or is refused.

use crate::{
    Clock, Secret,
    http::{FailureCause, Http, HttpFailure, HttpRequest},
    plan::Op,
    provider::{Outcome, Provider, Token},
};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long before its end a token is no longer trusted.
const LEEWAY: Duration = Duration::from_secs(30);

/// How many tokens are kept before those that nobody uses are let go.
const MANY: usize = 1024;

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

type Slot = Arc<tokio::sync::Mutex<Option<Held>>>;

/// The tokens of a worker.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<BTreeMap<[u8; 32], Slot>>);

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
        let slot = self.slot(op, key);
        // Whoever comes meanwhile waits for this one's token.
        let mut held = slot.lock().await;
        let fresh = held.as_ref().filter(|it| {
            let refused = spent.is_some_and(|spent| spent.expose() == it.token.expose());
            it.until > clock.monotonic() && !refused
        });
        if let Some(held) = fresh {
            return Ok(Some(held.token.clone()));
        }
        let token = change(adapter, request, http).await?;
        let lasts = token.lasts.saturating_sub(LEEWAY).max(token.lasts / 2);
        let until = clock.monotonic().saturating_add(lasts);
        *held = Some(Held { token: token.secret.clone(), until });
        Ok(Some(token.secret))
    }

    fn slot(&self, op: &Op, key: &Secret<String>) -> Slot {
        let mut digest = Sha256::new();
        for part in [op.provider.as_str(), &op.base_url, key.expose()] {
            digest.update(Sha256::digest(part.as_bytes()));
        }
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= MANY {
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(digest.finalize().into()).or_default().clone()
    }
}
