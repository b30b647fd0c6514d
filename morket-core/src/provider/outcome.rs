//! What a vendor's answer can be. A closed list: whatever a vendor says becomes one of these.

use crate::{VendorUnits, name::FieldName};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// What came of a call for one record.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// At least one value.
    Answer(Answer),
    /// The vendor knows nothing.
    Miss,
    /// The vendor works on it.
    Pending {
        /// The task to ask about; `None` on a later poll, when it is the same one.
        task: Option<String>,
        /// When to ask again.
        after: Duration,
    },
    /// The vendor refuses what it was asked with.
    InvalidInput,
    /// The key is bad, expired or lacks a scope.
    AuthFailed,
    /// The account's plan does not hold this operation.
    PlanLacks,
    /// The account is empty.
    OutOfCredits,
    /// Throttled: not an attempt, and never billed.
    RateLimited {
        /// How long the vendor asks to wait.
        retry_after: Option<Duration>,
    },
    /// The person objected; the vendor must not answer.
    LegalBlock,
    /// It failed, and was surely not billed.
    Transient,
    /// It may have been served and billed; nobody knows.
    Unknown,
}

/// [`Outcome`] without what it carries, for tables and counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    /// See [`Outcome::Answer`].
    Answer,
    /// See [`Outcome::Miss`].
    Miss,
    /// See [`Outcome::Pending`].
    Pending,
    /// See [`Outcome::InvalidInput`].
    InvalidInput,
    /// See [`Outcome::AuthFailed`].
    AuthFailed,
    /// See [`Outcome::PlanLacks`].
    PlanLacks,
    /// See [`Outcome::OutOfCredits`].
    OutOfCredits,
    /// See [`Outcome::RateLimited`].
    RateLimited,
    /// See [`Outcome::LegalBlock`].
    LegalBlock,
    /// See [`Outcome::Transient`].
    Transient,
    /// See [`Outcome::Unknown`].
    Unknown,
}

impl OutcomeKind {
    /// Every one of them.
    pub const ALL: &'static [Self] = &[
        Self::Answer,
        Self::Miss,
        Self::Pending,
        Self::InvalidInput,
        Self::AuthFailed,
        Self::PlanLacks,
        Self::OutOfCredits,
        Self::RateLimited,
        Self::LegalBlock,
        Self::Transient,
        Self::Unknown,
    ];
}

impl OutcomeKind {
    /// Whether a call that came to this was surely not billed, so that it may be sent again.
    pub const fn is_unbilled(self) -> bool {
        matches!(
            self,
            Self::RateLimited
                | Self::Transient
                | Self::AuthFailed
                | Self::PlanLacks
                | Self::OutOfCredits
        )
    }
}

impl Outcome {
    /// Which one it is.
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Answer(_) => OutcomeKind::Answer,
            Self::Miss => OutcomeKind::Miss,
            Self::Pending { .. } => OutcomeKind::Pending,
            Self::InvalidInput => OutcomeKind::InvalidInput,
            Self::AuthFailed => OutcomeKind::AuthFailed,
            Self::PlanLacks => OutcomeKind::PlanLacks,
            Self::OutOfCredits => OutcomeKind::OutOfCredits,
            Self::RateLimited { .. } => OutcomeKind::RateLimited,
            Self::LegalBlock => OutcomeKind::LegalBlock,
            Self::Transient => OutcomeKind::Transient,
            Self::Unknown => OutcomeKind::Unknown,
        }
    }
}

/// Values a vendor returned for one record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Fields and their values, as the vendor gave them; only declared outputs count.
    pub values: Vec<(FieldName, Value)>,
    /// The vendor's own confidence, in percent.
    pub confidence: Option<u8>,
    /// Whom or what the vendor says it is about, so that a wrong person is found out.
    pub identity: Returned,
    /// Fields the vendor says it has and does not show on this plan: what an upgrade would bring.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withheld: Vec<FieldName>,
}

impl Answer {
    /// The value of a field.
    pub fn get(&self, field: &FieldName) -> Option<&Value> {
        self.values.iter().find(|(name, _)| name == field).map(|(_, value)| value)
    }
}

/// Whom an answer is about, in the vendor's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// A person's name.
    pub full_name: Option<String>,
    /// Where the person works, or the company itself.
    pub company_domain: Option<String>,
    /// The company's name.
    pub company_name: Option<String>,
    /// The profile's address.
    pub linkedin_url: Option<String>,
    /// An address of the person.
    pub email: Option<String>,
    /// The country in which the company sits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_country: Option<String>,
}

/// What an adapter read from one HTTP answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// What it says of the records asked about.
    pub verdicts: Verdicts,
    /// What the vendor says it billed for the whole call, where it says so.
    pub billed: Option<VendorUnits>,
    /// What its headers tell about limits.
    pub limits: Vec<LimitHint>,
}

/// One outcome for all, or one each.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdicts {
    /// The whole call came to this.
    All(Outcome),
    /// Each record came to its own, in the order asked.
    Each(Vec<Outcome>),
}

impl From<Outcome> for Parsed {
    fn from(outcome: Outcome) -> Self {
        Self { verdicts: Verdicts::All(outcome), billed: None, limits: Vec::new() }
    }
}

/// What a header tells about one of the vendor's windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitHint {
    /// The window's length.
    pub per: Duration,
    /// How many calls it holds, if told.
    pub max: Option<u32>,
    /// How many are left in it.
    pub left: Option<u32>,
    /// When it begins anew.
    pub resets_in: Option<Duration>,
}
