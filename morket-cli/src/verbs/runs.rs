//! `runs`, `export`, `errors`, `cancel`.

use super::retry::relooked;
use crate::{
    args::{ExportArgs, OneRun},
    console::table,
    exit::{Exit, Outcome},
    folder::RunFolder,
    output::Renderer,
    shell::Shell,
    table::Place,
};
use morket::{
    MicroUsd, VendorUnits,
    job::{CellStatus, StepOutcome},
    name::ProviderSlug,
    page::Limit,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// The newest hundred.
const SHOWN: usize = 100;

pub(super) async fn list(shell: &Shell) -> Outcome {
    let engine = shell.engine().await?;
    let page = Limit::new(Limit::MAX)?;
    let jobs = engine.morket.store().jobs(engine.workspace, None, page).await?.rows;
    if shell.console.json {
        for job in &jobs {
            let line = json!({
                "run": job.id.to_string(), "name": job.name, "status": job.state.as_str(),
                "rows": job.counts.total, "done": job.counts.done(), "waiting": job.waiting,
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
        let state = match job.waiting.is_empty() || job.state.is_terminal() {
            true => job.state.as_str().to_owned(),
            false => format!("waits for {}", job.waiting.join(", ")),
        };
        let at = job.created_at.to_string().chars().take(16).collect();
        [job.id.to_string(), at, job.name.clone().unwrap_or_default(), done, state]
    });
    shell.console.data(&table(["run", "begun", "name", "rows", "state"], rows))?;
    Ok(Exit::Ok)
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

/// What failed: rows by cause and provider.
#[derive(Debug, Default)]
struct Group {
    rows: BTreeSet<u32>,
    steps: u64,
}

pub(super) async fn errors(shell: &Shell, args: &OneRun) -> Outcome {
    let engine = shell.engine().await?;
    let job = shell.find_run(&engine, &args.run).await?;
    let program = engine.compile_again(&job)?;
    let mut groups: BTreeMap<(String, ProviderSlug), Group> = BTreeMap::new();
    let mut cells = 0_u64;
    for first in (0..job.counts.total).step_by(1_000) {
        let range = first..first.saturating_add(1_000);
        let store = engine.morket.store();
        for row in store.steps(engine.workspace, job.id, range.clone()).await? {
            let Some(cause) = cause(row.step.outcome) else { continue };
            let group = groups.entry((cause.to_owned(), row.step.provider)).or_default();
            group.rows.insert(row.step.index);
            group.steps += 1;
        }
        let rows = store.cells(engine.workspace, job.id, range).await?;
        cells += rows.iter().filter(|it| it.cell.status == CellStatus::Failed).count() as u64;
    }
    let worst = |provider: &ProviderSlug, steps: u64| {
        let op = program.ops.iter().find(|it| it.provider == *provider)?;
        let steps = i64::try_from(steps).ok()?;
        let units = op.operation.billing.worst().times(steps).ok()?;
        let usd = op.usd_per_unit.and_then(|price| price.for_units(units).ok());
        Some((units, usd))
    };
    let described: Vec<_> = groups
        .iter()
        .map(|((cause, provider), group)| (cause, provider, group, worst(provider, group.steps)))
        .collect();
    if shell.console.json {
        for (cause, provider, group, worst) in described {
            let (units, usd) = worst.unzip();
            let line = json!({
                "cause": cause, "provider": provider, "rows": group.rows.len(),
                "steps": group.steps, "maybeBilled": cause == "ambiguous",
                "retryUnits": units.map(|it| it.to_string()),
                "retryUsd": usd.flatten().map(|it| it.to_string()),
            });
            shell.console.data(&line.to_string())?;
        }
        return Ok(Exit::Ok);
    }
    if groups.is_empty() {
        shell.console.note("Nothing failed.");
        return Ok(Exit::Ok);
    }
    let rows = described.into_iter().map(|(cause, provider, group, worst)| {
        let cost = worst.map_or_else(String::new, |(units, usd)| amount(units, usd));
        let billed = if cause == "ambiguous" { format!("up to {cost}") } else { "no".to_owned() };
        let rows = group.rows.len().to_string();
        [cause.clone(), provider.to_string(), rows, billed, format!("up to {cost}")]
    });
    let heads = ["cause", "provider", "rows", "maybe billed", "trying again"];
    shell.console.data(&table(heads, rows))?;
    if cells > 0 {
        let causes: BTreeSet<&str> = groups.keys().map(|(cause, _)| cause.as_str()).collect();
        let causes = causes.into_iter().collect::<Vec<_>>().join(",");
        shell.console.note(&format!("Try again with: morket retry {} --only {causes}", job.id));
    }
    Ok(Exit::Ok)
}

fn amount(units: VendorUnits, usd: Option<MicroUsd>) -> String {
    usd.map_or_else(|| format!("{units} units"), |usd| format!("{usd} USD"))
}

/// The word for a step that failed.
fn cause(outcome: StepOutcome) -> Option<&'static str> {
    Some(match outcome {
        StepOutcome::AuthFailed => "auth",
        StepOutcome::PlanLacks => "plan",
        StepOutcome::OutOfCredits => "out_of_credits",
        StepOutcome::RateLimited => "rate_limited",
        StepOutcome::Transient => "transient",
        StepOutcome::Ambiguous => "ambiguous",
        _ => return None,
    })
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
