//! Dropcontact's batches, as its documentation has them.

use super::client::{Ask, Client, check, get, perfect, post, row};
use morket_core::{Timestamp, VendorUnits};
use morket_providers::sandbox::{AccountState, Expected, Outcome, Sandbox, Vendor};
use morket_testkit::ManualClock;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const TOKEN: &str = "X-Access-Token: k1";
const SUBMIT: &str = "/dropcontact/v1/enrich/all";
const CREDITS: &str = "/dropcontact/v1/account/credits";

async fn submit(client: &mut Client, body: &Value) -> String {
    let response = client.call(&post(SUBMIT, TOKEN, &body.to_string())).await.expect("an answer");
    assert_eq!(response.json()["success"], true, "{}", response.json());
    response.json()["request_id"].as_str().expect("an id").to_owned()
}

async fn collect(client: &mut Client, id: &str) -> Value {
    client.call(&get(&format!("{SUBMIT}/{id}"), TOKEN)).await.expect("an answer").json()
}

#[tokio::test]
async fn a_batch_is_ready_after_its_polls_and_time() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_000_000)));
    let mut options = perfect(7);
    options.clock = Some(clock.clone());
    options.vendor_mut(Vendor::Dropcontact).ready_after = Duration::from_secs(30);
    let sandbox = Sandbox::start(options).await.expect("a free port");
    let world = sandbox.world();
    let (here, unknown) = (row(world, Expected::Present), row(world, Expected::Unknown));
    let contact = |row: &morket_providers::sandbox::DemoRow, number: usize| {
        json!({"full_name": row.full_name, "website": row.company_domain,
               "custom_fields": {"morket_row": number.to_string()}})
    };
    let body = json!({"data": [contact(&here, 1), contact(&unknown, 2)], "language": "en"});
    let mut client = Client::connect(sandbox.addr()).await;
    let id = submit(&mut client, &body).await;
    let pending = "Request not ready yet, try again in 30 seconds";
    for wait in [0, 20, 5, 4] {
        clock.advance(Duration::from_secs(wait));
        let answer = collect(&mut client, &id).await;
        assert_eq!((&answer["success"], &answer["reason"]), (&json!(false), &json!(pending)));
    }
    clock.advance(Duration::from_secs(1));
    let done = collect(&mut client, &id).await;
    let email = world.truth_email(&here.full_name, &here.company_domain);
    let facts = [
        ("/success", json!(true)),
        ("/data/0/email/0/email", json!(email)),
        ("/data/0/email/0/qualification", json!("nominative@pro")),
        ("/data/0/website", json!(format!("www.{}", here.company_domain))),
        ("/data/0/custom_fields/morket_row", json!("1")),
        ("/data/1/custom_fields/morket_row", json!("2")),
        ("/credits_left", json!(999_999)),
    ];
    for (pointer, expected) in facts {
        assert_eq!(done.pointer(pointer), Some(&expected), "{pointer} of {done}");
    }
    assert!(done.pointer("/data/1/email").is_none(), "{done}");
    assert_eq!(collect(&mut client, "nonsense").await["reason"], pending);
    clock.advance(Duration::from_secs(31 * 24 * 3_600));
    assert_eq!(collect(&mut client, &id).await["reason"], pending);
}

#[tokio::test]
async fn the_same_batch_twice_is_two_tasks_and_shows_in_the_summary() {
    let sandbox = Sandbox::start(perfect(7)).await.expect("a free port");
    let here = row(sandbox.world(), Expected::Present);
    let body = json!({"data": [{"full_name": here.full_name, "website": here.company_domain}]});
    let mut client = Client::connect(sandbox.addr()).await;
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(submit(&mut client, &body).await);
        ids.push(submit(&mut client, &body).await);
        let summary = sandbox.summary();
        let repeats = &summary.vendors[&Vendor::Dropcontact].repeats;
        assert_eq!(repeats.len(), 1);
        assert_eq!(repeats[0].operation, "enrich/all");
        assert_eq!(repeats[0].arrivals.len(), 2);
        assert!(repeats[0].arrivals.iter().all(|arrival| arrival.outcome == Outcome::Pending));
        assert_eq!(sandbox.account(Vendor::Dropcontact, "k1").used, VendorUnits::whole(2));
        sandbox.reset();
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ids[..2], ids[2..]);
}

#[tokio::test]
async fn keys_and_bad_batches_are_refused_as_dropcontact_does() {
    let sandbox = Sandbox::start(perfect(7)).await.expect("a free port");
    let state = AccountState::with_credits(VendorUnits::whole(2));
    sandbox.set_account(Vendor::Dropcontact, "k1", state);
    let contacts = |count: usize| json!({"data": vec![json!({"email": "a@b.com"}); count]});
    let batch = |header: &str, count| post(SUBMIT, header, &contacts(count).to_string());
    let large = json!({"data": [{"company": "x".repeat(15_000)}]}).to_string();
    let too_many = "Too many records, you can only submit up to 250 records";
    let left = |count: i64| Ask(get(CREDITS, TOKEN), 200, vec![("/credits_left", json!(count))]);
    let rows = vec![
        Ask(batch("", 1), 401, vec![]),
        Ask(batch("X-Access-Token: bad", 1), 401, vec![("/success", json!(false))]),
        Ask(batch(TOKEN, 251), 400, vec![("/reason", json!(too_many)), ("/error", json!(true))]),
        Ask(batch(TOKEN, 0), 400, vec![]),
        Ask(post(SUBMIT, TOKEN, "[]"), 400, vec![]),
        Ask(post(SUBMIT, TOKEN, &large), 400, vec![]),
        Ask(batch(TOKEN, 3), 403, vec![]),
        left(2),
        // An address that was handed in costs, whatever it is worth.
        Ask(batch(TOKEN, 2), 200, vec![("/credits_left", json!(2))]),
        left(0),
        Ask(batch(TOKEN, 1), 403, vec![]),
        Ask(get("/dropcontact/v1/nothing", TOKEN), 404, vec![("/detail", json!("Not found"))]),
    ];
    check(&sandbox, rows).await;
}
