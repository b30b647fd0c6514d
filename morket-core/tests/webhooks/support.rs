//! A workspace with a vault, a receiver that does as it is told, and a courier between them.

use async_trait::async_trait;
use morket_core::{
    Access, Clock, DeliveryId, EventId, Store, Timestamp, WebhookId, WorkspaceId,
    audit::{Action, NewAudit},
    http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse},
    memory::MemoryStore,
    outbox::NewEvent,
    page::Limit,
    rbac::{Allowed, Operation, Principal},
    vault::{KeyRing, MasterKey, Vault},
    webhook::{
        Courier, CourierOptions, Created, Delivery, NewWebhook, Schedule, SealedSecret,
        SignatureHeaders, Webhook, Webhooks,
    },
    workspace::NewWorkspace,
};
use morket_testkit::{SeededRng, engine::TokioClock, fresh};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::Duration,
};

pub(crate) const KIND: &str = "job.completed";

/// An endpoint with nothing behind it.
pub(crate) fn webhook(schedule: Schedule) -> Webhook {
    let secret = SealedSecret { sealed: vec![1], data_key_version: 1, since: None, until: None };
    let (id, url): (WebhookId, _) = (fresh(), "https://hooks.example.com".to_owned());
    let kinds = BTreeSet::from([KIND.to_owned()]);
    NewWebhook { id, url, kinds, schedule, secret, created_by: None }
        .created(Timestamp::from_micros(1))
}

/// A delivery to it.
pub(crate) fn delivery() -> Delivery {
    let (id, hook, event): (DeliveryId, WebhookId, EventId) = (fresh(), fresh(), fresh());
    Delivery::new(id, hook, event, KIND, "{}".to_owned(), Timestamp::from_micros(1))
}

/// One request as a receiver saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) url: String,
    pub(crate) at: Timestamp,
    pub(crate) headers: SignatureHeaders,
    pub(crate) body: Vec<u8>,
    pub(crate) limit: Duration,
}

/// What a receiver answers: a status after a while, or nothing.
pub(crate) type Answers =
    Box<dyn Fn(&Seen, usize) -> (Duration, Result<HttpResponse, HttpFailure>) + Send + Sync>;

/// Everything that is behind URLs.
pub(crate) struct Receiver {
    pub(crate) clock: Arc<TokioClock>,
    pub(crate) seen: Mutex<Vec<Seen>>,
    pub(crate) answers: Answers,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Receiver")
    }
}

#[async_trait]
impl Http for Receiver {
    async fn send(&self, mut request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let header = |name: &str| {
            let found = request.headers().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_owned()).unwrap_or_default()
        };
        assert_eq!(header("x-webhook-timestamp"), header("webhook-timestamp"));
        assert_eq!(header("content-type"), "application/json");
        assert!(request.body_limit() <= 64 << 10 && request.cuts_body());
        let headers = SignatureHeaders {
            id: header("webhook-id"),
            timestamp: header("webhook-timestamp"),
            standard: header("webhook-signature"),
            plain: header("x-webhook-signature"),
        };
        let (url, limit) = (request.url(), request.time_limit());
        let body = request.take_body().unwrap();
        let seen = Seen { url, at: self.clock.now(), headers, body, limit };
        let number = {
            let mut all = self.seen.lock().unwrap();
            all.push(seen.clone());
            all.iter().filter(|it| it.headers.id == seen.headers.id && it.url == seen.url).count()
        };
        let (wait, answer) = (self.answers)(&seen, number);
        if tokio::time::timeout(limit, pass(wait)).await.is_err() {
            return Err(HttpFailure::lost(FailureCause::Timeout, "no whole answer in time"));
        }
        answer
    }

    fn check(&self, url: &str) -> Result<(), HttpFailure> {
        match url.starts_with("https://") {
            true => Ok(()),
            false => Err(HttpFailure::unsent(FailureCause::Refused, "may not be reached")),
        }
    }
}

/// Virtual time: the runtime's clock stands still but for waits like this one.
pub(crate) async fn pass(wait: Duration) {
    let end = tokio::time::Instant::now() + wait;
    tokio::time::timeout_at(end, std::future::pending::<()>()).await.unwrap_err();
}

/// All of it.
pub(crate) struct House {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<TokioClock>,
    pub(crate) receiver: Arc<Receiver>,
    pub(crate) webhooks: Webhooks,
    pub(crate) vault: Arc<Vault>,
    pub(crate) workspace: WorkspaceId,
    rng: Arc<SeededRng>,
}

impl House {
    pub(crate) async fn new(
        answers: impl Fn(&Seen, usize) -> (Duration, Result<HttpResponse, HttpFailure>)
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let clock = Arc::new(TokioClock::at(Timestamp::from_micros(1_795_269_831_000_000)));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new(clock.clone()));
        let rng = Arc::new(SeededRng::new(7));
        let new = NewWorkspace::embedded(fresh(), "Acme");
        let audit = NewAudit::new(Principal::Embedder, Action::WorkspaceCreated, None);
        let workspace = store.create_workspace(new, audit).await.unwrap().id;
        let master = MasterKey::parse(&"0123456789abcdef".repeat(4)).unwrap();
        let ring = KeyRing::new([(1, master)], 1, 1).unwrap();
        let vault = Arc::new(Vault::new(store.clone(), ring, clock.clone(), rng.clone()));
        let (seen, answers) = (Mutex::default(), Box::new(answers));
        let receiver = Arc::new(Receiver { clock: clock.clone(), seen, answers });
        let webhooks = Webhooks::new(
            store.clone(),
            receiver.clone(),
            vault.clone(),
            clock.clone(),
            rng.clone(),
        );
        Self { store, clock, receiver, webhooks, vault, workspace, rng }
    }

    pub(crate) async fn may(&self) -> Allowed {
        self.allowed(Operation::ManageWebhooks).await
    }

    pub(crate) async fn allowed(&self, operation: Operation) -> Allowed {
        let access = Access::new(self.store.clone());
        access.allow(Principal::Embedder, self.workspace, operation).await.unwrap()
    }

    pub(crate) async fn add(&self, url: &str, schedule: Schedule) -> Created {
        self.webhooks.create(self.may().await, url, [KIND], schedule).await.unwrap()
    }

    pub(crate) async fn happens(&self, n: usize) -> Vec<EventId> {
        let mut ids = Vec::new();
        for number in 0..n {
            let payload = serde_json::json!({"n": number, "name": "Ægir \u{1f41f}\u{2028}"});
            let event = NewEvent { id: fresh(), kind: KIND.into(), payload };
            ids.push(event.id);
            self.store.publish(self.workspace, vec![event]).await.unwrap();
        }
        ids
    }

    pub(crate) fn courier(&self) -> Courier {
        self.courier_of(self.vault.clone())
    }

    /// One with another master key.
    pub(crate) fn courier_with(&self, key: &str) -> Courier {
        let ring = KeyRing::new([(1, MasterKey::parse(&key.repeat(4)).unwrap())], 1, 1).unwrap();
        let (store, clock) = (self.store.clone(), self.clock.clone());
        self.courier_of(Arc::new(Vault::new(store, ring, clock, self.rng.clone())))
    }

    fn courier_of(&self, vault: Arc<Vault>) -> Courier {
        let (store, http) = (self.store.clone(), self.receiver.clone());
        let clock = self.clock.clone();
        Courier::new(CourierOptions::new(store, http, vault, clock, self.rng.clone()))
    }

    /// Deliver, as often as the schedule may want it, until nothing waits.
    pub(crate) async fn carry_all(&self) {
        for _ in 0..2_000 {
            self.courier().round().await.unwrap();
            let mut next: Option<Timestamp> = None;
            for delivery in self.all().await {
                if delivery.state == morket_core::webhook::DeliveryState::Waiting {
                    let at = delivery.next_at;
                    next = Some(next.map_or(at, |it| it.min(at)));
                }
            }
            let Some(next) = next else { return };
            pass(next.since(self.clock.now()) + Duration::from_millis(1)).await;
        }
        panic!("something waits for ever");
    }

    pub(crate) async fn all(&self) -> Vec<Delivery> {
        let mut all = Vec::new();
        for hook in self.store.webhooks(self.workspace).await.unwrap() {
            let mut after = None;
            loop {
                let limit = Limit::new(100).unwrap();
                let page = self.store.deliveries(self.workspace, hook.id, None, after, limit);
                let page = page.await.unwrap();
                all.extend(page.rows);
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        all
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.receiver.seen.lock().unwrap().clone()
    }
}

pub(crate) fn status(status: u16) -> (Duration, Result<HttpResponse, HttpFailure>) {
    (Duration::ZERO, Ok(HttpResponse::new(status, "")))
}
