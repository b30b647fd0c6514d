//! What no compiler checks: layout, sizes, words, documents. One small module per check.

mod dead;
mod edges;
mod errors;
mod ports;
mod ratchet;
mod sizes;
mod tree;
mod words;
mod workspace;

use anyhow::{Result, bail};
use std::{fmt, process::ExitCode};
use tree::Tree;

pub(crate) const HELP: &str = "\
cargo xtask tidy

Checks what no compiler checks and prints one line per finding, `tidy: path:line: what (why)`:
dependency edges between our packages, sizes of files, functions and lines (with a ratchet for
those already past their limit, xtask/ratchet.txt), files nobody reaches, banned words with the
reason beside each ban, a `# Behavior` on every port method, a page for every error code.
Ends with exit status 1 when there is a finding. It is a test too: `cargo test -p xtask`.

  cargo xtask tidy
";

/// One thing that is not as it should be.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    /// Counted from 1; 0 speaks of the whole file.
    line: usize,
    what: String,
    why: &'static str,
}

impl Finding {
    fn new(path: &str, line: usize, what: impl Into<String>, why: &'static str) -> Self {
        Self { path: path.to_owned(), line, what: what.into(), why }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tidy: {}", self.path)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, ": {} ({})", self.what, self.why)
    }
}

/// A check reads the tree and says what is wrong with it.
type Check = fn(&Tree) -> Vec<Finding>;

const CHECKS: &[Check] = &[
    edges::between_our_packages,
    edges::core_stays_small,
    edges::one_tls_provider,
    edges::no_dice_are_shipped,
    sizes::files,
    sizes::functions,
    sizes::lines,
    dead::sources,
    dead::documents,
    dead::book,
    dead::links,
    dead::decisions,
    words::banned,
    ports::behavior,
    ports::object_safety,
    errors::pages,
];

pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    if let Some(unknown) = args.first() {
        bail!("tidy takes no `{unknown}`");
    }
    Ok(if is_clean()? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Prints every finding; whether there was none.
pub(crate) fn is_clean() -> Result<bool> {
    let findings = findings(&Tree::of_repository()?);
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} checks, {} findings", CHECKS.len(), findings.len());
    Ok(findings.is_empty())
}

fn findings(tree: &Tree) -> Vec<Finding> {
    let mut findings: Vec<_> = CHECKS.iter().flat_map(|check| check(tree)).collect();
    findings.sort();
    findings
}

/// Runs one check over made-up files and compares `path:line: what` of what it found.
#[cfg(test)]
fn check(check: Check, files: &[(&str, &str)], expected: &[&str]) {
    check_tree(check, &Tree::of(files), expected);
}

/// The same over a tree that the test made itself.
#[cfg(test)]
fn check_tree(check: Check, tree: &Tree, expected: &[&str]) {
    let mut findings = check(tree);
    findings.sort();
    let found =
        findings.iter().map(|Finding { path, line, what, .. }| format!("{path}:{line}: {what}"));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_is_tidy() {
        let tree = Tree::of_repository().expect("the repository can be read");
        let lines: Vec<_> = findings(&tree).iter().map(ToString::to_string).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
    }

    #[test]
    fn a_finding_is_one_line_with_its_reason() {
        let finding = Finding::new("a.rs", 3, "`x`", "no x");
        assert_eq!(finding.to_string(), "tidy: a.rs:3: `x` (no x)");
    }
}
