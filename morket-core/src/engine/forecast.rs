//! What a plan may be expected to come to, where there is a history to go by: intervals, never a
//! tidy number, and nothing at all where nobody was asked yet.

use super::history::{Fared, History, Share, WHOLE};
use crate::{
    MicroUsd, Result, VendorUnits,
    name::{FieldName, ProviderSlug},
    plan::{Chain, Op, OpIx, Program},
};
use serde::Serialize;
use std::{collections::BTreeMap, fmt};

/// What a plan may be expected to come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Forecast {
    /// By wanted field, in plan order.
    pub fields: Vec<FieldForecast>,
    /// What vendors may bill, in the order they are first asked; nothing, if somebody of them was
    /// never asked for what the plan wants of them.
    pub spend: Option<Vec<SpendForecast>>,
}

/// How many of the rows that are asked about get a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldForecast {
    /// The field.
    pub field: FieldName,
    /// Their share; nothing, where somebody who may be asked has no history.
    pub fill: Option<Share>,
    /// How many rows that is a share of: those whose first question is not answered yet.
    pub rows: u64,
    /// What that rests on, in plan order.
    pub rests_on: Vec<(ProviderSlug, Fared)>,
}

/// What a vendor may bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpendForecast {
    /// Who.
    pub provider: ProviderSlug,
    /// At least and at most so many records.
    pub calls: (u64, u64),
    /// At least and at most so many of its units.
    pub units: (VendorUnits, VendorUnits),
    /// The same in dollars, where its price is known.
    pub usd: Option<(MicroUsd, MicroUsd)>,
}

impl Forecast {
    /// What is said where there is no history.
    pub const UNKNOWN: &str = "unknown: run a sample";

    /// What vendors may bill in dollars, at least and at most; nothing where a price is not known.
    pub fn usd(&self) -> Result<Option<(MicroUsd, MicroUsd)>> {
        let all = self.spend.iter().flatten().map(|it| it.usd);
        let Some(all) = all.collect::<Option<Vec<_>>>().filter(|_| self.spend.is_some()) else {
            return Ok(None);
        };
        let (least, most) = (all.iter().map(|it| it.0), all.iter().map(|it| it.1));
        Ok(Some((MicroUsd::sum(least)?, MicroUsd::sum(most)?)))
    }
}

impl FieldForecast {
    /// The fewest times that one of those it rests on was asked.
    pub fn sample(&self) -> u64 {
        self.rests_on.iter().map(|(_, fared)| fared.asked).min().unwrap_or(0)
    }
}

impl fmt::Display for FieldForecast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sample() > 0 && self.rows == 0 {
            return f.write_str("nobody is asked");
        }
        let Some(fill) = self.fill else { return f.write_str(Forecast::UNKNOWN) };
        let (low, high) = (fill.low / 10_000, fill.high.div_ceil(10_000));
        let rests = self.rests_on.iter().map(|(by, it)| format!("{} at {by}", it.asked));
        let rests = rests.collect::<Vec<_>>().join(", ");
        write!(f, "{low}–{high} % (after {rests})")
    }
}

/// At least and at most, in parts of a million.
#[derive(Clone, Copy, Debug, Default)]
struct Range {
    low: u128,
    high: u128,
}

/// How likely something is, at least and at most.
#[derive(Clone, Copy)]
struct Odds {
    low: u64,
    high: u64,
}

impl Odds {
    /// And that this does not happen, where it may be tried.
    fn but_not(self, it: Share, tried: Tried) -> Self {
        let misses = |odds: u64, hit: u64| odds * (WHOLE - hit) / WHOLE;
        let most = misses(self.high, it.low) + u64::from(it.low > 0);
        Self {
            low: misses(self.low, it.high),
            high: if tried == Tried::Surely { most.min(self.high) } else { self.high },
        }
    }
}

/// Whether a step is tried, once its turn has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tried {
    /// What it needs is known.
    Surely,
    /// What it needs may be found first, or it is answered from what is kept.
    Perhaps,
}

/// A field of a row that is open, and how its steps stand.
#[derive(Clone, Debug)]
pub(super) struct Open<'a> {
    pub(super) chain: &'a Chain,
    pub(super) tried: Vec<Tried>,
    /// There is a value, and it is verified first.
    pub(super) verifies: bool,
    /// What would be asked first is answered by what is kept.
    pub(super) kept: bool,
}

impl Open<'_> {
    /// Whether a step is tried once its turn has come: what is kept may be the end of it.
    fn tried(&self, at: usize) -> Tried {
        if self.kept { Tried::Perhaps } else { self.tried[at] }
    }

    /// The step that is not asked, because its answer is kept.
    fn spared(&self) -> Option<usize> {
        let first = self.tried.iter().position(|it| *it == Tried::Surely);
        first.filter(|_| self.kept && !self.verifies)
    }
}

/// What the rows that were looked at add up to.
#[derive(Debug, Default)]
pub(super) struct Tally {
    /// By field: how many rows, and how many of them get it.
    fill: BTreeMap<u16, (u64, Range)>,
    /// By operation: how often it is asked.
    calls: BTreeMap<u16, Range>,
}

impl Tally {
    /// One more row. A field of which the first answer is kept, or that is there already, says
    /// nothing of how many rows get it.
    pub(super) fn add(&mut self, program: &Program, history: &History, row: &[Open<'_>]) {
        let mut asked: BTreeMap<u16, Vec<Odds>> = BTreeMap::new();
        for open in row {
            let (chain, spared) = (open.chain, open.spared());
            let field = &program.field(chain.field).name;
            let once = if open.verifies && !open.kept { WHOLE } else { 0 };
            let mut verified = Odds { low: once, high: once };
            let mut reach = Odds { low: if open.verifies { 0 } else { WHOLE }, high: WHOLE };
            for (at, step) in chain.steps.iter().enumerate() {
                let (fared, tried) =
                    (history.of(field, &program.op(*step).provider), open.tried(at));
                let Some(taken) = Share::of(fared.accepted, fared.asked) else { continue };
                let low = if tried == Tried::Surely { reach.low } else { 0 };
                if spared != Some(at) {
                    asked.entry(step.0).or_default().push(Odds { low, ..reach });
                }
                verified.high += reach.high;
                reach = reach.but_not(taken, tried);
            }
            if let Some(verifier) = chain.verifier {
                asked.entry(verifier.0).or_default().push(verified);
            }
            if !open.kept && !open.verifies {
                let (rows, fill) = self.fill.entry(chain.field.0).or_default();
                *rows += 1;
                fill.low += u128::from(WHOLE - reach.high);
                fill.high += u128::from(WHOLE - reach.low);
            }
        }
        for (op, odds) in asked {
            // One call serves as many fields as want it; a verifier is asked for each candidate.
            let most: u64 = odds.iter().map(|it| it.high).sum();
            let bound =
                if program.op(OpIx(op)).operation.verifies.is_some() { most } else { WHOLE };
            let range = self.calls.entry(op).or_default();
            range.low += u128::from(odds.iter().map(|it| it.low).max().unwrap_or(0));
            range.high += u128::from(most.min(bound));
        }
    }

    /// What it comes to.
    pub(super) fn told(&self, program: &Program, history: &History) -> Result<Forecast> {
        let asked = program.chains.iter().filter(|it| !it.steps.is_empty());
        let fields: Vec<_> = asked.map(|it| self.field(program, history, it)).collect();
        let known = program.chains.iter().all(|it| is_known(program, history, it));
        let spend = known.then(|| self.spend(program, history)).transpose()?;
        Ok(Forecast { fields, spend })
    }

    fn field(&self, program: &Program, history: &History, chain: &Chain) -> FieldForecast {
        let field = program.field(chain.field).name.clone();
        let rests_on = chain.steps.iter().map(|step| {
            let provider = program.op(*step).provider.clone();
            let fared = history.of(&field, &provider);
            (provider, fared)
        });
        let rests_on: Vec<_> = rests_on.collect();
        let counted = self.fill.get(&chain.field.0).filter(|(rows, _)| *rows > 0);
        let share = |all: u128, rows: u64| u64::try_from(all / u128::from(rows)).unwrap_or(WHOLE);
        let fill = counted.filter(|_| is_known(program, history, chain)).map(|(rows, it)| Share {
            low: share(it.low, *rows),
            high: share(it.high + u128::from(*rows) - 1, *rows),
        });
        let rows = self.fill.get(&chain.field.0).map_or(0, |it| it.0);
        FieldForecast { field, fill, rows, rests_on }
    }

    fn spend(&self, program: &Program, history: &History) -> Result<Vec<SpendForecast>> {
        let mut all: Vec<SpendForecast> = Vec::new();
        for (ix, calls) in &self.calls {
            let op = program.op(OpIx(*ix));
            let (least, most) = cost(program, history, OpIx(*ix), op);
            let units = |calls: u128, cost: u128, up: bool| {
                let (exact, whole) = (calls * cost, u128::from(WHOLE) * u128::from(WHOLE));
                let units = if up { exact.div_ceil(whole) } else { exact / whole };
                VendorUnits(i64::try_from(units).unwrap_or(i64::MAX))
            };
            let units = (units(calls.low, least, false), units(calls.high, most, true));
            let usd = op.spend(units.0)?.usd.zip(op.spend(units.1)?.usd);
            let whole = u128::from(WHOLE);
            let count = |all: u128| u64::try_from(all).unwrap_or(u64::MAX);
            let calls = (count(calls.low / whole), count(calls.high.div_ceil(whole)));
            let provider = op.provider.clone();
            let more = SpendForecast { provider, calls, units, usd };
            match all.iter_mut().find(|it| it.provider == more.provider) {
                Some(known) => known.add(&more)?,
                None => all.push(more),
            }
        }
        Ok(all)
    }
}

impl SpendForecast {
    /// Another operation of the same provider.
    fn add(&mut self, more: &Self) -> Result<()> {
        self.calls = (self.calls.0 + more.calls.0, self.calls.1 + more.calls.1);
        self.units = (self.units.0.plus(more.units.0)?, self.units.1.plus(more.units.1)?);
        self.usd = match (self.usd, more.usd) {
            (Some(a), Some(b)) => Some((a.0.plus(b.0)?, a.1.plus(b.1)?)),
            _ => None,
        };
        Ok(())
    }
}

/// Whether everybody who may be asked for a field was asked for it before.
fn is_known(program: &Program, history: &History, chain: &Chain) -> bool {
    let field = &program.field(chain.field).name;
    chain.steps.iter().all(|it| history.of(field, &program.op(*it).provider).asked > 0)
}

/// What an operation bills for one record, at least and at most, in parts of a million of its
/// milli-units: by how often it had an answer.
fn cost(program: &Program, history: &History, ix: OpIx, op: &Op) -> (u128, u128) {
    let billing = &op.operation.billing;
    let price = |units: VendorUnits| u128::from(units.0.max(0).unsigned_abs());
    let (answer, miss) = (price(billing.answer), price(billing.miss));
    let asks = |it: &&Chain| it.steps.contains(&ix);
    let shares = program.chains.iter().filter(asks).filter_map(|chain| {
        let fared = history.of(&program.field(chain.field).name, &op.provider);
        Share::of(fared.answered, fared.asked)
    });
    let verifies = program.chains.iter().any(|it| it.verifier == Some(ix));
    let any = verifies.then_some(Share { low: 0, high: WHOLE });
    let shares: Vec<Share> = shares.chain(any).collect();
    let at = |share: u64| {
        let (hits, whole) = (u128::from(share), u128::from(WHOLE));
        hits * answer + (whole - hits) * miss
    };
    let ends = shares.iter().flat_map(|it| [at(it.low), at(it.high)]);
    (ends.clone().min().unwrap_or(0), ends.max().unwrap_or(0))
}
