//! What is left of an answer when what may differ is taken out.

use morket_core::{Error, ErrorKind, Result};
use std::fmt::Debug;

/// An answer as text: the kind of an error, or the value without times, hashes and numbers that
/// only its own store understands.
pub(super) fn seen<T: Debug>(result: Result<T>) -> String {
    scrub(&format!("{:?}", kind(result)))
}

/// The same result with no more of an error than its kind.
pub(super) fn kind<T>(result: Result<T>) -> Result<T, ErrorKind> {
    result.map_err(|error: Error| error.kind())
}

/// Names of what is dropped, up to the byte that ends it.
const DROPPED: &[(&str, char)] = &[
    ("head: [", ']'),
    ("prev: [", ']'),
    ("hash: [", ']'),
    ("fence: ", ','),
    ("Ticket(", ')'),
    ("Cursor(", ')'),
    ("day: ", ','),
];

fn scrub(text: &str) -> String {
    let mut text = without_times(text);
    for (name, end) in DROPPED {
        let mut rest = text.as_str();
        let mut kept = String::new();
        while let Some(at) = rest.find(name) {
            kept.push_str(&rest[..at + name.len()]);
            let dropped = &rest[at + name.len()..];
            rest = &dropped[dropped.find(*end).unwrap_or(0)..];
        }
        kept.push_str(rest);
        text = kept;
    }
    text
}

/// An instant prints as `2026-11-21T14:03:51.000007Z`.
fn without_times(text: &str) -> String {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00.000000Z";
    let is_time = |bytes: &[u8]| {
        bytes.len() == SHAPE.len()
            && bytes.iter().zip(SHAPE).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    let (mut kept, mut rest) = (String::new(), text);
    while let Some(char) = rest.chars().next() {
        if rest.as_bytes().get(..SHAPE.len()).is_some_and(is_time) {
            kept.push('T');
            rest = &rest[SHAPE.len()..];
        } else {
            kept.push(char);
            rest = &rest[char.len_utf8()..];
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_differ_is_taken_out() {
        let text =
            "Hold { at: Some(2026-11-21T14:03:51.000007Z), hash: [1, 2], n: 3, fence: 7, x }";
        assert_eq!(scrub(text), "Hold { at: Some(T), hash: [], n: 3, fence: , x }");
        assert_eq!(scrub("Cursor(\"abc\"), Cursor(\"d\")"), "Cursor(), Cursor()");
    }
}
