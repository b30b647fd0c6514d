//! What the engine spends beside a waterfall that asks field by field, in a short form:
//! `cargo xtask spend` runs the whole.
#![allow(clippy::unwrap_used, reason = "a test says what failed by failing")]

use morket_benches::spend::{Effort, run};

#[test]
fn equal_fill_costs_three_quarters_at_most_and_nobody_is_told_off() {
    // Limits are the same in every world.
    for (seed, minutes) in [(1, 2), (2, 0)] {
        let effort = Effort { rows: Some(60), seed: Some(seed), minutes };
        let (report, missed) = run(effort).unwrap();
        assert!(missed.is_empty(), "{missed:#?}\n{report:#}");
    }
}
