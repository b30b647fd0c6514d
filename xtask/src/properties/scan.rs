//! Finding the tests that carry a property's number, and by which method each proves it.

use crate::source::doc_lines;
use proc_macro2::{TokenStream, TokenTree};
use std::fmt;
use syn::{Attribute, ImplItemFn, ItemFn, Macro, spanned::Spanned, visit::Visit};

/// How a test goes about its claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    /// Chosen cases.
    Example,
    /// Random values.
    Property,
    /// Random steps compared with a model.
    Model,
    /// Every value of a finite domain.
    Exhaustive,
    /// Kills at random or chosen moments.
    Crash,
    /// Many threads behind a barrier, many rounds.
    Race,
}

const METHODS: &[(Method, &str)] = &[
    (Method::Example, "example"),
    (Method::Property, "property"),
    (Method::Model, "model"),
    (Method::Exhaustive, "exhaustive"),
    (Method::Crash, "crash"),
    (Method::Race, "race"),
];

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = METHODS.iter().find(|(method, _)| method == self).map_or("", |(_, name)| name);
        f.write_str(name)
    }
}

/// A test, or a case of a suite that every adapter runs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Test {
    pub(super) number: u16,
    pub(super) path: String,
    pub(super) name: String,
    pub(super) method: Method,
}

impl Test {
    /// A case of the conformance suites: it runs once per adapter.
    pub(super) fn is_suite_case(&self) -> bool {
        self.path.starts_with("morket-testkit/src/")
    }
}

/// The property's number in a name like `p045_refund_equals_debit`.
pub(super) fn number(name: &str) -> Option<u16> {
    let (digits, rest) = name.strip_prefix('p')?.split_at_checked(3)?;
    let all_digits = digits.chars().all(|digit| digit.is_ascii_digit());
    (all_digits && rest.starts_with('_')).then(|| digits.parse().ok())?
}

/// All numbered tests of one file, in the order of the text.
pub(super) fn tests(path: &str, text: &str) -> Vec<Test> {
    let Ok(file) = syn::parse_file(text) else { return Vec::new() };
    let mut scan = Scan { path, lines: text.lines().collect(), found: Vec::new() };
    scan.visit_file(&file);
    scan.found
}

struct Scan<'text> {
    path: &'text str,
    lines: Vec<&'text str>,
    found: Vec<Test>,
}

impl Scan<'_> {
    fn function(&mut self, attributes: &[Attribute], name: String, block: &syn::Block) {
        let is_test = attributes.iter().any(is_test_attribute);
        let is_suite_case = self.path.starts_with("morket-testkit/src/");
        let Some(number) = number(&name).filter(|_| is_test || is_suite_case) else { return };
        let first_line = self.lines.get(block.span().start().line).copied().unwrap_or_default();
        let marked = doc_lines(attributes).iter().find_map(|line| marker(line));
        let method = marked
            .or_else(|| marker(first_line.trim().strip_prefix("//")?))
            .unwrap_or_else(|| self.method_of(block));
        self.found.push(Test { number, path: self.path.to_owned(), name, method });
    }

    /// Without a marker: whether the body draws random values.
    fn method_of(&self, block: &syn::Block) -> Method {
        let (start, end) = (block.span().start().line, block.span().end().line);
        let body = &self.lines[start - 1..end.min(self.lines.len())];
        let draws = |line: &&str| line.contains("proptest") || line.contains("TestRunner");
        if body.iter().any(draws) { Method::Property } else { Method::Example }
    }

    /// Functions within a macro's tokens: `fn` followed by a numbered name.
    fn tokens(&mut self, tokens: TokenStream, method: Method) {
        let mut after_fn = false;
        for tree in tokens {
            match tree {
                TokenTree::Group(group) => self.tokens(group.stream(), method),
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    if let Some(number) = number(&name).filter(|_| after_fn) {
                        let path = self.path.to_owned();
                        self.found.push(Test { number, path, name, method });
                    } else {
                        after_fn = name == "fn";
                        continue;
                    }
                }
                _ => {}
            }
            after_fn = false;
        }
    }
}

impl<'ast> Visit<'ast> for Scan<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(&item.attrs, item.sig.ident.to_string(), &item.block);
        syn::visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(&item.attrs, item.sig.ident.to_string(), &item.block);
        syn::visit::visit_impl_item_fn(self, item);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let name = call.path.segments.last().map(|last| last.ident.to_string());
        let method = match name.as_deref() {
            Some("macro_rules") => return,
            Some("proptest") => Method::Property,
            _ => Method::Example,
        };
        self.tokens(call.tokens.clone(), method);
    }
}

/// `#[test]`, `#[tokio::test(…)]`.
fn is_test_attribute(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|last| last.ident == "test")
}

/// `method: model` in a comment.
fn marker(comment: &str) -> Option<Method> {
    let name = comment.trim().strip_prefix("method: ")?.trim_end_matches('.');
    METHODS.iter().find(|(_, known)| *known == name).map(|(method, _)| *method)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: &[(u16, Method)]) {
        let found: Vec<_> =
            tests(path, text).iter().map(|test| (test.number, test.method)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_come_from_names() {
        assert_eq!(number("p045_refund"), Some(45));
        for other in ["p45_refund", "p045", "p0456_x", "xp045_x", "pé45_x", "p+45_x"] {
            assert_eq!(number(other), None, "{other}");
        }
    }

    #[test]
    fn the_method_comes_from_the_marker_or_the_body() {
        let rows: &[(&str, Method)] = &[
            ("#[test] fn p001_a() { one(); }", Method::Example),
            ("#[tokio::test] async fn p001_a() { one(); }", Method::Example),
            ("#[test] fn p001_a() {\n    // method: race\n    one();\n}", Method::Race),
            ("/// All.\n///\n/// method: exhaustive\n#[test]\nfn p001_a() {}", Method::Exhaustive),
            ("#[test] fn p001_a() { TestRunner::default(); }", Method::Property),
            ("proptest! { #[test] fn p001_a(x in 0..9) { one(x); } }", Method::Property),
            ("mod tests { #[test] fn p001_a() {\n// method: model\n} }", Method::Model),
        ];
        for (text, method) in rows {
            check("a/tests/it.rs", text, &[(1, *method)]);
        }
    }

    #[test]
    fn a_plain_function_counts_only_as_a_suite_case() {
        let case = "pub async fn p045_refund(store: &dyn Store) {}";
        check("morket-testkit/src/ledger.rs", case, &[(45, Method::Example)]);
        check("morket/src/ledger.rs", case, &[]);
        check("a/tests/it.rs", "suite! { p045_refund, p046_net }", &[]);
    }
}
