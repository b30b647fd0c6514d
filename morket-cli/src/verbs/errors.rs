//! `errors`: what failed, by cause and provider, and what it would cost to try again.

use crate::{
    args::OneRun,
    console::table,
    exit::{Exit, Failure, Outcome},
    shell::Shell,
    story,
};
use morket::{
    CallId, MicroUsd, VendorUnits,
    job::{CellStatus, Job, StepOutcome, StepWrite},
    name::{FieldName, ProviderSlug},
    plan::Program,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// What failed of a provider for one cause.
#[derive(Debug, Default)]
struct Group {
    rows: BTreeSet<u32>,
    steps: u64,
    /// What was asked: a call that was to fill several fields of a row is one question.
    asked: BTreeSet<(u32, Result<CallId, FieldName>)>,
    units: VendorUnits,
    /// Nothing where a price is not known.
    usd: Option<MicroUsd>,
}

impl Group {
    fn add(&mut self, program: &Program, step: StepWrite) {
        if self.steps == 0 {
            self.usd = Some(MicroUsd::ZERO);
        }
        self.rows.insert(step.index);
        self.steps += 1;
        let worst = story::worst(program, &step);
        if !self.asked.insert((step.index, step.call.ok_or(step.field))) {
            return;
        }
        let (units, usd) = worst.unwrap_or((VendorUnits::ZERO, None));
        self.units = VendorUnits(self.units.0.saturating_add(units.0));
        self.usd = self.usd.zip(usd).map(|(sum, it)| MicroUsd(sum.0.saturating_add(it.0)));
    }

    fn amount(&self) -> String {
        let one = self.units == VendorUnits::whole(1);
        let units = || format!("{} unit{}", self.units, if one { "" } else { "s" });
        self.usd.map_or_else(units, |usd| format!("{usd} USD"))
    }
}

type Groups = BTreeMap<(&'static str, ProviderSlug), Group>;

pub(super) async fn errors(shell: &Shell, args: &OneRun) -> Outcome {
    let engine = shell.engine().await?;
    let job = shell.find_run(&engine, &args.run).await?;
    let program = engine.compile_again(&job)?;
    let mut groups = Groups::new();
    let mut cells = 0_u64;
    for first in (0..job.counts.total).step_by(1_000) {
        let range = first..first.saturating_add(1_000);
        let store = engine.morket.store();
        for row in store.steps(engine.workspace, job.id, range.clone()).await? {
            let Some(cause) = cause(row.step.outcome) else { continue };
            let group = groups.entry((cause, row.step.provider.clone())).or_default();
            group.add(&program, row.step);
        }
        let rows = store.cells(engine.workspace, job.id, range).await?;
        cells += rows.iter().filter(|it| it.cell.status == CellStatus::Failed).count() as u64;
    }
    match shell.console.json {
        true => lines(shell, &groups)?,
        false => tell(shell, &job, &groups, cells)?,
    }
    Ok(Exit::Ok)
}

fn lines(shell: &Shell, groups: &Groups) -> Result<(), Failure> {
    groups.iter().try_for_each(|((cause, provider), group)| {
        let line = json!({
            "cause": cause, "provider": provider, "rows": group.rows.len(),
            "steps": group.steps, "maybeBilled": *cause == "ambiguous",
            "retryUnits": group.units.to_string(),
            "retryUsd": group.usd.map(|it| it.to_string()),
        });
        shell.console.data(&line.to_string())
    })
}

fn tell(shell: &Shell, job: &Job, groups: &Groups, cells: u64) -> Result<(), Failure> {
    if groups.is_empty() {
        shell.console.note("Nothing failed.");
        return Ok(());
    }
    let rows = groups.iter().map(|((cause, provider), group)| {
        let cost = format!("up to {}", group.amount());
        let billed = if *cause == "ambiguous" { cost.clone() } else { "no".to_owned() };
        [(*cause).to_owned(), provider.to_string(), group.rows.len().to_string(), billed, cost]
    });
    let heads = ["cause", "provider", "rows", "maybe billed", "trying again"];
    shell.console.data(&table(heads, rows))?;
    if cells > 0 {
        let causes: BTreeSet<&str> = groups.keys().map(|(cause, _)| *cause).collect();
        let causes = causes.into_iter().collect::<Vec<_>>().join(",");
        shell.console.note(&format!("Try again with: morket retry {} --only {causes}", job.id));
    }
    Ok(())
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
