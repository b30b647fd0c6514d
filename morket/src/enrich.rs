//! Enrichment from the handle: providers, network and keys put together once, jobs run in place.

mod sample;

pub use sample::Sampled;

use morket_core::{
    Clock, Error, JobId, Result, Rng, Secret, Store, WorkspaceId,
    engine::{
        Forecast, Guard, Keys, Preview, Ran, Reuse, Runner, Stop, Tuning, Worker, WorkerOptions,
        submit, waits_for,
    },
    http::Http,
    job::{CellRow, Dispatch, Job, NewJob, StepRow, Wake},
    ledger::Metering,
    name::{FieldName, ProviderSlug},
    plan::{Estimate, Plan, Program, Settings, compile},
    provider::{Provider, Registry},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

/// Keys that were given by hand; the environment's `MORKET_<PROVIDER>_KEY` wins over them.
#[derive(Clone, Debug, Default)]
pub struct GivenKeys(BTreeMap<ProviderSlug, Secret<String>>);

impl GivenKeys {
    /// One more key.
    pub fn set(&mut self, provider: ProviderSlug, key: Secret<String>) {
        self.0.insert(provider, key);
    }

    /// The variable that holds a provider's key.
    ///
    /// ```
    /// use morket::{GivenKeys, name::ProviderSlug};
    ///
    /// let slug = ProviderSlug::new("people-data-labs")?;
    /// assert_eq!(GivenKeys::variable(&slug), "MORKET_PEOPLE_DATA_LABS_KEY");
    /// # Ok::<(), morket::Error>(())
    /// ```
    pub fn variable(provider: &ProviderSlug) -> String {
        format!("MORKET_{}_KEY", provider.as_str().to_ascii_uppercase().replace('-', "_"))
    }

    fn find(&self, provider: &ProviderSlug) -> Option<Secret<String>> {
        let set = std::env::var(Self::variable(provider)).ok().filter(|key| !key.is_empty());
        set.map(Secret::new).or_else(|| self.0.get(provider).cloned())
    }
}

#[async_trait::async_trait]
impl Keys for GivenKeys {
    async fn key(&self, _: WorkspaceId, slug: &ProviderSlug) -> Result<Option<Secret<String>>> {
        Ok(self.find(slug))
    }
}

/// What the builder collects for enrichment.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) registry: Registry,
    pub(crate) http: Option<Arc<dyn Http>>,
    pub(crate) keys: Option<Arc<dyn Keys>>,
    pub(crate) given: GivenKeys,
    pub(crate) base_urls: BTreeMap<ProviderSlug, String>,
    pub(crate) sandboxes: BTreeSet<String>,
    pub(crate) pass_over_unreachable: bool,
    pub(crate) refused: Option<Error>,
}

impl Parts {
    pub(crate) fn register(&mut self, provider: Arc<dyn Provider>) {
        if let Err(error) = self.registry.register(provider) {
            self.refused.get_or_insert(error);
        }
    }

    /// Do something about a provider, whose slug may be wrong.
    pub(crate) fn with_slug(&mut self, slug: &str, act: impl FnOnce(&mut Self, ProviderSlug)) {
        match ProviderSlug::new(slug) {
            Ok(slug) => act(self, slug),
            Err(error) => drop(self.refused.get_or_insert(error)),
        }
    }

    /// Everything put together over a store.
    pub(crate) fn assemble(
        self,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Engine> {
        if let Some(error) = self.refused {
            return Err(error);
        }
        let mut settings = Settings::new(Arc::new(self.registry));
        settings.base_urls = self.base_urls;
        settings.sandboxes = self.sandboxes;
        settings.pass_over_unreachable = self.pass_over_unreachable;
        let keyed: Vec<ProviderSlug> =
            settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
        // Whose keys come from elsewhere is known only when they are asked for.
        settings.keys = match &self.keys {
            Some(_) => keyed,
            None => keyed.into_iter().filter(|it| self.given.find(it).is_some()).collect(),
        };
        let http = match self.http {
            Some(http) => http,
            None => default_network()?,
        };
        let worker = Worker::new(WorkerOptions {
            store: store.clone(),
            http: http.clone(),
            clock: clock.clone(),
            rng: rng.clone(),
            keys: self.keys.unwrap_or_else(|| Arc::new(self.given)),
            settings: settings.clone(),
            ttl: WorkerOptions::TTL,
            tuning: Tuning::default(),
        });
        Ok(Engine { worker: Arc::new(worker), settings, http, store, clock, rng })
    }
}

#[cfg(feature = "http")]
fn default_network() -> Result<Arc<dyn Http>> {
    Ok(Arc::new(morket_http::Client::new(morket_http::Options::from_env()?)?))
}

/// Without a network every request is refused before a byte leaves.
#[cfg(not(feature = "http"))]
fn default_network() -> Result<Arc<dyn Http>> {
    use morket_core::http::{FailureCause, HttpFailure, HttpRequest, HttpResponse};

    #[derive(Debug)]
    struct NoNetwork;

    #[async_trait::async_trait]
    impl Http for NoNetwork {
        async fn send(&self, _: HttpRequest) -> Result<HttpResponse, HttpFailure> {
            let detail = "this Morket was built without a network: give it one with `.http(…)`";
            Err(HttpFailure::unsent(FailureCause::Forbidden, detail))
        }
    }

    Ok(Arc::new(NoNetwork))
}

/// Plans, jobs and what came of them. Cheap to clone; every clone is the same one.
#[derive(Clone, Debug)]
pub struct Engine {
    worker: Arc<Worker>,
    settings: Settings,
    http: Arc<dyn Http>,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Engine {
    /// What runs batches: any number of them, in any number of processes on one store.
    pub fn worker(&self) -> &Arc<Worker> {
        &self.worker
    }

    /// The network it goes through.
    pub fn http(&self) -> &Arc<dyn Http> {
        &self.http
    }

    /// The providers at hand.
    pub fn providers(&self) -> &Registry {
        &self.settings.registry
    }

    /// A plan as it would run in this workspace: every name looked up, every price resolved.
    pub async fn compile(&self, workspace: WorkspaceId, plan: &Plan) -> Result<Program> {
        let workspace = self.store.workspace(workspace).await?;
        let metered = workspace.metering == Metering::Prepaid;
        let environment = workspace.environment;
        compile(plan, &Settings { metered, environment, ..self.settings.clone() })
    }

    /// What a plan would come to for these rows. Nothing is asked, nothing is paid.
    pub async fn estimate(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        rows: &[Value],
    ) -> Result<Estimate> {
        let program = self.compile(workspace, plan).await?;
        let (store, rng) = (&*self.store, &*self.rng);
        let guard = Guard::ask(store, workspace, rng, &program.catalogue, rows).await?;
        program.estimate_without(rows, &|row| guard.keeps_back(&program.catalogue, row))
    }

    /// What of it is kept already: rows that would be reused, new ones, stale ones.
    pub async fn reuse(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        rows: &[Value],
    ) -> Result<Reuse> {
        Ok(self.look_ahead(workspace, plan, rows).await?.0)
    }

    /// What it may be expected to come to, by how vendors have fared in this workspace before.
    /// Where nobody was asked yet, nothing is known: run a sample.
    pub async fn forecast(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        rows: &[Value],
    ) -> Result<Forecast> {
        Ok(self.look_ahead(workspace, plan, rows).await?.1)
    }

    async fn look_ahead(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        rows: &[Value],
    ) -> Result<(Reuse, Forecast)> {
        let program = self.compile(workspace, plan).await?;
        let (store, rng) = (&*self.store, &*self.rng);
        let guard = Guard::ask(store, workspace, rng, &program.catalogue, rows).await?;
        let mut preview = Preview::open(store, workspace, &program).await?;
        preview.add(self.clock.now(), &guard, rows).await?;
        Ok((preview.told(), preview.forecast()?))
    }

    /// Make a job of these rows. It is durable from here on, and does not run by itself.
    pub async fn submit(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        dispatch: Dispatch,
        rows: Vec<Value>,
    ) -> Result<Job> {
        self.put(workspace, plan, dispatch, rows, (None, None)).await
    }

    async fn put(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        dispatch: Dispatch,
        rows: Vec<Value>,
        (name, base): (Option<&str>, Option<JobId>),
    ) -> Result<Job> {
        let program = self.compile(workspace, plan).await?;
        let worst_case = program.estimate(&rows)?.worst_charge;
        let mut pinned = plan.clone();
        program.pin(&mut pinned);
        let plan = serde_json::to_value(pinned).map_err(|error| {
            Error::internal("engine.submit", "the plan cannot be written").caused_by(error)
        })?;
        let id = JobId::new(self.clock.now(), &*self.rng);
        let (name, created_by, retry_of) = (name.map(str::to_owned), None, None);
        let new = NewJob { id, name, plan, dispatch, worst_case, created_by, retry_of, base };
        submit(&*self.store, workspace, new, rows).await
    }

    /// Run a job until it ends, or until it waits for longer than `patience`. A job that a dead
    /// process left is gone on with.
    pub async fn run(
        &self,
        workspace: WorkspaceId,
        job: JobId,
        patience: Duration,
        stop: &Stop,
    ) -> Result<Ran> {
        let runner = Runner::new(self.worker.clone(), self.name());
        runner.run_job(workspace, job, patience, stop).await
    }

    /// Fill these rows in, here and now: a job, run to its end.
    pub async fn enrich(
        &self,
        workspace: WorkspaceId,
        plan: &Plan,
        rows: Vec<Value>,
    ) -> Result<Enriched> {
        let job = self.submit(workspace, plan, Dispatch::Attended, rows).await?;
        let patience = Duration::from_secs(900);
        let ran = self.run(workspace, job.id, patience, &Stop::default()).await?;
        self.enriched(workspace, ran.job.id).await
    }

    /// What a job has come to so far.
    pub async fn enriched(&self, workspace: WorkspaceId, job: JobId) -> Result<Enriched> {
        let job = self.store.job(workspace, job).await?;
        let all = 0..job.counts.total;
        let cells = self.store.cells(workspace, job.id, all.clone()).await?;
        let steps = self.store.steps(workspace, job.id, all).await?;
        Ok(Enriched { job, cells, steps })
    }

    /// A provider's key was set or tested, or its account topped up: whatever waits for it goes on.
    pub async fn account_changed(
        &self,
        workspace: WorkspaceId,
        provider: &ProviderSlug,
    ) -> Result<u32> {
        let mut woken = 0;
        for word in waits_for(provider) {
            woken += self.store.wake(workspace, Wake::Cause(word)).await?;
        }
        Ok(woken)
    }

    fn name(&self) -> String {
        format!("embedded-{}", std::process::id())
    }
}

/// A job and what came of it.
#[derive(Clone, Debug)]
pub struct Enriched {
    /// The job.
    pub job: Job,
    /// Its cells, by record, then by field name.
    pub cells: Vec<CellRow>,
    /// Its steps.
    pub steps: Vec<StepRow>,
}

impl Enriched {
    /// One field of one record.
    pub fn cell(&self, index: u32, field: &str) -> Option<&CellRow> {
        let field = FieldName::new(field).ok()?;
        self.cells.iter().find(|it| it.cell.index == index && it.cell.field == field)
    }

    /// The value of a field that was found.
    pub fn value(&self, index: u32, field: &str) -> Option<&Value> {
        self.cell(index, field)?.cell.value.as_ref()
    }
}
