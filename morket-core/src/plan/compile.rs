//! From a plan to a program: every name is looked up, every price resolved, every mistake named.

use super::{
    Ceiling, Chain, Condition, Existing, FieldIx, Known, Op, OpIx, Plan, Program, Waterfall,
    amount::{parse_decimal, parse_span, parse_usd},
};
use crate::{
    Credits, Error, MicroUsd, Result,
    field::{Catalogue, FieldType, Kind},
    http::Fence,
    job::{Scope, SpendUnit},
    name::{FieldName, ProviderSlug},
    provider::{Manifest, Operation, Provider, Registry},
    workspace::Environment,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// What a plan is compiled among.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The providers at hand.
    pub registry: Arc<Registry>,
    /// The fields there are.
    pub catalogue: Catalogue,
    /// Where a provider lives instead of where its manifest says.
    pub base_urls: BTreeMap<ProviderSlug, String>,
    /// The providers whose key is set.
    pub keys: Vec<ProviderSlug>,
    /// What a tenant is charged, by provider and operation, before the manifests' own prices.
    pub charges: BTreeMap<(ProviderSlug, String), Credits>,
    /// Whether the workspace pays in credits: then every operation needs a price.
    pub metered: bool,
    /// Which vendors the workspace's environment reaches.
    pub environment: Environment,
    /// Where fake vendors live: only sandbox workspaces reach them, and those reach nobody else.
    pub sandboxes: BTreeSet<String>,
    /// Whether a free source that cannot be reached is passed over as `offline` instead of making
    /// cells fail: for trials on machines without a network.
    pub pass_over_unreachable: bool,
}

impl Settings {
    /// Among these providers, in an unmetered workspace, with the standard fields and no key.
    pub fn new(registry: Arc<Registry>) -> Self {
        Self {
            registry,
            catalogue: Catalogue::standard().clone(),
            base_urls: BTreeMap::new(),
            keys: Vec::new(),
            charges: BTreeMap::new(),
            metered: false,
            environment: Environment::Live,
            sandboxes: BTreeSet::new(),
            pass_over_unreachable: false,
        }
    }

    /// Which vendors may be reached.
    pub fn fence(&self) -> Fence {
        Fence::new(self.environment, &self.sandboxes)
    }

    /// Where a provider lives.
    fn base_url<'a>(&'a self, manifest: &'a Manifest) -> &'a str {
        let own = self.base_urls.get(&manifest.slug);
        own.unwrap_or(&manifest.base_url).trim_end_matches('/')
    }

    /// Why a provider is out of reach; none when it is not. Who asks nobody always is at hand.
    fn out_of_reach(&self, provider: &dyn Provider) -> Option<String> {
        match provider.guesses() {
            true => None,
            false => self.fence().refusal(self.base_url(provider.manifest())),
        }
    }

    fn can_ask(&self, manifest: &Manifest) -> bool {
        !manifest.keyed || self.keys.contains(&manifest.slug)
    }
}

/// What tells whom a row is about.
const IDENTIFYING: &[&str] = &[
    "full_name",
    "first_name",
    "last_name",
    "email",
    "linkedin_url",
    "company_name",
    "company_domain",
    "company_country",
];

fn wrong(field: &str, problem: impl std::fmt::Display) -> Error {
    Error::invalid("plan", field, problem)
}

/// Compile a plan.
pub fn compile(plan: &Plan, settings: &Settings) -> Result<Program> {
    if plan.want.is_empty() {
        return Err(wrong("want", "must name at least one field"));
    }
    let program = Program {
        kind: plan.kind,
        fields: Vec::new(),
        ops: Vec::new(),
        chains: Vec::new(),
        catalogue: settings.catalogue.clone(),
        ceilings: Vec::new(),
        on_lost: plan.on_provider_lost,
        pause_limit: pause_limit(plan)?,
        on_limit: plan.on_limit,
        on_ambiguous: plan.on_ambiguous,
        charge_partial: plan.charge_partial,
        use_cache: !plan.no_cache,
        pass_over_unreachable: settings.pass_over_unreachable,
        run_if: plan.run_if.as_deref().map(Condition::parse).transpose()?,
        by_name: BTreeMap::new(),
    };
    let mut draft = Draft { plan, settings, program };
    for (at, name) in plan.want.iter().enumerate() {
        let chain = draft.chain(at, name)?;
        draft.program.chains.push(chain);
    }
    draft.condition()?;
    draft.strangers()?;
    draft.ceilings()?;
    // By what a row is recognised is read from it even where nobody is asked with it: a wrong
    // answer is found out by what was known anyway.
    for name in IDENTIFYING {
        draft.field(&FieldName::new(*name)?)?;
    }
    Ok(draft.program)
}

/// How long a lost provider is waited for unless the plan says otherwise.
const PAUSE: Duration = Duration::from_secs(7 * 86_400);

fn pause_limit(plan: &Plan) -> Result<Duration> {
    plan.pause_limit.as_deref().map_or(Ok(PAUSE), |it| parse_span("pause_limit", it))
}

struct Draft<'a> {
    plan: &'a Plan,
    settings: &'a Settings,
    program: Program,
}

impl Draft<'_> {
    fn chain(&mut self, at: usize, name: &FieldName) -> Result<Chain> {
        if self.plan.want[..at].contains(name) {
            return Err(wrong("want", format!("`{name}` stands twice")));
        }
        let field = self.field(name)?;
        if self.plan.kind == Kind::Company && self.program.field(field).kind == Kind::Person {
            let problem = format!("`{name}` is a person's field; these rows are companies");
            return Err(wrong("want", problem));
        }
        let waterfall = self.plan.waterfalls.get(name);
        let steps = match waterfall {
            Some(waterfall) => self.named_steps(name, waterfall)?,
            None => self.every_step(name)?,
        };
        if steps.len() > Chain::STEPS {
            let problem = format!("has {} steps; {} is the most", steps.len(), Chain::STEPS);
            return Err(wrong(&format!("waterfalls.{name}.steps"), problem));
        }
        let verifier = waterfall.and_then(|it| it.verify.as_deref());
        let verifier = verifier.map(|it| self.verifier(name, it)).transpose()?;
        let mut policy = self.plan.accept.clone();
        if let Some(email) = waterfall.and_then(|it| it.email.clone()) {
            policy.email = email;
        }
        policy.validate()?;
        let existing = self.plan.existing.get(name).copied().unwrap_or_default();
        // Without a step, what is there is verified and nothing else is looked for.
        let only_checks = waterfall.is_some() && existing == Existing::Verify;
        if steps.is_empty() && !only_checks {
            let problem = format!("no provider with a key gives `{name}`");
            return Err(wrong(&format!("waterfalls.{name}"), problem));
        }
        if existing == Existing::Verify && verifier.is_none() {
            let problem = "`verify` needs a verifier in this field's waterfall";
            return Err(wrong(&format!("existing.{name}"), problem));
        }
        Ok(Chain { field, steps, verifier, policy, existing })
    }

    /// The steps a plan names, each provider once.
    fn named_steps(&mut self, name: &FieldName, waterfall: &Waterfall) -> Result<Vec<OpIx>> {
        let path = format!("waterfalls.{name}.steps");
        let mut steps: Vec<OpIx> = Vec::new();
        for text in &waterfall.steps {
            let provider = self.provider(&path, text)?;
            let manifest = provider.manifest();
            let fits = |it: &&Operation| it.verifies.is_none() && it.outputs.contains(name);
            let operation = self.operation(&path, manifest, text, &fits, name)?;
            let step = self.op(&provider, &operation)?;
            let slug = &manifest.slug;
            if steps.iter().any(|it| self.program.op(*it).provider == *slug) {
                return Err(wrong(&path, format!("`{slug}` stands twice; a provider runs once")));
            }
            steps.push(step);
        }
        Ok(steps)
    }

    /// Every provider with a key that gives the field: free ones first, then the cheapest.
    fn every_step(&mut self, name: &FieldName) -> Result<Vec<OpIx>> {
        let mut offers = Vec::new();
        for provider in self.settings.registry.iter() {
            let manifest = provider.manifest();
            let fits = |it: &&Operation| {
                it.verifies.is_none() && it.outputs.contains(name) && self.suits(it)
            };
            if let Some(operation) = manifest.operations.iter().find(fits)
                && self.settings.can_ask(manifest)
                && !provider.guesses()
                && self.settings.out_of_reach(provider.as_ref()).is_none()
            {
                offers.push((!operation.free, manifest.slug.clone(), provider, operation.clone()));
            }
        }
        offers.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        offers
            .into_iter()
            .map(|(_, _, provider, operation)| self.op(provider, &operation))
            .collect()
    }

    /// Rows about companies are never sent to an operation about persons.
    fn suits(&self, operation: &Operation) -> bool {
        self.plan.kind == Kind::Person || operation.kind == Kind::Company
    }

    fn verifier(&mut self, name: &FieldName, text: &str) -> Result<OpIx> {
        let path = format!("waterfalls.{name}.verify");
        let provider = self.provider(&path, text)?;
        let fits = |it: &&Operation| it.verifies.as_ref() == Some(name);
        let operation = self.operation(&path, provider.manifest(), text, &fits, name)?;
        self.op(&provider, &operation)
    }

    fn provider(&self, path: &str, text: &str) -> Result<Arc<dyn Provider>> {
        let slug = text.split('/').next().unwrap_or(text);
        let provider =
            self.settings.registry.named(slug).map_err(|it| wrong(path, it.message()))?;
        if !self.settings.can_ask(provider.manifest()) {
            let problem = format!("`{slug}` has no key; set one, or take it out");
            return Err(wrong(path, problem));
        }
        if let Some(why) = self.settings.out_of_reach(provider.as_ref()) {
            return Err(wrong(path, format!("`{slug}` cannot be asked: {why}")));
        }
        Ok(provider.clone())
    }

    fn operation(
        &self,
        path: &str,
        manifest: &Manifest,
        text: &str,
        fits: &dyn Fn(&&Operation) -> bool,
        field: &FieldName,
    ) -> Result<Operation> {
        let wanted = text.split_once('/').map(|(_, operation)| operation);
        let found = manifest.operations.iter().find(|it| match wanted {
            Some(name) => it.name == name && fits(it) && self.suits(it),
            None => fits(it) && self.suits(it),
        });
        found.cloned().ok_or_else(|| {
            let all: Vec<&str> = manifest.operations.iter().map(|it| it.name.as_str()).collect();
            let problem = format!("`{text}` does not give `{field}`; it has {}", all.join(", "));
            wrong(path, problem)
        })
    }

    fn field(&mut self, name: &FieldName) -> Result<FieldIx> {
        if let Some(ix) = self.program.by_name.get(name) {
            return Ok(*ix);
        }
        let known = match self.settings.catalogue.get(name) {
            Some(it) => Known { name: name.clone(), ty: it.ty, kind: it.kind, ttl: it.ttl },
            None => self.custom(name)?,
        };
        let known = match self.plan.max_age.get(name) {
            Some(text) => Known { ttl: parse_span(&format!("max_age.{name}"), text)?, ..known },
            None => known,
        };
        let too_many = || wrong("want", "too many fields");
        let ix = FieldIx(u16::try_from(self.program.fields.len()).map_err(|_| too_many())?);
        self.program.fields.push(known);
        self.program.by_name.insert(name.clone(), ix);
        Ok(ix)
    }

    /// A field that only a provider knows: text, kept as a company's facts are.
    fn custom(&self, name: &FieldName) -> Result<Known> {
        let mut all = self.settings.registry.iter().flat_map(|it| &it.manifest().operations);
        let op = all.find(|it| {
            it.outputs.contains(name) || it.inputs.iter().flatten().any(|input| input == name)
        });
        let op =
            op.ok_or_else(|| wrong("want", format!("`{name}` is not a field; see `fields`")))?;
        let ttl = Duration::from_secs(180 * 86_400);
        Ok(Known { name: name.clone(), ty: FieldType::Text, kind: op.kind, ttl })
    }

    /// The operation's number; a new one gets its prices.
    fn op(&mut self, provider: &Arc<dyn Provider>, operation: &Operation) -> Result<OpIx> {
        let manifest = provider.manifest();
        if let Some(ix) = self.program.op_named(&manifest.slug, &operation.name) {
            return Ok(ix);
        }
        let inputs = operation.inputs.iter().flatten().chain(&operation.optional);
        for name in inputs.chain(&operation.outputs) {
            self.field(name)?;
        }
        let outputs =
            operation.outputs.iter().filter_map(|it| self.program.field_named(it.as_str()));
        let miss_ttl = self.plan.retry_misses.as_deref();
        let miss_ttl = miss_ttl.map(|it| parse_span("retry_misses", it)).transpose()?;
        let op = Op {
            provider: manifest.slug.clone(),
            adapter: provider.clone(),
            base_url: self.settings.base_url(manifest).to_owned(),
            price: self.charge(manifest, operation)?,
            usd_per_unit: self.usd_per_unit(manifest, operation)?,
            outputs: outputs.collect(),
            miss_ttl: miss_ttl.unwrap_or(operation.miss_ttl),
            operation: operation.clone(),
        };
        let too_many = |_| wrong("waterfalls", "too many operations");
        let ix = OpIx(u16::try_from(self.program.ops.len()).map_err(too_many)?);
        self.program.ops.push(op);
        Ok(ix)
    }

    fn charge(&self, manifest: &Manifest, operation: &Operation) -> Result<Credits> {
        if !self.settings.metered || operation.free {
            return Ok(Credits::ZERO);
        }
        let key = (manifest.slug.clone(), operation.name.clone());
        let own = self.settings.charges.get(&key).copied().or(operation.credits);
        own.ok_or_else(|| {
            let name = format!("{}/{}", manifest.slug, operation.name);
            wrong("prices", format!("`{name}` has no price in credits; set one for the workspace"))
        })
    }

    /// What a unit costs: the user's word, as a plan's name or in dollars.
    fn usd_per_unit(&self, manifest: &Manifest, op: &Operation) -> Result<Option<MicroUsd>> {
        if op.free {
            return Ok(Some(MicroUsd::ZERO));
        }
        let Some(text) = self.plan.prices.get(&manifest.slug) else { return Ok(None) };
        let path = format!("prices.{}", manifest.slug);
        if let Some(list) = manifest.prices.iter().find(|it| it.plan.eq_ignore_ascii_case(text)) {
            return Ok(Some(list.usd_per_unit));
        }
        parse_usd(&path, text).map(Some).map_err(|_| {
            let plans: Vec<&str> = manifest.prices.iter().map(|it| it.plan.as_str()).collect();
            let plans = plans.join(", ");
            wrong(&path, format!("`{text}` is neither a plan ({plans}) nor dollars a unit"))
        })
    }

    /// The fields a condition looks at are read from the rows.
    fn condition(&mut self) -> Result<()> {
        let fields: Vec<FieldName> =
            self.program.run_if.iter().flat_map(Condition::fields).cloned().collect();
        for name in &fields {
            self.field(name).map_err(|_| wrong("run_if", format!("`{name}` is not a field")))?;
        }
        Ok(())
    }

    /// Names that the plan mentions and that lead nowhere.
    fn strangers(&self) -> Result<()> {
        let wanted = |name: &FieldName| self.plan.want.contains(name);
        if let Some(name) = self.plan.waterfalls.keys().find(|it| !wanted(it)) {
            return Err(wrong(&format!("waterfalls.{name}"), "the field is not wanted"));
        }
        if let Some(name) = self.plan.existing.keys().find(|it| !wanted(it)) {
            return Err(wrong(&format!("existing.{name}"), "the field is not wanted"));
        }
        let unused = |name: &&FieldName| !self.program.by_name.contains_key(*name);
        if let Some(name) = self.plan.max_age.keys().find(unused) {
            return Err(wrong(&format!("max_age.{name}"), "the plan does not use this field"));
        }
        let known = |slug: &&ProviderSlug| self.settings.registry.get(slug).is_none();
        if let Some(slug) = self.plan.prices.keys().find(known) {
            return Err(wrong(&format!("prices.{slug}"), "there is no such provider"));
        }
        Ok(())
    }

    fn ceilings(&mut self) -> Result<()> {
        let budget = &self.plan.budget;
        let dollars = [
            ("budget.job", &budget.job, Scope::Job),
            ("budget.per_row", &budget.per_row, Scope::Row(0)),
            ("budget.per_day", &budget.per_day, Scope::Day),
            ("budget.workspace", &budget.workspace, Scope::Workspace),
        ];
        for (path, text, scope) in dollars {
            let Some(text) = text else { continue };
            let limit = parse_usd(path, text)?.0;
            if let Some(op) = self.program.ops.iter().find(|it| it.usd_per_unit.is_none()) {
                let slug = &op.provider;
                let problem = format!("needs to know what `{slug}` costs: set prices.{slug}");
                return Err(wrong(path, problem));
            }
            let ceiling = Ceiling { scope, unit: SpendUnit::Usd, provider: None, limit };
            self.program.ceilings.push(ceiling);
        }
        for (slug, text) in &budget.units {
            let path = format!("budget.units.{slug}");
            if !self.program.ops.iter().any(|it| it.provider == *slug) {
                return Err(wrong(&path, "the plan does not ask this provider"));
            }
            let limit = parse_decimal(text.trim(), 3)
                .ok_or_else(|| wrong(&path, "must be a number of units, e.g. `500`"))?;
            let (scope, unit, provider) = (Scope::Job, SpendUnit::Units, Some(slug.clone()));
            self.program.ceilings.push(Ceiling { scope, unit, provider, limit });
        }
        Ok(())
    }
}
