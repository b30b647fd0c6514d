//! Revenue: a number or its bounds, and the form that people read.

use super::numbers::{Span, span};
use serde_json::{Map, Value, json};

/// Marks of currencies, longer ones first, each with its code.
const CURRENCIES: &[(&str, &str)] = &[
    ("us$", "USD"),
    ("usd", "USD"),
    ("a$", "AUD"),
    ("aud", "AUD"),
    ("c$", "CAD"),
    ("cad", "CAD"),
    ("$", "USD"),
    ("eur", "EUR"),
    ("€", "EUR"),
    ("gbp", "GBP"),
    ("£", "GBP"),
    ("chf", "CHF"),
    ("jpy", "JPY"),
    ("¥", "JPY"),
    ("inr", "INR"),
    ("₹", "INR"),
    ("sek", "SEK"),
    ("nok", "NOK"),
    ("dkk", "DKK"),
    ("pln", "PLN"),
    ("brl", "BRL"),
    ("r$", "BRL"),
    ("cny", "CNY"),
];

/// The canonical object; see [`FieldType::Money`](super::FieldType::Money).
pub(super) fn canonical(value: &Value) -> Option<Value> {
    let (span, currency) = match value {
        Value::String(text) => parse(text)?,
        Value::Number(number) => (span(&number.to_string())?, None),
        Value::Object(object) => of_object(object)?,
        _ => return None,
    };
    let mut object = Map::new();
    object.insert("amount".to_owned(), json!(span.min));
    if let Some(max) = span.max.filter(|max| *max != span.min) {
        object.insert("max".to_owned(), json!(max));
    }
    if let Some(currency) = currency {
        object.insert("currency".to_owned(), json!(currency));
    }
    object.insert("printed".to_owned(), json!(printed(span, currency)));
    Some(Value::Object(object))
}

/// What is printed tells most; without it, the numbers do.
fn of_object(object: &Map<String, Value>) -> Option<(Span, Option<&'static str>)> {
    let text = |name: &str| object.get(name).and_then(Value::as_str);
    let told = text("currency").and_then(|code| {
        let lower = code.to_lowercase();
        CURRENCIES.iter().find(|(mark, _)| *mark == lower).map(|(_, code)| *code)
    });
    if let Some((span, currency)) = text("printed").and_then(parse) {
        return Some((span, currency.or(told)));
    }
    let number = |name: &str| match object.get(name) {
        Some(Value::Number(number)) if number.as_i64() == Some(0) => Some(0),
        Some(Value::Number(number)) => span(&number.to_string()).map(|it| it.min),
        _ => None,
    };
    let span = match (number("amount").or_else(|| number("min")), number("max")) {
        (Some(min), max) => Span::between(min, max.unwrap_or(min)),
        (None, Some(max)) => Span::between(0, max),
        (None, None) => None,
    };
    Some((span?, told))
}

fn parse(text: &str) -> Option<(Span, Option<&'static str>)> {
    let mut lower = super::text::clean(text).to_lowercase();
    let mut currency = None;
    for (mark, code) in CURRENCIES {
        if lower.contains(mark) {
            if currency.is_some_and(|known| known != *code) {
                return None;
            }
            currency = Some(*code);
            lower = lower.replace(mark, "");
        }
    }
    span(&lower).map(|span| (span, currency))
}

fn printed(span: Span, currency: Option<&str>) -> String {
    let marked = |amount: String| match currency {
        Some("USD") => format!("${amount}"),
        Some("EUR") => format!("€{amount}"),
        Some("GBP") => format!("£{amount}"),
        Some(code) => format!("{code} {amount}"),
        None => amount,
    };
    let (min, max) = (short(span.min), span.max.map(short));
    match max {
        None => format!("{}+", marked(min)),
        Some(_) if span.max == Some(span.min) => marked(min),
        // "10-100K" reads as ten thousand.
        Some(_) if span.min > 0 && min == span.min.to_string() => {
            format!("{}-{}", marked(min), marked(span.max.unwrap_or_default().to_string()))
        }
        Some(max) => format!("{}-{}", marked(min), marked(max)),
    }
}

/// `12.5M`, where that says the same number.
fn short(amount: i64) -> String {
    for (suffix, unit) in [("B", 1_000_000_000), ("M", 1_000_000), ("K", 1_000)] {
        let hundredth = unit / 100;
        if amount >= unit && amount % hundredth == 0 {
            let (whole, rest) = (amount / unit, amount % unit / hundredth);
            let fraction = format!("{rest:02}");
            let fraction = fraction.trim_end_matches('0');
            let point = if fraction.is_empty() { "" } else { "." };
            return format!("{whole}{point}{fraction}{suffix}");
        }
    }
    amount.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revenue_keeps_its_number_and_its_printed_form() {
        let francs = json!({"amount": 3_000_000, "currency": "CHF", "printed": "CHF 3M"});
        let mixed = json!({"amount": 10, "max": 100_000, "printed": "10-100000"});
        let exact = |amount: i64, printed: &str| json!({"amount": amount, "printed": printed});
        let usd = |amount: i64, max: i64, printed: &str| {
            let (currency, max) = ("USD", json!(max));
            json!({"amount": amount, "max": max, "currency": currency, "printed": printed})
        };
        let range = usd(10_000_000, 25_000_000, "$10M-$25M");
        let rows = [
            (json!("12.5M"), Some(exact(12_500_000, "12.5M"))),
            (json!(25_000_000.0), Some(exact(25_000_000, "25M"))),
            (json!(12_345_678), Some(exact(12_345_678, "12345678"))),
            (json!("$10M-$25M"), Some(range.clone())),
            (json!("$10-25M"), Some(range.clone())),
            (json!("10M to 25M USD"), Some(range)),
            (
                json!("€1.5bn"),
                Some(json!({"amount": 1_500_000_000, "currency": "EUR", "printed": "€1.5B"})),
            ),
            (
                json!("$1B+"),
                Some(json!({"amount": 1_000_000_000, "currency": "USD", "printed": "$1B+"})),
            ),
            (json!("CHF 3 million"), Some(francs)),
            (json!("Under $1M"), Some(usd(0, 1_000_000, "$0-$1M"))),
            (
                json!({"min": 10_000_000, "max": 25_000_000}),
                Some(json!({"amount": 10_000_000, "max": 25_000_000, "printed": "10M-25M"})),
            ),
            (json!({"amount": 25_000_000.0, "printed": "25M"}), Some(exact(25_000_000, "25M"))),
            (json!({"amount": 5_000, "printed": "n/a"}), Some(exact(5_000, "5K"))),
            (json!("10-0.100M"), Some(mixed)),
            (json!(0), None),
            (json!("$0"), None),
            (json!("$5M or €5M"), None),
            (json!("-$5M"), None),
            (json!("a lot"), None),
            (json!({}), None),
            (json!(false), None),
        ];
        for (value, expected) in rows {
            assert_eq!(canonical(&value), expected, "{value}");
            let again = expected.as_ref().and_then(canonical);
            assert_eq!(again, expected, "{value} twice");
        }
    }
}
