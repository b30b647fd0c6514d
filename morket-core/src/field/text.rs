//! Text: cleaning it, and telling a value from what only stands in for one.

use unicode_normalization::UnicodeNormalization;

/// The longest text that is kept, in characters; what is longer is cut.
pub const MAX_TEXT: usize = 4_000;

/// Up to here a text is a value of a cell; beyond, it is prose, where anything may be quoted.
const PROSE: usize = 100;

/// What vendors and spreadsheets write where they have nothing.
const NOTHING: &[&str] = &[
    "n/a",
    "na",
    "n.a.",
    "n.a",
    "n\\a",
    "#n/a",
    "#ref!",
    "#value!",
    "#name?",
    "none",
    "(none)",
    "null",
    "(null)",
    "<null>",
    "nil",
    "nan",
    "undefined",
    "unknown",
    "(unknown)",
    "not available",
    "not applicable",
    "not found",
    "not_found",
    "notfound",
    "not provided",
    "not specified",
    "not set",
    "not disclosed",
    "undisclosed",
    "unavailable",
    "no data",
    "no result",
    "no results",
    "no email",
    "no phone",
    "tbd",
    "tba",
    "(blank)",
    "(empty)",
    "redacted",
    "[redacted]",
    "true",
    "false",
    "[object object]",
    "{}",
    "[]",
    "email_not_unlocked",
    "not unlocked",
    "email not unlocked",
];

/// What trial plans, previews and privacy services write; such words within a short text spoil it.
const DEMO: &[&str] = &[
    "sample response",
    "sample data",
    "demo data",
    "unlock full access",
    "upgrade your plan",
    "upgrade to view",
    "upgrade to see",
    "not unlocked",
    "lorem ipsum",
    "redacted for privacy",
    "data protected",
    "gdpr masked",
    "gdpr redacted",
    "email_not_unlocked",
];

/// One line: composed characters, single spaces, nothing invisible, at most [`MAX_TEXT`]
/// characters.
///
/// ```
/// use morket_core::field::text::clean;
///
/// assert_eq!(clean("  Zoe\u{308}\u{a0}\t Example\u{200b}\n"), "Zoë Example");
/// ```
pub fn clean(text: &str) -> String {
    if is_clean(text) {
        return text.to_owned();
    }
    let visible = text.chars().filter(|c| c.is_whitespace() || !(c.is_control() || unseen(*c)));
    match text.is_ascii() {
        // Nothing of it can be composed, and looking for what can is most of the work.
        true => one_line(visible),
        false => one_line(visible.nfc()),
    }
}

/// Whether there is plainly nothing to do: most texts are of this kind.
fn is_clean(text: &str) -> bool {
    let bytes = text.as_bytes();
    let ends = [bytes.first(), bytes.last()].contains(&Some(&b' '));
    let plain = bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    plain && !ends && bytes.len() <= MAX_TEXT && !text.contains("  ")
}

fn one_line(chars: impl Iterator<Item = char>) -> String {
    let mut clean = String::new();
    let mut gap = false;
    for c in chars.take(MAX_TEXT * 4) {
        if c.is_whitespace() {
            gap = !clean.is_empty();
            continue;
        }
        if gap {
            clean.push(' ');
            gap = false;
        }
        clean.push(c);
    }
    if let Some((end, _)) = clean.char_indices().nth(MAX_TEXT) {
        clean.truncate(end);
        clean.truncate(clean.trim_end().len());
    }
    clean
}

/// Whether a clean text stands in for a value: nothing at all, a mask, a word for nothing.
///
/// ```
/// use morket_core::field::text::is_placeholder;
///
/// assert!(["", "--", "N/A", "not_found", "*****", "Ex***e"].iter().all(|it| is_placeholder(it)));
/// assert!(!is_placeholder("Nantes"));
/// ```
pub fn is_placeholder(text: &str) -> bool {
    if !text.chars().any(char::is_alphanumeric) {
        return true;
    }
    if text.len() > PROSE && text.chars().nth(PROSE).is_some() {
        return false;
    }
    let lower = match text.is_ascii() {
        true => text.to_ascii_lowercase(),
        false => text.to_lowercase(),
    };
    // All that `DEMO` holds is more than a word.
    let words = lower.bytes().any(|byte| matches!(byte, b' ' | b'_'));
    NOTHING.contains(&lower.as_str())
        || (words && DEMO.iter().any(|words| lower.contains(words)))
        || is_masked(text)
}

/// Whether a part was struck out: `j***@example.com`, `Ex**e`, `•••`.
fn is_masked(text: &str) -> bool {
    ["**", "••", "●●", "██"].iter().any(|mask| text.contains(mask))
}

/// What takes no room and turns up in copied text: soft hyphens, zero-width spaces, marks of
/// direction. The joiners that Persian and Indic scripts need stay.
fn unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// Lower case in composed form, again until nothing changes: a few letters need a second round.
pub(super) fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut lower: String = text.to_lowercase().nfc().collect();
    loop {
        let next: String = lower.to_lowercase().nfc().collect();
        if next == lower {
            return lower;
        }
        lower = next;
    }
}

#[cfg(test)]
mod tests {
    use super::{clean, lower};

    /// Texts without a foreign letter go a shorter way, to the same place.
    #[test]
    fn the_short_way_of_ascii_is_no_other_way() {
        for (a, b) in (0..128_u8).flat_map(|a| (0..128_u8).map(move |b| (a, b))) {
            let text = format!("x{}{}y", char::from(a), char::from(b));
            let long = format!("{text}\u{e9}");
            assert_eq!(clean(&text) + "\u{e9}", clean(&long), "{text:?}");
            assert_eq!(lower(&text) + "\u{e9}", lower(&long), "{text:?}");
            let (open, bare) = (clean(&text[1..3]), clean(&format!("\u{e9}{}", &text[1..3])));
            assert_eq!(open, bare["\u{e9}".len()..].trim_start(), "{text:?}");
        }
    }
}
