//! ZeroBounce's endpoints, as its documentation has them.

use super::client::{Ask, Client, check, get, perfect, post, query, row};
use morket_core::VendorUnits;
use morket_providers::sandbox::{AccountState, Address, Expected, Limits, Sandbox, Vendor};
use serde_json::json;
use std::collections::BTreeMap;

async fn sandbox() -> Sandbox {
    Sandbox::start(perfect(7)).await.expect("a free port")
}

fn validate(key: &str, email: &str) -> String {
    get(&format!("/zerobounce/v2/validate?api_key={key}&email={}&ip_address=", query(email)), "")
}

#[tokio::test]
async fn keys_and_questions_are_answered_as_zerobounce_does() {
    let sandbox = sandbox().await;
    let world = sandbox.world();
    let here = row(world, Expected::Present);
    let email = world.truth_email(&here.full_name, &here.company_domain).expect("works there");
    let text = json!("Invalid API key or your account ran out of credits");
    let refused = || vec![("/error", text.clone())];
    let credits = |key: &str| get(&format!("/zerobounce/v2/getcredits?api_key={key}"), "");
    let batch = |key: &str, emails: &[&str]| {
        let emails: Vec<_> = emails.iter().map(|it| json!({"email_address": it})).collect();
        let body = json!({"api_key": key, "email_batch": emails}).to_string();
        post("/zerobounce-bulk/v2/validatebatch", "", &body)
    };
    let rows = vec![
        Ask(credits("k1"), 200, vec![("/Credits", json!("1000000"))]),
        Ask(
            validate("k1", &email),
            200,
            vec![
                ("/address", json!(email)),
                ("/status", json!("valid")),
                ("/sub_status", json!("")),
                ("/mx_found", json!("true")),
                ("/domain", json!(here.company_domain)),
                ("/firstname", json!(here.first_name)),
            ],
        ),
        Ask(validate("k1", "not an address"), 200, vec![("/status", json!("invalid"))]),
        Ask(validate("k1", "x@gmail.com"), 200, vec![("/status", json!("unknown"))]),
        Ask(validate("k1", "x@disposable.example"), 200, vec![("/status", json!("do_not_mail"))]),
        Ask(credits("k1"), 200, vec![("/Credits", json!("999997"))]),
        Ask(credits("bad"), 200, vec![("/Credits", json!("-1"))]),
        Ask(credits("empty"), 200, vec![("/Credits", json!("0"))]),
        Ask(validate("bad", &email), 200, refused()),
        Ask(validate("", &email), 200, refused()),
        Ask(validate("empty", &email), 200, refused()),
        Ask(validate("k1", ""), 400, vec![]),
        Ask(
            batch("k1", &[&email, "nope"]),
            200,
            vec![
                ("/email_batch/0/status", json!("valid")),
                ("/email_batch/1/status", json!("invalid")),
                ("/errors", json!([])),
            ],
        ),
        Ask(batch("bad", &["nope"]), 200, refused()),
        Ask(batch("k1", &["nope"; 101]), 400, vec![("/errors/0/email_address", json!("all"))]),
        Ask(batch("k1", &[]), 400, vec![]),
        Ask(get("/zerobounce/v2/validatebatch?api_key=k1", ""), 404, vec![]),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn verdicts_agree_with_the_truth_and_unknown_is_free() {
    let mut options = perfect(9);
    options.vendor_mut(Vendor::ZeroBounce).limits = Limits::Off;
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let state = AccountState::with_credits(VendorUnits::whole(5_000));
    sandbox.set_account(Vendor::ZeroBounce, "k1", state);
    let world = sandbox.world();
    let mut client = Client::connect(sandbox.addr()).await;
    let mut seen: BTreeMap<String, i64> = BTreeMap::new();
    for row in world.demo_rows(1_000) {
        let first = row.first_name.to_lowercase();
        let company = &row.company_domain;
        let person = world.person(&row.full_name, company).map(|person| person.address);
        let Some(email) = person.or_else(|| first.is_ascii().then(|| format!("{first}@{company}")))
        else {
            continue;
        };
        let verdict = client.call(&validate("k1", &email)).await.expect("an answer").json();
        let status = verdict["status"].as_str().expect("a status");
        let allowed: &[&str] = match world.address(&email).expect("an address") {
            Address::Valid => &["valid", "unknown"],
            Address::CatchAll => &["catch-all", "unknown"],
            Address::Dead => &["invalid", "spamtrap", "abuse", "unknown"],
            other => panic!("{email} is {other:?}"),
        };
        assert!(allowed.contains(&status), "{email}: {status}, not one of {allowed:?}");
        *seen.entry(status.to_owned()).or_default() += 1;
    }
    let unknown = seen.get("unknown").copied().unwrap_or(0);
    assert!((5..50).contains(&unknown), "{seen:?}");
    let judged: i64 = seen.values().sum::<i64>() - unknown;
    assert_eq!(sandbox.account(Vendor::ZeroBounce, "k1").used, VendorUnits::whole(judged));
}
