//! The plan that flags, a file and the configuration come to.

use crate::{
    args::{RowKind, RunArgs},
    config::Config,
    exit::Failure,
    map::{Told, told},
};
use morket::{
    VendorUnits,
    field::{Catalogue, Kind},
    name::{FieldName, ProviderSlug},
    plan::{Budget, Estimate, Existing, Plan, Waterfall},
};
use serde::de::DeserializeOwned;
use std::path::Path;

impl From<RowKind> for Kind {
    fn from(kind: RowKind) -> Self {
        match kind {
            RowKind::Person => Self::Person,
            RowKind::Company => Self::Company,
        }
    }
}

/// What is wished for before the file was seen.
#[derive(Clone, Debug)]
pub struct Wish {
    file: Option<Plan>,
    /// What the user says of columns.
    pub told: Told,
    /// What the user says rows are about.
    pub kind: Option<Kind>,
}

impl Wish {
    /// What flags and the plan's file say.
    pub fn read(args: &RunArgs) -> Result<Self, Failure> {
        let file = args.plan.as_deref().map(plan_file).transpose()?.or(args.ready.clone());
        let mut columns = Told::new();
        if let Some(plan) = &file {
            columns.extend(plan.map.iter().map(|(header, it)| (header.clone(), Some(it.clone()))));
        }
        for text in &args.map {
            let (header, field) = told(text)?;
            columns.insert(header, field);
        }
        let kind = args.kind.map(Kind::from).or(file.as_ref().map(|it| it.kind));
        Ok(Self { file, told: columns, kind })
    }

    /// What rows must be about for what is wanted: who wants an address has people.
    pub fn wanted_kind(args: &RunArgs) -> Option<(Kind, String)> {
        let known = args.want.iter().filter_map(|it| Catalogue::standard().named(it.trim()).ok());
        let person = known.into_iter().find(|it| it.kind == Kind::Person)?;
        Some((Kind::Person, format!("you want `{}`, which a person has", person.name)))
    }

    /// The plan, now that it is known what rows are about.
    pub fn plan(self, args: &RunArgs, config: &Config, kind: Kind) -> Result<Plan, Failure> {
        let want = args.want.iter().map(|it| it.trim()).filter(|it| !it.is_empty());
        let want: Vec<FieldName> = want
            .map(|it| Ok(Catalogue::standard().named(it)?.name.clone()))
            .collect::<Result<_, morket::Error>>()?;
        let mut plan = match self.file {
            Some(plan) => plan,
            None if want.is_empty() => {
                let hint = "say what to fill, e.g. --want email (`morket fields` lists them), \
                            or give a plan with -p plan.toml";
                return Err(Failure::usage(hint));
            }
            None => Plan::of(kind, []),
        };
        plan.kind = kind;
        if !want.is_empty() {
            plan.want = want;
        }
        waterfalls(&mut plan, args)?;
        for text in &args.existing {
            existing(&mut plan, text)?;
        }
        budget(&mut plan.budget, args)?;
        for (slug, settings) in &config.settings.providers {
            if let Some(price) = &settings.price {
                plan.prices.entry(slug.parse()?).or_insert_with(|| price.clone());
            }
        }
        for text in &args.price {
            let (slug, price) = pair("--price", text, "hunter=starter")?;
            plan.prices.insert(slug, price.to_owned());
        }
        for text in &args.max_age {
            let (field, span) = pair("--max-age", text, "email=90d")?;
            plan.max_age.insert(field, span.to_owned());
        }
        plan.retry_misses = args.retry_misses.clone().or(plan.retry_misses);
        Ok(plan)
    }
}

fn plan_file(path: &Path) -> Result<Plan, Failure> {
    let wrong = |problem: String| Failure::usage(format!("{}: {problem}", path.display()));
    let text = crate::config::short_file(path).map_err(|error| wrong(error.to_string()))?;
    let json = text.trim_start().starts_with('{');
    fn read<T: DeserializeOwned>(text: &str, json: bool) -> Result<T, String> {
        match json {
            true => serde_json::from_str(text).map_err(|error| error.to_string()),
            false => toml::from_str(text).map_err(|error| error.to_string()),
        }
    }
    read(&text, json).map_err(|problem| wrong(problem.trim_end().to_owned()))
}

fn pair<'a, T: std::str::FromStr<Err = morket::Error>>(
    flag: &str,
    text: &'a str,
    example: &str,
) -> Result<(T, &'a str), Failure> {
    let (left, right) = text
        .split_once('=')
        .filter(|(_, right)| !right.trim().is_empty())
        .ok_or_else(|| Failure::usage(format!("{flag}: `{text}` must look like `{example}`")))?;
    Ok((left.trim().parse()?, right.trim()))
}

fn waterfalls(plan: &mut Plan, args: &RunArgs) -> Result<(), Failure> {
    for text in &args.waterfall {
        let (field, steps) = pair::<FieldName>("--waterfall", text, "email=hunter,dropcontact")?;
        let steps = steps.split(',').map(|it| it.trim().to_owned()).collect();
        let waterfall = plan.waterfalls.entry(field).or_default();
        *waterfall =
            Waterfall { steps, verify: waterfall.verify.take(), email: waterfall.email.take() };
    }
    for text in &args.verify {
        let (field, by) = pair::<FieldName>("--verify", text, "email=zerobounce")?;
        let Some(waterfall) = plan.waterfalls.get_mut(&field) else {
            let problem = format!("--verify: name the waterfall too: --waterfall {field}=…");
            return Err(Failure::usage(problem));
        };
        waterfall.verify = Some(by.to_owned());
    }
    Ok(())
}

fn existing(plan: &mut Plan, text: &str) -> Result<(), Failure> {
    let (field, word) = match text.split_once('=') {
        Some((field, word)) => (Some(field.trim().parse::<FieldName>()?), word),
        None => (None, text),
    };
    let existing = match word.trim() {
        "keep" => Existing::Keep,
        "verify" => Existing::Verify,
        "refresh" => Existing::Refresh,
        other => {
            let problem = format!("--existing: `{other}` must be keep, verify or refresh");
            return Err(Failure::usage(problem));
        }
    };
    let fields = field.map_or_else(|| plan.want.clone(), |field| vec![field]);
    plan.existing.extend(fields.into_iter().map(|field| (field, existing)));
    Ok(())
}

fn budget(budget: &mut Budget, args: &RunArgs) -> Result<(), Failure> {
    for text in &args.budget {
        match text.split_once('=') {
            Some((slug, units)) => {
                budget.units.insert(slug.trim().parse()?, units.trim().to_owned());
            }
            None => {
                morket::plan::parse_usd("--budget", text)?;
                budget.job = Some(text.clone());
            }
        }
    }
    budget.per_row = args.per_row.clone().or(budget.per_row.take());
    Ok(())
}

/// Whether anything bounds what a run may spend.
pub fn is_bounded(plan: &Plan) -> bool {
    plan.budget.job.is_some() || !plan.budget.units.is_empty() || plan.budget.per_row.is_some()
}

/// Where the worst case exceeds the budget, in words.
pub fn excess(plan: &Plan, estimate: &Estimate) -> Result<Option<String>, Failure> {
    if let (Some(text), Some(worst)) = (&plan.budget.job, estimate.worst_usd) {
        let most = morket::plan::parse_usd("budget", text)?;
        if worst > most {
            return Ok(Some(format!(
                "the worst case, {worst} USD, exceeds the budget of {most} USD"
            )));
        }
    }
    for (slug, text) in &plan.budget.units {
        let worst = estimate.providers.iter().find(|it| it.provider == *slug);
        let worst = worst.map_or(VendorUnits::ZERO, |it| it.units);
        if units(text).is_some_and(|most| worst > most) {
            let worst = format!("the worst case at {slug}, {worst}, exceeds the budget of {text}");
            return Ok(Some(worst));
        }
    }
    Ok(None)
}

/// An amount in a vendor's units.
pub(crate) fn units(text: &str) -> Option<VendorUnits> {
    let (whole, part) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    format!("{whole}{part:0<3}").parse().ok().map(VendorUnits).filter(|_| part.len() <= 3)
}

/// Both estimates together.
pub fn together(mut sum: Estimate, more: &Estimate) -> Result<Estimate, Failure> {
    sum.rows += more.rows;
    sum.complete += more.complete;
    sum.suppressed += more.suppressed;
    for it in &more.providers {
        match sum.providers.iter_mut().find(|sum| sum.provider == it.provider) {
            None => sum.providers.push(it.clone()),
            Some(sum) => {
                sum.calls += it.calls;
                sum.units = sum.units.plus(it.units)?;
                sum.usd = sum.usd.zip(it.usd).map(|(a, b)| a.plus(b)).transpose()?;
            }
        }
    }
    sum.worst_usd = sum.worst_usd.zip(more.worst_usd).map(|(a, b)| a.plus(b)).transpose()?;
    sum.worst_charge = sum.worst_charge.plus(more.worst_charge)?;
    Ok(sum)
}

/// Providers of a plan that have no price, whose cost in dollars is therefore unknown.
pub fn unpriced(estimate: &Estimate) -> Vec<&ProviderSlug> {
    let unknown = |it: &&morket::plan::ProviderEstimate| it.usd.is_none();
    estimate.providers.iter().filter(unknown).map(|it| &it.provider).collect()
}
