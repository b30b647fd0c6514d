//! Addresses: what was typed, and the one form that an account is found by.

use crate::{Error, Result};
use std::fmt;
use unicode_normalization::UnicodeNormalization;

/// The longest address that SMTP can carry.
const MAX_BYTES: usize = 254;

/// An e-mail address in two forms: as it was written, and as it is looked up.
///
/// The key folds case and Unicode compatibility forms, so that spellings a person takes for the
/// same address are one account with one lockout counter. It keeps everything else: `+tags` and
/// dots are part of the address, because only the mailbox's own host knows whether they matter,
/// and an `xn--` domain is another spelling than the Unicode one.
///
/// Mail goes to the [`written`](Self::written) form *of the stored account*, never to what was
/// typed at the moment: two addresses that fold alike may be two mailboxes.
///
/// ```
/// use morket_core::identity::EmailAddress;
///
/// let address = EmailAddress::parse(" Ada.Lovelace+Morket@Example.COM ").unwrap();
/// assert_eq!(address.key(), "ada.lovelace+morket@example.com");
/// assert_eq!(address.written(), "Ada.Lovelace+Morket@Example.COM");
/// ```
#[derive(Clone)]
pub struct EmailAddress {
    written: String,
    key: String,
}

impl EmailAddress {
    /// Read an address as a person typed it.
    pub fn parse(text: &str) -> Result<Self> {
        let written = text.trim();
        let key = fold(written);
        for form in [written, &key] {
            check(form)?;
        }
        Ok(Self { written: written.to_owned(), key })
    }

    /// An address read back from a store. Its key is the stored one: a newer Unicode table must not
    /// move an account.
    pub fn stored(written: String, key: String) -> Self {
        Self { written, key }
    }

    /// The form that accounts are unique by.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The form that mail is sent to.
    pub fn written(&self) -> &str {
        &self.written
    }
}

/// An address is a person's data: it is not printed.
impl fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

fn check(address: &str) -> Result<()> {
    let wrong = |problem| Err(Error::invalid("identity.email", "email", problem));
    if address.len() > MAX_BYTES {
        return wrong("must be at most 254 bytes");
    }
    if address.chars().any(|c| c.is_whitespace() || c.is_control() || invisible(c)) {
        return wrong("must not hold spaces or invisible characters");
    }
    match address.split_once('@') {
        Some((name, host)) if !name.is_empty() && !host.is_empty() && !host.contains('@') => Ok(()),
        _ => wrong("must have one @ with something on either side"),
    }
}

/// Characters that make two addresses differ without showing it.
fn invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Fold until nothing changes: a few characters only settle in the second round.
fn fold(text: &str) -> String {
    let mut folded = fold_once(text);
    loop {
        let next = fold_once(&folded);
        if next == folded {
            return folded;
        }
        folded = next;
    }
}

/// Upper case first, because some letters have two lower-case forms (σ and ς) but one upper-case.
fn fold_once(text: &str) -> String {
    text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}
