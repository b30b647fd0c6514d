//! Every error code has a page: what happened, why, what to do.

use super::{Finding, tree::Tree};
use std::collections::BTreeSet;

const KINDS: &str = "morket-core/src/error.rs";
const FOLDER: &str = "docs/errors/";
const HEADINGS: &[&str] = &["## What happened", "## Why", "## What to do"];

/// A page per code, its three headings, and no page without a code.
pub(super) fn pages(tree: &Tree) -> Vec<Finding> {
    let codes = codes(tree.text(KINDS).unwrap_or_default());
    let mut findings = Vec::new();
    for (line, code) in &codes {
        let path = format!("{FOLDER}{code}.md");
        match tree.text(&path) {
            Some(text) => findings.extend(missing_headings(&path, text)),
            None => {
                let what = format!("{code} has no page {path}");
                findings.push(Finding::new(KINDS, *line, what, "a code alone helps nobody"));
            }
        }
    }
    let known: BTreeSet<_> = codes.iter().map(|(_, code)| *code).collect();
    findings.extend(orphans(tree, &known));
    findings
}

fn missing_headings(path: &str, text: &str) -> Vec<Finding> {
    let missing = HEADINGS.iter().filter(|heading| !text.lines().any(|line| line == **heading));
    let why = "every page answers the same three questions";
    missing.map(|heading| Finding::new(path, 0, format!("lacks `{heading}`"), why)).collect()
}

fn orphans(tree: &Tree, known: &BTreeSet<&str>) -> Vec<Finding> {
    let pages = tree.texts(".md").filter_map(|(path, _)| {
        let code = path.strip_prefix(FOLDER)?.strip_suffix(".md")?;
        (code != "README" && !known.contains(code)).then_some(path)
    });
    pages
        .map(|path| Finding::new(path, 0, "no error has this code", "it explains nothing"))
        .collect()
}

/// The codes of the `kinds!` list, whose lines read `Name = "CODE", Disposition;`.
fn codes(source: &str) -> Vec<(usize, &str)> {
    let code = |line: &str| -> Option<(usize, usize)> {
        let open = line.find(" = \"")? + 4;
        let length = line[open..].find('"')?;
        let rest = line[open + length..].strip_prefix("\", ")?.strip_suffix(';')?;
        rest.chars().all(char::is_alphanumeric).then_some((open, length))
    };
    let lines = source.lines().enumerate();
    lines
        .filter_map(|(index, line)| {
            let (open, length) = code(line)?;
            Some((index + 1, &line[open..open + length]))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{super::check, *};

    const LIST: &str = "kinds! {\n    /// No.\n    NotFound = \"NOT_FOUND\", Stop;\n}\n";
    const PAGE: &str = "# NOT_FOUND\n\n## What happened\n\n## Why\n\n## What to do\n";

    #[test]
    fn codes_and_pages_match_one_to_one() {
        let short = PAGE.replace("## Why", "Why");
        type Files<'a> = &'a [(&'a str, &'a str)];
        let rows: &[(Files<'_>, &[&str])] = &[
            (&[("docs/errors/NOT_FOUND.md", PAGE), ("docs/errors/README.md", "")], &[]),
            (&[], &["morket-core/src/error.rs:3: NOT_FOUND has no page docs/errors/NOT_FOUND.md"]),
            (
                &[("docs/errors/NOT_FOUND.md", &short)],
                &["docs/errors/NOT_FOUND.md:0: lacks `## Why`"],
            ),
            (
                &[("docs/errors/NOT_FOUND.md", PAGE), ("docs/errors/GONE.md", PAGE)],
                &["docs/errors/GONE.md:0: no error has this code"],
            ),
        ];
        for (pages_given, expected) in rows {
            let mut files = pages_given.to_vec();
            files.push((KINDS, LIST));
            check(pages, &files, expected);
        }
    }
}
