//! `--sample`: some of the rows first, of every kind that the file has. What it buys is not bought
//! again, and what it costs is off the budget.

use super::{lost, prepare::Prepared, progress};
use crate::{
    exit::{Exit, Failure},
    rows::Records,
    run::{Engine, Halt},
    shell::Shell,
    summary::Summary,
    wish,
};
use morket::{MicroUsd, VendorUnits, plan::Plan};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Run the sample, show what came of it and what all rows would come to, and ask.
pub(super) async fn sample(
    shell: &Shell,
    engine: &Engine,
    it: &mut Prepared,
    rows: u32,
    wait: Duration,
) -> Result<(), Failure> {
    let open = || Records::open(&it.folder.input(), &it.recorder);
    let mut kinds: BTreeMap<Vec<String>, Vec<u32>> = BTreeMap::new();
    for (index, record) in (0_u32..).zip(open()?) {
        kinds.entry(known(&record)).or_default().push(index);
    }
    let chosen = choose(&kinds.into_values().collect::<Vec<_>>(), rows);
    let records = (0_u32..).zip(open()?).filter(|(index, _)| chosen.contains(index));
    let records = records.map(|(_, record)| record);
    let name = Some("sample".to_owned());
    let job = engine.submit(engine.new_id(), &it.plan, name, None, records).await?;
    let (job, halt) = progress::watched(shell, engine, job.id, wait).await?;
    let summary = Summary::of(engine, job).await?;
    let of = summary.job.counts.total;
    shell.console.note(&format!("Sample of {of} rows:\n{}", summary.table()));
    if halt == Halt::Lost {
        let message = lost::hints(&shell.keys, &summary.job).await?.join("\n");
        return Err(Failure { exit: Exit::Keys, message });
    }
    if halt != Halt::Ended {
        let message =
            format!("the sample did not come to its end: morket resume {}", summary.job.id);
        return Err(Failure { exit: Exit::Partial, message });
    }
    shell.console.note(&forecast(&summary, it.shape.rows)?);
    less(&mut it.plan, &summary)?;
    if shell.console.can_ask() && !shell.console.yes && !shell.console.confirm("Run all rows?")? {
        return Err(Failure { exit: Exit::Error, message: "only the sample was run".to_owned() });
    }
    Ok(())
}

/// What is known of a row: rows of which the same is known fare alike.
fn known(record: &Value) -> Vec<String> {
    record.as_object().map(|it| it.keys().cloned().collect()).unwrap_or_default()
}

/// So many rows: of each kind its share, spread over the file.
fn choose(kinds: &[Vec<u32>], rows: u32) -> BTreeSet<u32> {
    let all: usize = kinds.iter().map(Vec::len).sum();
    let wanted = (rows.max(1) as usize).min(all);
    let mut chosen = BTreeSet::new();
    let (mut seen, mut given) = (0, 0);
    for kind in kinds {
        seen += kind.len();
        // What is due by now, less what was given: shares add up to what was wanted.
        let share = (seen * wanted).div_ceil(all.max(1)) - given;
        given += share;
        chosen.extend((0..share).map(|at| kind[at * kind.len() / share]));
    }
    chosen
}

/// What all rows would come to if they fare as the sample did.
fn forecast(summary: &Summary, rows: u64) -> Result<String, Failure> {
    let of = u64::from(summary.job.counts.total).max(1);
    let fill = summary.fields.iter().map(|(field, (found, all))| {
        let percent = (found * 100).checked_div(*all).unwrap_or(0);
        format!("{field} {percent}%")
    });
    let fill = fill.collect::<Vec<_>>().join(", ");
    let cost = match summary.usd {
        None => "unknown without prices (--price)".to_owned(),
        Some(usd) => {
            let all = i128::from(usd.0) * i128::from(rows) / i128::from(of);
            let all = i64::try_from(all).unwrap_or(i64::MAX);
            format!("about {} USD, of which {usd} USD are spent", MicroUsd(all))
        }
    };
    Ok(format!("All {rows} rows, if they fare as these did: {fill}; cost {cost}."))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_row_has_its_share() {
        let even: Vec<u32> = (0..1_000).filter(|it| it % 10 != 0).collect();
        let rare: Vec<u32> = (0..1_000).step_by(10).collect();
        let chosen = choose(&[even, rare.clone()], 40);
        assert_eq!(chosen.len(), 40);
        assert_eq!(chosen.iter().filter(|it| rare.contains(it)).count(), 4);
        assert!(chosen.last().is_some_and(|it| *it > 900), "it reaches the end of the file");
        for (kinds, rows, expected) in [
            (vec![vec![0, 1, 2]], 40, 3),
            (vec![vec![0], vec![1], vec![2]], 1, 1),
            (vec![], 5, 0),
            (vec![vec![0, 1]], 0, 1),
        ] {
            assert_eq!(choose(&kinds, rows).len(), expected, "{kinds:?}");
        }
    }
}
