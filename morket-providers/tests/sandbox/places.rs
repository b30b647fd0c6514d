//! Every vendor that is built in has a place here, where its adapter is understood: each operation
//! by each of its inputs, each refusal, the bill, and the free look at the account.

use super::client::perfect;
use morket_core::{
    CallId, Secret, VendorUnits,
    http::{Http, HttpResponse},
    name::FieldName,
    provider::{Ask, Inputs, Operation, OutcomeKind, Parsed, Provider, Verdicts},
};
use morket_providers::{
    builtin,
    sandbox::{Faults, Inside, Limits, Options, Rate, Vendor, World},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many people each operation is asked about, by each of its inputs.
const PEOPLE: usize = 24;
const SEED: u64 = 7;

/// Everything that anybody may be asked by, of people who exist.
fn people() -> Vec<Value> {
    let world = World::new(SEED);
    let rows = world.demo_rows(3 * PEOPLE).into_iter().filter_map(|row| {
        let person = world.person(&row.full_name, &row.company_domain)?;
        let company = &person.company;
        let label = company.domain.strip_suffix(".example")?.to_owned();
        Some(json!({
            "full_name": row.full_name, "first_name": row.first_name,
            "last_name": row.last_name, "email": person.address,
            "linkedin_url": format!("https://www.linkedin.com/in/{}", person.linkedin),
            "github_url": format!("https://github.com/{}", person.linkedin),
            "company_domain": company.domain, "company_name": company.name,
            "legal_name": company.legal_name, "location": company.place.city,
            "phone": person.mobile,
            "company_linkedin_url": format!("https://www.linkedin.com/company/{}", company.linkedin),
            "company_github_url": format!("https://github.com/{label}"),
        }))
    });
    rows.take(PEOPLE).collect()
}

/// What was said of one question, to the end of its steps and polls, and what it cost.
async fn ask(
    vendors: &Inside,
    provider: &dyn Provider,
    operation: &Operation,
    key: &str,
    inputs: Inputs,
) -> (Parsed, VendorUnits) {
    let vendor = Vendor::of_slug(provider.manifest().slug.as_str()).unwrap();
    let (base, key) = (Inside::base_url(vendor), Secret::new(key.to_owned()));
    let (records, call) = ([inputs], CallId(uuid::Uuid::nil()));
    let ask = Ask { operation, base_url: &base, key: Some(&key), records: &records, call };
    let before = vendors.log(0, usize::MAX).len() as u64;
    let (mut request, mut submitted) = (provider.request(&ask).unwrap(), None);
    let parsed = loop {
        let asked = request.redacted_url();
        let answer = vendors.send(request).await.unwrap();
        if let Some(next) = provider.follow(&ask, &asked, &answer) {
            request = next;
            continue;
        }
        let parsed = provider.parse(&ask, &answer);
        let Some(task) = pending(&parsed) else { break parsed };
        submitted = task.or(submitted);
        request = match &submitted {
            Some(task) => provider.poll(&ask, task).unwrap(),
            None => provider.request(&ask).unwrap(),
        };
    };
    let billed = vendors.log(before, 100).into_iter().map(|it| it.billed);
    (parsed, VendorUnits::sum(billed).unwrap())
}

fn pending(parsed: &Parsed) -> Option<Option<String>> {
    let outcome = match &parsed.verdicts {
        Verdicts::All(outcome) => outcome,
        Verdicts::Each(each) => each.first()?,
    };
    match outcome {
        morket_core::provider::Outcome::Pending { task, .. } => Some(task.clone()),
        _ => None,
    }
}

fn kind(parsed: &Parsed) -> OutcomeKind {
    match &parsed.verdicts {
        Verdicts::All(outcome) => outcome.kind(),
        Verdicts::Each(each) => each[0].kind(),
    }
}

fn inputs(of: &Value, needed: &[FieldName]) -> Inputs {
    let value = |name: &FieldName| (name.clone(), of[name.as_str()].clone());
    Inputs(needed.iter().map(value).collect())
}

/// What leads to nobody in this world.
const UNKNOWN_BY: [&str; 2] = ["location", "phone"];

/// All outcomes of one operation by one of its inputs.
async fn kinds(
    (options, people): (Options, &[Value]),
    provider: &dyn Provider,
    operation: &Operation,
    needed: &[FieldName],
    key: &str,
) -> BTreeSet<String> {
    let vendors = Inside::new(options).unwrap();
    let mut seen = BTreeSet::new();
    for person in people {
        let (parsed, billed) =
            ask(&vendors, provider, operation, key, inputs(person, needed)).await;
        let of = format!("{}/{} {person}", provider.manifest().slug, operation.name);
        let most = operation.billing.answer.max(operation.billing.miss);
        assert!(billed <= most, "{of}: {billed} is billed, {most} was planned");
        let told = parsed.billed.unwrap_or(billed);
        assert_eq!(told, billed, "{of}: what it says, and what is billed");
        seen.insert(format!("{:?}", kind(&parsed)));
    }
    seen
}

fn quiet() -> Options {
    perfect(SEED).for_each_vendor(|vendor| vendor.limits = Limits::Off)
}

/// All built-in vendors that ask somebody.
fn vendors() -> Vec<std::sync::Arc<dyn Provider>> {
    builtin().iter().filter(|it| !it.guesses()).cloned().collect()
}

#[tokio::test(start_paused = true)]
async fn every_operation_is_understood_by_each_of_its_inputs() {
    let calm = ["Answer", "Miss", "LegalBlock", "PlanLacks"].map(str::to_owned);
    let people = people();
    for provider in vendors() {
        let manifest = provider.manifest();
        let slug = manifest.slug.as_str();
        assert!(Vendor::of_slug(slug).is_some(), "{slug} has no place in the sandbox");
        for operation in &manifest.operations {
            for needed in &operation.inputs {
                let seen =
                    kinds((quiet(), &people), provider.as_ref(), operation, needed, "k").await;
                let of = format!("{slug}/{} by {needed:?}: {seen:?}", operation.name);
                let known = needed.iter().all(|it| !UNKNOWN_BY.contains(&it.as_str()));
                assert_eq!(seen.contains("Answer"), known, "who is known to {of}");
                assert!(seen.iter().all(|it| calm.contains(it)), "{of}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_refusal_is_read_as_what_it_is() {
    let always = |set: fn(&mut Faults)| {
        quiet().for_each_vendor(|vendor| {
            vendor.knowledge.hit_rate = Rate::ALWAYS;
            set(&mut vendor.faults);
        })
    };
    let throttled = || always(|it| it.throttled = Rate::ALWAYS);
    let people = &people()[..4];
    let failing = || always(|it| it.server_error = Rate::ALWAYS);
    for provider in vendors() {
        let manifest = provider.manifest();
        let slug = manifest.slug.as_str();
        for operation in &manifest.operations {
            let needed = &operation.inputs[0];
            let check = async |options, key: &str, allowed: &[&str]| {
                let seen =
                    kinds((options, people), provider.as_ref(), operation, needed, key).await;
                let fits = seen.iter().all(|it| allowed.contains(&it.as_str()));
                assert!(fits, "{slug}/{} with {key}: {seen:?}", operation.name);
            };
            if manifest.keyed {
                // One sentence of ZeroBounce stands for both.
                let either = if slug == "zerobounce" { "OutOfCredits" } else { "AuthFailed" };
                check(quiet(), "bad", &[either]).await;
                check(quiet(), "empty", &["OutOfCredits"]).await;
            }
            // One site's limit is no other's.
            let limited = if slug == "website" { "Transient" } else { "RateLimited" };
            // A shield that says nothing of the reason.
            let limited = if slug == "zerobounce" { "Transient" } else { limited };
            check(throttled(), "k", &[limited, "RateLimited"]).await;
            check(failing(), "k", &["Transient", "Unknown"]).await;
        }
    }
    let apollo = builtin().named("apollo").unwrap().clone();
    for operation in &apollo.manifest().operations {
        let seen =
            kinds((quiet(), people), &*apollo, operation, &operation.inputs[0], "scoped").await;
        assert_eq!(seen, BTreeSet::from(["PlanLacks".to_owned()]), "{}", operation.name);
    }
}

#[tokio::test(start_paused = true)]
async fn the_free_look_at_an_account_is_answered() {
    let mut looked = Vec::new();
    for provider in vendors() {
        let slug = provider.manifest().slug.as_str();
        for (key, works) in [("k", true), ("scoped", true), ("bad", false)] {
            let vendors = Inside::new(quiet()).unwrap();
            let base = Inside::base_url(Vendor::of_slug(slug).unwrap());
            let Some(request) = provider.check(&base, &Secret::new(key.to_owned())) else {
                continue;
            };
            let answer: HttpResponse = vendors.send(request).await.unwrap();
            let standing = provider.parse_check(&answer);
            assert_eq!(standing.key_works, Some(works), "{slug} with {key}: {standing:?}");
            let left = standing.left.filter(|_| works);
            let all = VendorUnits::whole(1_000_000);
            assert!(left.is_none_or(|it| it == all), "{slug}: {standing:?}");
            assert!(vendors.log(0, 10).iter().all(|it| it.billed == VendorUnits::ZERO));
            looked.push(slug.to_owned());
        }
    }
    looked.dedup();
    let expected = "apollo dropcontact findymail hunter leadmagic people-data-labs prospeo \
                    zerobounce";
    assert_eq!(looked.join(" "), expected);
}
