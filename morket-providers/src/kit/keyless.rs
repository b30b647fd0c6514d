//! What sources that ask for no key have in common.

use super::retry_after;
use morket_core::{
    Error, Result,
    field::domain,
    http::HttpResponse,
    name::ProviderSlug,
    provider::{Ask, Manifest, Operation, Outcome},
};
use std::time::Duration;

/// Who asks: several of them refuse whoever does not say.
pub const AGENT: &str =
    concat!("Morket/", env!("CARGO_PKG_VERSION"), " (+", env!("CARGO_PKG_REPOSITORY"), ")");

/// A source that costs nothing and asks for no key.
pub fn keyless(slug: &str, name: &str, base_url: &str, operations: Vec<Operation>) -> Manifest {
    // What is public changes more often than people do, and asking again is free.
    let shortly = |it| Operation { miss_ttl: Duration::from_secs(24 * 3600), credits: None, ..it };
    Manifest {
        slug: ProviderSlug::new(slug).expect("a slug in the source is valid"),
        name: name.to_owned(),
        base_url: base_url.to_owned(),
        keyed: false,
        unit: "call".to_owned(),
        prices: Vec::new(),
        as_of: "2026-11-21".to_owned(),
        operations: operations.into_iter().map(shortly).collect(),
    }
}

/// The company's domain in its one form: nothing of an input but a host name goes out.
pub fn domain_asked(ask: &Ask<'_>) -> Result<String> {
    let text = ask.record().required("company_domain")?;
    domain::canonical(text)
        .ok_or_else(|| Error::invalid("provider.request", "company_domain", "is no domain"))
}

/// What a refusal of a source comes to that bills nobody: whatever its server fails at may be tried
/// again. `None` when it is none.
pub fn public_refusal(answer: &HttpResponse) -> Option<Outcome> {
    Some(match answer.status {
        400 | 422 => Outcome::InvalidInput,
        // There is no key that could be bad: it is the address or the machine that is not liked.
        401 | 403 => Outcome::Transient,
        429 => Outcome::RateLimited { retry_after: retry_after(answer) },
        500..600 => Outcome::Transient,
        _ => return None,
    })
}
