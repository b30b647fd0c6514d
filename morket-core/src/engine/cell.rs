//! One field of one record on its way down the waterfall. Pure: what happens next is a function of
//! what happened so far.

use crate::{
    CallId, JobId, Timestamp,
    accept::Identity,
    field::EmailStatus,
    job::CellStatus,
    name::ProviderSlug,
    plan::{Chain, OpIx},
    provider::Answer,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A value that was returned for a cell, and what was made of it. Candidates that lost stay with
/// the cell, so that `why` can tell and a changed policy can judge again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The value, clean.
    pub value: Value,
    /// Who returned it.
    pub provider: ProviderSlug,
    /// By which operation.
    pub operation: String,
    /// In which call, this job's or an earlier one's.
    pub call: CallId,
    /// Whether it was not paid for here: from the cache, or from a twin's call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub free: bool,
    /// Whether it answers another question about the same person or company.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub akin: bool,
    /// Whether the base of the job has found it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sample: bool,
    /// When it was fetched.
    pub fetched_at: Timestamp,
    /// The vendor's own confidence, in percent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<u8>,
    /// The vendor's own word on an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<EmailStatus>,
    /// Whom the answer was about.
    pub identity: Identity,
    /// What was made of it.
    pub fate: Fate,
    /// What verifiers said, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verified: Vec<Verified>,
}

/// The name that stands where a provider's would for values of the user's own.
const INPUT: &str = "input";

impl Candidate {
    /// A value of the user's own.
    pub(super) fn input(value: Value, at: Timestamp) -> Self {
        Self {
            value,
            provider: ProviderSlug::new(INPUT).expect("it is a slug"),
            operation: String::new(),
            call: CallId(uuid::Uuid::nil()),
            free: true,
            akin: false,
            sample: false,
            fetched_at: at,
            confidence: None,
            status: None,
            identity: Identity::Exact,
            fate: Fate::Open,
            verified: Vec::new(),
        }
    }

    /// What verifiers said.
    pub(super) fn verdicts(&self) -> Vec<EmailStatus> {
        self.verified.iter().map(|it| it.status).collect()
    }

    /// Whether it is a value of the user's own.
    pub fn is_input(&self) -> bool {
        self.operation.is_empty()
    }
}

/// What a verifier said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Who.
    pub by: ProviderSlug,
    /// What.
    pub status: EmailStatus,
    /// In which call.
    pub call: CallId,
}

/// What was made of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// A verifier is to be asked.
    Open,
    /// It is taken if nothing better comes.
    LastResort(String),
    /// It was taken.
    Accepted,
    /// It was not, and why.
    Rejected(String),
}

/// What the store keeps of a cell beside its value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// Every value that was returned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<Candidate>,
    /// Steps that were not tried, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untried: Vec<(ProviderSlug, String)>,
    /// The row whose answer this is, for a twin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub same_as_row: Option<u32>,
    /// The job's base, where what is here was taken over from it, all or in part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<JobId>,
    /// Answers that were bought for other fields of the record, and may be what this one comes to,
    /// as long as it is open.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bought: Vec<Bought>,
    /// Questions of another batch that it waits for, as long as it is open: if nobody ever knows
    /// what they came to, they are not asked again here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awaited: Vec<Awaited>,
}

/// A question that another batch has asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// What its answer is kept under, in hexadecimal digits.
    pub key: String,
    /// The call.
    pub call: CallId,
}

impl Detail {
    /// What was taken.
    pub fn accepted(&self) -> Option<&Candidate> {
        self.candidates.iter().find(|it| it.fate == Fate::Accepted)
    }
}

/// An answer that a record paid for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bought {
    /// From whom.
    pub provider: ProviderSlug,
    /// By which operation.
    pub operation: String,
    /// In which call.
    pub call: CallId,
    /// When.
    pub at: Timestamp,
    /// What was said; nothing if that may not be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

/// What a cell needs next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Ask this operation.
    Ask(OpIx),
    /// Have this candidate verified.
    Verify(usize),
    /// Nothing is left to try.
    Decide,
}

/// What a cell is waiting for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Busy {
    /// Nothing.
    Idle,
    /// An ask, by its number.
    Asking(usize),
}

/// One field of one record.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// Which chain positions are behind it.
    pub(super) done: u64,
    pub(super) busy: Busy,
    pub(super) detail: Detail,
    pub(super) missed: bool,
    pub(super) failure: Option<&'static str>,
    pub(super) skip: Option<String>,
    pub(super) verifications: u16,
    pub(super) ended: Option<CellStatus>,
}

impl Cell {
    pub(super) fn new() -> Self {
        Self {
            done: 0,
            busy: Busy::Idle,
            detail: Detail::default(),
            missed: false,
            failure: None,
            skip: None,
            verifications: 0,
            ended: None,
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.is_open() && self.busy == Busy::Idle
    }

    /// What comes next. A candidate that waits for its verifier comes before the next provider.
    pub(super) fn turn(&self, chain: &Chain) -> Turn {
        let open = |it: &Candidate| it.fate == Fate::Open;
        if let Some(at) = self.detail.candidates.iter().position(open) {
            return Turn::Verify(at);
        }
        let next = chain.steps.iter().enumerate().find(|(at, _)| self.done & (1 << at) == 0);
        next.map_or(Turn::Decide, |(_, op)| Turn::Ask(*op))
    }

    /// This operation is behind it.
    pub(super) fn pass(&mut self, chain: &Chain, op: OpIx) {
        if let Some(at) = chain.steps.iter().position(|it| *it == op) {
            self.done |= 1 << at;
        }
    }

    /// This operation is not behind it yet.
    pub(super) fn is_ahead(&self, chain: &Chain, op: OpIx) -> bool {
        let at = chain.steps.iter().position(|it| *it == op);
        at.is_some_and(|at| self.done & (1 << at) == 0)
    }

    /// A step was not tried.
    pub(super) fn skipped(&mut self, provider: &ProviderSlug, reason: String) {
        self.detail.untried.push((provider.clone(), reason.clone()));
        self.skip.get_or_insert(reason);
    }

    /// How it ends when nothing is left to try and nothing was accepted.
    pub(super) fn verdict(&self) -> (CellStatus, Option<String>) {
        if let Some(failure) = self.failure {
            return (CellStatus::Failed, Some(failure.to_owned()));
        }
        // Where nobody is left out, a value of the user's own was judged and did not pass.
        let judged = self.skip.is_none() && !self.detail.candidates.is_empty();
        if self.missed || judged {
            let lost = self.detail.candidates.iter().rev().find_map(|it| match &it.fate {
                Fate::Rejected(reason) | Fate::LastResort(reason) => Some(reason.clone()),
                Fate::Open | Fate::Accepted => None,
            });
            return (CellStatus::NoResult, lost);
        }
        (CellStatus::Skipped, self.skip.clone())
    }
}
