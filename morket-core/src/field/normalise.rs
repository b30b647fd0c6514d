//! From what a vendor wrote to the one form that is stored and compared.

use super::{
    EmailStatus, FieldType, country, date, domain, email, lei, linkedin, money, numbers, phone,
    range, text, url,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The longest name, place or list item in characters.
const MAX_SHORT: usize = 300;
/// The most items of a list.
const MAX_ITEMS: usize = 500;

/// Why a value is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It stands in for a value: empty, masked, `N/A`, a trial plan's words.
    Placeholder,
    /// It is something, but nothing of this type.
    Malformed,
    /// It is a webmail host, where a company's domain is wanted.
    Webmail,
}

/// The canonical form of a value; `None` for a placeholder, junk, nothing, or the wrong type.
///
/// Doing it twice changes nothing, and what comes out is bounded whatever goes in.
///
/// ```
/// use morket_core::field::{FieldType, normalise};
/// use serde_json::json;
///
/// assert_eq!(normalise(FieldType::Range, &json!("51 to 200")), Some(json!("51-200")));
/// assert_eq!(normalise(FieldType::Text, &json!(true)), None);
/// ```
pub fn normalise(ty: FieldType, value: &Value) -> Option<Value> {
    match ty {
        FieldType::Text => of_text(value, |text| text::clean(text).into()),
        FieldType::PersonName => value.as_str().and_then(person_name).map(Value::String),
        FieldType::Email => of_text(value, email::canonical),
        FieldType::EmailStatus => {
            let status: EmailStatus = value.as_str()?.parse().ok()?;
            Some(json!(status.as_str()))
        }
        FieldType::Domain => of_text(value, domain::canonical),
        FieldType::CompanyDomain => {
            of_text(value, |text| domain::canonical(text).filter(|it| !domain::is_webmail(it)))
        }
        FieldType::LinkedinPerson => of_text(value, |text| profile(text, true)),
        FieldType::LinkedinCompany => of_text(value, |text| profile(text, false)),
        FieldType::Phone => match value.as_u64() {
            Some(number) => phone::canonical(&number.to_string()).map(Value::String),
            None => of_text(value, phone::canonical),
        },
        FieldType::Integer => integer(value).map(|number| json!(number)),
        FieldType::Count => range::count(value).map(|number| json!(number)),
        FieldType::Range => range::canonical(value).map(Value::String),
        FieldType::Money => money::canonical(value),
        FieldType::Year => year(value).map(|year| json!(year)),
        FieldType::Date => of_text(value, date::canonical),
        FieldType::Lei => of_text(value, lei::canonical),
        FieldType::Country => {
            let code = country::code(value.as_str()?)?;
            Some(json!(code))
        }
        FieldType::Location => of_text(value, location),
        FieldType::Url => of_text(value, url::canonical),
        FieldType::TextList => list(value),
        FieldType::Bool => boolean(value).map(Value::Bool),
    }
}

/// [`normalise`], with the reason where it gives nothing.
pub fn normalised(ty: FieldType, value: &Value) -> Result<Value, Fault> {
    normalise(ty, value).ok_or_else(|| match value {
        Value::Null => Fault::Placeholder,
        Value::String(text) => fault_of_text(ty, &text::clean(text)),
        Value::Array(items) if items.is_empty() => Fault::Placeholder,
        Value::Object(fields) if fields.is_empty() => Fault::Placeholder,
        // What trial plans put in place of a contact.
        Value::Bool(_) => Fault::Placeholder,
        Value::Number(number) if number.as_i64() == Some(0) => Fault::Placeholder,
        _ => Fault::Malformed,
    })
}

fn fault_of_text(ty: FieldType, clean: &str) -> Fault {
    let counts = matches!(ty, FieldType::Count | FieldType::Range | FieldType::Money);
    let hidden = ty == FieldType::Email && email::is_hidden(clean);
    if text::is_placeholder(clean) || clean.contains('*') || hidden || (counts && clean == "0") {
        Fault::Placeholder
    } else if ty == FieldType::CompanyDomain && domain::canonical(clean).is_some() {
        Fault::Webmail
    } else {
        Fault::Malformed
    }
}

fn of_text(value: &Value, canonical: impl Fn(&str) -> Option<String>) -> Option<Value> {
    let text = value.as_str()?;
    let text = canonical(text)?;
    (!text::is_placeholder(&text)).then_some(Value::String(text))
}

/// What forms and private profiles say where a name should be.
const NOBODY: &[&str] = &[
    "anonymous",
    "demo",
    "first name",
    "first_name",
    "firstname lastname",
    "full name",
    "last name",
    "last_name",
    "linkedin member",
    "private",
    "sample",
    "test",
    "test test",
];

/// A name keeps its case and order. `Na` is one, as written there: `NA` and `na` say "none".
fn person_name(name: &str) -> Option<String> {
    let clean = text::clean(name);
    let trimmed = clean.trim_matches([' ', ',', ';', ':', '"', '|', '/']);
    let spoilt = ['*', '@', '<', '>', '{', '}', '\\', '•'];
    let sound = trimmed.chars().any(char::is_alphabetic)
        && !trimmed.contains(spoilt)
        && trimmed.chars().nth(MAX_SHORT).is_none()
        && !NOBODY.contains(&trimmed.to_lowercase().as_str())
        && (trimmed == "Na" || !text::is_placeholder(trimmed));
    sound.then(|| trimmed.to_owned())
}

fn profile(address: &str, person: bool) -> Option<String> {
    let profile = linkedin::Profile::parse(address)?;
    (profile.page.is_person() == person).then(|| profile.url())
}

/// Parts that say something, with single commas between them.
fn location(place: &str) -> Option<String> {
    let clean = text::clean(place);
    let parts = clean.split(',').map(str::trim);
    let parts: Vec<&str> = parts.filter(|part| !text::is_placeholder(part)).collect();
    let joined = parts.join(", ");
    (!joined.is_empty() && joined.chars().count() <= MAX_SHORT && !joined.contains('*'))
        .then_some(joined)
}

fn integer(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let printed = number.to_string();
            printed.strip_suffix(".0")?.parse().ok()
        }),
        Value::String(text) => {
            let text = text.trim();
            let (text, sign) = text.strip_prefix('-').map_or((text, 1), |rest| (rest, -1));
            numbers::whole(text).map(|number| number * sign)
        }
        _ => None,
    }
}

/// A year, or the year with which a date begins.
fn year(value: &Value) -> Option<i64> {
    let dated = value.as_str().and_then(|text| text.trim().split_once('-'));
    let year = match dated {
        Some((year, rest)) => {
            let is_date = rest.len() <= 30 && rest.starts_with(|c: char| c.is_ascii_digit());
            numbers::whole(year).filter(|_| is_date && year.len() == 4)?
        }
        None => integer(value)?,
    };
    (1_000..=2_100).contains(&year).then_some(year)
}

/// Items in their order, each once whatever its case; a text is split at commas, semicolons and
/// bars.
fn list(value: &Value) -> Option<Value> {
    let items: Vec<&str> = match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        Value::String(text) => text.split([',', ';', '|', '\n']).collect(),
        _ => return None,
    };
    let mut seen = BTreeSet::new();
    let clean = items.into_iter().map(text::clean);
    let kept = clean.filter(|item| {
        !text::is_placeholder(item)
            && item.chars().count() <= MAX_SHORT
            && seen.insert(text::lower(item))
    });
    let kept: Vec<String> = kept.take(MAX_ITEMS).collect();
    (!kept.is_empty()).then(|| json!(kept))
}

fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => match number.as_i64()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => Some(true),
            "false" | "no" | "n" | "0" => Some(false),
            _ => None,
        },
        _ => None,
    }
}
