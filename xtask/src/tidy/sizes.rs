//! Files, functions and lines that have grown past what a reader takes in at once.

use super::{Finding, ratchet::Ratchet, tree::Tree};
use syn::{ImplItemFn, ItemFn, TraitItemFn, spanned::Spanned, visit::Visit};

const FILE_LIMIT: usize = 450;
const FUNCTION_LIMIT: usize = 70;
const LINE_LIMIT: usize = 100;

/// No Rust file above [`FILE_LIMIT`] lines.
pub(super) fn files(tree: &Tree) -> Vec<Finding> {
    let measured: Vec<_> = tree
        .texts(".rs")
        .map(|(path, text)| (path.to_owned(), path.to_owned(), 0, text.lines().count()))
        .collect();
    Ratchet::read(tree, ("file", "lines"), FILE_LIMIT, "a file this long is two things")
        .judge(&measured)
}

/// No function body above [`FUNCTION_LIMIT`] lines.
pub(super) fn functions(tree: &Tree) -> Vec<Finding> {
    let mut measured = Vec::new();
    for (path, file) in tree.parsed_files() {
        let mut bodies = Bodies::default();
        bodies.visit_file(file);
        let named = bodies.0.into_iter().map(|Body { name, line, lines }| {
            (format!("{path}::{name}"), path.to_owned(), line, lines)
        });
        measured.extend(named);
    }
    let why = "a function this long hides its decisions";
    Ratchet::read(tree, ("fn", "lines"), FUNCTION_LIMIT, why).judge(&measured)
}

struct Body {
    name: String,
    line: usize,
    lines: usize,
}

/// Collects every function that has a body.
#[derive(Default)]
struct Bodies(Vec<Body>);

impl Bodies {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let span = block.span();
        self.0.push(Body {
            name: signature.ident.to_string(),
            line: signature.ident.span().start().line,
            lines: span.end().line - span.start().line + 1,
        });
    }
}

impl<'ast> Visit<'ast> for Bodies {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.add(&item.sig, &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        syn::visit::visit_trait_item_fn(self, item);
    }
}

/// No line above [`LINE_LIMIT`] columns, except addresses, which cannot be broken in two. One
/// finding per file, at its first wide line.
pub(super) fn lines(tree: &Tree) -> Vec<Finding> {
    let mut measured = Vec::new();
    for (path, text) in tree.texts(".rs") {
        let wide = |line: &str| line.chars().count() > LINE_LIMIT && !line.contains("://");
        let numbers: Vec<_> = (1..).zip(text.lines()).filter(|(_, line)| wide(line)).collect();
        let first = numbers.first().map_or(0, |(number, _)| *number);
        measured.push((path.to_owned(), path.to_owned(), first, numbers.len()));
    }
    let why = "two files should fit beside each other";
    Ratchet::read(tree, ("wide", "lines above 100 columns"), 0, why).judge(&measured)
}

#[cfg(test)]
mod tests {
    use super::{
        super::{check, ratchet},
        *,
    };

    #[test]
    fn a_file_may_be_long_only_by_its_ratchet() {
        let long = "\n".repeat(500);
        let rows: &[(&str, &[&str])] = &[
            ("", &["a.rs:0: 500 lines, the limit is 450"]),
            ("file a.rs 499", &["a.rs:0: 500 lines, its ratchet is 499"]),
            ("file a.rs 500", &[]),
            ("file a.rs 520", &[]),
            (
                "file a.rs 521",
                &["xtask/ratchet.txt:1: lower the ratchet of a.rs from 521: it has 500"],
            ),
            ("file a.rs 500\nfile b.rs 500", &["xtask/ratchet.txt:2: there is no file b.rs"]),
        ];
        for (list, expected) in rows {
            check(files, &[("a.rs", &long), (ratchet::PATH, list)], expected);
        }
    }

    #[test]
    fn a_function_may_be_long_only_by_its_ratchet() {
        let statements = "    step();\n".repeat(70);
        let method = format!("impl A {{\nfn run() {{\n{statements}}}\n}}\n");
        check(functions, &[("a.rs", &method)], &["a.rs:2: 72 lines, the limit is 70"]);
        check(functions, &[("a.rs", &method), (ratchet::PATH, "fn a.rs::run 72")], &[]);
        check(functions, &[("a.rs", "fn run() {\n    step();\n}\n")], &[]);
    }

    #[test]
    fn a_wide_line_is_found_unless_it_holds_an_address() {
        let wide = format!("// {}\n", "é".repeat(98));
        let address = format!("// https://example.com/{}\n", "x".repeat(90));
        check(lines, &[("a.rs", &wide)], &["a.rs:1: 1 lines above 100 columns, the limit is 0"]);
        check(lines, &[("a.rs", &address)], &[]);
        check(lines, &[("a.rs", &wide), (ratchet::PATH, "wide a.rs 1")], &[]);
        check(
            lines,
            &[("a.rs", ""), (ratchet::PATH, "wide a.rs 1")],
            &["xtask/ratchet.txt:1: lower the ratchet of a.rs from 1: it has 0"],
        );
    }
}
