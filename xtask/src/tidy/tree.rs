//! The repository as the checks see it: texts and the package graph, in memory, so that a test
//! can make a bad one in two lines.

use super::workspace::Workspace;
use crate::repository;
use anyhow::{Context, Result};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Everything a check may look at.
#[derive(Default)]
pub(super) struct Tree {
    /// Every file, text or not, relative to the root.
    pub(super) paths: BTreeSet<String>,
    /// What the text files say.
    texts: BTreeMap<String, String>,
    /// Every Rust file that parses; one that does not is the compiler's business.
    parsed: BTreeMap<String, syn::File>,
    /// The packages and what depends on what.
    pub(super) workspace: Workspace,
}

impl Tree {
    /// The repository that this program was built from.
    pub(super) fn of_repository() -> Result<Self> {
        let root = repository::root();
        let mut tree = Self { workspace: Workspace::load()?, ..Self::default() };
        for path in repository::files()? {
            if is_text(&path) {
                let text = fs::read_to_string(root.join(&path))
                    .with_context(|| format!("reading {path}"))?;
                tree.add(&path, &text);
            }
            tree.paths.insert(path);
        }
        Ok(tree)
    }

    /// A tree of these files and no packages.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let mut tree = Self::default();
        for (path, text) in files {
            tree.add(path, text);
        }
        tree
    }

    fn add(&mut self, path: &str, text: &str) {
        if path.ends_with(".rs")
            && let Ok(parsed) = syn::parse_file(text)
        {
            self.parsed.insert(path.to_owned(), parsed);
        }
        self.paths.insert(path.to_owned());
        self.texts.insert(path.to_owned(), text.to_owned());
    }

    /// One file's text.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// Every text file with this ending, by path.
    pub(super) fn texts(&self, ending: &str) -> impl Iterator<Item = (&str, &str)> {
        self.texts
            .iter()
            .filter(move |(path, _)| path.ends_with(ending))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// One parsed Rust file.
    pub(super) fn parsed(&self, path: &str) -> Option<&syn::File> {
        self.parsed.get(path)
    }

    /// Every parsed Rust file, by path.
    pub(super) fn parsed_files(&self) -> impl Iterator<Item = (&str, &syn::File)> {
        self.parsed.iter().map(|(path, file)| (path.as_str(), file))
    }
}

fn is_text(path: &str) -> bool {
    [".rs", ".md", ".txt"].iter().any(|ending| path.ends_with(ending))
}
