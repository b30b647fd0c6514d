//! Telephone numbers: E.164 when the country can be told, else as they were written.

use super::text;
use unicode_normalization::UnicodeNormalization;

/// What introduces an extension, longer marks first.
const EXTENSION: &[&str] = &[";ext=", "extension", "ext.", "ext", "x", "#"];

/// `+4930123456`, `+14155550100 x12`, or `(415) 555-0100`; `None` for what nobody can dial.
///
/// A number without `+` or `00` stays as it is: a country guessed wrong rings at a stranger's.
pub(super) fn canonical(number: &str) -> Option<String> {
    if number.len() > 256 {
        return None;
    }
    let folded: String = text::clean(number).nfkc().collect();
    let lower = text::clean(&folded).to_ascii_lowercase().replace(['‐', '‑', '–', '—'], "-");
    let bare = lower.strip_prefix("tel:").unwrap_or(&lower).trim();
    let (body, extension) = split_extension(bare)?;
    let body = body.trim();
    if !body.chars().all(|c| c.is_ascii_digit() || " ()-./+".contains(c)) {
        return None;
    }
    let dialled = match international(body) {
        Some(digits) => format!("+{}", digits?),
        None => national(body)?,
    };
    Some(extension.map_or(dialled.clone(), |extension| format!("{dialled} x{extension}")))
}

/// The digits behind `+` or `00`; `Some(None)` when they cannot be a number.
fn international(body: &str) -> Option<Option<String>> {
    let start = body.trim_start_matches(['(', ' ']);
    let written_plus = start.starts_with('+');
    if !written_plus && (!start.starts_with("00") || start.starts_with("000")) {
        return None;
    }
    // "+49 (0)30": the zero is for callers from within.
    let digits = digits(&body.replace("(0)", ""));
    let digits = digits.strip_prefix("00").unwrap_or(&digits);
    let one_plus = body.matches('+').count() == usize::from(written_plus);
    let sound = (7..=15).contains(&digits.len()) && !digits.starts_with('0') && one_plus;
    Some((sound && !is_made_up(digits)).then(|| digits.to_owned()))
}

fn national(body: &str) -> Option<String> {
    let digits = digits(body);
    let sound = (5..=15).contains(&digits.len()) && !body.contains('+') && !is_made_up(&digits);
    sound.then(|| body.to_owned())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// One digit all along, or all of them in order.
fn is_made_up(digits: &str) -> bool {
    let same = digits.bytes().all(|digit| Some(&digit) == digits.as_bytes().first());
    same || "01234567890".contains(digits) || "9876543210".contains(digits)
}

fn split_extension(text: &str) -> Option<(&str, Option<&str>)> {
    let Some((body, extension)) = EXTENSION.iter().find_map(|mark| text.split_once(mark)) else {
        return Some((text, None));
    };
    let extension = extension.trim_matches([' ', '.', ':', '#']);
    let sound =
        (1..=7).contains(&extension.len()) && extension.bytes().all(|it| it.is_ascii_digit());
    sound.then_some((body, Some(extension)))
}
