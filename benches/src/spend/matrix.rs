//! The committed matrix: which vendors, which fields, how much repeats.

use super::list::Shape;
use anyhow::{Context, Result};
use morket::{
    accept::Verify,
    field::{EmailStatus, Kind},
    name::{FieldName, ProviderSlug},
    plan::{Plan, Waterfall},
};
use morket_providers::sandbox::{Limits, Options, Rate, Vendor};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The file, as it was when this was built.
const FILE: &str = include_str!("../../spend.toml");

/// All rows, and what they share.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Matrix {
    /// The seed of the world, unless another is asked for.
    pub(super) seed: u64,
    /// How many people each row asks about, unless told otherwise.
    pub(super) rows: usize,
    /// The user's plan at vendors whose manifests know what it costs.
    prices: BTreeMap<ProviderSlug, String>,
    /// The rows.
    #[serde(rename = "row")]
    pub(super) all: Vec<Row>,
}

/// One comparison.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// What it is about.
    pub(super) name: String,
    want: Vec<FieldName>,
    steps: Vec<String>,
    verify: Option<String>,
    /// Of a hundred people, how many each vendor knows.
    hits: BTreeMap<String, u8>,
    /// Of a hundred rows, how many repeat an earlier one.
    duplicates: usize,
    /// How many people of one company.
    colleagues: usize,
}

impl Matrix {
    pub(super) fn committed() -> Result<Self> {
        toml::from_str(FILE).context("benches/spend.toml")
    }
}

impl Row {
    /// What both sides are asked to do. Groups may be mixed, as whoever asks field by field does
    /// without knowing; a stored answer is as good as a new one.
    pub(super) fn plan(&self, matrix: &Matrix) -> Result<Plan> {
        let mut plan = Plan::of(Kind::Person, self.want.clone());
        for field in &self.want {
            let verify = self.verify.clone().filter(|_| field.as_str() == "email");
            let waterfall = Waterfall { steps: self.steps.clone(), verify, email: None };
            plan.waterfalls.insert(field.clone(), waterfall);
        }
        plan.accept.mix_groups = true;
        plan.accept.email.verify = Verify::Always;
        plan.accept.email.accept = vec![EmailStatus::Valid];
        let asked = |slug: &&ProviderSlug| self.asks(slug.as_str());
        let prices = matrix.prices.keys().filter(asked);
        plan.prices = prices.map(|it| (it.clone(), matrix.prices[it].clone())).collect();
        Ok(plan)
    }

    fn asks(&self, slug: &str) -> bool {
        self.steps.iter().chain(&self.verify).any(|it| it.split('/').next() == Some(slug))
    }

    /// How the list of people is made up.
    pub(super) fn shape(&self, rows: usize) -> Shape {
        Shape { rows, duplicates: self.duplicates, colleagues: self.colleagues }
    }

    /// The world both sides meet.
    pub(super) fn world(&self, seed: u64) -> Result<Options> {
        let mut options = Options::seeded(seed);
        options.log_capacity = 0;
        let mut options = options.for_each_vendor(|vendor| vendor.limits = Limits::Off);
        for (slug, percent) in &self.hits {
            let vendor = Vendor::of_slug(slug).with_context(|| format!("no vendor {slug}"))?;
            options.vendor_mut(vendor).knowledge.hit_rate = Rate::percent((*percent).into());
        }
        Ok(options)
    }
}
