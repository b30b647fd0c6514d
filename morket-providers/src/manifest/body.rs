//! A JSON body as a manifest writes it. Its texts are templates, read once with the manifest; what
//! stands under `$each` is written once for every record.

use super::template::Template;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What stands for every record once.
pub(super) const EACH: &str = "$each";

/// A body, or a part of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum Body {
    Text(Template),
    List(Vec<Body>),
    Table(BTreeMap<String, Body>),
    /// A number, a flag.
    Plain(Value),
}

/// What is known of a record by its row, by name.
pub(super) type Known<'k> = dyn Fn(usize, &str) -> Option<&'k str> + 'k;

impl TryFrom<Value> for Body {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        Ok(match value {
            Value::String(text) => Self::Text(Template::parse(&text)?),
            Value::Array(items) => {
                Self::List(items.into_iter().map(Self::try_from).collect::<Result<_, _>>()?)
            }
            Value::Object(map) => {
                let pairs = map.into_iter().map(|(name, it)| Ok((name, Self::try_from(it)?)));
                Self::Table(pairs.collect::<Result<_, String>>()?)
            }
            plain => Self::Plain(plain),
        })
    }
}

impl Body {
    /// With the values of so many records; those of the first stand outside of `$each`. A text with
    /// an unknown value is left out, and so is its name.
    pub(super) fn filled<'k>(&self, rows: usize, known: &Known<'k>) -> Option<Value> {
        self.of_row(0, rows, known)
    }

    fn of_row<'k>(&self, row: usize, rows: usize, known: &Known<'k>) -> Option<Value> {
        Some(match self {
            Self::Text(text) => text.render(&|name| known(row, name))?.into(),
            Self::List(items) => {
                items.iter().filter_map(|it| it.of_row(row, rows, known)).collect()
            }
            Self::Table(map) => match map.get(EACH) {
                Some(one) => {
                    let each = (0..rows).map(|row| one.of_row(row, rows, known));
                    each.map(|it| it.unwrap_or_else(|| Value::Object(Map::new()))).collect()
                }
                None => {
                    let filled = |(name, it): (&String, &Self)| {
                        Some((name.clone(), it.of_row(row, rows, known)?))
                    };
                    map.iter().filter_map(filled).collect()
                }
            },
            Self::Plain(plain) => plain.clone(),
        })
    }

    /// Whether it is an object.
    pub(super) fn is_table(&self) -> bool {
        matches!(self, Self::Table(_))
    }

    /// Whether any part of it is written for each record.
    pub(super) fn has_each(&self) -> bool {
        match self {
            Self::Table(map) => map.contains_key(EACH) || map.values().any(Self::has_each),
            Self::List(items) => items.iter().any(Self::has_each),
            Self::Text(_) | Self::Plain(_) => false,
        }
    }

    /// Every text in it.
    pub(super) fn texts(&self) -> Vec<&Template> {
        match self {
            Self::Text(text) => vec![text],
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
            Self::Table(map) => map.values().flat_map(Self::texts).collect(),
            Self::Plain(_) => Vec::new(),
        }
    }

    /// The names of all values in it.
    pub(super) fn names(&self) -> Vec<&str> {
        self.texts().into_iter().flat_map(Template::names).collect()
    }
}
