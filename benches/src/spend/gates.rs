//! Both figures, and what they must be.

use super::{
    list,
    matrix::{Matrix, Row},
    naive::Naive,
    ours::{Found, Side},
    pace::{self, LANES},
    stage::{Bill, Stage},
};
use anyhow::{Context, Result, ensure};
use morket::{MicroUsd, VendorUnits, plan::Program};
use serde_json::{Value, json};
use std::future::Future;

/// The most that may be spent for what the naive side spends a thousand for, over all rows.
const OVER_ALL: i64 = 750;

/// The least of what vendors allow that must be made use of, in thousandths.
const LEAST_PACE: u64 = 950;

/// How much is measured.
#[derive(Clone, Copy, Debug, Default)]
pub struct Effort {
    /// People in each row of the matrix, where its file is not to decide.
    pub rows: Option<usize>,
    /// The world, likewise.
    pub seed: Option<u64>,
    /// Minutes at each vendor's limit; without any, the pace is not measured.
    pub minutes: usize,
}

/// What one row of the matrix came to.
struct Compared {
    name: String,
    accepted: usize,
    ours: Bill,
    naive: Bill,
    /// Both sides in millionths of a dollar, where every vendor of the row has a price.
    usd: Option<(MicroUsd, MicroUsd)>,
}

/// Measure; the report, and the gates that were missed.
pub fn run(effort: Effort) -> Result<(Value, Vec<String>)> {
    let matrix = Matrix::committed()?;
    let seed = effort.seed.unwrap_or(matrix.seed);
    let count = effort.rows.unwrap_or(matrix.rows).max(20);
    let (mut rows, mut missed) = (Vec::new(), Vec::new());
    for row in &matrix.all {
        let compared = in_no_time(compare(row, &matrix, seed, count))?;
        rows.push(compared.with_context(|| row.name.clone())?);
    }
    let mut report = json!({ "name": "spend", "seed": seed, "rows": count });
    report["matrix"] = rows.iter().map(|it| it.report(&mut missed)).collect();
    report["overall"] = over_all(&rows, &mut missed);
    let mut lanes = Vec::new();
    for lane in LANES.into_iter().filter(|_| effort.minutes > 0) {
        let pace = in_no_time(pace::measure(lane, seed, effort.minutes.max(2)))??;
        let name = format!("{}/{}", lane.vendor.slug(), lane.operation);
        if pace.throttled > 0 {
            missed.push(format!("{name}: {} calls were turned away", pace.throttled));
        }
        if pace.share() < LEAST_PACE {
            missed.push(format!("{name}: {} of a thousand of its limit", pace.share()));
        }
        lanes.push(json!({ "operation": name, "calls": pace.calls, "throttled": pace.throttled,
            "publishedPerHour": pace.published, "reachedPerHour": pace.reached,
            "share": thousandths(i64::try_from(pace.share())?) }));
    }
    report["pace"] = Value::Array(lanes);
    Ok((report, missed))
}

/// Under a clock that nobody waits for.
fn in_no_time<T>(future: impl Future<Output = T>) -> Result<T> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_time().start_paused(true).build()?.block_on(future))
}

/// Both sides of one row, each before vendors who have not been asked anything.
async fn compare(row: &Row, matrix: &Matrix, seed: u64, count: usize) -> Result<Compared> {
    let plan = row.plan(matrix)?;
    let stage = || Stage::new(row.world(seed)?, "paid");
    let ours = stage()?;
    let people = list::rows(ours.vendors.world(), row.shape(count));
    let found = Side::new(&ours, &plan, people.clone()).await?.run().await?;
    let naive = stage()?;
    let asked = Naive::new(&naive, &plan)?;
    let by_hand = asked.run(&people).await?;
    same_fill(&found, &by_hand)?;
    let (ours, naive) = (ours.bill(), naive.bill());
    let usd = in_dollars(&asked.program, &ours).zip(in_dollars(&asked.program, &naive));
    Ok(Compared { name: row.name.clone(), accepted: found.len(), ours, naive, usd })
}

/// Neither side found anything that the other did not.
fn same_fill(ours: &Found, naive: &Found) -> Result<()> {
    ensure!(!ours.is_empty(), "nothing was found at all");
    let differs =
        |(cell, value): &(&(usize, String), &Value), other: &Found| other.get(cell) != Some(value);
    let lacking = naive.iter().find(|it| differs(it, ours));
    let beyond = ours.iter().find(|it| differs(it, naive));
    ensure!(lacking.is_none(), "field by field finds {lacking:?}, the engine does not");
    ensure!(beyond.is_none(), "the engine finds {beyond:?}, field by field does not");
    Ok(())
}

/// A bill in dollars, where every vendor of the plan has a price.
fn in_dollars(program: &Program, bill: &Bill) -> Option<MicroUsd> {
    bill.iter().try_fold(MicroUsd::ZERO, |sum, (slug, units)| {
        let op = program.ops.iter().find(|it| it.provider.as_str() == *slug)?;
        sum.plus(op.usd_per_unit?.for_units(*units).ok()?).ok()
    })
}

fn total(bill: &Bill) -> i64 {
    bill.values().map(|it| it.0).sum()
}

/// A part of a whole, in thousandths, rounded up: a gate is not met by rounding.
fn part(of: i64, whole: i64) -> i64 {
    match whole {
        0 if of == 0 => 1_000,
        0 => i64::MAX,
        _ => (of * 1_000 + whole - 1) / whole,
    }
}

fn thousandths(part: i64) -> f64 {
    part as f64 / 1_000.0
}

impl Compared {
    /// Its line of the report. Units of different vendors are different things, so none may cost
    /// more than on the naive side.
    fn report(&self, missed: &mut Vec<String>) -> Value {
        for (slug, ours) in &self.ours {
            let naive = self.naive.get(slug).copied().unwrap_or(VendorUnits::ZERO);
            if *ours > naive {
                missed.push(format!("{}: {slug} bills {ours}, by hand {naive}", self.name));
            }
        }
        let each = |bill: &Bill| -> Value {
            bill.iter().map(|(slug, it)| ((*slug).to_owned(), json!(thousandths(it.0)))).collect()
        };
        let accepted = i64::try_from(self.accepted).unwrap_or(i64::MAX).max(1);
        let per_value = |bill: &Bill| thousandths(total(bill) / accepted);
        let ratio = part(total(&self.ours), total(&self.naive));
        json!({ "name": self.name, "accepted": self.accepted, "ratio": thousandths(ratio),
            "unitsPerValue": { "ours": per_value(&self.ours), "naive": per_value(&self.naive) },
            "units": { "ours": each(&self.ours), "naive": each(&self.naive) },
            "microUsd": self.usd.map(|(ours, naive)| json!({ "ours": ours.0, "naive": naive.0 })) })
    }
}

/// All rows together: in units, and in dollars over the rows that have a price. Fill is equal, so
/// the ratio of what was spent is that of what a value costs.
fn over_all(rows: &[Compared], missed: &mut Vec<String>) -> Value {
    let sum = |bill: fn(&Compared) -> &Bill| rows.iter().map(|it| total(bill(it))).sum::<i64>();
    let units = part(sum(|it| &it.ours), sum(|it| &it.naive));
    let priced = rows.iter().filter_map(|it| it.usd);
    let (ours, naive) = priced.fold((0, 0), |sum, it| (sum.0 + it.0.0, sum.1 + it.1.0));
    let usd = part(ours, naive);
    for (what, ratio) in [("units", units), ("dollars", usd)] {
        if ratio > OVER_ALL {
            missed.push(format!("over all, in {what}: {ratio} of a thousand, at most {OVER_ALL}"));
        }
    }
    let accepted: usize = rows.iter().map(|it| it.accepted).sum();
    json!({ "accepted": accepted, "ratio": thousandths(units), "ratioUsd": thousandths(usd),
        "gate": thousandths(OVER_ALL) })
}
