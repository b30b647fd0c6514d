//! The end of a waterfall that accepted nothing: which candidate is kept, and as what.

use super::{Candidate, Identity, Judgement, Policy, Reason, judge};
use crate::field::{EmailStatus, FieldType};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// What a field ends with. The numbers are places in the list of candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// This one is accepted: the cell is found.
    Found(usize),
    /// This one is shown, marked with the reason: the cell is not found.
    Kept(usize, Reason),
    /// None is worth showing.
    Nothing,
}

/// Choose at the end of a waterfall, when no verifier is left to ask.
///
/// A candidate that the policy accepts is found; with `catch_all = "last_resort"` so is the best
/// accept-all one, though only now. Failing that, the best of the others is kept and marked, never
/// found: better status first, then surer identity, then the vendor's confidence, then who came
/// first. Mismatches, former colleagues and invalid addresses are no candidates for that.
///
/// `candidates` are the field's, in the order they came, each with its vendor's confidence.
pub fn final_choice(candidates: &[(Candidate<'_>, Option<u8>)], policy: &Policy) -> Ending {
    let last =
        |candidate: &Candidate<'_>| judge(&Candidate { can_verify: false, ..*candidate }, policy);
    let judged = || candidates.iter().enumerate().map(|(at, (it, sure))| (at, it, *sure, last(it)));
    let best = |wanted: &dyn Fn(Judgement) -> bool| {
        let fitting = judged().filter(|(_, _, _, judgement)| wanted(*judgement));
        fitting.min_by_key(|(at, it, confidence, _)| {
            (status_rank(it), identity_rank(it.identity), Reverse(confidence.unwrap_or(0)), *at)
        })
    };
    if let Some((at, ..)) = best(&|judgement| judgement == Judgement::Accept) {
        return Ending::Found(at);
    }
    let last_resort = |it| it == Judgement::LastResort(Reason::CatchAll);
    if let Some((at, ..)) = best(&last_resort) {
        return Ending::Found(at);
    }
    match best(&|it| kept_as(it).is_some()) {
        Some((at, _, _, judgement)) => {
            kept_as(judgement).map_or(Ending::Nothing, |reason| Ending::Kept(at, reason))
        }
        None => Ending::Nothing,
    }
}

/// The mark of a candidate that is shown though it did not pass.
fn kept_as(judgement: Judgement) -> Option<Reason> {
    match judgement {
        Judgement::LastResort(reason) | Judgement::Reject(reason @ Reason::CatchAll) => {
            Some(reason)
        }
        _ => None,
    }
}

fn status_rank(candidate: &Candidate<'_>) -> u8 {
    if candidate.ty != FieldType::Email {
        return 0;
    }
    match candidate.standing() {
        EmailStatus::Valid => 0,
        EmailStatus::AcceptAll => 1,
        EmailStatus::Unverified => 2,
        EmailStatus::Unknown => 3,
        EmailStatus::Guessed => 4,
        EmailStatus::Invalid => 5,
    }
}

fn identity_rank(identity: Identity) -> u8 {
    match identity {
        Identity::Exact => 0,
        Identity::Likely => 1,
        Identity::Unverifiable => 2,
        Identity::ChangedCompany => 3,
        Identity::Mismatch => 4,
    }
}
