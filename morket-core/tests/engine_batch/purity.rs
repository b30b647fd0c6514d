//! What a batch commands follows from what it was told, and from nothing else.

use super::bench::{Bench, finders, found, plan, secs, task, throttled};
use morket_core::{
    field::Kind,
    plan::{OnAmbiguous, OnLimit, OnLost, Plan},
    provider::Outcome,
};
use proptest::prelude::*;

fn outcome(n: u8) -> Outcome {
    match n % 12 {
        0 | 1 => found(),
        2 => Outcome::Miss,
        3 => Outcome::InvalidInput,
        4 => Outcome::AuthFailed,
        5 => Outcome::PlanLacks,
        6 => Outcome::OutOfCredits,
        7 => throttled(2),
        8 => Outcome::LegalBlock,
        9 => Outcome::Transient,
        10 => task("t1"),
        _ => Outcome::Unknown,
    }
}

fn plans(n: u8) -> Plan {
    let mut plan = plan();
    assert_eq!(plan.kind, Kind::Person);
    plan.on_provider_lost = if n & 1 == 0 { OnLost::Next } else { OnLost::Pause };
    plan.on_limit = if n & 2 == 0 { OnLimit::Next } else { OnLimit::Wait };
    plan.on_ambiguous = if n & 4 == 0 { OnAmbiguous::Next } else { OnAmbiguous::Fail };
    plan
}

/// Everything that is commanded when calls come to this, in this order, of three records.
fn trace(which: u8, outcomes: &[(u8, u8)]) -> Vec<String> {
    let bench = Bench::new(&plans(which), finders(), 3);
    let mut hand = bench.start(7);
    let mut open = hand.sent.clone();
    for (which, kind) in outcomes {
        let before = hand.sent.len();
        if hand.ended.is_some() || open.is_empty() {
            break;
        }
        let call = open.remove(usize::from(*which) % open.len());
        hand.answer(call.call, outcome(*kind));
        hand.wait(secs(u64::from(*which % 4)));
        open.extend(hand.sent[before..].iter().cloned());
    }
    std::mem::take(&mut hand.trace)
}

proptest! {
    #[test]
    fn p026_the_same_outcomes_in_the_same_order_lead_to_the_same_commands(
        which in 0..8_u8, outcomes in prop::collection::vec((any::<u8>(), any::<u8>()), 0..30),
    ) {
        // method: property
        prop_assert_eq!(trace(which, &outcomes), trace(which, &outcomes));
    }
}
