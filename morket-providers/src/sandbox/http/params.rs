//! Parameters, from a query or from a JSON object.

use serde_json::Value;
use std::borrow::Cow;

/// Names and values in the order they came.
#[derive(Clone, Debug, Default)]
pub(in crate::sandbox) struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Params<'a> {
    /// Those of a query string.
    pub(in crate::sandbox) fn of_query(query: &'a str) -> Self {
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let decoded = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        Self(decoded.map(|(name, value)| (decode(name), decode(value))).collect())
    }

    /// Those of an object; a list counts by its first value.
    pub(in crate::sandbox) fn of_object(object: &serde_json::Map<String, Value>) -> Self {
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(yes) => Some(yes.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        };
        let one = |value: &Value| match value {
            Value::Array(list) => list.first().and_then(text),
            other => text(other),
        };
        let pairs = object.iter().filter_map(|(name, value)| Some((name.clone(), one(value)?)));
        Self(pairs.map(|(name, value)| (Cow::Owned(name), Cow::Owned(value))).collect())
    }

    /// The first value of this name, unless it is blank.
    pub(in crate::sandbox) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    pub(in crate::sandbox) fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| matches!(value, "true" | "True" | "1"))
    }
}

fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut rest = text.as_bytes();
    let mut decoded = Vec::with_capacity(rest.len());
    while let [byte, after @ ..] = rest {
        rest = after;
        match (byte, escaped(after)) {
            (b'%', Some(value)) => {
                decoded.push(value);
                rest = &after[2..];
            }
            (b'+', _) => decoded.push(b' '),
            _ => decoded.push(*byte),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&decoded).into_owned())
}

/// The byte that two hexadecimal digits stand for.
fn escaped(text: &[u8]) -> Option<u8> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16);
    let (high, low) = (digit(text.first()?)?, digit(text.get(1)?)?);
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_broken_ones_kept() {
        let rows = [
            ("a=ada%40x+y", "ada@x y"),
            ("a=%C3%A9", "é"),
            ("a=100%", "100%"),
            ("a=%zz%4", "%zz%4"),
            ("b=1&a=2&a=3", "2"),
        ];
        for (query, expected) in rows {
            assert_eq!(Params::of_query(query).get("a"), Some(expected), "{query}");
        }
        assert_eq!(Params::of_query("a=&b").get("a"), None);
    }
}
