//! What can be done to a text: the small set of transforms that templates and outputs share.

use regex::{Regex, RegexBuilder};

/// The longest pattern, in bytes.
pub(super) const LONGEST_PATTERN: usize = 512;

/// The most patterns of a manifest: together with the next bound some megabytes.
pub(super) const MOST_PATTERNS: usize = 64;

/// How large a compiled pattern may be.
const COMPILED: usize = 1 << 17;

/// The longest text that is looked at or made; what is longer is no field but a page.
pub(super) const LONGEST_TEXT: usize = 8 * 1024;

/// A pattern whose time is linear in the text, or why it is none.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    if text.len() > LONGEST_PATTERN {
        return Err(format!("is longer than {LONGEST_PATTERN} bytes; shorten the pattern"));
    }
    let built = RegexBuilder::new(text)
        .size_limit(COMPILED)
        .dfa_size_limit(COMPILED)
        .nest_limit(32)
        .build();
    built.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => {
            "becomes too large; repeat less in the pattern".to_owned()
        }
        other => {
            let said = other.to_string();
            let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ");
            format!("is no pattern ({last}); look-around and back-references do not exist")
        }
    })
}

/// The first group of the first match, or the whole match of a pattern without groups.
pub(super) fn captured<'t>(pattern: &Regex, text: &'t str) -> Option<&'t str> {
    let found = pattern.captures(text)?;
    found.get(1).or_else(|| found.get(0)).map(|it| it.as_str())
}

/// One of the parts between separators, trimmed; none when it is empty.
pub(super) fn part<'t>(text: &'t str, separator: &str, nth: usize) -> Option<&'t str> {
    text.split(separator).nth(nth).map(str::trim).filter(|part| !part.is_empty())
}

/// The one of these that was probably meant.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word: String = word.chars().take(64).collect();
    let best = known.into_iter().map(|it| (distance(&word, it), it)).min()?;
    (best.0 <= 1 + word.len() / 4).then_some(best.1)
}

/// How many letters must be changed, added or removed.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (nth, other) in b.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *other);
            diagonal = row[nth + 1];
            row[nth + 1] = changed.min(row[nth] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p158_a_pattern_is_bounded_before_it_is_run() {
        for (text, reason) in [
            ("(", "is no pattern"),
            ("(?=a)", "look-around"),
            (r"(a)\1", "back-references"),
            ("(a{1000}){1000}", "becomes too large"),
            (&"a".repeat(LONGEST_PATTERN + 1), "is longer"),
            (&format!("{}a{}", "(".repeat(60), ")".repeat(60)), "is no pattern"),
        ] {
            let error = pattern(text).unwrap_err();
            assert!(error.contains(reason), "{text:.20}: {error}");
        }
        // What takes for ever elsewhere takes linear time here.
        let slow = pattern("^(a+)+$").unwrap();
        assert_eq!(captured(&slow, &format!("{}b", "a".repeat(LONGEST_TEXT))), None);
    }

    #[test]
    fn groups_and_parts() {
        for (of, text, expected) in
            [(r"\d+", "a12b", Some("12")), (r"a(\d)", "a12b", Some("1")), ("x", "abc", None)]
        {
            assert_eq!(captured(&pattern(of).unwrap(), text), expected, "{of}");
        }
        assert_eq!(part("Ada Example", " ", 1), Some("Example"));
        assert_eq!(part("Ada", " ", 1), None);
        assert_eq!(part("a,,b", ",", 1), None);
    }

    #[test]
    fn a_slip_of_the_finger_is_recognised() {
        let known = ["base_url", "name", "slug"];
        for (word, meant) in [
            ("base-url", Some("base_url")),
            ("nmae", Some("name")),
            ("nam", Some("name")),
            ("zz", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
