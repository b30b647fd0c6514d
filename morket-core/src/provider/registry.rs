//! The providers a process knows, each slug once.

use super::Provider;
use crate::{Error, ErrorKind, Result, name::ProviderSlug};
use std::{collections::BTreeMap, sync::Arc};

/// The providers that plans may name.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    providers: BTreeMap<ProviderSlug, Arc<dyn Provider>>,
}

impl Registry {
    /// No provider yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Add one. A slug that is taken, or a manifest that could not be run, is refused.
    pub fn register(&mut self, provider: Arc<dyn Provider>) -> Result<()> {
        let manifest = provider.manifest();
        manifest.validate()?;
        let slug = manifest.slug.clone();
        if self.providers.contains_key(&slug) {
            let message = format!("provider: `{slug}` is registered already");
            return Err(Error::new(ErrorKind::Conflict, "provider.register", message));
        }
        self.providers.insert(slug, provider);
        Ok(())
    }

    /// Add one, in the place of another of the same slug if there is one: for whoever was told that
    /// this is meant.
    pub fn replace(&mut self, provider: Arc<dyn Provider>) -> Result<()> {
        let manifest = provider.manifest();
        manifest.validate()?;
        self.providers.insert(manifest.slug.clone(), provider);
        Ok(())
    }

    /// The one with this slug.
    pub fn get(&self, slug: &ProviderSlug) -> Option<&Arc<dyn Provider>> {
        self.providers.get(slug)
    }

    /// The one with this slug, or an error that lists those there are.
    pub fn named(&self, slug: &str) -> Result<&Arc<dyn Provider>> {
        let found = ProviderSlug::new(slug).ok().and_then(|it| self.providers.get(&it));
        found.ok_or_else(|| {
            let known: Vec<&str> = self.providers.keys().map(ProviderSlug::as_str).collect();
            let message =
                format!("provider: `{slug}` is not known; there are {}", known.join(", "));
            Error::new(ErrorKind::Validation, "provider.named", message)
        })
    }

    /// All of them, by slug.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.providers.values()
    }
}
