//! What goes wrong with which call: decided by its input and its attempt, never by its arrival.

use super::{
    VendorOptions,
    dice::{Dice, Rate, Roll},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// Turned away in the vendor's way.
    Throttled,
    /// A complete 5xx.
    ServerError,
    /// Served and billed; no byte of the answer arrives.
    LostWhole,
    /// Served and billed; the answer ends in the middle.
    LostPart,
    /// Cut before it was served.
    Cut,
    /// Served and billed; the body is unreadable.
    Garbage,
    /// Served and billed; late before the answer.
    SlowStart,
    /// Served and billed; late in the middle of the body.
    SlowBody,
}

/// How a call will go.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Course {
    pub(super) fault: Option<Fault>,
    /// How long before the first byte of the answer.
    pub(super) before: Duration,
    /// How long in the middle of it.
    pub(super) within: Duration,
    /// A number for what the fault leaves open, such as where a cut falls.
    pub(super) chance: u64,
}

/// How the call for this input goes the `attempt`-th time.
pub(super) fn course(
    dice: Dice,
    options: &VendorOptions,
    (vendor, operation): (&str, &str),
    input: &str,
    attempt: u32,
) -> Course {
    let attempt = attempt.to_string();
    let roll = dice.roll("course", &[vendor, operation, input, &attempt]);
    let fault = fault(options, roll);
    let latency = options.latency.least + roll.aspect(2).span(options.latency.spread);
    let slow = |which| if fault == Some(which) { options.faults.slow_for } else { Duration::ZERO };
    Course {
        fault,
        before: latency + slow(Fault::SlowStart),
        within: slow(Fault::SlowBody),
        chance: roll.aspect(3).bits(),
    }
}

/// One roll over all rates laid end to end, so that each keeps its share.
fn fault(options: &VendorOptions, roll: Roll) -> Option<Fault> {
    let rates = &options.faults;
    let either =
        |first, second| if roll.aspect(1).happens(Rate::percent(50)) { first } else { second };
    let shares = [
        (rates.throttled, Fault::Throttled),
        (rates.server_error, Fault::ServerError),
        (rates.lost, either(Fault::LostWhole, Fault::LostPart)),
        (rates.cut, Fault::Cut),
        (rates.garbage, Fault::Garbage),
        (rates.slow, either(Fault::SlowStart, Fault::SlowBody)),
    ];
    let mut rest = roll.below(1_000_000);
    shares.into_iter().find_map(|(rate, fault)| {
        let share = u64::from(rate.per_million());
        let hit = rest < share;
        rest = rest.saturating_sub(share);
        hit.then_some(fault)
    })
}
