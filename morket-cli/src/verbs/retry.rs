//! `resume` and `retry`.

use super::attend;
use crate::{
    args::{ResumeArgs, RetryArgs},
    exit::{Exit, Failure, Outcome},
    folder::{Meta, RunFolder},
    output::Look,
    rows::Recorder,
    shell::{Shell, span},
    table::{Place, Row, Writer},
};
use morket::{
    job::{CellStatus, Job, Wake},
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
        let message = format!(
            "run {} is {} already; `morket export {0}` writes its table again",
            job.id,
            job.state.as_str()
        );
        return Err(Failure::usage(message));
    }
    let meta = folder.meta()?;
    if !meta.single {
        Place::check(&meta.output, args.force || meta.written)?;
    }
    engine.morket.store().wake(engine.workspace, Wake::Job(job.id)).await?;
    let ending = attend::Ending { wait, force: args.force, min_fill: None };
    attend::attend(shell, &engine, job, folder, ending).await
}

/// Run what failed again, as a run of its own.
pub(super) async fn retry(shell: &Shell, args: &RetryArgs) -> Outcome {
    let wait = span("--max-wait", &args.max_wait)?;
    let engine = shell.engine().await?;
    let job = shell.find_run(&engine, &args.run).await?;
    let before = RunFolder::find(&shell.runs(), job.id)?;
    let failed = failed(&engine, &job, &args.only).await?;
    if failed.is_empty() {
        shell.console.note("Nothing failed for these reasons.");
        return Ok(Exit::Ok);
    }
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
    shell.console.note(&format!("{} rows run again, as {}.", failed.len(), new.id));
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

/// The rows with a cell that failed for one of these reasons; any reason if none is named.
async fn failed(
    engine: &crate::run::Engine,
    job: &Job,
    only: &[String],
) -> Result<BTreeSet<u32>, Failure> {
    let mut failed = BTreeSet::new();
    for first in (0..job.counts.total).step_by(1_000) {
        let range = first..first.saturating_add(1_000);
        let cells = engine.morket.store().cells(engine.workspace, job.id, range).await?;
        let meant = |reason: &Option<String>| {
            only.is_empty() || reason.as_ref().is_some_and(|it| only.contains(it))
        };
        let cells = cells.into_iter().map(|it| it.cell);
        let cells = cells.filter(|it| it.status == CellStatus::Failed && meant(&it.reason));
        failed.extend(cells.map(|it| it.index));
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
