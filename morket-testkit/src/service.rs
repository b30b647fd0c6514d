//! Where a test finds the real service it needs, and how it says that there is none.
//!
//! The test harness has no skip at run time: a test that returns early counts as passed. So a
//! skip is said aloud, written to a file from which the test command sums up, and in CI it is a
//! failure.
//!
//! ```
//! # async fn body() {
//! let Some(url) = morket_testkit::service::postgres_url("ledger::p045_refund_equals_debit")
//! else {
//!     return;
//! };
//! # let _ = url;
//! # }
//! ```

use std::{env, fs::OpenOptions, io::Write, path::Path};

/// Names the file that collects `service<TAB>test` for every test that got its service.
pub const TOUCHED: &str = "MORKET_TEST_TOUCHED";

/// Names the file that collects `service<TAB>test` for every test that did not.
pub const SKIPS: &str = "MORKET_TEST_SKIPS";

/// The address of a PostgreSQL whose role may create databases and roles.
///
/// # Panics
/// As [`service`] does.
pub fn postgres_url(test: &str) -> Option<String> {
    service("postgres", test, "MORKET_TEST_POSTGRES_URL")
}

/// What `variable` says, for the test named `test`; `None` means that the test must return.
///
/// # Panics
/// With `CI=true` and no value, because there nothing may be skipped.
pub fn service(service: &str, test: &str, variable: &str) -> Option<String> {
    let value = env::var(variable).ok().filter(|value| !value.is_empty());
    let in_ci = env::var("CI").is_ok_and(|ci| ci == "true");
    let touched = env::var_os(TOUCHED);
    let skips = env::var_os(SKIPS);
    let files = Files {
        touched: touched.as_deref().map(Path::new),
        skips: skips.as_deref().map(Path::new),
    };
    decide(service, test, variable, value, in_ci, &files)
}

/// The files to tell, where a test command has named them.
struct Files<'a> {
    touched: Option<&'a Path>,
    skips: Option<&'a Path>,
}

#[allow(clippy::print_stderr, reason = "a skip must be seen by whoever runs the test")]
fn decide(
    service: &str,
    test: &str,
    variable: &str,
    value: Option<String>,
    in_ci: bool,
    files: &Files<'_>,
) -> Option<String> {
    if value.is_some() {
        append(files.touched, service, test);
    } else {
        assert!(!in_ci, "{test}: {variable} is not set, and in CI nothing is skipped");
        eprintln!("skipped: {test}: {variable} is not set");
        append(files.skips, service, test);
    }
    value
}

/// One write of one line, so that tests in parallel processes do not mix theirs.
fn append(file: Option<&Path>, service: &str, test: &str) {
    let Some(path) = file else { return };
    let line = format!("{service}\t{test}\n");
    let written = OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .and_then(|mut file| file.write_all(line.as_bytes()));
    if let Err(error) = written {
        panic!("{}: {error}: the test command could not count {test}", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, process};

    fn check(value: Option<&str>, in_ci: bool, expected: [&str; 2]) {
        let name = format!("morket-service-{}-{in_ci}-{}", process::id(), value.is_some());
        let paths = ["touched", "skips"].map(|kind| env::temp_dir().join(format!("{name}-{kind}")));
        let files = Files { touched: Some(&paths[0]), skips: Some(&paths[1]) };
        let given = decide("redis", "cache::a", "X", value.map(str::to_owned), in_ci, &files);
        assert_eq!(given.as_deref(), value);
        let written = paths.each_ref().map(|path| fs::read_to_string(path).unwrap_or_default());
        for path in paths {
            let _ = fs::remove_file(path);
        }
        assert_eq!(written, expected);
    }

    #[test]
    fn a_service_that_is_there_is_touched() {
        check(Some("redis://x"), false, ["redis\tcache::a\n", ""]);
        check(Some("redis://x"), true, ["redis\tcache::a\n", ""]);
    }

    #[test]
    fn a_service_that_is_not_there_is_a_skip() {
        check(None, false, ["", "redis\tcache::a\n"]);
    }

    #[test]
    #[should_panic(expected = "in CI nothing is skipped")]
    fn in_ci_a_skip_is_a_failure() {
        check(None, true, ["", ""]);
    }
}
