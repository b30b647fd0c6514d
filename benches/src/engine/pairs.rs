//! Runs of both sides in turn, and the ratio between neighbours: what survives a busy machine.

use crate::fakes::Fakes;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::Command};

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Pairs of runs.
    pub pairs: usize,
    /// Records of each run.
    pub records: usize,
}

/// The sides, and the most processor time each may take for what the plain loop takes one of.
const SIDES: [(&str, f64); 2] = [("memory", 1.0), ("sqlite", 1.4)];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Taken {
    records: usize,
    cpu_micros: u64,
    wall_micros: u64,
    found: BTreeMap<usize, String>,
    steps_per_second: Option<f64>,
}

/// Measure; the report, and the gates that were missed.
pub fn run(effort: Effort) -> Result<(Value, Vec<String>)> {
    let fakes = Fakes::start(1, None)?;
    let mut ratios: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut rates: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut steps: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for pair in 0..effort.pairs {
        let plain = side("plain", &fakes, effort.records)?;
        note(&mut rates, "plain", &plain);
        for (name, _) in SIDES {
            let ours = side(name, &fakes, effort.records)?;
            agree(&plain, &ours).with_context(|| format!("pair {pair}, {name}"))?;
            ratios.entry(name).or_default().push(ours.cpu_micros as f64 / plain.cpu_micros as f64);
            note(&mut rates, name, &ours);
            steps.entry(name).or_default().extend(ours.steps_per_second);
        }
    }
    let mut report = json!({ "name": "engine", "records": effort.records, "pairs": effort.pairs });
    let mut missed = Vec::new();
    for (name, gate) in SIDES {
        let sorted = sorted(ratios.remove(name).unwrap_or_default());
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::INFINITY);
        if median > gate {
            missed.push(format!("{name}: {median:.2} times the plain loop's, at most {gate}"));
        }
        let ends = [sorted.first().copied(), sorted.last().copied()].map(|it| it.map(round));
        report[name] = json!({ "ratio": round(median), "min": ends[0], "max": ends[1],
            "gate": gate });
    }
    for (what, each) in [("recordsPerSecond", rates), ("stepsPerSecond", steps)] {
        for (name, each) in each {
            let sorted = sorted(each);
            let median = sorted.get(sorted.len() / 2).context("nothing was measured")?;
            report[what][name] = json!(median.round());
        }
    }
    Ok((report, missed))
}

/// What the engine found is what the plain loop read; of somebody else it takes nothing.
fn agree(plain: &Taken, ours: &Taken) -> Result<()> {
    let wrong = ours.found.iter().find(|(at, email)| plain.found.get(at) != Some(*email));
    ensure!(wrong.is_none(), "{wrong:?} is not what was answered");
    let least = plain.found.len() * 9 / 10;
    ensure!(ours.found.len() >= least, "{} found of {}", ours.found.len(), plain.found.len());
    ensure!(ours.records == plain.records, "not the same rows");
    Ok(())
}

fn note<'a>(rates: &mut BTreeMap<&'a str, Vec<f64>>, name: &'a str, taken: &Taken) {
    let rate = taken.records as f64 / taken.wall_micros as f64 * 1e6;
    rates.entry(name).or_default().push(rate);
}

fn side(name: &str, fakes: &Fakes, records: usize) -> Result<Taken> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["subject", "--side", name, "--seed", "1", "--address", &fakes.address]);
    let output = command.args(["--records", &records.to_string()]).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "the side {name} ended badly: {told}");
    let text = String::from_utf8(output.stdout)?;
    serde_json::from_str(text.lines().last().context("it said nothing")?).context(text.clone())
}

fn sorted(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    values
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}
