//! Files that nobody reaches: sources without a `mod`, pages without a link, gaps in a series.

use super::{Finding, tree::Tree};
use crate::source::string_value;
use std::{
    collections::BTreeSet,
    path::{Component, Path, PathBuf},
};
use syn::Item;

/// Every `.rs` file under `src/`, `tests/` or `examples/` is a target or declared by a `mod`.
pub(super) fn sources(tree: &Tree) -> Vec<Finding> {
    let mut reached = BTreeSet::new();
    for root in &tree.workspace.roots {
        reach(tree, root, &mut reached);
    }
    let folders = ["src", "tests", "examples"];
    let in_package = |path: &str| path.split('/').any(|part| folders.contains(&part));
    tree.texts(".rs")
        .filter(|(path, _)| in_package(path) && !reached.contains(*path))
        .map(|(path, _)| {
            Finding::new(path, 0, "no `mod` and no target reaches it", "it is never compiled")
        })
        .collect()
}

/// Marks `root` and every module below it. The root's own folder holds its modules.
fn reach(tree: &Tree, root: &str, reached: &mut BTreeSet<String>) {
    let folder = Path::new(root).parent().unwrap_or(Path::new("")).to_owned();
    let mut open = vec![(root.to_owned(), folder)];
    while let Some((path, folder)) = open.pop() {
        if !reached.insert(path.clone()) {
            continue;
        }
        if let Some(file) = tree.parsed(&path) {
            declared(tree, &path, &file.items, &folder, &mut open);
        }
    }
}

/// Adds the files that `items` declare with `mod name;`, those within inline modules included.
fn declared(
    tree: &Tree,
    path: &str,
    items: &[Item],
    folder: &Path,
    open: &mut Vec<(String, PathBuf)>,
) {
    let modules = items.iter().filter_map(|item| match item {
        Item::Mod(module) => Some(module),
        _ => None,
    });
    for module in modules {
        let name = module.ident.to_string();
        if let Some((_, inner)) = &module.content {
            declared(tree, path, inner, &folder.join(name), open);
        } else if let Some(named) =
            module.attrs.iter().find_map(|attribute| string_value(attribute, "path"))
        {
            let beside = Path::new(path).parent().unwrap_or(Path::new("")).join(named);
            let within = beside.parent().unwrap_or(Path::new("")).to_owned();
            open.push((normal(&beside), within));
        } else {
            let candidates = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
            let existing = candidates.iter().find(|file| tree.text(&normal(file)).is_some());
            open.extend(existing.map(|file| (normal(file), folder.join(&name))));
        }
    }
}

/// What the book holds, in order.
const CONTENTS: &str = "docs/SUMMARY.md";

/// Every page under `docs/` is linked from another page; `docs/README.md` is where readers begin.
pub(super) fn documents(tree: &Tree) -> Vec<Finding> {
    let mut linked = BTreeSet::new();
    for (path, text) in tree.texts(".md").filter(|(path, _)| *path != CONTENTS) {
        let targets = link_targets(path, text).into_iter().map(|(_, target)| target);
        linked.extend(targets.filter(|target| target != path));
    }
    tree.texts(".md")
        .filter(|(path, _)| path.starts_with("docs/"))
        .filter(|(path, _)| *path != "docs/README.md" && *path != CONTENTS)
        .filter(|(path, _)| !linked.contains(*path))
        .map(|(path, _)| Finding::new(path, 0, "no page links to it", "nobody will find it"))
        .collect()
}

/// The book's table of contents names every page under `docs/`.
pub(super) fn book(tree: &Tree) -> Vec<Finding> {
    let Some(contents) = tree.text(CONTENTS) else { return Vec::new() };
    let named: BTreeSet<_> = link_targets(CONTENTS, contents).into_iter().map(|it| it.1).collect();
    tree.texts(".md")
        .filter(|(path, _)| path.starts_with("docs/") && *path != CONTENTS)
        .filter(|(path, _)| !named.contains(*path))
        .map(|(path, _)| Finding::new(path, 0, format!("{CONTENTS} lacks it"), "the book lacks it"))
        .collect()
}

/// Every relative link of a page leads to a file or folder of this repository.
pub(super) fn links(tree: &Tree) -> Vec<Finding> {
    let exists = |target: &str| {
        let folder = format!("{target}/");
        target.is_empty()
            || tree.paths.contains(target)
            || tree.paths.iter().any(|path| path.starts_with(&folder))
    };
    let mut findings = Vec::new();
    for (path, text) in tree.texts(".md") {
        for (line, target) in link_targets(path, text) {
            if !exists(&target) {
                let what = format!("links to {target}, which is not there");
                findings.push(Finding::new(path, line, what, "the reader ends nowhere"));
            }
        }
    }
    findings
}

/// The relative links of a page, as `(line, path from the root)`.
fn link_targets(page: &str, text: &str) -> Vec<(usize, String)> {
    let folder = Path::new(page).parent().unwrap_or(Path::new(""));
    let mut targets = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for part in line.split("](").skip(1) {
            let address = part.split(')').next().unwrap_or_default();
            let file = address.split('#').next().unwrap_or_default();
            if !file.is_empty() && !address.contains(':') {
                targets.push((index + 1, normal(&folder.join(file))));
            }
        }
    }
    targets
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for component in path.components() {
        match component {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            _ => {}
        }
    }
    parts.join("/")
}

/// `docs/decisions/` holds `NNNN-title.md`, numbered 0001, 0002, … without gap or repeat.
pub(super) fn decisions(tree: &Tree) -> Vec<Finding> {
    let folder = "docs/decisions/";
    let pages = tree.texts(".md").filter_map(|(path, _)| Some((path, path.strip_prefix(folder)?)));
    let mut findings = Vec::new();
    let pages = pages.filter(|(_, name)| *name != "README.md");
    for (expected, (path, name)) in (1..).zip(pages) {
        let number = name.split_once('-').map(|(number, _)| number);
        if number != Some(format!("{expected:04}").as_str()) {
            let what = format!("should begin with {expected:04}-");
            let why = "decisions are read in order and never renumbered";
            findings.push(Finding::new(path, 0, what, why));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{
        super::{check, check_tree},
        *,
    };

    #[test]
    fn a_source_without_a_mod_is_found() {
        let mut tree = Tree::of(&[
            ("a/src/lib.rs", "mod one; mod two { mod inner; } #[path = \"odd.rs\"] mod three;"),
            ("a/src/one.rs", "mod deep;"),
            ("a/src/one/deep.rs", ""),
            ("a/src/two/inner.rs", ""),
            ("a/src/odd.rs", ""),
            ("a/src/forgotten.rs", ""),
            ("a/tests/it.rs", "mod common;"),
            ("a/tests/common/mod.rs", "mod more;"),
            ("a/tests/common/more.rs", ""),
            ("a/tests/common/unused.rs", ""),
            ("examples/unlisted.rs", ""),
        ]);
        tree.workspace.roots = ["a/src/lib.rs", "a/tests/it.rs"].map(str::to_owned).into();
        let what = "0: no `mod` and no target reaches it";
        let expected = ["a/src/forgotten.rs", "a/tests/common/unused.rs", "examples/unlisted.rs"];
        let expected = expected.map(|path| format!("{path}:{what}"));
        check_tree(sources, &tree, &expected.each_ref().map(String::as_str));
    }

    #[test]
    fn a_page_that_only_links_to_itself_is_found() {
        let index = ("docs/README.md", "[a](a.md#part) [web](https://example.com/c.md)");
        let alone = "[me](c.md)";
        check(
            documents,
            &[index, ("docs/a.md", ""), ("docs/c.md", alone)],
            &["docs/c.md:0: no page links to it"],
        );
    }

    #[test]
    fn a_page_that_the_book_lacks_is_found() {
        let contents = ("docs/SUMMARY.md", "- [a](a.md)\n  - [b](deep/b.md)");
        check(
            book,
            &[contents, ("docs/a.md", ""), ("docs/deep/b.md", ""), ("docs/c.md", "")],
            &["docs/c.md:0: docs/SUMMARY.md lacks it"],
        );
    }

    #[test]
    fn a_link_to_nothing_is_found() {
        let page = "[up](../README.md)\n[folder](decisions) [gone](gone.md) [part](#part)";
        check(
            links,
            &[("docs/a.md", page), ("README.md", ""), ("docs/decisions/0001-x.md", "")],
            &["docs/a.md:2: links to docs/gone.md, which is not there"],
        );
    }

    #[test]
    fn a_gap_between_decisions_is_found() {
        check(
            decisions,
            &[
                ("docs/decisions/0001-money.md", ""),
                ("docs/decisions/0003-time.md", ""),
                ("docs/decisions/README.md", ""),
            ],
            &["docs/decisions/0003-time.md:0: should begin with 0002-"],
        );
    }
}
