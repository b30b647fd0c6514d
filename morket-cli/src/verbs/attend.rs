//! A run, watched to its end: progress, output, summary, exit code.

use super::{lost, progress};
use crate::{
    console::{count, shown, table},
    exit::{Exit, Failure, Outcome},
    folder::{Meta, RunFolder},
    output::Renderer,
    run::{Engine, Halt, unreached},
    shell::Shell,
    story,
    summary::Summary,
    table::{Place, plain},
};
use morket::{
    JobId,
    job::{CellStatus, Job},
};
use serde_json::json;
use std::{path::Path, time::Duration};

/// What a run's end depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ending {
    /// How long it may wait.
    pub(super) wait: Duration,
    /// Whether a file that is there is replaced.
    pub(super) force: bool,
    /// How many percent must be filled.
    pub(super) min_fill: Option<u64>,
}

/// Run it to its end, or as far as it goes, write its table and tell what came of it.
pub(super) async fn attend(
    shell: &Shell,
    engine: &Engine,
    job: Job,
    mut folder: RunFolder,
    ending: Ending,
) -> Outcome {
    let began = engine.morket.clock().monotonic();
    let id = job.id;
    let (job, halt) =
        progress::watched(shell, engine, id, ending.wait).await.map_err(|mut failure| {
            failure.message.push_str(&format!("; go on with: morket resume {id}"));
            failure
        })?;
    let seconds = engine.morket.clock().monotonic().saturating_sub(began).as_secs();
    let mut meta = folder.meta()?;
    let console = &shell.console;
    if meta.single {
        single(shell, engine, &job).await?;
    } else {
        let lost =
            write(engine, &job, &folder, &meta, ending.force).await.map_err(|it| again(it, id))?;
        if lost > 0 {
            console.note(&format!(
                "{lost} values hold letters that the file's encoding lacks; they are `?` there."
            ));
        }
        meta.written = true;
        folder.save(&meta)?;
    }
    let summary = Summary::of(engine, job).await?;
    if !meta.single || !console.json {
        console.note(&summary.table());
    }
    for (provider, it) in engine.morket.engine().worker().unheard() {
        let (times, why) = (count(it.times, "time"), shown(&unreached(&it.why)));
        console.note(&format!("{provider} gave no answer {times}; the last time: {why}."));
    }
    if meta.output != Path::new("-") {
        console.note(&format!("Written to {}.", meta.output.display()));
    }
    let exit = exit(&summary, halt, ending.min_fill);
    let hints = match halt {
        Halt::Lost => lost::hints(&shell.keys, &summary.job).await?,
        _ => hints(&summary, halt, exit),
    };
    for line in hints {
        console.note(&line);
    }
    if console.json {
        let table_out = meta.output == Path::new("-") && !meta.single;
        console.last(&summary.line(seconds)?, table_out)?;
    }
    Ok(exit)
}

async fn write(
    engine: &Engine,
    job: &Job,
    folder: &RunFolder,
    meta: &Meta,
    force: bool,
) -> Result<u64, Failure> {
    let place = Place::begin(&meta.output, force || meta.written)?;
    Renderer::new(engine, job, meta.look)?.write(folder, meta, place).await
}

/// The table could not be written, and the run is none the worse for it.
fn again(mut failure: Failure, id: JobId) -> Failure {
    if failure.exit != Exit::Ok {
        let hint = "; nothing is lost, write it elsewhere with: morket export";
        failure.message.push_str(&format!("{hint} {id} -o FILE"));
    }
    failure
}

/// The cells of a single row: a table, or a line each.
async fn single(shell: &Shell, engine: &Engine, job: &Job) -> Result<(), Failure> {
    let cells = engine.morket.store().cells(engine.workspace, job.id, 0..1).await?;
    let heads = ["field", "value", "result", "reason", "provider"];
    let cells = cells.iter().map(|row| &row.cell);
    let told = cells.map(|it| {
        let word = story::word(it.status);
        (it, word, story::reason(it, &[]), story::supplier(it))
    });
    if shell.console.json {
        for (it, result, reason, provider) in told {
            let line = json!({ "field": it.field, "value": it.value, "result": result,
                               "reason": reason, "provider": provider });
            shell.console.data(&line.to_string())?;
        }
        return Ok(());
    }
    let rows = told.map(|(it, result, reason, provider)| {
        let value = it.value.as_ref().map(plain).unwrap_or_default();
        let (reason, provider) = (reason.unwrap_or_default(), provider.unwrap_or_default());
        [it.field.to_string(), value, result.to_owned(), reason, provider]
    });
    shell.console.data(&table(heads, rows))
}

/// The exit code: the first that applies.
fn exit(summary: &Summary, halt: Halt, min_fill: Option<u64>) -> Exit {
    let unfinished = [CellStatus::Failed, CellStatus::Pending, CellStatus::Cancelled];
    let unfinished: u64 = unfinished.iter().map(|it| summary.cells(*it)).sum();
    let found = summary.cells(CellStatus::Found);
    let fill = (found * 100).checked_div(summary.total()).unwrap_or(100);
    match halt {
        Halt::Interrupted => Exit::Interrupted,
        Halt::Lost => Exit::Keys,
        Halt::Waits => Exit::Partial,
        Halt::Ended if summary.over_budget() > 0 => Exit::OverBudget,
        Halt::Ended if unfinished > 0 => Exit::Partial,
        Halt::Ended if min_fill.is_some_and(|least| fill < least) => Exit::Partial,
        Halt::Ended => Exit::Ok,
    }
}

pub(super) fn hints(summary: &Summary, halt: Halt, exit: Exit) -> Vec<String> {
    let id = summary.job.id;
    let waiting = shown(&summary.job.waiting.join(", "));
    let resume = format!("Go on with: morket resume {id}");
    let why = match halt {
        Halt::Ended => match exit {
            Exit::OverBudget => {
                format!("{} cells were left out: over budget.", summary.over_budget())
            }
            Exit::Partial if summary.cells(CellStatus::Failed) > 0 => {
                return vec![format!("Some cells failed: morket errors {id}")];
            }
            _ => return Vec::new(),
        },
        Halt::Lost => return Vec::new(),
        Halt::Waits if waiting.is_empty() => {
            "No row came to its end for as long as --max-wait allows.".to_owned()
        }
        Halt::Waits => format!("Rows wait for {waiting}."),
        Halt::Interrupted => "Interrupted; what was paid for is kept.".to_owned(),
    };
    match halt {
        Halt::Ended => vec![why],
        _ => vec![why, resume],
    }
}
