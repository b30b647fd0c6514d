//! What a vendor's refusals look like.

use crate::kit::says;
use morket_core::provider::Outcome;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;

/// When an answer is something else than its status says. All conditions that are given must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The status is this.
    #[serde(default)]
    pub status: Option<u16>,
    /// Where in the body the others look; the whole of it unless given.
    #[serde(default)]
    pub at: Option<String>,
    /// This stands there.
    #[serde(default)]
    pub is: Option<Value>,
    /// A text there holds one of these; case does not count.
    #[serde(default)]
    pub says: Vec<String>,
    /// There is nothing, or null, or what is empty.
    #[serde(default)]
    pub absent: bool,
    /// What it comes to.
    pub then: Then,
}

/// What an answer can come to by a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// The vendor knows nothing.
    Miss,
    /// The vendor refuses what it was asked with.
    InvalidInput,
    /// The key is bad.
    AuthFailed,
    /// The plan does not hold this.
    PlanLacks,
    /// The account is empty.
    OutOfCredits,
    /// Throttled.
    RateLimited,
    /// The person objected.
    LegalBlock,
    /// It failed, and was surely not billed.
    Transient,
    /// It may have been billed; nobody knows.
    #[default]
    Unknown,
}

impl Rule {
    /// Whether it would hold of everything.
    pub(super) fn says_nothing(&self) -> bool {
        let of_body = self.is.is_some() || !self.says.is_empty() || self.absent;
        self.status.is_none() && !of_body
    }

    pub(super) fn holds(&self, status: u16, body: &Value) -> bool {
        let there = body.pointer(self.at.as_deref().unwrap_or_default()).unwrap_or(&Value::Null);
        let words: Vec<_> = self.says.iter().map(|word| word.to_lowercase()).collect();
        let words: Vec<_> = words.iter().map(String::as_str).collect();
        self.status.is_none_or(|it| it == status)
            && self.is.as_ref().is_none_or(|it| it == there)
            && (words.is_empty() || says(there, &words))
            // Of a body that cannot be read nobody can say what is not in it.
            && (!self.absent || (!body.is_null() && is_empty(there)))
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

impl Then {
    pub(super) fn outcome(self, retry_after: Option<Duration>) -> Outcome {
        match self {
            Self::Miss => Outcome::Miss,
            Self::InvalidInput => Outcome::InvalidInput,
            Self::AuthFailed => Outcome::AuthFailed,
            Self::PlanLacks => Outcome::PlanLacks,
            Self::OutOfCredits => Outcome::OutOfCredits,
            Self::RateLimited => Outcome::RateLimited { retry_after },
            Self::LegalBlock => Outcome::LegalBlock,
            Self::Transient => Outcome::Transient,
            Self::Unknown => Outcome::Unknown,
        }
    }
}
