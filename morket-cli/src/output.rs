//! A run as a table: the input as it came, and what was found behind it.

use crate::{
    exit::Failure,
    folder::{Meta, RunFolder},
    rows::{self, Recorder, Unusable},
    run::Engine,
    story,
    table::{Column, Place, Row, Writer},
};
use clap::ValueEnum;
use morket::{
    JobId,
    engine::Detail,
    job::{CellRow, CellStatus, Job, StepRow},
    name::FieldName,
    plan::Program,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// How much is told of each value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Columns {
    /// The value and what it came to.
    Minimal,
    /// Also why, and from whom.
    #[default]
    Standard,
    /// Also cost, confidence, identity, verifier and time.
    Audit,
}

/// How an output looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// How much is told.
    pub columns: Columns,
    /// Whether a user's column may be changed.
    pub in_place: bool,
    /// Whether cells that a spreadsheet would run are neutralised.
    pub spreadsheet_safe: bool,
}

/// The column by which a row is known wherever it is sorted to.
pub const ROW_ID: &str = "morket_row_id";

const SUFFIXES: [(&str, Columns); 9] = [
    ("", Columns::Minimal),
    ("_result", Columns::Minimal),
    ("_reason", Columns::Standard),
    ("_provider", Columns::Standard),
    ("_cost", Columns::Audit),
    ("_confidence", Columns::Audit),
    ("_identity", Columns::Audit),
    ("_verified_by", Columns::Audit),
    ("_fetched_at", Columns::Audit),
];

fn suffixes(columns: Columns) -> impl Iterator<Item = &'static str> {
    let told = move |it: &&(&str, Columns)| it.1 as u8 <= columns as u8;
    SUFFIXES.iter().filter(told).map(|(suffix, _)| *suffix)
}

/// The columns behind the input's. A name that is taken becomes `…_new`, unless it may be replaced.
pub fn layout(
    wanted: &[FieldName],
    names: &[String],
    recorder: &Recorder,
    look: Look,
) -> Vec<Column> {
    let mut columns: Vec<Column> = Vec::new();
    let mut add = |name: String, own: Option<usize>| {
        let clash = names.iter().position(|it| it.eq_ignore_ascii_case(&name));
        let replaces = own.or(clash).filter(|_| look.in_place);
        let taken = |it: &str, columns: &[Column]| {
            names.iter().any(|name| name.eq_ignore_ascii_case(it))
                || columns.iter().any(|column| column.name == it)
        };
        let mut free = name;
        while replaces.is_none() && taken(&free, &columns) {
            free.push_str("_new");
        }
        columns.push(Column { name: free, replaces });
    };
    for field in wanted {
        for suffix in suffixes(look.columns) {
            let own = recorder.column(field).filter(|_| suffix.is_empty());
            add(format!("{field}{suffix}"), own);
        }
    }
    add(ROW_ID.to_owned(), None);
    columns
}

/// What names a row of a run: enough of the run's id, and the row's number.
pub fn row_id(job: JobId, index: u32) -> String {
    let id = job.0.simple().to_string();
    format!("{}-{}", &id[20..], index + 1)
}

/// The run's ending and the row's place in a [`row_id`].
pub fn parse_row_id(text: &str) -> Option<(Option<&str>, u32)> {
    let (run, number) = match text.rsplit_once('-') {
        Some((run, number)) => (Some(run), number),
        None => (None, text),
    };
    let index = number.parse::<u32>().ok()?.checked_sub(1)?;
    Some((run, index))
}

/// Everything that is known of one record of a run.
#[derive(Debug, Default)]
struct Known {
    cells: BTreeMap<FieldName, CellRow>,
    steps: Vec<StepRow>,
}

/// Records are fetched so many at a time.
const PIECE: u32 = 1_000;

/// Renders a run.
#[derive(Debug)]
pub struct Renderer<'a> {
    engine: &'a Engine,
    job: &'a Job,
    program: Program,
    wanted: Vec<FieldName>,
    look: Look,
}

impl<'a> Renderer<'a> {
    /// For this run.
    pub fn new(engine: &'a Engine, job: &'a Job, look: Look) -> Result<Self, Failure> {
        let program = engine.compile_again(job)?;
        let wanted = program.chains.iter().map(|it| program.field(it.field).name.clone());
        Ok(Self { engine, job, wanted: wanted.collect(), look, program })
    }

    /// Write it to its place, and put it there; how many values lost letters.
    pub async fn write(
        &self,
        folder: &RunFolder,
        meta: &Meta,
        place: Place,
    ) -> Result<u64, Failure> {
        let path = folder.input();
        // Once to the end: what the widest row has, and in which letters it is written.
        let measured = rows::each(&path, &Recorder::new([]), |_, _, _| Ok(()))?;
        let mut reader = rows::open(&path)?;
        let recorder = Recorder::saved(reader.names(), &meta.map);
        let columns = layout(&self.wanted, reader.names(), &recorder, self.look);
        let (dialect, width) = (measured.dialect(), measured.shape().width);
        let mut writer = Writer::new(place, dialect, reader.names(), width, columns)
            .spreadsheet_safe(self.look.spreadsheet_safe);
        writer.header(reader.header())?;
        let mut row = Row::default();
        let (mut index, mut piece) = (0_u32, Vec::new().into_iter());
        while reader.next(&mut row)? {
            if row.is_blank() {
                writer.row(&row, &[])?;
                continue;
            }
            if piece.len() == 0 {
                piece = self.known(index).await?.into_iter();
            }
            let (_, unusable) = recorder.record(&row);
            let known = piece.next().unwrap_or_default();
            writer.row(&row, &self.values(index, &known, &unusable))?;
            index += 1;
        }
        let lost = writer.lost();
        writer.finish()?.commit()?;
        Ok(lost)
    }

    async fn known(&self, first: u32) -> Result<Vec<Known>, Failure> {
        let (store, job) = (self.engine.morket.store(), self.job.id);
        let range = first..first.saturating_add(PIECE);
        let mut known: Vec<Known> = (0..PIECE).map(|_| Known::default()).collect();
        for cell in store.cells(self.engine.workspace, job, range.clone()).await? {
            let at = (cell.cell.index - first) as usize;
            known[at].cells.insert(cell.cell.field.clone(), cell);
        }
        for step in store.steps(self.engine.workspace, job, range).await? {
            known[(step.step.index - first) as usize].steps.push(step);
        }
        Ok(known)
    }

    fn values(&self, index: u32, known: &Known, unusable: &[Unusable]) -> Vec<Value> {
        let mut costs = match self.look.columns {
            Columns::Audit => story::costs(&self.program, self.job, &known.steps),
            _ => BTreeMap::new(),
        };
        let mut values = Vec::new();
        for field in &self.wanted {
            let cell = known.cells.get(field);
            let cost = costs.remove(field);
            for suffix in suffixes(self.look.columns) {
                values.push(told(suffix, cell, cost.as_deref(), unusable));
            }
        }
        values.push(Value::from(row_id(self.job.id, index)));
        values
    }
}

fn told(suffix: &str, row: Option<&CellRow>, cost: Option<&str>, bad: &[Unusable]) -> Value {
    let Some(CellRow { cell, .. }) = row else {
        return if suffix == "_result" { Value::from("pending") } else { Value::Null };
    };
    let found = cell.status == CellStatus::Found;
    let detail = || {
        let detail = cell.detail.clone().map(serde_json::from_value::<Detail>);
        let taken = story::taken(&detail?.ok()?);
        taken.filter(|_| found)
    };
    let text = |text: Option<String>| text.map_or(Value::Null, Value::from);
    match suffix {
        "" if found => cell.value.clone().unwrap_or(Value::Null),
        "_result" => Value::from(story::word(cell.status)),
        "_reason" => text(story::reason(cell, bad)),
        "_provider" => text(story::supplier(cell)),
        "_cost" => text(cost.map(str::to_owned)),
        "_confidence" => text(detail().and_then(|it| it.confidence).map(|it| it.to_string())),
        "_identity" => text(detail().map(|it| story::identity(it.identity))),
        "_verified_by" => {
            text(detail().and_then(|it| it.verified.last().map(|it| it.by.to_string())))
        }
        "_fetched_at" => text(detail().map(|it| it.fetched_at.to_string())),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(names: &[&str], in_place: bool, columns: Columns, expected: &[&str]) {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        let email = FieldName::new("email").unwrap();
        let at = names.iter().position(|it| it == "Work Email");
        let recorder = Recorder::new(at.map(|at| (at, &email)));
        let look = Look { columns, in_place, spreadsheet_safe: false };
        let layout = layout(std::slice::from_ref(&email), &names, &recorder, look);
        let shown = layout.iter().map(|it| match it.replaces {
            Some(at) => format!("={}", names[at]),
            None => it.name.clone(),
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{names:?}");
    }

    #[test]
    fn a_users_column_is_never_overwritten_unasked() {
        use Columns::{Audit, Minimal, Standard};
        let plain = ["email", "email_result", "morket_row_id"];
        check(&["Company"], false, Minimal, &plain);
        check(&["Work Email"], false, Minimal, &plain);
        check(&["Work Email"], true, Minimal, &["=Work Email", "email_result", "morket_row_id"]);
        check(&["Email"], false, Minimal, &["email_new", "email_result", "morket_row_id"]);
        check(&["Email"], true, Minimal, &["=Email", "email_result", "morket_row_id"]);
        check(
            &["email", "email_new", "email_result", ROW_ID],
            false,
            Standard,
            &[
                "email_new_new",
                "email_result_new",
                "email_reason",
                "email_provider",
                "morket_row_id_new",
            ],
        );
        assert_eq!(suffixes(Audit).count(), 9);
    }

    #[test]
    fn a_row_is_known_by_its_id() {
        let job: JobId = "0199a000-0000-7000-8000-0123456789ab".parse().unwrap();
        let id = row_id(job, 16);
        assert_eq!(id, "0123456789ab-17");
        assert_eq!(parse_row_id(&id), Some((Some("0123456789ab"), 16)));
        assert_eq!(parse_row_id("17"), Some((None, 16)));
        for wrong in ["0", "", "x", "abc-", "abc-0", "-1-"] {
            assert_eq!(parse_row_id(wrong), None, "{wrong}");
        }
    }
}
