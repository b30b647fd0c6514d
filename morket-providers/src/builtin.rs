//! All vendors that come with Morket.

use crate::{
    apollo::Apollo, clearbit::Clearbit, dns::Dns, dropcontact::Dropcontact,
    email_patterns::EmailPatterns, github::GitHub, gleif::Gleif, hunter::Hunter, manifest,
    people_data_labs::PeopleDataLabs, prospeo::Prospeo, rdap::Rdap, website::Website,
    wikidata::Wikidata, zerobounce::ZeroBounce,
};
use morket_core::provider::{Provider, Registry};
use std::sync::Arc;

/// Vendors that are nothing but a manifest.
const MANIFESTS: &[&str] = &[
    include_str!("../manifests/bouncer.toml"),
    include_str!("../manifests/findymail.toml"),
    include_str!("../manifests/leadmagic.toml"),
    include_str!("../manifests/millionverifier.toml"),
    include_str!("../manifests/neverbounce.toml"),
];

/// Every built-in provider, by slug.
///
/// ```
/// let registry = morket_providers::builtin();
/// assert_eq!(registry.named("hunter")?.manifest().unit, "credit");
/// # Ok::<(), morket_core::Error>(())
/// ```
pub fn builtin() -> Registry {
    let mut registry = Registry::new();
    add(&mut registry, Apollo::new());
    add(&mut registry, Clearbit::new());
    add(&mut registry, Dns::new());
    add(&mut registry, Dropcontact::new());
    add(&mut registry, EmailPatterns::new());
    add(&mut registry, GitHub::new());
    add(&mut registry, Gleif::new());
    add(&mut registry, Hunter::new());
    add(&mut registry, PeopleDataLabs::new());
    add(&mut registry, Prospeo::new());
    add(&mut registry, Rdap::new());
    add(&mut registry, Website::new());
    add(&mut registry, Wikidata::new());
    add(&mut registry, ZeroBounce::new());
    for text in MANIFESTS {
        add(&mut registry, manifest::parse(text).expect("built-in manifests have no problems"));
    }
    registry
}

fn add(registry: &mut Registry, provider: impl Provider) {
    let added = registry.register(Arc::new(provider));
    added.expect("built-in manifests are valid and their slugs differ");
}
