//! Small questions about parsed Rust that several commands ask.

use syn::{Attribute, Expr, Lit, Meta};

/// The lines of the doc comment that these attributes make.
pub(crate) fn doc_lines(attributes: &[Attribute]) -> Vec<String> {
    let text = |attribute: &Attribute| string_value(attribute, "doc");
    attributes.iter().filter_map(text).flat_map(lines).collect()
}

fn lines(text: String) -> Vec<String> {
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// The text of `#[name = "text"]`.
pub(crate) fn string_value(attribute: &Attribute, name: &str) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let Expr::Lit(literal) = &pair.value else { return None };
    let Lit::Str(text) = &literal.lit else { return None };
    pair.path.is_ident(name).then(|| text.value())
}
