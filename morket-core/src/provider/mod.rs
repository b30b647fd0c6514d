//! Vendors: what they offer ([`Manifest`]), how to ask and to read them ([`Provider`]), and what an
//! answer can be ([`Outcome`]).
//!
//! An adapter is two pure functions over a manifest. It holds no retry, no limit, no breaker, no
//! cache and no price logic, and it never judges: acceptance is the engine's.

mod manifest;
mod operation;
mod outcome;
mod registry;

pub use manifest::{Manifest, PriceList};
pub use operation::{Billing, LimitScope, Operation, Shape, Unfinished, Window};
pub use outcome::{Answer, LimitHint, Outcome, OutcomeKind, Parsed, Returned, Verdicts};
pub use registry::Registry;

use crate::{
    CallId, Error, ErrorKind, Result, Secret,
    http::{HttpRequest, HttpResponse},
    name::FieldName,
};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// What is known about one record, as far as an operation may see it: only the inputs it asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs(pub BTreeMap<FieldName, Value>);

impl Inputs {
    /// The text of a field, when there is one.
    pub fn text(&self, field: &str) -> Option<&str> {
        let found = self.0.iter().find(|(name, _)| name.as_str() == field);
        found.and_then(|(_, value)| value.as_str()).filter(|text| !text.is_empty())
    }

    /// The text of a field that the operation requires.
    pub fn required(&self, field: &str) -> Result<&str> {
        self.text(field).ok_or_else(|| Error::invalid("provider.request", field, "is missing"))
    }
}

/// One question to a vendor.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// Which operation.
    pub operation: &'a Operation,
    /// Where the vendor lives: the manifest's address, or the one it was overridden with.
    pub base_url: &'a str,
    /// The user's key there; absent for keyless sources.
    pub key: Option<&'a Secret<String>>,
    /// The records it is about: one, or up to the operation's bulk size.
    pub records: &'a [Inputs],
    /// The call's id: the idempotency key, where the vendor takes one.
    pub call: CallId,
}

impl<'a> Ask<'a> {
    /// The one record of an operation without bulk.
    pub fn record(&self) -> &'a Inputs {
        self.records.first().expect("a call serves at least one record")
    }

    /// The key, which this vendor needs.
    pub fn key(&self) -> Result<&'a Secret<String>> {
        self.key.ok_or_else(|| {
            Error::new(
                ErrorKind::Validation,
                "provider.request",
                "key: none is set for this provider",
            )
        })
    }
}

/// A vendor. Twenty lines make one: a manifest, a request, a reading of the answer.
pub trait Provider: fmt::Debug + Send + Sync + 'static {
    /// What it offers, at which price and under which limits.
    fn manifest(&self) -> &Manifest;

    /// The request that asks this. Pure.
    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest>;

    /// The request that asks how a submitted task stands. Pure. Only asynchronous operations have
    /// one.
    fn poll(&self, ask: &Ask<'_>, task: &str) -> Result<HttpRequest> {
        let _ = task;
        Err(Error::new(ErrorKind::Unsupported, "provider.poll", "this operation has no tasks")
            .with("operation", &ask.operation.name))
    }

    /// What an answer says, to a request or to a poll. Pure; the body is read before the status.
    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed;

    /// The request that an answer leads on to, where one question takes several steps that cost
    /// nothing: a redirect within bounds that the vendor documents, a page after its `robots.txt`.
    /// `asked` is the address that was asked, without secrets. Pure. It is heeded a few times, and
    /// only for operations that are free; the last answer is the one that is read.
    fn follow(&self, ask: &Ask<'_>, asked: &str, answer: &HttpResponse) -> Option<HttpRequest> {
        let _ = (ask, asked, answer);
        None
    }

    /// Whether it asks nobody: what it gives is worked out from what it is given. Plans must name
    /// such a provider; none is ever taken because it gives a field.
    fn guesses(&self) -> bool {
        false
    }

    /// What a provider that [guesses](Self::guesses) works out. Pure.
    fn guess(&self, ask: &Ask<'_>) -> Outcome {
        let _ = ask;
        Outcome::Miss
    }

    /// The free request that changes a key for a token, if the vendor wants one; the token then
    /// takes the key's place in every [`Ask`]. Pure.
    fn sign_in(&self, base_url: &str, key: &Secret<String>) -> Option<Result<HttpRequest>> {
        let _ = (base_url, key);
        None
    }

    /// The token in the answer to [`sign_in`](Self::sign_in), or what its refusal comes to.
    fn parse_sign_in(&self, answer: &HttpResponse) -> Result<Token, Box<Outcome>> {
        let _ = answer;
        Err(Box::new(Outcome::Transient))
    }

    /// A request that costs nothing and tells whether the key works and what is left, if the vendor
    /// has one.
    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let _ = (base_url, key);
        None
    }

    /// What the answer to [`check`](Self::check) says.
    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let _ = answer;
        Standing::default()
    }
}

const _: Option<&dyn Provider> = None;

/// What a vendor takes instead of the key, for a while.
#[derive(Clone, Debug)]
pub struct Token {
    /// The token.
    pub secret: Secret<String>,
    /// How long it lives.
    pub lasts: std::time::Duration,
}

/// How an account stands with its vendor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Standing {
    /// Whether the key works; `None` when the answer does not tell.
    pub key_works: Option<bool>,
    /// The vendor's name for the plan.
    pub plan: Option<String>,
    /// What is left, in the vendor's milli-units.
    pub left: Option<crate::VendorUnits>,
    /// When the allowance begins anew, as the vendor says it.
    pub resets: Option<String>,
}
