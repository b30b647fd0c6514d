//! One candidate before one policy.

use super::{CatchAll, Identity, Policy, Reason, Verify};
use crate::field::{EmailStatus, FieldType};
use serde::{Deserialize, Serialize};

/// What a candidate's fate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgement {
    /// Take it; the field is done.
    Accept,
    /// Ask a verifier, then judge again.
    Verify,
    /// Go on; it may be looked at again when nothing better has come.
    LastResort(Reason),
    /// Go on; it stays as a loser.
    Reject(Reason),
}

/// A clean value of one answer, and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<'a> {
    /// The type of its field.
    pub ty: FieldType,
    /// Whether the answer is about the right one.
    pub identity: Identity,
    /// What the vendor who found it says of it; addresses only.
    pub status: Option<EmailStatus>,
    /// What verifiers have said of it since, in order.
    pub verdicts: &'a [EmailStatus],
    /// How often the same address was rejected as an earlier candidate of this field.
    pub rejected_before: u8,
    /// Whether a verifier is left that has not been asked about it.
    pub can_verify: bool,
}

impl Candidate<'_> {
    /// What is known by now: the last verdict that decides, else that somebody looked in vain, else
    /// what the finder says.
    ///
    /// ```
    /// use morket_core::{accept::{Candidate, Identity}, field::{EmailStatus::*, FieldType}};
    ///
    /// let found = Candidate {
    ///     ty: FieldType::Email,
    ///     identity: Identity::Exact,
    ///     status: Some(Guessed),
    ///     verdicts: &[Unknown, AcceptAll],
    ///     rejected_before: 0,
    ///     can_verify: false,
    /// };
    /// assert_eq!(found.standing(), AcceptAll);
    /// ```
    pub fn standing(&self) -> EmailStatus {
        match self.decided() {
            Some(status) => status,
            None if self.verdicts.is_empty() => self.status.unwrap_or(EmailStatus::Unverified),
            None => EmailStatus::Unknown,
        }
    }

    fn decided(&self) -> Option<EmailStatus> {
        use EmailStatus::{AcceptAll, Invalid, Valid};
        self.verdicts.iter().rev().find(|it| matches!(it, Valid | AcceptAll | Invalid)).copied()
    }

    fn tries(&self) -> usize {
        usize::from(self.rejected_before) + self.verdicts.len()
    }
}

/// Judge a candidate. Every combination has a judgement, and a stricter policy never accepts more.
///
/// Addresses, by the status that [stands](Candidate::standing), after identity:
///
/// | status | |
/// |---|---|
/// | invalid | reject |
/// | any, and the policy wants a verdict that is not there | verify, while that is possible |
/// | accepted by the policy | accept |
/// | accept-all | as `catch_all` says |
/// | anything else, `unknown` too | last resort |
pub fn judge(candidate: &Candidate<'_>, policy: &Policy) -> Judgement {
    match candidate.identity {
        Identity::Mismatch => Judgement::Reject(Reason::IdentityMismatch),
        Identity::ChangedCompany if !policy.changed_company => {
            Judgement::Reject(Reason::ChangedCompany)
        }
        identity if !policy.allows(identity) => Judgement::Reject(Reason::IdentityUnsure),
        _ if candidate.ty == FieldType::Email => judge_address(candidate, policy),
        _ => Judgement::Accept,
    }
}

fn judge_address(candidate: &Candidate<'_>, policy: &Policy) -> Judgement {
    let email = &policy.email;
    let status = candidate.standing();
    if status == EmailStatus::Invalid {
        return Judgement::Reject(Reason::EmailInvalid);
    }
    let most = usize::from(email.max_verifications);
    let given_up = candidate.rejected_before > 0 && usize::from(candidate.rejected_before) >= most;
    if candidate.verdicts.is_empty() && given_up {
        return Judgement::Reject(Reason::RejectedBefore);
    }
    let wanted = candidate.decided().is_none()
        && match email.verify {
            Verify::Always => true,
            // Where nobody can be asked, the finder's word counts for what it is.
            Verify::UnlessVendorValid => status != EmailStatus::Valid && candidate.can_verify,
            Verify::Never => false,
        };
    if wanted && candidate.can_verify && candidate.tries() < most {
        return Judgement::Verify;
    }
    if !wanted && email.accept.contains(&status) {
        return Judgement::Accept;
    }
    match (status, email.catch_all) {
        (EmailStatus::AcceptAll, CatchAll::Reject) => Judgement::Reject(Reason::CatchAll),
        (EmailStatus::AcceptAll, CatchAll::Accept) if !wanted => Judgement::Accept,
        (EmailStatus::AcceptAll, CatchAll::LastResort) if !wanted => {
            Judgement::LastResort(Reason::CatchAll)
        }
        (EmailStatus::Unknown, _) => Judgement::LastResort(Reason::EmailUnknown),
        (EmailStatus::Valid, _) if !wanted => Judgement::LastResort(Reason::StatusNotAccepted),
        _ => Judgement::LastResort(Reason::NotVerified),
    }
}
