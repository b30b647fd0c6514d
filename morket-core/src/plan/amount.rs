//! Amounts and spans as people write them.

use crate::{Error, MicroUsd, Result};
use std::time::Duration;

/// Dollars as people write them: `25usd`, `0.12 USD`, `$3`. Exact to the millionth.
pub fn parse_usd(field: &str, text: &str) -> Result<MicroUsd> {
    let wrong = || {
        Error::invalid("plan", field, "must be an amount in dollars, e.g. `25usd` or `0.12 USD`")
    };
    let trimmed = text.trim();
    let lower = trimmed.to_ascii_lowercase();
    let number = match lower.strip_suffix("usd") {
        Some(number) => number.trim_end(),
        None => lower.strip_prefix('$').ok_or_else(wrong)?,
    };
    parse_decimal(number, 6).map(MicroUsd).ok_or_else(wrong)
}

/// A decimal number without sign, scaled by ten to the power of `places`; exact or nothing.
pub(super) fn parse_decimal(text: &str, places: usize) -> Option<i64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |it: &str| it.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || part.len() > places || !digits(whole) || !digits(part) {
        return None;
    }
    let padded = format!("{whole}{part:0<places$}");
    padded.parse().ok()
}

/// A span as people write it: `90d`, `12h`, `15m`, `30s`.
pub fn parse_span(field: &str, text: &str) -> Result<Duration> {
    let wrong = || Error::invalid("plan", field, "must be a span, e.g. `90d`, `12h`, `15m`, `30s`");
    let text = text.trim();
    let at = text.char_indices().next_back().map_or(0, |(at, _)| at);
    let (number, unit) = text.split_at(at);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    number.checked_mul(seconds).map(Duration::from_secs).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_refused() {
        for (text, expected) in [
            ("25usd", Some(25_000_000)),
            ("0.12 USD", Some(120_000)),
            ("$3", Some(3_000_000)),
            (" 0.000001usd ", Some(1)),
            ("0.0000001usd", None),
            ("25", None),
            ("-1usd", None),
            ("1e3usd", None),
            ("usd", None),
            (".5usd", None),
            ("99999999999999999usd", None),
        ] {
            assert_eq!(parse_usd("budget", text).ok().map(|it| it.0), expected, "{text}");
        }
    }

    #[test]
    fn spans_are_read_exactly_or_refused() {
        for (text, expected) in [
            ("90d", Some(7_776_000)),
            ("12h", Some(43_200)),
            ("30s", Some(30)),
            ("d", None),
            ("", None),
            ("-1d", None),
            ("1w", None),
            ("18446744073709551615d", None),
            ("1ä", None),
        ] {
            let read = parse_span("max_age", text).ok();
            assert_eq!(read.map(|it| it.as_secs()), expected, "{text}");
        }
    }
}
