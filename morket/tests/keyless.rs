//! Sources that ask for no key, from a plan to a cell, over a real network of fakes.

#![cfg(all(feature = "sandbox", feature = "http"))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket::{
    Builder, Enriched, Morket, Secret,
    field::Kind,
    network,
    plan::{Plan, Waterfall},
    providers::sandbox::{Delivery, Knowledge, Options, Rate, Sandbox, Vendor, World},
};
use serde_json::{Value, json};
use std::sync::Arc;

const ROWS: usize = 16;

/// Vendors that know everything, and mistake one company for another this often.
async fn sandbox(mistakes: Rate) -> Sandbox {
    let options = Options::seeded(11).for_each_vendor(|it| {
        it.knowledge = Knowledge { wrong_person: mistakes, ..Knowledge::PERFECT };
        it.limits = morket::providers::sandbox::Limits::Off;
    });
    Sandbox::start(options).await.unwrap()
}

fn morket(sandbox: &Sandbox) -> Builder {
    let options = network::Options::from_env().unwrap();
    let options = options.allow_egress(&sandbox.addr().to_string()).unwrap();
    let client = network::Client::new(options).unwrap();
    let builder = Morket::builder().memory().builtin_providers().http(Arc::new(client));
    let lead = |it: Builder, vendor: Vendor| it.base_url(vendor.slug(), sandbox.base_url(vendor));
    Vendor::ALL.into_iter().fold(builder, lead)
}

fn plan(kind: Kind, waterfalls: &[(&str, &[&str], Option<&str>)]) -> Plan {
    let mut plan = Plan::of(kind, waterfalls.iter().map(|(name, ..)| name.parse().unwrap()));
    for (name, steps, verify) in waterfalls {
        let steps = steps.iter().map(|it| (*it).to_owned()).collect();
        let verify = verify.map(str::to_owned);
        let waterfall = Waterfall { steps, verify, ..Waterfall::default() };
        plan.waterfalls.insert(name.parse().unwrap(), waterfall);
    }
    plan
}

async fn run(builder: Builder, plan: &Plan, rows: Vec<Value>) -> Enriched {
    let mk = builder.build().await.unwrap();
    let workspace = mk.create_workspace("Trial").await.unwrap().id;
    mk.engine().enrich(workspace, plan, rows).await.unwrap()
}

/// A cell in a word.
fn cell(done: &Enriched, index: usize, field: &str) -> String {
    let cell = &done.cell(u32::try_from(index).unwrap(), field).unwrap().cell;
    let status = serde_json::to_value(cell.status).unwrap();
    let word = status.as_str().unwrap_or_default();
    let reason = cell.reason.clone().unwrap_or_default();
    let value = cell.value.as_ref().map_or(reason, |it| match it {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    });
    format!("{word} {value}").trim().to_owned()
}

fn companies(world: World) -> Vec<Value> {
    let rows = world.demo_rows(ROWS).into_iter();
    rows.map(
        |row| json!({ "company_domain": row.company_domain, "company_name": row.company_name }),
    )
    .collect()
}

/// Without a key, and whatever a source takes on its way: a page after its rules and a redirect, a
/// registry behind a directory.
#[tokio::test]
async fn p020_what_asks_for_no_key_is_asked_without_one() {
    let sandbox = sandbox(Rate::NEVER).await;
    let world = sandbox.world();
    let plan = plan(
        Kind::Company,
        &[
            ("description", &["website"], None),
            ("domain_registered_on", &["rdap"], None),
            ("accepts_mail", &["dns"], None),
            ("legal_name", &["gleif"], None),
            ("lei", &["gleif", "wikidata"], None),
            ("employee_count", &["wikidata"], None),
            ("industry", &["wikidata"], None),
        ],
    );
    let rows = companies(world);
    let done = run(morket(&sandbox), &plan, rows.clone()).await;
    let mut read = 0;
    for (index, row) in rows.iter().enumerate() {
        let Some(it) = world.company(row["company_domain"].as_str().unwrap()) else { continue };
        for (field, expected) in [
            ("accepts_mail", "found true".to_owned()),
            ("legal_name", format!("found {}", it.legal_name)),
            ("employee_count", format!("found {}", it.employees)),
            ("industry", format!("found {}", it.industry)),
        ] {
            assert_eq!(cell(&done, index, field), expected, "{field} of {}", it.domain);
        }
        let since = cell(&done, index, "domain_registered_on");
        assert!(since.starts_with(&format!("found {}-", it.founded.max(1993))), "{since}");
        assert_eq!(cell(&done, index, "lei").len(), "found ".len() + 20);
        // Some sites keep their page for themselves.
        let page = cell(&done, index, "description");
        assert!([format!("found {}", it.description()), "no_result".to_owned()].contains(&page));
        read += usize::from(page.starts_with("found"));
    }
    assert!(read > ROWS / 2, "{read} pages");
    let log = sandbox.log(0, 10_000);
    let free = log.iter().all(|it| it.billed.0 == 0 && it.key == log[0].key);
    assert!(free, "one and the same key, which is none");
}

/// Every answer is about somebody else of the same name: none becomes a cell.
#[tokio::test]
async fn p018_facts_about_a_namesake_are_never_accepted() {
    let sandbox = sandbox(Rate::ALWAYS).await;
    let plan =
        plan(Kind::Company, &[("legal_name", &["gleif"], None), ("industry", &["wikidata"], None)]);
    let world = sandbox.world();
    let mut rows = companies(world);
    for row in &mut rows {
        row["company_country"] = "Germany".into();
    }
    let done = run(morket(&sandbox), &plan, rows).await;
    let answered = sandbox.log(0, 10_000);
    assert!(answered.iter().any(|it| it.delivery == Delivery::Delivered));
    for index in 0..ROWS {
        for field in ["legal_name", "industry"] {
            let cell = cell(&done, index, field);
            assert!(cell.starts_with("no_result"), "{field} of row {index}: {cell}");
        }
    }
}

/// A guess is never found by itself; a verifier's word makes it an address.
#[tokio::test]
async fn p018_a_guess_counts_once_it_is_verified() {
    let sandbox = sandbox(Rate::NEVER).await;
    let world = sandbox.world();
    let people: Vec<_> = world.demo_rows(ROWS);
    let rows: Vec<Value> = people
        .iter()
        .map(|it| json!({ "full_name": it.full_name, "company_domain": it.company_domain }))
        .collect();
    let alone = plan(Kind::Person, &[("email", &["email-patterns"], None)]);
    let done = run(morket(&sandbox), &alone, rows.clone()).await;
    for index in 0..ROWS {
        let cell = cell(&done, index, "email");
        assert!(cell.starts_with("no_result"), "row {index}: {cell}");
    }
    assert!(sandbox.log(0, 10).is_empty(), "nobody was asked");
    let verified = plan(Kind::Person, &[("email", &["email-patterns"], Some("zerobounce"))]);
    let builder = morket(&sandbox).key("zerobounce", Secret::new("k".to_owned()));
    let done = run(builder, &verified, rows).await;
    let mut found = 0;
    for (index, person) in people.iter().enumerate() {
        if let Some(address) = cell(&done, index, "email").strip_prefix("found ") {
            let truth = world.truth_email(&person.full_name, &person.company_domain);
            assert_eq!(Some(address), truth.as_deref());
            found += 1;
        }
    }
    assert!(found > 0, "some follow the usual pattern");
}

/// Where nobody can be reached, a trial says so; a run that is none fails as it should.
#[tokio::test]
async fn what_cannot_be_reached_is_passed_over_in_a_trial_alone() {
    let sandbox = sandbox(Rate::NEVER).await;
    let plan = plan(Kind::Company, &[("industry", &["wikidata"], None)]);
    // A port that was free a moment ago.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let options = network::Options::from_env().unwrap();
    let client = network::Client::new(options.allow_egress(&closed.to_string()).unwrap()).unwrap();
    let client: Arc<network::Client> = Arc::new(client);
    let rows = || companies(sandbox.world()).into_iter().take(1).collect::<Vec<_>>();
    for (trial, expected) in [(true, "skipped offline"), (false, "failed transient")] {
        let builder = Morket::builder().memory().builtin_providers().http(client.clone());
        let builder = builder.base_url("wikidata", format!("http://{closed}/wikidata"));
        let builder = if trial { builder.pass_over_unreachable() } else { builder };
        let done = run(builder, &plan, rows()).await;
        assert_eq!(cell(&done, 0, "industry"), expected);
    }
}

/// Whoever guesses is asked by name only, and no key is ever looked for.
#[tokio::test]
async fn nobody_guesses_unless_a_plan_says_so() {
    let sandbox = sandbox(Rate::NEVER).await;
    let mk = morket(&sandbox).build().await.unwrap();
    let workspace = mk.create_workspace("Trial").await.unwrap().id;
    let bare = Plan::of(Kind::Person, ["email".parse().unwrap()]);
    let error = mk.engine().compile(workspace, &bare).await.unwrap_err();
    assert!(error.message().contains("no provider with a key gives `email`"), "{error}");
    let free = Plan::of(Kind::Company, ["mail_provider".parse().unwrap()]);
    let program = mk.engine().compile(workspace, &free).await.unwrap();
    let named: Vec<String> = program.ops.iter().map(|it| it.name()).collect();
    assert_eq!(named, ["dns/mx"]);
}

/// Whoever still holds a key for Clearbit gets its companies, at its own endpoint.
#[tokio::test]
async fn clearbit_answers_those_who_hold_a_key() {
    let sandbox = sandbox(Rate::NEVER).await;
    let world = sandbox.world();
    let plan = plan(
        Kind::Company,
        &[("industry", &["clearbit"], None), ("logo_url", &["clearbit"], None)],
    );
    let rows = companies(world);
    let builder = morket(&sandbox).key("clearbit", Secret::new("k".to_owned()));
    let done = run(builder, &plan, rows.clone()).await;
    for (index, row) in rows.iter().enumerate() {
        let Some(it) = world.company(row["company_domain"].as_str().unwrap()) else { continue };
        assert_eq!(cell(&done, index, "industry"), format!("found {}", it.industry));
        // Its host for logos is gone.
        assert_eq!(cell(&done, index, "logo_url"), "no_result");
    }
}
