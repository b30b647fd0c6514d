//! Candidates before policies, by hand.

use morket_core::{
    accept::{
        Candidate, CatchAll, EmailPolicy, Ending, Identity,
        Judgement::{self, Accept, LastResort, Reject},
        Policy, Reason, Sure, Verify, final_choice, judge,
    },
    field::{
        EmailStatus::{self, *},
        FieldType,
    },
};

pub(crate) fn address(status: Option<EmailStatus>, verdicts: &[EmailStatus]) -> Candidate<'_> {
    Candidate {
        ty: FieldType::Email,
        identity: Identity::Exact,
        status,
        verdicts,
        rejected_before: 0,
        can_verify: true,
    }
}

fn policy(catch_all: CatchAll, verify: Verify) -> Policy {
    let email = EmailPolicy { catch_all, verify, ..EmailPolicy::default() };
    Policy { email, ..Policy::default() }
}

#[test]
fn an_address_under_the_usual_policy() {
    let rows: [(Option<EmailStatus>, &[EmailStatus], Judgement); 14] = [
        (Some(Valid), &[], Accept),
        (Some(AcceptAll), &[], Judgement::Verify),
        (Some(Guessed), &[], Judgement::Verify),
        (Some(Unverified), &[], Judgement::Verify),
        (Some(Unknown), &[], Judgement::Verify),
        (None, &[], Judgement::Verify),
        (Some(Invalid), &[], Reject(Reason::EmailInvalid)),
        (None, &[Valid], Accept),
        (Some(Valid), &[Invalid], Reject(Reason::EmailInvalid)),
        (Some(Guessed), &[AcceptAll], Reject(Reason::CatchAll)),
        // `unknown` is not invalid: another verifier, or later.
        (None, &[Unknown], Judgement::Verify),
        (None, &[Unknown, Unknown], LastResort(Reason::EmailUnknown)),
        (None, &[Unknown, Valid], Accept),
        (None, &[Valid, Unknown], Accept),
    ];
    for (status, verdicts, expected) in rows {
        let judgement = judge(&address(status, verdicts), &Policy::default());
        assert_eq!(judgement, expected, "{status:?} {verdicts:?}");
    }
}

#[test]
fn whether_to_ask_and_whom_to_believe() {
    let (reject, last, accept) = (CatchAll::Reject, CatchAll::LastResort, CatchAll::Accept);
    let (always, unless, never) = (Verify::Always, Verify::UnlessVendorValid, Verify::Never);
    let not_verified = LastResort(Reason::NotVerified);
    let rows = [
        (always, reject, true, Valid, Judgement::Verify),
        (always, reject, false, Valid, not_verified),
        (always, accept, false, AcceptAll, not_verified),
        (unless, reject, true, Valid, Accept),
        (unless, accept, true, AcceptAll, Judgement::Verify),
        (unless, accept, false, AcceptAll, Accept),
        (unless, last, false, AcceptAll, LastResort(Reason::CatchAll)),
        (unless, reject, false, AcceptAll, Reject(Reason::CatchAll)),
        (unless, reject, false, Guessed, not_verified),
        (never, reject, true, Valid, Accept),
        (never, reject, true, Unverified, not_verified),
        (never, accept, true, AcceptAll, Accept),
        (never, last, true, AcceptAll, LastResort(Reason::CatchAll)),
        (never, reject, true, Unknown, LastResort(Reason::EmailUnknown)),
        (never, reject, true, Invalid, Reject(Reason::EmailInvalid)),
    ];
    for (verify, catch_all, can_verify, status, expected) in rows {
        let candidate = Candidate { can_verify, ..address(Some(status), &[]) };
        let judgement = judge(&candidate, &policy(catch_all, verify));
        assert_eq!(judgement, expected, "{verify:?} {catch_all:?} {can_verify} {status:?}");
    }
}

#[test]
fn an_address_rejected_twice_is_left_alone() {
    let rows: [(u8, &[EmailStatus], Judgement); 5] = [
        (0, &[], Judgement::Verify),
        (1, &[], Judgement::Verify),
        (1, &[Invalid], Reject(Reason::EmailInvalid)),
        (2, &[], Reject(Reason::RejectedBefore)),
        (200, &[], Reject(Reason::RejectedBefore)),
    ];
    for (rejected_before, verdicts, expected) in rows {
        let candidate = Candidate { rejected_before, ..address(Some(Unverified), verdicts) };
        assert_eq!(judge(&candidate, &Policy::default()), expected, "{rejected_before}");
    }
    let valid = Candidate { rejected_before: 2, ..address(Some(Valid), &[]) };
    assert_eq!(judge(&valid, &Policy::default()), Reject(Reason::RejectedBefore));
}

#[test]
fn identity_comes_first_for_every_field() {
    let usual = Policy::default();
    let strict = Policy { identity: vec![Sure::Exact], ..Policy::default() };
    let moved = Policy { changed_company: true, ..Policy::default() };
    let unsure = Reject(Reason::IdentityUnsure);
    let changed = Reject(Reason::ChangedCompany);
    let mismatch = Reject(Reason::IdentityMismatch);
    let rows = [
        (Identity::Exact, [Accept, Accept, Accept]),
        (Identity::Likely, [Accept, unsure, Accept]),
        (Identity::Unverifiable, [Accept, unsure, Accept]),
        (Identity::ChangedCompany, [changed, changed, Accept]),
        (Identity::Mismatch, [mismatch; 3]),
    ];
    for (identity, expected) in rows {
        for ty in FieldType::ALL {
            let candidate = Candidate { ty: *ty, identity, ..address(Some(Valid), &[]) };
            let judged = [&usual, &strict, &moved].map(|policy| judge(&candidate, policy));
            assert_eq!(judged, expected, "{ty:?} {identity:?}");
        }
    }
}

#[test]
fn a_waterfall_ends_with_the_best_it_has() {
    let sure = |percent| Some(percent);
    let (guessed, unverified) = (address(Some(Guessed), &[]), address(Some(Unverified), &[]));
    let all = address(None, &[AcceptAll]);
    let vain = address(None, &[Unknown]);
    let wrong = Candidate { identity: Identity::Mismatch, ..address(Some(Unverified), &[]) };
    let moved = Candidate { identity: Identity::ChangedCompany, ..unverified };
    let likely = Candidate { identity: Identity::Likely, ..unverified };
    let dead = address(None, &[Invalid]);
    let kept = |at, reason| Ending::Kept(at, reason);
    type Row<'a> = (CatchAll, Vec<(Candidate<'a>, Option<u8>)>, Ending);
    let rows: Vec<Row<'_>> = vec![
        (CatchAll::Reject, vec![], Ending::Nothing),
        (CatchAll::Reject, vec![(dead, None), (wrong, sure(99)), (moved, None)], Ending::Nothing),
        (CatchAll::Reject, vec![(wrong, None), (guessed, None)], kept(1, Reason::NotVerified)),
        (CatchAll::Reject, vec![(guessed, None), (all, None)], kept(1, Reason::CatchAll)),
        (CatchAll::LastResort, vec![(guessed, None), (all, None)], Ending::Found(1)),
        (CatchAll::Accept, vec![(unverified, None), (all, None)], Ending::Found(1)),
        (CatchAll::LastResort, vec![(unverified, None)], kept(0, Reason::NotVerified)),
        (CatchAll::Reject, vec![(vain, None), (unverified, None)], kept(1, Reason::NotVerified)),
        (CatchAll::Reject, vec![(guessed, None), (vain, None)], kept(1, Reason::EmailUnknown)),
        (
            CatchAll::Reject,
            vec![(likely, sure(90)), (unverified, sure(10)), (unverified, sure(80))],
            kept(2, Reason::NotVerified),
        ),
        (
            CatchAll::Reject,
            vec![(unverified, None), (unverified, None)],
            kept(0, Reason::NotVerified),
        ),
    ];
    for (catch_all, candidates, expected) in rows {
        let ending = final_choice(&candidates, &policy(catch_all, Verify::UnlessVendorValid));
        assert_eq!(ending, expected, "{catch_all:?} {candidates:?}");
    }
}
