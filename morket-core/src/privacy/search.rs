//! Whether a text or a document names somebody. It finds a name in whatever way it was written, and
//! rather once too often than once too little.

use super::{Identifier, IdentifierKind};
use crate::field::{email, linkedin::Profile};
use serde_json::Value;
use std::{collections::BTreeSet, fmt};

/// What is looked for.
pub struct Search {
    names: BTreeSet<Identifier>,
    /// As a text in lower case holds them, and what may not follow.
    needles: Vec<(IdentifierKind, String)>,
}

impl fmt::Debug for Search {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.names).finish()
    }
}

impl Search {
    /// Look for any of these.
    pub fn new(names: &BTreeSet<Identifier>) -> Self {
        let mut needles = Vec::new();
        // A name at a company stands in no text as such.
        for name in names.iter().filter(|it| it.kind() != IdentifierKind::NameAtCompany) {
            let text = name.expose().trim_start_matches("https://www.");
            needles.push((name.kind(), text.to_owned()));
            let plain = decoded(text).to_lowercase();
            if plain != text {
                needles.push((name.kind(), plain));
            }
        }
        Self { names: names.clone(), needles }
    }

    /// Whether a document names one of them, in a value or a key.
    pub fn is_in(&self, document: &Value) -> bool {
        match document {
            Value::String(text) => self.is_in_text(text),
            Value::Array(items) => items.iter().any(|it| self.is_in(it)),
            Value::Object(fields) => {
                fields.iter().any(|(name, value)| self.is_in_text(name) || self.is_in(value))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Whether a text is one of them, or has one of them in it.
    pub fn is_in_text(&self, text: &str) -> bool {
        let whole = |name: &Identifier| match name.kind() {
            IdentifierKind::Email => email::canonical(text).is_some_and(|it| it == name.expose()),
            IdentifierKind::Profile => {
                Profile::parse(text).is_some_and(|it| it.url() == name.expose())
            }
            IdentifierKind::Domain | IdentifierKind::NameAtCompany => false,
        };
        if self.names.iter().any(whole) {
            return true;
        }
        let (lower, plain) = (text.to_lowercase(), decoded(text).to_lowercase());
        [lower, plain]
            .iter()
            .any(|text| self.needles.iter().any(|(kind, it)| stands(text, it, *kind)))
    }
}

/// Whether a name stands in a text, and not as the end or the beginning of a longer one.
fn stands(text: &str, name: &str, kind: IdentifierKind) -> bool {
    let bounded = |at: usize| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + name.len()..].chars();
        let next = after.next();
        let goes_on = |it: char| it.is_alphanumeric() || "-_%".contains(it);
        match kind {
            IdentifierKind::Profile => !next.is_some_and(goes_on),
            _ => {
                let longer = before.is_some_and(|it| it.is_alphanumeric() || "._+-".contains(it));
                let deeper = next == Some('.') && after.next().is_some_and(char::is_alphanumeric);
                !longer && !next.is_some_and(goes_on) && !deeper
            }
        }
    };
    text.match_indices(name).any(|(at, _)| bounded(at))
}

/// `%40` and the like as what they stand for; what is no such thing stays.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code =
            tail.get(..2).filter(|_| *first == b'%').and_then(|it| std::str::from_utf8(it).ok());
        match code.and_then(|it| u8::from_str_radix(it, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, text: &str, found: bool) {
        let name = Identifier::guess(name).unwrap();
        assert_eq!(Search::new(&[name].into()).is_in_text(text), found, "{text}");
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        let ada = "ada@example.com";
        check(ada, "Ada@EXAMPLE.com ", true);
        check(ada, "mailto:ada@example.com", true);
        check(ada, "https://api.test/find?email=ada%40Example.com&x=1", true);
        check(ada, "write to <ada@example.com>.", true);
        check(ada, "nada@example.com", false);
        check(ada, "ada@example.com.au", false);
        check(ada, "ada@example.commerce", false);
        check(ada, "", false);
        let profile = "https://www.linkedin.com/in/ada-example";
        check(profile, "http://uk.linkedin.com/in/Ada-Example/?trk=1", true);
        check(profile, "in/ada-example", true);
        check(profile, "see linkedin.com/in/ada-example, she says", true);
        check(profile, "https://www.linkedin.com/in/ada-example-2", false);
        check("linkedin.com/in/jos%C3%A9", "https://linkedin.com/in/José", true);
    }

    #[test]
    fn a_document_is_looked_through_to_its_leaves_and_keys() {
        let search = Search::new(&[Identifier::guess("ada@example.com").unwrap()].into());
        for (document, found) in [
            (serde_json::json!({"a": [{"b": "ADA@example.com"}]}), true),
            (serde_json::json!({"ada@example.com": 1}), true),
            (serde_json::json!({"a": [1, null, true, "eve@example.com"]}), false),
        ] {
            assert_eq!(search.is_in(&document), found, "{document}");
        }
    }
}
