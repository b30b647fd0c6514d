//! The seam to the engine: a store, the network, the vendors and their keys, put together. Whatever
//! else the command does, it does through this.

use crate::{
    brief::Brief, config::Config, exit::Failure, keys::KeyFile, keys::private, signal::Ending,
    vendors::Vendors,
};
use morket::{
    Builder, Error, ErrorKind, JobId, Morket, Result, WorkspaceId,
    audit::{Action, NewAudit},
    engine::{Keys, News, Ran, Runner, Stop, submit},
    http::Http,
    job::{ClaimFilter, Dispatch, Job, JobState, NewJob},
    name::ProviderSlug,
    network,
    page::Limit,
    plan::{Plan, Program, Settings, compile},
    provider::Registry,
    rbac::Principal,
    workspace::{Environment, NewWorkspace},
};
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tokio::sync::mpsc::UnboundedSender;
use uuid::Uuid;

/// The one workspace that the command works in, in every store.
pub const WORKSPACE: Uuid = Uuid::from_u128(0x6d6f_726b_6574_4001_8000_0000_0000_0001);

/// What an engine is put together from.
#[derive(Debug)]
pub struct Parts {
    /// A file, or `postgres://…`.
    pub store: String,
    /// Local addresses that may be reached.
    pub egress: Vec<String>,
    /// Where providers live instead of where they usually do.
    pub base_urls: BTreeMap<String, String>,
    /// The vendors.
    pub registry: Registry,
    /// Where keys come from.
    pub keys: Arc<dyn Keys>,
    /// The providers that there is a key for.
    pub held: Vec<ProviderSlug>,
    /// Which vendors are reached.
    pub environment: Environment,
    /// Whether it is tried out: then what cannot be reached soon is passed over.
    pub trial: bool,
}

impl Parts {
    /// As the configuration says.
    pub async fn of(config: &Config, keys: &KeyFile, vendors: &Vendors) -> Result<Self> {
        let mut held = Vec::new();
        for provider in vendors.iter() {
            let slug = &provider.manifest().slug;
            if keys.source(slug).await?.is_some() {
                held.push(slug.clone());
            }
        }
        let providers = config.settings.providers.iter();
        let base = |(slug, it): (&String, &crate::config::ProviderSettings)| {
            Some((slug.clone(), it.base_url.clone()?))
        };
        Ok(Self {
            store: config.store.value.clone(),
            egress: config.settings.egress.clone(),
            base_urls: providers.filter_map(base).collect(),
            registry: vendors.registry.clone(),
            keys: Arc::new(keys.clone()),
            held,
            environment: Environment::Live,
            trial: false,
        })
    }
}

/// Everything a run needs.
#[derive(Clone, Debug)]
pub struct Engine {
    /// Store, clock, dice.
    pub morket: Morket,
    /// Where it works.
    pub workspace: WorkspaceId,
    /// The network.
    pub http: Arc<dyn Http>,
    /// What plans are compiled among: with the keys there are.
    settings: Settings,
}

impl Engine {
    /// Open the store and put it together.
    pub async fn open(parts: Parts) -> Result<Self> {
        let mut http = network(&parts.egress)?;
        if parts.trial {
            http = Arc::new(Brief::over(http));
        }
        let builder = Morket::builder().http(http.clone()).keys(parts.keys);
        let mut builder = builder.providers(&parts.registry);
        if parts.trial {
            builder = builder.pass_over_unreachable();
        }
        let mut settings = Settings::new(Arc::new(parts.registry));
        settings.keys = parts.held;
        for (slug, url) in parts.base_urls {
            if parts.environment == Environment::Sandbox {
                builder = builder.sandbox(url.as_str());
                settings.sandboxes.insert(url.clone());
            }
            settings.registry.named(&slug)?;
            if !url.starts_with("https://") && !url.starts_with("http://") {
                let name = format!("providers.{slug}.base_url");
                return Err(Error::invalid("run.open", &name, "must begin with https://"));
            }
            builder = builder.base_url(&slug, url.as_str());
            settings.base_urls.insert(ProviderSlug::new(slug)?, url);
        }
        let opened = store(builder, &parts.store)?.build().await;
        let morket = opened.map_err(|error| of_store(error, &parts.store))?;
        let workspace = WorkspaceId(WORKSPACE);
        let found = morket.store().workspace(workspace).await;
        settings.environment = found.as_ref().map_or(parts.environment, |it| it.environment);
        if found.is_err_and(|error| error.kind() == ErrorKind::NotFound) {
            let mut new = NewWorkspace::embedded(workspace, "Morket");
            new.environment = parts.environment;
            let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
            morket.store().create_workspace(new, audit).await?;
        }
        Ok(Self { morket, workspace, http, settings })
    }

    /// The same, in another workspace of the store.
    pub fn within(&self, workspace: WorkspaceId) -> Self {
        Self { workspace, ..self.clone() }
    }

    /// A fresh id for a run.
    pub fn new_id(&self) -> JobId {
        JobId::new(self.morket.clock().now(), self.morket.rng().as_ref())
    }

    /// Look everything up that a plan names.
    pub fn compile(&self, plan: &Plan) -> Result<Program> {
        compile(plan, &self.settings)
    }

    /// The same for a plan that was run: with whatever keys there were.
    pub fn compile_again(&self, job: &Job) -> Result<Program> {
        let plan: Plan = serde_json::from_value(job.plan.clone()).map_err(|error| {
            Error::internal("run.plan", "a stored plan cannot be read").caused_by(error)
        })?;
        let mut settings = self.settings.clone();
        settings.keys = settings.registry.iter().map(|it| it.manifest().slug.clone()).collect();
        compile(&plan, &settings)
    }

    /// Put a run on the store: one that tries another again, or one that takes over what a sample
    /// came to.
    pub async fn submit(
        &self,
        id: JobId,
        plan: &Plan,
        name: Option<String>,
        (retry_of, base): (Option<JobId>, Option<JobId>),
        records: impl IntoIterator<Item = Value>,
    ) -> Result<Job> {
        let plan = serde_json::to_value(plan).map_err(|error| {
            Error::internal("run.plan", "a plan cannot be written").caused_by(error)
        })?;
        let new = NewJob {
            id,
            name,
            plan,
            dispatch: Dispatch::Attended,
            worst_case: morket::Credits::ZERO,
            created_by: None,
            retry_of,
            base,
        };
        submit(self.morket.store().as_ref(), self.workspace, new, records).await
    }

    /// Run whatever there is until told to stop, and say what there is to say.
    pub async fn work(
        &self,
        attended: bool,
        stop: &Stop,
        told: UnboundedSender<News>,
    ) -> Result<()> {
        let filter = if attended { ClaimFilter::All } else { ClaimFilter::Queued };
        self.runner().tells(told).run(filter, stop).await
    }

    fn runner(&self) -> Runner {
        Runner::new(self.morket.engine().worker().clone(), format!("morket-{}", std::process::id()))
    }

    /// Which of these runs were interrupted, and how long ago: they are begun and not ended, and
    /// nobody is at them. None where the store cannot tell.
    pub async fn interrupted(&self, jobs: &[Job]) -> Result<BTreeMap<JobId, Duration>> {
        let begun = |it: &&Job| it.state == JobState::Running && it.dispatch == Dispatch::Attended;
        let ids: Vec<JobId> = jobs.iter().filter(begun).map(|it| it.id).collect();
        match self.morket.store().left_for(self.workspace, ids.clone()).await {
            Ok(left) => {
                Ok(ids.into_iter().zip(left).filter_map(|it| Some((it.0, it.1?))).collect())
            }
            Err(error) if error.kind() == ErrorKind::Unsupported => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    /// The newest runs.
    pub async fn newest(&self) -> Result<Vec<Job>> {
        let page = Limit::new(Limit::MAX)?;
        Ok(self.morket.store().jobs(self.workspace, None, page).await?.rows)
    }

    /// A job as it stands.
    pub async fn job(&self, job: JobId) -> Result<Job> {
        self.morket.store().job(self.workspace, job).await
    }
}

/// The network, with these local addresses allowed.
pub fn network(egress: &[String]) -> Result<Arc<dyn Http>> {
    let mut options = network::Options::from_env()?;
    for allowed in egress {
        options = options.allow_egress(allowed).map_err(|_| {
            let problem = format!("`{allowed}` must look like 127.0.0.1:8080 or [::1]:8080");
            Error::invalid("run.network", "egress", problem)
        })?;
    }
    Ok(Arc::new(network::Client::new(options)?))
}

/// What the network says of a vendor, with what to do where its address has to be allowed.
pub fn unreached(failure: &impl std::fmt::Display) -> String {
    let told = failure.to_string();
    match told.contains("may not be reached from here") {
        true => format!("{told}; if it is yours, put egress = [\"HOST:PORT\"] into morket.toml"),
        false => told,
    }
}

/// What went wrong with a file, by its name: whoever keeps several does not guess which.
fn of_store(error: Error, store: &str) -> Error {
    let named = is_url(store) || error.message().contains(store);
    let of_it = error.operation().starts_with("store.") && error.kind() != ErrorKind::Internal;
    if named || !of_it {
        return error;
    }
    let message = format!("{store}: {}", error.message());
    Error::new(error.kind(), error.operation(), message).caused_by(error)
}

/// The builder over this store, whose folder and file are made for the user alone.
pub(crate) fn store(builder: Builder, store: &str) -> Result<Builder> {
    if is_url(store) {
        #[cfg(feature = "postgres")]
        return Ok(builder.postgres(store));
        #[cfg(not(feature = "postgres"))]
        return Err(unsupported(
            "this build has no PostgreSQL; use a file, or build it with --features postgres",
        ));
    }
    #[cfg(feature = "sqlite")]
    {
        if let Some(folder) = Path::new(store).parent().filter(|it| !it.as_os_str().is_empty()) {
            private::folder(folder)?;
        }
        private::file(Path::new(store))?;
        Ok(builder.sqlite(store))
    }
    #[cfg(not(feature = "sqlite"))]
    Err(unsupported("this build has no SQLite; use postgres://"))
}

/// Whether a store is a database's address, not a file.
pub(crate) fn is_url(store: &str) -> bool {
    store.starts_with("postgres://") || store.starts_with("postgresql://")
}

#[cfg(not(all(feature = "sqlite", feature = "postgres")))]
#[allow(dead_code, reason = "which of the two is absent depends on the features")]
fn unsupported(message: &str) -> Error {
    Error::new(ErrorKind::Unsupported, "store.open", message)
}

/// How a run came to a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// It is over.
    Ended,
    /// A provider's key is bad or its account empty, and nothing else is left to do.
    Lost,
    /// What is left would wait for too long.
    Waits,
    /// The user interrupted it.
    Interrupted,
}

/// How long the first Ctrl-C lets what is in flight come in.
const DRAIN: Duration = Duration::from_secs(30);

impl Engine {
    /// Run a job to its end, until only lost providers are left, until it would wait longer than
    /// `max_wait`, or until Ctrl-C: the first drains, the second aborts. `told` hears how it goes.
    pub async fn attend(
        &self,
        job: JobId,
        max_wait: Duration,
        told: UnboundedSender<News>,
    ) -> Result<(Job, Halt), Failure> {
        let mut ending = Ending::listen()?;
        let stop = Stop::default();
        let runner = self.runner().tells(told);
        let running = self.until_halt(&runner, job, max_wait, &stop);
        tokio::pin!(running);
        tokio::select! {
            done = &mut running => return Ok(done?),
            pressed = ending.told() => pressed?,
        }
        stop.drain();
        tokio::select! {
            done = &mut running => { done?; }
            pressed = ending.told() => pressed?,
            () = tokio::time::sleep(DRAIN) => {}
        }
        Ok((self.job(job).await?, Halt::Interrupted))
    }

    async fn until_halt(
        &self,
        runner: &Runner,
        id: JobId,
        max_wait: Duration,
        stop: &Stop,
    ) -> Result<(Job, Halt)> {
        let Ran { job, waits } = runner.run_job(self.workspace, id, max_wait, stop).await?;
        let lost = |cause: &String| {
            [":auth", ":plan", ":out_of_credits"].iter().any(|it| cause.ends_with(it))
        };
        let halt = match waits {
            _ if job.state.is_terminal() => Halt::Ended,
            false => Halt::Interrupted,
            true if !job.waiting.is_empty() && job.waiting.iter().all(lost) => Halt::Lost,
            true => Halt::Waits,
        };
        Ok((job, halt))
    }
}
