//! Counting steps and tests, timing them, and the closing lines.

use crate::time::Stopwatch;
use anyhow::{Result, bail};
use std::time::Duration;

/// What has been counted so far.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    steps: Vec<(String, Duration)>,
}

impl Tally {
    /// Announces a step, runs it, keeps its time.
    pub(super) fn time<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("== {name}");
        let watch = Stopwatch::start();
        let outcome = work();
        self.steps.push((name.to_owned(), watch.elapsed()));
        outcome
    }

    /// A step that counts as one: `Ok(true)` passed, anything else failed, and then no further
    /// step makes sense.
    pub(super) fn step(&mut self, name: &str, work: impl FnOnce() -> Result<bool>) -> Result<()> {
        let outcome = self.time(name, work);
        if matches!(outcome, Ok(true)) {
            self.passed += 1;
            return Ok(());
        }
        self.failed += 1;
        outcome?;
        bail!("{name} failed")
    }

    /// The time of each step.
    pub(super) fn lines(&self) -> Vec<String> {
        let line =
            |(name, took): &(String, Duration)| format!("{:>7.1} s  {name}", took.as_secs_f64());
        self.steps.iter().map(line).collect()
    }

    /// The last line of a run.
    pub(super) fn closing(&self) -> String {
        format!("{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_fails_or_breaks_counts_as_failed() {
        let mut tally = Tally::default();
        assert!(tally.step("a", || Ok(true)).is_ok());
        assert_eq!(tally.step("b", || Ok(false)).expect_err("b").to_string(), "b failed");
        assert!(tally.step("c", || bail!("no such program")).is_err());
        assert_eq!(tally.closing(), "1 passed, 2 failed, 0 skipped");
        assert_eq!(tally.lines().len(), 3);
    }
}
