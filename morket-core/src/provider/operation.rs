//! One endpoint of a vendor, as data: what it needs, gives, costs and allows.

use crate::{Credits, Error, Result, VendorUnits, field::Kind, name::FieldName};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// An endpoint of a vendor.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// Its name within the provider, e.g. `email_finder`.
    pub name: String,
    /// Raised when a change makes older stored answers useless.
    pub version: u32,
    /// What it is about.
    pub kind: Kind,
    /// Alternatives of what it needs: any one of them suffices, the first that fits is used.
    pub inputs: Vec<Vec<FieldName>>,
    /// What it takes besides, when it is known.
    pub optional: Vec<FieldName>,
    /// The fields it can give.
    pub outputs: Vec<FieldName>,
    /// For a verifier: the field whose value it judges. Its output is `<field>_status`.
    pub verifies: Option<FieldName>,
    /// It never costs anything.
    pub free: bool,
    /// What the vendor bills, in its milli-units.
    pub billing: Billing,
    /// What a tenant is charged per record, where neither workspace nor server says otherwise.
    pub credits: Option<Credits>,
    /// How often it may be called.
    pub windows: Vec<Window>,
    /// How many records one call may hold; 1 is no bulk.
    pub bulk: u32,
    /// Whether the answer comes at once.
    pub shape: Shape,
    /// Whether asking again after a lost answer is free: the vendor serves the same hit once.
    pub retry_on_ambiguous: bool,
    /// How long a miss is believed.
    pub miss_ttl: Duration,
    /// How long the vendor's terms let an answer be kept; zero is not at all.
    pub retention: Option<Duration>,
}

/// What a vendor bills per record, by what came of it, in its milli-units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    /// For an answer.
    pub answer: VendorUnits,
    /// For a miss.
    pub miss: VendorUnits,
}

impl Billing {
    /// An answer costs this, a miss nothing.
    pub const fn per_answer(units: VendorUnits) -> Self {
        Self { answer: units, miss: VendorUnits::ZERO }
    }

    /// The worst a record can cost.
    pub fn worst(&self) -> VendorUnits {
        self.answer.max(self.miss)
    }
}

/// A limit: so many calls in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    /// How many calls.
    pub max: u32,
    /// In how long.
    pub per: Duration,
    /// Who shares it.
    pub scope: LimitScope,
}

/// Who shares a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitScope {
    /// All calls of one key.
    Credential,
    /// The calls of one key to this operation.
    Endpoint,
}

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// With the call.
    Sync,
    /// By asking again about a task.
    Poll {
        /// How long after submitting the first poll makes sense.
        first: Duration,
        /// How long between polls, unless the answer says otherwise.
        every: Duration,
        /// When to give up.
        deadline: Duration,
        /// What it comes to when the vendor still works on it then.
        unfinished: Unfinished,
    },
}

/// What a task comes to that its vendor has not finished at the deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unfinished {
    /// Nobody knows, and it may be billed yet.
    #[default]
    Unknown,
    /// The vendor had nothing at hand, found nothing, and bills nothing.
    Miss,
}

impl Operation {
    /// How long a miss is believed where a vendor says nothing: people change jobs, not every week.
    const MISS_TTL: Duration = Duration::from_secs(14 * 24 * 3600);

    /// An operation that asks about one record a call and answers with the call. What it needs,
    /// what it tells and what it costs are missing.
    ///
    /// ```
    /// use morket_core::{VendorUnits, field::Kind, provider::{Billing, Operation}};
    ///
    /// let title = Operation {
    ///     inputs: vec![vec!["email".parse()?]],
    ///     outputs: vec!["title".parse()?],
    ///     billing: Billing::per_answer(VendorUnits::whole(1)),
    ///     ..Operation::new("title_of", Kind::Person)
    /// };
    /// assert!(title.validate().is_ok());
    /// # Ok::<(), morket_core::Error>(())
    /// ```
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            version: 1,
            kind,
            inputs: Vec::new(),
            optional: Vec::new(),
            outputs: Vec::new(),
            verifies: None,
            free: false,
            billing: Billing::default(),
            credits: None,
            windows: Vec::new(),
            bulk: 1,
            shape: Shape::Sync,
            retry_on_ambiguous: false,
            miss_ttl: Self::MISS_TTL,
            retention: None,
        }
    }

    /// The inputs it would use of what is known: the first alternative that `knows` all of.
    pub fn alternative(&self, knows: impl Fn(&FieldName) -> bool) -> Option<&[FieldName]> {
        self.inputs.iter().find(|needed| needed.iter().all(&knows)).map(Vec::as_slice)
    }

    /// Refuse what could not be run or charged.
    pub fn validate(&self) -> Result<()> {
        let wrong = |field: &str, problem: &str| {
            Err(Error::invalid("provider.register", field, problem).with("operation", &self.name))
        };
        let named = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
        if self.name.is_empty() || self.name.len() > 64 || !self.name.bytes().all(named) {
            return wrong("operation.name", "must be 1 to 64 of a-z, 0-9 and _");
        }
        if self.inputs.is_empty() || self.inputs.iter().any(Vec::is_empty) {
            return wrong("operation.inputs", "needs at least one alternative with one field");
        }
        if self.outputs.is_empty() {
            return wrong("operation.outputs", "needs at least one field");
        }
        if self.bulk == 0 {
            return wrong("operation.bulk", "must be at least 1");
        }
        let negative = self.billing.answer.0 < 0 || self.billing.miss.0 < 0;
        if negative || (!self.free && self.billing.worst() == VendorUnits::ZERO) {
            return wrong("operation.billing", "must be above zero unless it is declared free");
        }
        if self.free && self.billing.worst() != VendorUnits::ZERO {
            return wrong("operation.billing", "must be zero for a free operation");
        }
        if self.credits.is_some_and(|it| it < Credits::ZERO || (it == Credits::ZERO && !self.free))
        {
            return wrong("operation.credits", "must be above zero unless it is declared free");
        }
        if self.windows.iter().any(|it| it.max == 0 || it.per.is_zero()) {
            return wrong("operation.windows", "must allow at least one call in some time");
        }
        if let Shape::Poll { first, deadline, .. } = self.shape
            && deadline <= first
        {
            return wrong("operation.poll.deadline", "must be later than the first poll");
        }
        Ok(())
    }
}
