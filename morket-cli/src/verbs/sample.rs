//! `--sample`: some of the rows first, of every kind that the file has. What it buys is not bought
//! again, and what it costs is off the budget.

use super::{attend, lost, prepare::Prepared, progress, retry::excerpt};
use crate::{
    exit::{Exit, Failure},
    folder::Meta,
    rows::Records,
    run::{Engine, Halt},
    shell::Shell,
    summary::Summary,
    wish,
};
use morket::{
    JobId, MicroUsd, VendorUnits,
    engine::{Measured, Strata},
    job::Job,
    plan::Plan,
};
use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    time::Duration,
};

/// Run the sample, show what came of it and what all rows would come to, and ask: how it ends
/// there, or the run that all rows go on from.
pub(super) async fn sample(
    shell: &Shell,
    engine: &Engine,
    it: &mut Prepared,
    rows: u32,
    wait: Duration,
) -> Result<ControlFlow<Exit, JobId>, Failure> {
    let began = engine.morket.clock().monotonic();
    let job = submit(shell, engine, it, rows).await?;
    let id = job.id;
    let (job, halt) = progress::watched(shell, engine, id, wait).await.map_err(|it| Failure {
        message: format!("{}; go on with: morket resume {id}", it.message),
        ..it
    })?;
    let summary = Summary::of(engine, job).await?;
    let of = summary.job.counts.total;
    shell.console.note(&format!("Sample of {of} rows:\n{}", summary.table()));
    if let Some(exit) = stopped(shell, &summary, halt).await? {
        if shell.console.json {
            let seconds = engine.morket.clock().monotonic().saturating_sub(began).as_secs();
            let table_out = it.meta.output == Path::new("-") && !it.meta.single;
            shell.console.last(&summary.line(seconds)?, table_out)?;
        }
        return Ok(ControlFlow::Break(exit));
    }
    let program = engine.compile_again(&summary.job)?;
    let (store, sampled) = (engine.morket.store().as_ref(), (&summary.job, &program));
    let measured = Measured::read(store, engine.workspace, sampled, it.shape.rows).await?;
    shell.console.note(&forecast(&measured)?);
    less(&mut it.plan, &summary)?;
    if shell.console.can_ask() && !shell.console.yes && !shell.console.confirm("Run all rows?")? {
        shell.console.note(&format!(
            "Only the sample was run; none of it is bought again. Its table: morket export {id}"
        ));
        return Ok(ControlFlow::Break(Exit::Ok));
    }
    Ok(ControlFlow::Continue(id))
}

/// The sample, as a run of its own: it can be gone on with, looked at and exported like others.
async fn submit(shell: &Shell, engine: &Engine, it: &Prepared, rows: u32) -> Result<Job, Failure> {
    let program = engine.compile(&it.plan)?;
    let mut strata = Strata::of(&program);
    for record in Records::open(&it.folder.input(), &it.recorder)? {
        strata.add(&record);
    }
    let chosen = strata.choose(rows)?;
    let id = engine.new_id();
    let mut folder = shell.new_folder(id)?;
    excerpt(&it.folder, &folder, &chosen)?;
    // The user's file stays that of the whole run: its rows have other numbers.
    folder.save(&Meta { input: None, output: beside(&it.meta.output), ..it.meta.clone() })?;
    let records = Records::open(&folder.input(), &it.recorder)?;
    Ok(engine.submit(id, &it.plan, Some("sample".to_owned()), (None, None), records).await?)
}

/// Where the sample's own table would go: `leads.enriched.sample.csv`.
fn beside(output: &Path) -> PathBuf {
    if output == Path::new("-") {
        return output.to_owned();
    }
    let extension = output.extension().map_or_else(|| "csv".into(), |it| it.to_string_lossy());
    output.with_extension(format!("sample.{extension}"))
}

/// How it ends where the sample did not come to its end, and what to do then.
async fn stopped(shell: &Shell, summary: &Summary, halt: Halt) -> Result<Option<Exit>, Failure> {
    let exit = match halt {
        Halt::Ended => return Ok(None),
        Halt::Lost => Exit::Keys,
        Halt::Waits => Exit::Partial,
        Halt::Interrupted => Exit::Interrupted,
    };
    let hints = match halt {
        Halt::Lost => lost::hints(&shell.keys, &summary.job).await?,
        _ => attend::hints(summary, halt, exit),
    };
    for line in hints {
        shell.console.note(&line);
    }
    let rest = "No other row was asked about. The same command again runs all rows, and buys \
                nothing of the sample twice.";
    shell.console.note(rest);
    Ok(Some(exit))
}

/// What all rows would come to if they fare as the sample did.
fn forecast(it: &Measured) -> Result<String, Failure> {
    let fill = it.fields.iter().map(|it| {
        let percent = (it.found * 100).checked_div(it.of).unwrap_or(0);
        let between = it.fill.map(|it| (it.low / 10_000, it.high.div_ceil(10_000)));
        let between = between.map(|(low, high)| format!(" ({low}–{high} %)")).unwrap_or_default();
        format!("{} {percent}%{between}", it.field)
    });
    let fill = fill.collect::<Vec<_>>().join(", ");
    let cost = match it.usd()?.zip(it.usd_for_all()?) {
        None => "unknown without prices (--price)".to_owned(),
        Some((usd, all)) => format!("about {all} USD, of which {usd} USD are spent"),
    };
    Ok(format!("All {} rows, if they fare as these did: {fill}; cost {cost}.", it.rows))
}

/// The budget without what was spent.
fn less(plan: &mut Plan, spent: &Summary) -> Result<(), Failure> {
    if let Some(text) = &plan.budget.job {
        let usd = morket::plan::parse_usd("budget", text)?;
        let left = MicroUsd(usd.0.saturating_sub(spent.usd.unwrap_or(usd).0).max(0));
        plan.budget.job = Some(format!("{left}usd"));
    }
    for (slug, text) in &mut plan.budget.units {
        let used = spent.providers.get(slug).map_or(VendorUnits::ZERO, |it| it.units);
        if let Some(all) = wish::units(text) {
            *text = VendorUnits(all.0.saturating_sub(used.0).max(0)).to_string();
        }
    }
    Ok(())
}
