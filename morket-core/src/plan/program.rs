//! A compiled plan: fields and operations by number, prices resolved, chains in order. It is what
//! the engine runs; two compilations of one plan among the same providers are equal.

use crate::{
    Credits, MicroUsd, Result, VendorUnits,
    accept::Policy,
    field::{Catalogue, FieldType, Kind},
    job::{Scope, Spend, SpendUnit},
    name::{FieldName, ProviderSlug},
    provider::{Operation, Provider},
};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use super::{Condition, Existing, OnAmbiguous, OnLimit, OnLost, Plan, Waterfall};

/// A field of a program, by its place in [`Program::fields`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldIx(pub u16);

/// An operation of a program, by its place in [`Program::ops`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OpIx(pub u16);

/// A field as the program needs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Its name.
    pub name: FieldName,
    /// What a clean value is.
    pub ty: FieldType,
    /// Whose it is.
    pub kind: Kind,
    /// How old a stored value may be.
    pub ttl: Duration,
}

/// An operation with everything that is fixed when a job is sealed.
#[derive(Clone, Debug)]
pub struct Op {
    /// Its vendor.
    pub provider: ProviderSlug,
    /// How to ask it.
    pub adapter: Arc<dyn Provider>,
    /// What it needs and gives.
    pub operation: Operation,
    /// Where it lives.
    pub base_url: String,
    /// What the tenant is charged for a record of it.
    pub price: Credits,
    /// What a unit costs in dollars, where that is known.
    pub usd_per_unit: Option<MicroUsd>,
    /// The fields it can give that this program knows.
    pub outputs: Vec<FieldIx>,
    /// How old a stored miss may be.
    pub miss_ttl: Duration,
}

impl Op {
    /// What `units` come to.
    pub fn spend(&self, units: VendorUnits) -> Result<Spend> {
        let usd = self.usd_per_unit.map(|price| price.for_units(units)).transpose()?;
        Ok(Spend { units, usd })
    }

    /// The worst a call for `records` records can cost.
    pub fn worst(&self, records: usize) -> Result<Spend> {
        let records = i64::try_from(records).unwrap_or(i64::MAX);
        self.spend(self.operation.billing.worst().times(records)?)
    }

    /// `provider/operation`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.provider, self.operation.name)
    }
}

/// Whom to ask for one wanted field.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain {
    /// The field.
    pub field: FieldIx,
    /// The operations in order.
    pub steps: Vec<OpIx>,
    /// Who verifies what they return.
    pub verifier: Option<OpIx>,
    /// What is accepted.
    pub policy: Policy,
    /// What becomes of a value that is there already.
    pub existing: Existing,
}

impl Chain {
    /// The most steps: a cell remembers in 64 bits which ones are behind it.
    pub const STEPS: usize = 64;
}

/// A ceiling on what vendors bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    /// Over what; the row's number is filled in.
    pub scope: Scope,
    /// In which unit.
    pub unit: SpendUnit,
    /// For which provider, when it is in units.
    pub provider: Option<ProviderSlug>,
    /// The most.
    pub limit: i64,
}

/// A compiled plan.
#[derive(Clone, Debug)]
pub struct Program {
    /// What the rows are about.
    pub kind: Kind,
    /// The fields it knows, inputs and outputs.
    pub fields: Vec<Known>,
    /// The operations it may call.
    pub ops: Vec<Op>,
    /// The wanted fields, in plan order.
    pub chains: Vec<Chain>,
    /// The fields there are.
    pub catalogue: Catalogue,
    /// The ceilings.
    pub ceilings: Vec<Ceiling>,
    /// What a lost provider leads to.
    pub on_lost: OnLost,
    /// How long a lost provider is waited for.
    pub pause_limit: Duration,
    /// What a limit leads to.
    pub on_limit: OnLimit,
    /// What an unknown fate leads to.
    pub on_ambiguous: OnAmbiguous,
    /// Whether unaccepted answers are charged.
    pub charge_partial: bool,
    /// Whether stored answers are used.
    pub use_cache: bool,
    /// Whether free sources that cannot be reached are passed over.
    pub pass_over_unreachable: bool,
    /// Rows for which this does not hold are skipped.
    pub run_if: Option<Condition>,
    pub(super) by_name: BTreeMap<FieldName, FieldIx>,
}

impl Program {
    /// A field by its number.
    pub fn field(&self, ix: FieldIx) -> &Known {
        &self.fields[usize::from(ix.0)]
    }

    /// A field by its name, if the program knows it.
    pub fn field_named(&self, name: &str) -> Option<FieldIx> {
        self.by_name.get(name).copied()
    }

    /// The value of a field among those that [`read`](Self::read) gave.
    pub fn value_of<'a>(&self, known: &'a [Option<Value>], name: &str) -> Option<&'a Value> {
        self.field_named(name).and_then(|ix| known[usize::from(ix.0)].as_ref())
    }

    /// An operation by its number.
    pub fn op(&self, ix: OpIx) -> &Op {
        &self.ops[usize::from(ix.0)]
    }

    /// Write down whom a field without a waterfall asks: those there is a key for today. What runs
    /// a job later must not ask others.
    pub fn pin(&self, plan: &mut Plan) {
        for chain in &self.chains {
            let field = self.field(chain.field).name.clone();
            let steps = || chain.steps.iter().map(|it| self.op(*it).name()).collect();
            let pinned = || Waterfall { steps: steps(), ..Waterfall::default() };
            plan.waterfalls.entry(field).or_insert_with(pinned);
        }
    }

    /// The operation of this provider and name, as calls remember it.
    pub fn op_named(&self, provider: &ProviderSlug, operation: &str) -> Option<OpIx> {
        let at = self
            .ops
            .iter()
            .position(|op| op.provider == *provider && op.operation.name == operation)?;
        u16::try_from(at).ok().map(OpIx)
    }

    /// A record's values by field number, each clean; what is unknown or junk is absent.
    pub fn read(&self, input: &Value) -> Vec<Option<Value>> {
        let mut values = vec![None; self.fields.len()];
        for (slot, field) in values.iter_mut().zip(&self.fields) {
            *slot = input
                .get(field.name.as_str())
                .and_then(|value| crate::field::normalise(field.ty, value));
        }
        values
    }

    /// The most a row can be charged: every operation once, every verification.
    pub fn worst_charge(&self) -> Result<Credits> {
        let mut worst = Credits::ZERO;
        let mut seen = std::collections::BTreeSet::new();
        for chain in &self.chains {
            for step in &chain.steps {
                if seen.insert(*step) {
                    worst = worst.plus(self.op(*step).price)?;
                }
            }
            if let Some(verifier) = chain.verifier {
                for _ in 0..self.verifications(chain) {
                    worst = worst.plus(self.op(verifier).price)?;
                }
            }
        }
        Ok(worst)
    }

    /// How many verifications a chain can need: one for each answer, and one for a value that is
    /// there already.
    pub fn verifications(&self, chain: &Chain) -> usize {
        chain.steps.len() + usize::from(chain.existing == Existing::Verify)
    }
}
