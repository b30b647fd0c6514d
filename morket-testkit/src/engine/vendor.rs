//! Vendors that do as they are told. A call to one is a GET of `/<operation>?<inputs>`; what it
//! answers is JSON that names the outcome.

use async_trait::async_trait;
use morket_core::{
    Credits, Error, MicroUsd, Result, Secret, VendorUnits, WorkspaceId,
    engine::Keys,
    field::Kind,
    http::{Http, HttpFailure, HttpRequest, HttpResponse},
    name::{FieldName, ProviderSlug},
    provider::{
        Answer, Ask, Billing, Manifest, Operation, Outcome, Parsed, PriceList, Provider, Returned,
        Shape, Standing, Unfinished, Verdicts, Window,
    },
};
use serde_json::{Value, json};
use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// A vendor with one operation.
#[derive(Clone, Debug)]
pub struct FakeVendor(Manifest, Option<Defect>, bool);

/// Where the code of a vendor's adapter goes wrong, on records that name [`POISON`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defect {
    /// Building the request panics.
    Request,
    /// Reading the answer panics.
    Parse,
    /// Building the request is an error.
    Refusal,
}

/// The name that a defect strikes on.
pub const POISON: &str = "Poison";

fn names(fields: &[&str]) -> Vec<FieldName> {
    fields.iter().map(|it| FieldName::new(*it).expect("a field's name")).collect()
}

impl FakeVendor {
    /// A vendor that finds these fields for a full name and a company's domain, at two credits and
    /// one unit each.
    pub fn finder(slug: &str, outputs: &[&str]) -> Self {
        let operation = Operation {
            inputs: vec![names(&["full_name", "company_domain"])],
            outputs: names(outputs),
            billing: Billing::per_answer(VendorUnits::whole(1)),
            credits: Some(Credits::whole(2)),
            miss_ttl: Duration::from_secs(30 * 86_400),
            ..Operation::new("find", Kind::Person)
        };
        let manifest = Manifest {
            slug: ProviderSlug::new(slug).expect("a slug"),
            name: slug.to_owned(),
            base_url: format!("https://{slug}.example"),
            keyed: true,
            unit: "credit".into(),
            prices: vec![PriceList {
                plan: "starter".into(),
                usd_per_unit: MicroUsd(50_000),
                units_per_month: None,
            }],
            as_of: "2026-11-21".into(),
            operations: vec![operation],
        };
        Self(manifest, None, false)
    }

    /// Its adapter has a defect.
    #[must_use]
    pub fn defective(mut self, defect: Defect) -> Self {
        self.1 = Some(defect);
        self
    }

    /// It tells for free how an account stands: a GET of `/account`, answered by
    /// `{"works": true, "left": 12}`.
    #[must_use]
    pub fn telling(mut self) -> Self {
        self.2 = true;
        self
    }

    fn strikes(&self, defect: Defect, ask: &Ask<'_>) -> bool {
        let named = |it: &morket_core::provider::Inputs| it.text("full_name") == Some(POISON);
        self.1 == Some(defect) && ask.records.iter().any(named)
    }

    /// A vendor that verifies e-mail addresses, at half a credit.
    pub fn verifier(slug: &str) -> Self {
        Self::finder(slug, &["email_status"]).with(|it| {
            it.name = "verify".into();
            it.inputs = vec![names(&["email"])];
            it.verifies = Some(names(&["email"]).remove(0));
            it.credits = Some(Credits(500));
        })
    }

    /// The same vendor with its operation changed.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Operation)) -> Self {
        change(&mut self.0.operations[0]);
        self
    }

    /// It repeats a lost call safely.
    #[must_use]
    pub fn repeatable(self) -> Self {
        self.with(|it| it.retry_on_ambiguous = true)
    }

    /// It takes so many records in one call.
    #[must_use]
    pub fn bulk(self, records: u32) -> Self {
        self.with(|it| it.bulk = records)
    }

    /// It asks for no key.
    #[must_use]
    pub fn keyless(mut self) -> Self {
        self.0.keyed = false;
        self
    }

    /// It has this limit.
    #[must_use]
    pub fn window(self, window: Window) -> Self {
        self.with(|it| it.windows.push(window))
    }

    /// It answers later.
    #[must_use]
    pub fn slow(self) -> Self {
        self.with(|it| {
            it.shape = Shape::Poll {
                first: Duration::from_secs(1),
                every: Duration::from_secs(1),
                deadline: Duration::from_secs(60),
                unfinished: Unfinished::Unknown,
            };
        })
    }
}

impl Provider for FakeVendor {
    fn manifest(&self) -> &Manifest {
        &self.0
    }

    fn request(&self, ask: &Ask<'_>) -> Result<HttpRequest> {
        assert!(!self.strikes(Defect::Request, ask), "this adapter cannot ask about {POISON}");
        if self.strikes(Defect::Refusal, ask) {
            return Err(Error::invalid("provider.request", "full_name", "is poison"));
        }
        let records: Vec<Value> =
            ask.records.iter().map(|it| serde_json::to_value(&it.0).unwrap_or_default()).collect();
        let request = HttpRequest::post(ask.base_url).segment(&ask.operation.name)?;
        let request = request.header("idempotency-key", ask.call.to_string());
        let request = if self.0.keyed { request.bearer(ask.key()?) } else { request };
        request.json(&records)
    }

    fn poll(&self, ask: &Ask<'_>, task: &str) -> Result<HttpRequest> {
        let request = HttpRequest::get(ask.base_url).segment("task")?.segment(task)?;
        Ok(request.header("idempotency-key", ask.call.to_string()).bearer(ask.key()?))
    }

    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        assert!(!self.strikes(Defect::Parse, ask), "this adapter cannot read of {POISON}");
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return Outcome::Unknown.into();
        };
        match body {
            Value::Array(each) => Parsed {
                verdicts: Verdicts::Each(each.iter().map(outcome).collect()),
                billed: None,
                limits: Vec::new(),
            },
            one => outcome(&one).into(),
        }
    }

    fn check(&self, base_url: &str, key: &Secret<String>) -> Option<HttpRequest> {
        let request = HttpRequest::get(base_url).segment("account").ok()?;
        self.2.then(|| request.bearer(key))
    }

    fn parse_check(&self, answer: &HttpResponse) -> Standing {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let left = body.get("left").and_then(Value::as_i64);
        Standing {
            key_works: body.get("works").and_then(Value::as_bool),
            left: left.map(VendorUnits::whole),
            ..Standing::default()
        }
    }
}

/// The outcome a fake's answer names.
fn outcome(body: &Value) -> Outcome {
    let seconds = |name: &str| body.get(name).and_then(Value::as_u64).map(Duration::from_secs);
    match body.get("is").and_then(Value::as_str) {
        Some("answer") => {
            let fields = body.get("values").and_then(Value::as_object).into_iter().flatten();
            let values = fields.filter_map(|(name, value)| {
                Some((FieldName::new(name.as_str()).ok()?, value.clone()))
            });
            let identity = body.get("identity").cloned().unwrap_or_else(|| json!({}));
            Outcome::Answer(Answer {
                values: values.collect(),
                identity: serde_json::from_value(identity).unwrap_or_else(|_| Returned::default()),
                ..Answer::default()
            })
        }
        Some("miss") => Outcome::Miss,
        Some("pending") => Outcome::Pending {
            task: body.get("task").and_then(Value::as_str).map(str::to_owned),
            after: seconds("after").unwrap_or(Duration::from_secs(1)),
        },
        Some("invalid_input") => Outcome::InvalidInput,
        Some("auth") => Outcome::AuthFailed,
        Some("plan") => Outcome::PlanLacks,
        Some("out_of_credits") => Outcome::OutOfCredits,
        Some("rate_limited") => Outcome::RateLimited { retry_after: seconds("after") },
        Some("legal") => Outcome::LegalBlock,
        Some("transient") => Outcome::Transient,
        _ => Outcome::Unknown,
    }
}

/// What a fake answers to a call.
pub type Script = dyn Fn(&Sent) -> Result<Value, HttpFailure> + Send + Sync;

/// A request as a fake vendor saw it.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Which vendor: the first part of the host.
    pub vendor: String,
    /// The path.
    pub path: String,
    /// The idempotency key.
    pub key: String,
    /// The records, or null for a poll.
    pub body: Value,
    /// How often this very request was sent before.
    pub before: usize,
}

/// The network of fake vendors: a script, and a memory of everything that was sent.
pub struct FakeHttp {
    script: Box<Script>,
    sent: Mutex<Vec<Sent>>,
    delay: Option<Duration>,
    /// How many requests are on their way, and the most there ever were.
    under_way: Mutex<(usize, usize)>,
}

impl FakeHttp {
    /// A network in which everybody answers by this script.
    pub fn new(
        script: impl Fn(&Sent) -> Result<Value, HttpFailure> + Send + Sync + 'static,
    ) -> Self {
        Self {
            script: Box::new(script),
            sent: Mutex::default(),
            delay: None,
            under_way: Mutex::default(),
        }
    }

    /// Every answer takes so long.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = Some(delay);
        self
    }

    /// Everything that was sent, in order.
    pub fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The most requests that were ever on their way at once.
    pub fn busiest(&self) -> usize {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).1
    }

    fn leaves(&self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.0 += 1;
        under_way.1 = under_way.1.max(under_way.0);
    }

    fn arrives(&self) {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner).0 -= 1;
    }

    fn note(&self, request: &mut HttpRequest) -> Sent {
        let url = request.url();
        let (host, path) = url.trim_start_matches("https://").split_once('/').unwrap_or((&url, ""));
        let key = request.headers().find(|(name, _)| *name == "idempotency-key");
        let key = key.map(|(_, value)| value.to_owned()).unwrap_or_default();
        let body = request.take_body().unwrap_or_default();
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let vendor = host.split('.').next().unwrap_or(host).to_owned();
        let mut all = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |it: &&Sent| it.vendor == vendor && it.path == path && it.body == body;
        let before = all.iter().filter(same).count();
        let sent = Sent { vendor, path: path.to_owned(), key, body, before };
        all.push(sent.clone());
        sent
    }
}

impl fmt::Debug for FakeHttp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeHttp").finish_non_exhaustive()
    }
}

#[async_trait]
impl Http for FakeHttp {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let sent = self.note(&mut request);
        self.leaves();
        if let Some(delay) = self.delay {
            // Under paused time this takes none.
            let _ = tokio::time::timeout(delay, std::future::pending::<()>()).await;
        }
        self.arrives();
        let answer = (self.script)(&sent)?;
        Ok(HttpResponse::new(200, answer.to_string()))
    }
}

/// The same key everywhere.
#[derive(Debug)]
pub struct OneKey;

#[async_trait]
impl Keys for OneKey {
    async fn key(&self, _: WorkspaceId, _: &ProviderSlug) -> Result<Option<Secret<String>>> {
        Ok(Some(Secret::new("k-123456789012".to_owned())))
    }
}

/// No key anywhere.
#[derive(Debug)]
pub struct NoKeys;

#[async_trait]
impl Keys for NoKeys {
    async fn key(&self, _: WorkspaceId, _: &ProviderSlug) -> Result<Option<Secret<String>>, Error> {
        Ok(None)
    }
}
