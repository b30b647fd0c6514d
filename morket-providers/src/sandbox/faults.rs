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

#[cfg(test)]
mod tests {
    use super::{super::Faults, *};
    use crate::sandbox::{Options, Vendor};

    /// Of 10 000 inputs, how many meet a fault both times.
    fn both(one: (&str, u32), other: (&str, u32)) -> usize {
        let mut options = Options::default();
        options.vendor_mut(Vendor::Hunter).faults = Faults::campaign();
        let options = options.vendor(Vendor::Hunter);
        let meets = |(vendor, attempt): (&str, u32), input: &str| {
            let about = (vendor, "email-finder");
            course(Dice::new(3), options, about, input, attempt).fault.is_some()
        };
        let inputs = (0..10_000).map(|number| format!("input-{number}"));
        inputs.filter(|input| meets(one, input) && meets(other, input)).count()
    }

    #[test]
    fn attempts_and_vendors_are_independent() {
        let first = ("hunter", 1);
        assert!(both(first, first).abs_diff(3_000) < 200);
        for other in [("hunter", 2), ("hunter", 3), ("dropcontact", 1)] {
            let found = both(first, other);
            assert!(found.abs_diff(900) < 120, "{found} with {other:?}");
        }
        assert!(both(("hunter", 4), ("hunter", 5)).abs_diff(900) < 120);
    }
}
