//! `plan` and `enrich`.

use super::{
    attend,
    prepare::{Prepared, prepare},
    sample::sample,
};
use crate::{
    args::RunArgs,
    exit::{Exit, Failure, Outcome},
    rows::Records,
    run::Engine,
    shell::{Shell, span},
    summary::Summary,
    table::Place,
    wish,
};
use morket::{JobId, job::Job};
use std::{ops::ControlFlow, path::Path};

/// What it would do; exit 3 when the worst case exceeds the budget.
pub(super) async fn plan(shell: &Shell, args: &RunArgs) -> Outcome {
    let engine = shell.engine().await?;
    let prepared = prepare(shell, &engine, args).await.map_err(in_verbs)?;
    let excess = show(shell, &prepared, true)?;
    prepared.folder.discard();
    Ok(if excess.is_some() { Exit::OverBudget } else { Exit::Ok })
}

/// Says what it would do: as data for `plan`, beside the data for a run. Where it is too much.
fn show(shell: &Shell, prepared: &Prepared, data: bool) -> Result<Option<String>, Failure> {
    let estimate = prepared.estimate.as_ref();
    let excess = estimate.map(|it| wish::excess(&prepared.plan, it)).transpose()?.flatten();
    match (data, shell.console.json) {
        (true, true) => shell.console.data(&prepared.json().to_string())?,
        (true, false) => shell.console.data(&prepared.tell())?,
        (false, true) => {}
        (false, false) => shell.console.note(&prepared.tell()),
    }
    if let Some(excess) = &excess {
        shell.console.note(&format!("Over budget: {excess}."));
    }
    Ok(excess)
}

/// Plan, ask, run, write.
pub(super) async fn enrich(shell: &Shell, args: &RunArgs) -> Outcome {
    let wait = span("--max-wait", &args.max_wait)?;
    let min_fill = args.min_fill.as_deref().map(percent).transpose()?;
    if args.dry_run {
        return plan(shell, args).await;
    }
    let engine = shell.engine().await?;
    shell.expire(&engine).await?;
    let mut it = prepare(shell, &engine, args).await.map_err(in_verbs)?;
    if !it.meta.single {
        Place::check(&it.meta.output, args.out.force)?;
    }
    show(shell, &it, false)?;
    if it.shape.rows == 0 {
        return empty(shell, &it, args.out.force);
    }
    consent(shell, &it)?;
    let base = match args.sample {
        None => None,
        Some(rows) => match sample(shell, &engine, &mut it, rows, wait).await? {
            ControlFlow::Continue(sample) => Some(sample),
            ControlFlow::Break(exit) => return Ok(exit),
        },
    };
    it.folder.save(&it.meta)?;
    let job = submit(&engine, &it, base).await?;
    let ending = attend::Ending { wait, force: args.out.force, min_fill };
    attend::attend(shell, &engine, job, it.folder, ending).await
}

async fn submit(engine: &Engine, it: &Prepared, base: Option<JobId>) -> Result<Job, Failure> {
    let name = it.meta.input.as_deref().and_then(Path::file_name);
    let name = name.map(|it| it.to_string_lossy().chars().take(100).collect());
    let records = Records::open(&it.folder.input(), &it.recorder)?;
    Ok(engine.submit(it.id, &it.plan, name, (None, base), records).await?)
}

/// Nothing spends what nobody agreed to.
fn consent(shell: &Shell, it: &Prepared) -> Result<(), Failure> {
    let console = &shell.console;
    if console.yes || (!console.can_ask() && wish::is_bounded(&it.plan)) {
        return Ok(());
    }
    if !console.can_ask() {
        let problem = "nobody is here to ask: add --budget 25usd (or hunter=500), or --yes";
        return Err(Failure::usage(problem));
    }
    match console.confirm("Go on?")? {
        true => Ok(()),
        false => Err(Failure { exit: Exit::Error, message: "nothing was run".to_owned() }),
    }
}

/// A file without rows is given back as it is, with its new columns' names.
fn empty(shell: &Shell, it: &Prepared, force: bool) -> Outcome {
    use crate::{output, rows, table::Writer};
    let reader = rows::open(&it.folder.input())?;
    let columns = output::layout(&it.plan.want, reader.names(), &it.recorder, it.meta.look);
    let place = Place::begin(&it.meta.output, force)?;
    let mut writer = Writer::new(place, reader.dialect(), reader.names(), it.shape.width, columns);
    writer.header(reader.header())?;
    writer.finish()?.commit()?;
    shell.console.note("There are no rows; only the header was written.");
    if shell.console.json {
        let table_out = it.meta.output == Path::new("-");
        shell.console.last(&Summary::line_of_nothing()?, table_out)?;
    }
    Ok(Exit::Ok)
}

fn percent(text: &str) -> Result<u64, Failure> {
    let number = text.trim().trim_end_matches('%').parse().ok().filter(|it| *it <= 100);
    number.ok_or_else(|| Failure::usage(format!("--min-fill: `{text}` must look like 50%")))
}

/// What a plan calls a key or a price has a verb or a flag here; whoever has no key yet is told how
/// to set one.
fn in_verbs(mut failure: Failure) -> Failure {
    let quoted = |text: &str| text.rsplit('`').nth(1).map(str::to_owned);
    if let Some(before) = failure.message.strip_suffix("has no key; set one, or take it out") {
        let slug = quoted(before).unwrap_or_default();
        failure.message = format!("{before}has no key: `morket keys set {slug}`, or take it out");
    }
    if let Some((before, slug)) = failure.message.split_once("set prices.") {
        failure.message = format!(
            "{before}add --price {slug}=0.05usd, with what a unit costs you, or the name of your \
             plan there (`morket providers list`)"
        );
    }
    if failure.message.contains("no provider with a key") {
        failure.message.push_str(
            "; set one with `morket keys set PROVIDER` (`morket providers list`), or see it work \
             without any: `morket try`",
        );
    }
    failure
}
