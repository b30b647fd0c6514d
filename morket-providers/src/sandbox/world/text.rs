//! Canonical forms: what two spellings of one input have in common.

use super::lists::ACCENTS;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// A person's name: lower-case words without accents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name {
    first: String,
    last: String,
}

impl Name {
    /// Reads a whole name; a single word is no name.
    ///
    /// ```
    /// use morket_providers::sandbox::Name;
    ///
    /// let name = Name::parse(" RENÉ  de la Cruz").expect("two words or more");
    /// assert_eq!(name, Name::of("rene", "De La Cruz").expect("two words or more"));
    /// assert!(Name::parse("Ada").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let folded = fold(text);
        let (first, last) = folded.split_once(' ')?;
        Some(Self { first: first.to_owned(), last: last.to_owned() })
    }

    /// Reads a name given in two halves.
    pub fn of(first: &str, last: &str) -> Option<Self> {
        Self::parse(&format!("{first} {last}")).filter(|_| !fold(first).is_empty())
    }

    /// The first word.
    pub fn first(&self) -> &str {
        &self.first
    }

    /// All other words.
    pub fn last(&self) -> &str {
        &self.last
    }

    /// Both in one text: the canonical input.
    pub fn key(&self) -> String {
        format!("{} {}", self.first, self.last)
    }
}

/// Lower-case words of letters and digits, with one space between.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut push = |c: char| match c {
        c if c.is_alphanumeric() => folded.extend(c.to_lowercase()),
        '\'' | '’' | '-' | '.' => {}
        _ if folded.is_empty() || folded.ends_with(' ') => {}
        _ => folded.push(' '),
    };
    if text.is_ascii() {
        text.chars().for_each(&mut push);
    } else {
        text.nfkd().filter(|c| !is_combining_mark(*c)).for_each(&mut push);
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Words as people write them, accents included where the list knows them.
pub(super) fn title_case(words: &str) -> String {
    let title = |word: &str| -> String {
        if let Some((_, accented)) = ACCENTS.iter().find(|(plain, _)| *plain == word) {
            return (*accented).to_owned();
        }
        let mut rest = word.chars();
        rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
    };
    words.split(' ').map(title).collect::<Vec<_>>().join(" ")
}

/// A domain as all its spellings have it: no scheme, `www.`, path or port; lower-case.
pub(crate) fn canonical_domain(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let rest = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host).trim_end_matches('.');
    let label = |label: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        (1..64).contains(&label.len()) && label.chars().all(allowed) && !label.starts_with('-')
    };
    let valid = host.len() < 254 && host.contains('.') && host.split('.').all(label);
    valid.then(|| host.to_owned())
}

/// An address in lower case, as (local part, domain).
pub(crate) fn canonical_email(text: &str) -> Option<(String, String)> {
    let (local, domain) = text.trim().rsplit_once('@')?;
    let allowed = |c: char| c.is_ascii_graphic() && !"@<>()[],;:\\\"".contains(c);
    let valid = (1..65).contains(&local.len()) && local.chars().all(allowed);
    valid.then_some(())?;
    Some((local.to_ascii_lowercase(), canonical_domain(domain)?))
}

/// The slug of a LinkedIn profile, whatever host, scheme or prefix it came with.
pub(crate) fn canonical_handle(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let rest = lower.rsplit_once("/in/").map_or(lower.as_str(), |(_, rest)| rest);
    let rest = rest.strip_prefix("in/").unwrap_or(rest);
    let slug = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (!slug.is_empty() && slug.chars().all(allowed)).then(|| slug.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_input_meet() {
        let domains = [
            ("https://www.Acme.example/about?x#y", Some("acme.example")),
            ("ACME.example:8080", Some("acme.example")),
            ("acme", None),
            ("ac me.example", None),
            ("", None),
            ("acme..example", None),
        ];
        for (text, expected) in domains {
            assert_eq!(canonical_domain(text).as_deref(), expected, "{text}");
        }
        let names = [
            ("O'Neil, Ada", Some("oneil ada")),
            ("Jean-Luc  PÉREZ", Some("jeanluc perez")),
            ("Ada", None),
            (" ", None),
        ];
        for (text, expected) in names {
            assert_eq!(Name::parse(text).map(|name| name.key()).as_deref(), expected, "{text}");
        }
        let handles =
            ["https://uk.linkedin.com/in/Ada-Baker-1/?x=1", "in/ada-baker-1", "ada-baker-1"];
        for text in handles {
            assert_eq!(canonical_handle(text).as_deref(), Some("ada-baker-1"), "{text}");
        }
        assert_eq!(canonical_email("a b@acme.example"), None);
        assert_eq!(title_case("jose de la cruz"), "José De La Cruz");
    }
}
