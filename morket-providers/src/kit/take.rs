//! One value of an answer: taken only when it is what the field wants, never when it is a stand-in.

use serde::Deserialize;
use serde_json::{Number, Value};

/// What a field wants of a value. Types and stand-ins are judged here; how a clean value is written
/// is for the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Take {
    /// Any text.
    Text,
    /// An address.
    Email,
    /// A domain, or the address of a site.
    Domain,
    /// A telephone number.
    Phone,
    /// The address of a person's LinkedIn profile, or the handle in it.
    Profile,
    /// The same for a company.
    CompanyPage,
    /// A number of heads: above zero, possibly as text.
    Count,
    /// A range in text, `51-200`.
    Range,
    /// A year.
    Year,
    /// An amount: a number, or the text it is printed as.
    Amount,
    /// A list of texts.
    List,
}

/// What became of a value.
#[derive(Clone, Debug, PartialEq)]
pub enum Taken {
    /// It is one.
    Value(Value),
    /// The vendor has none: null, empty, zero heads, or a word that stands for nothing.
    Absent,
    /// The vendor has one and masks it.
    Withheld,
    /// It is of another type or form: nobody knows what the vendor meant.
    Junk,
}

/// The longest text taken: what is longer is no field but a page.
const LONGEST: usize = 8 * 1024;

/// The longest list taken, and the most text in it.
const MOST: usize = 500;
const MOST_TEXT: usize = 64 * 1024;

/// Words that vendors write where there is nothing. `null` and `none` only in lower case: there are
/// people called Null.
const NOTHING: &[&str] =
    &["n/a", "not_found", "not found", "not available", "undefined", "unknown", "-", "--"];

impl Take {
    /// Take this value.
    pub fn of(self, value: &Value) -> Taken {
        match (self, value) {
            (_, Value::Null) => Taken::Absent,
            (Self::Count, value) => count(value, 1, 10_000_000),
            (Self::Year, value) => count(value, 500, 2100),
            (Self::Amount, Value::Number(amount)) => positive(amount),
            (Self::Range, Value::Number(_)) => Taken::Absent,
            (Self::List, Value::Array(items)) => list(items),
            (Self::List, _) => Taken::Junk,
            (_, Value::String(text)) => self.of_text(text),
            _ => Taken::Junk,
        }
    }

    fn of_text(self, raw: &str) -> Taken {
        let text = raw.trim();
        if text.is_empty() || stands_for_nothing(text) {
            return Taken::Absent;
        }
        if is_masked(text) {
            return Taken::Withheld;
        }
        let control = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
        if text.len() > LONGEST || text.contains(control) {
            return Taken::Junk;
        }
        if self == Self::Range && text == "0" {
            return Taken::Absent;
        }
        let clean = match self {
            Self::Email => is_email(text).then(|| text.to_owned()),
            Self::Domain => is_domain(text).then(|| text.to_owned()),
            Self::Phone => is_phone(text).then(|| text.to_owned()),
            Self::Profile => linkedin(text, "in/"),
            Self::CompanyPage => linkedin(text, "company/"),
            Self::Range | Self::Amount => has_digit(text).then(|| text.to_owned()),
            _ => Some(text.to_owned()),
        };
        clean.map_or(Taken::Junk, |text| Taken::Value(text.into()))
    }
}

fn stands_for_nothing(text: &str) -> bool {
    matches!(text, "null" | "none") || NOTHING.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether a text is the veil over a value rather than the value.
fn is_masked(text: &str) -> bool {
    text.contains("**")
        || (text.contains('*') && text.contains('@'))
        || text.contains("••")
        || text.to_ascii_lowercase().starts_with("email_not_unlocked@")
}

fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    let fits = parts.is_some_and(|(local, domain)| !local.is_empty() && is_domain(domain));
    fits && text.len() <= 320 && !text.contains(char::is_whitespace)
}

fn is_domain(text: &str) -> bool {
    let inner = text.trim_matches('.');
    inner.len() == text.len() && text.contains('.') && !text.contains([' ', '\t', '\n', '@'])
}

fn has_digit(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_phone(text: &str) -> bool {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let usual =
        |c: char| c.is_ascii_digit() || " +-().,;/#=\u{a0}".contains(c) || "ext".contains(c);
    (5..=20).contains(&digits) && text.chars().all(usual)
}

/// The whole address of a profile, of which vendors leave out what they like.
fn linkedin(text: &str, part: &str) -> Option<String> {
    let bare = ["https://", "http://"].iter().find_map(|it| text.strip_prefix(it)).unwrap_or(text);
    if bare.contains(char::is_whitespace) {
        return None;
    }
    if bare.contains("linkedin.com/") {
        let host = if bare.starts_with("linkedin.com/") { "www." } else { "" };
        return Some(format!("https://{host}{bare}"));
    }
    let handle = bare.trim_start_matches('/');
    let handle = handle.strip_prefix(part).unwrap_or(handle);
    let is_handle = !handle.is_empty() && !handle.contains(['/', '@', ':']);
    is_handle.then(|| format!("https://www.linkedin.com/{part}{handle}"))
}

/// A whole number within bounds. Zero is nothing, and so is a range: that is another field.
fn count(value: &Value, least: u64, most: u64) -> Taken {
    let number = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) if text.trim().is_empty() || stands_for_nothing(text.trim()) => {
            return Taken::Absent;
        }
        Value::String(text) => text.trim().to_owned(),
        _ => return Taken::Junk,
    };
    let whole = number.strip_suffix(".0").unwrap_or(&number);
    match whole.parse::<u64>() {
        Ok(0) => Taken::Absent,
        Ok(number) if (least..=most).contains(&number) => Taken::Value(number.into()),
        Err(_) if value.is_string() && has_digit(whole) => Taken::Absent,
        _ => Taken::Junk,
    }
}

fn positive(amount: &Number) -> Taken {
    match amount.as_f64() {
        Some(0.0) => Taken::Absent,
        Some(above) if above > 0.0 => Taken::Value(amount.clone().into()),
        _ => Taken::Junk,
    }
}

fn list(items: &[Value]) -> Taken {
    let mut room = MOST_TEXT;
    let fits = |item: &&Value| {
        let rest = room.checked_sub(item.as_str().map_or(0, str::len));
        room = rest.unwrap_or_default();
        rest.is_some()
    };
    let taken = items.iter().take(MOST).take_while(fits).map(|item| Take::Text.of(item));
    let clean: Vec<Value> = taken
        .filter_map(|it| match it {
            Taken::Value(value) => Some(value),
            _ => None,
        })
        .collect();
    match (clean.is_empty(), items.iter().all(|item| item.is_null() || item == "")) {
        (false, _) => Taken::Value(clean.into()),
        (true, true) => Taken::Absent,
        (true, false) => Taken::Junk,
    }
}

#[cfg(test)]
mod tests {
    use super::{Take::*, *};
    use serde_json::json;

    fn check(take: Take, value: Value, expected: Taken) {
        assert_eq!(take.of(&value), expected, "{take:?} of {value}");
    }

    #[test]
    fn p023_a_stand_in_is_no_value() {
        for nothing in ["", "  ", "N/A", "n/a", "not_found", "null", "none", "-", "Not Found"] {
            for take in [Text, Email, Domain, Phone, Profile, CompanyPage, Range, Amount, Count] {
                check(take, json!(nothing), Taken::Absent);
            }
        }
        for masked in ["email_not_unlocked@domain.com", "j***@example.com", "a*@example.com"] {
            check(Email, json!(masked), Taken::Withheld);
        }
        for masked in ["*****", "Ex***e", "+49 *** 00", "••••"] {
            check(Text, json!(masked), Taken::Withheld);
        }
        check(Text, json!("Null"), Taken::Value(json!("Null")));
    }

    #[test]
    fn p023_another_type_is_junk() {
        for junk in [json!(true), json!(7), json!(["a"]), json!({"a": 1})] {
            for take in [Text, Email, Domain, Phone, Profile, CompanyPage] {
                check(take, junk.clone(), Taken::Junk);
            }
        }
        for take in [Count, Year, Amount, Range, List] {
            check(take, json!(true), Taken::Junk);
            check(take, json!({}), Taken::Junk);
            check(take, Value::Null, Taken::Absent);
        }
        check(Text, json!("a\u{0}b"), Taken::Junk);
        check(Text, json!("x".repeat(LONGEST + 1)), Taken::Junk);
        for no_email in ["ada", "ada@", "@example.com", "ada@example", "a da@example.com"] {
            check(Email, json!(no_email), Taken::Junk);
        }
        for no_phone in ["call me", "123", "1".repeat(30).as_str(), "+49 30 HIDDEN"] {
            check(Phone, json!(no_phone), Taken::Junk);
        }
        for no_handle in ["a b", "in/", "https://example.com/in/ada", "in/a/b"] {
            check(Profile, json!(no_handle), Taken::Junk);
        }
    }

    #[test]
    fn numbers_come_as_numbers_or_text() {
        for (take, value, expected) in [
            (Count, json!(180), Taken::Value(json!(180))),
            (Count, json!("180"), Taken::Value(json!(180))),
            (Count, json!(180.0), Taken::Value(json!(180))),
            (Count, json!(0), Taken::Absent),
            (Count, json!("0"), Taken::Absent),
            (Count, json!("51-200"), Taken::Absent),
            (Count, json!(-5), Taken::Junk),
            (Count, json!(1.5), Taken::Junk),
            (Count, json!(u64::MAX), Taken::Junk),
            (Year, json!(2009), Taken::Value(json!(2009))),
            (Year, json!(9), Taken::Junk),
            (Range, json!("51-200"), Taken::Value(json!("51-200"))),
            (Range, json!(180), Taken::Absent),
            (Range, json!("0"), Taken::Absent),
            (Range, json!("large"), Taken::Junk),
            (Amount, json!(25_000_000.5), Taken::Value(json!(25_000_000.5))),
            (Amount, json!("$10M-$25M"), Taken::Value(json!("$10M-$25M"))),
            (Amount, json!(0), Taken::Absent),
            (Amount, json!(-1), Taken::Junk),
            (List, json!(["HubSpot", "", null, 7]), Taken::Value(json!(["HubSpot"]))),
            (List, json!([]), Taken::Absent),
            (List, json!([null]), Taken::Absent),
            (List, json!([7]), Taken::Junk),
            (List, json!("HubSpot"), Taken::Junk),
        ] {
            check(take, value, expected);
        }
    }

    #[test]
    fn a_profile_is_written_whole() {
        let ada = "https://www.linkedin.com/in/ada-example";
        for text in [ada, "linkedin.com/in/ada-example", "in/ada-example", "ada-example"] {
            check(Profile, json!(text), Taken::Value(json!(ada)));
        }
        let uk = "https://uk.linkedin.com/in/ada";
        check(Profile, json!("http://uk.linkedin.com/in/ada"), Taken::Value(json!(uk)));
        let company = "https://www.linkedin.com/company/example-widgets";
        check(CompanyPage, json!("company/example-widgets"), Taken::Value(json!(company)));
    }
}
