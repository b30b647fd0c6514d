//! What came of a run: the last line for scripts, a table for people.

use crate::{
    console::{count, table},
    exit::Failure,
    run::Engine,
};
use morket::{
    CallId, MicroUsd, VendorUnits,
    job::{
        CellSource, CellStatus, Job, JobState, Scope, SpendTotal, SpendUnit, StepOutcome, StepRow,
    },
    name::{FieldName, ProviderSlug},
    plan::Program,
};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// What one provider did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Provider {
    /// Calls made for this run.
    pub calls: BTreeSet<CallId>,
    /// Steps of these calls that were accepted.
    pub hits: u64,
    /// Steps of these calls that came to nothing.
    pub misses: u64,
    /// What it billed, in its units.
    pub units: VendorUnits,
    /// The same in dollars, where its price is known.
    pub usd: Option<MicroUsd>,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The run.
    pub job: Job,
    /// Cells by how they came out, `Pending` included.
    pub cells: BTreeMap<CellStatus, u64>,
    /// Cells by field: found, and all.
    pub fields: BTreeMap<FieldName, (u64, u64)>,
    /// Cells by field that are not decided yet.
    pub open: BTreeMap<FieldName, u64>,
    /// Cells that were not paid for again.
    pub cached: u64,
    /// Cells by reason, where there is one.
    pub reasons: BTreeMap<String, u64>,
    /// By provider.
    pub providers: BTreeMap<ProviderSlug, Provider>,
    /// All spend in dollars; nothing where a price is not known.
    pub usd: Option<MicroUsd>,
}

/// Records are read so many at a time.
const PIECE: u32 = 1_000;

impl Summary {
    /// Of a run as it stands.
    pub async fn of(engine: &Engine, job: Job) -> Result<Self, Failure> {
        let program = engine.compile_again(&job)?;
        let mut summary = Self {
            cells: BTreeMap::new(),
            fields: BTreeMap::new(),
            open: BTreeMap::new(),
            cached: 0,
            reasons: BTreeMap::new(),
            providers: BTreeMap::new(),
            usd: None,
            job,
        };
        for chain in &program.chains {
            let all = u64::from(summary.job.counts.total);
            let field = &program.field(chain.field).name;
            summary.fields.insert(field.clone(), (0, all));
            summary.open.insert(field.clone(), all);
        }
        for op in &program.ops {
            summary.providers.entry(op.provider.clone()).or_default();
        }
        for first in (0..summary.job.counts.total).step_by(PIECE as usize) {
            summary.count(engine, first).await?;
        }
        let all: u64 = summary.fields.values().map(|(_, all)| all).sum();
        let decided: u64 = summary.cells.values().sum();
        *summary.cells.entry(CellStatus::Pending).or_default() += all.saturating_sub(decided);
        summary.spend(engine, &program).await?;
        Ok(summary)
    }

    async fn count(&mut self, engine: &Engine, first: u32) -> Result<(), Failure> {
        let (store, id) = (engine.morket.store(), self.job.id);
        let range = first..first.saturating_add(PIECE);
        let steps = store.steps(engine.workspace, id, range.clone()).await?;
        let asked = Asked::of(&self.job, &steps);
        for row in store.cells(engine.workspace, id, range).await? {
            let cell = row.cell;
            *self.cells.entry(cell.status).or_default() += 1;
            self.cached += u64::from(match cell.status {
                CellStatus::Found => {
                    matches!(cell.source, Some(CellSource::Cache | CellSource::Sample))
                }
                CellStatus::NoResult => asked.only_before(cell.index, &cell.field),
                _ => false,
            });
            if let Some(open) = self.open.get_mut(&cell.field) {
                *open -= u64::from(cell.status != CellStatus::Pending);
            }
            if let Some((found, _)) = self.fields.get_mut(&cell.field) {
                *found += u64::from(cell.status == CellStatus::Found);
            }
            if let Some(reason) = cell.reason {
                *self.reasons.entry(reason).or_default() += 1;
            }
        }
        for row in &steps {
            let step = &row.step;
            let it = self.providers.entry(step.provider.clone()).or_default();
            // What was paid for before is no work of this run: its values would look cheap.
            if step.call.is_some_and(|call| !self.job.made(call)) {
                continue;
            }
            it.calls.extend(step.call);
            match step.outcome {
                StepOutcome::Accepted => it.hits += 1,
                StepOutcome::Miss | StepOutcome::Rejected => it.misses += 1,
                _ => {}
            }
        }
        Ok(())
    }

    async fn spend(&mut self, engine: &Engine, program: &Program) -> Result<(), Failure> {
        let store = engine.morket.store();
        let counter = |provider: Option<ProviderSlug>, unit| SpendTotal {
            scope: Scope::Job,
            job: Some(self.job.id),
            provider,
            day: None,
            unit,
        };
        let usd = store.spent(engine.workspace, counter(None, SpendUnit::Usd)).await?;
        let mut known = true;
        for op in &program.ops {
            let units = counter(Some(op.provider.clone()), SpendUnit::Units);
            let units = VendorUnits(store.spent(engine.workspace, units).await?);
            let it = self.providers.entry(op.provider.clone()).or_default();
            it.units = units;
            it.usd = op.usd_per_unit.map(|price| price.for_units(units)).transpose()?;
            known &= it.usd.is_some() || units == VendorUnits::ZERO;
        }
        self.usd = known.then_some(MicroUsd(usd));
        Ok(())
    }

    /// How many cells came out so.
    pub fn cells(&self, status: CellStatus) -> u64 {
        self.cells.get(&status).copied().unwrap_or(0)
    }

    /// How many cells there are.
    pub fn total(&self) -> u64 {
        self.fields.values().map(|(_, all)| all).sum()
    }

    /// Cells that were skipped because the budget ended.
    pub fn over_budget(&self) -> u64 {
        self.reasons.get("over_budget").copied().unwrap_or(0)
    }

    /// The line that scripts read.
    pub fn line(&self, seconds: u64) -> Result<String, Failure> {
        let providers = self.providers.iter().map(|(slug, it)| {
            let cost = ProviderCost {
                calls: it.calls.len() as u64,
                units: number(&it.units)?,
                usd: it.usd.as_ref().map(number).transpose()?,
            };
            Ok((slug.as_str(), cost))
        });
        let line = Line {
            run: Some(self.job.id.to_string()),
            status: self.job.state.as_str(),
            rows: u64::from(self.job.counts.total),
            cells: self.total(),
            found: self.cells(CellStatus::Found),
            no_result: self.cells(CellStatus::NoResult),
            skipped: self.cells(CellStatus::Skipped),
            failed: self.cells(CellStatus::Failed),
            cancelled: self.cells(CellStatus::Cancelled),
            pending: self.cells(CellStatus::Pending),
            cached: self.cached,
            cost: Cost {
                usd: self.usd.as_ref().map(number).transpose()?,
                by_provider: providers.collect::<Result<_, Failure>>()?,
            },
            charged: None,
            seconds,
        };
        serde_json::to_string(&line).map_err(|error| Failure::error(error.to_string()))
    }

    /// The same for a file without rows, of which there is no run.
    pub fn line_of_nothing() -> Result<String, Failure> {
        let usd = Some(number(&MicroUsd::ZERO)?);
        let line = Line {
            run: None,
            status: JobState::Completed.as_str(),
            rows: 0,
            cells: 0,
            found: 0,
            no_result: 0,
            skipped: 0,
            failed: 0,
            cancelled: 0,
            pending: 0,
            cached: 0,
            cost: Cost { usd, by_provider: BTreeMap::new() },
            charged: None,
            seconds: 0,
        };
        serde_json::to_string(&line).map_err(|error| Failure::error(error.to_string()))
    }

    /// The table that people read.
    pub fn table(&self) -> String {
        // What is not decided yet says nothing of how much is found.
        let waits = self.open.values().any(|it| *it > 0);
        let fields = self.fields.iter().map(|(field, (found, all))| {
            let open = self.open.get(field).copied().unwrap_or(0);
            let percent = (found * 100).checked_div(all.saturating_sub(open)).unwrap_or(0);
            let pending = waits.then(|| open.to_string());
            let row = [Some(field.to_string()), Some(found.to_string()), Some(all.to_string())];
            row.into_iter().chain([pending, Some(format!("{percent}%"))]).flatten().collect()
        });
        let fields: Vec<Vec<String>> = fields.collect();
        let heads: &[&str] = match waits {
            true => &["field", "found", "of", "pending", "fill"],
            false => &["field", "found", "of", "fill"],
        };
        let filled = table(heads.iter().copied(), fields);
        let providers = self.providers.iter().map(|(slug, it)| {
            let usd = it.usd.map_or_else(|| "price unknown".to_owned(), |it| format!("{it} USD"));
            let hits = i64::try_from(it.hits).unwrap_or(i64::MAX);
            let each = it.usd.and_then(|usd| usd.0.checked_div(hits));
            let each = each.map_or_else(|| "-".to_owned(), |it| format!("{} USD", MicroUsd(it)));
            let (calls, units) = (it.calls.len().to_string(), it.units.to_string());
            [slug.to_string(), calls, it.hits.to_string(), it.misses.to_string(), units, usd, each]
        });
        let heads = ["provider", "calls", "hits", "misses", "units", "cost", "per value"];
        let known = match self.cached {
            0 => String::new(),
            some => format!("\n{} known already, at no cost.", count(some, "cell")),
        };
        format!("{filled}\n\n{}{known}", table(heads, providers))
    }
}

/// An exact amount as a number of JSON.
fn number(amount: &impl ToString) -> Result<Box<RawValue>, Failure> {
    RawValue::from_string(amount.to_string()).map_err(|error| Failure::error(error.to_string()))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    run: Option<String>,
    status: &'a str,
    rows: u64,
    cells: u64,
    found: u64,
    no_result: u64,
    skipped: u64,
    failed: u64,
    cancelled: u64,
    pending: u64,
    cached: u64,
    cost: Cost<'a>,
    charged: Option<u64>,
    seconds: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Cost<'a> {
    usd: Option<Box<RawValue>>,
    by_provider: BTreeMap<&'a str, ProviderCost>,
}

/// For which cells somebody was asked: for this run, or only before it.
struct Asked<'a> {
    now: BTreeSet<(u32, &'a str)>,
    ever: BTreeSet<(u32, &'a str)>,
}

impl<'a> Asked<'a> {
    fn of(job: &Job, steps: &'a [StepRow]) -> Self {
        let (mut now, mut ever) = (BTreeSet::new(), BTreeSet::new());
        for StepRow { step, .. } in steps {
            // A verifier's step belongs to the field that it verifies.
            let field = step.field.as_str().split("__").next().unwrap_or_default();
            let Some(call) = step.call else { continue };
            ever.insert((step.index, field));
            if job.made(call) {
                now.insert((step.index, field));
            }
        }
        Self { now, ever }
    }

    fn only_before(&self, index: u32, field: &FieldName) -> bool {
        let cell = (index, field.as_str());
        self.ever.contains(&cell) && !self.now.contains(&cell)
    }
}

#[derive(Serialize)]
struct ProviderCost {
    calls: u64,
    units: Box<RawValue>,
    usd: Option<Box<RawValue>>,
}
