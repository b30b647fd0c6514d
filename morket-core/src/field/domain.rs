//! Domains: one form of each, and whose they can be.

use super::{mailboxes, punycode};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Names that reach nothing beyond one network.
const PRIVATE: &[&str] = &["local", "localhost", "localdomain", "internal", "lan", "invalid"];

/// Second levels under which two-letter countries give out names: `example.co.uk`.
const SECOND_LEVEL: &[&str] = &[
    "ac", "co", "com", "edu", "gob", "gouv", "gov", "ltd", "me", "mil", "ne", "net", "nom", "or",
    "org", "plc", "sch",
];

/// Hosts whose customers sit one level below.
const SHARED_HOSTS: &[&str] = &[
    "blogspot.com",
    "github.io",
    "gitlab.io",
    "herokuapp.com",
    "myshopify.com",
    "netlify.app",
    "notion.site",
    "onrender.com",
    "pages.dev",
    "substack.com",
    "vercel.app",
    "web.app",
    "webflow.io",
    "weebly.com",
    "wixsite.com",
    "wordpress.com",
];

/// The domain of an address of the web or of a bare domain; `None` for anything else.
///
/// ```
/// use morket_core::field::domain::canonical;
///
/// assert_eq!(canonical("https://www.Müller.example:8080/x?y").as_deref(), Some("xn--mller-kva.example"));
/// assert_eq!(canonical("not a domain"), None);
/// assert_eq!(canonical("127.0.0.1"), None);
/// ```
pub fn canonical(text: &str) -> Option<String> {
    let text = text.trim();
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => after_user(rest),
        Some(_) => return None,
        None => text.strip_prefix("//").map_or(text, after_user),
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (host, port) = authority.split_once(':').unwrap_or((authority, ""));
    if port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let ascii = ascii(host)?;
    let mut short = ascii.as_str();
    while let Some(rest) = short.strip_prefix("www.").filter(|rest| rest.contains('.')) {
        short = rest;
    }
    Some(short.to_owned())
}

fn is_scheme(text: &str) -> bool {
    ["http", "https"].iter().any(|scheme| text.eq_ignore_ascii_case(scheme))
}

/// What follows a user's name in an authority.
fn after_user(rest: &str) -> &str {
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    rest[..end].rfind('@').map_or(rest, |at| &rest[at + 1..])
}

/// A host name in ASCII and lower case: IDNA for every practical name. Numbers alone are none.
pub(super) fn ascii(host: &str) -> Option<String> {
    // A host of 253 bytes in ASCII is never longer than this in Unicode.
    if host.len() > 1_024 {
        return None;
    }
    let name = match host.is_ascii() {
        true => host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase(),
        false => of_unicode(host)?,
    };
    let last = &name[name.rfind('.')? + 1..];
    let top = last.bytes().any(|byte| byte.is_ascii_alphabetic()) && last.len() > 1;
    let sound = top && name.len() <= 253 && !PRIVATE.contains(&last);
    (sound && name.split('.').all(is_label)).then_some(name)
}

/// The same name in ASCII, as far as every label has one.
fn of_unicode(host: &str) -> Option<String> {
    let lower = super::text::lower(&host.nfkc().collect::<String>());
    let folded = lower.nfkc().collect::<String>().replace('。', ".");
    let name = folded.strip_suffix('.').unwrap_or(&folded);
    let labels: Option<Vec<String>> = name.split('.').map(label).collect();
    Some(labels?.join("."))
}

/// Whether this stands between two dots of a name in ASCII and lower case.
fn is_label(text: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let hyphens = text.starts_with('-') || text.ends_with('-');
    (1..=63).contains(&text.len()) && !hyphens && text.bytes().all(sound)
}

fn label(text: &str) -> Option<String> {
    let letter = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    if text.starts_with('-') || text.ends_with('-') || text.starts_with(is_combining_mark) {
        return None;
    }
    let sound = text.chars().all(|c| match c.is_ascii() {
        true => c.is_ascii_alphanumeric() || c == '-' || c == '_',
        false => letter(c),
    });
    if !sound {
        return None;
    }
    let label =
        if text.is_ascii() { text.to_owned() } else { format!("xn--{}", punycode::encode(text)?) };
    (1..=63).contains(&label.len()).then_some(label)
}

/// Whether anyone can have an address there: `gmail.com` is nobody's company.
pub fn is_webmail(domain: &str) -> bool {
    mailboxes::is_webmail(domain)
}

/// The part of a domain that one owner holds, near enough: `shop.example.co.uk` belongs to
/// `example.co.uk`, `ada.github.io` to itself.
///
/// It knows the usual second levels and shared hosts, not the whole public suffix list: where it is
/// wrong, two domains count as different, or two customers of a rare shared host as one company.
///
/// ```
/// use morket_core::field::domain::owner;
///
/// assert_eq!(owner("mail.eu.example.com"), "example.com");
/// assert_eq!(owner("shop.example.co.uk"), "example.co.uk");
/// ```
pub fn owner(domain: &str) -> &str {
    let dots: Vec<usize> = domain.rmatch_indices('.').map(|(at, _)| at).collect();
    let tail = |labels: usize| dots.get(labels - 1).map_or(domain, |at| &domain[at + 1..]);
    let two = tail(2);
    let deeper = SHARED_HOSTS.contains(&two)
        || two.split_once('.').is_some_and(|(second, top)| {
            top.len() == 2 && SECOND_LEVEL.contains(&second) && domain.len() > two.len()
        });
    if deeper { tail(3) } else { two }
}

#[cfg(test)]
mod tests {
    use super::ascii;

    /// Hosts without a foreign letter go a shorter way, to the same place.
    #[test]
    fn the_short_way_of_ascii_is_no_other_way() {
        for (a, b) in (0..128_u8).flat_map(|a| (0..128_u8).map(move |b| (a, b))) {
            let host = format!("x{}{}Y", char::from(a), char::from(b));
            let (short, long) = (format!("{host}.example"), format!("{host}。example"));
            assert_eq!(ascii(&short), ascii(&long), "{host:?}");
        }
    }
}
