//! `why`: the story of one cell.

use crate::{
    args::WhyArgs,
    console::shown,
    exit::{Exit, Failure, Outcome},
    output,
    run::Engine,
    shell::Shell,
    story,
};
use morket::{field::Catalogue, job::Job, name::FieldName};
use serde_json::json;
use std::path::Path;

pub(super) async fn why(shell: &Shell, args: &WhyArgs) -> Outcome {
    let field = Catalogue::standard().named(&args.field)?.name.clone();
    let (ending, index) = output::parse_row_id(&args.row).ok_or_else(|| {
        let problem = "must be what stands in morket_row_id, or a number from 1";
        Failure::usage(format!("--row: `{}` {problem}", args.row))
    })?;
    let engine = shell.engine().await?;
    let job = match (ending, Path::new(&args.file)) {
        (Some(ending), _) => shell.find_run(&engine, ending).await?,
        (None, file) if file.is_file() => {
            let missing = || Failure::error(format!("{} was not run from here", args.file));
            engine.job(shell.run_of_file(file).ok_or_else(missing)?).await?
        }
        (None, file) if file.components().count() > 1 || file.extension().is_some() => {
            return Err(Failure::usage(format!("{} is no file", args.file)));
        }
        (None, _) => shell.find_run(&engine, &args.file).await?,
    };
    let story = tell(&engine, &job, index, &field).await?;
    if shell.console.json {
        let cells = engine.morket.store().cells(engine.workspace, job.id, index..index + 1).await?;
        let cell = cells.into_iter().find(|it| it.cell.field == field).map(|it| it.cell);
        let line = cell.map(|it| {
            json!({ "run": job.id.to_string(), "row": index + 1, "field": it.field,
                    "result": story::word(it.status), "value": it.value, "reason": it.reason,
                    "provider": it.provider, "detail": it.detail })
        });
        shell.console.data(&line.unwrap_or_default().to_string())?;
    } else {
        shell.console.data(&story)?;
    }
    Ok(Exit::Ok)
}

/// The story of a cell, as lines.
pub(super) async fn tell(
    engine: &Engine,
    job: &Job,
    index: u32,
    field: &FieldName,
) -> Result<String, Failure> {
    if index >= job.counts.total {
        let problem = format!("row {} is not there; the run has {}", index + 1, job.counts.total);
        return Err(Failure::usage(problem));
    }
    let (store, range) = (engine.morket.store(), index..index + 1);
    let program = engine.compile_again(job)?;
    let wanted = program.chains.iter().any(|it| program.field(it.field).name == *field);
    if !wanted {
        return Err(Failure::usage(format!("{field} was not wanted in run {}", job.id)));
    }
    let cells = store.cells(engine.workspace, job.id, range.clone()).await?;
    let steps = store.steps(engine.workspace, job.id, range).await?;
    let Some(row) = cells.into_iter().find(|it| it.cell.field == *field) else {
        return Ok(format!("{field}: pending; the run has not come to it"));
    };
    let lines = story::why(&program, job, &row.cell, &steps);
    Ok(lines.iter().map(|it| shown(it)).collect::<Vec<_>>().join("\n"))
}
