//! The plan as people write it, in TOML or JSON. It names providers and fields; nothing in it is
//! looked up before it is compiled.

use crate::{
    accept::{EmailPolicy, Policy},
    field::Kind,
    name::{FieldName, ProviderSlug},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is wanted, from whom, and for how much at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// What the rows are about.
    pub kind: Kind,
    /// The fields to fill, the most important first.
    pub want: Vec<FieldName>,
    /// Whom to ask for each field, in order; a field without one asks every provider at hand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub waterfalls: BTreeMap<FieldName, Waterfall>,
    /// What is accepted.
    #[serde(default)]
    pub accept: Policy,
    /// Rows for which this is not so are skipped, e.g. `company_domain != null`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_if: Option<String>,
    /// What becomes of values that are there already; fields without one keep them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub existing: BTreeMap<FieldName, Existing>,
    /// The most that may be spent.
    #[serde(default)]
    pub budget: Budget,
    /// What a provider's unit costs: the name of the user's plan there, or dollars (`0.008 usd`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prices: BTreeMap<ProviderSlug, String>,
    /// What a bad key or an empty account leads to.
    #[serde(default)]
    pub on_provider_lost: OnLost,
    /// How long a lost provider is waited for, e.g. `12h`; else seven days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pause_limit: Option<String>,
    /// What a vendor's limit leads to.
    #[serde(default)]
    pub on_limit: OnLimit,
    /// What a call that may have been billed leads to.
    #[serde(default)]
    pub on_ambiguous: OnAmbiguous,
    /// Whether answers with nothing acceptable are charged to the tenant, as vendors bill them.
    #[serde(default)]
    pub charge_partial: bool,
    /// How old a stored value may be, e.g. `email = "90d"`; else the catalogue's age.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub max_age: BTreeMap<FieldName, String>,
    /// How old a stored miss may be, e.g. `30d`; else the provider's age.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_misses: Option<String>,
    /// Ask vendors even where a stored answer is there.
    #[serde(default)]
    pub no_cache: bool,
    /// Which column of the file holds which field.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub map: BTreeMap<String, FieldName>,
}

impl Plan {
    /// A plan that fills these fields and leaves everything else as it is by default.
    pub fn of(kind: Kind, want: impl IntoIterator<Item = FieldName>) -> Self {
        Self {
            kind,
            want: want.into_iter().collect(),
            waterfalls: BTreeMap::new(),
            accept: Policy::default(),
            run_if: None,
            existing: BTreeMap::new(),
            budget: Budget::default(),
            prices: BTreeMap::new(),
            on_provider_lost: OnLost::default(),
            pause_limit: None,
            on_limit: OnLimit::default(),
            on_ambiguous: OnAmbiguous::default(),
            charge_partial: false,
            max_age: BTreeMap::new(),
            retry_misses: None,
            no_cache: false,
            map: BTreeMap::new(),
        }
    }
}

/// Whom to ask for one field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waterfall {
    /// Providers in order, each once: `hunter`, or `hunter/email_finder` where it has several.
    pub steps: Vec<String>,
    /// Who verifies what they return.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<String>,
    /// The e-mail policy of this field, in the place of the plan's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailPolicy>,
}

/// What becomes of a value that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Existing {
    /// It stays, and nobody is asked.
    #[default]
    Keep,
    /// The verifier is asked about it; if it does not pass, the waterfall runs.
    Verify,
    /// The waterfall runs as if it were not there.
    Refresh,
}

/// The most that may be spent at vendors.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// For the whole job, e.g. `25usd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// For each row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_row: Option<String>,
    /// For each day, over all jobs of the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<String>,
    /// For the workspace, over all time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// For this job, in a provider's own units, e.g. `hunter = "500"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<ProviderSlug, String>,
}

/// What a bad key, a missing plan or an empty account leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLost {
    /// Its rows wait and the user is told.
    #[default]
    Pause,
    /// The same, without telling anybody.
    Wait,
    /// Its rows go on with the next provider.
    Next,
}

/// What a vendor's limit leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnLimit {
    /// Waiting.
    #[default]
    Wait,
    /// The next provider.
    Next,
}

/// What a call that may have been billed leads to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnAmbiguous {
    /// The next provider.
    #[default]
    Next,
    /// The cell ends as failed.
    Fail,
}
