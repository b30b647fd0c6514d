//! A job on a base: what the base came to is taken over, at no cost, and nobody is asked again.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use morket_core::{
    Credits, ErasureId,
    accept::{CatchAll, Sure, Verify},
    audit::{Action, NewAudit},
    engine::Detail,
    field::Kind,
    http::{FailureCause, HttpFailure},
    job::{CellRow, CellSource, Job, Scope, SpendTotal, SpendUnit, StepOutcome},
    name::FieldName,
    plan::{Existing, OnLost, Plan, Waterfall},
    privacy::{Erasure, Identifier, NewSuppression, PrivacyKey, Source},
    rbac::Principal,
};
use morket_testkit::engine::{FakeHttp, FakeVendor, Rig, Sent};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const HOUR: Duration = Duration::from_secs(3_600);

fn name(text: &str) -> FieldName {
    FieldName::new(text).unwrap()
}

/// E-mails by hunter, then apollo, verified by zerobounce.
fn plan() -> Plan {
    let mut plan = Plan::of(Kind::Person, [name("email")]);
    let steps = vec!["hunter".to_owned(), "apollo".to_owned()];
    let verify = Some("zerobounce".to_owned());
    plan.waterfalls.insert(name("email"), Waterfall { steps, verify, email: None });
    plan
}

fn person(text: &str) -> Value {
    json!({ "full_name": text, "company_domain": "c.example" })
}

/// Vendors of which nothing may be kept, so that only the base can know.
fn vendors() -> Vec<FakeVendor> {
    let finder = |slug| FakeVendor::finder(slug, &["email", "email_status"]);
    let all = [finder("hunter"), finder("apollo"), FakeVendor::verifier("zerobounce")];
    all.map(|it| it.with(|it| it.retention = Some(Duration::ZERO))).to_vec()
}

/// What everybody says follows from the name that is asked about; `later` it is another time.
fn says(sent: &Sent, later: bool) -> Result<Value, HttpFailure> {
    let asked = sent.body[0].to_string();
    let (hunter, is) = (sent.vendor == "hunter", |it: &str| asked.to_lowercase().contains(it));
    let status = |it: &str| json!({ "is": "answer", "values": { "email_status": it } });
    let found = |status: &str| {
        let first = sent.body[0]["full_name"].as_str().unwrap_or("?").to_lowercase();
        let email = format!("{}@c.example", first.replace(' ', "."));
        json!({ "is": "answer", "values": { "email": email, "email_status": status } })
    };
    let lost = HttpFailure::lost(FailureCause::Broken, "the connection was reset");
    let transient = json!({ "is": "transient" });
    match sent.vendor.as_str() {
        "zerobounce" if is("down") && !later => Ok(transient),
        "zerobounce" if is("catch") => Ok(status("accept_all")),
        "zerobounce" => Ok(status("valid")),
        _ if is("nobody") => Ok(json!({ "is": "miss" })),
        _ if is("lost") && hunter => Err(lost),
        _ if is("lost") => Ok(json!({ "is": "miss" })),
        _ if is("flaky") && hunter && !later => Ok(transient),
        _ if is("flaky") && !hunter => Ok(json!({ "is": "miss" })),
        _ if is("broke") && hunter && later => Ok(json!({ "is": "out_of_credits" })),
        _ if is("broke") && hunter => Ok(transient),
        _ if is("broke") => Ok(json!({ "is": "miss" })),
        _ if is("checked") || is("catch") || is("down") => Ok(found("unverified")),
        _ => Ok(found("valid")),
    }
}

/// A rig, and the switch that makes it later.
async fn rig(credits: Option<Credits>) -> (Rig, Arc<AtomicBool>) {
    let later = Arc::new(AtomicBool::new(false));
    let switch = later.clone();
    let http = FakeHttp::new(move |sent| says(sent, switch.load(Ordering::Relaxed)));
    (Rig::new(vendors(), http, credits).await, later)
}

/// Whom a job asked, beyond the first `before` requests.
fn asked(rig: &Rig, before: usize) -> Vec<String> {
    rig.http.sent().into_iter().skip(before).map(|it| it.vendor).collect()
}

async fn only_cell(rig: &Rig, job: &Job) -> CellRow {
    rig.cells(job).await.into_iter().find(|it| it.cell.index == 0).unwrap()
}

fn detail(row: &CellRow) -> Detail {
    serde_json::from_value(row.cell.detail.clone().unwrap_or_default()).unwrap_or_default()
}

/// A sample of one row, then the whole on top of it: who is asked again, and what comes of it.
struct Case {
    what: &'static str,
    sample: Value,
    then: Value,
    plan: fn(&mut Plan),
    wait: Duration,
    asked: &'static [&'static str],
    comes: &'static str,
    source: Option<CellSource>,
}

fn case(who: &'static str, asked: &'static [&'static str], comes: &'static str) -> Case {
    let source = asked.is_empty().then_some(CellSource::Sample);
    let (sample, then, wait) = (person(who), person(who), Duration::ZERO);
    Case { what: who, sample, then, plan: |_| (), wait, asked, comes, source }
}

fn cases() -> Vec<Case> {
    let (found, none): (_, &[&str]) = ("found ada.one@c.example", &[]);
    let ada = |what, asked| Case { what, ..case("Ada One", asked, found) };
    let spelled = json!({ "full_name": " Ada  One", "company_domain": "https://www.C.example/x" });
    let call = Some(CellSource::Call);
    vec![
        ada("found", none),
        Case { then: spelled, ..ada("the same in another spelling", none) },
        Case {
            then: person("Bob Two"),
            source: call,
            comes: "found bob.two@c.example",
            ..ada("somebody else", &["hunter"])
        },
        case("Nobody Known", none, "no_result"),
        Case { wait: HOUR * 24 * 400, ..case("Nobody At All", none, "no_result") },
        Case { wait: HOUR * 24 * 400, source: call, ..ada("too old to be believed", &["hunter"]) },
        case("Lost Answer", none, "failed ambiguous"),
        case("Checked Once", none, "found checked.once@c.example"),
        Case { source: call, ..case("Flaky Vendor", &["hunter"], "found flaky.vendor@c.example") },
        Case {
            source: Some(CellSource::Sample),
            ..case("Down Verifier", &["zerobounce"], "found down.verifier@c.example")
        },
        case("Catch All", none, "no_result catch_all"),
        Case {
            what: "what was refused is taken by now",
            source: Some(CellSource::Sample),
            plan: |it| it.accept.email.catch_all = CatchAll::Accept,
            ..case("Catch All", none, "found catch.all@c.example")
        },
        Case {
            plan: |it| it.accept.email.verify = Verify::Always,
            source: Some(CellSource::Sample),
            ..ada("what was taken is verified first by now", &["zerobounce"])
        },
        Case {
            plan: |it| it.accept.identity = vec![Sure::Exact, Sure::Likely],
            what: "whom an answer is about must be surer by now",
            source: None,
            ..case("Ada One", &["hunter", "apollo"], "no_result identity_unsure")
        },
        Case {
            plan: |it| it.waterfalls.get_mut(&name("email")).unwrap().steps.reverse(),
            source: call,
            ..ada("another waterfall", &["apollo"])
        },
        Case { plan: |it| it.no_cache = true, ..ada("whoever wants no old answers", none) },
        Case {
            plan: |it| drop(it.max_age.insert(name("email"), "0s".into())),
            ..ada("whoever wants none older than this run", none)
        },
        Case { plan: |it| it.budget.job = Some("0usd".into()), ..ada("without any budget", none) },
        Case {
            plan: |it| it.run_if = Some("title != null".into()),
            source: None,
            comes: "skipped run_if",
            ..ada("a row that is left out by now", none)
        },
    ]
}

async fn check(case: Case) {
    let what = case.what;
    let (rig, later) = rig(Some(Credits::whole(100))).await;
    let mut priced = plan();
    for slug in ["hunter", "apollo", "zerobounce"] {
        priced.prices.insert(slug.parse().unwrap(), "0.05 usd".into());
    }
    let sample = rig.finish(&priced, vec![case.sample]).await;
    assert!(sample.state.is_terminal(), "{what}");
    later.store(true, Ordering::Relaxed);
    tokio::time::advance(HOUR + case.wait).await;
    let (before, paid) = (rig.http.sent().len(), rig.money().await);
    let mut now = priced.clone();
    (case.plan)(&mut now);
    let whole = rig.submit_on(Some(sample.id), &now, vec![case.then]).await;
    let whole = rig.run(whole.id, HOUR).await;
    assert_eq!(asked(&rig, before), case.asked, "{what}");
    assert_eq!(rig.cell(&whole, 0, "email").await, case.comes, "{what}");
    let row = only_cell(&rig, &whole).await;
    assert_eq!(row.cell.source, case.source, "{what}");
    let spent = |unit| SpendTotal {
        scope: Scope::Job,
        job: Some(whole.id),
        provider: None,
        day: None,
        unit,
    };
    if case.asked.is_empty() {
        assert_eq!(rig.money().await, paid, "{what}: it costs nothing");
        assert_eq!(rig.store.spent(rig.workspace, spent(SpendUnit::Usd)).await.unwrap(), 0);
        let steps = rig.steps(&whole).await;
        let theirs: Vec<_> = rig.steps(&sample).await.into_iter().map(|it| it.step.call).collect();
        assert!(steps.iter().all(|it| it.step.charge == Credits::ZERO), "{what}");
        assert!(steps.iter().all(|it| theirs.contains(&it.step.call)), "{what}: {steps:?}");
        assert!(case.source.is_none() || steps.len() == theirs.len(), "{what}: {steps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_sample_came_to_is_not_asked_or_paid_again() {
    for case in cases() {
        check(case).await;
    }
}

/// Rows are told by what they are, not by where they stand; each that is the same takes it over.
#[tokio::test(start_paused = true)]
async fn p025_what_is_taken_over_says_where_it_is_from() {
    let (rig, _) = rig(None).await;
    let rows: Vec<Value> =
        (0..1_200).map(|n| person(&format!("Ada Number{}", n % 1_100))).collect();
    let some = vec![rows[1_050].clone(), rows[1_050].clone(), rows[7].clone(), json!({})];
    let sample = rig.finish(&plan(), some).await;
    assert_eq!(rig.http.sent().len(), 2);
    tokio::time::advance(HOUR).await;
    let whole = rig.submit_on(Some(sample.id), &plan(), rows).await;
    let whole = rig.run(whole.id, HOUR).await;
    assert_eq!(rig.http.sent().len(), 2 + 1_197);
    let (ours, theirs) = (rig.cells(&whole).await, rig.cells(&sample).await);
    let taken: Vec<_> =
        ours.iter().filter(|it| it.cell.source == Some(CellSource::Sample)).collect();
    assert_eq!(taken.iter().map(|it| it.cell.index).collect::<Vec<_>>(), [7, 1_050, 1_107]);
    for row in taken {
        let before = theirs.iter().find(|it| it.cell.value == row.cell.value).unwrap();
        assert_eq!((&row.cell.provider, row.cell.call), (&before.cell.provider, before.cell.call));
        let (now, then) = (detail(row), detail(before));
        assert_eq!(now.candidates[0].fetched_at, then.candidates[0].fetched_at);
        assert_eq!((now.base, now.same_as_row), (Some(sample.id), None));
        assert_eq!((now.candidates[0].free, now.candidates[0].sample), (true, true));
    }
}

/// What the user has stays the user's.
#[tokio::test(start_paused = true)]
async fn what_is_there_already_is_not_taken_over() {
    let (rig, _) = rig(None).await;
    let mut row = person("Ada One");
    row["email"] = json!("ada@c.example");
    for (existing, asked, source) in [
        (Existing::Keep, 0, CellSource::Input),
        (Existing::Verify, 1, CellSource::Input),
        (Existing::Refresh, 1, CellSource::Sample),
    ] {
        let mut plan = plan();
        plan.existing.insert(name("email"), existing);
        let before = rig.http.sent().len();
        let sample = rig.finish(&plan, vec![row.clone()]).await;
        assert_eq!(rig.http.sent().len(), before + asked, "{existing:?}");
        tokio::time::advance(HOUR).await;
        let whole = rig.submit_on(Some(sample.id), &plan, vec![row.clone()]).await;
        let whole = rig.run(whole.id, HOUR).await;
        assert_eq!(rig.http.sent().len(), before + asked, "{existing:?}");
        assert_eq!(only_cell(&rig, &whole).await.cell.source, Some(source), "{existing:?}");
    }
}

/// What was taken over and is not decided yet is known to whoever goes on with it.
#[tokio::test(start_paused = true)]
async fn a_successor_knows_what_was_taken_over() {
    let (rig, later) = rig(None).await;
    let pause = Plan { on_provider_lost: OnLost::Pause, ..plan() };
    let sample = rig.finish(&pause, vec![person("Broke Vendor")]).await;
    assert_eq!(rig.cell(&sample, 0, "email").await, "failed transient");
    later.store(true, Ordering::Relaxed);
    tokio::time::advance(HOUR).await;
    let whole = rig.submit_on(Some(sample.id), &pause, vec![person("Broke Vendor")]).await;
    let before = rig.http.sent().len();
    let whole = rig.run(whole.id, Duration::ZERO).await;
    assert_eq!((asked(&rig, before), whole.state.is_terminal()), (vec!["hunter".into()], false));
    let steps = rig.steps(&whole).await;
    assert_eq!(steps.iter().map(|it| it.step.outcome).collect::<Vec<_>>(), [StepOutcome::Miss]);
    rig.store.wake(rig.workspace, morket_core::job::Wake::Job(whole.id)).await.unwrap();
    let other = rig.beside();
    let whole = other.run(whole.id, Duration::ZERO).await;
    assert_eq!(asked(&rig, before), ["hunter", "hunter"], "apollo has said what it knows");
    assert!(!whole.state.is_terminal());
}

/// Whoever is to be left alone since is not taken over, by whatever name; whoever was returned for
/// them by mistake is nobody's business.
#[tokio::test(start_paused = true)]
async fn whoever_objected_since_is_not_taken_over() {
    for (listed, comes) in [
        ("c.example", "skipped suppressed"),
        ("ada.one@c.example", "skipped suppressed"),
        ("bob@c.example", "found ada.one@c.example"),
    ] {
        let (rig, _) = rig(None).await;
        let sample = rig.finish(&plan(), vec![person("Ada One")]).await;
        let key = rig.store.privacy_key(rig.workspace, PrivacyKey::new([9; 32])).await.unwrap();
        let it = Identifier::guess(listed).unwrap();
        let (fingerprint, kind) = (key.fingerprint(&it), it.kind());
        let entry = NewSuppression { fingerprint, kind, source: Source::Manual, reason: None };
        let audit = NewAudit::new(Principal::Embedder, Action::SuppressionAdded, None);
        rig.store.suppress(rig.workspace, vec![entry], audit).await.unwrap();
        tokio::time::advance(HOUR).await;
        let before = rig.http.sent().len();
        let whole = rig.submit_on(Some(sample.id), &plan(), vec![person("Ada One")]).await;
        let whole = rig.run(whole.id, HOUR).await;
        assert_eq!(rig.cell(&whole, 0, "email").await, comes, "{listed}");
        assert_eq!(rig.http.sent().len(), before, "{listed}");
        let values: Vec<_> = rig.cells(&whole).await.into_iter().map(|it| it.cell.detail).collect();
        let kept = format!("{values:?}").contains("ada.one@");
        assert_eq!(kept, comes.starts_with("found"), "{listed}");
    }
}

/// What was taken over is erased with everything else that names a person.
#[tokio::test(start_paused = true)]
async fn copies_are_forgotten_too() {
    let (rig, _) = rig(None).await;
    let sample = rig.finish(&plan(), vec![person("Ada One"), person("Bob Two")]).await;
    tokio::time::advance(HOUR).await;
    let rows = vec![person("Bob Two"), person("Ada One")];
    let whole = rig.submit_on(Some(sample.id), &plan(), rows.clone()).await;
    let whole = rig.run(whole.id, HOUR).await;
    let names = [Identifier::guess("ada.one@c.example").unwrap()].into();
    let key = rig.store.privacy_key(rig.workspace, PrivacyKey::new([9; 32])).await.unwrap();
    let subject = key.fingerprint_of_all(&names);
    let id = ErasureId(uuid::Uuid::from_u128(5));
    let erasure = Erasure { id, names, subject, suppress: Vec::new() };
    let audit = NewAudit::new(Principal::Embedder, Action::SubjectErased, None);
    let receipt = rig.store.forget(rig.workspace, erasure, audit).await.unwrap();
    assert_eq!((receipt.erased.records, receipt.erased.cells), (2, 2));
    assert_eq!(rig.cell(&whole, 1, "email").await, "skipped erased");
    assert_eq!(rig.cell(&whole, 0, "email").await, "found bob.two@c.example");
    // And what is erased is taken over by nobody.
    let before = rig.http.sent().len();
    let again = rig.submit_on(Some(sample.id), &plan(), rows).await;
    let again = rig.run(again.id, HOUR).await;
    assert_eq!(rig.http.sent().len(), before + 1);
    assert_eq!(rig.cell(&again, 1, "email").await, "found ada.one@c.example");
}
