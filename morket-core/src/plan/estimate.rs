//! What a plan would come to, before anything is paid: worst cases, and nothing that pretends to
//! know more.

use super::{Chain, OpIx, Program};
use crate::{
    Credits, MicroUsd, Result, VendorUnits,
    engine::retry::ATTEMPTS,
    name::{FieldName, ProviderSlug},
};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// What one provider may be asked and may bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderEstimate {
    /// Who.
    pub provider: ProviderSlug,
    /// The most calls, one a record.
    pub calls: u64,
    /// The most it bills, in its own units.
    pub units: VendorUnits,
    /// The same in dollars, where its price is known.
    pub usd: Option<MicroUsd>,
}

/// What a plan may come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// Rows with something to find.
    pub rows: u32,
    /// Rows that have everything already.
    pub complete: u32,
    /// Rows the plan is not for.
    pub left_out: u32,
    /// Rows about somebody who is to be left alone.
    pub suppressed: u32,
    /// By provider, in the order they are first asked.
    pub providers: Vec<ProviderEstimate>,
    /// The most vendors bill, in dollars; nothing when a price is not known.
    pub worst_usd: Option<MicroUsd>,
    /// The most the tenant is charged.
    pub worst_charge: Credits,
}

impl Program {
    /// What these records may come to at worst: every open step asked, every answer verified.
    pub fn estimate<'a>(&self, records: impl IntoIterator<Item = &'a Value>) -> Result<Estimate> {
        self.estimate_without(records, &|_| false)
    }

    /// The same, where some records are about people who are to be left alone.
    pub fn estimate_without<'a>(
        &self,
        records: impl IntoIterator<Item = &'a Value>,
        keeps_back: &dyn Fn(&Value) -> bool,
    ) -> Result<Estimate> {
        let mut tally = Tally::default();
        for record in records {
            match keeps_back(record) {
                true => tally.suppressed += 1,
                false => self.count(&mut tally, record)?,
            }
        }
        self.tell(&tally)
    }

    fn tell(&self, tally: &Tally) -> Result<Estimate> {
        let mut providers: Vec<ProviderEstimate> = Vec::new();
        for (at, op) in self.ops.iter().enumerate() {
            let calls = tally.calls.get(&at).copied().unwrap_or(0);
            // Only a call that is repeated when its fate is unknown can be billed more than once.
            let billed = if op.operation.retry_on_ambiguous { ATTEMPTS } else { 1 };
            let times = i64::try_from(calls).unwrap_or(i64::MAX).saturating_mul(i64::from(billed));
            let units = op.operation.billing.worst().times(times)?;
            let usd = op.spend(units)?.usd;
            match providers.iter_mut().find(|it| it.provider == op.provider) {
                Some(known) => {
                    known.calls += calls;
                    known.units = known.units.plus(units)?;
                    known.usd = match (known.usd, usd) {
                        (Some(a), Some(b)) => Some(a.plus(b)?),
                        _ => None,
                    };
                }
                None => {
                    let provider = op.provider.clone();
                    providers.push(ProviderEstimate { provider, calls, units, usd });
                }
            }
        }
        let usd: Option<Vec<MicroUsd>> = providers.iter().map(|it| it.usd).collect();
        let worst_charge = self.worst_charge()?.times(i64::from(tally.rows))?;
        Ok(Estimate {
            rows: tally.rows,
            complete: tally.complete,
            left_out: tally.left_out,
            suppressed: tally.suppressed,
            providers,
            worst_usd: usd.map(MicroUsd::sum).transpose()?,
            worst_charge,
        })
    }

    /// The chains that have something to find for a record of which this is known; nothing if the
    /// plan is not for it.
    pub(crate) fn open_chains(&self, known: &[Option<Value>]) -> Option<Vec<&Chain>> {
        let value = |name: &FieldName| self.value_of(known, name.as_str());
        if self.run_if.as_ref().is_some_and(|it| !it.holds(&value)) {
            return None;
        }
        let is_open = |chain: &&Chain| {
            let there = known[usize::from(chain.field.0)].is_some();
            // Where nobody is asked for a value, only one that is there costs anything.
            let may_be_found = there || !chain.steps.is_empty();
            may_be_found && (!there || chain.existing != super::Existing::Keep)
        };
        Some(self.chains.iter().filter(is_open).collect())
    }

    fn count(&self, tally: &mut Tally, record: &Value) -> Result<()> {
        let Some(open) = self.open_chains(&self.read(record)) else {
            tally.left_out += 1;
            return Ok(());
        };
        if open.is_empty() {
            tally.complete += 1;
            return Ok(());
        }
        tally.rows += 1;
        let mut asked: Vec<OpIx> = Vec::new();
        for chain in open {
            for step in &chain.steps {
                if !asked.contains(step) {
                    asked.push(*step);
                    *tally.calls.entry(usize::from(step.0)).or_insert(0) += 1;
                }
            }
            if let Some(verifier) = chain.verifier {
                let most = self.verifications(chain) as u64;
                *tally.calls.entry(usize::from(verifier.0)).or_insert(0) += most;
            }
        }
        Ok(())
    }
}

#[derive(Default)]
struct Tally {
    rows: u32,
    complete: u32,
    left_out: u32,
    suppressed: u32,
    calls: BTreeMap<usize, u64>,
}
