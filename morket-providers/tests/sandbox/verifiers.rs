//! NeverBounce, MillionVerifier and Bouncer, as their documentation has them.

use super::client::{Ask, check, get, perfect, query, row};
use morket_providers::sandbox::{Address, Expected, Sandbox, Vendor, World};
use serde_json::json;

const SEED: u64 = 7;

async fn sandbox() -> Sandbox {
    Sandbox::start(perfect(SEED)).await.expect("a free port")
}

fn here() -> String {
    let world = World::new(SEED);
    let here = row(world, Expected::Present);
    world.truth_email(&here.full_name, &here.company_domain).expect("works there")
}

/// An address of this kind: somebody's who is asked for in vain, or an office's.
fn other(kind: Address) -> String {
    let world = World::new(SEED);
    let rows = world.demo_rows(500);
    let each = rows.iter().flat_map(|row| {
        let person = world.person(&row.full_name, &row.company_domain);
        let office = format!("info@{}", row.company_domain);
        person.map(|it| it.address).into_iter().chain([office])
    });
    let mut each = each.filter(|it| world.address(it) == Some(kind));
    each.next().expect("five hundred rows hold one")
}

#[tokio::test]
async fn neverbounce_says_everything_in_a_200() {
    let sandbox = sandbox().await;
    let ask = |key: &str, email: &str| {
        let email = query(email);
        get(&format!("/neverbounce/v4.2/single/check?key={key}&email={email}&timeout=10"), "")
    };
    let said = |result: &str| vec![("/status", json!("success")), ("/result", json!(result))];
    let refused = |status: &str| vec![("/status", json!(status))];
    let flag = ("/flags/2", json!("role_account"));
    let rows = vec![
        Ask(ask("k", &here()), 200, said("valid")),
        Ask(ask("k", &other(Address::Role)), 200, [said("valid"), vec![flag]].concat()),
        Ask(ask("k", &other(Address::CatchAll)), 200, said("catchall")),
        Ask(ask("k", &other(Address::Dead)), 200, said("invalid")),
        Ask(ask("k", "x@mailinator.com"), 200, said("disposable")),
        Ask(ask("k", "x@gmail.com"), 200, said("unknown")),
        Ask(ask("bad", &here()), 200, refused("auth_failure")),
        Ask(ask("", &here()), 200, refused("auth_failure")),
        Ask(ask("empty", &here()), 200, refused("general_failure")),
        Ask(ask("k", ""), 200, refused("general_failure")),
        Ask(get("/neverbounce/v4.2/account/info?key=k", ""), 404, vec![]),
    ];
    check(&sandbox, rows).await;
    assert_eq!(sandbox.account(Vendor::NeverBounce, "k").used.0, 6_000);
}

#[tokio::test]
async fn millionverifier_makes_a_verdict_of_a_bad_key() {
    let sandbox = sandbox().await;
    let ask = |key: &str, email: &str| {
        let email = query(email);
        get(&format!("/millionverifier/api/v3/?api={key}&email={email}&timeout=10"), "")
    };
    let said = |result: &str, code: u32, left: u32| {
        vec![
            ("/result", json!(result)),
            ("/resultcode", json!(code)),
            ("/error", json!("")),
            ("/credits", json!(left)),
        ]
    };
    let refused = |error: &str| vec![("/result", json!("error")), ("/error", json!(error))];
    let code = |code: u32| vec![("/resultcode", json!(code))];
    let rows = vec![
        Ask(ask("k", &here()), 200, said("ok", 1, 999_999)),
        Ask(ask("k", &other(Address::CatchAll)), 200, said("catch_all", 2, 999_998)),
        Ask(ask("k", &other(Address::Dead)), 200, said("invalid", 6, 999_997)),
        Ask(ask("k", "x@mailinator.com"), 200, said("disposable", 5, 999_996)),
        Ask(ask("k", "x@gmail.com"), 200, said("unknown", 3, 999_995)),
        Ask(ask("bad", &here()), 200, [refused("Apikey not found"), code(4)].concat()),
        Ask(ask("empty", &here()), 200, refused("Insufficient credits")),
        Ask(ask("k", ""), 200, refused("No email specified")),
    ];
    check(&sandbox, rows).await;
}

#[tokio::test]
async fn bouncer_refuses_by_status() {
    let sandbox = sandbox().await;
    let ask = |key: &str, email: &str| {
        let target = format!("/bouncer/v1.1/email/verify?email={}&timeout=10", query(email));
        get(&target, &format!("x-api-key: {key}"))
    };
    let said =
        |status: &str, reason: &str| vec![("/status", json!(status)), ("/reason", json!(reason))];
    let rows = vec![
        Ask(ask("k", &here()), 200, said("deliverable", "accepted_email")),
        Ask(ask("k", &other(Address::CatchAll)), 200, said("risky", "low_deliverability")),
        Ask(ask("k", &other(Address::Dead)), 200, said("undeliverable", "rejected_email")),
        Ask(ask("k", "x@mailinator.com"), 200, said("risky", "low_quality")),
        Ask(ask("k", "x@gmail.com"), 200, vec![("/status", json!("unknown"))]),
        Ask(ask("k", "nope"), 200, said("undeliverable", "invalid_email")),
        Ask(ask("bad", &here()), 401, vec![]),
        Ask(ask("empty", &here()), 402, vec![]),
        Ask(ask("k", ""), 400, vec![]),
        // The key stands in the header alone.
        Ask(get("/bouncer/v1.1/email/verify?email=a@b.example&x-api-key=k", ""), 401, vec![]),
    ];
    check(&sandbox, rows).await;
}
