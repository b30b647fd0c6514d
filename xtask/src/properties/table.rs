//! `docs/properties.md`: which property is shown by which tests, and how they ended.

use super::{
    list::{self, Property},
    scan::{Method, Test, number},
};
use crate::test::report::{Report, Status};
use std::collections::BTreeSet;

pub(super) const PATH: &str = "docs/properties.md";

/// The adapters that every suite runs on.
const ADAPTERS: &[&str] = &["memory", "sqlite", "postgres"];

const HEAD: &str = "\
<!-- Written by `cargo xtask properties`; do not edit. -->
# Properties and their tests

What Morket promises, [one numbered line each](properties-list.md), and the tests that show it.
★ marks what no release goes without. A status is of the last full test run: `passing`; `failing`;
`partial`, when only chosen examples were tried or an adapter has not run; `not built`.

| Number | Name | Marks | Tests | Method | Status |
|---|---|---|---|---|---|
";

/// One line of the table.
#[derive(Debug, PartialEq)]
pub(super) struct Row {
    pub(super) property: Property,
    tests: String,
    methods: String,
    pub(super) status: String,
}

impl Row {
    fn new(property: Property, tests: &[Test], report: &Report) -> Self {
        let own: Vec<_> = tests.iter().filter(|test| test.number == property.number).collect();
        let places: BTreeSet<_> =
            own.iter().map(|test| format!("`{}::{}`", test.path, test.name)).collect();
        let methods: BTreeSet<_> = own.iter().map(|test| test.method.to_string()).collect();
        Self {
            tests: places.into_iter().collect::<Vec<_>>().join("<br>"),
            methods: methods.into_iter().collect::<Vec<_>>().join(", "),
            status: status(&own, report),
            property,
        }
    }

    /// The line without its status, which a machine that has not run the tests cannot know.
    fn without_status(&self) -> String {
        let Property { number, name, marks, .. } = &self.property;
        format!("| P{number:03} | {name} | {marks} | {} | {} |", self.tests, self.methods)
    }
}

/// All rows, by number.
pub(super) fn rows(properties: Vec<Property>, tests: &[Test], report: &Report) -> Vec<Row> {
    properties.into_iter().map(|property| Row::new(property, tests, report)).collect()
}

/// Tests whose number is not in the list, from sources and report alike.
pub(super) fn unknown(properties: &[Property], tests: &[Test], report: &Report) -> Vec<String> {
    let known = |number: u16| properties.iter().any(|property| property.number == number);
    let written = tests.iter().map(|test| (test.number, format!("{}::{}", test.path, test.name)));
    let ran = report.tests.iter().filter_map(|result| {
        Some((number(last(&result.name))?, format!("{}::{}", result.target, result.name)))
    });
    let strangers = written.chain(ran).filter(|(number, _)| !known(*number));
    strangers.map(|(_, name)| format!("{name}: {} has no such number", list::PATH)).collect()
}

/// How the tests of one property ended.
fn status(tests: &[&Test], report: &Report) -> String {
    if tests.is_empty() {
        return "not built".to_owned();
    }
    let results: Vec<_> = report
        .tests
        .iter()
        .filter(|result| tests.iter().any(|test| test.name == last(&result.name)))
        .collect();
    let ended = |status| results.iter().any(|result| result.status == status);
    if ended(Status::Failed) {
        return "failing".to_owned();
    }
    let passed: Vec<_> = results.iter().filter(|result| result.status == Status::Passed).collect();
    let seen: Vec<_> = ADAPTERS
        .iter()
        .filter(|adapter| {
            passed.iter().any(|result| runs_on(&result.target, &result.name, adapter))
        })
        .copied()
        .collect();
    let missing: Vec<_> =
        ADAPTERS.iter().filter(|adapter| !seen.contains(adapter)).copied().collect();
    if passed.is_empty() {
        "partial (not run)".to_owned()
    } else if tests.iter().any(|test| test.is_suite_case()) && !missing.is_empty() {
        format!("partial (missing {})", missing.join(", "))
    } else if tests.iter().all(|test| test.method == Method::Example) {
        "partial (examples only)".to_owned()
    } else if seen.is_empty() {
        "passing".to_owned()
    } else {
        format!("passing ({})", seen.join(", "))
    }
}

/// Whether this test ran on the adapter: its package or its path says so. Core's own tests reach
/// the memory adapter.
fn runs_on(target: &str, name: &str, adapter: &str) -> bool {
    let path = format!("{target}::{name}");
    let in_core = adapter == "memory" && target.starts_with("morket-core/");
    in_core || path.split(['/', ':', '-', '_']).any(|part| part == adapter)
}

fn last(name: &str) -> &str {
    name.rsplit("::").next().unwrap_or(name)
}

/// The whole page.
pub(super) fn render(rows: &[Row]) -> String {
    let mut text = HEAD.to_owned();
    for row in rows {
        text.push_str(&format!("{} {} |\n", row.without_status(), row.status));
    }
    text
}

/// Whether the page says what the rows say; the status counts only with a report to compare.
pub(super) fn is_current(page: &str, rows: &[Row], compare_status: bool) -> bool {
    if compare_status {
        return page == render(rows);
    }
    let lines: Vec<_> = page.lines().filter(|line| line.starts_with("| P")).collect();
    lines.len() == rows.len()
        && lines.iter().zip(rows).all(|(line, row)| line.starts_with(&row.without_status()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::report::TestResult;

    fn test(path: &str, method: Method) -> Test {
        Test { number: 1, path: path.to_owned(), name: "p001_a".to_owned(), method }
    }

    fn report(results: &[(&str, Status)]) -> Report {
        let result = |(target, status): &(&str, Status)| TestResult {
            target: (*target).to_owned(),
            name: "ledger::p001_a".to_owned(),
            status: *status,
        };
        Report { tests: results.iter().map(result).collect() }
    }

    #[test]
    fn the_status_follows_tests_methods_and_adapters() {
        use Status::{Failed, Passed, Skipped};
        let suite = || test("morket-testkit/src/ledger.rs", Method::Model);
        let plain = |method| test("morket-core/src/a.rs", method);
        let (memory, sqlite) = ("morket-core/suite", "morket-store-sqlite/suite");
        let postgres = "morket-store-postgres/suite";
        type Results<'a> = &'a [(&'a str, Status)];
        let rows: &[(Vec<Test>, Results<'_>, &str)] = &[
            (vec![], &[], "not built"),
            (vec![plain(Method::Property)], &[], "partial (not run)"),
            (vec![plain(Method::Property)], &[("morket-core", Passed)], "passing"),
            (vec![plain(Method::Example)], &[("morket-core", Passed)], "partial (examples only)"),
            (vec![suite()], &[(memory, Passed), (sqlite, Failed)], "failing"),
            (
                vec![suite()],
                &[(memory, Passed), (sqlite, Passed), (postgres, Skipped)],
                "partial (missing postgres)",
            ),
            (
                vec![suite()],
                &[(memory, Passed), (sqlite, Passed), (postgres, Passed)],
                "passing (memory, sqlite, postgres)",
            ),
        ];
        for (tests, results, expected) in rows {
            let tests: Vec<_> = tests.iter().collect();
            assert_eq!(status(&tests, &report(results)), *expected);
        }
    }

    #[test]
    fn a_stale_page_is_found_with_and_without_a_report() {
        let listed = list::parse("- **P001 ★ One.** x").expect("it is well formed");
        let tests = [test("a.rs", Method::Property)];
        let rows = rows(listed, &tests, &report(&[("a", Status::Passed)]));
        let page = render(&rows);
        assert!(is_current(&page, &rows, true) && is_current(&page, &rows, false));
        let other_status = page.replace("| passing |", "| failing |");
        assert!(!is_current(&other_status, &rows, true));
        assert!(is_current(&other_status, &rows, false));
        assert!(!is_current(&page.replace("a.rs", "b.rs"), &rows, false));
        assert!(!is_current("", &rows, false));
    }

    #[test]
    fn a_test_with_an_unknown_number_is_named() {
        let tests = [Test { number: 999, ..test("a.rs", Method::Model) }];
        let expected = ["a.rs::p001_a: docs/properties-list.md has no such number"];
        assert_eq!(unknown(&[], &tests, &Report::default()), expected);
        assert_eq!(unknown(&[], &[], &report(&[("a", Status::Passed)])).len(), 1);
    }
}
