//! Never pay twice: an answer about somebody serves other questions about them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use async_trait::async_trait;
use morket_core::{
    Credits, Result, Secret, WorkspaceId,
    engine::{Detail, Keys},
    field::Kind,
    job::{CellSource, CellStatus},
    name::{FieldName, ProviderSlug},
    plan::{Plan, Waterfall},
    provider::Operation,
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

fn names(all: &[&str]) -> Vec<FieldName> {
    all.iter().map(|it| FieldName::new(*it).unwrap()).collect()
}

/// A vendor that finds a title in whatever way somebody is named.
fn finder() -> FakeVendor {
    FakeVendor::finder("hunter", &["title", "seniority"]).with(|it| {
        let ways: [&[&str]; 3] = [&["linkedin_url"], &["email"], &["full_name", "company_domain"]];
        it.inputs = ways.map(names).to_vec();
        it.optional = names(&["company_name", "email"]);
    })
}

/// Everybody is a CTO, but for those of whom nothing is known, or something else.
fn vendor_says(sent: &Sent) -> Value {
    let asked = &sent.body[0];
    let text = asked.to_string();
    let values = match () {
        () if text.contains("Nobody") => return json!({ "is": "miss" }),
        () if text.contains("Untitled") => json!({ "seniority": "cxo" }),
        () => json!({ "title": "CTO" }),
    };
    let name = match text.contains("Swapped") {
        true => json!("Zoe Stranger"),
        false => asked["full_name"].clone(),
    };
    let identity = json!({ "full_name": name, "linkedin_url": asked["linkedin_url"] });
    json!({ "is": "answer", "values": values, "identity": identity })
}

fn plan(want: &[&str]) -> Plan {
    let mut plan = Plan::of(Kind::Person, names(want));
    for field in names(want) {
        let steps = vec!["hunter".to_owned()];
        plan.waterfalls.insert(field, Waterfall { steps, verify: None, email: None });
    }
    plan
}

/// One person, by an address and by what is beside it.
fn mail(email: &str, more: Value) -> Value {
    with(json!({ "email": email }), more)
}

fn named(name: &str, more: Value) -> Value {
    with(json!({ "full_name": name, "company_domain": "example.com" }), more)
}

fn with(mut row: Value, more: Value) -> Value {
    for (name, value) in more.as_object().into_iter().flatten() {
        row[name] = value.clone();
    }
    row
}

/// Another key than before.
#[derive(Debug)]
struct Rotated;

#[async_trait]
impl Keys for Rotated {
    async fn key(&self, _: WorkspaceId, _: &ProviderSlug) -> Result<Option<Secret<String>>> {
        Ok(Some(Secret::new("k-rotated-1234567890".to_owned())))
    }
}

/// A first run, then another: who is asked again?
struct Case {
    what: &'static str,
    first: Value,
    then: Value,
    asked: bool,
    /// What differs between the runs besides.
    vendor: fn(&mut Operation),
    plan: fn(&mut Plan),
    wait: Duration,
}

fn case(what: &'static str, first: Value, then: Value, asked: bool) -> Case {
    let (vendor, plan, wait) = (|_: &mut Operation| (), |_: &mut Plan| (), Duration::ZERO);
    Case { what, first, then, asked, vendor, plan, wait }
}

const ADA: &str = "Ada Lovelace";

fn served() -> Vec<Case> {
    let (ada, none) = ("ada@example.com", json!({}));
    let page = json!({ "linkedin_url": "https://www.linkedin.com/in/adalovelace" });
    let address = json!({ "email": ada });
    let company = json!({ "company_name": "Example Ltd" });
    let parts = json!({ "first_name": "Ada", "last_name": "Lovelace", "email": ada,
                        "company_domain": "example.com" });
    vec![
        case("the same question", named(ADA, none.clone()), named(ADA, none.clone()), false),
        case(
            "by name, then by e-mail",
            named(ADA, none.clone()),
            named(ADA, address.clone()),
            false,
        ),
        case("a column more", mail(ada, none.clone()), mail(ada, company.clone()), false),
        case("a column less", mail(ada, company), mail(ada, none.clone()), false),
        case("by e-mail, then by profile", mail(ada, none.clone()), mail(ada, page.clone()), false),
        case("by profile, then by e-mail too", mail(ada, page), mail(ada, none), false),
        case(
            "the name in another spelling",
            named("Dr. Ada LOVELACE", json!({})),
            named("Lovelace, Ada", address),
            false,
        ),
        case("the name in two parts", named(ADA, json!({})), parts, false),
    ]
}

fn asked() -> Vec<Case> {
    let (ada, none) = ("ada@example.com", json!({}));
    let address = || json!({ "email": ada });
    let company = || json!({ "company_name": "Example Ltd" });
    let profile = |slug: &str| json!({ "linkedin_url": format!("linkedin.com/in/{slug}") });
    vec![
        case(
            "a namesake at the same domain, with another e-mail",
            named(ADA, json!({ "email": "ada.l@example.com" })),
            named(ADA, address()),
            true,
        ),
        case("another profile", mail(ada, profile("ada-one")), mail(ada, profile("ada-two")), true),
        case(
            "another name, another person",
            named("Bob Lovelace", none.clone()),
            named(ADA, address()),
            true,
        ),
        case(
            "an address that is everybody's",
            mail("info@example.com", none.clone()),
            mail("info@example.com", company()),
            true,
        ),
        case("one word is no name", named("Ada", none.clone()), named("Ada", address()), true),
        case(
            "a miss",
            named("Ada Nobody", none.clone()),
            named("Ada Nobody", json!({ "email": "x@example.com" })),
            true,
        ),
        case(
            "an answer without what is wanted",
            named("Ada Untitled", none.clone()),
            named("Ada Untitled", address()),
            true,
        ),
        case(
            "an answer about somebody else",
            named("Ada Swapped", none),
            named("Ada Swapped", address()),
            true,
        ),
    ]
}

/// What differs is not the row.
fn changed() -> Vec<Case> {
    let (ada, none) = ("ada@example.com", json!({}));
    let company = || json!({ "company_name": "Example Ltd" });
    vec![
        Case {
            vendor: |it| it.version = 2,
            ..case(
                "another version of the operation",
                mail(ada, none.clone()),
                mail(ada, company()),
                true,
            )
        },
        Case {
            vendor: |it| it.retention = Some(Duration::ZERO),
            ..case("what may not be kept", mail(ada, none.clone()), mail(ada, none.clone()), true)
        },
        Case {
            plan: |it| it.no_cache = true,
            ..case("who wants nothing old", mail(ada, none.clone()), mail(ada, company()), true)
        },
        Case {
            plan: |it| drop(it.max_age.insert(names(&["title"]).remove(0), "1h".into())),
            wait: Duration::from_secs(3_601),
            ..case("too old for this plan", mail(ada, none.clone()), mail(ada, company()), true)
        },
        Case {
            wait: Duration::from_secs(10 * 366 * 86_400),
            ..case("too old for anybody", mail(ada, none), mail(ada, company()), true)
        },
    ]
}

async fn check(it: Case) {
    let what = it.what;
    let vendor = |change: fn(&mut Operation)| vec![finder().with(change)];
    // What may not be kept may not be kept by the first run either.
    let always: fn(&mut Operation) = match what {
        "what may not be kept" => it.vendor,
        _ => |_| (),
    };
    let http = FakeHttp::new(|sent: &Sent| Ok(vendor_says(sent)));
    let rig = Rig::new(vendor(always), http, Some(Credits::whole(100))).await;
    let mut plan = plan(&["title"]);
    rig.finish(&plan, vec![it.first]).await;
    let (sent, money) = (rig.http.sent().len(), rig.money().await);
    let _ = tokio::time::timeout(it.wait, std::future::pending::<()>()).await;
    let later = rig.again(vendor(it.vendor), Arc::new(Rotated));
    (it.plan)(&mut plan);
    let rows = vec![it.then];
    let told = later.reuse(&plan, &rows).await;
    assert_eq!(told.reused, u64::from(!it.asked), "{what}: {told:?}");
    assert_eq!(told.new + told.stale, u64::from(it.asked), "{what}: {told:?}");
    let job = later.finish(&plan, rows).await;
    assert_eq!(later.http.sent().len() - sent, usize::from(it.asked), "{what}");
    if it.asked {
        return;
    }
    assert_eq!(later.money().await, money, "{what}: it costs nothing");
    let cell = later.cells(&job).await.remove(0).cell;
    assert_eq!((cell.status, cell.source), (CellStatus::Found, Some(CellSource::Cache)), "{what}");
    let step = later.steps(&job).await.remove(0).step;
    assert_eq!((step.charge, step.call), (Credits::ZERO, cell.call), "{what}");
    let detail: Detail = serde_json::from_value(cell.detail.unwrap()).unwrap();
    let akin = detail.candidates.iter().any(|it| it.akin);
    assert_eq!(akin, what != "the same question", "{what}: the story tells it");
}

/// Under a clock that nobody waits for.
fn paused<T>(future: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// Rotated keys and other columns; a preview agrees with what the run does.
#[test]
fn who_was_asked_about_in_one_way_is_not_bought_in_another() {
    served().into_iter().for_each(|it| paused(check(it)));
}

/// Whoever may be somebody else, and whatever nobody knows for sure, is asked about.
#[test]
fn who_may_be_somebody_else_is_asked_about() {
    asked().into_iter().chain(changed()).for_each(|it| paused(check(it)));
}

/// Many rows, one company: the second run's other columns buy nothing.
#[test]
fn a_company_is_bought_once_whatever_stands_beside_its_domain() {
    paused(async {
        let vendor = || {
            vec![FakeVendor::finder("hunter", &["industry"]).with(|it| {
                it.kind = Kind::Company;
                it.inputs = vec![names(&["company_domain"]), names(&["company_linkedin_url"])];
                it.optional = names(&["company_name"]);
            })]
        };
        let values = json!({ "industry": "Mining" });
        let http = FakeHttp::new(move |_: &Sent| {
            let identity = json!({ "company_domain": "example.com" });
            Ok(json!({ "is": "answer", "values": values, "identity": identity }))
        });
        let rig = Rig::new(vendor(), http, None).await;
        let mut plan = plan(&["industry"]);
        plan.kind = Kind::Company;
        let page = |slug: &str| format!("https://www.linkedin.com/company/{slug}");
        for (row, sent) in [
            (json!({ "company_domain": "example.com" }), 1),
            (json!({ "company_domain": "example.com", "company_name": "Example" }), 1),
            (json!({ "company_domain": "example.com", "company_linkedin_url": page("ex") }), 1),
            (json!({ "company_domain": "example.org", "company_name": "Example" }), 2),
        ] {
            rig.finish(&plan, vec![row.clone()]).await;
            assert_eq!(rig.http.sent().len(), sent, "{row}");
        }
    });
}

/// What is part of the question besides whom it is about is part of every answer to it.
#[test]
fn another_question_about_the_same_person_is_another_question() {
    paused(async {
        let vendor = FakeVendor::finder("hunter", &["title"]).with(|it| {
            it.inputs = vec![names(&["email", "department"])];
            it.optional = names(&["company_name"]);
        });
        let http = FakeHttp::new(|sent: &Sent| Ok(vendor_says(sent)));
        let rig = Rig::new(vec![vendor], http, None).await;
        let of = |department: &str, more| {
            mail("ada@example.com", with(json!({ "department": department }), more))
        };
        let company = json!({ "company_name": "Example Ltd" });
        for (row, sent) in [
            (of("Sales", json!({})), 1),
            (of("Sales", company.clone()), 1),
            (of("Legal", company), 2),
        ] {
            rig.finish(&plan(&["title"]), vec![row.clone()]).await;
            assert_eq!(rig.http.sent().len(), sent, "{row}");
        }
    });
}
