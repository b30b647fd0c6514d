//! Addresses of people: one form of each, what is known of them, and whose kind they are.

use super::{domain, mailboxes, text};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// What is known about whether mail arrives. Each vendor's own words become one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailStatus {
    /// The mailbox exists.
    Valid,
    /// The host takes mail for any name: nothing is known of this one.
    AcceptAll,
    /// Made from a name and a pattern.
    Guessed,
    /// Nobody looked.
    Unverified,
    /// The mailbox does not exist, or must not be written to.
    Invalid,
    /// Somebody looked and could not tell: ask again later.
    Unknown,
}

impl EmailStatus {
    /// Every one of them.
    pub const ALL: &'static [Self] = &[
        Self::Valid,
        Self::AcceptAll,
        Self::Guessed,
        Self::Unverified,
        Self::Invalid,
        Self::Unknown,
    ];

    /// The word that is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::AcceptAll => "accept_all",
            Self::Guessed => "guessed",
            Self::Unverified => "unverified",
            Self::Invalid => "invalid",
            Self::Unknown => "unknown",
        }
    }
}

impl fmt::Display for EmailStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EmailStatus {
    type Err = crate::Error;

    /// One of the stored words, in any case; catch-all is another name of `accept_all`. Vendors'
    /// own words are their adapters' to translate.
    fn from_str(word: &str) -> crate::Result<Self> {
        let word = word.trim().to_ascii_lowercase().replace(['-', ' '], "_");
        let word = match word.as_str() {
            "catch_all" | "catchall" | "acceptall" => "accept_all",
            other => other,
        };
        Self::ALL.iter().find(|status| status.as_str() == word).copied().ok_or_else(|| {
            let words: Vec<_> = Self::ALL.iter().map(|status| status.as_str()).collect();
            let problem = format!("must be one of {}", words.join(", "));
            crate::Error::invalid("field.email_status", "email_status", problem)
        })
    }
}

/// What stands beside the status, and can be true together with `valid`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailFlags {
    /// A function's, not a person's: `info@`.
    pub role: bool,
    /// At a host where anyone can have one.
    pub webmail: bool,
    /// At a host for addresses to throw away.
    pub disposable: bool,
}

impl EmailFlags {
    /// What the address itself tells, by small tables; vendors know more.
    ///
    /// ```
    /// use morket_core::field::EmailFlags;
    ///
    /// assert!(EmailFlags::of("info@example.com").role);
    /// assert!(EmailFlags::of("ada@gmail.com").webmail);
    /// ```
    pub fn of(address: &str) -> Self {
        let (local, host) = address.rsplit_once('@').unwrap_or((address, ""));
        let plain = local.split('+').next().unwrap_or(local);
        Self {
            role: mailboxes::is_role(plain),
            webmail: mailboxes::is_webmail(host),
            disposable: mailboxes::is_disposable(host),
        }
    }

    /// These together with what a vendor says.
    pub fn with(self, other: Self) -> Self {
        Self {
            role: self.role || other.role,
            webmail: self.webmail || other.webmail,
            disposable: self.disposable || other.disposable,
        }
    }
}

/// The one form of an address; `None` for what is none, is masked, or stands in for one.
///
/// All of it is in lower case. A host may tell `Ada@` from `ada@`, yet none that matters does, and
/// two spellings of one person must be one person; the vendor's own spelling stays with the
/// provenance. Dots and `+tags` are kept: only the host knows whether they matter.
///
/// ```
/// use morket_core::field::email::canonical;
///
/// assert_eq!(canonical(" Ada.Example@EXAMPLE.com").as_deref(), Some("ada.example@example.com"));
/// assert_eq!(canonical("email_not_unlocked@domain.com"), None);
/// assert_eq!(canonical("j***@example.com"), None);
/// ```
pub fn canonical(address: &str) -> Option<String> {
    let (local, host) = parts(address)?;
    (!mailboxes::is_hidden(&local, &host)).then(|| [local.as_str(), &host].join("@"))
}

/// Whether this has the form of an address and says that the real one is not told.
pub(super) fn is_hidden(address: &str) -> bool {
    parts(address).is_some_and(|(local, host)| mailboxes::is_hidden(&local, &host))
}

fn parts(address: &str) -> Option<(String, String)> {
    if address.len() > 1_024 {
        return None;
    }
    let clean = text::clean(address);
    let bare = clean.strip_prefix("mailto:").unwrap_or(&clean);
    let (local, host) = bare.rsplit_once('@')?;
    let (local, host) = (text::lower(local), domain::ascii(host)?);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    let short = (1..=64).contains(&local.len()) && local.len() + host.len() < 254;
    (short && !dots && local.chars().all(may_stand_in_local)).then_some((local, host))
}

/// What addresses that exist are made of. Quotes are legal and never seen; `*` and braces are
/// legal too, and stand for masks and templates.
fn may_stand_in_local(c: char) -> bool {
    let joins = unicode_normalization::char::is_combining_mark(c);
    c.is_alphanumeric() || joins || ".!#$%&'+-/=?^_~".contains(c)
}
