//! Vendors from a folder, through the handle; among them one that changes a key for a token.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use morket::{
    ErrorKind, Morket, Secret,
    engine::Stop,
    field::Kind,
    http::{Http, HttpFailure, HttpRequest, HttpResponse},
    job::{Dispatch, JobState},
    network::Cassette,
    plan::Plan,
};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;

const VENDOR: &str = r#"
slug = "acme"
name = "Acme"
base_url = "https://api.acme.example"
as_of = "2026-11-21"

[auth.exchange]
path = "/token"
json = { id = "{{ @id }}", secret = "{{ @secret }}" }
token = "$.token"
expires_in = "$.lives"

[[operation]]
name = "company"
kind = "company"
inputs = [["company_domain"]]
request = { path = "/c/{{ company_domain }}" }
output = { company_name = "$.name" }
billing = { answer = "1" }
"#;

/// A vendor that gives tokens `t-1`, `t-2` … and takes only some of them.
#[derive(Debug)]
struct Acme {
    seen: Mutex<Vec<String>>,
    takes: fn(usize) -> bool,
    lives: u64,
}

impl Acme {
    fn new(lives: u64, takes: fn(usize) -> bool) -> Arc<Self> {
        Arc::new(Self { seen: Mutex::default(), takes, lives })
    }

    fn seen(&self) -> Vec<String> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }
}

#[async_trait]
impl Http for Acme {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let mut seen = self.seen.lock().unwrap();
        let url = request.url();
        if url.ends_with("/token") {
            assert!(!request.is_paid(), "a sign-in costs nothing");
            let body: Value = serde_json::from_slice(request.body_bytes().unwrap()).unwrap();
            assert_eq!(body, json!({"id": "me", "secret": "canary"}));
            let given = 1 + seen.iter().filter(|it| it.starts_with("give")).count();
            seen.push(format!("give {given}"));
            let token = json!({"token": format!("t-{given}"), "lives": self.lives});
            return Ok(HttpResponse::new(200, token.to_string()));
        }
        let sign = request.headers().find(|(name, _)| *name == "authorization").unwrap().1;
        let number = sign.strip_prefix("Bearer t-").unwrap().parse().unwrap();
        seen.push(format!("ask {number}"));
        Ok(match (self.takes)(number) {
            true => HttpResponse::new(200, json!({"name": "Example"}).to_string()),
            false => HttpResponse::new(401, "{}"),
        })
    }
}

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

/// What a vendor saw of two jobs.
async fn seen(http: Arc<Acme>) -> (Vec<String>, JobState) {
    let state = two_jobs(http.clone()).await;
    (http.seen(), state)
}

/// How the second of two jobs ends.
async fn two_jobs(http: Arc<dyn Http>) -> JobState {
    let vendors = folder(&[("acme.toml", VENDOR)]);
    let mk = Morket::builder().memory().http(http);
    let mk = mk.manifests(vendors.path()).key("acme", Secret::new("me:canary".to_owned()));
    let mk = mk.build().await.unwrap();
    let workspace = mk.create_workspace("Acme").await.unwrap().id;
    let plan = Plan::of(Kind::Company, ["company_name".parse().unwrap()]);
    let mut state = JobState::Completed;
    for domain in ["one.example", "two.example"] {
        let row = json!({"company_domain": domain});
        let job = mk.engine().submit(workspace, &plan, Dispatch::Attended, vec![row]).await;
        let (stop, patience) = (Stop::default(), Duration::from_millis(1));
        let run = mk.engine().run(workspace, job.unwrap().id, patience, &stop);
        state = run.await.unwrap().job.state;
    }
    state
}

#[tokio::test]
async fn p096_a_recording_holds_no_token_and_is_played_back_all_the_same() {
    // method: property
    let vendor = Acme::new(3600, |_| true);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape.jsonl");
    let recorder = Cassette::record(&path, vendor.clone()).unwrap();
    assert_eq!(two_jobs(Arc::new(recorder)).await, JobState::Completed);
    assert_eq!(vendor.seen(), ["give 1", "ask 1", "ask 1"]);
    let tape = std::fs::read_to_string(&path).unwrap();
    assert!(!tape.contains("t-1") && !tape.contains("canary"), "{tape}");
    // A fresh worker signs in, gets what stands for the token, and goes on with that.
    let player = Arc::new(Cassette::replay(&path).unwrap());
    assert_eq!(two_jobs(player).await, JobState::Completed);
}

#[tokio::test]
async fn a_token_serves_until_it_ends_or_is_refused() {
    let hour = 3600;
    // One token for all calls of its life.
    let (told, state) = seen(Acme::new(hour, |_| true)).await;
    assert_eq!(
        (told.as_slice(), state),
        (&["give 1", "ask 1", "ask 1"].map(str::to_owned)[..], JobState::Completed)
    );
    // Another when it has ended.
    let (told, _) = seen(Acme::new(0, |_| true)).await;
    assert_eq!(told, ["give 1", "ask 1", "give 2", "ask 2"]);
    // One that is withdrawn before its time is changed, and the question asked again, once.
    let (told, state) = seen(Acme::new(hour, |number| number == 2)).await;
    assert_eq!(told, ["give 1", "ask 1", "give 2", "ask 2", "ask 2"]);
    assert_eq!(state, JobState::Completed);
    // A key that is bad is not tried for ever.
    let (told, state) = seen(Acme::new(hour, |_| false)).await;
    assert_eq!(told[..4], ["give 1", "ask 1", "give 2", "ask 2"]);
    assert!(told.len() <= 8, "{told:?}");
    assert_ne!(state, JobState::Completed);
}

#[tokio::test]
async fn a_bad_manifest_refuses_the_build_with_its_line() {
    let broken = VENDOR.replace("as_of = \"2026-11-21\"", "as_of = \"today\"");
    let vendors = folder(&[("acme.toml", VENDOR), ("b.toml", &broken)]);
    let built = Morket::builder().memory().manifests(vendors.path()).build().await;
    let error = built.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Validation);
    assert!(error.message().contains("b.toml:5:9: as_of: must be a day"), "{error}");
}
