//! Every candidate before every policy.

use crate::judging::address;
use morket_core::{
    accept::{
        Candidate, CatchAll, EmailPolicy, Ending, Identity, Judgement, Policy, Reason, Sure,
        Verify, final_choice, judge,
    },
    field::{EmailStatus, FieldType},
};

const CATCH_ALL: [CatchAll; 3] = [CatchAll::Reject, CatchAll::LastResort, CatchAll::Accept];
const VERIFY: [Verify; 3] = [Verify::Always, Verify::UnlessVendorValid, Verify::Never];
const SURE: [Sure; 3] = [Sure::Exact, Sure::Likely, Sure::Unverifiable];

/// From the strictest to the loosest along each axis: what is accepted, catch-all, verification,
/// tries.
type Axes = [usize; 4];

fn policy([accept, catch_all, verify, tries]: Axes) -> Policy {
    let accept = EmailStatus::ALL.iter().enumerate().filter(|(at, _)| accept & (1 << at) != 0);
    let email = EmailPolicy {
        accept: accept.map(|(_, status)| *status).collect(),
        catch_all: CATCH_ALL[catch_all],
        verify: VERIFY[verify],
        max_verifications: u8::try_from(tries).unwrap(),
    };
    Policy { email, ..Policy::default() }
}

fn policies() -> impl Iterator<Item = Axes> {
    let axes = |accept| (0..27_usize).map(move |rest| [accept, rest / 9, rest / 3 % 3, rest % 3]);
    (0..1 << EmailStatus::ALL.len()).flat_map(axes)
}

/// The policies that are looser by one step.
fn looser(of: Axes) -> impl Iterator<Item = Axes> {
    let [accept, catch_all, verify, tries] = of;
    let status =
        (0..EmailStatus::ALL.len()).map(move |at| [accept | 1 << at, catch_all, verify, tries]);
    let steps = [
        [accept, (catch_all + 1).min(2), verify, tries],
        [accept, catch_all, (verify + 1).min(2), tries],
        [accept, catch_all, verify, (tries + 1).min(2)],
    ];
    status.chain(steps).filter(move |axes| *axes != of)
}

fn verdict_lists() -> Vec<Vec<EmailStatus>> {
    let one = EmailStatus::ALL.iter().map(|status| vec![*status]);
    let two = EmailStatus::ALL.iter().flat_map(|a| EmailStatus::ALL.iter().map(|b| vec![*a, *b]));
    std::iter::once(Vec::new()).chain(one).chain(two).collect()
}

fn candidates(verdicts: &[Vec<EmailStatus>]) -> Vec<Candidate<'_>> {
    let statuses = || std::iter::once(None).chain(EmailStatus::ALL.iter().copied().map(Some));
    let mut all = Vec::new();
    for verdicts in verdicts {
        for status in statuses() {
            for (rejected_before, can_verify) in [(0, true), (0, false), (1, true), (2, true)] {
                let candidate = address(status, verdicts);
                all.push(Candidate { rejected_before, can_verify, ..candidate });
            }
        }
    }
    all
}

#[test]
fn what_is_accepted_was_allowed_and_verified() {
    let verdicts = verdict_lists();
    let candidates = candidates(&verdicts);
    for axes in policies() {
        let policy = policy(axes);
        for candidate in &candidates {
            let at = || format!("{policy:?} {candidate:?}");
            let judgement = judge(candidate, &policy);
            let standing = candidate.standing();
            let catch_all =
                standing == EmailStatus::AcceptAll && policy.email.catch_all == CatchAll::Accept;
            if judgement == Judgement::Accept {
                assert!(policy.email.accept.contains(&standing) || catch_all, "{}", at());
                assert_ne!(standing, EmailStatus::Invalid, "{}", at());
                let unasked = candidate.verdicts.is_empty();
                assert!(!(unasked && policy.email.verify == Verify::Always), "{}", at());
            }
            if judgement == Judgement::Verify {
                let tries = usize::from(candidate.rejected_before) + candidate.verdicts.len();
                assert!(candidate.can_verify, "{}", at());
                assert!(tries < usize::from(policy.email.max_verifications), "{}", at());
                assert_ne!(policy.email.verify, Verify::Never, "{}", at());
            }
            let invalid = judgement == Judgement::Reject(Reason::EmailInvalid);
            assert_eq!(invalid, standing == EmailStatus::Invalid, "{}", at());
            if standing == EmailStatus::Unknown && candidate.rejected_before == 0 {
                assert!(!matches!(judgement, Judgement::Reject(_)), "{}", at());
            }
        }
    }
}

#[test]
fn a_stricter_policy_never_accepts_more() {
    let verdicts = verdict_lists();
    let candidates = candidates(&verdicts);
    for axes in policies() {
        let strict = policy(axes);
        let accepted: Vec<_> =
            candidates.iter().filter(|it| judge(it, &strict) == Judgement::Accept).collect();
        for loose in looser(axes).map(policy) {
            for candidate in &accepted {
                let judgement = judge(candidate, &loose);
                assert_eq!(judgement, Judgement::Accept, "{strict:?} {loose:?} {candidate:?}");
            }
        }
    }
}

#[test]
fn a_stricter_policy_never_finds_more_at_the_end() {
    let verdicts = verdict_lists();
    let candidates = candidates(&verdicts);
    let found = |candidate: &Candidate<'_>, policy: &Policy| {
        matches!(final_choice(&[(*candidate, None)], policy), Ending::Found(0))
    };
    for axes in policies() {
        let strict = policy(axes);
        let kept: Vec<_> = candidates.iter().filter(|it| found(it, &strict)).collect();
        for loose in looser(axes).map(policy) {
            for candidate in &kept {
                assert!(found(candidate, &loose), "{strict:?} {loose:?} {candidate:?}");
            }
        }
    }
}

#[test]
fn identity_is_judged_alike_for_every_type_and_set_of_verdicts() {
    for chosen in 0..1 << SURE.len() {
        for changed_company in [false, true] {
            let named = SURE.iter().enumerate().filter(|(at, _)| chosen & (1 << at) != 0);
            let identity: Vec<Sure> = named.map(|(_, sure)| *sure).collect();
            let policy = Policy { identity, changed_company, ..Policy::default() };
            for identity in Identity::ALL {
                let expected = match identity {
                    Identity::Exact => policy.identity.contains(&Sure::Exact),
                    Identity::Likely => policy.identity.contains(&Sure::Likely),
                    Identity::Unverifiable => policy.identity.contains(&Sure::Unverifiable),
                    Identity::ChangedCompany => changed_company,
                    Identity::Mismatch => false,
                };
                for ty in FieldType::ALL {
                    let found = address(Some(EmailStatus::Valid), &[]);
                    let candidate = Candidate { ty: *ty, identity: *identity, ..found };
                    let accepted = judge(&candidate, &policy) == Judgement::Accept;
                    assert_eq!(accepted, expected, "{policy:?} {candidate:?}");
                    let ending = final_choice(&[(candidate, Some(100))], &policy);
                    assert_eq!(ending == Ending::Found(0), expected, "{policy:?} {candidate:?}");
                }
            }
        }
    }
}

#[test]
fn a_policy_is_read_and_refused_as_data() {
    let rows = [
        ("{}", Some(Policy::default())),
        (r#"{"identity": ["exact"], "mix_groups": true}"#, {
            Some(Policy { identity: vec![Sure::Exact], mix_groups: true, ..Policy::default() })
        }),
        (r#"{"email": {"catch_all": "accept", "verify": "never"}}"#, {
            let (catch_all, verify) = (CatchAll::Accept, Verify::Never);
            let email = EmailPolicy { catch_all, verify, ..EmailPolicy::default() };
            Some(Policy { email, ..Policy::default() })
        }),
        (r#"{"identity": ["mismatch"]}"#, None),
        (r#"{"emial": {}}"#, None),
        (r#"{"email": {"catchall": "accept"}}"#, None),
        (r#"{"email": {"accept": ["deliverable"]}}"#, None),
        (r#"{"email": {"max_verifications": -1}}"#, None),
        // Read, and refused by `validate`.
        (r#"{"identity": []}"#, None),
        (r#"{"email": {"accept": []}}"#, None),
        (r#"{"email": {"accept": ["valid", "invalid"]}}"#, None),
        (r#"{"email": {"max_verifications": 0}}"#, None),
    ];
    for (text, expected) in rows {
        let read: Option<Policy> = serde_json::from_str(text).ok();
        let sound = read.filter(|policy| policy.validate().is_ok());
        assert_eq!(sound, expected, "{text}");
        if let Some(policy) = expected {
            let again = serde_json::to_string(&policy).unwrap();
            assert_eq!(serde_json::from_str::<Policy>(&again).unwrap(), policy, "{text}");
        }
    }
}

#[test]
fn every_reason_has_a_code_of_its_own_and_is_stored_by_it() {
    let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    for reason in Reason::ALL {
        assert_eq!(serde_json::to_value(reason).unwrap(), reason.code());
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), Reason::ALL.len());
}
