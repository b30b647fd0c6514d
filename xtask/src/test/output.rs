//! Reading what `cargo test` prints: which target runs, and how each test ended.

use super::report::{Status, TestResult};
use anyhow::{Context, Result};
use cargo_metadata::{Message, Metadata};
use std::{collections::BTreeMap, io::BufRead, path::Path};

/// File name of a test program → `package` or `package/target`.
pub(super) type Targets = BTreeMap<String, String>;

/// Learns from a build's messages which program belongs to which package.
pub(super) fn targets(messages: impl BufRead, metadata: &Metadata) -> Result<Targets> {
    let mut targets = Targets::new();
    for message in Message::parse_stream(messages) {
        let Message::CompilerArtifact(artifact) =
            message.context("reading the build's messages")?
        else {
            continue;
        };
        if let Some(name) = artifact.executable.as_ref().and_then(|program| program.file_name()) {
            let package = metadata[&artifact.package_id].name.to_string();
            let target = match artifact.target.is_test() {
                true => format!("{package}/{}", artifact.target.name),
                false => package,
            };
            targets.insert(name.to_owned(), target);
        }
    }
    Ok(targets)
}

/// What has been read so far.
pub(super) struct Reader {
    targets: Targets,
    /// The target whose tests are being printed.
    current: String,
    pub(super) results: Vec<TestResult>,
}

impl Reader {
    pub(super) fn new(targets: Targets) -> Self {
        Self { targets, current: String::new(), results: Vec::new() }
    }

    /// One more line.
    pub(super) fn line(&mut self, line: &str) {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("Running ") {
            self.current = self.target(rest);
        } else if let Some(library) = line.strip_prefix("Doc-tests ") {
            self.current = format!("{}/doc", library.replace('_', "-"));
        } else if let Some((name, status)) = test_line(line) {
            let target = self.current.clone();
            self.results.push(TestResult { target, name: name.to_owned(), status });
        }
    }

    /// `tests/it.rs (target/debug/deps/it-0123)` → the package's target.
    fn target(&self, announced: &str) -> String {
        let program = announced.rsplit_once('(').map_or(announced, |(_, path)| path);
        let file = Path::new(program.trim_end_matches(')')).file_name().unwrap_or_default();
        let file = file.to_string_lossy();
        self.targets.get(file.as_ref()).cloned().unwrap_or_else(|| file.into_owned())
    }
}

/// `test NAME ... ok`; a name may hold spaces (`src/lib.rs - Secret (line 12) - compile`).
fn test_line(line: &str) -> Option<(&str, Status)> {
    let (name, outcome) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let status = match outcome.split(',').next()? {
        "ok" => Status::Passed,
        "FAILED" => Status::Failed,
        "ignored" => Status::Ignored,
        _ => return None,
    };
    Some((name.trim_end_matches(" - should panic"), status))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "
     Running unittests src/lib.rs (/b/debug/deps/morket_core-1a2b)
running 2 tests
test money::tests::adds ... ok
test money::tests::overflows - should panic ... FAILED
     Running tests/suite.rs (target/debug/deps/suite-3c4d)
test p045_refund ... ok
test result: ok. 1 passed; 0 failed; 0 ignored
   Doc-tests morket_store_sqlite
test src/lib.rs - Secret (line 12) ... ignored
";

    #[test]
    fn every_test_line_gets_its_target_and_status() {
        let targets = [("morket_core-1a2b", "morket-core"), ("suite-3c4d", "morket-core/suite")];
        let targets = targets.map(|(file, target)| (file.to_owned(), target.to_owned()));
        let mut reader = Reader::new(targets.into());
        OUTPUT.lines().for_each(|line| reader.line(line));
        let read: Vec<_> = reader
            .results
            .iter()
            .map(|result| (result.target.as_str(), result.name.as_str(), result.status))
            .collect();
        let expected = [
            ("morket-core", "money::tests::adds", Status::Passed),
            ("morket-core", "money::tests::overflows", Status::Failed),
            ("morket-core/suite", "p045_refund", Status::Passed),
            ("morket-store-sqlite/doc", "src/lib.rs - Secret (line 12)", Status::Ignored),
        ];
        assert_eq!(read, expected);
    }
}
