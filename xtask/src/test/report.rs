//! The last run's results in a file, for `cargo xtask properties` and for people.

use super::usage::Usage;
use crate::repository;
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::{fs, path::PathBuf};

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Passed,
    Failed,
    /// Left out by an attribute.
    Ignored,
    /// It ended early because a service was not there; the harness calls that passed.
    Skipped,
}

const NAMES: &[(Status, &str)] = &[
    (Status::Passed, "passed"),
    (Status::Failed, "failed"),
    (Status::Ignored, "ignored"),
    (Status::Skipped, "skipped"),
];

impl Status {
    fn name(self) -> &'static str {
        NAMES.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }

    fn of_name(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
    }
}

/// One test of one target.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TestResult {
    /// `package`, `package/target` or `package/doc`.
    pub(crate) target: String,
    /// Its path within the target.
    pub(crate) name: String,
    pub(crate) status: Status,
}

/// The last run.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    pub(crate) tests: Vec<TestResult>,
}

impl Report {
    /// The results, with those marked that were skipped for want of a service.
    pub(super) fn new(mut tests: Vec<TestResult>, usage: &Usage) -> Self {
        for test in &mut tests {
            if test.status == Status::Passed && usage.skipped(&test.target, &test.name) {
                test.status = Status::Skipped;
            }
        }
        Self { tests }
    }

    /// Whether every test had what it needs.
    pub(crate) fn is_complete(&self) -> bool {
        self.count(Status::Skipped) == 0
    }

    /// How many ended so.
    pub(super) fn count(&self, status: Status) -> usize {
        self.tests.iter().filter(|test| test.status == status).count()
    }

    fn path() -> PathBuf {
        repository::target_dir().join("morket-report.json")
    }

    /// Replaces the file of the run before.
    pub(super) fn save(&self) -> Result<()> {
        let path = Self::path();
        fs::write(&path, format!("{:#}\n", self.to_json()))
            .with_context(|| format!("writing {}", path.display()))
    }

    /// The file, if a run has left one.
    pub(crate) fn load() -> Result<Option<Self>> {
        let Ok(text) = fs::read_to_string(Self::path()) else { return Ok(None) };
        let json = serde_json::from_str(&text).context("reading the last report")?;
        Ok(Some(Self::of_json(&json)))
    }

    fn to_json(&self) -> Value {
        let test = |test: &TestResult| {
            let TestResult { target, name, status } = test;
            json!({ "target": target, "test": name, "status": status.name() })
        };
        json!({ "tests": self.tests.iter().map(test).collect::<Vec<_>>() })
    }

    fn of_json(json: &Value) -> Self {
        let test = |test: &Value| {
            Some(TestResult {
                target: test["target"].as_str()?.to_owned(),
                name: test["test"].as_str()?.to_owned(),
                status: Status::of_name(test["status"].as_str()?)?,
            })
        };
        let tests = json["tests"].as_array();
        Self { tests: tests.into_iter().flatten().filter_map(test).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_saved_report_reads_back_equal() {
        let statuses = [Status::Passed, Status::Failed, Status::Ignored, Status::Skipped];
        let test = |status| TestResult { target: "a/b".into(), name: "c::d".into(), status };
        let report = Report { tests: statuses.map(test).into() };
        assert_eq!(Report::of_json(&report.to_json()), report);
    }
}
