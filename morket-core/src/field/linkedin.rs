//! Profiles and pages on LinkedIn: one address of each.

use super::text;

/// The longest slug in bytes as it stands in an address.
const MAX_SLUG: usize = 300;

/// What an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Page {
    /// A person's profile.
    In,
    /// A company's page.
    Company,
    /// A school's page.
    School,
    /// A part of a company.
    Showcase,
}

impl Page {
    const ALL: &'static [Self] = &[Self::In, Self::Company, Self::School, Self::Showcase];

    const fn word(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Company => "company",
            Self::School => "school",
            Self::Showcase => "showcase",
        }
    }

    /// Whether it is a person's.
    pub fn is_person(self) -> bool {
        self == Self::In
    }
}

/// A profile or page, as far as its address tells.
///
/// ```
/// use morket_core::field::linkedin::Profile;
///
/// let profile = Profile::parse("http://uk.linkedin.com/in/Ada-Example/?trk=x").unwrap();
/// assert_eq!(profile.url(), "https://www.linkedin.com/in/ada-example");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Profile {
    /// What it is.
    pub page: Page,
    /// Its name in the address: ASCII, in lower case, what is not ASCII in percent signs.
    pub slug: String,
    /// The slug is an id (`ACoAA…`), which leads to the same page and equals no slug.
    pub opaque: bool,
}

impl Profile {
    /// Read an address: with or without scheme, of any country's host, or from `in/` on.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > 4 * MAX_SLUG {
            return None;
        }
        let path = path(text)?;
        let mut parts = path.split(['?', '#']).next()?.split('/').filter(|part| !part.is_empty());
        let word = parts.next()?.to_ascii_lowercase();
        if word == "sales" {
            let kind = parts.next()?.to_ascii_lowercase();
            let id = parts.next()?.split(',').next()?;
            let is_lead = ["people", "lead"].contains(&kind.as_str()) && is_opaque(id);
            return is_lead.then(|| Self { page: Page::In, slug: id.to_owned(), opaque: true });
        }
        let page = *Page::ALL.iter().find(|page| page.word() == word)?;
        let raw = parts.next()?;
        if is_opaque(raw) {
            return Some(Self { page, slug: raw.to_owned(), opaque: true });
        }
        Some(Self { page, slug: slug(raw)?, opaque: false })
    }

    /// The canonical address.
    pub fn url(&self) -> String {
        format!("https://www.linkedin.com/{}/{}", self.page.word(), self.slug)
    }
}

/// What follows the host, or the whole where it begins with the kind of page.
fn path(text: &str) -> Option<&str> {
    let rest = match text.split_once("://") {
        Some((scheme, rest)) => {
            let scheme = scheme.to_ascii_lowercase();
            ["http", "https"].contains(&scheme.as_str()).then_some(rest)?
        }
        None => text.trim_start_matches('/'),
    };
    let (host, path) = rest.split_once('/')?;
    let host = host.to_ascii_lowercase();
    if host == "linkedin.com" || host.ends_with(".linkedin.com") {
        return Some(path);
    }
    let bare = !text.contains("://") && Page::ALL.iter().any(|page| page.word() == host);
    bare.then_some(rest)
}

/// Ids of members: they keep their case.
fn is_opaque(part: &str) -> bool {
    let marks = ["ACoAA", "ACwAA", "AEMAA", "AC4AA"];
    let sound = part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    marks.iter().any(|mark| part.starts_with(mark)) && (16..=80).contains(&part.len()) && sound
}

fn slug(raw: &str) -> Option<String> {
    let decoded = text::lower(&text::clean(&decode(raw)?));
    let banned = |c: char| c.is_whitespace() || c.is_control() || "/\\?#%<>\"*{}|".contains(c);
    let named = decoded.chars().any(char::is_alphanumeric);
    if !named || decoded.chars().any(banned) {
        return None;
    }
    let encoded = encode(&decoded);
    (encoded.len() <= MAX_SLUG && !text::is_placeholder(&decoded)).then_some(encoded)
}

fn decode(raw: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = tail;
            continue;
        }
        let (hex, tail) = tail.split_at_checked(2)?;
        let hex = std::str::from_utf8(hex).ok().filter(|hex| !hex.starts_with('+'))?;
        bytes.push(u8::from_str_radix(hex, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

fn encode(decoded: &str) -> String {
    let mut encoded = String::new();
    for byte in decoded.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
