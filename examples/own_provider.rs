//! A provider of one's own: a directory in the house that knows titles by e-mail address. What it
//! offers, how to ask it and how to read it; everything else is the engine's.
#![allow(clippy::print_stdout, reason = "an example's output is its product")]

use anyhow::{Result, ensure};
use morket::{
    Morket, VendorUnits,
    field::Kind,
    http::{Http, HttpFailure, HttpRequest, HttpResponse},
    name::FieldName,
    plan::Plan,
    provider::{Ask, Manifest, Operation, Outcome, Parsed, Provider},
    providers::kit::{self, Pick, Reading, Take},
};
use serde_json::json;
use std::sync::Arc;

/// Where the title stands in an answer.
const TITLE: &[Pick] = &[Pick::new("title", &["/title"], Take::Text)];

/// The directory: a tenth of a unit for each title it knows, and no key.
#[derive(Debug)]
struct Directory(Manifest);

impl Directory {
    fn new() -> Result<Self> {
        let title = Operation {
            inputs: kit::alternatives(&[&["email"]]),
            outputs: kit::fields(&["title"]),
            windows: vec![kit::per_second(20)],
            // Asked again, it bills the same title again.
            retry_on_ambiguous: false,
            ..kit::paid("title_of", Kind::Person, VendorUnits(100))
        };
        Ok(Self(Manifest {
            slug: "directory".parse()?,
            name: "The directory in the house".to_owned(),
            base_url: "https://directory.example/v1".to_owned(),
            keyed: false,
            unit: "look-up".to_owned(),
            prices: Vec::new(),
            as_of: "2026-11-21".to_owned(),
            operations: vec![title],
        }))
    }
}

impl Provider for Directory {
    fn manifest(&self) -> &Manifest {
        &self.0
    }

    fn request(&self, ask: &Ask<'_>) -> morket::Result<HttpRequest> {
        let people = HttpRequest::get(format!("{}/people", ask.base_url));
        people.segment(ask.record().required("email")?)
    }

    /// The body comes before the status: what cannot be read was perhaps billed.
    fn parse(&self, ask: &Ask<'_>, answer: &HttpResponse) -> Parsed {
        let body = kit::json(answer).unwrap_or_default();
        let outcome = match answer.status {
            // Each value is looked at: "N/A" is no title.
            200 => Reading::new().rows(&body, TITLE).outcome(ask.operation, None),
            404 if body["error"] == "nobody" => Outcome::Miss,
            429 => Outcome::RateLimited { retry_after: kit::retry_after(answer) },
            503 => Outcome::Transient,
            _ => Outcome::Unknown,
        };
        outcome.into()
    }
}

/// The network, as far as this example has one: the directory answers from memory.
#[derive(Debug)]
struct InTheHouse;

#[async_trait::async_trait]
impl Http for InTheHouse {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpFailure> {
        let (status, body) = match request.url().ends_with("/people/ada%40example.com") {
            true => (200, json!({ "title": "Head of Engines" })),
            false => (404, json!({ "error": "nobody" })),
        };
        Ok(HttpResponse::new(status, body.to_string()))
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let directory = Directory::new()?;
    // What goes wrong with keys, money and bytes: the kit's own check of any provider.
    morket_testkit::provider::check_provider(&directory);

    let mk = Morket::builder().memory().provider(directory).http(Arc::new(InTheHouse));
    let mk = mk.build().await?;
    let workspace = mk.create_workspace("Acme").await?.id;
    let plan = Plan::of(Kind::Person, [FieldName::new("title")?]);
    let rows = vec![json!({ "email": "ada@example.com" }), json!({ "email": "no@example.com" })];

    let done = mk.engine().enrich(workspace, &plan, rows).await?;
    for row in 0..2 {
        println!("row {row}: {:?}", done.value(row, "title"));
    }
    ensure!(done.value(0, "title") == Some(&json!("Head of Engines")), "Ada has a title");
    ensure!(done.value(1, "title").is_none(), "nobody else has");
    Ok(())
}
