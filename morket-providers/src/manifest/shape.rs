//! A manifest as data: what the text holds once it has been held against the table of keys.

use super::{body::Body, path::Path, template::Template, words};
use crate::kit::{Take, milli_units};
use morket_core::{
    VendorUnits,
    field::Kind,
    name::{FieldName, ProviderSlug},
    plan::{parse_span, parse_usd},
    provider::LimitScope,
};
use regex::Regex;
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{collections::BTreeMap, time::Duration};

/// A vendor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Vendor {
    pub(super) slug: ProviderSlug,
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) as_of: String,
    pub(super) unit: Option<String>,
    #[serde(default)]
    pub(super) replaces_builtin: bool,
    #[serde(default)]
    pub(super) fields: Vec<FieldName>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Template>,
    pub(super) retry_after: Option<Source>,
    #[serde(default)]
    pub(super) retry_after_in: Tells,
    pub(super) auth: Option<Auth>,
    #[serde(default)]
    pub(super) price: Vec<Price>,
    pub(super) check: Option<Check>,
    #[serde(default)]
    pub(super) window: Vec<Limit>,
    #[serde(default)]
    pub(super) outcome: Vec<Rule>,
    pub(super) operation: Vec<Endpoint>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Auth {
    #[serde(default)]
    pub(super) bearer: bool,
    pub(super) header: Option<String>,
    pub(super) prefix: Option<String>,
    pub(super) query: Option<String>,
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) basic: bool,
    pub(super) exchange: Option<Exchange>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Exchange {
    pub(super) path: Template,
    #[serde(default)]
    pub(super) basic: bool,
    pub(super) form: Option<BTreeMap<String, Template>>,
    pub(super) json: Option<BTreeMap<String, Template>>,
    pub(super) token: Path,
    pub(super) expires_in: Option<Path>,
    #[serde(default, deserialize_with = "maybe_span")]
    pub(super) lasts: Option<Duration>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Price {
    pub(super) plan: String,
    #[serde(deserialize_with = "usd")]
    pub(super) usd: morket_core::MicroUsd,
    pub(super) units_per_month: Option<i64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Check {
    pub(super) method: Option<String>,
    pub(super) path: Template,
    #[serde(default)]
    pub(super) query: BTreeMap<String, Template>,
    pub(super) good: Path,
    pub(super) bad: Option<Path>,
    pub(super) bad_status: Option<OneOrMany<Status>>,
    pub(super) left: Option<Path>,
    pub(super) plan: Option<Path>,
    pub(super) resets: Option<Path>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    pub(super) max: u32,
    #[serde(deserialize_with = "span")]
    pub(super) per: Duration,
    pub(super) scope: Option<LimitScope>,
    pub(super) told_max: Option<String>,
    pub(super) told_left: Option<String>,
    pub(super) told_reset: Option<String>,
    #[serde(default)]
    pub(super) told_in: Tells,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Tells {
    #[default]
    Seconds,
    Milliseconds,
    Unix,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) status: Option<OneOrMany<Status>>,
    pub(super) at: Option<Path>,
    pub(super) header: Option<String>,
    pub(super) is: Option<OneOrMany<serde_json::Value>>,
    pub(super) says: Option<OneOrMany<String>>,
    #[serde(default, deserialize_with = "maybe_pattern")]
    pub(super) matches: Option<Regex>,
    pub(super) exists: Option<bool>,
    pub(super) empty: Option<bool>,
    #[serde(default)]
    pub(super) each: bool,
    pub(super) then: Then,
    #[serde(default, deserialize_with = "maybe_units")]
    pub(super) billed: Option<VendorUnits>,
    pub(super) task: Option<String>,
    #[serde(default, deserialize_with = "maybe_span")]
    pub(super) after: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Then {
    Answer,
    Miss,
    Pending,
    InvalidInput,
    AuthFailed,
    PlanLacks,
    OutOfCredits,
    RateLimited,
    LegalBlock,
    Transient,
    Unknown,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Endpoint {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) version: Option<u32>,
    pub(super) inputs: Vec<Vec<FieldName>>,
    #[serde(default)]
    pub(super) optional: Vec<FieldName>,
    pub(super) verifies: Option<FieldName>,
    pub(super) billing: Option<Bill>,
    #[serde(default)]
    pub(super) retry_on_ambiguous: bool,
    #[serde(default, deserialize_with = "maybe_span")]
    pub(super) miss_ttl: Option<Duration>,
    #[serde(default, deserialize_with = "maybe_span")]
    pub(super) retention: Option<Duration>,
    #[serde(default)]
    pub(super) gated: bool,
    #[serde(default)]
    pub(super) window: Vec<Limit>,
    pub(super) request: OneOrMany<Request>,
    pub(super) poll: Option<Poll>,
    pub(super) bulk: Option<Bulk>,
    #[serde(default)]
    pub(super) outcome: Vec<Rule>,
    pub(super) output: BTreeMap<FieldName, OneOrMany<Pick>>,
    #[serde(default)]
    pub(super) identity: BTreeMap<FieldName, OneOrMany<Pick>>,
    pub(super) only_with: Option<FieldName>,
    pub(super) confidence: Option<Path>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bill {
    #[serde(deserialize_with = "units")]
    pub(super) answer: VendorUnits,
    #[serde(default, deserialize_with = "maybe_units")]
    pub(super) miss: Option<VendorUnits>,
    #[serde(default, deserialize_with = "maybe_units")]
    pub(super) credits: Option<VendorUnits>,
    pub(super) told: Option<Source>,
    #[serde(default)]
    pub(super) unbilled_errors: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    #[serde(default)]
    pub(super) needs: Vec<FieldName>,
    pub(super) method: Option<String>,
    pub(super) path: Template,
    #[serde(default)]
    pub(super) query: BTreeMap<String, Template>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Template>,
    pub(super) json: Option<Body>,
    pub(super) form: Option<BTreeMap<String, Template>>,
    #[serde(default, deserialize_with = "maybe_span")]
    pub(super) timeout: Option<Duration>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Poll {
    pub(super) method: Option<String>,
    pub(super) path: Template,
    #[serde(default)]
    pub(super) query: BTreeMap<String, Template>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, Template>,
    pub(super) json: Option<Body>,
    #[serde(default, deserialize_with = "maybe_span")]
    pub(super) first: Option<Duration>,
    #[serde(default, deserialize_with = "maybe_span")]
    pub(super) every: Option<Duration>,
    #[serde(default, deserialize_with = "maybe_span")]
    pub(super) deadline: Option<Duration>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bulk {
    pub(super) max: u32,
    pub(super) answers: Path,
    pub(super) key: Option<Path>,
    pub(super) input: Option<String>,
    pub(super) absent: Option<Then>,
}

/// Where a field stands; a text alone is its path.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Picked")]
pub(super) struct Pick {
    pub(super) at: Vec<Path>,
    pub(super) value: Option<String>,
    pub(super) split: Option<String>,
    pub(super) part: usize,
    pub(super) regex: Option<Regex>,
    pub(super) map: BTreeMap<String, String>,
    pub(super) other: Option<String>,
    pub(super) take: Option<Take>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Picked {
    Path(Path),
    Whole(Box<Whole>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    at: Option<OneOrMany<Path>>,
    value: Option<String>,
    split: Option<String>,
    #[serde(default)]
    part: usize,
    #[serde(default, deserialize_with = "maybe_pattern")]
    regex: Option<Regex>,
    #[serde(default)]
    map: BTreeMap<String, String>,
    #[serde(rename = "else")]
    other: Option<String>,
    take: Option<Take>,
}

impl From<Picked> for Pick {
    fn from(picked: Picked) -> Self {
        let Whole { at, value, split, part, regex, map, other, take } = match picked {
            Picked::Whole(whole) => *whole,
            Picked::Path(path) => Whole {
                at: Some(OneOrMany::One(path)),
                value: None,
                split: None,
                part: 0,
                regex: None,
                map: BTreeMap::new(),
                other: None,
                take: None,
            },
        };
        let at = at.map(OneOrMany::into_vec).unwrap_or_default();
        Self { at, value, split, part, regex, map, other, take }
    }
}

/// A status, or a class of them.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Status {
    Is(u16),
    Class(String),
}

impl Status {
    pub(super) fn holds(&self, status: u16) -> bool {
        match self {
            Self::Is(one) => *one == status,
            Self::Class(class) => {
                let hundred = class.bytes().next().map_or(0, |it| u16::from(it - b'0'));
                status / 100 == hundred
            }
        }
    }
}

/// A place in a body, or a header.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) enum Source {
    Header(String),
    Body(Path),
}

impl TryFrom<String> for Source {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.starts_with('$') {
            true => Path::parse(&text).map(Self::Body),
            false => Ok(Self::Header(text.to_ascii_lowercase())),
        }
    }
}

/// One alone, or a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from)
}

fn span<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parse_span("span", &text(from)?).map_err(D::Error::custom)
}

fn maybe_span<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Duration>, D::Error> {
    span(from).map(Some)
}

fn units<'de, D: Deserializer<'de>>(from: D) -> Result<VendorUnits, D::Error> {
    milli_units(&text(from)?).ok_or_else(|| D::Error::custom("no amount of units"))
}

fn maybe_units<'de, D: Deserializer<'de>>(from: D) -> Result<Option<VendorUnits>, D::Error> {
    units(from).map(Some)
}

fn usd<'de, D: Deserializer<'de>>(from: D) -> Result<morket_core::MicroUsd, D::Error> {
    parse_usd("usd", &format!("{}usd", text(from)?)).map_err(D::Error::custom)
}

fn maybe_pattern<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Regex>, D::Error> {
    words::pattern(&text(from)?).map(Some).map_err(D::Error::custom)
}
