//! The sandbox's own endpoints.

use super::client::{Ask, Client, check, get, perfect, post};
use morket_core::VendorUnits;
use morket_providers::sandbox::{AccountState, Entry, Outcome, Sandbox, Summary, Vendor};
use serde_json::json;

#[tokio::test]
async fn accounts_are_set_at_run_time() {
    let sandbox = Sandbox::start(perfect(7)).await.expect("a free port");
    let set = |body: &str| post("/_sandbox/account", "", body);
    let ask = || get("/hunter/v2/account", "X-API-KEY: k1");
    let shown = "/data/requests/credits/available";
    let rows = vec![
        Ask(ask(), 200, vec![(shown, json!(1_000_000))]),
        Ask(
            set(r#"{"vendor":"hunter","key":"k1","good":false}"#),
            200,
            vec![("/good", json!(false)), ("/credits_milli", json!(1_000_000_000))],
        ),
        Ask(ask(), 401, vec![]),
        Ask(set(r#"{"vendor":"hunter","key":"k1","good":true,"credits_milli":500}"#), 200, vec![]),
        Ask(ask(), 200, vec![(shown, json!(0.5))]),
        Ask(
            get("/_sandbox/account?vendor=hunter&key=k1", ""),
            200,
            vec![("/credits_milli", json!(500)), ("/plan", json!("paid"))],
        ),
        Ask(set(r#"{"vendor":"nobody","key":"k1"}"#), 400, vec![]),
        Ask(set(r#"{"vendor":"hunter","key":"k1","colour":"red"}"#), 400, vec![]),
        Ask(set("{"), 400, vec![]),
        Ask(get("/_sandbox/account?vendor=hunter", ""), 400, vec![]),
        Ask(get("/_sandbox/log?after=x", ""), 400, vec![]),
        Ask(get("/_sandbox/health", ""), 200, vec![("/seed", json!(7))]),
        Ask(get("/_sandbox/nothing", ""), 404, vec![]),
        Ask(get("/nothing", ""), 404, vec![]),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn log_and_summary_tell_what_happened_until_they_are_reset() {
    let sandbox = Sandbox::start(perfect(7)).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    let verify = |who: &str| {
        get(
            &format!("/hunter/v2/email-verifier?email={who}@gmail.com"),
            "X-API-KEY: secret-1\r\nIdempotency-Key: call-7",
        )
    };
    for who in ["ada", "bob", "ADA"] {
        client.call(&verify(who)).await.expect("an answer");
    }
    let page = client.call(&get("/_sandbox/log?after=1&limit=5", "")).await.expect("an answer");
    assert!(!String::from_utf8_lossy(&page.body).contains("secret-1"), "no key in the log");
    let entries: Vec<Entry> =
        serde_json::from_value(page.json()["entries"].clone()).expect("entries");
    let told: Vec<_> = entries.iter().map(|it| (it.seq, it.input.as_str(), it.attempt)).collect();
    assert_eq!(told, [(2, "email=bob@gmail.com", 1), (3, "email=ada@gmail.com", 2)]);
    assert_eq!(entries[0].idempotency_key.as_deref(), Some("call-7"));

    let summary = client.call(&get("/_sandbox/summary", "")).await.expect("an answer");
    let summary: Summary = serde_json::from_slice(&summary.body).expect("a summary");
    let hunter = &summary.vendors[&Vendor::Hunter];
    assert_eq!((hunter.calls, hunter.outcomes[&Outcome::Answer], hunter.delivered), (3, 3, 3));
    assert_eq!(hunter.operations["email-verifier"].billed.0, 1_000);
    let arrivals: Vec<_> = hunter.repeats[0].arrivals.iter().map(|it| it.seq).collect();
    assert_eq!((hunter.repeats.len(), arrivals), (1, vec![1, 3]));

    client.call(&post("/_sandbox/reset", "", "")).await.expect("an answer");
    assert!(sandbox.log(0, 10).is_empty());
    assert_eq!(sandbox.summary().vendors[&Vendor::Hunter].calls, 0);
    client.call(&verify("ada")).await.expect("an answer");
    assert_eq!(sandbox.log(0, 10)[0].seq, 4, "numbers go on, so that a reader misses none");
    assert_eq!(sandbox.log(0, 10)[0].attempt, 1);
}

#[tokio::test]
async fn a_closed_door_opens_to_the_keys_it_was_given() {
    let mut options = perfect(7);
    options.open_door = false;
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let state = AccountState::with_credits(VendorUnits::whole(3));
    sandbox.set_account(Vendor::Hunter, "known", state);
    let ask = |key: &str, status| {
        Ask(get("/hunter/v2/account", &format!("X-API-KEY: {key}")), status, vec![])
    };
    check(&sandbox, vec![ask("known", 200), ask("other", 401)]).await;
}

#[tokio::test]
async fn what_cannot_be_logged_is_not_answered() {
    let mut options = perfect(7);
    options.log_file = Some("/dev/full".into());
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    let response = client.call(&get("/hunter/v2/account", "X-API-KEY: k1")).await;
    assert_eq!(response, Err(Vec::new()));
}

#[tokio::test]
async fn a_small_log_keeps_the_newest_and_counts_all() {
    let mut options = perfect(7);
    options.log_capacity = 4;
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let mut client = Client::connect(sandbox.addr()).await;
    for _ in 0..10 {
        client.call(&get("/hunter/v2/account", "X-API-KEY: k1")).await.expect("an answer");
    }
    let kept: Vec<_> = sandbox.log(0, 100).iter().map(|entry| entry.seq).collect();
    assert_eq!(kept, [7, 8, 9, 10]);
    assert_eq!(sandbox.summary().vendors[&Vendor::Hunter].calls, 10);
}
