//! Which rows a sample takes, and what it tells of all of them.

use super::{history::Share, lookup};
use crate::{
    Error, MicroUsd, Result, Store, VendorUnits, WorkspaceId,
    job::{BASE, BATCH, CellStatus, Job, Scope, SpendTotal, SpendUnit},
    name::{FieldName, ProviderSlug},
    plan::Program,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Rows by what can be asked of them: those of which the same can fare alike. Four bytes a row.
#[derive(Clone, Debug)]
pub struct Strata<'a> {
    program: &'a Program,
    kinds: BTreeMap<Vec<bool>, Vec<u32>>,
    rows: u32,
}

impl<'a> Strata<'a> {
    /// No rows yet.
    pub fn of(program: &'a Program) -> Self {
        Self { program, kinds: BTreeMap::new(), rows: 0 }
    }

    /// The next row.
    pub fn add(&mut self, row: &Value) {
        let kind = self.kind(row);
        self.kinds.entry(kind).or_default().push(self.rows);
        self.rows = self.rows.saturating_add(1);
    }

    /// Which operations could be asked at once, and for which fields.
    fn kind(&self, row: &Value) -> Vec<bool> {
        let known = self.program.read(row);
        let value = |name: &str| self.program.value_of(&known, name);
        let asked = self.program.ops.iter().map(|op| lookup::inputs(op, &value).is_some());
        let open = self.program.open_chains(&known).unwrap_or_default();
        let wanted = self.program.chains.iter();
        let wanted = wanted.map(|chain| open.iter().any(|it| it.field == chain.field));
        asked.chain(wanted).collect()
    }

    /// The numbers of so many rows, or of all: of each kind its share, spread over all there are.
    /// The same rows in the same order make the same sample.
    pub fn choose(&self, wanted: u32) -> Result<BTreeSet<u32>> {
        if wanted > BASE {
            let problem = "at most 5,000 rows; what all others rest on is read again and again";
            return Err(Error::invalid("engine.sample", "rows", problem));
        }
        Ok(choose(self.kinds.values(), wanted))
    }
}

fn choose<'a>(kinds: impl Iterator<Item = &'a Vec<u32>> + Clone, wanted: u32) -> BTreeSet<u32> {
    let all: usize = kinds.clone().map(Vec::len).sum();
    let wanted = (wanted.max(1) as usize).min(all);
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

/// What a sample came to, and what all rows would if they fare as it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// How many rows it had.
    pub sampled: u32,
    /// How many there are, those of the sample among them.
    pub rows: u64,
    /// By wanted field, in plan order.
    pub fields: Vec<FieldMeasured>,
    /// What vendors billed, in the order they are first asked.
    pub spend: Vec<SpendMeasured>,
}

/// How many of the rows have got a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldMeasured {
    /// The field.
    pub field: FieldName,
    /// How many have it.
    pub found: u64,
    /// Of how many that have come to an end.
    pub of: u64,
    /// What that tells of all rows; nothing, where it is of none.
    pub fill: Option<Share>,
}

/// What a vendor billed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SpendMeasured {
    /// Who.
    pub provider: ProviderSlug,
    /// For the sample, in its units.
    pub units: VendorUnits,
    /// The same in dollars, where its price is known.
    pub usd: Option<MicroUsd>,
}

impl Measured {
    /// What this job, as far as it has come, tells of so many `rows`.
    pub async fn read(
        store: &dyn Store,
        workspace: WorkspaceId,
        (job, program): (&Job, &Program),
        rows: u64,
    ) -> Result<Self> {
        let sampled = job.counts.total;
        let mut counts: BTreeMap<FieldName, (u64, u64)> = BTreeMap::new();
        for first in (0..sampled).step_by(BATCH as usize) {
            let range = first..first.saturating_add(BATCH);
            for row in store.cells(workspace, job.id, range).await? {
                let (found, of) = counts.entry(row.cell.field).or_default();
                *found += u64::from(row.cell.status == CellStatus::Found);
                *of += u64::from(row.cell.status != CellStatus::Pending);
            }
        }
        let fields = program.chains.iter().map(|chain| {
            let field = program.field(chain.field).name.clone();
            let (found, of) = counts.get(&field).copied().unwrap_or_default();
            FieldMeasured { field, found, of, fill: Share::of(found, of) }
        });
        let fields = fields.collect();
        let spend = spend(store, workspace, job, program).await?;
        Ok(Self { sampled, rows, fields, spend })
    }

    /// What the sample cost in dollars; nothing where a price is not known.
    pub fn usd(&self) -> Result<Option<MicroUsd>> {
        let known = self.spend.iter().filter(|it| it.units != VendorUnits::ZERO).map(|it| it.usd);
        known.collect::<Option<Vec<_>>>().map(MicroUsd::sum).transpose()
    }

    /// What all rows would cost, those of the sample among them, if each cost as much as one of it.
    pub fn usd_for_all(&self) -> Result<Option<MicroUsd>> {
        let of_all = |usd: MicroUsd| {
            let all = i128::from(usd.0) * i128::from(self.rows) / i128::from(self.sampled.max(1));
            MicroUsd(i64::try_from(all).unwrap_or(i64::MAX))
        };
        Ok(self.usd()?.map(of_all))
    }
}

async fn spend(
    store: &dyn Store,
    workspace: WorkspaceId,
    job: &Job,
    program: &Program,
) -> Result<Vec<SpendMeasured>> {
    let mut all: Vec<SpendMeasured> = Vec::new();
    for op in &program.ops {
        if all.iter().any(|it| it.provider == op.provider) {
            continue;
        }
        let (provider, unit) = (Some(op.provider.clone()), SpendUnit::Units);
        let of_job = SpendTotal { scope: Scope::Job, job: Some(job.id), provider, day: None, unit };
        let units = VendorUnits(store.spent(workspace, of_job).await?);
        let usd = op.usd_per_unit.map(|price| price.for_units(units)).transpose()?;
        all.push(SpendMeasured { provider: op.provider.clone(), units, usd });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_row_has_its_share() {
        let even: Vec<u32> = (0..1_000).filter(|it| it % 10 != 0).collect();
        let rare: Vec<u32> = (0..1_000).step_by(10).collect();
        let chosen = choose([even, rare.clone()].iter(), 40);
        assert_eq!(chosen.len(), 40);
        assert_eq!(chosen.iter().filter(|it| rare.contains(it)).count(), 4);
        assert!(chosen.last().is_some_and(|it| *it > 900), "it reaches the end of the file");
        for (kinds, rows, expected) in [
            (vec![vec![0, 1, 2]], 40, 3),
            (vec![vec![0], vec![1], vec![2]], 1, 1),
            (vec![], 5, 0),
            (vec![vec![0, 1]], 0, 1),
        ] {
            assert_eq!(choose(kinds.iter(), rows).len(), expected, "{kinds:?}");
        }
    }

    #[test]
    fn what_all_rows_cost_is_what_each_of_the_sample_did() {
        let spend = |usd| SpendMeasured {
            provider: ProviderSlug::new("hunter").unwrap(),
            units: VendorUnits::whole(1),
            usd,
        };
        let told = |spend| {
            let it = Measured { sampled: 40, rows: 1_000_000, fields: Vec::new(), spend };
            (it.usd().unwrap(), it.usd_for_all().unwrap())
        };
        let (one, all) = (Some(MicroUsd(3)), Some(MicroUsd(75_000)));
        for (spends, expected) in [
            (vec![spend(Some(MicroUsd(1))), spend(Some(MicroUsd(2)))], (one, all)),
            (vec![spend(one), spend(None)], (None, None)),
            (
                vec![SpendMeasured { units: VendorUnits::ZERO, ..spend(None) }, spend(one)],
                (one, all),
            ),
            (vec![], (Some(MicroUsd::ZERO), Some(MicroUsd::ZERO))),
        ] {
            assert_eq!(told(spends.clone()), expected, "{spends:?}");
        }
    }
}
