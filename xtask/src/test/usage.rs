//! Which services the tests touched, and which they missed: `morket_testkit::service` appends
//! lines `service<TAB>test` to two files that we name.

use anyhow::{Context, Result};
use std::{collections::BTreeSet, fs, path::PathBuf};
use tempfile::TempDir;

/// The fewest tests that must have touched each service in CI, so that a rename or a feature flag
/// cannot quietly drop a suite.
const FLOORS: &[(&str, usize)] = &[("postgres", 250)];

/// The two files, while the tests run.
pub(super) struct UsageFiles(TempDir);

impl UsageFiles {
    pub(super) fn create() -> Result<Self> {
        Ok(Self(tempfile::tempdir().context("a directory for what tests tell")?))
    }

    /// The variables that name them.
    pub(super) fn variables(&self) -> [(&'static str, PathBuf); 2] {
        [("MORKET_TEST_TOUCHED", "touched"), ("MORKET_TEST_SKIPS", "skips")]
            .map(|(variable, file)| (variable, self.0.path().join(file)))
    }

    /// What they say by now; a file that nobody wrote says nothing.
    pub(super) fn read(&self) -> Usage {
        let [touched, missed] =
            self.variables().map(|(_, path)| fs::read_to_string(path).unwrap_or_default());
        Usage::parse(&touched, &missed)
    }
}

/// Pairs of service and test, each once however often the test asked.
#[derive(Default)]
struct Lines(BTreeSet<(String, String)>);

impl Lines {
    fn parse(text: &str) -> Self {
        let pairs = text.lines().filter_map(|line| line.split_once('\t'));
        Self(pairs.map(|(service, test)| (service.to_owned(), test.to_owned())).collect())
    }

    fn of(&self, service: &str) -> usize {
        self.0.iter().filter(|(known, _)| known == service).count()
    }

    fn services(&self) -> BTreeSet<&str> {
        self.0.iter().map(|(service, _)| service.as_str()).collect()
    }
}

/// Who touched and who missed what.
#[derive(Default)]
pub(super) struct Usage {
    touched: Lines,
    missed: Lines,
}

impl Usage {
    /// From the two files' texts.
    pub(super) fn parse(touched: &str, missed: &str) -> Self {
        Self { touched: Lines::parse(touched), missed: Lines::parse(missed) }
    }

    /// Whether this test ended early for want of a service. Tests name themselves as they like;
    /// the last part of the name and the service in the target's or the test's path must agree.
    pub(super) fn skipped(&self, target: &str, test: &str) -> bool {
        let last = |path: &str| path.rsplit("::").next().unwrap_or_default().to_owned();
        self.missed.0.iter().any(|(service, named)| {
            let path = format!("{target}::{test}");
            last(named) == last(test) && path.contains(service)
        })
    }

    /// How many tests missed a service.
    pub(super) fn missed(&self) -> usize {
        self.missed.0.len()
    }

    /// One line per service.
    pub(super) fn lines(&self) -> Vec<String> {
        let services: BTreeSet<_> =
            self.touched.services().union(&self.missed.services()).copied().collect();
        let line = |service: &str| {
            let (touched, missed) = (self.touched.of(service), self.missed.of(service));
            format!("{service}: touched by {touched} tests, skipped by {missed}")
        };
        services.into_iter().map(line).collect()
    }

    /// The services that fewer tests touched than must.
    pub(super) fn below_floor(&self) -> Vec<String> {
        let below = FLOORS.iter().filter(|(service, floor)| self.touched.of(service) < *floor);
        below
            .map(|(service, floor)| {
                let touched = self.touched.of(service);
                format!("{service}: touched by {touched} tests, must be at least {floor}")
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_asks_twice_counts_once() {
        let usage = Usage::parse("postgres\ta\npostgres\ta\npostgres\tb\n", "redis\tc\n");
        let expected = [
            "postgres: touched by 2 tests, skipped by 0",
            "redis: touched by 0 tests, skipped by 1",
        ];
        assert_eq!(usage.lines(), expected);
    }

    #[test]
    fn a_dropped_suite_is_below_its_floor() {
        let expected = ["postgres: touched by 0 tests, must be at least 250"];
        assert_eq!(Usage::parse("", "").below_floor(), expected);
        let enough: String = (0..250).map(|test| format!("postgres\t{test}\n")).collect();
        assert!(Usage::parse(&enough, "").below_floor().is_empty());
    }

    #[test]
    fn only_the_adapter_that_missed_its_service_is_skipped() {
        let usage = Usage::parse("", "postgres\tp045_refund\n");
        assert!(usage.skipped("morket-store-postgres/suite", "ledger::p045_refund"));
        assert!(!usage.skipped("morket-store-sqlite/suite", "ledger::p045_refund"));
        assert!(!usage.skipped("morket-store-postgres/suite", "ledger::p046_net"));
    }
}
