//! Addresses worked out from a name and a domain. It asks nobody and knows nothing: what it gives
//! is a guess, and stays one until a verifier says otherwise.

use crate::kit::{alternatives, fields, free, keyless};
use morket_core::{
    Error, ErrorKind, Result,
    field::{Kind, domain},
    http::{HttpRequest, HttpResponse},
    provider::{Answer, Ask, Manifest, Operation, Outcome, Parsed, Provider, Returned},
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Addresses from patterns.
#[derive(Clone, Debug)]
pub struct EmailPatterns {
    manifest: Manifest,
}

impl EmailPatterns {
    /// The usual patterns.
    pub fn new() -> Self {
        let guess = Operation {
            inputs: alternatives(&[
                &["first_name", "last_name", "company_domain"],
                &["full_name", "company_domain"],
            ]),
            outputs: fields(&["email", "email_status"]),
            ..free("guess", Kind::Person)
        };
        // Nothing is sent there, and nothing can be: the name is set aside for this.
        let base = "https://email-patterns.invalid";
        Self { manifest: keyless("email-patterns", "E-mail patterns", base, vec![guess]) }
    }
}

impl Default for EmailPatterns {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for EmailPatterns {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, _: &Ask<'_>) -> Result<HttpRequest> {
        let message = "email-patterns asks nobody";
        Err(Error::new(ErrorKind::Unsupported, "provider.request", message))
    }

    fn parse(&self, _: &Ask<'_>, _: &HttpResponse) -> Parsed {
        Outcome::Unknown.into()
    }

    fn guesses(&self) -> bool {
        true
    }

    /// The most usual address, marked as guessed.
    fn guess(&self, ask: &Ask<'_>) -> Outcome {
        let record = ask.record();
        let name = match (record.text("first_name"), record.text("last_name")) {
            (Some(first), Some(last)) => Some((first.to_owned(), last.to_owned())),
            _ => record.text("full_name").and_then(split),
        };
        let Some(((first, last), domain)) = name.zip(record.text("company_domain")) else {
            return Outcome::InvalidInput;
        };
        let Some(email) = candidates(&first, &last, domain).into_iter().next() else {
            return Outcome::Miss;
        };
        let identity = Returned { email: Some(email.clone()), ..Returned::default() };
        let [address, status] = ["email", "email_status"].map(crate::kit::field);
        let values = vec![(address, email.into()), (status, "guessed".into())];
        Outcome::Answer(Answer { values, confidence: None, identity, withheld: Vec::new() })
    }
}

/// The addresses that somebody of this name may have at a domain, the most usual first; none where
/// nobody has an address, as at a webmail host, or where the name has no Latin letters.
///
/// ```
/// use morket_providers::email_patterns::candidates;
///
/// let all = candidates("Zoë", "Müller", "www.example.com");
/// assert_eq!(all[..2], ["zoe.mueller@example.com", "zmueller@example.com"]);
/// ```
pub fn candidates(first: &str, last: &str, domain: &str) -> Vec<String> {
    let domain = domain::canonical(domain).filter(|it| !domain::is_webmail(it));
    let (Some(first), Some(last), Some(domain)) = (letters(first), letters(last), domain) else {
        return Vec::new();
    };
    let initial = &first[..1];
    let last_initial = &last[..1];
    [
        format!("{first}.{last}"),
        format!("{initial}{last}"),
        first.clone(),
        format!("{initial}.{last}"),
        format!("{first}{last}"),
        format!("{first}_{last}"),
        format!("{first}{last_initial}"),
        format!("{last}.{first}"),
        last.clone(),
    ]
    .map(|local| format!("{local}@{domain}"))
    .into_iter()
    .filter(|it| morket_core::field::email::canonical(it).is_some())
    .collect()
}

/// What stands before and behind a name and belongs to no address.
const TITLES: &[&str] = &["dr", "prof", "mr", "mrs", "ms", "sir", "ing", "mag", "dipl"];
const SUFFIXES: &[&str] = &["jr", "sr", "ii", "iii", "iv", "phd", "mba", "md", "esq"];

/// First and last name of a whole one: `Dr. Ada M. Example Jr.` is Ada Example.
fn split(full: &str) -> Option<(String, String)> {
    // `Example, Ada`
    let turned = full.split_once(',').filter(|(last, first)| {
        !last.trim().contains(' ') && !first.contains(',') && !is_one(first.trim(), SUFFIXES)
    });
    let whole = match turned {
        Some((last, first)) => format!("{first} {last}"),
        None => full.replace(',', " "),
    };
    let mut words: Vec<&str> = whole.split_whitespace().collect();
    while words.first().is_some_and(|it| is_one(it, TITLES)) {
        words.remove(0);
    }
    while words.last().is_some_and(|it| is_one(it, SUFFIXES)) {
        words.pop();
    }
    match words.as_slice() {
        [first, .., last] => Some(((*first).to_owned(), (*last).to_owned())),
        _ => None,
    }
}

fn is_one(word: &str, of: &[&str]) -> bool {
    of.contains(&word.trim_matches('.').to_lowercase().as_str())
}

/// A name as it stands in an address: Latin letters alone, as its owner would write it there.
fn letters(name: &str) -> Option<String> {
    let lower = name.trim().to_lowercase().nfc().collect::<String>();
    let mut plain = String::new();
    for c in lower.chars() {
        match c {
            'ä' | 'æ' => plain.push_str("ae"),
            'ö' | 'ø' | 'œ' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'ł' => plain.push('l'),
            'đ' | 'ð' => plain.push('d'),
            'þ' => plain.push_str("th"),
            'ı' => plain.push('i'),
            ' ' | '-' | '\'' | '’' | '.' => {}
            other => plain.extend(other.nfd().filter(|it| !is_combining_mark(*it))),
        }
    }
    let latin = plain.bytes().all(|byte| byte.is_ascii_lowercase());
    (latin && (1..=64).contains(&plain.len())).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guess_is_made_of_letters_that_stand_in_addresses() {
        for (first, last, domain, expected) in [
            ("Ada", "Example", "example.com", Some("ada.example@example.com")),
            ("Jürgen", "Groß", "example.de", Some("juergen.gross@example.de")),
            ("José", "Núñez", "https://www.example.es/x", Some("jose.nunez@example.es")),
            ("Anne-Marie", "O'Neil", "example.com", Some("annemarie.oneil@example.com")),
            ("Иван", "Example", "example.com", None),
            ("", "Example", "example.com", None),
            ("Ada", "Example", "gmail.com", None),
            ("Ada", "Example", "not a domain", None),
            ("Ada", "Ex@mple", "example.com", None),
            ("First", "Last", "example.com", Some("flast@example.com")),
        ] {
            let all = candidates(first, last, domain);
            assert_eq!(all.first().map(String::as_str), expected, "{first} {last} {domain}");
        }
    }

    #[test]
    fn a_whole_name_has_a_first_and_a_last_part() {
        for (full, expected) in [
            ("Ada Example", Some("Ada Example")),
            ("Dr. Ada M. Example Jr.", Some("Ada Example")),
            ("Example, Ada", Some("Ada Example")),
            ("Ada Example, PhD", Some("Ada Example")),
            ("Ada", None),
            ("Dr.", None),
            ("", None),
        ] {
            let found = split(full).map(|(first, last)| format!("{first} {last}"));
            assert_eq!(found.as_deref(), expected, "{full}");
        }
    }
}
