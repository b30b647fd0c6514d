//! The engine under a seeded scheduler: faults, crashes, takeovers, frozen workers, lost commits.

use morket_testkit::sim::{Mutation, Options, run};

/// What CI runs.
const SEEDS: u64 = 200;

#[test]
fn p071_every_run_of_two_hundred_seeds_keeps_every_promise() {
    // method: model
    let reports = (1..=SEEDS).map(|seed| run(Options::seed(seed)));
    let unsound: Vec<String> =
        reports.filter(|it| !it.is_sound()).map(|it| it.to_string()).collect();
    assert!(unsound.is_empty(), "{}", unsound.join("\n"));
}

#[test]
fn p074_the_same_seed_gives_the_same_run() {
    // method: model
    for seed in 1..=20 {
        let (one, two) = (run(Options::seed(seed)), run(Options::seed(seed)));
        assert_eq!(one, two);
        assert_ne!(one.hash, run(Options::seed(seed + 1_000)).hash);
    }
}

/// The checks are checked: each bug is found by some run, or the runs above mean nothing.
#[test]
fn every_planted_bug_is_found_within_two_hundred_seeds() {
    let missed: Vec<Mutation> = Mutation::ALL
        .iter()
        .copied()
        .filter(|bug| (1..=SEEDS).all(|seed| run(Options::seed(seed).with(*bug)).is_sound()))
        .collect();
    assert!(missed.is_empty(), "nobody noticed {missed:?}");
}
