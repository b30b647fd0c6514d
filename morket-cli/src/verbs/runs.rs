//! `runs`, `export`, `cancel`.

use super::retry::relooked;
use crate::{
    args::{ExportArgs, OneRun},
    console::table,
    exit::{Exit, Outcome},
    folder::RunFolder,
    output::Renderer,
    shell::Shell,
    story::minute,
    table::Place,
};
use morket::job::Job;
use serde_json::json;
use std::time::Duration;

/// The newest hundred.
const SHOWN: usize = 100;

pub(super) async fn list(shell: &Shell) -> Outcome {
    let engine = shell.engine().await?;
    let jobs = engine.newest().await?;
    let left = engine.interrupted(&jobs).await?;
    if shell.console.json {
        for job in &jobs {
            let line = json!({
                "run": job.id.to_string(), "name": job.name,
                "status": status(job, left.contains_key(&job.id)),
                "rows": job.counts.total, "done": job.counts.done(), "waiting": job.waiting,
                "interruptedFor": left.get(&job.id).map(Duration::as_secs),
                "createdAt": job.created_at.to_string(),
            });
            shell.console.data(&line.to_string())?;
        }
        return Ok(Exit::Ok);
    }
    if jobs.is_empty() {
        shell.console.note("No runs yet. See one: morket try");
        return Ok(Exit::Ok);
    }
    let rows = jobs.iter().take(SHOWN).map(|job| {
        let done = format!("{}/{}", job.counts.done(), job.counts.total);
        let status = status(job, left.contains_key(&job.id));
        let waits = format!("waits for {}", job.waiting.join(", "));
        let state = match (job.waiting.is_empty() || job.state.is_terminal(), status) {
            (true, status) => status.to_owned(),
            (false, INTERRUPTED) => format!("{INTERRUPTED}, {waits}"),
            (false, _) => waits,
        };
        let at = minute(job.created_at);
        [job.id.to_string(), at, job.name.clone().unwrap_or_default(), done, state]
    });
    shell.console.data(&table(["run", "begun", "name", "rows", "state"], rows))?;
    match left.len() {
        0 => {}
        1 => {
            let run = left.keys().map(ToString::to_string).collect::<String>();
            shell.console.note(&format!("Go on with what was interrupted: morket resume {run}"));
        }
        _ => shell.console.note("Go on with what was interrupted: morket resume RUN"),
    }
    Ok(Exit::Ok)
}

/// A run that was begun and that nobody is at.
const INTERRUPTED: &str = "interrupted";

fn status(job: &Job, left: bool) -> &'static str {
    if left { INTERRUPTED } else { job.state.as_str() }
}

pub(super) async fn export(shell: &Shell, args: &ExportArgs) -> Outcome {
    let engine = shell.engine().await?;
    let job = shell.find_run(&engine, &args.run).await?;
    let folder = RunFolder::find(&shell.runs(), job.id)?;
    let meta = relooked(folder.meta()?, &args.out);
    let target = args.out.output.clone().unwrap_or_else(|| meta.output.clone());
    let streams = target == std::path::Path::new("-");
    let place = Place::begin(&target, args.out.force)?;
    let lost = Renderer::new(&engine, &job, meta.look)?.write(&folder, &meta, place).await?;
    if lost > 0 {
        let note = "values hold letters that the file's encoding lacks; they are `?` there.";
        shell.console.note(&format!("{lost} {note}"));
    }
    if !streams {
        shell.console.note(&format!("Written to {}.", target.display()));
    }
    if shell.console.json {
        let line = json!({ "run": job.id.to_string(), "output": target, "lost": lost });
        shell.console.last(&line.to_string(), streams)?;
    }
    Ok(Exit::Ok)
}

pub(super) async fn cancel(shell: &Shell, args: &OneRun) -> Outcome {
    let engine = shell.engine().await?;
    let job = shell.find_run(&engine, &args.run).await?;
    let done = engine.morket.store().cancel_job(engine.workspace, job.id).await?;
    let state = match done.leased {
        0 => done.job.state.as_str().to_owned(),
        some => format!("stopping; {some} batches are being let go"),
    };
    if shell.console.json {
        let line = json!({ "run": job.id.to_string(), "status": done.job.state.as_str(),
                           "leased": done.leased });
        shell.console.data(&line.to_string())?;
    } else {
        shell.console.note(&format!("Run {}: {state}.", job.id));
    }
    Ok(Exit::Ok)
}
