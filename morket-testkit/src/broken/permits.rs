//! Job stores that let more through than a vendor's rate, or keep it from those who wait.

use super::{
    Broken,
    defect::{Defect, Right, through},
};
use async_trait::async_trait;
use morket_core::{
    Result,
    job::{PermitClaim, Permits},
};

const WALK: Option<&str> = Some("no_window_is_ever_exceeded");

pub(super) const SHELF: &[Broken] = &[
    Broken {
        name: "what others were given is not looked at",
        must_fail: "what_others_were_given_counts",
        walk: None,
        wrap: |subject| through(subject, Changed(forgets_others)),
    },
    Broken {
        name: "a slice counts no longer than it lasts",
        must_fail: "a_slice_counts_until_its_window_has_passed",
        walk: None,
        wrap: |subject| through(subject, Changed(forgets_windows)),
    },
    Broken {
        name: "what was used is free when it is told of",
        must_fail: "what_was_used_counts_from_when_it_was",
        walk: WALK,
        wrap: |subject| through(subject, Changed(forgets_what_was_used)),
    },
    Broken {
        name: "of several limits the last is kept",
        must_fail: "every_limit_of_a_claim_is_kept",
        walk: None,
        wrap: |subject| through(subject, Changed(keeps_one_limit)),
    },
    Broken {
        name: "of several windows the first is kept",
        must_fail: "every_window_of_a_limit_is_kept",
        walk: WALK,
        wrap: |subject| through(subject, Changed(keeps_one_window)),
    },
    Broken {
        name: "all keys have one window",
        must_fail: "keys_do_not_share",
        walk: None,
        wrap: |subject| through(subject, Changed(mixes_keys)),
    },
    Broken {
        name: "whoever comes first takes everything again",
        must_fail: "whoever_waits_gets_a_share",
        walk: None,
        wrap: |subject| through(subject, Changed(shares_nothing)),
    },
    Broken {
        name: "a vendor is left alone only by who heard it",
        must_fail: "a_vendor_that_wants_to_be_left_alone_is_by_all",
        walk: None,
        wrap: |subject| through(subject, Changed(keeps_it_to_itself)),
    },
    Broken {
        name: "what a vendor told counts for who heard it",
        must_fail: "what_a_vendor_told_counts_for_all",
        walk: None,
        wrap: |subject| through(subject, Changed(forgets_what_was_told)),
    },
];

/// A store that understands a claim in another way.
struct Changed(fn(&mut PermitClaim));

#[async_trait]
impl Defect for Changed {
    async fn claim_permits(&self, right: &Right, mut claim: PermitClaim) -> Result<Permits> {
        // What is wrong with a claim the right store says.
        if claim.validate().is_ok() {
            (self.0)(&mut claim);
        }
        right.store.claim_permits(claim).await
    }
}

/// Where only one is wanted it seems not worth the while.
fn forgets_others(claim: &mut PermitClaim) {
    if claim.want == 1 && claim.limits.len() == 1 {
        claim.limits[0].key[0] ^= 128 | u8::try_from(claim.holder).unwrap_or(0);
    }
}

/// From a holder's third claim on.
fn forgets_windows(claim: &mut PermitClaim) {
    let alone = claim.limits.len() == 1 && claim.limits[0].rates.len() == 1;
    if alone && claim.returned.is_empty() && claim.slice >= 3 && claim.want == 5 {
        claim.limits[0].rates[0].per = claim.span;
    }
}

fn forgets_what_was_used(claim: &mut PermitClaim) {
    for told in &mut claim.returned {
        told.used = 0;
    }
}

fn keeps_it_to_itself(claim: &mut PermitClaim) {
    claim.cool = None;
}

/// Whoever heard it asks as if it were so; the others know nothing of it.
fn forgets_what_was_told(claim: &mut PermitClaim) {
    for told in std::mem::take(&mut claim.told) {
        claim.limits[0].rates = vec![told.rate];
    }
}

fn keeps_one_limit(claim: &mut PermitClaim) {
    claim.limits.truncate(1);
}

fn keeps_one_window(claim: &mut PermitClaim) {
    claim.limits[0].rates.truncate(1);
}

fn mixes_keys(claim: &mut PermitClaim) {
    if claim.limits.len() == 1 && claim.limits[0].key[0] < 7 {
        claim.limits[0].key = [0; 32];
    }
}

/// Everybody is the same.
fn shares_nothing(claim: &mut PermitClaim) {
    claim.slice += claim.holder * 1_000;
    for told in &mut claim.returned {
        told.slice += claim.holder * 1_000;
    }
    claim.holder = 1;
}
