//! Secrets are planted, vendors and receivers repeat them in every form they can think of, and then
//! everything that anybody might read is searched for them.

#![cfg(all(feature = "sqlite", feature = "http"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use morket::{
    Morket, Secret, WorkspaceId,
    engine::Stop,
    field::Kind,
    http::{FailureCause, Http, HttpFailure, HttpRequest, HttpResponse, encode},
    job::Dispatch,
    network::Cassette,
    outbox::NewEvent,
    page::Limit,
    plan::Plan,
    rbac::{Allowed, Operation, Principal},
    vault::{KeyRing, MasterKey, NewCredential, NewValue, Vault},
    webhook::{Courier, CourierOptions, Schedule},
};
use morket_testkit::{engine::FakeVendor, fresh};
use serde_json::json;
use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Letters that every encoding writes in its own way.
const KEY: &str = "cnry-A/PI+key \"quoted\" \\ 7f3a91é";
const MASTER: &str = "c0ffee11d00dfeed22abad1dea33cafebabe44deadbeef55facade66beaded77";

/// What a secret may look like.
fn forms(secret: &str) -> Vec<String> {
    let escaped = json!(secret).to_string();
    let hex = secret.bytes().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").unwrap();
        hex
    });
    let escaped = escaped[1..escaped.len() - 1].to_owned();
    vec![
        secret.to_owned(),
        STANDARD.encode(secret),
        STANDARD_NO_PAD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        hex.to_uppercase(),
        hex,
        encode(secret),
        escaped.replace('/', "\\/"),
        escaped,
    ]
}

/// Everything that is told to a subscriber, spans and events of every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Vendors and receivers that say what they should not, each time in another way.
#[derive(Default)]
struct Gossip {
    asked: AtomicUsize,
    /// What receivers know.
    known: Mutex<Vec<String>>,
}

impl fmt::Debug for Gossip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gossip")
    }
}

#[async_trait]
impl Http for Gossip {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst);
        if request.url().contains("hooks") {
            let known = self.known.lock().unwrap().clone();
            let said = known.get(turn % known.len().max(1)).cloned().unwrap_or_default();
            return Ok(HttpResponse::new(500, said));
        }
        let forms = forms(KEY);
        let form = &forms[turn % forms.len()];
        let text = format!("it is {form}, they say");
        Ok(match turn / forms.len() % 4 {
            0 => {
                let values = json!({ "email": "ada@c.example", "email_status": "valid",
                    "title": text });
                let identity = json!({ "full_name": text, "company_domain": "c.example" });
                let answer = json!({ "is": "answer", "values": values, "identity": identity });
                let raw = answer.to_string();
                HttpResponse::new(200, raw)
            }
            1 => {
                let mut answer = HttpResponse::new(401, json!({ "error": text }).to_string());
                answer.headers = vec![("x-request".into(), text.clone()), ("via".into(), text)];
                answer
            }
            2 => HttpResponse::new(500, text),
            _ => return Err(HttpFailure::lost(FailureCause::Broken, text)),
        })
    }

    fn check(&self, _: &str) -> Result<(), HttpFailure> {
        Ok(())
    }
}

/// What was found where, by the name of the sink.
struct Sinks(BTreeMap<String, Vec<u8>>);

impl Sinks {
    fn note(&mut self, name: &str, what: &dyn fmt::Debug) {
        self.0.entry(name.to_owned()).or_default().extend(format!("{what:?}\n").into_bytes());
    }

    fn files(&mut self, folder: &Path) {
        for file in std::fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            self.0.insert(path.display().to_string(), std::fs::read(path).unwrap());
        }
    }

    #[track_caller]
    fn hold_nothing_of(&self, name: &str, secret: &str) {
        for form in forms(secret) {
            for (sink, bytes) in &self.0 {
                let found = bytes.windows(form.len()).position(|it| it == form.as_bytes());
                if let Some(at) = found {
                    let near = &bytes[at.saturating_sub(60)..(at + 20).min(bytes.len())];
                    let near = String::from_utf8_lossy(near).into_owned();
                    panic!("{name} stands in {sink}, as {form}: …{near}");
                }
            }
        }
    }
}

async fn may(mk: &Morket, of: WorkspaceId, what: Operation) -> Allowed {
    mk.access().allow(Principal::Embedder, of, what).await.unwrap()
}

/// Jobs, one for each way in which a vendor can say it, and what they leave.
async fn enrich(mk: &Morket, of: WorkspaceId, sinks: &mut Sinks) {
    let fields = ["email", "title"].map(|it| it.parse().unwrap());
    let plan = Plan::of(Kind::Person, fields);
    for turn in 0..4 * forms(KEY).len() {
        let row = json!({ "full_name": format!("Ada {turn}"), "company_domain": "c.example" });
        let job = mk.engine().submit(of, &plan, Dispatch::Attended, vec![row]).await.unwrap();
        let ran = mk.engine().run(of, job.id, std::time::Duration::ZERO, &Stop::default()).await;
        sinks.note("what running said", &ran);
        sinks.note("what came out", &mk.engine().enriched(of, job.id).await);
        mk.store().cancel_job(of, job.id).await.unwrap();
        let steps = mk.store().steps(of, job.id, 0..9).await.unwrap();
        sinks.note("steps", &steps);
    }
    sinks.note("events", &mk.store().events(of).await.unwrap());
    sinks.note("audit", &mk.store().audit_log(of, None, Limit::default()).await.unwrap());
}

/// An endpoint whose receiver answers with its secret.
async fn deliver(
    mk: &Morket,
    of: WorkspaceId,
    vault: &Arc<Vault>,
    gossip: &Arc<Gossip>,
    sinks: &mut Sinks,
) -> Secret<String> {
    let hooks = mk.webhooks(vault.clone());
    let allowed = may(mk, of, Operation::ManageWebhooks).await;
    let url = "https://hooks.example.com";
    let made = hooks.create(allowed, url, ["job.completed"], Schedule::Standard).await.unwrap();
    let secret = made.secret.clone();
    let bare = secret.expose().trim_start_matches("whsec_").to_owned();
    *gossip.known.lock().unwrap() = [forms(secret.expose()), forms(&bare)].concat();
    for number in 0..20 {
        let payload = json!({ "n": number });
        let event = NewEvent { id: fresh(), kind: "job.completed".into(), payload };
        mk.store().publish(of, vec![event]).await.unwrap();
    }
    let options = CourierOptions::new(
        mk.store().clone(),
        gossip.clone(),
        vault.clone(),
        mk.clock().clone(),
        mk.rng().clone(),
    );
    let courier = Courier::new(options);
    courier.round().await.unwrap();
    let id = made.webhook.id;
    let page = mk.store().deliveries(of, id, None, None, Limit::default()).await.unwrap();
    assert!(page.rows.iter().all(|it| it.attempts.len() == 1), "{page:?}");
    sinks.note("deliveries", &page);
    sinks.note("the endpoint", &made);
    sinks.note("the courier", &courier);
    secret
}

#[cfg(feature = "identity")]
#[derive(Debug)]
struct Threads;

#[cfg(feature = "identity")]
impl morket::identity::Spawn for Threads {
    fn blocking(&self, work: Box<dyn FnOnce() + Send>) {
        std::thread::spawn(work);
    }
}

/// Somebody signs in, in vain too; the secrets of that.
#[cfg(feature = "identity")]
async fn sign_in(mk: &Morket, sinks: &mut Sinks) -> Vec<(&'static str, Secret<String>)> {
    use morket::identity::{Auth, AuthConfig, HashGate, SigningKey, SigningKeys};
    const PASSWORD: &str = "cnry horse/battery+staple 51";
    let keys = SigningKeys::new(SigningKey::new("2026-11", (0..32).collect::<Vec<u8>>()).unwrap());
    let tokens = AuthConfig::new("https://morket.example", "morket", keys).build().unwrap();
    let (store, clock, rng) = (mk.store().clone(), mk.clock().clone(), mk.rng().clone());
    let auth = Auth::new(store, tokens, HashGate::new(1), Arc::new(Threads), clock, rng);
    let first = auth.register("ada@example.com", "Ada", PASSWORD.to_owned()).await.unwrap();
    let second = auth.refresh(first.refresh.expose()).await.unwrap();
    let wrong = auth.login("eve@example.com", PASSWORD.to_owned()).await;
    sinks.note("a refused sign-in", &wrong.map(|_| "signed in"));
    sinks.note("a spent token", &auth.refresh(&format!("{}x", first.refresh.expose())).await);
    sinks.note("tokens", &(&first, &second, &auth));
    vec![
        ("the password", Secret::new(PASSWORD.to_owned())),
        ("a refresh token", first.refresh),
        ("its successor", second.refresh),
        ("an access token", second.access),
    ]
}

#[cfg(not(feature = "identity"))]
async fn sign_in(_: &Morket, _: &mut Sinks) -> Vec<(&'static str, Secret<String>)> {
    Vec::new()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p194_planted_secrets_are_found_nowhere() {
    // method: property
    let log = Log::default();
    tracing::subscriber::set_global_default(log.clone()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let gossip = Arc::new(Gossip::default());
    let tape = Cassette::record(folder.path().join("tape.jsonl"), gossip.clone()).unwrap();
    let finder = FakeVendor::finder("acme", &["email", "email_status", "title"]);
    let builder = Morket::builder().sqlite(folder.path().join("morket.db")).provider(finder);
    let builder = builder.http(Arc::new(tape)).key("acme", Secret::new(KEY.to_owned()));
    let mut sinks = Sinks(BTreeMap::new());
    sinks.note("the builder", &builder);
    let mk = builder.build().await.unwrap();
    let of = mk.create_workspace("Acme").await.unwrap().id;
    let ring = KeyRing::new([(1, MasterKey::parse(MASTER).unwrap())], 1, 1).unwrap();
    sinks.note("the ring", &ring);
    let vault = Arc::new(mk.vault(ring));
    let allowed = may(&mk, of, Operation::PutCredential).await;
    let new = NewCredential {
        provider: "acme".parse().unwrap(),
        name: "ours".into(),
        value: NewValue::key(KEY),
    };
    sinks.note("a new credential", &new);
    sinks.note("a credential", &vault.put(allowed, new).await.unwrap());
    enrich(&mk, of, &mut sinks).await;
    let hook = deliver(&mk, of, &vault, &gossip, &mut sinks).await;
    let mut planted = sign_in(&mk, &mut sinks).await;
    let bare = hook.expose().trim_start_matches("whsec_").to_owned();
    planted.push(("the webhook's secret", hook));
    planted.push(("the webhook's key", Secret::new(bare)));
    planted.push(("the API key", Secret::new(KEY.to_owned())));
    planted.push(("the master key", Secret::new(MASTER.to_owned())));
    sinks.note("handles", &(&mk, &vault, &gossip.asked, mk.engine(), mk.engine().worker()));
    sinks.0.insert("the log".into(), log.0.lock().unwrap().clone().into_bytes());
    sinks.files(folder.path());
    assert!(sinks.0.len() >= 10, "{:?}", sinks.0.keys());
    let said = String::from_utf8_lossy(&sinks.0["what came out"]).into_owned();
    assert!(said.contains("it is [REDACTED], they say"), "the vendor's answers are read: {said}");
    for (name, secret) in &planted {
        sinks.hold_nothing_of(name, secret.expose());
    }
}
