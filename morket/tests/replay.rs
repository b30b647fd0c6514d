//! A workspace of recorded traffic: what was recorded is answered, the rest fails, and nobody is
//! asked, whatever network it is given.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use morket::{
    Morket, Secret,
    engine::Stop,
    field::Kind,
    http::{Http, HttpFailure, HttpRequest, HttpResponse},
    job::{CellStatus, Dispatch},
    network::{Cassette, FaultRates, Faults},
    plan::Plan,
};
use serde_json::json;
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const VENDOR: &str = r#"
slug = "acme"
name = "Acme"
base_url = "https://api.acme.example"
as_of = "2026-11-21"

[auth]
bearer = true

[check]
path = "/me"
good = "$.name"

[[operation]]
name = "company"
kind = "company"
inputs = [["company_domain"]]
request = { path = "/c/{{ company_domain }}" }
output = { company_name = "$.name" }
billing = { answer = "1" }
"#;

/// A vendor that counts how often it is asked.
#[derive(Debug, Default)]
struct Acme(AtomicUsize);

impl Acme {
    fn asked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Http for Acme {
    async fn send(&self, _: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(HttpResponse::new(200, json!({"name": "Widgets"}).to_string()))
    }
}

/// How one company's cell ends, in a fresh store over this network.
async fn ends(http: Arc<dyn Http>, replayed: bool, domain: &str) -> CellStatus {
    let vendors = tempfile::tempdir().unwrap();
    std::fs::write(vendors.path().join("acme.toml"), VENDOR).unwrap();
    let mk = Morket::builder().memory().http(http).manifests(vendors.path());
    let mk = mk.key("acme", Secret::new("canary".to_owned())).build().await.unwrap();
    let new = mk.create_workspace("Acme");
    let workspace = if replayed { new.replay() } else { new }.await.unwrap().id;
    let plan = Plan::of(Kind::Company, ["company_name".parse().unwrap()]);
    let row = json!({"company_domain": domain});
    let job = mk.engine().submit(workspace, &plan, Dispatch::Attended, vec![row]).await.unwrap();
    let (stop, patience) = (Stop::default(), Duration::from_secs(1));
    mk.engine().run(workspace, job.id, patience, &stop).await.unwrap();
    let cells = mk.store().cells(workspace, job.id, 0..1).await.unwrap();
    cells[0].cell.status
}

fn tape(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn in_replay_what_is_not_recorded_fails_and_nobody_is_asked() {
    let (vendor, folder) = (Arc::new(Acme::default()), tempfile::tempdir().unwrap());
    let path = folder.path().join("tape.jsonl");
    let recorder = || Arc::new(Cassette::record(&path, vendor.clone()).unwrap());
    let player = || Arc::new(Cassette::replay(&path).unwrap());
    assert_eq!(ends(recorder(), false, "one.example").await, CellStatus::Found);
    let (asked, recorded) = (vendor.asked(), tape(&path));
    assert_eq!(asked, 1);

    let faulty = |inner| Arc::new(Faults::new(inner, 1, FaultRates::default()));
    let rows: [(&str, Arc<dyn Http>, &str, CellStatus); 6] = [
        ("what was recorded", player(), "one.example", CellStatus::Found),
        ("the same through a decorator", faulty(player()), "one.example", CellStatus::Found),
        ("what was not recorded", player(), "two.example", CellStatus::Failed),
        ("a network that reaches vendors", vendor.clone(), "one.example", CellStatus::Failed),
        ("one that records them", recorder(), "one.example", CellStatus::Failed),
        ("a decorator over them", faulty(vendor.clone()), "one.example", CellStatus::Failed),
    ];
    for (which, http, domain, expected) in rows {
        assert_eq!(ends(http, true, domain).await, expected, "{which}");
        assert_eq!(vendor.asked(), asked, "{which}: somebody was asked");
        assert_eq!(tape(&path), recorded, "{which}: something was recorded");
    }
}
