//! `spend`: what vendors billed.

use crate::{
    args::{SpendArgs, SpendBy},
    console::table,
    exit::{Exit, Failure, Outcome},
    run::Engine,
    shell::{Shell, span},
    summary::Summary,
};
use morket::{MicroUsd, VendorUnits, job::Job, page::Limit};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// All runs, as long as `wanted` says so, newest first.
async fn all(engine: &Engine, wanted: impl Fn(&Job) -> bool) -> Result<Vec<Job>, Failure> {
    let (mut jobs, mut after) = (Vec::new(), None);
    loop {
        let page = engine.morket.store().jobs(engine.workspace, after, Limit::default()).await?;
        after = page.next;
        let (before, found) = (jobs.len(), page.rows.len());
        jobs.extend(page.rows.into_iter().take_while(|it| wanted(it)));
        if after.is_none() || jobs.len() < before + found {
            return Ok(jobs);
        }
    }
}

/// What was billed under one name.
#[derive(Debug)]
struct Sum {
    calls: u64,
    /// Nothing where it would add up units of several vendors.
    units: Option<VendorUnits>,
    /// Nothing where a price is not known.
    usd: Option<MicroUsd>,
}

impl Sum {
    fn add(&mut self, calls: u64, units: VendorUnits, usd: Option<MicroUsd>) -> morket::Result<()> {
        self.calls += calls;
        self.units = self.units.map(|it| it.plus(units)).transpose()?;
        // What cost nothing needs no price.
        let usd = usd.or_else(|| (units == VendorUnits::ZERO).then_some(MicroUsd::ZERO));
        self.usd = self.usd.zip(usd).map(|(a, b)| a.plus(b)).transpose()?;
        Ok(())
    }

    fn json(&self) -> Value {
        json!({ "calls": self.calls, "units": self.units.map(|it| it.to_string()),
                "usd": self.usd.map(|it| it.to_string()) })
    }
}

pub(super) async fn spend(shell: &Shell, args: &SpendArgs) -> Outcome {
    let since = span("--since", &args.since)?;
    let engine = shell.engine().await?;
    let from = engine.morket.clock().now().before(since);
    let (mut sums, mut counted) = (BTreeMap::<String, Sum>::new(), BTreeSet::new());
    for job in all(&engine, |job| job.created_at >= from).await? {
        let run = job.id.to_string();
        let day: String = job.created_at.to_string().chars().take(10).collect();
        for (slug, it) in Summary::of(&engine, job).await?.providers {
            let name = match args.by {
                SpendBy::Provider => slug.to_string(),
                SpendBy::Run => run.clone(),
                SpendBy::Day => day.clone(),
            };
            let units = (args.by == SpendBy::Provider).then_some(VendorUnits::ZERO);
            let zero = || Sum { calls: 0, units, usd: Some(MicroUsd::ZERO) };
            // Runs beside each other are served by one call; each may tell it, and it is one.
            let calls = match args.by {
                SpendBy::Run => it.calls.len(),
                _ => it.calls.into_iter().filter(|call| counted.insert(*call)).count(),
            } as u64;
            sums.entry(name).or_insert_with(zero).add(calls, it.units, it.usd)?;
        }
    }
    tell(shell, args.by, &from.to_string(), &sums)
}

fn tell(shell: &Shell, by: SpendBy, from: &str, sums: &BTreeMap<String, Sum>) -> Outcome {
    let (key, head) = match by {
        SpendBy::Provider => ("byProvider", "provider"),
        SpendBy::Run => ("byRun", "run"),
        SpendBy::Day => ("byDay", "day"),
    };
    if shell.console.json {
        let by: BTreeMap<&String, Value> =
            sums.iter().map(|(name, it)| (name, it.json())).collect();
        shell.console.data(&json!({ "since": from, key: by }).to_string())?;
        return Ok(Exit::Ok);
    }
    if sums.is_empty() {
        shell.console.note(&format!("No run since {from}."));
        return Ok(Exit::Ok);
    }
    let rows = sums.iter().map(|(name, it)| {
        let usd = it.usd.map_or_else(|| "price unknown".to_owned(), |it| format!("{it} USD"));
        let units = it.units.map_or_else(|| "-".to_owned(), |it| it.to_string());
        [name.clone(), it.calls.to_string(), units, usd]
    });
    shell.console.data(&table([head, "calls", "units", "cost"], rows))?;
    Ok(Exit::Ok)
}
