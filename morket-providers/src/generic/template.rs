//! Texts with `{field}` where a value goes. A brace itself is written twice.

use morket_core::{Error, Result, name::FieldName};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A text with places for values.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Field(FieldName),
}

impl Template {
    /// The template, or an error when a brace has no other or holds no field's name.
    pub fn new(text: &str) -> Result<Self> {
        let broken = || Error::invalid("provider.describe", "template", "has a brace alone");
        let (mut parts, mut plain) = (Vec::new(), String::new());
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..];
            if let Some(after) = brace.strip_prefix("{{").or_else(|| brace.strip_prefix("}}")) {
                plain.push_str(&brace[..1]);
                rest = after;
                continue;
            }
            let (name, after) =
                brace.strip_prefix('{').and_then(|it| it.split_once('}')).ok_or_else(broken)?;
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(Part::Field(FieldName::new(name)?));
            rest = after;
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        parts.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
        Ok(Self(parts))
    }

    /// The text with its values; `None` when one is not known.
    pub(super) fn render(&self, known: &BTreeMap<&str, &str>) -> Option<String> {
        let texts = self.0.iter().map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Field(name) => known.get(name.as_str()).copied(),
        });
        texts.collect()
    }

    /// The fields it names.
    pub(super) fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Field(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Whether it can be a path: it begins with a slash, and every segment is one.
    pub(super) fn is_path(&self) -> bool {
        let slash = matches!(self.0.first(), Some(Part::Text(text)) if text.starts_with('/'));
        let whole = |segment: &Self| match segment.0.as_slice() {
            [] => false,
            [Part::Text(text)] => !matches!(text.as_str(), "." | ".."),
            _ => true,
        };
        slash && self.segments().iter().all(whole)
    }

    /// Its segments. Slashes of the template part them; those of values do not.
    pub(super) fn segments(&self) -> Vec<Self> {
        let mut segments = vec![Vec::new()];
        for part in &self.0 {
            match part {
                Part::Field(_) => segments.last_mut().expect("never empty").push(part.clone()),
                Part::Text(text) => {
                    for (nth, piece) in text.split('/').enumerate() {
                        if nth > 0 {
                            segments.push(Vec::new());
                        }
                        if !piece.is_empty() {
                            let last = segments.last_mut().expect("never empty");
                            last.push(Part::Text(piece.to_owned()));
                        }
                    }
                }
            }
        }
        // What stands before the first slash.
        segments.into_iter().skip(1).map(Self).collect()
    }
}

impl TryFrom<String> for Template {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        Self::new(&text)
    }
}

/// A body with its values. A text that names an unknown field is left out, and so is its name.
pub(super) fn fill(body: &Value, known: &BTreeMap<&str, &str>) -> Value {
    filled(body, known).unwrap_or(Value::Null)
}

fn filled(body: &Value, known: &BTreeMap<&str, &str>) -> Option<Value> {
    Some(match body {
        Value::String(text) => match Template::new(text) {
            Ok(template) => template.render(known)?.into(),
            Err(_) => text.as_str().into(),
        },
        Value::Array(items) => items.iter().filter_map(|it| filled(it, known)).collect(),
        Value::Object(map) => {
            map.iter().filter_map(|(name, it)| Some((name.clone(), filled(it, known)?))).collect()
        }
        plain => plain.clone(),
    })
}

/// The fields that a body names.
pub(super) fn fields_of(body: &Value) -> Vec<String> {
    match body {
        Value::String(text) => {
            let template = Template::new(text).ok();
            template.iter().flat_map(Template::fields).map(str::to_owned).collect()
        }
        Value::Array(items) => items.iter().flat_map(fields_of).collect(),
        Value::Object(map) => map.values().flat_map(fields_of).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known() -> BTreeMap<&'static str, &'static str> {
        BTreeMap::from([("email", "a/b@example.com"), ("first_name", "{x}")])
    }

    #[test]
    fn values_are_put_where_their_names_stand() {
        for (text, expected) in [
            ("/v1/{email}", Some("/v1/a/b@example.com")),
            ("{first_name}{first_name}", Some("{x}{x}")),
            ("{{{email}}}", Some("{a/b@example.com}")),
            ("{last_name}", None),
            ("", Some("")),
        ] {
            let template = Template::new(text).unwrap();
            assert_eq!(template.render(&known()).as_deref(), expected, "{text}");
        }
        for text in ["{", "}", "{email", "{}", "{E}", "a{b c}"] {
            assert!(Template::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_slash_in_a_value_parts_nothing() {
        let path = Template::new("/people/{email}/x-{first_name}").unwrap();
        let texts: Vec<_> = path.segments().iter().map(|it| it.render(&known()).unwrap()).collect();
        assert_eq!(texts, ["people", "a/b@example.com", "x-{x}"]);
        for text in ["/", "people", "{email}/x", "/a//b", "/a/../b", "/a/"] {
            assert!(!Template::new(text).unwrap().is_path(), "{text}");
        }
    }

    #[test]
    fn a_body_leaves_out_what_is_not_known() {
        let body = json!({"data": [{"mail": "{email}", "last": "{last_name}", "n": 1}], "b": true});
        let expected = json!({"data": [{"mail": "a/b@example.com", "n": 1}], "b": true});
        assert_eq!(fill(&body, &known()), expected);
        assert_eq!(fields_of(&body), ["last_name", "email"]);
    }
}
