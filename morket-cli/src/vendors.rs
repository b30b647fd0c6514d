//! The vendors at hand: those of this build, and those that manifests describe.

use crate::config::Config;
use morket::{
    name::ProviderSlug,
    provider::{Provider, Registry},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// The vendors at hand.
#[derive(Clone, Debug, Default)]
pub struct Vendors {
    /// All of them, by slug.
    pub registry: Registry,
    /// Those that a file describes.
    files: Vec<(ProviderSlug, PathBuf)>,
    /// What is wrong with other files, as `file:line:column: …`.
    pub broken: Vec<String>,
}

impl Vendors {
    /// Those of this build.
    pub fn builtin() -> Self {
        #[cfg(feature = "providers")]
        let registry = morket::providers::builtin();
        #[cfg(not(feature = "providers"))]
        let registry = Registry::new();
        Self { registry, ..Self::default() }
    }

    /// Those of this build, and the manifests in the folder that the settings name, or else in
    /// `providers` beside the user's settings.
    pub fn of(config: &Config) -> Self {
        let named = config.settings.providers_dir.as_ref().map(PathBuf::from);
        let usual = || Some(config.config_folder.join("providers")).filter(|it| it.is_dir());
        let mut vendors = Self::builtin();
        if let Some(folder) = named.or_else(usual) {
            vendors.add(&folder);
        }
        vendors
    }

    #[cfg(feature = "providers")]
    fn add(&mut self, folder: &Path) {
        let told = morket::providers::manifest::add_folder(&mut self.registry, folder);
        self.files = told.added;
        self.broken = told.broken.iter().map(ToString::to_string).collect();
    }

    #[cfg(not(feature = "providers"))]
    fn add(&mut self, folder: &Path) {
        self.broken.push(format!("{}: this build reads no manifests", folder.display()));
    }

    /// The one of this name.
    pub fn named(&self, slug: &str) -> morket::Result<&Arc<dyn Provider>> {
        self.registry.named(slug)
    }

    /// All of them, by slug.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<dyn Provider>> {
        self.registry.iter()
    }

    /// Where a vendor comes from.
    pub fn origin(&self, slug: &ProviderSlug) -> String {
        let file = self.files.iter().find(|(name, _)| name == slug);
        file.map_or_else(|| "built-in".to_owned(), |(_, file)| file.display().to_string())
    }
}
