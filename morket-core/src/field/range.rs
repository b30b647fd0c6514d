//! Head counts: one number, or the bounds between which it lies.

use super::numbers::{Span, span};
use serde_json::Value;

/// The bounds that vendors draw, so that `11,50` is told from eleven thousand and `201,500` too.
const BOUNDS: &[i64] = &[
    1, 2, 5, 10, 11, 20, 21, 25, 26, 49, 50, 51, 99, 100, 101, 200, 201, 250, 251, 499, 500, 501,
    999, 1_000, 1_001, 2_000, 2_001, 5_000, 5_001, 10_000, 10_001, 20_000, 50_000, 100_000,
];

const COUNTED: &[&str] = &["employees", "employee", "people", "persons", "person", "staff", "fte"];

/// The canonical text: `51-200`, `10001+` or `180`.
pub(super) fn canonical(value: &Value) -> Option<String> {
    let span = match value {
        Value::String(text) => parse(text),
        Value::Number(number) => span(&number.to_string()),
        Value::Array(bounds) => match bounds.as_slice() {
            [min, max] => bounded(Some(min), Some(max)),
            _ => None,
        },
        Value::Object(bounds) => bounded(bounds.get("min"), bounds.get("max")),
        _ => None,
    }?;
    Some(match span.max {
        None => format!("{}+", span.min),
        Some(max) if max == span.min => max.to_string(),
        Some(max) => format!("{}-{max}", span.min),
    })
}

/// One head count above zero; a range is none.
pub(super) fn count(value: &Value) -> Option<i64> {
    let span = match value {
        Value::String(text) => parse(text),
        Value::Number(number) => span(&number.to_string()),
        _ => None,
    }?;
    (span.max == Some(span.min)).then_some(span.min)
}

fn bounded(min: Option<&Value>, max: Option<&Value>) -> Option<Span> {
    let number = |value: Option<&Value>| match value {
        None | Some(Value::Null) => Some(None),
        Some(value) if value.as_i64() == Some(0) => Some(Some(0)),
        Some(value) => count(value).map(Some),
    };
    match (number(min)?, number(max)?) {
        (Some(min), Some(max)) => Span::between(min, max),
        (Some(min), None) => Span::from(min),
        (None, Some(max)) => Span::between(0, max),
        (None, None) => None,
    }
}

fn parse(text: &str) -> Option<Span> {
    let lower = super::text::clean(text).to_lowercase();
    let mut rest = lower.as_str();
    while let Some(before) = COUNTED.iter().find_map(|word| rest.strip_suffix(word)) {
        rest = before.trim_end();
    }
    let drawn = rest.split_once(',').and_then(|(min, max)| {
        let (min, max): (i64, i64) = (min.trim().parse().ok()?, max.trim().parse().ok()?);
        (BOUNDS.contains(&min) && BOUNDS.contains(&max)).then(|| Span::between(min, max))?
    });
    drawn.or_else(|| span(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ranges_have_one_form() {
        let rows = [
            (json!("51-200"), Some("51-200")),
            (json!("51 to 200"), Some("51-200")),
            (json!("51 – 200 employees"), Some("51-200")),
            (json!("11,50"), Some("11-50")),
            (json!("201,500"), Some("201-500")),
            (json!("1,234"), Some("1234")),
            (json!("10,001+ employees"), Some("10001+")),
            (json!("1K-5K"), Some("1000-5000")),
            (json!("5,001-10,000"), Some("5001-10000")),
            (json!([51, 200]), Some("51-200")),
            (json!({"min": 51, "max": 200}), Some("51-200")),
            (json!({"min": 10_001, "max": null}), Some("10001+")),
            (json!({"min": 0, "max": 10}), Some("0-10")),
            (json!({"min": null, "max": null}), None),
            (json!(180), Some("180")),
            (json!("0"), None),
            (json!(0), None),
            (json!("0-0"), None),
            (json!("200-51"), None),
            (json!(-5), None),
            (json!("Self-employed"), None),
            (json!(true), None),
            (json!([1, 2, 3]), None),
        ];
        for (value, expected) in rows {
            assert_eq!(canonical(&value).as_deref(), expected, "{value}");
        }
    }

    #[test]
    fn a_count_is_one_number_above_zero() {
        let rows = [
            (json!(180), Some(180)),
            (json!(180.0), Some(180)),
            (json!("180"), Some(180)),
            (json!("1,234 employees"), Some(1_234)),
            (json!("51-200"), None),
            (json!("11,50"), None),
            (json!("10000+"), None),
            (json!("0"), None),
            (json!(0), None),
            (json!(-1), None),
            (json!(null), None),
        ];
        for (value, expected) in rows {
            assert_eq!(count(&value), expected, "{value}");
        }
    }
}
