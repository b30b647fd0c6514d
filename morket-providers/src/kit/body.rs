//! Looking at an answer as a whole.

use morket_core::{VendorUnits, http::HttpResponse, provider::Outcome};
use serde_json::Value;
use std::time::Duration;

/// The body, when it is an object or an array of JSON. What is deeper than 128 levels is refused
/// by the parser, so that no answer can exhaust the stack.
pub fn json(answer: &HttpResponse) -> Option<Value> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    (body.is_object() || body.is_array()).then_some(body)
}

/// Whether any text in this part of a body holds one of the words; case does not count.
pub fn says(part: &Value, words: &[&str]) -> bool {
    match part {
        Value::String(text) => {
            let text = text.to_lowercase();
            words.iter().any(|word| text.contains(word))
        }
        Value::Array(items) => items.iter().any(|item| says(item, words)),
        Value::Object(map) => map.values().any(|item| says(item, words)),
        _ => false,
    }
}

/// What an error of the server comes to, with a vendor that bills only what it found: its own is
/// surely unbilled; behind a gateway that lost the answer there may have been one.
pub fn server_error(status: u16) -> Outcome {
    match status {
        502 | 504 | 520..=527 => Outcome::Unknown,
        500..600 => Outcome::Transient,
        _ => Outcome::Unknown,
    }
}

/// The seconds of a `Retry-After`, when it gives seconds.
pub fn retry_after(answer: &HttpResponse) -> Option<Duration> {
    let seconds = answer.header("retry-after")?.trim().parse().ok()?;
    // A day is the longest that anybody means.
    Some(Duration::from_secs(u64::min(seconds, 24 * 3600)))
}

/// A decimal number of units, `"1.5"`, as thousandths. No float is involved; what is finer than a
/// thousandth is rounded up, as spend is never understated.
pub fn milli_units(text: &str) -> Option<VendorUnits> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let whole = whole.parse::<i64>().ok()?.checked_mul(1000)?;
    let mut thousandths = 0;
    for at in 0..3 {
        let digit = part.as_bytes().get(at).map_or(0, |byte| i64::from(byte - b'0'));
        thousandths = thousandths * 10 + digit;
    }
    let finer = part.bytes().skip(3).any(|byte| byte != b'0');
    whole.checked_add(thousandths + i64::from(finer)).map(VendorUnits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_without_floats() {
        for (text, units) in [
            ("1", Some(1_000)),
            (" 1.5 ", Some(1_500)),
            ("0.0001", Some(1)),
            ("1998.5", Some(1_998_500)),
            ("", None),
            (".5", None),
            ("-1", None),
            ("1e3", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(milli_units(text).map(|it| it.0), units, "{text:?}");
        }
    }

    #[test]
    fn a_gateway_may_hide_a_bill() {
        for (status, transient) in [(500, true), (503, true), (502, false), (504, false)] {
            assert_eq!(server_error(status) == Outcome::Transient, transient, "{status}");
        }
        for no_server in [200, 302, 404, 600] {
            assert_eq!(server_error(no_server), Outcome::Unknown);
        }
    }

    #[test]
    fn waiting_is_bounded() {
        for (header, seconds) in [("7", Some(7)), ("999999999", Some(86_400)), ("soon", None)] {
            let mut answer = HttpResponse::new(429, "");
            answer.headers.push(("retry-after".to_owned(), header.to_owned()));
            assert_eq!(retry_after(&answer).map(|it| it.as_secs()), seconds);
        }
    }
}
