//! Identifiers of legal entities, ISO 17442.

use super::text;

/// Twenty letters and digits in upper case, the last two of which check the others.
pub(super) fn canonical(text: &str) -> Option<String> {
    let upper = text::clean(text).to_ascii_uppercase();
    let bytes = upper.as_bytes();
    let shape = bytes.len() == 20
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes[18..].iter().all(u8::is_ascii_digit);
    (shape && remainder(bytes) == 1).then_some(upper)
}

/// ISO 7064, MOD 97-10: letters count from ten.
fn remainder(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |so_far, byte| match byte {
        b'0'..=b'9' => (so_far * 10 + u32::from(byte - b'0')) % 97,
        _ => (so_far * 100 + u32::from(byte - b'A') + 10) % 97,
    })
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn check_digits_decide() {
        // Invented; the check digits are right.
        let good = "5299EXAMPLEWIDGETS98";
        for (text, expected) in [
            (good, Some(good)),
            (" 5299EXAMPLEWIDGETS98 ", Some(good)),
            ("5299EXAMPLEWIDGETS00", None),
            ("5299EXAMPLEWIDGET666", None),
            ("5299EXAMPLEWIDGETS6", None),
            ("5299EXAMPLEWIDGETSXX", None),
            ("LEI20CHARS", None),
            ("", None),
        ] {
            assert_eq!(canonical(text).as_deref(), expected, "{text:?}");
        }
    }
}
