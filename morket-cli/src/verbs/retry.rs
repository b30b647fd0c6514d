//! `resume` and `retry`.

use super::attend;
use crate::{
    args::{ResumeArgs, RetryArgs},
    console::count,
    exit::{Exit, Failure, Outcome},
    folder::{Meta, RunFolder},
    output::Look,
    rows::Recorder,
    shell::{Shell, span},
    table::{Place, Row, Writer},
};
use morket::{
    job::{CellStatus, Job, JobState, Wake},
    plan::Plan,
};
use std::collections::BTreeSet;

/// Go on with a run.
pub(super) async fn resume(shell: &Shell, args: &ResumeArgs) -> Outcome {
    let wait = span("--max-wait", &args.max_wait)?;
    let engine = shell.engine().await?;
    let job = shell.find_run(&engine, &args.run).await?;
    let folder = RunFolder::find(&shell.runs(), job.id)?;
    if job.state.is_terminal() {
        return Err(Failure::usage(over(&job)));
    }
    let meta = folder.meta()?;
    if !meta.single {
        Place::check(&meta.output, args.force || meta.written)?;
    }
    engine.morket.store().wake(engine.workspace, Wake::Job(job.id)).await?;
    let ending = attend::Ending { wait, force: args.force, min_fill: None };
    attend::attend(shell, &engine, job, folder, ending).await
}

/// What can be done with a run that cannot be gone on with.
fn over(job: &Job) -> String {
    let again = match job.state {
        JobState::Failed | JobState::PartiallyCompleted => {
            format!("`morket retry {}` runs what failed again, ", job.id)
        }
        _ => String::new(),
    };
    let state = match job.state {
        JobState::Failed => "has failed".to_owned(),
        JobState::PartiallyCompleted => "is done in part".to_owned(),
        state => format!("is {}", state.as_str()),
    };
    format!("run {} {state} already; {again}`morket export {0}` writes its table again", job.id)
}

/// Run what failed again, as a run of its own.
pub(super) async fn retry(shell: &Shell, args: &RetryArgs) -> Outcome {
    let wait = span("--max-wait", &args.max_wait)?;
    let engine = shell.engine().await?;
    let job = shell.find_run(&engine, &args.run).await?;
    let before = RunFolder::find(&shell.runs(), job.id)?;
    let failed = failed(&engine, &job, &args.only).await?;
    if failed.rows.is_empty() {
        let reasons: Vec<String> = failed.others.into_iter().collect();
        shell.console.note(&match reasons.as_slice() {
            [] => "Nothing failed.".to_owned(),
            some => format!("Nothing failed for these reasons; there are {}.", some.join(", ")),
        });
        return Ok(Exit::Ok);
    }
    let failed = failed.rows;
    let mut meta = before.meta()?;
    meta.look = look(&args.out, meta.look);
    meta.output = args.out.output.clone().unwrap_or_else(|| match meta.output.to_str() {
        Some("-") => "-".into(),
        _ => crate::table::enriched_name(&meta.output.with_extension("retry.csv")),
    });
    (meta.written, meta.single) = (false, false);
    Place::check(&meta.output, args.out.force)?;
    let id = engine.new_id();
    let mut folder = shell.new_folder(id)?;
    let names = excerpt(&before, &folder, &failed)?;
    let recorder = Recorder::saved(&names, &meta.map);
    folder.save(&meta)?;
    let plan: Plan = serde_json::from_value(job.plan.clone())
        .map_err(|error| Failure::error(format!("the plan of {}: {error}", job.id)))?;
    let records = crate::rows::Records::open(&folder.input(), &recorder)?;
    let new = engine.submit(id, &plan, job.name.clone(), (Some(job.id), None), records).await?;
    let rows = count(failed.len() as u64, "row");
    shell.console.note(&format!("{rows} again, as run {}.", new.id));
    let ending = attend::Ending { wait, force: args.out.force, min_fill: None };
    attend::attend(shell, &engine, new, folder, ending).await
}

pub(super) fn look(args: &crate::args::OutArgs, before: Look) -> Look {
    Look {
        columns: args.columns.unwrap_or(before.columns),
        in_place: args.in_place || before.in_place,
        spreadsheet_safe: args.spreadsheet_safe || before.spreadsheet_safe,
    }
}

/// What failed.
#[derive(Default)]
struct Failed {
    /// The rows with a cell that failed for one of the reasons that were named.
    rows: BTreeSet<u32>,
    /// The reasons that were not.
    others: BTreeSet<String>,
}

/// What failed for one of these reasons; for any reason if none is named.
async fn failed(
    engine: &crate::run::Engine,
    job: &Job,
    only: &[String],
) -> Result<Failed, Failure> {
    let mut failed = Failed::default();
    for first in (0..job.counts.total).step_by(1_000) {
        let range = first..first.saturating_add(1_000);
        let cells = engine.morket.store().cells(engine.workspace, job.id, range).await?;
        let cells = cells.into_iter().map(|it| it.cell);
        for cell in cells.filter(|it| it.status == CellStatus::Failed) {
            match cell.reason {
                Some(reason) if !only.is_empty() && !only.contains(&reason) => {
                    failed.others.insert(reason);
                }
                None if !only.is_empty() => {}
                _ => {
                    failed.rows.insert(cell.index);
                }
            }
        }
    }
    Ok(failed)
}

/// A copy of these rows; what its columns are called.
pub(super) fn excerpt(
    from: &RunFolder,
    to: &RunFolder,
    rows: &BTreeSet<u32>,
) -> Result<Vec<String>, Failure> {
    let mut reader = crate::rows::open(&from.input())?;
    let names = reader.names().to_vec();
    let mut out = Writer::new(Vec::new(), reader.dialect(), &names, 0, Vec::new());
    out.header(reader.header())?;
    let (mut row, mut index) = (Row::default(), 0);
    while reader.next(&mut row)? {
        if row.is_blank() {
            continue;
        }
        if rows.contains(&index) {
            out.row(&row, &[])?;
        }
        index += 1;
    }
    to.spool(out.finish()?.as_slice())?;
    Ok(names)
}

/// A run's own meta, with another look.
pub(super) fn relooked(mut meta: Meta, args: &crate::args::OutArgs) -> Meta {
    meta.look = look(args, meta.look);
    meta
}
