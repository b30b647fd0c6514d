//! Windows-1252, which is what files "in Latin-1" are in.

use std::borrow::Cow;

/// What the bytes 0x80 to 0x9F mean; the five that mean nothing stand for themselves, as in every
/// browser, so that each byte has a character of its own and comes back.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text that these bytes stand for; every byte is a character.
pub(super) fn decode(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| letter(*byte)).collect()
}

fn letter(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The byte of a character, if it has one.
fn byte(letter: char) -> Option<u8> {
    let high = || HIGH.iter().position(|it| *it == letter).and_then(|at| u8::try_from(at).ok());
    match u32::from(letter) {
        code @ (0..=0x7f | 0xa0..=0xff) => u8::try_from(code).ok(),
        _ => high().map(|at| at + 0x80),
    }
}

/// The bytes of a text; what has no letter here is written as `?`, and whether that happened.
pub(super) fn encode(text: &str) -> (Cow<'_, [u8]>, bool) {
    if text.is_ascii() {
        return (Cow::Borrowed(text.as_bytes()), false);
    }
    let mut lost = false;
    let bytes = text.chars().map(|letter| {
        byte(letter).unwrap_or_else(|| {
            lost = true;
            b'?'
        })
    });
    let bytes = bytes.collect();
    (Cow::Owned(bytes), lost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        let text = decode(&all);
        let (bytes, lost) = encode(&text);
        assert_eq!(&*bytes, &all[..]);
        assert!(!lost);
    }

    #[test]
    fn what_has_no_letter_is_told() {
        let rows = [
            ("München", &b"M\xfcnchen"[..], false),
            ("5 €", b"5 \x80", false),
            ("Łódź", b"?\xf3d?", true),
        ];
        for (text, bytes, lost) in rows {
            assert_eq!(encode(text), (Cow::Borrowed(bytes), lost), "{text}");
        }
    }
}
