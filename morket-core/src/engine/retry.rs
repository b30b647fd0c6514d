//! Whether a call that failed is sent again, and after how long. Pure.

use crate::provider::OutcomeKind;
use std::time::Duration;

/// The most times a call's bytes may leave, kills and throttling aside.
pub const ATTEMPTS: u32 = 3;

/// How long before the second attempt; the third waits twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// When to send a call again that came to `outcome` on its `attempt`-th attempt; `None` is never.
///
/// `dice` is 0 to 255 and spreads the wait by a fifth either way, so that a thousand calls that
/// failed together do not come back together.
pub fn again_after(
    outcome: OutcomeKind,
    attempt: u32,
    retry_on_ambiguous: bool,
    dice: u8,
) -> Option<Duration> {
    let may = match outcome {
        OutcomeKind::Transient => true,
        OutcomeKind::Unknown => retry_on_ambiguous,
        _ => false,
    };
    if !may || attempt >= ATTEMPTS {
        return None;
    }
    let base = FIRST * 2_u32.pow(attempt.saturating_sub(1));
    let spread = base * 2 / 5 * u32::from(dice) / 255;
    Some(base * 4 / 5 + spread)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p022_three_attempts_with_waits_of_one_and_two_seconds() {
        // method: exhaustive
        for outcome in OutcomeKind::ALL {
            for ambiguous in [false, true] {
                for dice in 0..=255 {
                    let waits: Vec<_> = (1..=4)
                        .map(|attempt| again_after(*outcome, attempt, ambiguous, dice))
                        .collect();
                    let retried = *outcome == OutcomeKind::Transient
                        || (*outcome == OutcomeKind::Unknown && ambiguous);
                    assert_eq!(waits[0].is_some(), retried, "{outcome:?}");
                    assert_eq!(waits[1].is_some(), retried, "{outcome:?}");
                    assert_eq!(waits[2..], [None, None], "{outcome:?}");
                    for (wait, seconds) in waits.iter().flatten().zip([1_000_u128, 2_000]) {
                        let millis = wait.as_millis();
                        assert!(millis >= seconds * 8 / 10 && millis <= seconds * 12 / 10);
                    }
                }
            }
        }
    }
}
