//! People who are to be left alone: the fake vendors' log is the witness that nobody asked.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, ErasureId, Timestamp,
    audit::{Action, NewAudit},
    field::Kind,
    http::HttpFailure,
    name::FieldName,
    page::Limit,
    plan::{Existing, Plan, Waterfall},
    privacy::{Erasure, Identifier, NewSuppression, PrivacyKey, Source},
    rbac::Principal,
};
use morket_testkit::SeededRng;
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use serde_json::{Value, json};

fn plan() -> Plan {
    let name = |it: &str| FieldName::new(it).unwrap();
    let mut plan = Plan::of(Kind::Person, [name("email"), name("title")]);
    for (field, verify) in [("email", Some("zerobounce".to_owned())), ("title", None)] {
        let steps = vec!["hunter".to_owned(), "apollo".to_owned()];
        plan.waterfalls.insert(name(field), Waterfall { steps, verify, email: None });
    }
    plan
}

fn answer(vendor: &str, record: &Value) -> Value {
    let of = |name: &str| record.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    match (vendor, of("full_name").as_str()) {
        ("zerobounce", _) => json!({ "is": "answer", "values": { "email_status": "valid" } }),
        ("hunter", "Objects") => json!({ "is": "legal" }),
        (_, name) => {
            let email = format!("{}@{}", name.to_lowercase(), of("company_domain"));
            let values = json!({ "email": email, "email_status": "valid", "title": "Engineer" });
            json!({ "is": "answer", "values": values })
        }
    }
}

async fn rig() -> Rig {
    rig_of(1).await
}

/// The finders take so many records in one call.
async fn rig_of(bulk: u32) -> Rig {
    let finders = ["hunter", "apollo"];
    let finders = finders.map(|it| FakeVendor::finder(it, &["email", "email_status", "title"]));
    let finders = finders.map(|it| it.bulk(bulk));
    let vendors = finders.into_iter().chain([FakeVendor::verifier("zerobounce")]).collect();
    let http = FakeHttp::new(|sent: &Sent| -> Result<Value, HttpFailure> {
        let each = sent.body.as_array().cloned().unwrap_or_default();
        let mut each: Vec<Value> = each.iter().map(|it| answer(&sent.vendor, it)).collect();
        Ok(if each.len() == 1 { each.remove(0) } else { Value::Array(each) })
    });
    Rig::new(vendors, http, Some(Credits::whole(100))).await
}

async fn suppress(rig: &Rig, names: &[&str]) {
    let key = rig.store.privacy_key(rig.workspace, PrivacyKey::new([3; 32])).await.unwrap();
    let entry = |text: &&str| {
        let name = Identifier::guess(text).unwrap();
        let (fingerprint, kind) = (key.fingerprint(&name), name.kind());
        NewSuppression { fingerprint, kind, source: Source::Manual, reason: None }
    };
    let audit = NewAudit::new(Principal::Embedder, Action::SuppressionAdded, None);
    let entries = names.iter().map(entry).collect();
    rig.store.suppress(rig.workspace, entries, audit).await.unwrap();
}

fn row(name: &str, domain: &str) -> Value {
    json!({ "full_name": name, "company_domain": domain })
}

fn log(rig: &Rig) -> String {
    rig.http.sent().iter().map(|it| format!("{} {}\n", it.vendor, it.body)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_suppressed_person_is_never_called() {
    let rig = rig().await;
    suppress(&rig, &["ada@one.example", "two.example", "linkedin.com/in/eve"]).await;
    let with = |row: Value, name: &str, value: &str| {
        let mut row = row;
        row[name] = json!(value);
        row
    };
    let rows = vec![
        with(row("Ada", "one.example"), "email", " ADA@one.example"),
        row("Bob", "https://www.two.example/team"),
        row("Cy", "shop.two.example"),
        with(row("Dan", "four.example"), "personal_email", "dan@two.example"),
        with(row("Eve", "five.example"), "linkedin_url", "http://uk.linkedin.com/in/Eve/"),
        row("Fay", "six.example"),
    ];
    for existing in [Existing::Keep, Existing::Verify, Existing::Refresh] {
        let mut plan = plan();
        plan.existing.insert(FieldName::new("email").unwrap(), existing);
        let job = rig.finish(&plan, rows.clone()).await;
        for row in 0..5 {
            for field in ["email", "title"] {
                assert_eq!(rig.cell(&job, row, field).await, "skipped suppressed", "row {row}");
            }
        }
        assert_eq!(rig.cell(&job, 5, "email").await, "found fay@six.example");
        assert_eq!((job.counts.skipped, job.counts.success), (5, 1));
    }
    let log = log(&rig);
    assert!(log.contains("six.example"));
    for word in ["one.example", "two.example", "four.example", "five.example", "eve", "ada@"] {
        assert!(!log.contains(word), "{word} was asked about:\n{log}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_found_of_somebody_on_the_list_is_kept_nowhere_and_costs_nothing() {
    for listed in ["ada@one.example", "one.example"] {
        let rig = rig().await;
        suppress(&rig, &[listed]).await;
        // The row itself names nobody who is listed: its vendor does.
        let row = json!({ "full_name": "Ada", "company_domain": "one.example" });
        let hidden = json!({ "full_name": "Ada", "company_name": "One" });
        let row = if listed.contains('@') { row } else { hidden };
        let job = rig.finish(&plan(), vec![row]).await;
        for cell in rig.cells(&job).await {
            let text = format!("{cell:?}");
            assert!(!text.contains("ada@"), "{text}");
        }
        let email = rig.cell(&job, 0, "email").await;
        assert!(email.starts_with("skipped"), "{email}");
        assert_eq!(rig.money().await, (Credits::whole(100), Credits::ZERO));
        assert!(!log(&rig).contains("zerobounce"), "no verifier hears of it");
    }
}

#[tokio::test(start_paused = true)]
async fn who_was_asked_about_beside_somebody_forgotten_is_not_bought_again() {
    let rig = rig_of(10).await;
    let rows: Vec<Value> = ["Ada", "Bob", "Cy"].map(|it| row(it, "one.example")).into();
    rig.finish(&plan(), rows.clone()).await;
    let names = [Identifier::guess("ada@one.example").unwrap()].into();
    let key = rig.store.privacy_key(rig.workspace, PrivacyKey::new([3; 32])).await.unwrap();
    let subject = key.fingerprint_of_all(&names);
    let whom = Erasure {
        id: ErasureId::new(Timestamp::default(), &SeededRng::new(1)),
        names,
        subject,
        suppress: Vec::new(),
    };
    let audit = NewAudit::new(Principal::Embedder, Action::SubjectErased, None);
    rig.store.forget(rig.workspace, whom, audit).await.unwrap();
    let before = rig.http.sent().len();
    let job = rig.finish(&plan(), rows).await;
    assert_eq!(rig.cell(&job, 1, "email").await, "found bob@one.example");
    let later: Vec<Sent> = rig.http.sent().split_off(before);
    assert!(!later.is_empty(), "of her nothing is kept");
    for sent in later {
        let text = sent.body.to_string().to_lowercase();
        assert!(text.contains("ada") && !text.contains("bob") && !text.contains("cy"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_legal_block_puts_the_person_on_the_list() {
    let rig = rig().await;
    let profile = "https://www.linkedin.com/in/objects";
    let mut person = row("Objects", "one.example");
    person["linkedin_url"] = json!(profile);
    let job = rig.finish(&plan(), vec![person.clone()]).await;
    assert_eq!(rig.cell(&job, 0, "email").await, "skipped suppressed");
    let list = rig.store.suppressions(rig.workspace, None, Limit::default()).await.unwrap().rows;
    let mut kinds: Vec<_> = list.iter().map(|it| it.entry.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["name_at_company", "profile"]);
    assert!(list.iter().all(|it| it.entry.source == Source::Provider));
    assert!(list.iter().all(|it| it.entry.reason.as_deref() == Some("hunter")));
    let before = rig.http.sent().len();
    // By another name, and in another plan: the profile is enough. The company is not on the list.
    person["full_name"] = json!("Renamed");
    let rows = vec![person, row("Bob", "one.example")];
    let job = rig.finish(&plan(), rows).await;
    assert_eq!(rig.cell(&job, 0, "title").await, "skipped suppressed");
    assert_eq!(rig.cell(&job, 1, "email").await, "found bob@one.example");
    let later = &rig.http.sent()[before..];
    assert!(later.iter().all(|it| !it.body.to_string().contains("Renamed")));
}

/// The same question is not asked twice of somebody who objected, however it is written; a namesake
/// elsewhere, and others at the company, are asked about.
#[tokio::test(start_paused = true)]
async fn who_is_known_by_name_and_company_alone_is_not_asked_about_again() {
    let rig = rig().await;
    let first = rig.finish(&plan(), vec![row("Objects", "one.example")]).await;
    assert_eq!(rig.cell(&first, 0, "email").await, "skipped suppressed");
    let before = rig.http.sent().len();
    let rows = vec![
        row(" OBJECTS", "https://www.one.example/team"),
        row("Mr. Objects", "shop.one.example"),
        row("Bob", "one.example"),
        row("Objects", "two.example"),
    ];
    let job = rig.finish(&plan(), rows).await;
    for index in [0, 1] {
        assert_eq!(rig.cell(&job, index, "title").await, "skipped suppressed", "{index}");
    }
    assert_eq!(rig.cell(&job, 2, "email").await, "found bob@one.example");
    let asked: String = rig.http.sent()[before..].iter().map(|it| it.body.to_string()).collect();
    let asked = asked.to_lowercase();
    assert_eq!(asked.matches("objects").count(), 1, "the namesake alone: {asked}");
    assert!(asked.contains("two.example"));
}
