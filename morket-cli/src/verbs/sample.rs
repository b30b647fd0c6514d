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
use morket::{MicroUsd, VendorUnits, job::Job, plan::Plan};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::Duration,
};

/// Run the sample, show what came of it and what all rows would come to, and ask. Where it ends
/// with that, how.
pub(super) async fn sample(
    shell: &Shell,
    engine: &Engine,
    it: &mut Prepared,
    rows: u32,
    wait: Duration,
) -> Result<Option<Exit>, Failure> {
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
        return Ok(Some(exit));
    }
    shell.console.note(&forecast(&summary, it.shape.rows)?);
    less(&mut it.plan, &summary)?;
    if shell.console.can_ask() && !shell.console.yes && !shell.console.confirm("Run all rows?")? {
        shell.console.note(&format!(
            "Only the sample was run; none of it is bought again. Its table: morket export {id}"
        ));
        return Ok(Some(Exit::Ok));
    }
    Ok(None)
}

/// The sample, as a run of its own: it can be gone on with, looked at and exported like others.
async fn submit(shell: &Shell, engine: &Engine, it: &Prepared, rows: u32) -> Result<Job, Failure> {
    let mut kinds: BTreeMap<Vec<String>, Vec<u32>> = BTreeMap::new();
    for (index, record) in (0_u32..).zip(Records::open(&it.folder.input(), &it.recorder)?) {
        kinds.entry(known(&record)).or_default().push(index);
    }
    let chosen = choose(&kinds.into_values().collect::<Vec<_>>(), rows);
    let id = engine.new_id();
    let mut folder = shell.new_folder(id)?;
    excerpt(&it.folder, &folder, &chosen)?;
    // The user's file stays that of the whole run: its rows have other numbers.
    folder.save(&Meta { input: None, output: beside(&it.meta.output), ..it.meta.clone() })?;
    let records = Records::open(&folder.input(), &it.recorder)?;
    Ok(engine.submit(id, &it.plan, Some("sample".to_owned()), None, records).await?)
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
