//! What a user says of a vendor. Every part is plain data, so that any file format can carry it.

use super::{Rule, Template};
use crate::kit::{Take, paid};
use morket_core::{
    Credits, Error, Result,
    field::Kind,
    http::Method,
    name::{FieldName, ProviderSlug},
    provider::{Billing, Manifest, Operation, Window},
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A vendor.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The name plans use.
    pub slug: ProviderSlug,
    /// The name people read.
    pub name: String,
    /// Scheme, host and common path, no slash at the end.
    pub base_url: String,
    /// Where the key goes.
    #[serde(default)]
    pub auth: Auth,
    /// When all this was looked up, `YYYY-MM-DD`.
    pub as_of: String,
    /// What can be asked.
    pub operations: Vec<Endpoint>,
}

/// Where the key goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// There is none.
    #[default]
    None,
    /// `authorization: Bearer …`.
    Bearer,
    /// A header of this name.
    Header(String),
    /// A parameter of this name.
    Query(String),
}

/// An endpoint.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// Its name within the provider.
    pub name: String,
    /// What it is about.
    pub kind: Kind,
    /// Alternatives of what it needs.
    pub inputs: Vec<Vec<FieldName>>,
    /// What it takes besides, when it is known.
    #[serde(default)]
    pub optional: Vec<FieldName>,
    /// For a verifier: the field it judges.
    #[serde(default)]
    pub verifies: Option<FieldName>,
    /// How it is asked.
    #[serde(default)]
    pub method: Verb,
    /// The path below the base URL, with `{field}` where a value goes.
    pub path: Template,
    /// Parameters. One that names an unknown field is left out.
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
    /// Further headers, as they are.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// A JSON body. A text in it that names an unknown field is left out.
    #[serde(default)]
    pub body: Option<Value>,
    /// Where each field stands in an answer.
    pub outputs: BTreeMap<FieldName, Output>,
    /// Without this field there is no answer, whatever else was found.
    #[serde(default)]
    pub only_with: Option<FieldName>,
    /// Where the vendor's own confidence stands, in percent.
    #[serde(default)]
    pub confidence: Option<String>,
    /// What is read before the status.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What the vendor bills, in thousandths of its unit; absent is free.
    #[serde(default)]
    pub billing: Billing,
    /// Whether an error of the server is surely not billed. Not, unless the vendor says so.
    #[serde(default)]
    pub unbilled_errors: bool,
    /// Whether the vendor bills the same question once, so that it may be repeated.
    #[serde(default)]
    pub retry_on_ambiguous: bool,
    /// How often it may be called.
    #[serde(default)]
    pub windows: Vec<Window>,
}

/// How an endpoint is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// Read.
    #[default]
    Get,
    /// Submit.
    Post,
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::Get,
            Verb::Post => Self::Post,
        }
    }
}

/// Where a field stands in an answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Output {
    /// JSON pointers, of which the first with a value counts.
    pub at: Vec<String>,
    /// What the field wants.
    #[serde(default = "any_text")]
    pub take: Take,
    /// The vendor's words and what they mean, `{"deliverable": "valid"}`; numbers and booleans as
    /// JSON writes them. A word that is not here is no value, or `unknown` for `email_status`.
    #[serde(default)]
    pub words: BTreeMap<String, String>,
}

fn any_text() -> Take {
    Take::Text
}

impl Config {
    pub(super) fn manifest(&self) -> Manifest {
        Manifest {
            slug: self.slug.clone(),
            name: self.name.clone(),
            base_url: self.base_url.clone(),
            keyed: self.auth != Auth::None,
            unit: "credit".to_owned(),
            prices: Vec::new(),
            as_of: self.as_of.clone(),
            operations: self.operations.iter().map(Endpoint::operation).collect(),
        }
    }

    pub(super) fn validate(&self) -> Result<()> {
        if let Auth::Header(name) | Auth::Query(name) = &self.auth
            && !is_name(name)
        {
            return wrong("auth", "must be a name of letters, digits, `-` and `_`");
        }
        self.operations.iter().try_for_each(|endpoint| {
            endpoint.validate().map_err(|error| error.with("operation", &endpoint.name))
        })
    }
}

impl Endpoint {
    fn operation(&self) -> Operation {
        let worst = self.billing.worst();
        let free = worst == morket_core::VendorUnits::ZERO;
        Operation {
            inputs: self.inputs.clone(),
            optional: self.optional.clone(),
            outputs: self.outputs.keys().cloned().collect(),
            verifies: self.verifies.clone(),
            free,
            billing: self.billing,
            credits: Some(Credits(worst.0)),
            windows: self.windows.clone(),
            retry_on_ambiguous: free || self.retry_on_ambiguous,
            ..paid(&self.name, self.kind, worst)
        }
    }

    fn validate(&self) -> Result<()> {
        let always = |name: &str| {
            self.inputs.iter().all(|needed| needed.iter().any(|it| it.as_str() == name))
        };
        if !self.path.is_path() || !self.path.fields().all(always) {
            return wrong("path", "must begin with `/`, and name only what every input set holds");
        }
        let of_inputs = self.inputs.iter().flatten().chain(&self.optional);
        let known: Vec<&str> = of_inputs.map(FieldName::as_str).collect();
        let bodies = self.body.iter().flat_map(super::template::fields_of);
        let named = self.query.values().flat_map(Template::fields).map(str::to_owned);
        if !named.chain(bodies).all(|name| known.contains(&name.as_str())) {
            return wrong("query, body", "must name only inputs");
        }
        let clean = |text: &str| !text.contains(|c: char| c.is_control());
        if !self.headers.iter().all(|(name, value)| is_name(name) && clean(value)) {
            return wrong("headers", "must be names and texts of one line");
        }
        let pointers = self.outputs.values().flat_map(|output| &output.at);
        let pointers = pointers.chain(&self.confidence);
        let pointers = pointers.chain(self.rules.iter().filter_map(|rule| rule.at.as_ref()));
        if !pointers.into_iter().all(|it| it.is_empty() || it.starts_with('/')) {
            return wrong("at", "must be JSON pointers: empty, or beginning with `/`");
        }
        if self.rules.iter().any(Rule::says_nothing) {
            return wrong("rules", "each must say when it holds");
        }
        if self.only_with.as_ref().is_some_and(|it| !self.outputs.contains_key(it)) {
            return wrong("only_with", "must be one of the outputs");
        }
        Ok(())
    }
}

fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.bytes().all(allowed)
}

fn wrong(field: &str, problem: &str) -> Result<()> {
    Err(Error::invalid("provider.describe", field, problem))
}
