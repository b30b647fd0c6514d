//! Which of the promised properties is shown by which tests.

mod list;
mod scan;
mod table;

use crate::{repository, test::report::Report};
use anyhow::{Context, Result, bail};
use scan::Test;
use std::{fs, process::ExitCode};
use table::Row;

pub(crate) const HELP: &str = "\
cargo xtask properties [--check] [--release]

Writes docs/properties.md: for each line of docs/properties-list.md the tests whose names carry
its number (`p045_refund_equals_debit`), the method of each, and the status after the last
`cargo xtask test`. A method is `property` where random values are drawn, otherwise what a comment
`// method: model` (exhaustive, crash, race, property) says in the test's first line or its
documentation, otherwise `example`, which alone shows no more than `partial`.

  --check     write nothing; fail when the page is stale or a test carries an unknown number
  --release   also fail when a ★ is not passing

  cargo xtask properties
  cargo xtask properties --check --release
";

/// The table as it should be, and what is wrong with the numbers.
struct Survey {
    rows: Vec<Row>,
    unknown: Vec<String>,
    /// A run has left its results, and no service was missing in it. Otherwise this machine
    /// cannot know every status.
    knows_status: bool,
}

impl Survey {
    fn take() -> Result<Self> {
        let root = repository::root();
        let text = fs::read_to_string(root.join(list::PATH)).context(list::PATH)?;
        let properties = list::parse(&text)?;
        let tests = tests()?;
        let report = Report::load()?;
        let knows_status = report.as_ref().is_some_and(Report::is_complete);
        let report = report.unwrap_or_default();
        let unknown = table::unknown(&properties, &tests, &report);
        Ok(Self { rows: table::rows(properties, &tests, &report), unknown, knows_status })
    }

    /// Whether the page in the repository is this table.
    fn is_written(&self) -> bool {
        let page = fs::read_to_string(repository::root().join(table::PATH)).unwrap_or_default();
        let current = table::is_current(&page, &self.rows, self.knows_status);
        if !current {
            println!("{} is stale: run `cargo xtask properties`", table::PATH);
        }
        current
    }

    fn numbers_are_known(&self) -> bool {
        self.unknown.iter().for_each(|line| println!("{line}"));
        self.unknown.is_empty()
    }

    fn gates_pass(&self) -> bool {
        let open = self
            .rows
            .iter()
            .filter(|row| row.property.is_gate() && !row.status.starts_with("passing"));
        let open = open.inspect(|row| {
            println!("P{:03} {}: {}", row.property.number, row.property.name, row.status);
        });
        open.count() == 0
    }
}

fn tests() -> Result<Vec<Test>> {
    let mut tests = Vec::new();
    for path in repository::files()?.iter().filter(|path| path.ends_with(".rs")) {
        let text = fs::read_to_string(repository::root().join(path)).context(path.clone())?;
        tests.extend(scan::tests(path, &text));
    }
    Ok(tests)
}

/// `--check`, for the test run.
pub(crate) fn is_current() -> Result<bool> {
    let survey = Survey::take()?;
    let known = survey.numbers_are_known();
    Ok(survey.is_written() && known)
}

pub(crate) fn run(args: &[String]) -> Result<ExitCode> {
    let (mut check, mut release) = (false, false);
    for arg in args {
        match arg.as_str() {
            "--check" => check = true,
            "--release" => release = true,
            other => bail!("properties takes no `{other}`"),
        }
    }
    let survey = Survey::take()?;
    let mut good = survey.numbers_are_known();
    if check {
        good &= survey.is_written();
    } else {
        fs::write(repository::root().join(table::PATH), table::render(&survey.rows))?;
    }
    if release {
        good &= survey.gates_pass();
    }
    let built = survey.rows.iter().filter(|row| row.status != "not built").count();
    println!("properties: {built} of {} have tests", survey.rows.len());
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
