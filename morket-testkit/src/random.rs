//! Random cases against a store: drawn and shrunk by proptest, run on the suite's own runtime.

use crate::{Fresh, Subject};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngSeed, TestRunner},
};
use std::{env, future::Future};
use tokio::{runtime::Handle, task::block_in_place};
use uuid::Uuid;

/// Run `test` over what `strategy` draws; a failure is shrunk and told with its seed.
///
/// The number of cases comes from `PROPTEST_CASES`, else from what a call to the store costs.
pub(crate) async fn check_all<S, F>(subject: &Subject, strategy: S, test: impl Fn(S::Value) -> F)
where
    S: Strategy,
    F: Future<Output = ()>,
{
    check_within(subject, Config::default().max_shrink_iters, strategy, test).await;
}

/// The same; a failure is shrunk in so many steps at most.
pub(crate) async fn check_within<S, F>(
    subject: &Subject,
    steps: u32,
    strategy: S,
    test: impl Fn(S::Value) -> F,
) where
    S: Strategy,
    F: Future<Output = ()>,
{
    let (config, seed) = config(subject.cheap);
    let config = Config { max_shrink_iters: steps, ..config };
    let outcome = block_in_place(|| {
        TestRunner::new(config).run(&strategy, |value| {
            Handle::current().block_on(test(value));
            Ok(())
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}\nagain with: PROPTEST_RNG_SEED={seed}");
    }
}

/// What one random value is drawn with.
pub(crate) fn drawn() -> Config {
    config(true).0
}

fn config(cheap: bool) -> (Config, u64) {
    let mut config = Config { failure_persistence: None, ..Config::default() };
    if !cheap && env::var_os("PROPTEST_CASES").is_none() {
        config.cases = 32;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => Uuid::fresh().as_u64_pair().0,
    };
    config.rng_seed = RngSeed::Fixed(seed);
    (config, seed)
}
