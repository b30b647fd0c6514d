//! What campaigns and measurements of the engine stand on: real adapters against the sandbox's
//! vendors, over the real network client, on whichever store.

use async_trait::async_trait;
use morket::{
    Credits, OsRng, Result, Secret, Store, SystemClock, WorkspaceId,
    engine::{Keys, Tuning, Worker, WorkerOptions},
    field::{EmailStatus, Kind},
    http::{HttpRequest, HttpResponse},
    name::{FieldName, ProviderSlug},
    plan::{Plan, Settings, Waterfall},
    provider::{Ask, Manifest, Outcome, Parsed, Provider, Registry, Verdicts},
};
use morket_http::{Client, Options};
use morket_providers::sandbox::World;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// Who is asked for an address, in order; the last verifies.
pub const VENDORS: [&str; 3] = ["hunter", "people-data-labs", "zerobounce"];

/// What an accepted call of each is charged, in milli-credits: nobody else's prices, so that an
/// auditor knows them without asking.
pub const PRICES: [i64; 3] = [3_000, 5_000, 1_000];

/// The operation of each.
const OPERATIONS: [&str; 3] = ["email_finder", "person_enrich", "validate"];

/// A vendor without the pace that its contract asks for: a sandbox without limits needs none, and
/// one that says "too fast" by the dice means nothing by it.
#[derive(Debug)]
struct Unhurried {
    inner: Arc<dyn Provider>,
    manifest: Manifest,
}

impl Unhurried {
    fn new(inner: Arc<dyn Provider>) -> Self {
        let mut manifest = inner.manifest().clone();
        manifest.operations.iter_mut().for_each(|it| it.windows.clear());
        Self { inner, manifest }
    }
}

impl Provider for Unhurried {
    fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        self.inner.request(ask)
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let mut parsed = self.inner.parse(ask, answer);
        parsed.limits.clear();
        if let Verdicts::All(Outcome::RateLimited { retry_after }) = &mut parsed.verdicts {
            *retry_after = Some(Duration::from_millis(50));
        }
        parsed
    }
}

/// One key everywhere: the sandbox's door is open.
#[derive(Debug)]
struct AnyKey;

#[async_trait]
impl Keys for AnyKey {
    async fn key(&self, _: WorkspaceId, _: &ProviderSlug) -> Result<Option<Secret<String>>> {
        Ok(Some(Secret::new("campaign-key".to_owned())))
    }
}

/// A worker whose vendors all live at `address` (`127.0.0.1:PORT`).
pub fn worker(
    store: Arc<dyn Store>,
    address: &str,
    ttl: Duration,
    tuning: Tuning,
) -> anyhow::Result<Worker> {
    let all = morket_providers::builtin();
    let mut registry = Registry::new();
    let mut base_urls = std::collections::BTreeMap::new();
    for (slug, version) in VENDORS.into_iter().zip(["v2", "v5", "v2"]) {
        registry.register(Arc::new(Unhurried::new(all.named(slug)?.clone())))?;
        base_urls.insert(ProviderSlug::new(slug)?, format!("http://{address}/{slug}/{version}"));
    }
    let mut settings = Settings::new(Arc::new(registry));
    settings.base_urls = base_urls;
    settings.sandboxes.insert(format!("http://{address}"));
    for ((slug, operation), price) in VENDORS.into_iter().zip(OPERATIONS).zip(PRICES) {
        let key = (ProviderSlug::new(slug)?, operation.to_owned());
        settings.charges.insert(key, Credits(price));
    }
    let http = Client::new(Options::new().allow_egress(address)?)?;
    Ok(Worker::new(WorkerOptions {
        store,
        http: Arc::new(http),
        clock: Arc::new(SystemClock::new()),
        rng: Arc::new(OsRng),
        keys: Arc::new(AnyKey),
        settings,
        ttl,
        tuning,
    }))
}

/// An address for each person: two finders, and a verifier for whatever they find.
pub fn plan() -> Result<Plan> {
    let email = FieldName::new("email")?;
    let mut plan = Plan::of(Kind::Person, [email.clone()]);
    let [first, second, verifier] =
        [0, 1, 2].map(|at| format!("{}/{}", VENDORS[at], OPERATIONS[at]));
    let (steps, verify) = (vec![first, second], Some(verifier));
    let waterfall = Waterfall { steps, verify, email: None };
    plan.waterfalls.insert(email, waterfall);
    plan.accept.email.verify = morket::accept::Verify::Always;
    Ok(plan)
}

/// Rows of the sandbox's world.
pub fn rows(seed: u64, count: usize) -> Vec<Value> {
    let people = World::new(seed).demo_rows(count).into_iter();
    people
        .map(|it| json!({ "full_name": it.full_name, "company_domain": it.company_domain }))
        .collect()
}

/// Whatever a vendor says of an address, as far as a plan may take its word.
pub fn believed() -> Vec<EmailStatus> {
    let all = EmailStatus::ALL.iter().copied();
    all.filter(|it| *it != EmailStatus::Invalid).collect()
}
