//! The engine under a seeded scheduler: faults, crashes, takeovers, frozen workers, lost commits.

use morket_testkit::sim::{Options, run};

#[test]
fn p071_every_run_of_two_hundred_seeds_keeps_every_promise() {
    // method: model
    let from = std::env::var("SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(1);
    let to = std::env::var("SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(200);
    let mut bad = 0;
    for seed in from..from + to {
        let report = run(Options {
            steps: std::env::var("STEPS").ok().and_then(|it| it.parse().ok()).unwrap_or(20_000),
            ..Options::seed(seed)
        });
        if !report.is_sound() || to < 5 {
            println!("{report}");
            bad += 1;
            if bad > 8 {
                break;
            }
        }
    }
    assert_eq!(bad, 0);
}
