//! All vendors that come with Morket.

use crate::{hunter::Hunter, people_data_labs::PeopleDataLabs};
use morket_core::provider::{Provider, Registry};
use std::sync::Arc;

/// Every built-in provider, by slug.
///
/// ```
/// let registry = morket_providers::builtin();
/// assert_eq!(registry.named("hunter")?.manifest().unit, "credit");
/// # Ok::<(), morket_core::Error>(())
/// ```
pub fn builtin() -> Registry {
    let all: [Arc<dyn Provider>; 2] = [Arc::new(Hunter::new()), Arc::new(PeopleDataLabs::new())];
    let mut registry = Registry::new();
    for provider in all {
        registry.register(provider).expect("built-in manifests are valid and their slugs differ");
    }
    registry
}
