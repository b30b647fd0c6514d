//! Choosing a store, and the handle over it.

use crate::{
    OsRng, SystemClock,
    enrich::{Engine, Parts},
};
use morket_core::{
    Clock, Error, Result, Rng, Secret, Store, Timestamp, WorkspaceId,
    access::Access,
    audit::{Action, NewAudit},
    engine::Keys,
    http::Http,
    memory::MemoryStore,
    provider::{Provider, Registry},
    rbac::Principal,
    vault::{KeyRing, Vault},
    webhook::{Courier, CourierOptions, Webhooks},
    workspace::{Environment, NewWorkspace, Workspace},
};
use std::sync::Arc;

/// Where data is kept.
#[derive(Debug, Default)]
pub(crate) enum Choice {
    #[default]
    None,
    Memory,
    #[cfg(feature = "sqlite")]
    Sqlite(morket_store_sqlite::SqliteOptions),
    #[cfg(feature = "postgres")]
    Postgres(morket_store_postgres::PostgresOptions),
    Own(Arc<dyn Store>),
}

/// Builds a [`Morket`]. Nothing is opened, and nothing refused, before [`Builder::build`].
#[derive(Debug, Default)]
pub struct Builder {
    pub(crate) store: Choice,
    pub(crate) clock: Option<Arc<dyn Clock>>,
    rng: Option<Arc<dyn Rng>>,
    parts: Parts,
}

impl Builder {
    /// Keep everything in memory: gone with the process.
    #[must_use]
    pub fn memory(mut self) -> Self {
        self.store = Choice::Memory;
        self
    }

    /// Keep everything in one durable file.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn sqlite(self, path: impl Into<std::path::PathBuf>) -> Self {
        self.sqlite_with(morket_store_sqlite::SqliteOptions::new(path))
    }

    /// The same, with every setting.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn sqlite_with(mut self, options: morket_store_sqlite::SqliteOptions) -> Self {
        self.store = Choice::Sqlite(options);
        self
    }

    /// Keep everything in PostgreSQL, shared by any number of processes.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn postgres(self, url: impl Into<String>) -> Self {
        self.postgres_with(morket_store_postgres::PostgresOptions::new(url))
    }

    /// The same, with every setting.
    #[cfg(feature = "postgres")]
    #[must_use]
    pub fn postgres_with(mut self, options: morket_store_postgres::PostgresOptions) -> Self {
        self.store = Choice::Postgres(options);
        self
    }

    /// Keep everything in a store of your own; `morket-testkit` tells you whether it is right.
    #[must_use]
    pub fn store(mut self, store: Arc<dyn Store>) -> Self {
        self.store = Choice::Own(store);
        self
    }

    /// Offer this provider to plans.
    #[must_use]
    pub fn provider(mut self, provider: impl Provider) -> Self {
        self.parts.register(Arc::new(provider));
        self
    }

    /// Offer every provider that is built in.
    #[cfg(feature = "providers")]
    #[must_use]
    pub fn builtin_providers(self) -> Self {
        self.providers(&morket_providers::builtin())
    }

    /// Offer these providers to plans.
    #[must_use]
    pub fn providers(mut self, registry: &Registry) -> Self {
        for provider in registry.iter() {
            self.parts.register(provider.clone());
        }
        self
    }

    /// Offer the vendors that the manifests in this folder describe, besides those named before.
    /// What is wrong with a file refuses the build, with its line and column.
    #[cfg(feature = "providers")]
    #[must_use]
    pub fn manifests(mut self, folder: impl AsRef<std::path::Path>) -> Self {
        let registry = &mut self.parts.registry;
        let told = morket_providers::manifest::add_folder(registry, folder.as_ref());
        let broken: Vec<String> = told.broken.iter().map(ToString::to_string).collect();
        if !broken.is_empty() {
            let error = Error::invalid("morket.build", "manifests", broken.join("\n"));
            self.parts.refused.get_or_insert(error);
        }
        self
    }

    /// Reach vendors through this network instead of the one that is built in.
    #[must_use]
    pub fn http(mut self, http: Arc<dyn Http>) -> Self {
        self.parts.http = Some(http);
        self
    }

    /// The user's key at a provider. The environment's `MORKET_<PROVIDER>_KEY` wins over it.
    #[must_use]
    pub fn key(mut self, provider: &str, key: Secret<String>) -> Self {
        self.parts.with_slug(provider, |parts, slug| parts.given.set(slug, key));
        self
    }

    /// Take keys from here instead, workspace by workspace.
    #[must_use]
    pub fn keys(mut self, keys: Arc<dyn Keys>) -> Self {
        self.parts.keys = Some(keys);
        self
    }

    /// A provider lives here instead of where its manifest says.
    #[must_use]
    pub fn base_url(mut self, provider: &str, url: impl Into<String>) -> Self {
        let url = url.into();
        self.parts.with_slug(provider, |parts, slug| drop(parts.base_urls.insert(slug, url)));
        self
    }

    /// Fake vendors live at this origin, e.g. `http://127.0.0.1:4000`: sandbox workspaces reach
    /// them and nobody else, and live ones refuse them.
    #[must_use]
    pub fn sandbox(mut self, origin: impl Into<String>) -> Self {
        self.parts.sandboxes.insert(origin.into());
        self
    }

    /// Free sources that cannot be reached are passed over, and their cells say `offline`: for
    /// trials on machines that may have no network.
    #[must_use]
    pub fn pass_over_unreachable(mut self) -> Self {
        self.parts.pass_over_unreachable = true;
        self
    }

    /// Live by this clock instead of the machine's.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Draw from this generator instead of the operating system's. For tests alone.
    #[must_use]
    pub fn rng(mut self, rng: Arc<dyn Rng>) -> Self {
        self.rng = Some(rng);
        self
    }

    /// Open the store.
    pub async fn build(self) -> Result<Morket> {
        let clock = self.clock.unwrap_or_else(|| Arc::new(SystemClock::new()));
        let rng = self.rng.unwrap_or_else(|| Arc::new(OsRng));
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        let mut tables = None;
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        #[allow(unused_mut, reason = "only PostgreSQL has roles")]
        let mut guarded = false;
        let store: Arc<dyn Store> = match self.store {
            Choice::None => {
                let problem = "choose one: .sqlite(path), .postgres(url) or .memory()";
                return Err(Error::invalid("morket.build", "store", problem));
            }
            Choice::Memory => Arc::new(MemoryStore::new(clock.clone())),
            #[cfg(feature = "sqlite")]
            Choice::Sqlite(options) => {
                let sqlite = morket_store_sqlite::Sqlite::open(options, clock.clone()).await?;
                Arc::new(tables.insert(sqlite.store()).clone())
            }
            #[cfg(feature = "postgres")]
            Choice::Postgres(options) => {
                let postgres = morket_store_postgres::Postgres::open(options).await?;
                guarded = postgres.is_guarded();
                Arc::new(tables.insert(postgres.store()).clone())
            }
            Choice::Own(store) => store,
        };
        let engine = self.parts.assemble(store.clone(), clock.clone(), rng.clone())?;
        Ok(Morket {
            store,
            clock,
            rng,
            engine,
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            guarded,
            #[cfg(any(feature = "sqlite", feature = "postgres"))]
            tables,
        })
    }
}

/// An open Morket. Cheap to clone; every clone is the same one.
#[derive(Clone, Debug)]
pub struct Morket {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    engine: Engine,
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    guarded: bool,
    /// The store again, if it is one of tables.
    #[cfg(any(feature = "sqlite", feature = "postgres"))]
    pub(crate) tables: Option<morket_store_sql::SqlStore>,
}

impl Morket {
    /// Begin: choose where data is kept.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Every port of the store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The clock it lives by.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What time the store has, by which leases end: PostgreSQL's is the server's, every other's
    /// is that of [`clock`](Self::clock).
    pub async fn store_time(&self) -> Result<Timestamp> {
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        if let Some(tables) = &self.tables {
            return tables.now().await;
        }
        Ok(self.clock.now())
    }

    /// Whether row-level security stands behind the store: PostgreSQL, where the roles exist and
    /// this user may act as them.
    pub fn is_guarded(&self) -> bool {
        #[cfg(any(feature = "sqlite", feature = "postgres"))]
        return self.guarded;
        #[cfg(not(any(feature = "sqlite", feature = "postgres")))]
        false
    }

    /// The generator it draws ids and keys from.
    pub fn rng(&self) -> &Arc<dyn Rng> {
        &self.rng
    }

    /// Plans and jobs, among the providers it was built with.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The gate before every service: asks the store each time who may do what.
    pub fn access(&self) -> Access {
        Access::new(self.store.clone())
    }

    /// Vendors' keys at rest, under the master keys of `ring`.
    pub fn vault(&self, ring: KeyRing) -> Vault {
        Vault::new(self.store.clone(), ring, self.clock.clone(), self.rng.clone())
    }

    /// Endpoints that are told what happened, over this vault, which seals their secrets.
    pub fn webhooks(&self, vault: Arc<Vault>) -> Webhooks {
        let http = self.engine.http().clone();
        Webhooks::new(self.store.clone(), http, vault, self.clock.clone(), self.rng.clone())
    }

    /// What delivers to them; run it beside the workers, in one process or in many.
    pub fn courier(&self, vault: Arc<Vault>) -> Courier {
        let http = self.engine.http().clone();
        let (clock, rng) = (self.clock.clone(), self.rng.clone());
        Courier::new(CourierOptions::new(self.store.clone(), http, vault, clock, rng))
    }

    /// A workspace to create; it is created when awaited.
    pub fn create_workspace(&self, name: impl Into<String>) -> CreateWorkspace<'_> {
        let id = WorkspaceId::new(self.clock.now(), self.rng.as_ref());
        CreateWorkspace { morket: self, new: NewWorkspace::embedded(id, name) }
    }
}

/// A workspace about to be created.
#[must_use = "it is created when awaited"]
#[derive(Debug)]
pub struct CreateWorkspace<'a> {
    morket: &'a Morket,
    new: NewWorkspace,
}

impl CreateWorkspace<'_> {
    /// It pays in credits.
    pub fn prepaid(mut self) -> Self {
        self.new = self.new.prepaid();
        self
    }

    /// It reaches fake vendors, and nobody else.
    pub fn sandbox(mut self) -> Self {
        self.new.environment = Environment::Sandbox;
        self
    }

    /// It is answered by recorded traffic, and by nothing else: what was not recorded fails, and
    /// with a [network](Builder::http) that does not replay nothing is asked at all.
    pub fn replay(mut self) -> Self {
        self.new.environment = Environment::Replay;
        self
    }
}

impl<'a> IntoFuture for CreateWorkspace<'a> {
    type Output = Result<Workspace>;
    type IntoFuture = std::pin::Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
            self.morket.store.create_workspace(self.new, audit).await
        })
    }
}
